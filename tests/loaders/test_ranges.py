"""A load sends the ranges of rows that differ and no others, whatever was done to the file, to raw or the ledger."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synapse_analytics import transfer
from synapse_analytics.difference import bits_of, differing
from synapse_analytics.postgres import raw_rows
from synapse_analytics.sqlite import snapshot
from synapse_analytics.sqlite.snapshot import open_again, open_sqlite
from tests.loaders.caught import PATIENCE, caught, end, until

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

NUMBERS = "with recursive n (i) as (select 0 union all select i + 1 from n limit 9000)"
TABLE = "create table t (id integer primary key, a, b text); {} insert into t select {}, i * 0.5, 'x' || i from n"
# The rows of a range differ in three bits of their numbers, and those of a block in fifteen: one ends before row 0.
DENSE = TABLE.format(NUMBERS, "i - 4096")
# Here a range is of 512 numbers, so that it holds a row or none, and a block of two million.
GAP = 7411
SPARSE = TABLE.format(NUMBERS, f"(i - 4096) * {GAP}")
CHANGES = {
    "the first row": "update t set a = 'new' where id = -4096",
    "the last row": "update t set a = 'new' where id = 4903",
    "the last row of a range": "update t set a = 'new' where id = 7",
    "the first row of a range": "update t set a = 'new' where id = 8",
    "the last row of a block": "update t set a = 'new' where id = -1",
    "the first row of a block": "update t set a = 'new' where id = 0",
    "another class of the same text": "update t set b = x'78353030' where id = 500",
    "NULL": "update t set a = null where id = 500",
    "a deleted row": "delete from t where id = 500",
    "a deleted range": "delete from t where id between 512 and 519",
    "a deleted block": "delete from t where id < 0",
    "the first rows deleted": "delete from t where id < -4076",
    "the last rows deleted": "delete from t where id > 4000",
    "a row more": "insert into t values (4904, 1, 'y')",
    "a row before all": "insert into t values (-4097, 1, 'y')",
    "a row far away": "insert into t values (90000, 1, 'y')",
    "two rows that changed places": "update t set id = 99999 where id = 5; update t set id = 5 where id = 6;"
    " update t set id = 6 where id = 99999",
    "a renumbered row": "update t set id = 20000 where id = 500",
    "all rows renumbered": "update t set id = id + 100000",
    "all rows moved on by one": "update t set id = id + 100000; update t set id = id - 99999",
    "all rows but one changed": "update t set a = a || 'x' where id <> 500",
    "one row in a hundred changed": "update t set a = 'new' where id % 100 = 7",
    "all rows deleted": "delete from t",
    "a column more": "alter table t add column c",
    "a column more with a default": "alter table t add column c default 1",
    "columns that changed names": "alter table t rename a to c; alter table t rename b to a;"
    " alter table t rename c to b",
}


@pytest.fixture(params=[DENSE, SPARSE], ids=["dense", "sparse"])
def loaded(project: "Project", request: pytest.FixtureRequest) -> "Project":
    project.make(request.param)
    project.load()
    return project


def writers(project: "Project") -> dict[int, str]:
    """Which transaction wrote each row of t, by its number; frozen rows too."""
    return dict(project.query("select _source_row, xmin::text from raw_app.t"))


def written(project: "Project", before: dict[int, str]) -> set[int]:
    return {row for row, writer in writers(project).items() if before.get(row) != writer}


def assert_exact(project: "Project") -> None:
    assert project.landed() == project.content()
    assert project.column("select count(*) from raw_app.t") == project.column(
        "select count(distinct _source_row) from raw_app.t"
    )
    assert project.synapse("verify").exit_code == 0


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changed_arrives_at_the_first_go(
    project: "Project", monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(raw_rows, "SAMPLED_FROM", 1)
    project.make(DENSE)
    project.load()
    project.make(CHANGES[change])
    goes, copy = [], transfer._copy_tables
    monkeypatch.setattr(transfer, "_copy_tables", lambda *given: goes.append(1) or copy(*given))
    project.load()
    assert len(goes) == 1
    assert_exact(project)


ROW = st.integers(-4100, 5000)
STEP = st.one_of(
    st.builds("update t set a = {1} where id = {0}".format, ROW, st.sampled_from(["null", "1", "'1'", "0.1", "x'31'"])),
    st.builds("delete from t where id between {0} and {0} + {1}".format, ROW, st.integers(0, 5000)),
    st.builds("insert or replace into t values ({}, 1, 'y')".format, ROW),
    st.builds("update or replace t set id = {1} where id = {0}".format, ROW, ROW),
    st.builds("update t set b = b || '{1}' where id % {0} = 1".format, st.integers(2, 500), st.text("ab", max_size=2)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.lists(STEP, min_size=1, max_size=4), min_size=1, max_size=3))
def test_any_changes_arrive_one_after_the_other(project: "Project", steps: list[list[str]]) -> None:
    project.make(f"drop table if exists t; {DENSE}")
    project.load()
    for changes in steps:
        project.make("; ".join(changes))
        project.load()
        assert project.landed() == project.content()
        assert project.column("select count(*) - count(distinct _source_row) from raw_app.t") == [0]


@pytest.mark.parametrize("rows", [[-4096], [7], [8], [-1, 0], [4903], list(range(-4000, 4900, 900))])
def test_only_the_ranges_of_changed_rows_are_written(loaded: "Project", rows: list[int]) -> None:
    before = writers(loaded)
    changed = [row * (GAP if max(before) > len(before) else 1) for row in rows]
    loaded.make(f"update t set a = 'new' where id in ({', '.join(map(str, changed))})")
    loaded.load()
    bits = bits_of(min(before), max(before))
    assert written(loaded, before) == {row for row in before if row >> bits in {each >> bits for each in changed}}
    assert_exact(loaded)


def test_a_stretch_of_rows_that_is_most_of_a_block_is_not_taken_for_most_of_the_table(project: "Project") -> None:
    project.make(DENSE)
    project.load()
    before = writers(project)
    project.make("update t set a = 'new' where id < -1000")  # of the 4,096 in the block before row 0
    project.load()
    assert written(project, before) == {row for row in before if row < -1000}
    assert_exact(project)


def test_what_has_not_changed_is_not_written_though_it_is_loaded_by_force(loaded: "Project") -> None:
    before = writers(loaded)
    loaded.load("--force")
    assert written(loaded, before) == set()
    loaded.make("create table other (a); insert into other values (1)")
    loaded.load()
    assert written(loaded, before) == set()
    assert loaded.column("select outcome from ledger.loads order by load_id") == ["loaded"] * 3


def test_a_sample_that_differs_tells_that_most_rows_do(project: "Project", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_rows, "SAMPLED_FROM", 1)
    project.make(DENSE)
    project.load()
    before = writers(project)
    project.make("update t set a = 'new' where id % 100 = 7")
    project.load()
    assert len(written(project, before)) == 8 * 49
    before = writers(project)
    project.make("update t set a = 'newer' where id <> 4000")
    monkeypatch.setattr(raw_rows, "hash_ranges", None)  # nobody asks about all of them
    project.load()
    assert written(project, before) == before.keys()
    assert_exact(project)


DAMAGE = {
    "a row deleted": "delete from raw_app.t where _source_row = 4000",
    "a row added": "insert into raw_app.t values (90000, '1', 'y')",
    "a row doubled": "insert into raw_app.t select * from raw_app.t where _source_row = 4000",
    "a cell changed": "update raw_app.t set b = 'z' where _source_row = 4000",
    "two rows exchanged": "update raw_app.t set _source_row = 8001 - _source_row where _source_row in (4000, 4001)",
    "all rows gone": "truncate raw_app.t",
    "a table made anew": "drop table raw_app.t; create table raw_app.t (_source_row bigint, id text, a text, b text)",
    "the ledger's blocks forgotten": "delete from ledger.blocks",
    "the ledger's blocks cut off": "update ledger.blocks set hashes = substr(hashes, 1, 30)",
    "the ledger's blocks of another table": "update ledger.blocks set hashes = (select hashes from ledger.blocks where"
    " table_name = 'other') where table_name = 't'",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_what_was_done_to_raw_or_the_ledger_is_put_right_when_the_file_changes_elsewhere(
    project: "Project", damage: str
) -> None:
    project.make(f"{DENSE}; create table other (a); insert into other values (1), (2)")
    project.load()
    project.query(damage.replace("values (90000, '1'", "values (90000, '90000', '1'"))
    project.make("update t set a = 'new' where id = 3")
    project.load()
    assert_exact(project)


CAUGHT = (
    "create table z (x, filler); with recursive n (i) as (select 1 union all select i + 1 from n limit 20000)"
    " insert into z select 'old', i from n"
)
SCATTERED = "update z set x = 'new' where rowid in (5, 1000, 9000, 15000)"
FOUND = "select x, count(*) from raw_app.z group by x order by x"


def test_a_load_that_is_killed_between_ranges_leaves_the_old_rows(project: "Project") -> None:
    project.make(CAUGHT)
    project.load()
    project.make(SCATTERED)
    with caught(project) as (load, _):
        load.kill()
        assert end(load) == (-signal.SIGKILL, "")
        assert project.query(FOUND) == [("old", 20000)]
    project.load()
    assert project.query(FOUND) == [("new", 4), ("old", 19996)]
    assert project.landed() == project.content()


def test_a_row_that_somebody_adds_meanwhile_is_taken_out_again(project: "Project") -> None:
    project.make(CAUGHT)
    project.load()
    project.make(SCATTERED)
    with caught(project) as (load, _):
        assert project.query(FOUND) == [("old", 20000)]  # readers see the old rows
        project.query("insert into raw_app.z values (70000, 'mine', '1')")
    assert end(load)[0] == 0
    assert project.query(FOUND) == [("new", 4), ("old", 19996)]
    assert project.landed() == project.content()


def test_several_threads_read_one_file(project: "Project", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "SMALL", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    project.make(DENSE)
    project.load()
    project.make("update t set a = 'new' where id % 1000 = 1")
    project.load()
    assert_exact(project)


WRITER = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=60) as program:
    program.execute("update t set a = 'later'")
"""


