"""The whole pipeline on a cluster of Citus, whose coordinator and empty database SYNAPSE_TEST_CITUS names."""

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import errors, extensions, sql

from tests.conftest import Warehouse, copy_project
from tests.project.conftest import lend_parsed

pytestmark = pytest.mark.long

SPREAD = {
    "attribution_tracking": "tracking_id",
    "content_registry": "everywhere",
    "cross_platform_performance": "performance_id",
    "platform_interactions": "interaction_id",
    "post_registry": "everywhere",
    "twitter_posts": "tweet_id",
}
# Not in citus_tables, which would also name the local tables that refer to one of these.
PLACES = (
    "select relname, case repmodel when 't' then 'everywhere' else column_to_column_name(logicalrelid, partkey) end"
    " from pg_dist_partition join pg_class on pg_class.oid = logicalrelid"
    " where relnamespace = 'analytics'::regnamespace and (repmodel = 't' or partmethod = 'h')"
)
# The keys of shards are listed too, but not their tables.
FOREIGN_KEYS = (
    "select conrelid::regclass::text, confrelid::regclass::text, conname, convalidated from pg_constraint"
    " where contype = 'f' and connamespace = 'analytics'::regnamespace"
    " and conrelid in (select oid from pg_class) order by 1, 2, 3"
)
SCHEMAS = (
    "select nspname from pg_namespace as n where nspname !~ '^(pg_|information_schema$|public$)'"
    " and not exists (select from pg_depend where objid = n.oid and deptype = 'e')"
)
WAITING = "select bool_or(result > '0') from run_command_on_workers('select count(*) from pg_locks where not granted')"
FILL = """
with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 1000)
insert into attribution_tracking (tracking_id, content_id, platform, touchpoint, value)
select 'made_up_' || n, 'lost_' || (n % 10), 'LinkedIn', 'click', n / 8.0 from numbers
"""


