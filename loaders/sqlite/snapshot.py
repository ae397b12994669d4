"""Open a SQLite file for reading: one moment of it, nothing it brings along run, it and its folder left as they are."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from threading import Lock

import apsw

from synapse_analytics import Problem
from synapse_analytics.project import Database
from synapse_analytics.sqlite import copy_lines
from synapse_analytics.sqlite.file import LONGEST_VALUE, SqliteFile

State = tuple[int, int, int] | None  # of a file: its inode, size and time of change

SMALL = 16_000_000  # bytes of a file that one thread reads as soon as several

# The connections of all threads. One that is being closed must not be interrupted any more.
_opened: set[apsw.Connection] = set()
_lock = Lock()

# What to do about an error of SQLite or the operating system, by a part of its words.
HINTS = {
    "file is not a database": "it is not SQLite, or it is encrypted; put a SQLite database in its place",
    "malformed": "it is truncated or damaged; restore it from a copy",
    "is locked": "another program is writing to it; try again",
    "readonly database": "a program died while writing to it; open it once with `sqlite3` to undo the half-done",
    "interrupted": "somebody stopped it; do it again",
    "ermission denied": "give yourself the right to read it",
    "unable to open": "give yourself the right to read it, its directory and its -wal",
    "": "nothing of it was loaded; look into it with `sqlite3`",
}


@contextmanager
def open_sqlite(database: Database) -> Iterator[SqliteFile]:
    """A declared database's file, read-only and untrusted, in one read transaction from `with` to its end.

    Raises Problem, naming the database and its file, for whatever cannot be read, now or within the `with`, and at its
    end where something changed the file meanwhile that SQLite's locks do not keep away, or put another in its place.
    """
    file = database.file.resolve()  # SQLite follows links too: the log lies beside the file itself
    try:
        if not file.is_file():
            what = "is not a file" if file.exists() else "does not exist"
            raise Problem(
                f"{database.name}: {database.file} {what}: put it there or set SYNAPSE_SQLITE_DIR to where it is."
            )
        before = _state(file)
        with ExitStack() as stack:
            # Closed last: closing any handle of a file ends all locks that this process has on it.
            stream = stack.enter_context(file.open("rb"))
            log, index = (Path(f"{file}{suffix}").exists() for suffix in ("-wal", "-shm"))
            at_rest = not log and stream.read(20)[18:19] == b"\x02"
            # If no program has the log open, SQLite would leave an index beside it.
            opened = _copy(file, stack) if log and not index else file
            uri = f"{opened.as_uri()}?mode=ro{'&immutable=1' if at_rest else ''}"
            connection = stack.enter_context(_connect(uri))
            if opened == file and not at_rest:
                before = _state(file)  # writers that SQLite's lock had to wait for are done
            try:
                yield SqliteFile(database, stream, connection, uri, has_log=log)
            except Problem:  # what was found damaged may be what was written meanwhile
                _refuse_written(database, before, _state(file), log and index)
                raise
        _refuse_written(database, before, _state(file), log and index)
    except (apsw.Error, OSError) as error:
        if isinstance(error, apsw.CorruptError | apsw.IOError):
            _refuse_written(database, before, _state(file), log and index)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = next(hint for words, hint in HINTS.items() if words in reason)
        raise Problem(f"{database.name}: {database.file} cannot be read ({reason}): {hint}.") from error


@contextmanager
def open_again(source: SqliteFile, number: int) -> Iterator[list[SqliteFile]]:
    """So many more connections to the same moment of an open file, for other threads.

    There are none if the file is small, or has a write-ahead log, of which each would see a moment of its own.
    """
    with ExitStack() as stack:
        shared = number if not source.has_log and source.size > SMALL else 0
        # SQLite lets this process have them at once, because it keeps writers away already.
        yield [replace(source, connection=stack.enter_context(_connect(source.uri))) for _ in range(shared)]


def interrupt() -> None:
    """End what SQLite computes of any open file, in whichever thread: it raises apsw.InterruptError there."""
    with _lock:
        for connection in _opened:
            connection.interrupt()


@contextmanager
def _connect(uri: str) -> Iterator[apsw.Connection]:
    """A connection in a read transaction, which interrupt() ends."""
    with closing(apsw.Connection(uri, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)) as connection:
        with _lock:
            _opened.add(connection)
        try:
            _begin(connection)
            yield connection
        finally:
            with _lock:
                _opened.discard(connection)


def _copy(file: Path, stack: ExitStack) -> Path:
    copy = Path(stack.enter_context(TemporaryDirectory(prefix="synapse-"))) / "copy.db"
    for suffix in ("", "-wal"):
        copyfile(f"{file}{suffix}", f"{copy}{suffix}")
    return copy


def _begin(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(5_000)
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)  # SQLite reads no more into memory than this
    copy_lines.add_to(connection)
    connection.execute("pragma trusted_schema = off")
    for statement in ("pragma cell_size_check = on", "pragma query_only = on", "begin"):
        connection.execute(statement)
    connection.execute("select count(*) from sqlite_schema")  # takes the snapshot
    # What parts virtual tables are made of is known by now. Without modules nothing of them can be run.
    connection.drop_modules(None)
    connection.collation_needed(make_up_collation)


def make_up_collation(connection: apsw.Connection, name: str) -> bool:
    """Order text by its characters where a collation of the application's own sorts an index or a key.

    Any order will do to read one. False for a collation of SQLite's own, which is asked for too in UTF-16, and found.
    """
    is_own = name.upper() not in ("BINARY", "NOCASE", "RTRIM")
    if is_own:
        connection.create_collation(name, lambda left, right: (left > right) - (left < right))
    return is_own


def _refuse_written(database: Database, before: list[State], after: list[State], in_use: bool) -> None:
    """Raise Problem if something was written or, if its log is in use, if another file took its place.

    SQLite's lock keeps programs that use SQLite away or, if a log is in use, gives them the log to write to. It does
    not keep away `cp` and `truncate`, and what was cut off may be read as zeros.
    """
    if not (after[0] is not None and after[0][0] == before[0][0] if in_use else after == before):
        raise Problem(f"{database.name}: {database.file} was written while it was read: load it again.")


def _state(file: Path) -> list[State]:
    """What every write changes, of the file and of its write-ahead log."""
    stats = [path.stat() if path.exists() else None for path in (file, Path(f"{file}-wal"))]
    return [stat and (stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats]
