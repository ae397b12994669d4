-- What a backup of the schemas like %(pattern)s needs when it is restored: schemas and owners, roles, extensions.
with schemas as (
    select oid, nspname, nspowner, nspacl
    from pg_namespace
    where nspname <> 'information_schema' and nspname !~ '^pg_' and nspname like %(pattern)s
),
owned as (
    select nspowner as owner, nspacl as acl from schemas where nspname <> 'public'
    union all
    select relowner, relacl from pg_class where relnamespace in (select oid from schemas)
    union all
    select proowner, proacl from pg_proc where pronamespace in (select oid from schemas)
    union all
    select typowner, typacl from pg_type where typnamespace in (select oid from schemas)
    union all
    select defaclrole, defaclacl from pg_default_acl
    where (defaclnamespace = 0 and %(pattern)s = '%%') or defaclnamespace in (select oid from schemas)
),
roles as (
    select owner from owned
    union
    select unnest(array[grantor, grantee]) from owned, aclexplode(acl)
)
select
    (select jsonb_object_agg(nspname, pg_get_userbyid(nspowner)) from schemas where nspname <> 'public'),
    (select array_agg(rolname::text order by rolname) from pg_roles where oid in (select owner from roles)),
    (select coalesce(array_agg(extname::text), '{}') from pg_extension where extname <> 'plpgsql')
