"""What breaks in the middle of a load leaves the old rows, a true sentence and a clean next load; readers never wait.

Programs and servers are killed, disks filled and files replaced for real. A load is caught in its middle by a trigger
that waits, in row 1,000 of the last table, for a lock that the test holds: nothing depends on how fast a machine is.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import pytest

from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.connection import connect, data_directory, parameters
from tests.conftest import PROGRAMS, copy_project, folder_for_a_server
from tests.loaders.caught import caught, end, largest_file, start, until

if TYPE_CHECKING:
    from tests.conftest import Warehouse
    from tests.loaders.conftest import Project

ROWS = 20_000  # several megabytes: more than the loader, the socket and SQLite's cache hold between them
# Table a is loaded before table z, and every load is caught in z.
TABLES = f"""
    create table a (x); insert into a values ('old');
    create table z (x, filler);
    with recursive n (i) as (select 1 union all select i + 1 from n limit {ROWS})
    insert into z select 'old', hex(zeroblob(200)) from n;
"""
RENEW = "update a set x = 'new'; update z set x = 'new'"
READ = "select 'a', x, count(*) from raw_app.a group by x union all select 'z', x, count(*) from raw_app.z group by x"
OLD = [("a", "old", 1), ("z", "old", ROWS)]
NEW = [("a", "new", 1), ("z", "new", ROWS)]
OUTCOMES = "select outcome, message from ledger.loads order by load_id"
WAITS = "select 1 from pg_locks where locktype = 'transactionid' and not granted"
IN_COPY = "select pid from pg_stat_progress_copy where type = 'PIPE' and tuples_processed > 0"


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def read(project: "Project") -> list[tuple]:
    return sorted(project.query(READ))


def assert_failed(project: "Project", done: tuple[int, str], sentence: str) -> None:
    """One sentence, the same in the ledger, and the old rows."""
    code, said = done
    assert (code, said.count("\n"), said[:5]) == (1, 1, "app: "), said
    assert sentence in said
    assert read(project) == OLD
    assert project.query(OUTCOMES) == [("loaded", None), ("failed", said.strip())]


def assert_next_load_is_clean(project: "Project", outcomes: int) -> None:
    project.load()
    assert read(project) == NEW
    assert project.landed() == project.content()
    assert project.query(OUTCOMES)[outcomes:] == [("loaded", None)]


@pytest.fixture
def loaded(project: "Project") -> "Project":
    """Two tables loaded once, and other rows in the file since."""
    project.make(TABLES)
    project.load()
    project.make(RENEW)
    return project


@pytest.fixture
def own_server(project: "Project", monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple["Project", Path]]:
    """The project on a server that the test may break, and that server's folder. No file of it exceeds 20 MB."""
    with folder_for_a_server() as root:
        monkeypatch.setenv("PGHOST", "")
        with largest_file(20_000_000):
            embedded.up(root)
        target = parameters(root)
        environment = {"PGHOST": target["host"], "PGPORT": target["port"], "PGUSER": "synapse", "PGDATABASE": "synapse"}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        warehouse = replace(project.warehouse, environment=project.warehouse.environment | environment)
        try:
            yield replace(project, warehouse=warehouse), root
        finally:
            embedded.down(root)


def test_a_loader_that_is_killed_leaves_the_old_rows_and_no_entry(loaded: "Project") -> None:
    with caught(loaded) as (load, _):
        load.kill()
        assert end(load) == (-signal.SIGKILL, "")
        assert read(loaded) == OLD
    assert loaded.query(OUTCOMES) == [("loaded", None)]
    assert_next_load_is_clean(loaded, 1)


def test_a_load_that_is_interrupted_leaves_the_old_rows(loaded: "Project") -> None:
    with caught(loaded) as (load, _):
        load.send_signal(signal.SIGINT)
        assert end(load) == (130, "Interrupted: what was under way is rolled back, what was finished before is kept.\n")
        assert read(loaded) == OLD
    assert_next_load_is_clean(loaded, 2)


