"""Keys of a contract, as dbt documents them: kept, put back, or refused by name."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Warehouse

FOREIGN_KEYS = (
    "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
    " where contype = 'f' and connamespace = 'analytics'::regnamespace order by 1, 2"
)
INPUT = """
create schema input;
create table input.orders (tenant bigint, number bigint, total bigint);
create table input.place (id bigint, name text);
create table input.unit (code text);
create table input.region (name text);
create table input.order_lines (id bigint, tenant bigint, number bigint, place_id bigint, unit text, region text);
insert into input.orders values (1, 1, 5), (1, 2, 6), (2, 1, 7);
insert into input.place values (1, 'here'), (2, 'there');
insert into input.unit values ('kg');
insert into input.region values ('north');
insert into input.order_lines values (1, 1, 1, 1, 'kg', 'north'), (2, 2, 1, 2, 'kg', null);
"""
MODELS = {
    "orders.sql": "select tenant, number, total from input.orders",
    "place_v1.sql": "select id from input.place",
    "place_v2.sql": "select id, name from input.place",
    "region.sql": "select name from input.region",
    "order_lines.sql": "-- depends_on: {{ ref('region') }}\n"
    "select id, tenant, number, place_id, unit, region from input.order_lines",
}
UNIT = (
    "{{ config(materialized='incremental', incremental_strategy='sync', on_schema_change='append_new_columns',"
    " schema='analytics') }} select code from input.unit"
)
UNIT_CONTRACT = """
models:
  - name: unit
    config: {contract: {enforced: true}}
    columns: [{name: code, data_type: text, constraints: [{type: primary_key}]}]
"""
CONTRACTS = """
models:
  - name: orders
    constraints: [{type: primary_key, columns: [tenant, number]}]
    columns: [{name: tenant, data_type: bigint}, {name: number, data_type: bigint}, {name: total, data_type: bigint}]
  - name: place
    latest_version: 2
    columns: [{name: id, data_type: bigint, constraints: [{type: primary_key}]}, {name: name, data_type: text}]
    versions:
      - v: 1
        columns: [{include: [id]}]
      - v: 2
  - name: region
    config: {grants: {select: [a_reader]}}
    columns: [{name: name, data_type: text, constraints: [{type: primary_key}]}]
  - name: order_lines
    constraints:
      - {type: foreign_key, columns: [tenant, number], to: ref('orders'), to_columns: [tenant, number]}
      - {type: foreign_key, columns: [region], expression: analytics.region (name)}
      - {type: foreign_key, columns: [unit], to: "ref('other', 'unit')", to_columns: [code]}
    columns:
      - {name: id, data_type: bigint, constraints: [{type: primary_key}]}
      - {name: tenant, data_type: bigint}
      - {name: number, data_type: bigint}
      - name: place_id
        data_type: bigint
        constraints: [{type: foreign_key, to: "ref('place', v=2)", to_columns: [id]}]
      - {name: unit, data_type: text}
      - {name: region, data_type: text}
"""


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


@pytest.mark.long
def test_foreign_keys_of_every_documented_form_are_kept(loaded_project: "Warehouse") -> None:
    project = loaded_project
    project.query(INPUT)
    project.query("drop role if exists a_reader")
    project.query("create role a_reader")
    write(project.root / "models" / "marts" / "keys", {**MODELS, "keys.yml": CONTRACTS})
    write(project.root / "other" / "models", {"unit.sql": UNIT, "unit.yml": UNIT_CONTRACT})
    write(project.root / "other", {"dbt_project.yml": "{name: other, version: 1.0.0, config-version: 2}"})
    write(project.root, {"packages.yml": "packages: [{local: other}]"})
    assert project.dbt("deps").returncode == 0
    ours = ("marts.keys", "other")
    done = project.dbt("run", "-s", *ours)
    assert done.returncode == 0, done.stdout
    keys = project.query(FOREIGN_KEYS)
    assert keys == [
        ("analytics.order_lines", f"FOREIGN KEY ({columns}) REFERENCES analytics.{parent}")
        for columns, parent in (
            ("place_id", "place_v2(id)"),
            ("region", "region(name)"),
            ("tenant, number", "orders(tenant, number)"),
            ("unit", "unit(code)"),
        )
    ]
    for arguments in (
        ("-s", "orders", "place", "region", "unit", "--full-refresh"),
        ("-s", *ours, "--full-refresh"),
        ("-s", *ours),
    ):
        done = project.dbt("run", *arguments)
        assert done.returncode == 0, done.stdout
        assert project.query(FOREIGN_KEYS) == keys
    assert project.query("select has_table_privilege('a_reader', 'analytics.region', 'select')") == [(True,)]

    project.query("delete from input.orders where tenant = 2")
    project.query("delete from input.region")
    done = project.dbt("run", "-s", "orders", "region")
    assert done.returncode == 1
    assert "order_lines.(tenant, number) refers to (2, 1), not in orders" in done.stdout
    assert "order_lines.region: Key (region)=(north) is not present in table" in done.stdout
    assert "keyboard" not in done.stdout
    project.query("insert into input.orders values (2, 1, 7)")
    project.query("insert into input.region values ('north')")
    assert project.dbt("run", "-s", *ours).returncode == 0
    assert project.query(FOREIGN_KEYS) == keys

    project.query("alter table analytics.orders drop constraint orders_pkey cascade")
    done = project.dbt("run", "-s", "place")
    assert done.returncode == 1
    assert "order_lines.(tenant, number): there is no unique constraint" in done.stdout
    assert "keyboard" not in done.stdout


def test_a_hook_that_fails_is_a_failure_and_no_interrupt(loaded_project: "Warehouse") -> None:
    contract = """
