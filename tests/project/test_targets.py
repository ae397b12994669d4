"""A target of one's own: all that dbt builds lies in schemas of its own, and production stays as it is."""

from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from tests.conftest import Warehouse

LEDGER = (
    "select source_database, source_table, final_table, sqlite_rows, raw_rows, staged_rows, final_rows,"
    " rejected_values, orphans, balances from {}.row_ledger order by 1, 2"
)
FOREIGN_KEYS = (
    "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint where contype = 'f'"
    " and connamespace::regnamespace::text = 'dev_anna' order by 1, 2"
)
# Catalogs in which something changes when a relation, its columns, keys, triggers, rights or rules do.
CATALOGS = {
    "pg_namespace": "t.oid",
    "pg_class": "relnamespace",
    "pg_attribute": "(select relnamespace from pg_class where oid = t.attrelid)",
    "pg_constraint": "connamespace",
    "pg_trigger": "(select relnamespace from pg_class where oid = t.tgrelid)",
    "pg_rewrite": "(select relnamespace from pg_class where oid = t.ev_class)",
    "pg_proc": "pronamespace",
    "pg_type": "typnamespace",
}


def others(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """Who wrote what of all schemas but those of the target: the rows of tables, and those of the catalogs."""
    theirs = "n.nspname !~ '^(dev_|pg_)'"
    tables = warehouse.query(
        "select c.oid::regclass::text from pg_class as c join pg_namespace as n on n.oid = relnamespace"
        f" where relkind = 'r' and {theirs} and n.nspname <> 'information_schema'"
    )
    found = {name: warehouse.query(f"select xmin::text, xmax::text, ctid::text from {name}") for (name,) in tables}
    for catalog, schema in CATALOGS.items():
        found[catalog] = sorted(
            warehouse.query(
                f"select t.xmin::text, n.nspname, t.ctid::text from {catalog} as t"
                f" join pg_namespace as n on n.oid = {schema}"
                f" where {theirs}"
            )
        )
    return found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Another target in the profile makes dbt parse anew, and the other tests are not to."""
    folder = tmp_path_factory.mktemp("dbt")
    return {
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "SYNAPSE_DEV_SCHEMA": "Dev_Anna",
    }


@pytest.fixture
def anna(warehouse: Warehouse, own: dict[str, str]) -> Warehouse:
    """The samples, built, as a developer finds them."""
    return replace(warehouse, environment={**warehouse.environment, **own})


def test_a_target_of_ones_own_has_all_and_leaves_production_as_it_is(anna: Warehouse) -> None:
    before = others(anna)
    done = anna.dbt("build", "--target", "dev")
    assert done.returncode == 0, done.stdout
    assert others(anna) == before
    assert anna.query(LEDGER.format("dev_anna")) == anna.query(LEDGER.format("analytics"))
    assert anna.query("select bool_and(balances), count(*) from dev_anna.row_ledger") == [(True, 37)]
    relations = (
        "select regexp_replace(relnamespace::regnamespace::text, '^dev_anna_?', ''), relname, relkind from pg_class"
        " where relnamespace::regnamespace::text {} and relkind in ('r', 'v') order by 1, 2"
    )
    production = anna.query(relations.format("in ('analytics', 'staging', 'intermediate', 'seeds', 'failures')"))
    renamed = sorted(("" if schema == "analytics" else schema, *rest) for schema, *rest in production)
    assert sorted(anna.query(relations.format("~ '^dev_anna'"))) == renamed
    # Nothing refers across, but to raw and the ledger, which both targets read.
    assert (
        anna.query(
            "select distinct r.refclassid::regclass, n.nspname, t.nspname from pg_depend as r"
            " join pg_class as c on c.oid = r.refobjid join pg_namespace as n on n.oid = c.relnamespace"
            " join pg_rewrite as w on w.oid = r.objid join pg_class as v on v.oid = w.ev_class"
            " join pg_namespace as t on t.oid = v.relnamespace"
            " where t.nspname ~ '^dev_' and n.nspname !~ '^(dev_|raw_|ledger$|pg_)'"
        )
        == []
    )
    assert anna.query(
        "select distinct udt_schema from information_schema.columns where table_schema ~ '^dev_'"
        " and data_type = 'USER-DEFINED'"
    ) == [("dev_anna",)]
    assert len(anna.query(FOREIGN_KEYS)) >= 25
    assert [parent for _, parent in anna.query(FOREIGN_KEYS) if not parent.startswith("dev_anna.")] == []


@pytest.mark.long
def test_clones_and_deferred_models_are_used_and_replaced(anna: Warehouse, tmp_path: Path) -> None:
    """As dbt has it: what the target lacks is read in production, or is a view on it, until it is built."""
    state = tmp_path / "state"
    assert anna.dbt("parse", "--target-path", str(state)).returncode == 0
    before = others(anna)
    deferred = ("--target", "dev", "--defer", "--state", str(state))
    done = anna.dbt("build", *deferred, "-s", "posts", "test_variants", "test_assignments")
    assert done.returncode == 0, done.stdout
    assert anna.query("select count(*) from dev_anna.posts") == anna.query("select count(*) from analytics.posts")
    assert anna.query("select to_regnamespace('dev_anna_staging')") == [(None,)]
    # A key to a table that only production has would be a lock on production.
    assert anna.query(FOREIGN_KEYS) == [("dev_anna.test_assignments", "dev_anna.test_variants")]
    done = anna.dbt("build", *deferred, "-s", "ab_tests")
    assert done.returncode == 1
    assert "This model has an enforced contract that failed." in done.stdout
    assert anna.dbt("build", *deferred, "-s", "stg_ab_testing__ab_tests", "ab_tests").returncode == 0

    done = anna.dbt("clone", "--target", "dev", "--state", str(state))
    assert done.returncode == 0, done.stdout
    assert anna.query("select relkind from pg_class where oid = 'dev_anna.content_pieces'::regclass") == [("v",)]
    assert anna.query(LEDGER.format("dev_anna")) == anna.query(LEDGER.format("analytics"))
    done = anna.dbt("build", "--target", "dev")
    assert done.returncode == 0, done.stdout
    assert anna.query("select relkind from pg_class where oid = 'dev_anna.content_pieces'::regclass") == [("r",)]
    assert anna.query(LEDGER.format("dev_anna")) == anna.query(LEDGER.format("analytics"))
    assert others(anna) == before


@pytest.mark.long
def test_what_synapse_adds_builds_in_any_target(empty_project: Warehouse) -> None:
    with empty_project.sqlite("shop") as source:
        source.execute("create table sale (sale_id integer primary key, status text)")
        source.execute("insert into sale values (1, 'active')")
    file = str(empty_project.sqlite_dir / "shop.db")
    assert empty_project.synapse("add", file).returncode == 0
    staging = empty_project.root / "models" / "staging" / "shop" / "stg_shop__sale.sql"
    text = staging.read_text()
    staging.write_text(text.replace("as_text('status')", "as_enum('status', 'opportunity_status')"))
    # PostgreSQL is asked for the types, in production.
    assert empty_project.dbt("run", "-s", staging.stem).returncode == 0
    assert empty_project.synapse("add", "--marts", "shop", file).returncode == 0
    done = empty_project.dbt("build", "--target", "dev", SYNAPSE_DEV_SCHEMA="anna")
    assert done.returncode == 0, done.stdout
    assert empty_project.query("select pg_typeof(status)::text from dev_anna.sale") == [
        ("dev_anna.opportunity_status",)
    ]
    with pytest.raises(psycopg2.errors.UndefinedTable):
        empty_project.query("select * from analytics.sale")
