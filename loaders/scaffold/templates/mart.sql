with final as (
    select
<% for column in table.mart.columns %>
        << column.name | identifier >>,
<% endfor %>
        source_database
    from {{ ref('<< table.staging.name >>') }}
)

select * from final
