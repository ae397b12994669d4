"""What columns are called in staging and after, where SQLite's names would need quotes."""

import shutil
from contextlib import closing

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from synapse_analytics.raw_format import TAKEN_NAMES, raw_name
from synapse_analytics.scaffold.names import name_columns
from synapse_analytics.sqlite.catalogue import fold
from tests.conftest import Warehouse
from tests.project.conftest import add

SHOP = """
    create table "Customers" (
        "ContactId" integer primary key, "Full Name" text, "group" text unique, "a b" int, a_b int, "2024 sales" real,
        "größe" text, "Größe (cm)" real, "%" text, "Source Database" text, "NULL" text
    );
    insert into "Customers" values
        (7, 'Ada', 'a', 1, 2, 3.5, 'x', 1.5, 'y', 'z', 'n'), (8, 'Bo', 'b', 1, 2, 3.5, 'x', 1.5, 'y', 'z', 'm');
    create table "Order Lines" (
        "OrderID" int, "LineNo" int, "CustomerId" int references "Customers" ("ContactId"),
        primary key ("OrderID", "LineNo")
    );
    insert into "Order Lines" values (1, 1, 7), (1, 2, 8);
    create table notes (
        "OrderID" int, "LineNo" int, "Note" text,
        foreign key ("OrderID", "LineNo") references "Order Lines" ("OrderID", "LineNo")
    );
    insert into notes values (1, 1, 'hi');
"""
CALLED = [
    *("contact_id", "full_name", "group_", "a_b_2", "a_b", "_2024_sales", "größe", "größe_cm", "unnamed"),
    *("source_database_2", "null_"),
]
COLUMNS = (
    "select attname from pg_attribute where attrelid = 'analytics.customers'::regclass and attnum > 0"
    " and attname not in ('source_database', 'warehouse_updated_at') order by attnum"
)


@pytest.fixture
def shop(empty_project: Warehouse) -> Warehouse:
    with empty_project.sqlite("shop") as source:
        source.executescript(SHOP)
    return empty_project


def build(project: Warehouse, *options: str) -> None:
    done = add("--marts", "sales", *options, project.sqlite_dir / "shop.db")
    assert done.exit_code == 0, done.stderr
    for run, *arguments in ((project.dbt, "build"), (project.synapse, "report")):
        done = run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_nobody_has_to_quote_a_column_and_what_is_wrong_is_said_by_its_own_name(shop: Warehouse) -> None:
    build(shop)
    assert [name for (name,) in shop.query(COLUMNS)] == CALLED
    keys = shop.query(
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
        " where connamespace = 'analytics'::regnamespace and contype in ('p', 'f') and conrelid::regclass::text <>"
        " 'analytics.row_ledger' order by 1, 2"
    )
    assert keys == [
        ("analytics.customers", "PRIMARY KEY (contact_id)"),
        ("analytics.notes", "PRIMARY KEY (_source_row)"),
        ("analytics.order_lines", "FOREIGN KEY (customer_id) REFERENCES analytics.customers(contact_id)"),
        ("analytics.order_lines", "PRIMARY KEY (order_id, line_no)"),
    ]
    described = "select col_description('analytics.customers'::regclass, 1), count(*) from ledger.names"
    assert shop.query(described) == [("TODO: Whole numbers from 7 to 8; never null. `ContactId` in the source.", 0)]

    with shop.sqlite("shop") as source:
        source.execute("""update "Customers" set "a b" = 'few' where "ContactId" = 7""")
        source.execute("""alter table "Customers" add column "Net Price" real""")
    done = shop.synapse("load")
    assert done.returncode == 0
    assert "primary key" not in done.stderr
    assert shop.dbt("build").returncode == 1
    assert shop.query("select source_table, column_name, raw_value from analytics.rejected_values") == [
        ("Customers", "a b", "few")
    ]
    assert shop.query("select a_b_2, a_b from analytics.customers order by 1") == [(1, 2), (None, 2)]
    with (shop.root / "seeds" / "accepted_odd_values.csv").open("a", encoding="utf-8") as seed:
        seed.write("shop,Customers,a b,few,counted by hand\n")
    assert shop.dbt("build").returncode == 0

    proposed = add("--marts", "sales", "--diff", shop.sqlite_dir / "shop.db").stdout
    added = [line[1:].strip() for line in proposed.splitlines() if line.startswith("+ ")]
    lines = {"net_price,", "{{ as_double('Net Price') }} as net_price,", "- name: net_price", "- name: Net Price"}
    assert lines < set(added)

    with shop.sqlite("shop") as source:
        source.execute("""create table other as select * from "Customers" """)
        source.execute("""drop table "Customers" """)
        source.execute(SHOP.split(";")[0].replace(" primary key", "").replace('"group" text unique', '"group" text'))
        source.execute("""alter table "Customers" add column "Net Price" real""")
        names = ", ".join(f'"{row[1]}"' for row in source.execute("pragma table_info('Customers')"))
        source.execute(f"""insert into "Customers" select {names} from other""")
        source.execute("drop table other")
    done = shop.synapse("load")
    said = "the primary key of the table Customers is none in the file, and (contact_id) in analytics.customers"
    assert said in done.stderr


def test_names_are_kept_if_somebody_wants_them(shop: Warehouse) -> None:
    build(shop, "--keep-names")
    columns = [name for (name,) in shop.query(COLUMNS)]
    assert columns[:4] == ["ContactId", "Full Name", "group", "a b"]
    assert columns[-2:] == [raw_name("Source Database"), "NULL"]
    shutil.rmtree(shop.root / "models" / "marts" / "sales")
    build(shop)  # a later one follows the staging that is there
    assert [name for (name,) in shop.query(COLUMNS)] == columns


@settings(deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=8, unique_by=fold))
@example(names=["A b", "a_b", "a-b", "a_b_2", "Ab", "ab ", "a b"])
@example(
    names=["group", "Group_", "left", "\u0130", "\ufb01", "\xb2", "x" * 80, "X" * 80, "\xdf" * 70, "Ctid", "1a", "_"]
)
def test_any_names_become_others_that_postgresql_takes_without_quotes(
    empty_warehouse: Warehouse, names: list[str]
) -> None:
    raw = [raw_name(name) for name in names]
    with closing(empty_warehouse.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("select word from pg_get_keywords() where catcode in ('R', 'T')")
        called = name_columns(raw, {}, {word for (word,) in cursor.fetchall()}, keep_names=False)
        assert list(called) == raw
        assert not TAKEN_NAMES & set(called.values())
        cursor.execute(f"create temp table t ({', '.join(f'{name} int' for name in called.values())})")
        cursor.execute("select * from t")
        assert [column.name for column in cursor.description] == list(called.values())
