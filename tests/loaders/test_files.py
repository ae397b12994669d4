"""The SQLite files are only read: their bytes, times and folders stay as they are, and what is read is one moment."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from psycopg2 import sql

from synapse_analytics import Problem
from synapse_analytics.sqlite.snapshot import open_sqlite

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

FILL = "create table t (a); insert into t values (1), (2);"
STATES = ["journal", "log at rest", "log in use", "log in use behind a link", "log left behind", "log left empty"]


def write(project: "Project", statement: str) -> subprocess.CompletedProcess[str]:
    """Another program that writes, and does not wait."""
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], 0, isolation_level=None).execute(sys.argv[2])"
    return subprocess.run([sys.executable, "-c", program, project.file, statement], capture_output=True, text=True)


def make(project: "Project", state: str, stack: ExitStack) -> None:
    """The file in one of STATES, two rows committed and, where a program has it in use, a third one that is not."""
    real = project.file if state == "log in use" else project.root / "app.db"
    writer = stack.enter_context(closing(sqlite3.connect(real, isolation_level=None)))
    writer.executescript(f"pragma journal_mode = {'delete' if state == 'journal' else 'wal'}; {FILL}")
    match state:
        case "log in use" | "log in use behind a link":
            writer.executescript("begin; insert into t values (3)")
        case "log left behind":
            shutil.copy(f"{real}-wal", f"{project.file}-wal")
        case _:
            writer.execute("pragma wal_checkpoint(truncate)")
    if state.endswith("link"):
        project.file.symlink_to(real)
    elif real != project.file:
        shutil.copy(real, project.file)
    if state == "log left empty":
        project.file.with_name("app.db-wal").touch()


def footprint(project: "Project") -> dict[str, tuple[bytes, int] | None]:
    """Every file with its bytes and time; of the index that programs in use of a log share (-shm), that it is there."""
    files = list(project.file.parent.iterdir())
    return {f.name: None if f.name.endswith("-shm") else (f.read_bytes(), f.stat().st_mtime_ns) for f in files}


@pytest.mark.parametrize("state", STATES)
def test_what_is_committed_arrives_and_no_trace_is_left(project: "Project", state: str) -> None:
    with ExitStack() as stack:
        make(project, state, stack)
        before = footprint(project)
        project.load()
        assert footprint(project) == before
        assert project.column("select a from raw_app.t order by 1") == ["1", "2"]


def test_all_tables_are_read_as_of_one_moment(project: "Project") -> None:
    both = project.sqlite(f"pragma journal_mode = wal; {FILL} create table u as select * from t")
    with both as writer, open_sqlite(project.database) as source:
        writer.executescript("delete from t; delete from u; create table v (a)")
        assert [(table.name, source.count(table)) for table in source.tables()] == [("t", 2), ("u", 2)]


def test_no_program_can_write_to_a_journal_file_while_it_is_read(project: "Project") -> None:
    project.make(FILL)
    with open_sqlite(project.database) as source:
        assert source.sha256
        assert "database is locked" in write(project, "delete from t").stderr


@pytest.mark.parametrize("state", ["log at rest", "log left behind"])
def test_a_file_that_is_written_while_it_is_read_without_locks_is_refused(project: "Project", state: str) -> None:
    with ExitStack() as stack, pytest.raises(Problem, match="written while it was read"):
        make(project, state, stack)
        with open_sqlite(project.database):
            assert write(project, "delete from t").returncode == 0


@pytest.mark.parametrize("accident", ["replaced", "cut off"])
def test_a_file_that_something_changes_despite_the_lock_is_refused(project: "Project", accident: str) -> None:
    # A page at the end of a value, cut off, reads as zeros: nothing in SQLite itself would notice.
    project.make("create table t (a); insert into t values (hex(zeroblob(50000)))")
    other = shutil.copy(project.file, project.root / "other")
    with pytest.raises(Problem, match="written while it was read"), open_sqlite(project.database):
        if accident == "replaced":
            project.file.unlink()
            shutil.copy(other, project.file)
        else:
            os.truncate(project.file, project.file.stat().st_size - 4096)


@pytest.mark.parametrize("name", ['it\'s "a" b.db', "100%41.db", "what?mode=rwc&x=1.db", "a#b.db", "ünïcode ☃.db"])
def test_any_name_of_a_file_will_do(project: "Project", name: str) -> None:
    folder = project.root / "some 'odd' %20 ?#folder"
    folder.mkdir()
    with closing(sqlite3.connect(folder / name)) as connection:
        connection.executescript(FILL)
    path = folder / ".." / folder.name / name
    done = project.synapse("load", str(path))
    assert (done.exit_code, done.stderr.count("cannot")) == (0, 0), done.stderr
    schema = sql.Identifier("raw_" + name.removesuffix(".db"), "t")
    assert project.query(sql.SQL("select count(*) from {}").format(schema)) == [(2,)]
    assert [file.name for file in folder.iterdir()] == [name]


def test_nothing_that_a_file_brings_along_is_run(project: "Project") -> None:
    written = project.root / "written"
    project.make(
        f"{FILL} create view v as select load_extension('/no') as x, writefile('{written}', 'x') as y from nowhere;"
        "create view loops as with recursive n (i) as (select 1 union all select i from n) select count(*) as x from n;"
        "create trigger stop before insert on t begin select raise(abort, 'stopped'); end;"
        "create trigger on_view instead of insert on v begin delete from t; end;"
        "create table checked (a check (twice(a) > 0)); create index i on checked (twice(a));"
        "create index part on checked (a) where twice(a) > 1; insert into checked values (1)"
    )
    done = project.load()
    assert "app: left behind in SQLite: 2 views (loops, v), 2 triggers (on_view, stop).\n" in done.stderr
    assert project.column("select a from raw_app.t union all select a from raw_app.checked order by 1") == [
        "1",
        "1",
        "2",
    ]
    assert not written.exists()


def test_what_a_file_computes_with_functions_of_sqlite_is_loaded(project: "Project") -> None:
    project.make(
        "create table t (a, b as (json_extract(a, '$.b')), c as (upper(a)) stored); create index i on t (json(a));"
        """insert into t (a) values ('{"b": 7}')"""
    )
    project.load()
    assert project.query("select a, b, c from raw_app.t") == [('{"b": 7}', "7", '{"B": 7}')]


@pytest.mark.long
def test_three_thousand_tables_are_one_transaction(project: "Project") -> None:
    project.make(
        "begin;" + "".join(f"create table t{i} (a); insert into t{i} values ({i});" for i in range(3000)) + "end"
    )
    project.load()
    assert project.column("select count(*) from ledger.table_loads where landed_rows = 1") == [3000]
    assert project.query("select a from raw_app.t2999") == [("2999",)]


@pytest.mark.long
def test_a_value_of_300_megabytes_is_loaded(project: "Project") -> None:
    project.make("create table t (a)")
    with project.sqlite() as connection:
        connection.execute("insert into t values (?)", ["ab" * 150_000_000])
    project.load()
    assert project.query("select length(a), md5(a) = md5(repeat('ab', 150000000)) from raw_app.t") == [
        (300000000, True)
    ]
