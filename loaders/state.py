"""How each declared database stands: when it was last loaded, what failed since, and whether its file has changed."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from psycopg2 import extensions

from synapse_analytics import Problem, printable, threads
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.ledger import History
from synapse_analytics.project import Database
from synapse_analytics.reading import has_rows
from synapse_analytics.sqlite.snapshot import open_sqlite

LOAD_FAILED = "its load failed"
LONGEST_MESSAGE = 400  # characters of what a failed load said


@dataclass(frozen=True)
class State:
    """One database: the end of its last good load (UTC), what is to be known since then, in a few words each, what the
    file holds that is not loaded, sentences on what a person has to put right, and the ledger's number of that load.
    """

    database: str
    loaded_at: datetime | None
    since: list[str] = field(default_factory=list)
    left_behind: str = ""
    problems: list[str] = field(default_factory=list)
    load_id: int | None = None

    @property
    def outcome(self) -> str:
        """The same in one or two words, for programs."""
        if not self.loaded_at:
            return "never loaded"
        return "current" if not self.problems else "failed" if LOAD_FAILED in self.since else "changed"


def states(cursor: extensions.cursor, databases: list[Database]) -> list[State]:
    """The state of each database, by the ledger and its file.

    A file that is not there, or not readable, is said and is no problem: the report may run on another machine than
    the load, or as another user.
    """
    pairs = [(database, ledger.history(cursor, database.name)) for database in databases]
    return threads.each(1, _state, pairs, [])


def _state(pair: tuple[Database, History]) -> State:
    database, history = pair
    name, since, problems = database.name, [], []
    if history.failure:
        failed_at, message = history.failure
        words = printable(message.removeprefix(f"{name}: "), LONGEST_MESSAGE)
        since.append(LOAD_FAILED)
        problems.append(f"{name}: its load of {failed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC failed: {words}")
    if not history.loaded_at or not history.last:
        problems.append(f"{name}: it was never loaded: run `synapse load {name}`, then `dbt build`.")
        return State(name, None, since, problems=problems)
    try:
        if not database.file.is_file():  # a pipe would be waited for
            since.append("the file is not here")
        elif _has_changed(database, history.last):
            since.append("the file has changed")
            what = f"{printable(str(database.file))} has changed since it was loaded"
            problems.append(f"{name}: {what}: run `synapse load`, then `dbt build`.")
    except OSError:
        since.append("the file cannot be read here")
    except Problem as problem:
        since.append("the file cannot be read")
        problems += problem.sentences
    return State(name, history.loaded_at, since, history.last.left_behind, problems, history.last.load_id)


def _has_changed(database: Database, last: ledger.LastLoad) -> bool:
    """Whether the file holds something else than its last load found.

    With a write-ahead log, then or now, its bytes do not tell that, and its rows are read. Raises OSError and Problem.
    """
    log = Path(f"{database.file.resolve()}-wal")
    with database.file.open("rb") as stream:
        if last.is_whole and not (log.exists() and log.stat().st_size):
            is_same_size = database.file.stat().st_size == last.bytes
            return not is_same_size or hashlib.file_digest(stream, "sha256").hexdigest() != last.sha256
    with open_sqlite(database) as source:
        return not has_rows(source, last.digests)
