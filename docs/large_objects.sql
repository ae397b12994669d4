-- Large objects belong to no schema: every login of a database may write them and fill the disk, unless a superuser takes
-- these functions from everybody, once in each database. Nothing of this project uses them.
\set ON_ERROR_STOP on
revoke execute on function
    pg_catalog.lo_creat(integer),
    pg_catalog.lo_create(oid),
    pg_catalog.lo_from_bytea(oid, bytea),
    pg_catalog.lo_import(text),
    pg_catalog.lo_import(text, oid),
    pg_catalog.lo_export(oid, text),
    pg_catalog.lo_put(oid, bigint, bytea),
    pg_catalog.lo_truncate(integer, integer),
    pg_catalog.lo_truncate64(integer, bigint),
    pg_catalog.lo_unlink(oid),
    pg_catalog.lowrite(integer, bytea)
from public;
