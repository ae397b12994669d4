"""What has not changed is not loaded again, what has changed is; databases load side by side and fail alone."""

import os
import shutil
import signal
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.loaders.caught import PATIENCE, caught, end, start, until

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

OUTCOMES = "select outcome from ledger.loads order by load_id"
TABLES = "create table t (a, b text); insert into t values (1, 'x'), (2, 'y'), (3, null); create table empty (a)"
# Each is done to raw behind the loader's back.
CHANGES = {
    "a row deleted": "delete from raw_app.t where a = '2'",
    "a row added": "insert into raw_app.t values (4, '4', 'z')",
    "a row added to an empty table": "insert into raw_app.empty values (1, '1')",
    "a cell changed": "update raw_app.t set b = 'z' where a = '2'",
    "a row renumbered": "update raw_app.t set _source_row = 7 where a = '2'",
    "a row of a table without rowids changed": "update raw_app.k set b = 'z'",
    "two columns that changed names": "alter table raw_app.t rename a to c; alter table raw_app.t rename b to a;"
    " alter table raw_app.t rename c to b",
    "the same of a table without rowids": "alter table raw_app.k rename a to c; alter table raw_app.k rename b to a;"
    " alter table raw_app.k rename c to b",
    "two tables that changed names": "alter table raw_app.t rename to s; alter table raw_app.like_t rename to t;"
    " alter table raw_app.s rename to like_t",
    "a column forged by a default": "alter table raw_app.t add column c text default 'forged';"
    " alter table raw_app.t drop column b; alter table raw_app.t rename c to b",
    "a row swapped for another": "delete from raw_app.t where a = '2'; insert into raw_app.t values (2, '2', 'z')",
    "all rows gone": "truncate raw_app.t",
    "a table dropped": "drop table raw_app.empty",
    "a table added": "create table raw_app.mine (a text)",
    "a column added": "alter table raw_app.t add column c text",
    "a column dropped": "alter table raw_app.t drop column b",
    "the schema dropped": "drop schema raw_app cascade",
}


@pytest.fixture
def loaded(project: "Project") -> "Project":
    project.make(f"{TABLES}; create table like_t (a, b text); insert into like_t select a, 'z' from t")
    project.make("create table k (a primary key, b) without rowid; insert into k values (1, 'x')")
    project.load()
    return project


def outcomes(project: "Project") -> list[object]:
    return project.column(OUTCOMES)


def test_an_unchanged_database_is_left_as_it_is_and_named(loaded: "Project") -> None:
    written = loaded.column("select distinct xmin::text from raw_app.t")
    done = loaded.load()
    assert done.stdout == "1 database unchanged since the last load, and not loaded again: app\n"
    assert loaded.column("select distinct xmin::text from raw_app.t") == written
    assert loaded.query("select outcome, sha256, bytes from ledger.loads order by load_id") == [
        (outcome, *loaded.query("select sha256, bytes from ledger.loads where outcome = 'loaded'")[0])
        for outcome in ("loaded", "unchanged")
    ]
    assert loaded.synapse("verify").exit_code == 0


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_was_done_to_raw_is_put_right_by_the_next_load(loaded: "Project", change: str) -> None:
    loaded.query(change)
    loaded.load("--rebuild")
    assert outcomes(loaded) == ["loaded", "loaded"]
    assert loaded.landed() == loaded.content()
    loaded.load()
    assert outcomes(loaded)[2:] == ["unchanged"]


def test_a_file_of_the_same_size_and_time_but_other_bytes_is_loaded(loaded: "Project") -> None:
    before = loaded.file.stat()
    loaded.make("update t set b = 'z' where a = 1")
    assert loaded.file.stat().st_size == before.st_size
    os.utime(loaded.file, ns=(before.st_atime_ns, before.st_mtime_ns))
    loaded.load()
    assert outcomes(loaded) == ["loaded", "loaded"]
    assert loaded.landed() == loaded.content()


def test_what_is_forced_is_loaded(loaded: "Project") -> None:
    loaded.load("--force")
    assert outcomes(loaded) == ["loaded", "loaded"]


def test_a_file_with_a_log_is_loaded_each_time_for_its_bytes_do_not_tell_its_rows(project: "Project") -> None:
    with project.sqlite(f"pragma journal_mode = wal; {TABLES}") as program:
        project.load()
        program.execute("insert into t values (4, 'in the log')")
        project.load()
        assert len(project.landed()["t"]) == 4
    project.load()  # the log went into the file, or with its program: the load before cannot tell
    project.load()
    assert outcomes(project) == ["loaded", "loaded", "loaded", "unchanged"]


def test_a_file_whose_log_was_lost_is_loaded_though_its_bytes_are_those_of_the_last_load(project: "Project") -> None:
    with project.sqlite(f"pragma journal_mode = wal; {TABLES}; pragma wal_checkpoint (truncate)") as program:
        program.execute("insert into t values (4, 'in the log')")
        project.load()
        kept = project.file.read_bytes()
        lost = shutil.copy(project.file, project.root / "lost.db")
    project.file.unlink()
    shutil.move(lost, project.file)
    assert project.file.read_bytes() == kept
    project.load()
    assert outcomes(project) == ["loaded", "loaded"]
    assert project.column("select count(*) from raw_app.t") == [3]


