with schemas as (
    select distinct 'raw_' || source_database as schema_name
    from {{ ref('int_loads') }}
    union
    select {{ quote_text(this.schema) }} as schema_name
),

final as (
    select
        schemas.schema_name,
        tables.relname::text as table_name,
        sum(pg_total_relation_size(statistics.relid))::bigint as size_bytes,
        sum(statistics.n_live_tup)::bigint as live_rows,
        sum(statistics.n_dead_tup)::bigint as dead_rows,
        sum(statistics.seq_scan)::bigint as sequential_scans,
        sum(coalesce(statistics.idx_scan, 0))::bigint as index_scans,
        max(greatest(statistics.last_vacuum, statistics.last_autovacuum)) as last_vacuumed_at,
        max(greatest(statistics.last_analyze, statistics.last_autoanalyze)) as last_analyzed_at
    from pg_stat_all_tables as statistics
    -- A partition counts for its table.
    left join pg_inherits as partitions
        on statistics.relid = partitions.inhrelid
    inner join pg_class as tables
        on tables.oid = coalesce(partitions.inhparent, statistics.relid)
    inner join schemas
        on tables.relnamespace = to_regnamespace(quote_ident(schemas.schema_name))
    group by schemas.schema_name, tables.relname
)

select * from final
