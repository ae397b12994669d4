"""Load databases: check them all, then one transaction per database, counted and digested on both sides."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from psycopg2 import extensions
from tqdm import tqdm

from loaders import Problem, ledger, postgres_target, server
from loaders.ledger import TableLoad
from loaders.project import Database
from loaders.snapshot import open_sqlite
from loaders.sqlite_source import SqliteFile, Table


def check(root: Path, databases: list[Database]) -> tuple[list[str], list[str]]:
    """Everything that would keep these databases from loading, and what is worth knowing; nothing is written."""
    problems, notes = [], []
    try:
        with server.connect(root) as connection, connection.cursor() as cursor:
            problems += postgres_target.may_write(cursor)
    except Problem as problem:
        problems += problem.sentences
    if not databases:
        problems.append("No database is declared: write a models/staging/…/*__sources.yml with a schema raw_….")
    missing = sorted({database.file.parent for database in databases if not database.file.parent.is_dir()})
    for directory in missing:
        names = ", ".join(database.name for database in databases if database.file.parent == directory)
        problems.append(f"{names}: there is no directory {directory}: set SYNAPSE_SQLITE_DIR to where the files are.")
    for database in databases:
        if database.file.parent not in missing:
            try:
                with open_sqlite(database) as source:
                    problems += source.check()
                    notes += source.drift()
            except Problem as problem:
                problems += problem.sentences
    return problems, notes


def load(root: Path, databases: list[Database], rebuild: bool = False) -> tuple[list[TableLoad], list[str]]:
    """Load the databases that all pass `check`; returns each table's counts, and notes for people.

    Raises Problem, before anything is written, for whatever `check` finds; and, after that database alone is rolled
    back and its failure entered in the ledger, for one that does not arrive whole.
    """
    problems, notes = check(root, databases)
    if problems:
        raise Problem(*problems)
    table_loads: list[TableLoad] = []
    with server.connect(root) as connection:
        with connection, connection.cursor() as cursor:
            ledger.create(cursor)
        for database in databases:
            loaded, dropped = _load_database(root, connection, database, rebuild)
            table_loads += loaded
            notes += dropped
    return table_loads, notes


def _load_database(
    root: Path, connection: extensions.connection, database: Database, rebuild: bool
) -> tuple[list[TableLoad], list[str]]:
    """Load one database in one transaction, or roll back, enter the failure in the ledger and raise Problem."""
    started_at = datetime.now(UTC)
    try:
        with connection, connection.cursor() as cursor:
            postgres_target.lock(cursor, database.schema)  # before the file is read: the last load is of the last state
            with open_sqlite(database) as source:
                tables = source.tables()
                notes = postgres_target.prepare(cursor, database.schema, tables, rebuild)
                counts = [source.count(table) for table in tables]
                # Nothing is shown on a pipe (disable=None), nor for a load that is over within two seconds.
                with tqdm(total=sum(counts), desc=database.name, unit="rows", delay=2, disable=None) as bar:
                    loads = [_load_table(cursor, source, *pair, bar) for pair in zip(tables, counts, strict=True)]
                lost = [
                    f"{database.name}: {t.table.name} holds {t.source_rows} rows in SQLite and {t.landed_rows} in"
                    f" PostgreSQL (digests {t.source_digest[:12]} and {t.landed_digest[:12]}): rolled back; look for"
                    f" triggers on {database.schema}.{t.table.name}, and report this if there are none."
                    for t in loads
                    if not t.arrived
                ]
                if lost:
                    raise Problem(*lost)
                ledger.write_load(cursor, database, started_at, loads, sha256=source.sha256())
            return loads, notes
    except (Problem, psycopg2.Error) as raised:
        # Where the connection is gone, rolling back raises an error of its own, which tells nothing.
        masked = isinstance(raised, psycopg2.InterfaceError) and isinstance(
            raised.__context__, Problem | psycopg2.Error
        )
        error = raised.__context__ if masked else raised
        did = "broke off" if connection.closed else "refused"
        refusal = f"{database.name}: PostgreSQL {did} the load ({server.reason(error)}): rolled back; load it again."
        problem = error if isinstance(error, Problem) else Problem(refusal)
        # On a connection of its own, for the load's may be what failed. No ledger can tell of a server that is gone.
        with suppress(Problem), server.connect(root) as another, another, another.cursor() as cursor:
            if isinstance(error, psycopg2.errors.LockNotAvailable):
                holders = postgres_target.who_locks(cursor, database.schema) or "it has ended meanwhile"
                problem = Problem(
                    f"{database.name}: a session of PostgreSQL keeps a table of {database.schema} locked ({holders}):"
                    " rolled back; wait until it is over, or end it with pg_terminate_backend(), and load it again."
                )
            ledger.write_load(cursor, database, started_at, [], failure=" ".join(problem.sentences))
        raise problem from None


def _load_table(cursor: extensions.cursor, source: SqliteFile, table: Table, source_rows: int, bar: tqdm) -> TableLoad:
    started = time.monotonic()

    def chunks() -> Iterator[tuple[int, bytes]]:
        for rows, data in source.chunks(table):
            yield rows, data
            bar.update(rows)

    sent = postgres_target.copy_in(cursor, source.database.schema, table, chunks())
    landed = postgres_target.copy_out(cursor, source.database.schema, table)
    return TableLoad(
        database=source.database.name,
        table=table,
        source_rows=source_rows,
        landed_rows=landed.rows,
        source_digest=sent.digest,
        landed_digest=landed.digest,
        seconds=time.monotonic() - started,
        profiles=source.profiles(table),
    )
