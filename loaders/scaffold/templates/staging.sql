with typed as (
    select
<% for column in table.columns %>
<% for remark in column.remarks %>
        -- << remark | remark >>
<% endfor %>
        {{ << column.cast >>(<< ([column.raw_name] + column.arguments | list) | map('literal') | join(', ') >>) }} as << column.name | identifier >>,
<% endfor %>
        _source_row,
        '<< database.name >>' as source_database
    from {{ source('<< database.name >>', '<< table.name >>') }}
)

select * from typed
