with final as (
    select
        content_id,
        source_database,
        'content_pieces' as source_table
    from {{ ref('stg_unified_content_management__content_pieces') }}
    where content_id is not null
)

select * from final
