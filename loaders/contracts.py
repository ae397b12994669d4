"""Say if a file's primary key is another than the one by which the final table tells its rows apart."""

from collections.abc import Iterable
from contextlib import suppress

import psycopg2
from psycopg2 import extensions

from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.sqlite.catalogue import unique_keys
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.table import Table, quote

LONGEST_KEY = 2000  # bytes; PostgreSQL's indexes take 2,704

# By database and raw table: each final table that carries its rows, and the columns of its primary key.
Contracts = dict[tuple[str, str], list[tuple[str, tuple[str, ...]]]]


def read_contracts(cursor: extensions.cursor) -> Contracts:
    """The keys of all final tables, from PostgreSQL's catalogue; none if nothing is built, or we may not look."""
    contracts: Contracts = {}
    with suppress(psycopg2.Error):
        cursor.execute("select to_regclass('intermediate.int_final_tables') is not null")
        if cursor.fetchone()[0]:
            cursor.execute(
                "select source_database, source_table, final_table, array_agg(attname::text order by place)"
                " from intermediate.int_final_tables"
                " join pg_constraint on contype = 'p' and conrelid = to_regclass(format('analytics.%I', final_table))"
                " cross join unnest(conkey) with ordinality as key (attnum, place)"
                " join pg_attribute on attrelid = conrelid and pg_attribute.attnum = key.attnum"
                " group by source_database, source_table, final_table"
            )
            for database, table, final, key in cursor.fetchall():
                contracts.setdefault((database, table), []).append((final, tuple(key)))
    return contracts


def find_changed_keys(source: SqliteFile, contracts: Contracts) -> list[str]:
    """A sentence for each table whose primary key is not that of its final table."""
    name = source.database.name
    if name not in {database for database, _ in contracts}:
        return []
    notes = []
    for table in source.tables():
        for final, key in contracts.get((name, raw_name(table.name)), []):
            staged = source.database.staged.get(raw_name(table.name), {})
            if _differs(source, table, {*key} - {"source_database"}, staged):
                declared = f"({', '.join(table.primary_key)})" if table.primary_key else "none"
                notes.append(
                    f"{name}: the primary key of the table {table.name} is {declared} in the file, and"
                    f" ({', '.join(key)}) in analytics.{final}: if the file is right, change the key in {final}.yml,"
                    f" and run `dbt build --full-refresh -s {final}`."
                )
    return notes


def _differs(source: SqliteFile, table: Table, key: set[str], staged: dict[str, str]) -> bool:
    """Whether a final table's key is neither the primary key of the file nor another that the file keeps to, or more.

    `staged` has what columns are called there, by their raw names, if otherwise.
    """

    def called(names: Iterable[str]) -> set[str]:
        return {staged.get(name, name) for name in map(raw_name, names)}

    declared = called(table.primary_key)
    # With the time besides, as partitions need it, a key still tells rows apart.
    if key >= (declared or {ROW_COLUMN}):
        return False
    if ROW_COLUMN not in key:
        # One of columns that somebody made cannot be compared.
        columns = called(column.name for column in table.columns)
        return key <= columns and not any(key >= called(unique) for unique in unique_keys(source, table))
    # SQLite lets most primary keys be null, and PostgreSQL indexes no long ones: such a table stays by row.
    names = list(map(quote, table.primary_key))
    is_null, bytes_ = " or ".join(f"{name} is null" for name in names), " + ".join(f"octet_length({n})" for n in names)
    found = source.select(f"select total({is_null}), coalesce(max({bytes_}), 0) from {quote(table.name)}")
    return not found[0][0] and found[0][1] <= LONGEST_KEY
