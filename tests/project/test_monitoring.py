"""How loads and tables fare, as the views of analytics, the exporter's queries and the query of costs tell it."""

import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from synapse_analytics.postgres import embedded
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.conftest import Warehouse

MONITORING = ROOT / "docs" / "monitoring"
HEALTH = (
    "select is_declared, latest_outcome, latest_message, failures_in_7_days, file_bytes, last_seen_at, last_loaded_at,"
    " latest_attempt_at from analytics.load_health where source_database = %s"
)


def query_costs(warehouse: "Warehouse") -> subprocess.CompletedProcess[str]:
    command = [embedded.programs() / "psql", "--no-psqlrc", "--quiet", "--file", MONITORING / "query_costs.sql"]
    environment = {**os.environ, **warehouse.environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_the_health_of_loads_follows_a_good_an_unchanged_and_a_failed_load(warehouse: "Warehouse") -> None:
    file = warehouse.sqlite_dir / "ab_testing.db"
    assert warehouse.query("select count(*) from analytics.load_health where is_declared") == [(11,)]
    ((*good, seen, loaded, tried),) = warehouse.query(HEALTH, ["ab_testing"])
    assert good == [True, "loaded", None, 0, file.stat().st_size]
    assert seen == loaded == tried

    assert warehouse.synapse("load", "ab_testing").returncode == 0
    ((*unchanged, seen_again, loaded_again, tried_again),) = warehouse.query(HEALTH, ["ab_testing"])
    assert unchanged == [True, "unchanged", None, 0, file.stat().st_size]
    assert (seen_again, loaded_again) == (tried_again, loaded)
    assert seen_again > seen

    with closing(sqlite3.connect(file)) as source:
        source.create_function("gone", 1, lambda value: value, deterministic=True)
        source.execute("alter table ab_tests add column spoilt as (gone(test_id))")
    (warehouse.sqlite_dir / "stranger.db").write_bytes(file.read_bytes())
    stranger = str(warehouse.sqlite_dir / "stranger.db")
    assert warehouse.synapse("load", "ab_testing", stranger).returncode == 1
    ((declared, outcome, message, failures, size, *times),) = warehouse.query(HEALTH, ["ab_testing"])
    assert (declared, outcome, failures, size) == (True, "failed", 1, file.stat().st_size)
    assert "cannot be read (unknown function: gone())" in message
    assert times[:2] == [seen_again, loaded]
    assert times[2] > seen_again
    ((declared, outcome, _, failures, _, *times),) = warehouse.query(HEALTH, ["stranger"])
    assert (declared, outcome, failures, times[:2]) == (False, "failed", 1, [None, None])

    warehouse.query("update ledger.loads set finished_at = now() - interval '8 days' where outcome = 'failed'")
    ((_, outcome, _, failures, *_),) = warehouse.query(HEALTH, ["ab_testing"])
    assert (outcome, failures) == ("failed", 0)


def test_the_health_of_tables_names_each_raw_and_final_table_and_nothing_else(warehouse: "Warehouse") -> None:
    warehouse.query("create schema raw_elsewhere; create table raw_elsewhere.t (a int)")
    found = warehouse.query("select schema_name, table_name from analytics.table_health order by 1, 2")
    wanted = warehouse.query(
        "select relnamespace::regnamespace::text, relname::text from pg_class where relkind = 'r' and"
        " (relnamespace::regnamespace::text = 'analytics' or relnamespace::regnamespace::text like 'raw\\_%'"
        " and relnamespace::regnamespace::text <> 'raw_elsewhere') order by 1, 2"
    )
    assert found == wanted
    assert len([schema for schema, _ in found if schema.startswith("raw_")]) == 37
    warehouse.query("delete from analytics.weekly_performance")
    warehouse.query("analyze analytics.weekly_performance")
    connection = warehouse.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("vacuum (index_cleanup on) analytics.weekly_performance")
    connection.close()
    statement = (
        "select live_rows, dead_rows, size_bytes > 0, last_vacuumed_at is not null, last_analyzed_at is not null"
        " from analytics.table_health where schema_name = 'analytics' and table_name = 'weekly_performance'"
    )
    assert warehouse.query(statement) == [(0, 0, True, True, True)]


def test_each_query_of_the_exporter_gives_a_reader_the_columns_that_it_declares(warehouse: "Warehouse") -> None:
    warehouse.query(
        "do $$ begin if to_regrole('watcher') is null then create role watcher login; end if;"
        " if to_regrole('a_reader') is null then create role a_reader; end if; end $$;"
        " grant pg_monitor, a_reader to watcher; grant usage on schema analytics to a_reader;"
        " grant select on all tables in schema analytics to a_reader"
    )
    watcher = replace(warehouse, environment={**warehouse.environment, "PGUSER": "watcher"})
    rows = {"warehouse_load": 11, "warehouse_rows": 37}
    queries = yaml.safe_load((MONITORING / "queries.yml").read_text())
    for name, entry in queries.items():
        declared = {column: metric["usage"] for each in entry["metrics"] for column, metric in each.items()}
        connection = watcher.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(entry["query"])
            columns = [column.name for column in cursor.description]
            found = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        connection.close()
        assert columns == [*declared], name
        assert len(found) == rows.get(name, len(found)) > 0
        labels = [column for column, usage in declared.items() if usage == "LABEL"]
        # A metric that has the same labels twice makes the exporter give nothing at all.
        assert len({tuple(row[label] for label in labels) for row in found}) == len(found)
        for row in found:
            assert all(isinstance(row[label], str) for label in labels)
            assert all(float(row[column]) >= 0 for column in declared if column not in labels), (name, row)
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    metrics = {f"{name}_{column}" for name, entry in queries.items() for each in entry["metrics"] for column in each}
    for rule in rules:
        words = rule["expr"].replace("{", " ").split()
        assert {word for word in words if word.startswith("warehouse_")} <= metrics, rule["alert"]


def test_what_queries_cost_leaves_out_dbts_own_and_is_no_error_without_the_extension(warehouse: "Warehouse") -> None:
    warehouse.query("select public.pg_stat_statements_reset()")
    assert warehouse.dbt("build", "-s", "posts").returncode == 0
    warehouse.query("select count(*) as asked_by_a_person from analytics.posts")
    stamped = 'select count(*) from public.pg_stat_statements where query ~ \'/[*] [{]"app": "dbt"\''
    assert warehouse.query(stamped)[0][0] > 0
    done = query_costs(warehouse)
    assert (done.returncode, done.stderr) == (0, "")
    assert "asked_by_a_person" in done.stdout
    assert "dbt" not in done.stdout.replace("pg_stat_statements", "")
    assert "create or replace view" not in done.stdout
    warehouse.query("drop extension pg_stat_statements")
    done = query_costs(warehouse)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("pg_stat_statements is not in the schema public of this database")
