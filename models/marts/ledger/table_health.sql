with schemas as (
    select distinct 'raw_' || source_database as schema_name
    from {{ ref('int_loads') }}
    union
    select {{ quote_text(this.schema) }} as schema_name
),

final as (
    select
        statistics.schemaname::text as schema_name,
        statistics.relname::text as table_name,
        pg_total_relation_size(statistics.relid) as size_bytes,
        statistics.n_live_tup as live_rows,
        statistics.n_dead_tup as dead_rows,
        statistics.seq_scan as sequential_scans,
        coalesce(statistics.idx_scan, 0) as index_scans,
        greatest(statistics.last_vacuum, statistics.last_autovacuum) as last_vacuumed_at,
        greatest(statistics.last_analyze, statistics.last_autoanalyze) as last_analyzed_at
    from pg_stat_all_tables as statistics
    inner join schemas
        on statistics.schemaname = schemas.schema_name
)

select * from final