models:
  - name: nowhere
    config: {materialized: ephemeral, contract: {enforced: false}}
  - name: child
    columns:
      - name: id
        data_type: bigint
        constraints: [{type: primary_key}, {type: foreign_key, to: ref('nowhere'), to_columns: [id]}]
"""
    models = {"nowhere.sql": "select 1::bigint as id", "child.sql": "select 1::bigint as id", "child.yml": contract}
    write(loaded_project.root / "models" / "marts" / "keys", models)
    for selected in ("child", "stg_small__t"):
        done = loaded_project.dbt("run", "-s", selected)
        assert done.returncode == (1 if selected == "child" else 0), done.stdout
        assert "keyboard" not in done.stdout
    loaded_project.query("drop function analytics.count_rows(text, text) cascade")
    loaded_project.query(
        "create function analytics.count_rows(relation text, condition text) returns text language sql as 'select $1'"
    )
    done = loaded_project.dbt("run", "-s", "stg_small__t")
    assert done.returncode == 1
    assert "on-run-start.0 failed" in done.stdout
    assert "cannot change return type of existing function" in done.stdout
    assert "OK created" not in done.stdout


def test_rows_may_swap_what_is_unique(loaded_project: "Warehouse") -> None:
    contract = """
models:
  - name: seat
    config: {indexes: [{columns: [label], unique: true}]}
    columns:
      - {name: id, data_type: bigint, constraints: [{type: primary_key}]}
      - {name: number, data_type: bigint, constraints: [{type: unique}]}
      - {name: label, data_type: text}
  - name: ticket
    columns:
      - {name: id, data_type: bigint, constraints: [{type: primary_key}]}
      - name: seat_number
        data_type: bigint
        constraints: [{type: foreign_key, to: ref('seat'), to_columns: [number]}]
"""
    models = {
        "seat.sql": "select id, number, label from input.seat",
        "ticket.sql": "select id, seat_number from input.ticket",
        "seat.yml": contract,
    }
    project = loaded_project
    write(project.root / "models" / "marts" / "seats", models)
    project.query("create schema input")
    project.query(
        "create table input.seat as select id, id * 10 as number, 'label ' || id as label"
        " from (values (1::bigint), (2)) as ids (id)"
    )
    project.query("create table input.ticket as select 1::bigint as id, 10::bigint as seat_number")
    done = project.dbt("run", "-s", "marts.seats")
    assert done.returncode == 0, done.stdout
    project.query("create table public.guest (seat bigint constraint by_hand references analytics.seat (number))")
    project.query("insert into public.guest values (20)")
    unique = (
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = 'analytics.seat'::regclass order by 1"
    )
    referring = "select conname from pg_constraint where confrelid = 'analytics.seat'::regclass order by 1"
    indexes, keys = project.query(unique), project.query(referring)
    assert len(indexes) == 3
    assert len(keys) == 2

    project.query("update input.seat set number = 30 - number, label = 'label ' || 3 - id")
    done = project.dbt("run", "-s", "marts.seats")
    assert done.returncode == 0, done.stdout
    swapped = [(1, 20, "label 2"), (2, 10, "label 1")]
    assert project.query("select * from analytics.seat order by id") == swapped
    assert project.query(unique) == indexes
    assert project.query(referring) == keys

    project.query("update input.seat set number = 99 where number = 10")
    project.query("update input.ticket set seat_number = 99")
    done = project.dbt("run", "-s", "marts.seats")
    assert done.returncode == 0, done.stdout
    swapped = [(1, 20, "label 2"), (2, 99, "label 1")]
    assert project.query("select * from analytics.seat order by id") == swapped
    assert project.query(referring) == keys

    project.query("update input.seat set number = 10")
    done = project.dbt("run", "-s", "seat")
    assert done.returncode == 1
    assert 'could not create unique index "seat_number_key"' in done.stdout
    assert "Key (number)=(10) is duplicated." in done.stdout
    assert project.query("select * from analytics.seat order by id") == swapped
    assert project.query(unique) == indexes
    assert project.query(referring) == keys
