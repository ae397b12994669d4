"""Load databases: check them all, then one transaction per database, counted and digested on both sides."""

import os
import sys
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path

import psycopg2
from psycopg2 import extensions
from tqdm import tqdm

from synapse_analytics import Problem, printable, threads
from synapse_analytics.contracts import find_changed_keys, read_contracts
from synapse_analytics.postgres import ledger, ledger_blocks, ledger_files, raw_rows, raw_schema, rights
from synapse_analytics.postgres.connection import connect, reason
from synapse_analytics.postgres.ledger import TableLoad
from synapse_analytics.project import Database, refuse_other
from synapse_analytics.records import Record, of_table
from synapse_analytics.retyped import find_retyped
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.internal import read_pragmas, read_rows
from synapse_analytics.sqlite.snapshot import open_sqlite
from synapse_analytics.transfer import Found, copy_tables, holds
from synapse_analytics.words import listed


@dataclass(frozen=True)
class Options:
    """Whether to drop what vanished from a file, to load what has not changed, and to load any amount from any file;
    and how many threads read one.
    """

    rebuild: bool = False
    force: bool = False
    any_size: bool = False
    readers: int = 1


USUAL = Options()
MOST_READERS = 4


@dataclass
class Loaded:
    """What a load did: the tables, the databases that were left as they are, notes, sentences on what failed, and
    all of this as records.
    """

    tables: list[TableLoad] = field(default_factory=list)
    unchanged: list[Database] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def check(root: Path, databases: list[Database]) -> tuple[list[str], list[str], list[Record]]:
    """Everything that would keep these databases from loading, what is worth knowing, and how each of them stands.

    Nothing is written.
    """
    problems, notes, own = _check_quickly(root, databases)
    if not problems:
        found = threads.each(1, _find_damage, databases, [])
        own = {database.name: sentences for database, sentences in zip(databases, found, strict=True)}
        problems = [sentence for sentences in found for sentence in sentences]
    records = []
    for database in databases:
        words = " ".join(map(printable, own.get(database.name, [])))
        records.append(Record(database.name, "not ready" if words else "ready", message=words or None))
    return problems, notes, records


def _check_quickly(root: Path, databases: list[Database]) -> tuple[list[str], list[str], dict[str, list[str]]]:
    """What `check` finds without reading the files through; of the problems, also those of each database alone."""
    problems, notes, contracts, types = [], [], {}, {}
    own: dict[str, list[str]] = {database.name: [] for database in databases}
    try:
        with connect(root) as connection, connection.cursor() as cursor:
            problems += rights.may_write(cursor, [database.schema for database in databases])
            problems += [sentence for database in databases for sentence in _replaces(cursor, database)]
            types = ledger.declared_types(cursor)
            contracts = read_contracts(cursor)  # last: if we may not look, the transaction is over
    except Problem as problem:
        problems += problem.sentences
    if not databases:
        notes.append("No database is declared yet: `synapse add FILE` adds one.")
    missing = sorted({database.file.parent for database in databases if not database.file.parent.is_dir()})
    for directory in missing:
        names = ", ".join(database.name for database in databases if database.file.parent == directory)
        problems.append(f"{names}: there is no directory {directory}: set SYNAPSE_SQLITE_DIR to where the files are.")
    absent = [database for database in databases if database.file.parent not in missing and not database.file.exists()]
    if len(absent) > 1:
        names = listed([database.name for database in absent])
        where = listed([str(folder) for folder in sorted({database.file.parent for database in absent})])
        problems.append(f"{names}: no files in {where}: put them there or set SYNAPSE_SQLITE_DIR to where they are.")
    for database in databases:
        if database.file.parent in missing or (len(absent) > 1 and database in absent):
            own[database.name].append(f"{database.name}: there is no file {database.file}.")
            continue
        try:
            with open_sqlite(database) as source:
                own[database.name] += source.misfits()
                notes += source.drift() + find_changed_keys(source, contracts) + find_retyped(source, types)
        except Problem as problem:
            own[database.name] += problem.sentences
        problems += own[database.name]
    return problems, notes, own


def _replaces(cursor: extensions.cursor, database: Database) -> list[str]:
    """A sentence if another file of the same name was loaded last, and nobody said that this one takes its place."""
    last = ledger.last_load(cursor, database.name) if database.is_named_by_file else None
    if not last or Path(last.file).resolve() == database.file.resolve():
        return []
    return [refuse_other(database, f"was last loaded from {printable(last.file)}")]


def _find_damage(database: Database) -> list[str]:
    try:
        with open_sqlite(database) as source:
            return source.damage()
    except Problem as problem:
        return list(problem.sentences)


