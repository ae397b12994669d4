with final as (
    select
        load_id,
        database_name as source_database,
        bytes as file_bytes,
        finished_at,
        outcome,
        message
    from {{ source('ledger', 'loads') }}
)

select * from final
