"""The SQLite files are only read: their bytes, times and folders stay as they are, and what is read is one moment."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from loaders import Problem
from loaders.sqlite_source import open_sqlite

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
        source.sha256()
        assert "database is locked" in write(project, "delete from t").stderr


@pytest.mark.parametrize("state", ["log at rest", "log left behind"])
def test_a_file_that_is_written_while_it_is_read_without_locks_is_refused(project: "Project", state: str) -> None:
    with ExitStack() as stack, pytest.raises(Problem, match="written while it was read"):
        make(project, state, stack)
        with open_sqlite(project.database):
            assert write(project, "delete from t").returncode == 0
