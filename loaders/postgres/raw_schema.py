"""Make a database's raw schema fit its file, for one load at a time."""

from psycopg2 import errors, extensions, sql

from synapse_analytics import Problem
from synapse_analytics.postgres import rights
from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.table import Table

LONGEST_WAIT = "60s"

# A row that the loader alone may write: any login could hold an advisory lock.
LOCK = (
    "insert into ledger.locks (schema_name) values (%s)"
    " on conflict (schema_name) do update set schema_name = excluded.schema_name"
)


def lock(cursor: extensions.cursor, schema: str) -> None:
    """Let one load at a time write a schema: the next waits until this transaction ends, as for no other."""
    cursor.execute("set local lock_timeout = 0")
    cursor.execute(LOCK, [schema])
    cursor.execute("set local lock_timeout to default")
    limit_waits(cursor)


def lock_at_once(cursor: extensions.cursor, schema: str) -> bool:
    """The same if no other load has it now: whether it was so."""
    cursor.execute("savepoint before_lock; set local lock_timeout = '50ms'")
    try:
        cursor.execute(LOCK, [schema])
    except errors.LockNotAvailable:
        cursor.execute("rollback to before_lock")
        return False
    cursor.execute("release before_lock; set local lock_timeout to default")
    limit_waits(cursor)
    return True


def limit_waits(cursor: extensions.cursor) -> None:
    """Let a lock that does not come within LONGEST_WAIT, or the lock_timeout in PGOPTIONS, end this transaction."""
    cursor.execute(
        "select set_config('lock_timeout', coalesce(nullif(current_setting('lock_timeout'), '0'), %s), true)",
        [LONGEST_WAIT],
    )


def who_locks(cursor: extensions.cursor, schema: str) -> str:
    """The sessions that hold a lock on something in the schema, in words; empty if there is none."""
    cursor.execute(
        "select distinct a.pid, a.usename, a.application_name from pg_locks as l join pg_stat_activity as a using (pid)"
        " join pg_class as c on c.oid = l.relation where l.database = (select oid from pg_database"
        " where datname = current_database()) and c.relnamespace = to_regnamespace(%s) and l.granted"
        " and a.pid <> pg_backend_pid() order by a.pid",
        [_quoted(cursor, schema)],
    )
    return ", ".join(
        f"pid {pid}: {user}, {application or 'no application name'}" for pid, user, application in cursor.fetchall()
    )


def prepare(cursor: extensions.cursor, schema: str, tables: list[Table], rebuild: bool) -> tuple[list[str], set[str]]:
    """Make the schema and its tables fit the file: sentences on what was dropped, and the names of the tables made.

    New tables and columns are added. Raises Problem for those that vanished from the file, unless `rebuild`.
    """
    cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    if strangers := rights.strangers(cursor, [schema]):
        raise Problem(*strangers)
    present = present_columns(cursor, schema)
    wanted = {raw_name(table.name): [raw_name(column.name) for column in table.columns] for table in tables}
    vanished = [(table, None) for table in present if table not in wanted]
    vanished += [
        (table, column)
        for table, columns in wanted.items()
        for column in sorted(present.get(table, set()) - {ROW_COLUMN, *columns})
    ]
    notes = [_vanish(cursor, schema, table, column, rebuild) for table, column in vanished]
    if notes and not rebuild:
        raise Problem(*notes)
    statements = []
    for table, columns in wanted.items():
        target = sql.Identifier(schema, table)
        new = [column for column in columns if column not in present.get(table, set())]
        if table not in present:
            parts = [sql.SQL("{} bigint not null").format(sql.Identifier(ROW_COLUMN))]
            parts += [sql.SQL("{} text").format(sql.Identifier(column)) for column in new]
            statements.append(sql.SQL("create table {} ({})").format(target, sql.SQL(", ").join(parts)))
            continue
        if new:
            adds = sql.SQL(", ").join(sql.SQL("add column {} text").format(sql.Identifier(column)) for column in new)
            statements.append(sql.SQL("alter table {} {}").format(target, adds))
    if statements:
        cursor.execute(sql.SQL("; ").join(statements))  # at once, because there may be a thousand
    return notes, {table.name for table in tables if raw_name(table.name) not in present}


def present_columns(cursor: extensions.cursor, schema: str) -> dict[str, set[str]]:
    """The tables that a raw schema has now, each with its columns; empty if there is no schema."""
    cursor.execute(
        "select c.relname, a.attname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where n.nspname = %s and c.relkind in ('r', 'p')",
        [schema],
    )
    present: dict[str, set[str]] = {}
    for table, column in cursor.fetchall():
        present.setdefault(table, set()).add(column)
    return present


def ordered_columns(cursor: extensions.cursor, schema: str, table: str) -> list[str]:
    """The columns of a raw table, without the row's number, in its order; none if there is no such table."""
    cursor.execute(
        "select attname from pg_attribute join pg_class as c on c.oid = attrelid where c.relname = %s"
        " and relnamespace = to_regnamespace(quote_ident(%s)) and attnum > 0 and not attisdropped and attname <> %s"
        " order by attnum",
        [table, schema, ROW_COLUMN],
    )
    return [name for (name,) in cursor.fetchall()]


def _vanish(cursor: extensions.cursor, schema: str, table: str, column: str | None, rebuild: bool) -> str:
    """Drop what the file no longer has if `rebuild`; the sentence names all views that are dropped with it."""
    what = f"the column {table}.{column}" if column else f"the table {table}"
    cursor.execute(
        """
        with recursive dependent (view) as (
            select r.ev_class from pg_depend as d join pg_rewrite as r on r.oid = d.objid
            left join pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where d.refobjid = %s::regclass and (%s is null or a.attname = %s)
            union
            select r.ev_class from dependent join pg_depend as d on d.refobjid = dependent.view
            join pg_rewrite as r on r.oid = d.objid
        )
        select distinct view::regclass::text from dependent where view <> %s::regclass order by 1
        """,
        [_quoted(cursor, schema, table), column, column, _quoted(cursor, schema, table)],
    )
    views = ", ".join(name for (name,) in cursor.fetchall()) or "nothing"
    if not rebuild:
        gone = f"{schema}: {what} is no longer loaded from the file"
        return f"{gone}; `synapse load --rebuild` drops it, and {views} with it."
    target = sql.Identifier(schema, table)
    if column:
        cursor.execute(sql.SQL("alter table {} drop column {} cascade").format(target, sql.Identifier(column)))
    else:
        cursor.execute(sql.SQL("drop table {} cascade").format(target))
    return f"{schema}: {what} was dropped, and {views} with it; `dbt build` makes views again."


def _quoted(cursor: extensions.cursor, *names: str) -> str:
    return sql.Identifier(*names).as_string(cursor)
