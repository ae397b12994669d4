"""Builds beside builds: many threads, two runs at once, readers that hold what a build wants."""

import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Warehouse

FOREIGN_KEYS = (
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated from pg_constraint"
    " where contype = 'f' and connamespace = 'analytics'::regnamespace order by 1, 2"
)
MISNAMED = (
    "select conname from pg_constraint where connamespace = 'analytics'::regnamespace and conname like '%dbt\\_tmp%'"
)


def run_apart(warehouse: "Warehouse", folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """dbt with a target folder of its own, because two that run at once would write into each other's."""
    return warehouse.dbt(*arguments, DBT_TARGET_PATH=str(folder / "target"), DBT_LOG_PATH=str(folder / "logs"))


@pytest.mark.long
def test_tables_that_refer_to_the_same_parents_in_any_order_are_built_at_once(empty_project: "Warehouse") -> None:
    with empty_project.sqlite("forum") as source:
        source.execute("create table person (id integer primary key, name text)")
        source.execute("create table page (id integer primary key, title text)")
        source.execute("insert into person (name) values ('x'), ('y')")
        source.execute("insert into page (title) values ('x'), ('y')")
        for number in range(40):
            first, second = ("person", "page") if number % 2 else ("page", "person")
            source.execute(
                f"create table child_{number:02d} (id integer primary key, a_id integer references {first} (id),"
                f" b_id integer references {second} (id))"
            )
            source.execute(f"insert into child_{number:02d} (a_id, b_id) values (1, 2), (2, 1)")
    added = empty_project.synapse("add", "--marts", "forum", str(empty_project.sqlite_dir / "forum.db"))
    assert added.returncode == 0, added.stderr
    assert empty_project.dbt("seed").returncode == 0
    done = empty_project.dbt("run", "--threads", "8")
    assert done.returncode == 0, done.stdout
    keys = empty_project.query(FOREIGN_KEYS)
    assert len(keys) == 80
    for selected in ("child_*", "person page child_0*"):
        done = empty_project.dbt("run", "--full-refresh", "--threads", "8", "-s", *selected.split())
        assert done.returncode == 0, done.stdout
        assert empty_project.query(FOREIGN_KEYS) == keys


def test_two_full_refreshes_at_once_keep_every_key_once(warehouse: "Warehouse", tmp_path: Path) -> None:
    keys = warehouse.query(FOREIGN_KEYS)
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(run_apart, warehouse, tmp_path / number, "run", "--full-refresh", "-s", *selected)
            for number, selected in (("1", ("post_registry", "ab_tests")), ("2", ("test_variants", "test_assignments")))
        ]
    for run in runs:
        assert run.result().returncode == 0, run.result().stdout
    assert warehouse.query(FOREIGN_KEYS) == keys
    assert warehouse.query(MISNAMED) == []


def test_a_run_leaves_alone_what_another_is_building(warehouse: "Warehouse") -> None:
    warehouse.query("create table analytics.other__dbt_tmp (id bigint constraint other__dbt_tmp_pkey primary key)")
    done = warehouse.dbt("run", "--full-refresh", "-s", "graph_patterns")
    assert done.returncode == 0, done.stdout
    assert warehouse.query(MISNAMED + " and contype = 'p'") == [("other__dbt_tmp_pkey",)]


def wait_for_a_lock(warehouse: "Warehouse", table: str, run: "Future[subprocess.CompletedProcess[str]]") -> None:
    """Return when a run waits for a lock on a table, or has ended without."""
    while not run.done() and not warehouse.query(
        "select 1 from pg_locks where relation = %s::regclass and not granted", [table]
    ):
        time.sleep(0.01)


def test_a_key_that_two_runs_put_back_is_there_once(warehouse: "Warehouse", tmp_path: Path) -> None:
    keys = warehouse.query(FOREIGN_KEYS)
    child, name, definition, _ = next(key for key in keys if key[0] == "analytics.test_variants")
    warehouse.query(f"alter table {child} drop constraint {name}")
    other = warehouse.connect()
    with other, other.cursor() as cursor, ThreadPoolExecutor() as pool:
        cursor.execute(f"alter table {child} add constraint {name} {definition}")
        run = pool.submit(run_apart, warehouse, tmp_path, "run", "-s", "graph_patterns")
        wait_for_a_lock(warehouse, child, run)
        other.commit()
        assert run.result().returncode == 0, run.result().stdout
    other.close()
    assert warehouse.query(FOREIGN_KEYS) == keys


def test_keys_of_a_table_that_is_replaced_meanwhile_are_put_back(warehouse: "Warehouse", tmp_path: Path) -> None:
    keys = warehouse.query(FOREIGN_KEYS)
    child = "analytics.test_assignments"
    for name in [name for table, name, *_ in keys if table == child]:
        warehouse.query(f"alter table {child} drop constraint {name}")
    other = warehouse.connect()
    with other, other.cursor() as cursor, ThreadPoolExecutor() as pool:
        cursor.execute(f"lock table {child} in exclusive mode")
        run = pool.submit(run_apart, warehouse, tmp_path, "run", "-s", "graph_patterns")
        wait_for_a_lock(warehouse, child, run)
        cursor.execute(f"create table analytics.newer (like {child} including all)")
        cursor.execute(f"insert into analytics.newer select * from {child}")
        cursor.execute(f"drop table {child}; alter table analytics.newer rename to test_assignments")
        other.commit()
        assert run.result().returncode == 0, run.result().stdout
    other.close()
    assert warehouse.query(FOREIGN_KEYS) == keys


def test_a_reader_of_a_parent_may_read_the_child_that_is_replaced(warehouse: "Warehouse", tmp_path: Path) -> None:
    """The reader holds the parent, the build wants it and has the child, and the reader wants that."""
    reader = warehouse.connect()
    with reader, reader.cursor() as cursor, ThreadPoolExecutor() as pool:
        cursor.execute("select count(*) from analytics.ab_tests")
        run = pool.submit(run_apart, warehouse, tmp_path, "run", "--full-refresh", "-s", "test_variants")
        wait_for_a_lock(warehouse, "analytics.ab_tests", run)
        cursor.execute("select count(*) from analytics.test_variants")
        reader.commit()
        done = run.result()
    reader.close()
    assert done.returncode == 0, done.stdout