def test_a_server_that_is_killed_comes_back_with_the_old_rows(own_server: tuple["Project", Path]) -> None:
    project, root = own_server
    project.make(TABLES)
    project.load()
    project.make(RENEW)
    with caught(project) as (load, _):
        postmaster = (data_directory(root) / "postmaster.pid").read_text().split()[0]
        children = subprocess.run(["pgrep", "-P", postmaster], capture_output=True, text=True).stdout.split()
        for process in (postmaster, *children):  # the postmaster first, or it would start others
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        until(lambda: not is_there(int(postmaster)))
        code, said = end(load)
    assert (code, said.count("\n"), said[:5]) == (1, 1, "app: "), said
    assert "PostgreSQL broke off the load (" in said
    os.environ["PGHOST"] = ""  # put back by the fixture `project`
    embedded.up(root)
    os.environ["PGHOST"] = project.warehouse.environment["PGHOST"]
    assert read(project) == OLD
    assert project.query(OUTCOMES) == [("loaded", None)]
    assert_next_load_is_clean(project, 1)


def test_a_connection_that_is_cut_is_said_and_entered(loaded: "Project") -> None:
    with caught(loaded) as (load, session):
        loaded.query(f"select pg_terminate_backend({session})")
        done = end(load)
    assert_failed(loaded, done, "PostgreSQL broke off the load (")
    assert_next_load_is_clean(loaded, 2)


def test_a_full_disk_of_the_server_is_said_and_entered(own_server: tuple["Project", Path]) -> None:
    project, _ = own_server
    project.make(TABLES)
    project.load()
    project.make(f"{RENEW}; create table y as select n.x, f.filler from z as n join z as f on f.rowid < 4")
    done = project.synapse("load")
    assert_failed(project, (done.exit_code, done.stderr), "PostgreSQL refused the load (could not")
    assert "free disk space" in done.stderr
    project.make("drop table y")
    assert_next_load_is_clean(project, 2)


def test_two_loads_of_one_database_and_one_of_another_at_once_all_succeed(loaded: "Project") -> None:
    shutil.copy(loaded.file, loaded.root / "other.db")
    with caught(loaded) as (first, _):
        second = start()
        until(lambda: loaded.query(WAITS))
        assert end(start("./other.db"))[0] == 0  # it waits for neither
        assert read(loaded) == OLD
    (_, alone), (_, after) = done = [end(load) for load in (first, second)]
    assert [code for code, _ in done] == [0, 0]
    waiting = "app: another load of it is under way: waiting until it ends."
    assert (waiting in alone, waiting in after) == (False, True)
    assert read(loaded) == NEW
    names = "select database_name, outcome from ledger.loads order by load_id"
    assert loaded.query(names) == [
        ("app", "loaded"),
        ("other", "loaded"),
        ("app", "loaded"),
        ("app", "unchanged"),  # the other has loaded it
    ]
    assert loaded.query(READ.replace("raw_app", "raw_other") + " order by 1") == NEW


def test_the_first_two_loads_of_a_database_at_once_both_succeed(project: "Project") -> None:
    project.make(TABLES)
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' having count(*) > 1"
    with closing(project.warehouse.connect()) as keeper, keeper.cursor() as cursor:
        cursor.execute("create schema ledger")  # which both come to make first, and wait for
        loads = [start("--force"), start("--force")]
        until(lambda: project.query(waiting))
        keeper.rollback()
    assert [end(load)[0] for load in loads] == [0, 0]
    assert read(project) == OLD
    assert project.query(OUTCOMES) == [("loaded", None), ("loaded", None)]


def test_readers_wait_for_no_load_and_no_load_for_readers(loaded: "Project") -> None:
    loaded.query("create view seen as select x from raw_app.z")
    with closing(loaded.warehouse.connect()) as reader, reader.cursor() as cursor:
        cursor.execute("set lock_timeout = '1s'; select max(x) from seen")
        with caught(loaded) as (load, _):
            cursor.execute(READ + " order by 1")  # against the loader's order: the one waits for the other, or none
            assert cursor.fetchall() == OLD
        assert end(load)[0] == 0
        cursor.execute(READ + " order by 1")
        assert cursor.fetchall() == NEW


