"""How much sooner many files are loaded with several jobs: a first load, and one after a row of each file changed."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

import psycopg2
from tabulate import tabulate

from benchmarks import databases, peers, values
from benchmarks.contestants import SYNAPSE
from benchmarks.reload import place
from benchmarks.rounds import Failed, Server, execute

JOBS = (1, 2, 4, 8, 16)


def make(folder: Path, rows: int, number: int) -> list[tuple[Path, Path]]:
    """So many files with so many rows in all, each with one in which a row is another; copies of one file, each with a
    row of its own.
    """
    base = databases.make(folder, f"rows-{max(10, rows // number)}")
    target = folder / f"files_{number}_{base.stem}"
    newest = max(base.stat().st_mtime, Path(__file__).stat().st_mtime)
    if not target.exists() or target.stat().st_mtime < newest:
        shutil.rmtree(target, ignore_errors=True)
        unfinished = target.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for one in range(number):
            _copy(base, unfinished / f"part_{one:02d}.first", one + 0.25)
            _copy(base, unfinished / f"part_{one:02d}.again", one + 0.75)
        unfinished.rename(target)
    return [(target / f"part_{one:02d}.first", target / f"part_{one:02d}.again") for one in range(number)]


def _copy(base: Path, file: Path, value: float) -> None:
    shutil.copyfile(base, file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("update attribution_tracking set value = ? where rowid = 3", [value])
        connection.commit()


def compete(
    server: Server, folder: Path, rows: int, number: int, rounds: int, limit: float, say: Callable[[str], None]
) -> Iterator[dict]:
    """What was found so far, after each round; `say` gets the progress."""
    files = make(folder, rows, number)
    places = [first.with_suffix(".db") for first, _ in files]
    found = {"files": number, "rows": sum(peers.count_rows(first) for first, _ in files), "failed": {}}
    found["bytes"] = sum(first.stat().st_size for first, _ in files)
    found["runs"] = {jobs: [] for jobs in JOBS}
    for turn in range(rounds):
        # Every round has another order, and every machine the same ones.
        for jobs in random.Random(turn).sample(JOBS, len(JOBS)):
            try:
                run = _run(server, files, places, jobs, limit)
                if turn == 0 and jobs == max(JOBS):
                    _compare(server, places)
                found["runs"][jobs].append(run)
                said = f"{run['first']:.2f} s, again {run['again']:.2f} s"
            except Failed as failed:
                said = found["failed"][jobs] = str(failed)
            say(f"{number} files, round {turn + 1} of {rounds}, {jobs} jobs: {said}")
        yield found


def _run(
    server: Server, files: list[tuple[Path, Path]], places: list[Path], jobs: int, limit: float
) -> dict[str, float]:
    """Seconds of the first load and the next one, and bytes of the largest process. Raises Failed if rows are lost."""
    server.renew()
    command = [str(SYNAPSE), "load", "--jobs", str(jobs), *map(str, places)]
    run: dict[str, float] = {"memory": 0}
    for which, name in enumerate(("first", "again")):
        for file, at in zip(files, places, strict=True):
            place(file[which], at)
        with server.connect("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("checkpoint")
        server.settle()
        took = execute(command, server, limit)
        run[name] = took["seconds"]
        run["memory"] = max(run["memory"], took["memory"])
        with server.connect() as connection:
            lost = [at.stem for at in places if values.count_rows(at, connection, True) != peers.count_rows(at)]
        if lost:
            raise Failed(f"rows are missing or too many: {', '.join(lost)}")
    return run


def _compare(server: Server, places: list[Path]) -> None:
    """Raise Failed for the first value that is another in raw than in its file."""
    for at in places:
        with server.connect() as connection:
            try:
                difference = values.first_difference(at, connection, True)
            except (psycopg2.Error, ValueError) as error:
                difference = f"it cannot be compared: {' '.join(str(error).split())}"
        if difference:
            raise Failed(f"{at.stem}: {difference}")


def render(found: dict) -> str:
    """A table of medians with the speed-up over one job."""
    runs = {int(jobs): each for jobs, each in found["runs"].items()}  # JSON has words for keys
    medians = {
        jobs: {name: median(run[name] for run in each) for name in each[0]} for jobs, each in runs.items() if each
    }
    one = medians.get(1)
    rows = []
    for jobs, numbers in medians.items():
        cells = [f"{jobs}"]
        for name in ("first", "again"):
            cells += [f"{numbers[name]:.2f}", f"{one[name] / numbers[name]:.2f}" if one else ""]
        rows.append([*cells, f"{numbers['memory'] / 1e6:.0f}"])
    headers = ["jobs", "first load s", "speed-up", "a row changed s", "speed-up", "peak MB"]
    rounds = max(map(len, runs.values()))
    heading = f"{found['rows']:,} rows in {found['files']} files, {found['bytes'] / 1e6:.1f} MB, {rounds} rounds"
    notes = [f"{jobs} jobs: {reason}" for jobs, reason in found["failed"].items()]
    table = tabulate(rows, headers, disable_numparse=True, colalign=["right"] * 6)
    return "\n".join([heading, "", table, *notes])
