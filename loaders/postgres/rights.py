"""What a load needs of this login's rights, and whose rights it must keep out of its way."""

from psycopg2 import extensions

from synapse_analytics.project import RAW_PREFIX


def may_write(cursor: extensions.cursor, schemas: list[str]) -> list[str]:
    """Sentences on the rights that a load into these schemas needs and this login lacks."""
    cursor.execute(
        "select has_database_privilege(current_database(), 'create'), current_setting('transaction_read_only') = 'on',"
        " current_user, current_database()"
    )
    allowed, read_only, user, database = cursor.fetchone()
    problems = []
    if not allowed:
        problems.append(f"The user {user} may not create schemas in {database}: grant create on it to {user}.")
    if read_only:
        problems.append(f"The database {database} is read-only here: name the primary server in PGHOST.")
    return problems or strangers(cursor, schemas)


def strangers(cursor: extensions.cursor, schemas: list[str]) -> list[str]:
    """A sentence on each of these schemas that is another's, or has a table of another's.

    Triggers of theirs would run with the rights of this login.
    """
    cursor.execute(
        "select distinct on (nspname) nspname, what, owner::regrole from ("
        " select nspname, 'schema ' || nspname, nspowner from pg_namespace"
        " union all select nspname, 'table ' || nspname || '.' || relname, relowner from pg_class"
        " join pg_namespace as n on n.oid = relnamespace where relkind in ('r', 'p')"
        ") as found (nspname, what, owner) where nspname = any(%s) and not pg_has_role(owner, 'usage') order by 1, 2",
        [schemas],
    )
    return [
        f"{schema.removeprefix(RAW_PREFIX)}: the {what} belongs to {owner}, whose triggers would run with your rights:"
        " drop it, or load as its owner."
        for schema, what, owner in cursor.fetchall()
    ]