def load(root: Path, databases: list[Database], options: Options = USUAL, jobs: int = 1) -> Loaded:
    """Load the databases that all pass `check`, up to `jobs` of them at once.

    One whose file and raw tables are as its last load left them is not loaded again, unless forced. Raises Problem,
    with nothing written, for what `check` finds without reading files through. A database that is damaged or does not
    arrive whole is rolled back, it alone, and entered in the ledger as failed; the others are loaded all the same.
    """
    problems, notes, _ = _check_quickly(root, databases)
    if problems:
        raise Problem(*problems)
    result = Loaded(notes=notes)
    if not databases:  # a project without any can be built too
        with connect(root) as connection, connection, connection.cursor() as cursor:
            ledger.create(cursor)
    connections: list[extensions.connection] = []
    at_once = max(1, min(jobs, len(databases)))
    options = replace(options, readers=max(1, min(MOST_READERS, (os.cpu_count() or 1) // at_once)))

    with redirect_stderr(StringIO()):  # what psycopg2 prints when a connection breaks in a COPY, it also raises
        loads = threads.each(jobs, partial(_load_apart, root, options, connections), databases, connections)
    for one in loads:
        result.tables += one.tables
        result.unchanged += one.unchanged
        result.notes += one.notes
        result.failures += one.failures
        result.records += one.records
    return result


def _load_apart(root: Path, options: Options, connections: list[extensions.connection], database: Database) -> Loaded:
    """Load one database on a connection of its own, unless it is unchanged."""
    try:
        with connect(root) as connection:
            connections.append(connection)
            with connection, connection.cursor() as cursor:
                ledger.create(cursor)
            return _load_database(root, connection, database, options)
    except Problem as problem:
        message = " ".join(problem.sentences)
        record = Record(database.name, "failed", load_id=problem.load_id, message=message)
        return Loaded(failures=list(problem.sentences), records=[record])


def _load_database(root: Path, connection: extensions.connection, database: Database, options: Options) -> Loaded:
    """Load one database in one transaction, or roll back, enter the failure in the ledger and raise Problem."""
    started_at = datetime.now(UTC)
    try:
        with connection, connection.cursor() as cursor:
            # Before the file is read, so that the last load is of the last state.
            if not raw_schema.lock_at_once(cursor, database.schema):
                waiting = f"{database.name}: another load of it is under way: waiting until it ends."
                tqdm.write(waiting, file=sys.__stderr__)  # sys.stderr is redirected while databases load
                raw_schema.lock(cursor, database.schema)
            with open_sqlite(database) as source:
                load_id = None if options.force else _enter_unchanged(cursor, source)
                if load_id:
                    return Loaded(unchanged=[database], records=[Record(database.name, "unchanged", load_id=load_id)])
                return _write(cursor, source, options, started_at)
    except (Problem, psycopg2.Error) as raised:
        # If the connection is gone, rolling back raises an error of its own, which tells nothing.
        masked = isinstance(raised, psycopg2.InterfaceError) and isinstance(
            raised.__context__, Problem | psycopg2.Error
        )
        error = raised.__context__ if masked else raised
        did = "broke off" if connection.closed else "refused"
        refusal = f"{database.name}: PostgreSQL {did} the load ({reason(error)}): rolled back; load it again."
        problem = error if isinstance(error, Problem) else Problem(refusal)
        # On another connection, because the load's own may be what failed. Without a server nothing is entered.
        with suppress(Problem), connect(root) as another, another, another.cursor() as cursor:
            if isinstance(error, psycopg2.errors.LockNotAvailable):
                holders = raw_schema.who_locks(cursor, database.schema) or "it has ended meanwhile"
                problem = Problem(
                    f"{database.name}: a session of PostgreSQL keeps a table of {database.schema} locked ({holders}):"
                    " rolled back; wait until it is over, or end it with pg_terminate_backend(), and load it again."
                )
            problem.load_id = ledger.write_failure(cursor, database, started_at, " ".join(problem.sentences))
        raise problem from None


def _enter_unchanged(cursor: extensions.cursor, source: SqliteFile) -> int | None:
    """If the file has the bytes, and raw the rows, that the last load left: the ledger's entry that says so.

    Where that cannot be told, the load that follows says why.
    """
    last = ledger.last_load(cursor, source.database.name)
    # The file first: that is less to read, and only an equal file has the tables that were loaded.
    is_like = last and last.is_whole and not source.has_log and last.bytes == source.size
    if not is_like or last.change_counter not in (None, source.change_counter) or source.sha256 != last.sha256:
        return None
    cursor.execute("savepoint before_look")
    try:
        is_unchanged = holds(cursor, source.database.schema, source.tables(), last.digests)
    except psycopg2.Error:
        cursor.execute("rollback to before_look")
        is_unchanged = False
    cursor.execute("release before_look")
    return ledger.write_unchanged(cursor, source.database) if is_unchanged else None


def _write(cursor: extensions.cursor, source: SqliteFile, options: Options, started_at: datetime) -> Loaded:
    """Make raw hold what the file does, and enter it in the ledger."""
    database, tables = source.database, source.tables()
    notes, made = raw_schema.prepare(cursor, database.schema, tables, options.rebuild)
    held = raw_rows.filled(cursor, database.schema, [table for table in tables if table.name not in made])
    blocks = {} if options.force else ledger_blocks.last_blocks(cursor, database.name)
    found = Found(made, held, blocks, options.readers)
    loads, sha256 = copy_tables(cursor, source, tables, found, options.any_size)
    file = ledger.LoadedFile(sha256, source.size, source.has_log, source.left_behind(), source.change_counter)
    load_id = ledger.write_load(cursor, database, file, started_at, loads)
    ledger_blocks.write_blocks(cursor, database.name, loads)
    ledger_files.write_internal(cursor, load_id, read_pragmas(source), read_rows(source))
    records = [of_table(replace(load, load_id=load_id), "loaded") for load in loads]
    return Loaded(loads, notes=notes, records=records)
