with counted as (
    select
        source_database,
        source_table,
        final_table,
        raw_rows,
        staged_rows,
        final_rows,
        orphans
    from {{ quote_column(this.schema) }}.count_table_rows()
),

loads as (
    select
        source_database,
        source_table,
        source_rows,
        source_digest,
        landed_digest,
        load_seconds
    from {{ ref('int_latest_table_loads') }}
),

rejected as (
    select
        source_database,
        source_table,
        count(*) filter (where not is_accepted) as rejected_values,
        count(*) filter (where is_accepted) as accepted_values
    from {{ ref('rejected_values') }}
    group by source_database, source_table
),

final as (
    select
        counted.source_database,
        counted.source_table,
        counted.final_table,
        loads.source_rows as sqlite_rows,
        counted.raw_rows,
        counted.staged_rows,
        counted.final_rows,
        coalesce(rejected.rejected_values, 0) as rejected_values,
        coalesce(rejected.accepted_values, 0) as accepted_values,
        counted.orphans,
        loads.source_digest,
        loads.load_seconds,
        coalesce(
            loads.source_digest = loads.landed_digest
            and loads.source_rows = counted.raw_rows
            and counted.raw_rows = counted.staged_rows
            and (counted.final_table is null or counted.final_rows = counted.raw_rows)
            and coalesce(rejected.rejected_values, 0) = 0,
            false
        ) as balances
    from counted
    left join loads
        on
            counted.source_database = loads.source_database
            and counted.source_table = loads.source_table
    left join rejected
        on
            counted.source_database = rejected.source_database
            and counted.source_table = rejected.source_table
)

select * from final