def test_a_failed_load_leaves_what_is_known_of_the_one_before(loaded: "Project") -> None:
    kept = loaded.file.read_bytes()
    loaded.make("alter table t add column c as (twice(a))")
    assert loaded.synapse("load").exit_code == 1
    loaded.file.write_bytes(kept)
    loaded.load()
    assert outcomes(loaded) == ["loaded", "failed", "unchanged"]


def test_rows_that_were_written_anew_with_the_same_content_are_still_known(loaded: "Project") -> None:
    loaded.query("update raw_app.t set a = a where a = '1'")
    with closing(loaded.warehouse.connect()) as connection:
        connection.autocommit = True
        connection.cursor().execute("vacuum (full, freeze) raw_app.t")
    loaded.load()
    assert outcomes(loaded) == ["loaded", "unchanged"]


@pytest.mark.parametrize("table", ["t", "k"])
def test_where_postgresql_would_hash_otherwise_than_at_the_load_it_is_loaded(loaded: "Project", table: str) -> None:
    loaded.query(f"update ledger.table_loads set landed_digest = reverse(landed_digest) where table_name = '{table}'")
    loaded.load()
    assert outcomes(loaded) == ["loaded", "loaded"]


def test_reloads_verify_where_new_rows_take_the_place_of_old_ones(project: "Project") -> None:
    project.make(
        "create table t (a, b); with recursive n(i) as (select 1 union all select i + 1 from n limit 3000)"
        " insert into t select i, hex(zeroblob(i % 97)) from n"
    )
    project.load()
    for step in range(3):
        with closing(project.warehouse.connect()) as connection:
            connection.autocommit = True
            connection.cursor().execute("vacuum raw_app.t")  # now PostgreSQL fills the gaps, in an order of its own
        project.make(f"update t set b = b || 'x' where a % 3 = {step}")
        project.load()
    heap = project.column("select _source_row from raw_app.t order by ctid")
    assert heap != sorted(heap)
    assert project.landed() == project.content()


def several(project: "Project", *names: str) -> list[str]:
    files = []
    for name in names:
        files.append(str(shutil.copy(project.file, project.root / f"{name}.db")))
    return files


def test_several_databases_load_at_once_and_one_that_fails_holds_up_no_other(project: "Project") -> None:
    project.make(TABLES)
    files = several(project, "a", "b", "c", "d")
    project.make("alter table t add column c as (twice(a))")
    done = project.synapse("load", "--jobs", "3", *files, "app")
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()[2:10]] == ["a", "a", "b", "b", "c", "c", "d", "d"]
    assert done.stderr.splitlines()[-1].startswith(f"app: {project.file} cannot be read (")
    assert sorted(project.query("select database_name, outcome from ledger.loads")) == [
        ("a", "loaded"),
        ("app", "failed"),
        ("b", "loaded"),
        ("c", "loaded"),
        ("d", "loaded"),
    ]


def test_what_shows_before_a_file_is_read_through_holds_up_all_databases(project: "Project") -> None:
    project.make(f"{TABLES}; create table z (a); insert into z values (hex(zeroblob(9000)))")
    files = several(project, "a", "b")
    content = project.file.read_bytes()
    project.file.write_bytes(content[:-1])
    done = project.synapse("load", "--jobs", "2", *files, "app")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"app: {project.file} is damaged (its last page is cut off): restore it from a copy.\n"
    assert project.schemas() == []


def test_several_loads_that_are_interrupted_leave_the_old_rows(project: "Project") -> None:
    project.make("create table z (x, filler); insert into z select 'old', 1 from (values (1), (2))")
    (file,) = several(project, "other")
    project.load("app", file)
    rows = "with recursive n (i) as (select 1 union all select i + 1 from n limit 2000) select 'new', i from n"
    project.make(f"delete from z; insert into z {rows}")
    shutil.copy(project.file, file)
    with caught(project, "app", file) as (load, _):
        until(lambda: project.query("select 1 from ledger.loads where database_name = 'other' offset 1"))
        load.send_signal(signal.SIGINT)
        code, said = end(load)  # while the lock that it waits for is still held
    assert code != 0, said
    assert project.column("select distinct x from raw_app.z") == ["old"]


def test_loads_of_many_databases_at_once_all_arrive(project: "Project") -> None:
    project.make(TABLES)
    files = several(project, *(f"db{i}" for i in range(12)))
    loads = [start("--jobs", "4", *files) for _ in range(2)]
    assert [load.wait(PATIENCE) for load in loads] == [0, 0]
    found = project.query(
        "select count(*), count(distinct database_name) filter (where outcome = 'loaded') from ledger.loads"
    )
    assert found == [(24, 12)]
