"""The schema `ledger`: what each load found in SQLite and what PostgreSQL then held. History is kept."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg2 import extensions
from psycopg2.extras import execute_values

from loaders.project import Database
from loaders.raw_format import raw_name
from loaders.sqlite_source import Table

TABLES = Path(__file__).with_name("ledger.sql")


@dataclass(frozen=True)
class TableLoad:
    """One table's count and digest on either side, and how long it took in seconds."""

    database: str
    table: Table
    source_rows: int
    landed_rows: int
    source_digest: str
    landed_digest: str
    seconds: float
    profiles: list[tuple[int, ...]]

    @property
    def arrived(self) -> bool:
        """Whether PostgreSQL gave back as many rows, and the same bytes, as SQLite did."""
        return self.source_rows == self.landed_rows and self.source_digest == self.landed_digest


def create(cursor: extensions.cursor) -> None:
    """Make the ledger where there is none. The lock keeps two first loads from making it at once."""
    cursor.execute("select pg_advisory_xact_lock(hashtextextended('synapse ledger', 0))")
    cursor.execute("select to_regclass('ledger.names') is null")
    if cursor.fetchone()[0]:
        cursor.execute(TABLES.read_text(encoding="utf-8"))


def latest_sha256(cursor: extensions.cursor, database: str) -> str | None:
    """The digest of the file at its last good load, in hex; None where it was never loaded."""
    cursor.execute("select to_regclass('ledger.names') is null")
    if cursor.fetchone()[0]:
        return None
    cursor.execute(
        "select sha256 from ledger.loads where database_name = %s and outcome = 'loaded' order by load_id desc limit 1",
        [database],
    )
    return (cursor.fetchone() or (None,))[0]


def write_load(
    cursor: extensions.cursor,
    database: Database,
    started_at: datetime,
    table_loads: list[TableLoad],
    sha256: str | None = None,
    failure: str | None = None,
) -> None:
    """Enter one load; `failure` is the sentence of a load that was rolled back."""
    size = database.file.stat().st_size if database.file.is_file() else None
    file = os.fsencode(database.file).decode(errors="backslashreplace")  # a path need not be UTF-8
    outcome = "failed" if failure else "loaded"
    cursor.execute(
        "insert into ledger.loads (database_name, file, sha256, bytes, started_at, outcome, message)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning load_id",
        [database.name, file, sha256, size, started_at, outcome, failure],
    )
    load_id = cursor.fetchone()[0]
    if failure:
        return
    columns = [(t.table.name, *pair) for t in table_loads for pair in zip(t.table.columns, t.profiles, strict=True)]
    names = {(t.table.name, "") for t in table_loads} | {(table, column.name) for table, column, _ in columns}
    cursor.execute("delete from ledger.names where database_name = %s", [database.name])
    rows = {
        "ledger.table_loads": [
            (load_id, t.table.name, t.source_rows, t.landed_rows, t.source_digest, t.landed_digest, t.seconds)
            for t in table_loads
        ],
        "ledger.column_profiles": [(load_id, t, column.name, column.declared_type, *n) for t, column, n in columns],
        "ledger.names": [
            (database.name, table, column, raw_name(column or table))
            for table, column in sorted(names)
            if raw_name(column or table) != (column or table)
        ],
    }
    for target, values in rows.items():
        execute_values(cursor, f"insert into {target} values %s", values, page_size=1_000)