def test_a_reader_of_an_earlier_moment_finds_the_old_rows_after_a_load(loaded: "Project") -> None:
    with closing(loaded.warehouse.connect()) as reader, reader.cursor() as cursor:
        reader.set_session(isolation_level="REPEATABLE READ")
        cursor.execute("select 1")  # as pg_dump does before it comes to its first table
        loaded.load()
        cursor.execute(READ + " order by 1")
        assert cursor.fetchall() == OLD
    assert read(loaded) == NEW


@pytest.mark.parametrize("change", ["", "alter table z add column y"], ids=["rows", "a column"])
def test_a_lock_that_never_ends_ends_the_load_and_its_holder_is_named(loaded: "Project", change: str) -> None:
    loaded.make(change)
    with closing(loaded.warehouse.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("set application_name = 'a dashboard'")
        cursor.execute("select 1 from raw_app.z limit 1" if change else "lock table raw_app.z in share mode")
        os.environ["PGOPTIONS"] = "-c lock_timeout=300ms"
        try:
            done = loaded.synapse("load")
        finally:
            del os.environ["PGOPTIONS"]
        who = f"(pid {holder.info.backend_pid}: synapse, a dashboard): rolled back"
        said = done.stderr.splitlines()[-1] + "\n"
        assert_failed(loaded, (done.exit_code, said), f"keeps a table of raw_app locked {who}")
    assert_next_load_is_clean(loaded, 2)


def test_what_pgoptions_sets_counts_except_for_time_zone_and_isolation(
    project: "Project", monkeypatch: pytest.MonkeyPatch
) -> None:
    others = "-c timezone=Asia/Tokyo -c default_transaction_isolation=serializable"
    monkeypatch.setenv("PGOPTIONS", f"-c lock_timeout=300ms {others}")
    names = ("lock_timeout", "timezone", "transaction_isolation")
    with connect(project.root) as connection, connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(f'current_setting({name!r})' for name in names)}")
        assert cursor.fetchall() == [("300ms", "UTC", "read committed")]


def test_a_load_waits_for_another_longer_than_for_a_lock(loaded: "Project") -> None:
    with caught(loaded) as (first, _):
        os.environ["PGOPTIONS"] = "-c lock_timeout=1ms"
        try:
            second = start()
        finally:
            del os.environ["PGOPTIONS"]
        until(lambda: loaded.query(WAITS))
        time.sleep(0.1)
    assert [end(load)[0] for load in (first, second)] == [0, 0]


WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
while True:
    connection.executescript("begin; insert into a values ('more'); insert into z values ('more', ''); commit")
