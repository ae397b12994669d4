-- The queries that cost most in this database, without dbt's own: synapse psql -f docs/monitoring/query_costs.sql
-- Times are in milliseconds, since the statistics began. Whoever is no member of pg_read_all_stats sees the text of
-- their own queries alone; those of others may be dbt's, so they are left out.
select to_regclass('public.pg_stat_statements') is not null as is_there \gset
\if :is_there
    -- The library has to be loaded when the server starts, or the view exists and cannot be read.
    select
        coalesce(current_setting('shared_preload_libraries', true), '') like '%pg_stat_statements%' as is_there \gset
\endif
\if :is_there
    select
        calls,
        round(total_exec_time::numeric, 1) as total_ms,
        round(mean_exec_time::numeric, 2) as mean_ms,
        round(max_exec_time::numeric, 1) as max_ms,
        rows,
        shared_blks_read as blocks_read,
        userid::regrole as login,
        left(regexp_replace(query, '\s+', ' ', 'g'), 100) as query
    from public.pg_stat_statements
    where
        dbid = (select oid from pg_database where datname = current_database())
        -- dbt writes a comment in JSON beside what it sends; of several statements sent at once, one keeps it.
        and query !~ '/\* \{"app": "dbt"'
        and query not like '%pg_temp.selected\_%'
        -- With the logins of docs/roles.sql, dbt's is the owner of analytics and not of the ledger.
        and userid not in (
            select analytics.nspowner
            from pg_namespace as analytics
            left join pg_namespace as ledger on ledger.nspname = 'ledger'
            where analytics.nspname = 'analytics' and analytics.nspowner is distinct from ledger.nspowner
        )
        and query <> '<insufficient privilege>'
    order by total_exec_time desc
    limit 20;
\else
    \echo pg_stat_statements is not in the schema public of this database, or the server does not load it: nothing was collected (docs/operations.md).
\endif
