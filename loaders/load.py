"""Load databases: check them all, then one transaction per database, counted and digested on both sides."""

import hashlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, redirect_stderr, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from operator import add
from pathlib import Path
from typing import TypeVar

import apsw
import psycopg2
from psycopg2 import extensions
from tqdm import tqdm

from loaders import Problem, ledger, postgres_target, server
from loaders.chunks import can_hash, chunks, hash_row
from loaders.ledger import TableLoad
from loaders.project import Database
from loaders.snapshot import open_sqlite
from loaders.sqlite_source import SqliteFile, Table

# A row in which every part of a hash has its share.
SAMPLE = (-(2**40) - 7, ("Zwölf Bytes sind ein Block, und dies sind mehr.", None, "", "ß"))
AHEAD = 16  # chunks that are read from SQLite before PostgreSQL takes them

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Loaded:
    """What a load did: the tables, the databases that were left as they are, notes, and sentences on what failed."""

    tables: list[TableLoad] = field(default_factory=list)
    unchanged: list[Database] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """A chunk of a table, or with no bytes, what the whole table, or the file, came to."""

    rows: int = 0
    data: bytes = b""
    digest: str = ""
    counts: tuple[int, ...] = ()
    damage: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """A table as it was sent. Its digest is that of its rows' hashes, or else the SHA-256 of its lines."""

    table: Table
    rows: int
    is_hashed: bool
    digest: str
    counts: tuple[int, ...]
    seconds: float


def check(root: Path, databases: list[Database]) -> tuple[list[str], list[str]]:
    """Everything that would keep these databases from loading, and what is worth knowing; nothing is written."""
    problems, notes = _check_quickly(root, databases)
    if not problems:
        problems = [sentence for database in databases for sentence in _find_damage(database)]
    return problems, notes


def _check_quickly(root: Path, databases: list[Database]) -> tuple[list[str], list[str]]:
    """What `check` finds without reading the files through."""
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
                    problems += source.misfits()
                    notes += source.drift()
            except Problem as problem:
                problems += problem.sentences
    return problems, notes


def _find_damage(database: Database) -> list[str]:
    try:
        with open_sqlite(database) as source:
            return source.damage()
    except Problem as problem:
        return list(problem.sentences)


def load(root: Path, databases: list[Database], rebuild: bool = False, force: bool = False, jobs: int = 1) -> Loaded:
    """Load the databases that all pass `check`, up to `jobs` of them at once.

    One whose file and raw tables are as its last load left them is not loaded again, unless `force`. Raises Problem,
    with nothing written, for what `check` finds without reading files through. A database that is damaged or does not
    arrive whole is rolled back, it alone, and entered in the ledger as failed; the others are loaded all the same.
    """
    problems, notes = _check_quickly(root, databases)
    if problems:
        raise Problem(*problems)
    result = Loaded(notes=notes)
    connections: list[extensions.connection] = []

    def cancel() -> None:
        for connection in connections:
            with suppress(psycopg2.Error):  # it is closed
                connection.cancel()

    with redirect_stderr(StringIO()):  # what psycopg2 prints where a connection breaks in a COPY, it also raises
        each = _each(jobs, partial(_load_apart, root, rebuild, force, connections), databases, cancel)
    for one in each:
        result.tables += one.tables
        result.unchanged += one.unchanged
        result.notes += one.notes
        result.failures += one.failures
    return result


def _each(
    jobs: int, function: Callable[[Item], Result], items: list[Item], cancel: Callable[[], None]
) -> list[Result]:
    """What the function gives for each item, from `jobs` threads; an exception, Ctrl-C too, ends all."""
    if min(jobs, len(items)) < 2:
        return list(map(function, items))
    with ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(function, items))
        except BaseException:
            cancel()
            raise


def _load_apart(
    root: Path, rebuild: bool, force: bool, connections: list[extensions.connection], database: Database
) -> Loaded:
    """Load one database on a connection of its own, unless it is unchanged."""
    try:
        with server.connect(root) as connection:
            connections.append(connection)
            with connection, connection.cursor() as cursor:
                ledger.create(cursor)
            if not force and _is_unchanged(connection, database):
                return Loaded(unchanged=[database])
            tables, notes = _load_database(root, connection, database, rebuild)
            return Loaded(tables, notes=notes)
    except Problem as problem:
        return Loaded(failures=list(problem.sentences))


