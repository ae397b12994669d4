-- Three logins for one warehouse, none of them a superuser. Run it once in the warehouse's database, before the first
-- load, as its owner with the right to create roles: psql -d warehouse -f docs/roles.sql
-- It sets no passwords: \password synapse_loader asks for one. docs/operations.md says who may do what, and
-- docs/reliability.md against whom.
\set ON_ERROR_STOP on
begin;

do $$
declare
    name text;
begin
    -- Roles belong to the server: a second warehouse on it finds them there.
    foreach name in array array['synapse_loader', 'synapse_dbt', 'synapse_reader'] loop
        if to_regrole(name) is null then
            execute format('create role %I login', name);
        end if;
    end loop;
end
$$;

-- Whoever runs this needs to be both, for as long as it gives them schemas.
grant synapse_loader, synapse_dbt to current_user with inherit true, set true;

select current_database() as database \gset
revoke all on database :"database" from public;
revoke all on schema public from public;
grant connect on database :"database" to synapse_loader, synapse_dbt, synapse_reader;
grant create on database :"database" to synapse_loader, synapse_dbt;
grant temporary on database :"database" to synapse_dbt;
-- Where extensions go: dbt uses their functions and makes nothing there.
grant usage on schema public to synapse_dbt, synapse_reader;

-- Made here, so that neither of the two who may create schemas can take a name of the other's.
create schema ledger authorization synapse_loader;
create schema staging authorization synapse_dbt;
create schema intermediate authorization synapse_dbt;
create schema seeds authorization synapse_dbt;
create schema analytics authorization synapse_dbt;
create schema failures authorization synapse_dbt;

-- What is made later is covered too: each raw schema with its tables, and each table and view of analytics.
grant usage on schema ledger to synapse_dbt;
alter default privileges for role synapse_loader grant usage on schemas to synapse_dbt;
alter default privileges for role synapse_loader grant select on tables to synapse_dbt;
grant usage on schema analytics to synapse_reader;
alter default privileges for role synapse_dbt in schema analytics grant select on tables to synapse_reader;

-- By default PostgreSQL looks for what is called in a schema named after the login too, which the loader or dbt could have
-- made, to have its functions run by another. Where pg_catalog is not named, it comes first.
alter database :"database" set search_path = public, pg_temp;
alter role synapse_loader in database :"database" set search_path = pg_catalog, pg_temp;
alter role synapse_dbt in database :"database" set search_path = pg_catalog, pg_temp;
-- A view cannot be replaced while a reader's transaction is open. A build that waits longer for one fails.
alter role synapse_dbt in database :"database" set lock_timeout = '10min';

revoke synapse_loader, synapse_dbt from current_user;
commit;

select rolsuper from pg_roles where rolname = current_user \gset
\if :rolsuper
    \ir large_objects.sql
\else
    \warn 'Every login may still write large objects: have a superuser run docs/large_objects.sql in this database.'
\endif
