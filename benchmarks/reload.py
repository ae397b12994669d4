"""How long loading a changed file again takes, what it writes, and whether raw is then equal to the file."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from benchmarks import peers, values
from benchmarks.contestants import Absent, Contestant
from benchmarks.rounds import DATABASE, Failed, Server, execute

KEPT = f"{DATABASE}_kept"  # the database as the first load left it
FIRST = "first"
# A column of each table that no key has.
COLUMNS = {"attribution_tracking": "value", "twitter_posts": "engagement_rate", "posts": "engagement_rate"}


def _update(where: str) -> list[str]:
    return [f"update {table} set {column} = {column} + 0.5 where {where}" for table, column in COLUMNS.items()]


MIDDLE = "(select max(rowid) / 2 from attribution_tracking)"
CHANGES: dict[str, tuple[str, list[str]]] = {
    "nothing": ("nothing changed", []),
    "one": ("1 row changed", _update(f"rowid = {MIDDLE}")[:1]),
    "deleted": (
        "100 rows deleted in the middle",
        [f"delete from attribution_tracking where rowid between {MIDDLE} and {MIDDLE} + 99"],
    ),
    "appended": (
        "1,000 rows appended",
        [
            "create temp table new as select * from attribution_tracking limit 1000",
            "update new set tracking_id = 'new_' || tracking_id",
            "insert into attribution_tracking select * from new",
        ],
    ),
    "scattered": ("1 % of all rows changed, scattered", _update("rowid % 100 = 7")),
    "all": ("all rows changed", _update("true")),
}
LABELS = {FIRST: "first load"} | {name: label for name, (label, _) in CHANGES.items()}


@dataclass(frozen=True)
class Reload:
    """What one run took: seconds, bytes of the largest process, of log written, and of all tables before and after."""

    seconds: float
    memory: int
    log: int
    before: int
    after: int


@dataclass
class Reloads:
    """A contestant's runs after one change; why there are none, or no more; the first difference from the file."""

    name: str
    label: str
    change: str
    failed: str | None = None
    difference: str | None = None
    runs: list[Reload] = field(default_factory=list)


def make_changed(folder: Path, base: Path) -> dict[str, Path]:
    """The file with each of the changes, by their names; made where there is none of this base and this code."""
    folder.mkdir(exist_ok=True)
    found = {FIRST: base, "nothing": base}
    newest = max(base.stat().st_mtime, Path(__file__).stat().st_mtime)
    for name, (_, statements) in CHANGES.items():
        if not statements:
            continue
        found[name] = file = folder / f"{base.stem}.{name}"
        if file.exists() and file.stat().st_mtime >= newest:
            continue
        unfinished = file.with_suffix(".part")
        shutil.copyfile(base, unfinished)
        with closing(sqlite3.connect(unfinished)) as connection:
            connection.execute("pragma synchronous = off")
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        unfinished.rename(file)
    return found


def place(file: Path, at: Path) -> None:
    """Let a ready-made file be there, in the place of another."""
    at.unlink(missing_ok=True)
    at.hardlink_to(file)


def compete(
    server: Server, base: Path, contestants: list[Contestant], rounds: int, limit: float, say: Callable
) -> Iterator[list[Reloads]]:
    """The outcomes so far, after each round. Who fails after a change does not run again; `say` gets the progress."""
    files = make_changed(base.parent / "reload", base)
    outcomes = {(c.name, change): Reloads(c.name, c.label, change) for c in contestants for change in LABELS}
    at = base.parent / "reload" / base.name
    for number in range(rounds):
        # Every round has another order, and every machine the same ones.
        draw = random.Random(number)
        for contestant in draw.sample(contestants, len(contestants)):
            for change in (FIRST, *draw.sample(list(CHANGES), len(CHANGES))):
                outcome = outcomes[contestant.name, change]
                if outcome.failed or outcomes[contestant.name, FIRST].failed:
                    continue
                place(files[change], at)
                try:
                    _begin(server, is_first=change == FIRST)
                    outcome.runs.append(run := _run(server, at, contestant, limit))
                    said = f"{run.seconds:.2f} s"
                    if number == 0:
                        outcome.difference = _difference(server, at, contestant)
                        said += f", {outcome.difference or 'every value arrived'}"
                    if change == FIRST:
                        _keep(server)
                except (Absent, Failed) as failed:
                    said = outcome.failed = str(failed)
                say(f"{base.stem}, round {number + 1} of {rounds}, {contestant.label}, {LABELS[change]}: {said}")
        yield list(outcomes.values())
    at.unlink()


def _begin(server: Server, is_first: bool) -> None:
    """An empty database, or the one that was kept, and what the contestant noted beside it."""
    scratch, kept = server.folder / "scratch", server.folder / "scratch_kept"
    shutil.rmtree(scratch, ignore_errors=True)
    if is_first:
        shutil.rmtree(kept, ignore_errors=True)
        server.renew()
        scratch.mkdir()
    else:
        _copy_database(server, KEPT, DATABASE)
        shutil.copytree(kept, scratch)
    server.settle()


def _keep(server: Server) -> None:
    """Keep the database as it is some minutes after a load, when autovacuum has been there."""
    with server.connect() as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("vacuum (analyze)")
    server.settle()
    _copy_database(server, DATABASE, KEPT)
    shutil.copytree(server.folder / "scratch", server.folder / "scratch_kept")


def _copy_database(server: Server, source: str, target: str) -> None:
    """Copy its files, which leaves each row where it is, and write a checkpoint."""
    with server.connect("postgres") as connection, connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {target} with (force)")
        cursor.execute(f"create database {target} template {source} strategy file_copy")
        cursor.execute("checkpoint")


def _run(server: Server, file: Path, contestant: Contestant, limit: float) -> Reload:
    command = contestant.command(file, server.folder / "scratch", server.variables)
    (log, before) = _written(server)
    took = execute(command, server, limit)
    server.settle()
    log_after, after = _written(server)
    return Reload(took["seconds"], took["memory"], log_after - log, before, after)


def _written(server: Server) -> tuple[int, int]:
    """Bytes of the write-ahead log so far, and of all tables with their indexes, the contestant's own ones too."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select pg_current_wal_insert_lsn() - '0/0', coalesce(sum(pg_total_relation_size(oid)), 0) from pg_class"
            " where relkind = 'r' and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
        )
        log, size = cursor.fetchone()
        return int(log), int(size)


def _difference(server: Server, file: Path, contestant: Contestant) -> str | None:
    is_raw = contestant.name == "synapse"
    with server.connect() as connection:
        try:
            wanted, found = peers.count_rows(file), values.count_rows(file, connection, is_raw)
            if wanted != found:
                return f"{found:,} rows instead of {wanted:,}"
            return values.first_difference(file, connection, is_raw)
        except (psycopg2.Error, ValueError) as error:
            return f"it cannot be compared: {' '.join(str(error).split())}"
