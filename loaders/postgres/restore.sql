-- What is in the way, or missing, where a backup is to be restored. Schemas with nothing in them are not in the way,
-- because docs/roles.sql and `synapse up --port` make some before the first load; nor is what extensions brought.
with objects as (
    select oid, relnamespace as schema, relname as name from pg_class
    union all
    select oid, pronamespace, proname from pg_proc
    union all
    select oid, typnamespace, typname from pg_type
)
select
    array(
        select distinct nspname || '.' || name
        from objects inner join pg_namespace as n on n.oid = schema
        where nspname <> 'information_schema' and nspname !~ '^pg_'
            and not exists (select from pg_depend where objid = objects.oid and deptype in ('e', 'i'))
        order by 1
    ),
    (select array_agg(nspname::text) from pg_namespace),
    array(select name from unnest(%(roles)s::text[]) as name where to_regrole(quote_ident(name)) is null order by 1),
    array(
        select name
        from unnest(%(extensions)s::text[]) as wanted (name)
        where not exists (select from pg_extension where extname = name)
            and not exists (
                select from pg_available_extension_versions as v
                where v.name = wanted.name
                    and (not superuser or trusted or (select rolsuper from pg_roles where rolname = current_user))
            )
        order by 1
    )
