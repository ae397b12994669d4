"""The schema `ledger`: what each load found in SQLite and what PostgreSQL then held. History is kept."""

import os
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg2
from psycopg2 import errors, extensions
from psycopg2.extras import execute_values

from synapse_analytics.difference import Blocks
from synapse_analytics.project import Database
from synapse_analytics.raw_format import raw_name
from synapse_analytics.table import Profile, Table

TABLES = Path(__file__).with_name("ledger.sql")
# What PostgreSQL says of a schema or a table that comes to exist while it is made, as early or late as it sees it.
NAME_TAKEN = (errors.UniqueViolation, errors.DuplicateSchema, errors.DuplicateTable, errors.DuplicateObject)
LATEST = (
    "select load_id, file, sha256, bytes, has_log, left_behind, change_counter from ledger.loads"
    " where database_name = %s and outcome = 'loaded' order by load_id desc limit 1"
)


@dataclass(frozen=True)
class TableLoad:
    """One table's count and digest on either side, how long it took in seconds, and what its blocks of rows came to."""

    database: str
    table: Table
    source_rows: int
    landed_rows: int
    source_digest: str
    landed_digest: str
    seconds: float
    profiles: tuple[Profile, ...]
    blocks: Blocks = field(default_factory=dict)
    load_id: int | None = None  # of the load in the ledger, once it is entered

    @property
    def arrived(self) -> bool:
        """Whether PostgreSQL holds as many rows as SQLite, and the same bytes."""
        return self.source_rows == self.landed_rows and self.source_digest == self.landed_digest


@dataclass(frozen=True)
class LoadedFile:
    """A file as it was loaded: its digest in hex, its size, whether a write-ahead log was beside it, in a few words
    what of it is not loaded, and how often it was written by its own count.
    """

    sha256: str
    bytes: int
    has_log: bool
    left_behind: str
    change_counter: int


@dataclass(frozen=True)
class LastLoad:
    """A database's last good load: its file, that file's size in bytes, digest in hex and count of changes, and of each
    table, the digest of its rows. The file is whole where no write-ahead log was beside it, which may hold rows too.
    """

    load_id: int
    file: str
    sha256: str
    bytes: int
    is_whole: bool
    left_behind: str
    change_counter: int | None
    digests: dict[str, str]


@dataclass(frozen=True)
class History:
    """A database's last load, when it or a later look that found nothing new ended (UTC), and when the last load failed
    and why, if that was later.
    """

    last: LastLoad | None
    loaded_at: datetime | None
    failure: tuple[datetime, str] | None


def create(cursor: extensions.cursor) -> None:
    """Make the ledger, or what it lacks if it is of an earlier version. The transaction is to have done nothing yet."""
    cursor.execute("select to_regclass('ledger.blocks') is null")
    if cursor.fetchone()[0]:
        try:
            cursor.execute(TABLES.read_text(encoding="utf-8"))
        except NAME_TAKEN:  # by another first load, which this one waited for
            cursor.connection.rollback()


def last_load(cursor: extensions.cursor, database: str) -> LastLoad | None:
    """The last good load of a database, or None if there is none."""
    cursor.execute("select to_regclass('ledger.names') is null")
    if cursor.fetchone()[0]:
        return None
    cursor.execute(LATEST, [database])
    found = cursor.fetchone()
    if not found:
        return None
    load_id, file, sha256, size, has_log, left_behind, counter = found
    cursor.execute("select table_name, landed_digest from ledger.table_loads where load_id = %s", [load_id])
    return LastLoad(load_id, file, sha256, size, not has_log, left_behind, counter, dict(cursor.fetchall()))


def history(cursor: extensions.cursor, database: str) -> History:
    """What the ledger knows of a database."""
    cursor.execute(
        "select outcome = 'failed', finished_at, coalesce(message, '') from ledger.loads where load_id in (select"
        " max(load_id) from ledger.loads where database_name = %s group by outcome = 'failed') order by load_id",
        [database],
    )
    found = cursor.fetchall()
    loaded_at = next((finished_at for is_failure, finished_at, _ in found if not is_failure), None)
    failure = found[-1][1:] if found and found[-1][0] else None
    return History(last_load(cursor, database), loaded_at, failure)


