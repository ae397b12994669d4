"""Run every contestant in turn, round after round, on a server of their own, and keep what each run took."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import psutil
import psycopg2
from psycopg2 import extensions

from benchmarks import peers, values
from benchmarks.contestants import SYNAPSE, Absent, Contestant

MEASURE = Path(__file__).with_name("measure.py")
DATABASE = "bench"
LONGEST_REASON = 200  # characters


class Failed(Exception):  # noqa: N818 - a result like another
    """Why a contestant did not load the file, in its own last words."""


@dataclass(frozen=True)
class Run:
    """What one run took: seconds, bytes of the largest process, and the rows that arrived."""

    seconds: float
    cpu: float
    server_cpu: float
    memory: int
    rows: int


@dataclass
class Outcome:
    """A contestant's runs in one case; why there are none; the first difference, where it does not keep all."""

    name: str
    label: str
    is_bound: bool
    absent: str | None = None
    failed: str | None = None
    difference: str | None = None
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True)
class Server:
    """A running server: its project's folder, and libpq's variables."""

    folder: Path
    variables: dict[str, str]

    def connect(self, database: str = DATABASE) -> closing[extensions.connection]:
        """A connection, closed at the end of `with`."""
        host, port, user = (self.variables[name] for name in ("PGHOST", "PGPORT", "PGUSER"))
        connection = psycopg2.connect(host=host, port=port, user=user, dbname=database)
        connection.autocommit = database != DATABASE
        return closing(connection)

    def version(self) -> str:
        """PostgreSQL's."""
        with self.connect("postgres") as connection:
            return connection.get_parameter_status("server_version")

    def renew(self) -> None:
        """Make the database empty, and leave nothing to write of earlier ones."""
        with self.connect("postgres") as connection, connection.cursor() as cursor:
            cursor.execute(f"drop database if exists {DATABASE} with (force)")
            cursor.execute(f"create database {DATABASE}")
            cursor.execute("checkpoint")

    def settle(self) -> None:
        """Wait until all processes that served somebody have ended, so that their work is counted."""
        until = monotonic() + 10
        with self.connect("postgres") as connection, connection.cursor() as cursor:
            while monotonic() < until:
                cursor.execute("select count(*) from pg_stat_activity where backend_type = 'client backend'")
                if cursor.fetchone()[0] == 1:
                    return
                sleep(0.01)

    def cpu(self) -> float:
        """Seconds that the postmaster and all its processes have worked, those that ended too."""
        pid = (self.folder / ".postgres" / "postmaster.pid").read_text().split()[0]
        postmaster = psutil.Process(int(pid))
        while True:
            own = postmaster.cpu_times()
            with suppress(psutil.NoSuchProcess):
                total = sum(own[:4]) + sum(sum(child.cpu_times()[:2]) for child in postmaster.children())
                if postmaster.cpu_times()[2:4] == own[2:4]:  # else one ended meanwhile, and its time may be missing
                    return total


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """The embedded server as `synapse up` starts it, in a folder that is empty before and gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").touch()

    def synapse(word: str) -> str:
        return subprocess.run(
            [SYNAPSE, word], cwd=folder, env=outside(), check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    synapse("down")  # what a run that was killed left running
    shutil.rmtree(folder / ".postgres", ignore_errors=True)
    try:
        found = extensions.parse_dsn(synapse("up"))
        names = {"PGHOST": found["host"], "PGPORT": found["port"], "PGUSER": found["user"], "PGDATABASE": DATABASE}
        yield Server(folder, names)
    finally:
        synapse("down")
        shutil.rmtree(folder)


def compete(
    server: Server, file: Path, contestants: list[Contestant], rounds: int, limit: float, say: Callable[[str], None]
) -> Iterator[list[Outcome]]:
    """The outcomes so far, after each round. Who fails once does not run again; `say` gets the progress."""
    outcomes = {c.name: Outcome(c.name, c.label, c.is_bound) for c in contestants}
    expected = peers.count_rows(file)
    try:
        _make_copies(server, file)
    except Failed as failed:
        say(f"{file.stem}, files for the bound: {failed}")
    for number in range(rounds):
        # Every round has another order, and every machine the same ones.
        for contestant in random.Random(number).sample(contestants, len(contestants)):
            outcome = outcomes[contestant.name]
            if outcome.absent or outcome.failed:
                continue
            try:
                run = _run(server, file, contestant, limit)
                outcome.runs.append(run)
                said = f"{run.seconds:.2f} s"
                if not contestant.is_bound:
                    if number == 0:
                        outcome.difference = _difference(server, file, contestant)
                    if run.rows != expected:
                        lost = f"{run.rows:,} of {expected:,} rows arrived"
                        outcome.difference = f"{lost}; {outcome.difference}" if outcome.difference else lost
                    said += f", {run.rows:,} rows, {outcome.difference or 'every value arrived'}"
            except Absent as absent:
                said = outcome.absent = str(absent)
            except Failed as failed:
                said = outcome.failed = str(failed)
            say(f"{file.stem}, round {number + 1} of {rounds}, {contestant.label}: {said}")
        yield list(outcomes.values())
    shutil.rmtree(peers.copy_file(file, 0).parent, ignore_errors=True)


def _make_copies(server: Server, file: Path) -> None:
    """Write the files that the bound copies: what `synapse load` lands. It also warms all caches."""
    server.renew()
    execute([str(SYNAPSE), "load", str(file)], server, limit=3600)
    with server.connect() as connection, connection.cursor() as cursor:
        for number, (_, copy) in enumerate(peers.copies(file)):
            target = peers.copy_file(file, number)
            target.parent.mkdir(exist_ok=True)
            with target.open("wb") as stream:
                cursor.copy_expert(copy, stream)


def _run(server: Server, file: Path, contestant: Contestant, limit: float) -> Run:
    server.renew()
    scratch = server.folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    command = contestant.command(file, scratch, server.variables)
    server.settle()
    before = server.cpu()
    took = execute(command, server, limit)
    server.settle()
    server_cpu = server.cpu() - before
    with server.connect() as connection:
        rows = 0 if contestant.is_bound else values.count_rows(file, connection, contestant.name == "synapse")
    return Run(took["seconds"], took["cpu"], server_cpu, took["memory"], rows)


def _difference(server: Server, file: Path, contestant: Contestant) -> str | None:
    with server.connect() as connection:
        try:
            return values.first_difference(file, connection, contestant.name == "synapse")
        except (psycopg2.Error, ValueError) as error:
            return f"it cannot be compared: {' '.join(str(error).split())}"


def outside() -> dict[str, str]:
    """The environment, without what names another server or other files, or keeps Python from its compiled modules."""
    others = ("PG", "SYNAPSE_", "DLT_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


def execute(command: list[str], server: Server, limit: float) -> dict:
    """Run it in the server's folder and measure it. Raises Failed with its last words."""
    log = server.folder / "log"
    environment = outside() | server.variables | {"BENCH_SCRATCH": str(server.folder / "scratch")}
    measure = [sys.executable, "-I", "-S", str(MEASURE), str(log), *command]
    with subprocess.Popen(
        measure, cwd=server.folder, env=environment, stdout=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failed(f"it was not done within {limit:.0f} seconds") from None
            raise
    took = json.loads(output)
    if took["exit_code"]:
        words = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in words if "rror" in line.lower()] or words or [f"exit code {took['exit_code']}"]
        raise Failed(errors[-1][:LONGEST_REASON])
    return took
