with latest_loads as (
    select
        database_name,
        max(load_id) as load_id
    from {{ source('ledger', 'loads') }}
    where outcome = 'loaded'
    group by database_name
),

table_loads as (
    select
        load_id,
        table_name,
        source_rows,
        source_digest,
        landed_digest,
        seconds
    from {{ source('ledger', 'table_loads') }}
),

table_names as (
    select
        database_name,
        table_name,
        raw_name
    from {{ source('ledger', 'names') }}
    where column_name = ''
),

final as (
    select
        latest_loads.database_name as source_database,
        coalesce(table_names.raw_name, table_loads.table_name) as source_table,
        table_loads.source_rows,
        table_loads.source_digest,
        table_loads.landed_digest,
        table_loads.seconds as load_seconds
    from latest_loads
    inner join table_loads
        on latest_loads.load_id = table_loads.load_id
    left join table_names
        on
            latest_loads.database_name = table_names.database_name
            and table_loads.table_name = table_names.table_name
)

select * from final