@dataclass(frozen=True)
class Attempt:
    """One line of a database's history: when it ended (UTC), how, and what it said if it failed."""

    finished_at: datetime
    outcome: str
    message: str


def attempts(cursor: extensions.cursor, database: str, most: int) -> list[Attempt]:
    """The latest loads of a database, the oldest of them first."""
    cursor.execute(
        "select finished_at, outcome, coalesce(message, '') from ledger.loads"
        " where database_name = %s order by load_id desc limit %s",
        [database, most],
    )
    return [Attempt(*row) for row in reversed(cursor.fetchall())]


def databases(cursor: extensions.cursor) -> list[str]:
    """The names of all databases that the ledger knows; none if there is no ledger yet."""
    cursor.execute("select to_regclass('ledger.loads') is null")
    if cursor.fetchone()[0]:
        return []
    cursor.execute("select distinct database_name from ledger.loads order by 1")
    return [name for (name,) in cursor.fetchall()]


def declared_types(cursor: extensions.cursor) -> dict[str, dict[tuple[str, str], str]]:
    """How each database's last good load found its columns declared, by table and column as SQLite calls them.

    Empty if there is no ledger yet, or we may not look.
    """
    types: dict[str, dict[tuple[str, str], str]] = {}
    with suppress(psycopg2.Error):
        cursor.execute("select to_regclass('ledger.column_profiles') is not null")
        if cursor.fetchone()[0]:
            cursor.execute(
                "select database_name, table_name, column_name, declared_type from ledger.column_profiles"
                " join (select max(load_id) as load_id, database_name from ledger.loads where outcome = 'loaded'"
                " group by database_name) as latest using (load_id)"
            )
            for database, table, column, declared_type in cursor.fetchall():
                types.setdefault(database, {})[table, column] = declared_type
    return types


@dataclass(frozen=True)
class GoodLoad:
    """A load that arrived: the file's digest in hex, its size, whether a write-ahead log was beside it, and when the
    load ended (UTC).
    """

    database: str
    sha256: str
    bytes: int
    has_log: bool
    finished_at: datetime


def good_loads(cursor: extensions.cursor) -> list[GoodLoad]:
    """Every load that arrived, the oldest first; none if there is no ledger yet."""
    if not databases(cursor):
        return []
    cursor.execute(
        "select database_name, sha256, bytes, has_log is true, finished_at from ledger.loads"
        " where outcome = 'loaded' order by load_id"
    )
    return [GoodLoad(*row) for row in cursor.fetchall()]


def write_unchanged(cursor: extensions.cursor, database: Database) -> int:
    """Enter that a database's file and raw tables were found as the last load left them; the entry's number."""
    cursor.execute(
        "insert into ledger.loads (database_name, file, sha256, bytes, started_at, outcome)"
        f" select %s, %s, latest.sha256, latest.bytes, now(), 'unchanged' from ({LATEST}) as latest"
        " returning load_id",
        [database.name, _path(database), database.name],
    )
    return cursor.fetchone()[0]


def write_failure(cursor: extensions.cursor, database: Database, started_at: datetime, message: str) -> int:
    """Enter a load that was rolled back, with the sentence that says why; the entry's number."""
    size = database.file.stat().st_size if database.file.is_file() else None
    cursor.execute(
        "insert into ledger.loads (database_name, file, bytes, started_at, outcome, message)"
        " values (%s, %s, %s, %s, 'failed', %s) returning load_id",
        [database.name, _path(database), size, started_at, message],
    )
    return cursor.fetchone()[0]


def write_load(
    cursor: extensions.cursor, database: Database, file: LoadedFile, started_at: datetime, table_loads: list[TableLoad]
) -> int:
    """Enter a load that arrived, in its own transaction; the entry's number."""
    cursor.execute(
        "insert into ledger.loads (database_name, file, started_at, outcome, sha256, bytes, has_log, left_behind,"
        " change_counter) values (%s, %s, %s, 'loaded', %s, %s, %s, %s, %s) returning load_id",
        [database.name, _path(database), started_at, *astuple(file)],
    )
    load_id = cursor.fetchone()[0]
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
    return load_id


def _path(database: Database) -> str:
    return os.fsencode(database.file).decode(errors="backslashreplace")  # it need not be UTF-8
