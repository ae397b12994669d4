"""`synapse report` says what failed and what changed since the last load, and exits with 1; and what stays behind."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ALL_IS_WELL = "every row is accounted for"


def report(warehouse: "Warehouse", *databases: str, code: int = 1) -> tuple[list[str], str]:
    """What it says on stderr, which is about these databases alone, and on stdout."""
    done = warehouse.synapse("report")
    said = done.stderr.splitlines()
    assert (done.returncode, [line.partition(":")[0] for line in said]) == (code, [*databases]), done.stderr
    assert done.stdout.splitlines()[-1] == (ALL_IS_WELL if code == 0 else f"NOT {ALL_IS_WELL}")
    return said, done.stdout


def since(stdout: str, database: str) -> str:
    """The last column of a database's line in the second table."""
    lines = stdout.partition("since then")[2].splitlines()
    return next(line for line in lines if line.startswith(f"{database} ")).partition(":")[2][6:].strip()


def test_a_file_that_changed_since_its_load_is_named_until_it_is_loaded(warehouse: "Warehouse") -> None:
    _, said = report(warehouse, code=0)
    assert max(map(len, said.splitlines())) <= 83
    with warehouse.sqlite("content_analytics") as source:
        source.execute("update posts set likes = likes + 1")
    (sentence,), said = report(warehouse, "content_analytics")
    assert "content_analytics.db has changed since it was loaded: run `synapse load`, then `dbt build`." in sentence
    assert since(said, "content_analytics") == "the file has changed"
    assert since(said, "twitter_analytics") == ""
    assert warehouse.synapse("load", "content_analytics").returncode == 0
    report(warehouse, code=0)


def test_of_a_file_with_a_log_the_rows_tell_whether_it_changed(warehouse: "Warehouse") -> None:
    file = warehouse.sqlite_dir / "content_analytics.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as program:
        program.execute("pragma journal_mode = wal")
        program.execute("update posts set likes = likes + 1")
        assert warehouse.synapse("load").returncode == 0
        report(warehouse, code=0)
        program.execute("pragma wal_checkpoint")  # other bytes, the same rows
        report(warehouse, code=0)
        program.execute("update posts set likes = likes + 1")
        report(warehouse, "content_analytics")
    report(warehouse, "content_analytics")
    assert warehouse.synapse("load").returncode == 0
    report(warehouse, code=0)


def test_a_load_that_failed_is_named_until_one_succeeds_and_others_do_not_count(warehouse: "Warehouse") -> None:
    file = warehouse.sqlite_dir / "ab_testing.db"
    kept, stranger = file.read_bytes(), warehouse.sqlite_dir / "stranger.db"
    with closing(sqlite3.connect(file)) as source:
        source.create_function("gone", 1, lambda value: value, deterministic=True)
        source.execute("alter table ab_tests add column spoilt as (gone(test_id))")
    stranger.write_bytes(file.read_bytes())
    assert warehouse.synapse("load", "ab_testing", str(stranger)).returncode == 1
    (failed, changed), said = report(warehouse, "ab_testing", "ab_testing")
    assert " UTC failed: " in failed
    assert "cannot be read (unknown function: gone())" in failed
    assert "has changed since it was loaded" in changed
    assert since(said, "ab_testing") == "its load failed, the file has changed"
    assert "Not declared, and not counted: stranger.\n" in said

    file.write_bytes(kept)
    (failed,), said = report(warehouse, "ab_testing")
    assert since(said, "ab_testing") == "its load failed"
    assert warehouse.synapse("load").returncode == 0
    report(warehouse, code=0)


def test_what_was_never_loaded_is_named_and_a_file_that_is_elsewhere_is_said(warehouse: "Warehouse") -> None:
    (warehouse.sqlite_dir / "twitter_analytics.db").unlink()
    _, said = report(warehouse, code=0)
    assert since(said, "twitter_analytics") == "the file is not here"
    warehouse.query("update ledger.loads set outcome = 'failed' where database_name = 'revenue_acceleration'")
    done = warehouse.synapse("report")
    assert done.returncode == 1
    assert "revenue_acceleration: it was never loaded: run `synapse load revenue_acceleration`" in done.stderr
    assert "revenue_acceleration             never" in done.stdout


def test_what_stays_behind_is_said_in_one_line_per_database_by_load_report_and_verify(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("content_analytics") as source:
        source.executescript(
            "create view v as select 1; create virtual table box using rtree (id, x0, x1);"
            + "".join(f'create trigger "t{i}\x1b[2J" after insert on posts begin select 1; end;' for i in range(9))
        )
    line = r"content_analytics: left behind in SQLite: 1 virtual table (box), 1 view (v),"
    line += r" 9 triggers (t0\x1b[2J, t1\x1b[2J, t2\x1b[2J, and 6 more)."
    assert warehouse.synapse("load").stderr == f"{line}\n"
    assert warehouse.synapse("verify").stderr == f"{line}\n"
    _, said = report(warehouse, code=0)
    assert said.splitlines()[-2] == line