def _is_unchanged(connection: extensions.connection, database: Database) -> bool:
    """Whether the file has the bytes, and raw the rows, that the last load left; if so, it is entered in the ledger.

    Where that cannot be told, the load that follows says why.
    """
    with suppress(Problem, OSError, psycopg2.Error), connection, connection.cursor() as cursor:
        last = ledger.last_load(cursor, database.name)
        if last and last.bytes == database.file.stat().st_size:
            with open_sqlite(database) as source, ThreadPoolExecutor(1) as pool:
                sha256 = pool.submit(source.sha256)
                is_held = postgres_target.holds(cursor, database.schema, last.tables, last.transaction_id)
                is_unchanged = is_held and sha256.result() == last.sha256 and not source.has_log
            if is_unchanged:
                ledger.write_unchanged(cursor, database)
            return is_unchanged
    return False


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
                try:
                    loads, sha256 = _copy_tables(cursor, source, tables)
                except (Problem, apsw.Error):  # what is damaged may also be what cannot be read
                    _refuse(source.damage())
                    raise
                ledger.write_load(cursor, source, started_at, loads, sha256)
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
            ledger.write_failure(cursor, database, started_at, " ".join(problem.sentences))
        raise problem from None


def _refuse(sentences: list[str]) -> None:
    if sentences:
        raise Problem(*sentences)


def _copy_tables(cursor: extensions.cursor, source: SqliteFile, tables: list[Table]) -> tuple[list[TableLoad], str]:
    """Replace the rows of all tables; what was sent and what arrived, and the file's digest.

    Raises Problem for a file that is damaged and for tables that did not arrive whole.
    """
    database = source.database
    counts = [source.count(table) for table in tables]
    hashed = [table for table in tables if can_hash(source, table)]
    if hashed and hash_row(source, *SAMPLE) != postgres_target.hash_row(cursor, *SAMPLE):
        hashed = []  # PostgreSQL may hash otherwise in a later version, and does on some processors
    # Nothing is shown on a pipe (disable=None), nor for a load that is over within two seconds.
    bar = tqdm(total=sum(counts), desc=database.name, unit="rows", delay=2, disable=None, file=sys.__stderr__)
    with ThreadPoolExecutor(1) as pool, closing(_ahead(_parts(source, tables, hashed))) as parts:
        sha256 = pool.submit(source.sha256)
        with bar:
            sent = [
                _send(cursor, database, table, count, table in hashed, parts, bar)
                for table, count in zip(tables, counts, strict=True)
            ]
        loads = [_read_back(cursor, database, each) for each in sent]
        _refuse(next(parts).damage)
    _refuse(
        [
            f"{t.database}: {t.table.name} holds {t.source_rows} rows in SQLite and {t.landed_rows} in PostgreSQL (digests"
            f" {t.source_digest[:12]} and {t.landed_digest[:12]}): rolled back; look for triggers on"
            f" {database.schema}.{t.table.name}, and report this if there are none."
            for t in loads
            if not t.arrived
        ]
    )
    return loads, sha256.result()


def _send(
    cursor: extensions.cursor,
    database: Database,
    table: Table,
    rows: int,
    is_hashed: bool,
    parts: Iterator[Part],
    bar: tqdm,
) -> Sent:
    started = time.monotonic()
    part = Part()

    def data() -> Iterator[bytes]:
        nonlocal part
        for part in parts:
            bar.update(part.rows)
            yield part.data

    postgres_target.copy_in(cursor, database.schema, table, data())
    return Sent(table, rows, is_hashed, part.digest, part.counts, time.monotonic() - started)


def _read_back(cursor: extensions.cursor, database: Database, sent: Sent) -> TableLoad:
    started = time.monotonic()
    if sent.is_hashed:
        landed_rows, hashes = postgres_target.hash_rows(cursor, database.schema, sent.table)
        landed_digest = _digest(hashes)
    else:
        landed_rows, landed_digest = postgres_target.copy_out(cursor, database.schema, sent.table, sent.digest)
    return TableLoad(
        database=database.name,
        table=sent.table,
        source_rows=sent.rows,
        landed_rows=landed_rows,
        source_digest=sent.digest,
        landed_digest=landed_digest,
        seconds=sent.seconds + time.monotonic() - started,
        profiles=list(zip(*[iter(sent.counts)] * 5, strict=True)),
    )


def _parts(source: SqliteFile, tables: list[Table], hashed: list[Table]) -> Iterator[Part]:
    """The chunks of all tables, one after the other; then the file's damage."""
    for table in tables:
        sha256, hashes = hashlib.sha256(), 0
        counts = (0,) * (5 * len(table.columns))
        for chunk in chunks(source, table):
            hashes += chunk.hashes
            if table not in hashed:
                sha256.update(chunk.data)
            counts = tuple(map(add, counts, chunk.counts))
            yield Part(chunk.rows, chunk.data)
        yield Part(digest=_digest(hashes) if table in hashed else sha256.hexdigest(), counts=counts)
    yield Part(damage=source.damage())


def _digest(hashes: int) -> str:
    return f"{hashes % 2**64:016x}"


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items, made in a thread that is some of them ahead: SQLite reads while PostgreSQL writes and is read back."""
    with ThreadPoolExecutor(1) as pool:
        made = deque(pool.submit(next, items, None) for _ in range(AHEAD))
        try:
            while (item := made.popleft().result()) is not None:
                made.append(pool.submit(next, items, None))
                yield item
        finally:
            pool.shutdown(cancel_futures=True)