def test_other_connections_see_the_same_moment_or_there_are_none(
    project: "Project", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SMALL", 0)

    def connections(number: int) -> int:
        with open_again(source, number) as others:
            assert all(other.select("select distinct typeof(a) from t") == [("real",)] for other in others)
            return len(others)

    project.make(DENSE)
    with open_sqlite(project.database) as source:
        assert connections(3) == 3
        writer = subprocess.Popen([sys.executable, "-c", WRITER, project.file])
        until(Path(f"{project.file}-journal").exists)  # it waits until nobody reads
        assert connections(3) == 3
    assert writer.wait(PATIENCE) == 0
    with project.sqlite("pragma journal_mode = wal") as program:
        program.execute("update t set a = 0.5")
        with open_sqlite(project.database) as source:
            assert connections(3) == 0


def test_records_are_compared_in_whatever_order_they_come() -> None:
    one, two, other = (
        b"\0\3" + b"".join(b"\0\0\0\x08" + n.to_bytes(8, "big") for n in r) for r in ((1, 2, 3), (2, 2, 3), (2, 1, 4))
    )
    assert differing(4, [one + two], two + one, 4).ranges == {}
    assert differing(4, [one, two], other + one, 4).ranges == {2: 2}
    assert differing(4, [one], two + one, 2).ranges == {2: 0}
    assert [bits_of(0, 0), bits_of(-8, 7), bits_of(0, (1 << 22) - 1), bits_of(-(2**63), 2**63 - 1)] == [3, 3, 5, 47]