"""


def has_more_rows(file: Path, rows: int) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("select count(*) from a").fetchone()[0] > rows


def test_of_a_file_that_is_written_all_the_time_one_moment_is_loaded(project: "Project") -> None:
    project.make("pragma journal_mode = wal; create table a (x); create table z (x, filler)")
    counts = "select (select count(*) from raw_app.a), (select count(*) from raw_app.z)"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, project.file])
    try:
        until(project.file.with_name("app.db-wal").exists)
        seen = []
        for _ in range(3):
            project.load()
            seen += project.query(counts)
            until(partial(has_more_rows, project.file, seen[-1][0]))
    finally:
        writer.kill()
        writer.wait()
    assert all(a == z for a, z in seen)
    assert seen == sorted(set(seen))
    files = {path: path.read_bytes() for path in project.file.parent.iterdir() if not path.name.endswith("-shm")}
    project.load()
    assert {path: path.read_bytes() for path in files} == files
    assert project.landed() == project.content()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_that_is_locked_for_writing_is_refused_and_one_with_a_log_loads(loaded: "Project", journal: str) -> None:
    with loaded.sqlite(f"pragma journal_mode = {journal}; begin exclusive"):
        code, said = end(start())  # another process, because this one holds the lock
    if journal == "wal":
        assert (code, read(loaded)) == (0, NEW)
        return
    sentence = f"app: {loaded.file} cannot be read (database is locked): another program is writing to it; try again.\n"
    assert (code, said, read(loaded)) == (1, sentence, OLD)
    assert loaded.query(OUTCOMES) == [("loaded", None)]
    assert_next_load_is_clean(loaded, 1)


def replace_file(file: Path) -> None:
    other = file.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.executescript(TABLES.replace("'old'", "'other'"))
    other.replace(file)


WRITTEN = "was written while it was read: load it again."
UNDER_ITS_FEET: dict[str, tuple[Callable[[Path], object], str]] = {
    "replaced": (replace_file, WRITTEN),
    "cut off": (lambda file: os.truncate(file, 4096 * 100), WRITTEN),
    "cut off in its last page": (lambda file: os.truncate(file, file.stat().st_size - 100), WRITTEN),
    "overwritten": (lambda file: shutil.copyfile(file.parent.with_name("kept"), file), WRITTEN),
    "removed": (lambda file: file.unlink(), WRITTEN),
}


@pytest.mark.parametrize(
    ("accident", "journal"),
    [*((accident, "journal") for accident in UNDER_ITS_FEET), ("replaced", "log at rest"), ("replaced", "log in use")],
)
def test_a_file_that_changes_under_the_load_is_refused(loaded: "Project", accident: str, journal: str) -> None:
    with loaded.sqlite("" if journal == "journal" else "pragma journal_mode = wal") as program:
        if journal != "log in use":
            program.close()
        kept = shutil.copyfile(loaded.file, loaded.file.parent.with_name("kept"))
        change, sentence = UNDER_ITS_FEET[accident]
        with caught(loaded) as (load, _):
            change(loaded.file)
        assert_failed(loaded, end(load), f"app: {loaded.file} {sentence}")
    kept.replace(loaded.file)
    assert_next_load_is_clean(loaded, 2)


@pytest.mark.long
def test_loads_during_a_build_disturb_neither(warehouse: "Warehouse") -> None:
    command = [PROGRAMS / "dbt", "build"]
    environment = {**os.environ, **warehouse.environment}
    with TemporaryFile() as said:
        build = subprocess.Popen(command, cwd=warehouse.root, env=environment, stdout=said, stderr=said)
        loads = 0
        while build.poll() is None:
            done = warehouse.synapse("load", "--force")
            assert done.returncode == 0, done.stderr
            loads += 1
        said.seek(0)
        assert build.returncode == 0, said.read().decode()
    assert loads
    assert warehouse.query("select count(*) from ledger.loads where outcome = 'failed'") == [(0,)]


@pytest.mark.long
def test_documentation_that_does_not_fit_on_the_disk_is_an_error(empty_warehouse: "Warehouse", tmp_path: Path) -> None:
    root = copy_project(tmp_path / "project", with_sources=False)
    target = tmp_path / "target"
    command = ["docs", "generate", "--static"]
    whole = empty_warehouse.run("dbt", *command, root=root, DBT_TARGET_PATH=str(target))
    assert whole.returncode == 0, whole.stdout
    sizes = sorted((file.stat().st_size, file.name) for file in target.iterdir() if file.is_file())
    assert sizes[-1][1] == "static_index.html"
    shutil.rmtree(target)
    environment = {**os.environ, **empty_warehouse.environment, "DBT_TARGET_PATH": str(target)}
    with largest_file((sizes[-2][0] + sizes[-1][0]) // 2):  # a process of its own, for others are not limited by this
        cut = subprocess.run([PROGRAMS / "dbt", *command], cwd=root, env=environment, capture_output=True, text=True)
    # dbt leaves what it had written under the final name: nothing but the exit code tells.
    assert cut.returncode != 0, cut.stdout
    assert "File too large" in cut.stdout
