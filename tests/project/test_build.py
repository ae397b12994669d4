"""What `dbt build` promises: idempotence, whole foreign keys, rows that leave, values that do not fit, damage found."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import copy_project
from tests.project.conftest import lend_parsed

if TYPE_CHECKING:
    from tests.conftest import Warehouse

FOREIGN_KEYS = (
    "select conrelid::regclass::text, conname, convalidated from pg_constraint"
    " where contype = 'f' and connamespace = 'analytics'::regnamespace order by 1, 2"
)


def row_versions(warehouse: "Warehouse") -> dict[str, list[tuple]]:
    """Where each row of analytics stands and who wrote, deleted or locked it; descriptions are rows of a catalog."""
    tables = warehouse.query(
        "select oid::regclass::text from pg_class where relnamespace = 'analytics'::regnamespace and relkind = 'r'"
    )
    return {
        table: warehouse.query(f"select xmin::text, xmax::text, ctid::text from {table} order by ctid")
        for (table,) in [*tables, ("pg_description",)]
    }


def test_an_unchanged_build_writes_nothing(warehouse: "Warehouse") -> None:
    keys, versions = warehouse.query(FOREIGN_KEYS), row_versions(warehouse)
    assert warehouse.synapse("load").returncode == 0
    done = warehouse.dbt("build")
    assert done.returncode == 0, done.stdout
    assert row_versions(warehouse) == versions
    assert warehouse.query(FOREIGN_KEYS) == keys


def test_partial_builds_keep_all_that_depends_on_them(warehouse: "Warehouse") -> None:
    warehouse.query("create view public.dashboard as select views from staging.stg_content_analytics__posts")
    keys = warehouse.query(FOREIGN_KEYS)
    assert len(keys) >= 25
    assert all(valid for *_, valid in keys)
    indexes = (
        "select tablename from pg_indexes where schemaname = 'analytics' and indexdef like '%gin_trgm_ops%' order by 1"
    )
    trigram = warehouse.query(indexes)
    assert len(trigram) == 3
    for arguments in (
        ("run", "-s", "posts", "stg_content_analytics__posts"),
        ("run", "-s", "ab_tests", "post_registry", "--full-refresh"),
    ):
        assert warehouse.dbt(*arguments).returncode == 0
        assert warehouse.query(FOREIGN_KEYS) == keys
        assert warehouse.query(indexes) == trigram
    assert warehouse.query("select conname from pg_constraint where conname like '%dbt_tmp%'") == []
    assert warehouse.query("select count(*) from public.dashboard") == [(1,)]
    assert warehouse.query("select bool_and(balances) from analytics.row_ledger") == [(True,)]
    assert warehouse.query("select tgrelid::regclass::text from pg_trigger where tgname = 'ab_tests_updated_at'")


def test_only_what_changed_is_built(warehouse: "Warehouse", tmp_path: Path) -> None:
    """The commands of docs/operations.md."""
    target, state = Path(warehouse.environment["DBT_TARGET_PATH"]), tmp_path / "prod"
    state.mkdir()

    def look(**environment: str) -> dict[str, str]:
        """Load, and ask for the freshness of every source."""
        for command in (("synapse", "load"), ("dbt", "--quiet", "source", "freshness")):
            done = warehouse.run(*command, **environment)
            assert done.returncode == 0, done.stdout
        results = json.loads((target / "sources.json").read_text())["results"]
        return {result["unique_id"]: result["max_loaded_at"] for result in results}

    def build_what_changed() -> str:
        done = warehouse.dbt("build", "--select", "source_status:fresher+", "--state", str(state))
        assert done.returncode == 0, done.stdout
        return done.stdout

    changed = look(SYNAPSE_LOADED_AT="change")
    shutil.copy(target / "sources.json", state)
    assert look(SYNAPSE_LOADED_AT="change") == changed
    versions = row_versions(warehouse)
    assert "Nothing to do" in build_what_changed()
    assert row_versions(warehouse) == versions
    with warehouse.sqlite("twitter_analytics") as source:
        source.execute("update twitter_posts set impressions = impressions + 1")
    moved = {name for name, moment in look(SYNAPSE_LOADED_AT="change").items() if moment != changed[name]}
    assert moved == {name for name in changed if ".twitter_analytics." in name} != set()
    build_what_changed()
    results = json.loads((target / "run_results.json").read_text())["results"]
    built = {result["unique_id"] for result in results if result["unique_id"].startswith("model.")}
    assert built == models_below(json.loads((target / "manifest.json").read_text()), moved)
    keys, versions = warehouse.query(FOREIGN_KEYS), row_versions(warehouse)
    assert warehouse.dbt("build").returncode == 0
    assert (warehouse.query(FOREIGN_KEYS), row_versions(warehouse)) == (keys, versions)
    seen = look()
    assert all(seen[name] > moment for name, moment in changed.items())


def models_below(manifest: dict, sources: set[str]) -> set[str]:
    below, found = set(sources), set()
    while below:
        found |= below
        below = {child for name in below for child in manifest["child_map"][name]} - found
    return {name for name in found if name.startswith("model.")}


def test_rows_that_left_their_source_leave_analytics(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("ab_testing") as source:
        (parent,) = source.execute("select test_id from test_assignments limit 1").fetchone()
        for table in ("test_assignments", "test_variants", "ab_tests"):
            source.execute(f"delete from {table} where test_id = ?", [parent])
    with warehouse.sqlite("week3_business_development") as source:
        (child,) = source.execute("select inquiry_id from consultation_inquiries limit 1").fetchone()
        source.execute("delete from consultation_inquiries where inquiry_id = ?", [child])
    keys = warehouse.query(FOREIGN_KEYS)
    assert warehouse.synapse("load").returncode == 0
    done = warehouse.dbt("build")
    assert done.returncode == 0, done.stdout
    for schema in ("raw_ab_testing", "analytics"):
        for table in ("test_assignments", "test_variants", "ab_tests"):
            assert warehouse.query(f"select 1 from {schema}.{table} where test_id = %s", [parent]) == []
    assert warehouse.query("select 1 from analytics.consultation_inquiries where inquiry_id = %s", [child]) == []
    assert warehouse.query(FOREIGN_KEYS) == keys
    assert warehouse.synapse("report").returncode == 0


def test_a_child_left_without_its_parent_is_named(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("unified_content_management") as source:
        (parent,) = source.execute("select content_id from content_strategies").fetchone()
        source.execute("delete from content_pieces where content_id = ?", [parent])
    assert warehouse.synapse("load").returncode == 0
    done = warehouse.dbt("build")
    assert done.returncode == 1
    assert f"content_strategies.content_id refers to {parent}, not in content_pieces" in done.stdout


def test_a_changed_row_is_written_and_dated(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("content_analytics") as source:
        source.execute("update posts set views = views + 1")
    before = warehouse.query("select warehouse_updated_at, views from analytics.posts")
    assert warehouse.synapse("load", "content_analytics").returncode == 0
    assert warehouse.dbt("run", "-s", "posts").returncode == 0
    after = warehouse.query("select warehouse_updated_at, views from analytics.posts")
    assert after[0][0] > before[0][0]
    assert after[0][1] == before[0][1] + 1


def test_an_orphan_resolves_when_its_post_is_added(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("ab_testing") as source:
        (orphan,) = source.execute("select post_id from test_assignments limit 1").fetchone()
    with warehouse.sqlite("content_analytics") as source:
        columns = [row[1] for row in source.execute("pragma table_info(posts)") if row[1] != "post_id"]
        names = ", ".join(columns)
        source.execute(f"insert into posts (post_id, {names}) select ?, {names} from posts limit 1", [orphan])
    assert warehouse.synapse("load", "content_analytics").returncode == 0
    assert warehouse.dbt("run", "-s", "posts", "post_registry").returncode == 0
    registry = warehouse.query("select is_inferred, known_in from analytics.post_registry where post_id = %s", [orphan])
    assert registry == [(False, ["content_analytics.posts"])]


def test_a_value_that_does_not_fit_is_named_and_holds_nothing_else_up(warehouse: "Warehouse") -> None:
    with warehouse.sqlite("content_analytics") as source:
        source.execute("update posts set views = 'many', likes = likes + 1")
        source.execute("update weekly_performance set total_views = total_views + 1")
        (row, likes), (total,) = (
            source.execute("select rowid, likes from posts").fetchone(),
            source.execute("select total_views from weekly_performance").fetchone(),
        )
    assert warehouse.synapse("load").returncode == 0
    done = warehouse.dbt("build")
    assert done.returncode == 1
    assert "rejected_values" in done.stdout
    assert warehouse.query(
        "select source_database, source_table, column_name, source_row, raw_value, wanted_type"
        " from analytics.rejected_values"
    ) == [("content_analytics", "posts", "views", row, "many", "bigint")]
    assert warehouse.query("select views, likes from analytics.posts") == [(None, likes)]
    assert warehouse.query("select total_views from analytics.weekly_performance") == [(total,)]
    report = warehouse.synapse("report")
    assert report.returncode == 1
    assert "content_analytics.posts" in report.stderr


def test_damage_behind_the_loaders_back_is_found(warehouse: "Warehouse") -> None:
    damage = {
        "test_assignments": "delete from raw_ab_testing.test_assignments where _source_row = 1",
        "twitter_posts": "insert into raw_twitter_analytics.twitter_posts"
        " select * from raw_twitter_analytics.twitter_posts limit 1",
        "graph_patterns": "truncate analytics.graph_patterns",
        "content_recommendations": "delete from analytics.content_recommendations where ctid in"
        " (select min(ctid) from analytics.content_recommendations)",
        "weekly_performance": "delete from ledger.table_loads where table_name = 'weekly_performance'",
    }
    for statement in damage.values():
        warehouse.query(statement)
    done = warehouse.dbt("test", "-s", "test_name:every_row_arrived")
    assert done.returncode == 1
    failed = {
        line.split("every_row_arrived_")[1].split("_ ")[0]
        for line in done.stdout.splitlines()
        if " FAIL 1 every" in line
    }
    assert failed == set(damage)
    report = warehouse.synapse("report")
    assert report.returncode == 1
    assert [table for table in damage if table not in report.stderr] == []


def test_every_kind_of_damage_in_analytics_is_found(warehouse: "Warehouse") -> None:
    """A row cannot stand there twice under one key, so a doubled row has another one."""
    damage = {
        "attribution_tracking": "delete from analytics.attribution_tracking where ctid in"
        " (select min(ctid) from analytics.attribution_tracking)",
        "graph_patterns": "insert into analytics.graph_patterns select (jsonb_populate_record(t,"
        ' \'{"pattern_id": "doubled"}\')).* from analytics.graph_patterns as t limit 1',
        "test_variants": "update analytics.test_variants as t set content = other.content from"
        " analytics.test_variants as other where (t.variant_id, other.variant_id) in (select v, w from (select"
        " min(variant_id), max(variant_id) from analytics.test_variants) as ends (v, w) union select w, v from (select"
        " min(variant_id), max(variant_id) from analytics.test_variants) as ends (v, w))",
        "weekly_performance": "update analytics.weekly_performance set total_views = total_views + 1",
        "consultation_inquiries": "update analytics.consultation_inquiries set contact_name = ''"
        " where contact_name is null",
        "business_pipeline": "update analytics.business_pipeline set notes = null where notes = ''",
        "posts": "update analytics.posts set engagement_rate = 0.06599999999999999",
        "content_pieces": "update analytics.content_pieces set original_content = original_content || ' '",
        "content_recommendations": "update analytics.content_recommendations set priority_score = '-0.0'"
        " where priority_score = 0",
        "graph_insights": "update analytics.graph_insights set relationships = '[{\"x\": 1.0}]'"
        " where relationships = '[]'",
        "ab_tests": "update analytics.ab_tests set created_at = created_at + interval '1 microsecond'",
    }
    for statement in damage.values():
        warehouse.query(statement)
    done = warehouse.dbt("test", "-s", "test_name:every_row_arrived")
    assert done.returncode == 1
    failed = {
        line.split("every_row_arrived_")[1].split("_ ")[0]
        for line in done.stdout.splitlines()
        if " FAIL 1 every" in line
    }
    assert failed == set(damage)
    assert warehouse.dbt("build").returncode == 0
    assert warehouse.dbt("test", "-s", "test_name:every_row_arrived").returncode == 0


def test_a_model_that_selects_a_row_twice_is_found(warehouse: "Warehouse") -> None:
    """Its table and all it reads have the right rows, once each; the doubled spelling makes the join multiply."""
    warehouse.query("insert into seeds.platform_spellings select * from seeds.platform_spellings")
    done = warehouse.dbt("test", "-s", "every_row_arrived_posts_")
    assert done.returncode == 1
    assert "FAIL 1 every_row_arrived_posts_" in done.stdout


def test_a_description_that_changed_is_written(warehouse: "Warehouse") -> None:
    comments = "select col_description('analytics.posts'::regclass, 0), col_description('analytics.posts'::regclass, 1)"
    described = warehouse.query(comments)
    assert all(text for row in described for text in row)
    warehouse.query("comment on table analytics.posts is 'old'")
    warehouse.query("comment on column analytics.posts.post_id is null")
    assert warehouse.dbt("run", "-s", "posts").returncode == 0
    assert warehouse.query(comments) == described


def test_a_materialized_view_is_described_too(warehouse: "Warehouse", tmp_path: Path) -> None:
    root = copy_project(tmp_path / "project", with_sources=True)
    lend_parsed(Path(warehouse.environment["DBT_TARGET_PATH"]), root / "target")
    config = "{{ config(materialized='materialized_view', contract={'enforced': false}) }}"
    (root / "models" / "marts" / "content" / "best.sql").write_text(f"{config} select 1 as place")
    (root / "models" / "marts" / "content" / "best.yml").write_text("models: [{name: best, description: One row.}]")
    done = warehouse.run("dbt", "run", "-s", "best", root=root, DBT_TARGET_PATH=str(root / "target"))
    assert done.returncode == 0, done.stdout
    assert warehouse.query("select obj_description('analytics.best'::regclass)") == [("One row.",)]


def test_a_column_that_the_contract_has_and_the_table_has_not_is_added(warehouse: "Warehouse") -> None:
    warehouse.query("alter table analytics.ab_tests drop column status")
    done = warehouse.dbt("build", "-s", "ab_tests")
    assert done.returncode == 0, done.stdout
    statuses = warehouse.query("select pg_typeof(status)::text, count(*) from analytics.ab_tests group by 1")
    assert [kind for kind, _ in statuses] == ["analytics.ab_test_status"]


def test_dbt_without_a_load_says_what_to_do(empty_warehouse: "Warehouse") -> None:
    done = empty_warehouse.dbt("run", "-s", "stg_ab_testing__ab_tests")
    assert done.returncode != 0
    assert "run `synapse load` first" in done.stdout


def test_a_new_status_is_added_to_its_type(warehouse: "Warehouse") -> None:
    lists = (
        "{enums: {ab_test_status: [draft, planned, paused, active, completed, cancelled], adaptation_status: [draft],"
        " inquiry_status: [new], insight_status: [new], opportunity_status: [active], optimization_status: [pending],"
        " pipeline_status: [new], priority_level: [low]}}"
    )
    assert warehouse.dbt("run", "-s", "stg_ab_testing__ab_tests", "--vars", lists).returncode == 0
    labels = warehouse.query("select unnest(enum_range(null::analytics.ab_test_status))::text")
    assert [label for (label,) in labels] == ["draft", "planned", "paused", "active", "completed", "cancelled"]


@pytest.mark.long
def test_a_user_who_may_not_make_extensions_builds_without(empty_warehouse: "Warehouse", samples: Path) -> None:
    empty_warehouse.query("drop role if exists builder")
    empty_warehouse.query("create role builder login")
    empty_warehouse.query("grant create on database warehouse to builder")
    environment = {"PGUSER": "builder", "SYNAPSE_SQLITE_DIR": str(samples)}
    assert empty_warehouse.synapse("load", **environment).returncode == 0
    done = empty_warehouse.dbt("build", **environment)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("This server lacks moddatetime, pg_stat_statements") == 1
    assert empty_warehouse.synapse("report", **environment).returncode == 0
