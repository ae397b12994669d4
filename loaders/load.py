"""Load databases: check them all, then one transaction per database, counted and digested on both sides."""

import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from tqdm import tqdm

from loaders import Problem, ledger, postgres_target, server
from loaders.ledger import TableLoad
from loaders.project import Database
from loaders.sqlite_source import SqliteFile, Table


def check(root: Path, databases: list[Database]) -> tuple[list[str], list[str]]:
    """Everything that would keep these databases from loading, and what is worth knowing; nothing is written."""
    problems, notes = [], []
    try:
        connection = server.connect(root)
        problems += postgres_target.may_write(connection)
        connection.close()
    except Problem as problem:
        problems += problem.sentences
    if not databases:
        problems.append("No database is declared: models/staging/ has no *__sources.yml with a schema raw_….")
    for database in databases:
        try:
            with SqliteFile(database) as source:
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
    connection = server.connect(root)
    try:
        with connection, connection.cursor() as cursor:
            ledger.create(cursor)
        table_loads: list[TableLoad] = []
        for database in databases:
            loaded, dropped = _load_database(connection, database, rebuild)
            table_loads += loaded
            notes += dropped
        return table_loads, notes
    finally:
        connection.close()


def _load_database(connection: Connection, database: Database, rebuild: bool) -> tuple[list[TableLoad], list[str]]:
    started_at, sha256 = datetime.now(UTC), None
    try:
        with SqliteFile(database) as source, connection, connection.cursor() as cursor:
            sha256 = source.sha256()
            tables = source.tables()
            postgres_target.lock(cursor, database.schema)
            notes = postgres_target.prepare(cursor, database.schema, tables, rebuild)
            counts = {table.name: source.count(table) for table in tables}
            # Nothing is shown on a pipe (disable=None), nor for a load that is over within two seconds.
            with tqdm(total=sum(counts.values()), desc=database.name, unit="rows", delay=2, disable=None) as bar:
                loads = [_load_table(cursor, source, table, counts[table.name], bar) for table in tables]
            source.check_unchanged()
            lost = [
                f"{database.name}: {t.table.name} holds {t.source_rows} rows in SQLite and {t.landed_rows} in PostgreSQL"
                f" (digests {t.source_digest[:12]} and {t.landed_digest[:12]}): rolled back; please report this."
                for t in loads
                if not t.arrived
            ]
            if lost:
                raise Problem(*lost)
            ledger.write_load(cursor, database, started_at, sha256, loads)
            return loads, notes
    except psycopg2.Error as error:
        sentence = f"{database.name}: PostgreSQL refused the load ({postgres_target.reason(error)}): rolled back."
        _write_failure(connection, database, started_at, sha256, sentence)
        raise Problem(sentence) from error
    except Problem as problem:
        _write_failure(connection, database, started_at, sha256, " ".join(problem.sentences))
        raise


def _load_table(cursor: Cursor, source: SqliteFile, table: Table, source_rows: int, bar: tqdm) -> TableLoad:
    started = time.monotonic()

    def chunks():
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


def _write_failure(
    connection: Connection, database: Database, started_at: datetime, sha256: str | None, sentence: str
) -> None:
    """The ledger tells of failed loads too, unless the server itself is gone."""
    if not connection.closed:
        with connection, connection.cursor() as cursor:
            ledger.write_load(cursor, database, started_at, sha256, [], failure=sentence)