@pytest.fixture(scope="module")
def cluster(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The samples and a thousand more rows, loaded and built; what is made is dropped in the end."""
    if not os.environ.get("SYNAPSE_TEST_CITUS"):
        pytest.skip("SYNAPSE_TEST_CITUS names no coordinator of a cluster of Citus (CONTRIBUTING.md)")
    given = extensions.parse_dsn(os.environ["SYNAPSE_TEST_CITUS"])
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    folder = tmp_path_factory.mktemp("cluster")
    shutil.copytree(samples, folder / "sqlite")
    environment = {name: given[key] for key, name in names.items()} | {
        "SYNAPSE_SQLITE_DIR": str(folder / "sqlite"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    warehouse = Warehouse(folder / "sqlite", environment)
    assert warehouse.query(SCHEMAS) == [], "SYNAPSE_TEST_CITUS is to name an empty database"
    assert warehouse.query("select count(*) >= 2 from pg_dist_node where shouldhaveshards") == [(True,)]
    with warehouse.sqlite("cross_platform_analytics") as source:
        source.execute(FILL)
    try:
        follow(warehouse)
        yield warehouse
    finally:
        schemas = [sql.Identifier(name) for (name,) in warehouse.query(SCHEMAS)]
        if schemas:
            warehouse.query(sql.SQL("drop schema {} cascade").format(sql.SQL(", ").join(schemas)))


def follow(warehouse: Warehouse, *options: str) -> None:
    """Load and build, and have all of it proved."""
    for command in (("synapse", "load"), ("dbt", "build", *options), ("synapse", "verify"), ("synapse", "report")):
        done = warehouse.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr


def versions(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """Where each row of analytics stands, on any node, and who wrote it."""
    tables = warehouse.query(
        "select oid::regclass::text from pg_class where relnamespace = 'analytics'::regnamespace and relkind = 'r'"
    )
    return {
        table: sorted(warehouse.query(f"select xmin::text, xmax::text, ctid::text from {table}")) for (table,) in tables
    }


def test_tables_are_spread_as_their_models_say_and_keep_every_key(cluster: Warehouse) -> None:
    assert dict(cluster.query(PLACES)) == SPREAD
    keys = cluster.query(FOREIGN_KEYS)
    assert len(keys) >= 25
    assert all(is_valid for *_, is_valid in keys)
    rows = "run_command_on_placements('analytics.attribution_tracking', 'select count(*) from %s')"
    ((nodes, found),) = cluster.query(f"select count(distinct (nodename, nodeport)), sum(result::int) from {rows}")
    assert nodes >= 2
    assert cluster.query("select count(*) from analytics.attribution_tracking") == [(found,)]
    # Nothing is left of the rows at the place where they were written first.
    assert cluster.query("select pg_relation_size('analytics.attribution_tracking')") == [(0,)]


def test_rows_are_counted_in_queries_that_run_in_parallel(cluster: Warehouse) -> None:
    counted = "set debug_parallel_query = on; select bool_and(balances), count(*) from analytics.row_ledger"
    assert cluster.query(counted) == [(True, 37)]


def test_an_unchanged_build_writes_nothing_on_any_node(cluster: Warehouse) -> None:
    before = versions(cluster), cluster.query(FOREIGN_KEYS)
    follow(cluster)
    assert (versions(cluster), cluster.query(FOREIGN_KEYS)) == before


def test_rows_that_changed_came_or_left_with_their_parents_are_followed(cluster: Warehouse) -> None:
    keys = cluster.query(FOREIGN_KEYS)
    with cluster.sqlite("cross_platform_analytics") as source:
        source.execute("delete from attribution_tracking where content_id between 'lost_0' and 'lost_4'")
        source.execute("update attribution_tracking set value = value + 1 where content_id = 'lost_6'")
        source.execute("insert into platform_interactions values ('new', 'u', 'x', 'y', 'lost_new', 'visit', 1, null)")
        source.execute("delete from cross_platform_performance")
    with cluster.sqlite("twitter_analytics") as source:
        source.execute("update twitter_posts set likes = likes + 1 where rowid % 2")
    with cluster.sqlite("ab_testing") as source:
        (parent,) = source.execute("select test_id from test_assignments limit 1").fetchone()
        for table in ("test_assignments", "test_variants", "ab_tests"):
            source.execute(f"delete from {table} where test_id = ?", [parent])
    follow(cluster)
    assert cluster.query(FOREIGN_KEYS) == keys
    lost = "select count(*), min(content_id) from analytics.attribution_tracking where content_id ~ '^lost'"
    assert cluster.query(lost) == [(500, "lost_5")]
    known = "select content_id from analytics.content_registry where content_id ~ '^lost' order by 1"
    assert cluster.query(known) == [(f"lost_{name}",) for name in (5, 6, 7, 8, 9, "new")]
    assert cluster.query("select count(*) from analytics.cross_platform_performance") == [(0,)]


def test_a_full_refresh_makes_every_table_anew_in_its_place(cluster: Warehouse) -> None:
    before, keys = versions(cluster), cluster.query(FOREIGN_KEYS)
    follow(cluster, "--full-refresh")
    after = versions(cluster)
    assert {table for table, rows in after.items() if rows and rows == before[table]} == set()
    assert {table: len(rows) for table, rows in after.items()} == {table: len(rows) for table, rows in before.items()}
    assert dict(cluster.query(PLACES)) == SPREAD
    assert cluster.query(FOREIGN_KEYS) == keys
    assert cluster.query("select conname from pg_constraint where conname like '%dbt\\_tmp%'") == []


def test_tables_that_were_on_one_node_are_spread_by_the_next_build(cluster: Warehouse) -> None:
    keys = cluster.query(FOREIGN_KEYS)
    cluster.query("select undistribute_table('analytics.content_registry', cascade_via_foreign_keys => true)")
    assert len(cluster.query(PLACES)) < len(SPREAD)
    follow(cluster)
    assert dict(cluster.query(PLACES)) == SPREAD
    assert cluster.query(FOREIGN_KEYS) == keys


def test_tests_and_documentation_run(cluster: Warehouse) -> None:
    for command in (("dbt", "test"), ("synapse", "docs"), ("dbt", "source", "freshness")):
        done = cluster.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_damage_on_a_node_is_found(cluster: Warehouse) -> None:
    damage = {
        "attribution_tracking": "update analytics.attribution_tracking set value = '-0.0' where value = 0",
        "twitter_posts": "delete from analytics.twitter_posts where tweet_id = (select min(tweet_id) from"
        " analytics.twitter_posts)",
    }
    with cluster.sqlite("cross_platform_analytics") as source:
        source.execute("update attribution_tracking set value = 0 where content_id = 'lost_7'")
    follow(cluster)
    for statement in damage.values():
        cluster.query(statement)
    done = cluster.dbt("test", "-s", "test_name:every_row_arrived")
    assert done.returncode == 1
    assert [table for table in damage if f"FAIL 1 every_row_arrived_{table}_" not in done.stdout] == []
    follow(cluster)


def test_a_raw_table_may_be_spread_too(cluster: Warehouse) -> None:
    cluster.query("select create_distributed_table('raw_cross_platform_analytics.attribution_tracking', '_source_row')")
    done = cluster.synapse("load", "cross_platform_analytics")
    assert "unchanged" in done.stdout + done.stderr
    with cluster.sqlite("cross_platform_analytics") as source:
        source.execute("update attribution_tracking set value = value + 1 where content_id = 'lost_8'")
        source.execute("delete from attribution_tracking where content_id = 'lost_9'")
    follow(cluster)
    assert cluster.query("select count(*) from analytics.attribution_tracking where content_id ~ '^lost'") == [(400,)]


def test_a_node_that_crashes_ends_the_build_loudly_and_the_next_one_repairs_it(cluster: Warehouse) -> None:
    """The row that we lock holds the build in the middle of its writing, on one node or the other."""
    before = cluster.query("select tracking_id, value from analytics.attribution_tracking order by 1")
    with cluster.sqlite("cross_platform_analytics") as source:
        source.execute("update attribution_tracking set value = value + 1")
    assert cluster.synapse("load").returncode == 0
    with closing(cluster.connect()) as holder, holder.cursor() as cursor, ThreadPoolExecutor() as pool:
        cursor.execute("select from analytics.attribution_tracking where tracking_id = 'made_up_5' for update")
        build = pool.submit(cluster.dbt, "build")
        while not build.done() and cluster.query(WAITING) != [(True,)]:
            time.sleep(0.1)
        assert not build.done()
        crash(cluster)
        with pytest.raises(psycopg2.Error):
            cursor.execute("commit")
            cursor.execute("select count(*) from analytics.attribution_tracking")
    while cluster.query("select bool_and(coalesce(result, false)) from citus_check_cluster_node_health()") != [(True,)]:
        time.sleep(0.1)
    assert build.result().returncode == 1
    assert "Failure in model attribution_tracking" in build.result().stdout
    assert cluster.query("select tracking_id, value from analytics.attribution_tracking order by 1") == before
    follow(cluster)
    after = cluster.query("select tracking_id, value from analytics.attribution_tracking order by 1")
    assert after == [(name, value + 1) for name, value in before]


def crash(warehouse: Warehouse) -> None:
    """Kill a process of each worker with signal 9: the worker ends all others, and recovers from its log."""
    with suppress(errors.OperationalError):
        warehouse.query("select run_command_on_workers($$copy (select 1) to program 'kill -9 $PPID'$$)")


def test_a_way_of_spreading_that_cannot_be_is_said_in_a_sentence(cluster: Warehouse, tmp_path: Path) -> None:
    refused = build_spread_by(cluster, tmp_path / "other", "everywhere")
    assert "twitter_posts" in refused
    assert "is distributed by tweet_id, and its model says everywhere" in refused


def test_elsewhere_the_switch_does_nothing_and_a_wrong_word_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    """The warehouse is on a server without Citus, where the same models have been built."""
    refused = build_spread_by(warehouse, tmp_path / "project", "post_id")
    assert "twitter_posts is to be distributed by post_id: write `everywhere` or a column of its primary key" in refused


def build_spread_by(warehouse: Warehouse, root: Path, wanted: str) -> str:
    """What a build of one table says, whose model names another way of spreading it and which has to fail."""
    copy_project(root, with_sources=True)
    lend_parsed(Path(warehouse.environment["DBT_TARGET_PATH"]), root / "target")
    contract = root / "models" / "marts" / "twitter" / "twitter_posts.yml"
    contract.write_text(contract.read_text().replace("distribute_by: tweet_id", f"distribute_by: {wanted}"))
    done = warehouse.run("dbt", "run", "-s", "twitter_posts", root=root, DBT_TARGET_PATH=str(root / "target"))
    assert done.returncode != 0
    return " ".join(done.stdout.split())
