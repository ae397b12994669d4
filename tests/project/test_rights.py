"""Three logins, none of them a superuser, run the pipeline that docs/roles.sql divides among them, and do no more."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from loaders import server
from tests.conftest import ROOT, Warehouse, create_database

if TYPE_CHECKING:
    from subprocess import CompletedProcess

GOVERNED = "governed"
PROJECT = ("staging", "intermediate", "seeds", "analytics", "failures")
RELATIONS = (
    "select relname from pg_class where relnamespace = 'analytics'::regnamespace and relkind in ('r', 'p', 'v')"
    " order by 1"
)
LEDGER = "select source_database, source_table, raw_rows, staged_rows, final_rows, balances from analytics.row_ledger"


def as_role(warehouse: Warehouse, role: str) -> Warehouse:
    return replace(warehouse, environment={**warehouse.environment, "PGUSER": role})


def set_up(environment: dict[str, str], database: str) -> None:
    """What an administrator does: a database, and docs/roles.sql as its owner, who is no superuser either."""
    create_database(environment, database)
    owner = Warehouse(Path(), {**environment, "PGDATABASE": database})
    owner.query(
        "do $$ begin if to_regrole('administrator') is null then"
        " create role administrator login createrole; end if; end $$"
    )
    # Whoever creates a role may give it away; on a server that has the roles already, the administrator is told so.
    owner.query(
        "do $$ declare name text; begin for name in select rolname from pg_roles where rolname like 'synapse\\_%' loop"
        " execute format('grant %I to administrator with admin option', name); end loop; end $$"
    )
    owner.query(f"alter database {database} owner to administrator")
    script = ["psql", "--no-psqlrc", "--quiet", "--file", str(ROOT / "docs" / "roles.sql")]
    done = subprocess.run(
        [server._programs() / script[0], *script[1:]],
        env={**environment, "PGDATABASE": database, "PGUSER": "administrator"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def governed(
    postgres: dict[str, str], samples: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, "CompletedProcess[str]"]]:
    """The samples, loaded by synapse_loader and built by synapse_dbt; and what dbt said."""
    set_up(postgres, GOVERNED)
    own = tmp_path_factory.mktemp("dbt")  # another login in the profile would make everybody's dbt parse anew
    warehouse = Warehouse(
        samples,
        {
            **postgres,
            "PGDATABASE": GOVERNED,
            "SYNAPSE_SQLITE_DIR": str(samples),
            "DBT_TARGET_PATH": str(own / "target"),
            "DBT_LOG_PATH": str(own / "logs"),
        },
    )
    done = as_role(warehouse, "synapse_loader").synapse("load")
    assert done.returncode == 0, done.stderr
    done = as_role(warehouse, "synapse_dbt").dbt("build")
    assert done.returncode == 0, done.stdout
    yield warehouse, done


@pytest.fixture
def warehouse_of_three(governed: tuple[Warehouse, "CompletedProcess[str]"]) -> Warehouse:
    return governed[0]


def test_the_pipeline_runs_without_a_superuser(governed: tuple[Warehouse, "CompletedProcess[str]"]) -> None:
    warehouse, built = governed
    special = "rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
    assert warehouse.query(f"select rolname from pg_roles where rolname like 'synapse\\_%' and ({special})") == []
    assert (
        warehouse.query(
            "select member::regrole::text from pg_auth_members where roleid::regrole::text like 'synapse\\_%'"
            " and member <> 'administrator'::regrole"
        )
        == []
    )
    assert (
        warehouse.query(
            "select 1 from pg_auth_members where roleid::regrole::text like 'synapse\\_%'"
            " and (inherit_option or set_option)"
        )
        == []
    )
    owners = dict(warehouse.query("select nspname, nspowner::regrole::text from pg_namespace where oid > 16383"))
    raw = {name for name in owners if name.startswith("raw_")}
    assert len(raw) == 11
    assert owners == dict.fromkeys(PROJECT, "synapse_dbt") | dict.fromkeys({*raw, "ledger"}, "synapse_loader")
    assert (
        warehouse.query(
            "select relname from pg_class where relnamespace::regnamespace::text = any(%s) "
            " and relowner <> 'synapse_dbt'::regrole",
            [list(PROJECT)],
        )
        == []
    )
    # pg_trgm may be made by who may create; the others need a superuser, and their absence is said once.
    assert warehouse.query("select extname from pg_extension where extname = 'pg_trgm'") == [("pg_trgm",)]
    assert built.stdout.count("This server lacks moddatetime, pg_stat_statements, or does not let us create it") == 1

    report = as_role(warehouse, "synapse_dbt").synapse("report")
    assert (report.returncode, report.stderr) == (0, "")
    assert "every row is accounted for" in report.stdout


def test_a_reader_reads_all_of_analytics_and_what_is_made_there_later(warehouse_of_three: Warehouse) -> None:
    reader, dbt = (as_role(warehouse_of_three, role) for role in ("synapse_reader", "synapse_dbt"))
    relations = [name for (name,) in reader.query(RELATIONS)]
    assert {"posts", "rejected_values", "row_ledger"} < set(relations)
    for name in relations:
        statement = f"select t::text from analytics.{name} as t order by 1"
        assert reader.query(statement) == dbt.query(statement)
    dbt.query("create table analytics.later as select 1 as one; create view analytics.latest as table analytics.later")
    try:
        assert reader.query("select * from analytics.later, analytics.latest") == [(1, 1)]
    finally:
        dbt.query("drop table analytics.later cascade")


def test_the_row_ledger_counts_for_a_reader_when_it_is_read(warehouse_of_three: Warehouse) -> None:
    reader, loader = (as_role(warehouse_of_three, role) for role in ("synapse_reader", "synapse_loader"))
    before = reader.query(LEDGER)
    assert len(before) == 37
    assert all(balances for *_, balances in before)
    found = f"{LEDGER} where source_database = 'ab_testing' and source_table = 'ab_tests'"
    ((*_, rows, _, _, _),) = reader.query(found)
    loader.query("insert into raw_ab_testing.ab_tests select (t).* from raw_ab_testing.ab_tests as t limit 1")
    try:
        ((*_, grown, staged, final, balances),) = reader.query(found)
        assert (grown, staged, final, balances) == (rows + 1, rows + 1, rows, False)
    finally:
        loader.query("delete from raw_ab_testing.ab_tests where ctid = (select max(ctid) from raw_ab_testing.ab_tests)")
    loader.query("alter table raw_ab_testing.ab_tests rename to gone")
    try:
        ((*_, missing, _, _, balances),) = reader.query(found)
        assert (missing, balances) == (None, False)
    finally:
        loader.query("alter table raw_ab_testing.gone rename to ab_tests")
    assert reader.query(LEDGER) == before


def test_nothing_that_takes_arguments_runs_with_the_rights_of_another(warehouse_of_three: Warehouse) -> None:
    """A function that took SQL, or a search_path of its caller's, would make every reader the owner of analytics."""
    definers = "select oid::regprocedure::text, proconfig from pg_proc where prosecdef and oid > 16383"
    assert warehouse_of_three.query(definers) == [("analytics.count_table_rows()", ['search_path=""'])]
    reader = as_role(warehouse_of_three, "synapse_reader")
    connection = reader.connect()
    with connection, connection.cursor() as cursor:
        # Neither does what the caller put before pg_catalog matter.
        cursor.execute("set search_path = raw_ab_testing, analytics, pg_catalog")
        cursor.execute("select count(*), sum(raw_rows) > 0 from analytics.count_table_rows()")
        assert cursor.fetchall() == [(37, True)]
    connection.close()


POSTS = "raw_content_analytics.posts"
ANYTHING = [
    "create schema mine",
    "create table public.mine (a int)",
    "create view public.mine as select 1 as a",
    "create function public.mine() returns int language sql as 'select 1'",
    "create role mine",
    "create extension moddatetime schema public",
    "copy (select 1) to '/tmp/mine'",
    "copy pg_class from program 'true'",
    "alter default privileges for role synapse_dbt in schema analytics grant all on tables to public",
    "set role synapse_dbt",
    "set session_replication_role = replica",
]
FORBIDDEN = {
    "synapse_loader": [
        *("create table analytics.mine (a int)", "create table staging.mine (a int)"),
        *("create function analytics.mine() returns int language sql as 'select 1'", "drop schema analytics cascade"),
        *("insert into analytics.posts default values", "update analytics.posts set views = 0"),
        *("delete from analytics.posts", "truncate analytics.posts", "drop table analytics.posts"),
        *("alter table analytics.posts add mine int", "drop view staging.stg_content_analytics__posts"),
        *("create trigger mine before insert on analytics.posts execute function tsvector_update_trigger()",),
        *("select * from analytics.posts", "select * from analytics.row_ledger", "table seeds.platforms"),
        *("select * from staging.stg_content_analytics__posts", "select * from analytics.count_table_rows()"),
        *(
            "create or replace function analytics.count_rows(relation text, condition text) returns bigint"
            " language sql as 'select 0::bigint'",
        ),
        *(statement for statement in ANYTHING if statement != "create schema mine"),
    ],
    "synapse_dbt": [
        *(f"insert into {POSTS} (_source_row) values (0)", f"update {POSTS} set views = 0", f"delete from {POSTS}"),
        *(f"truncate {POSTS}", f"drop table {POSTS}", f"alter table {POSTS} add mine text"),
        *("create table raw_content_analytics.mine (a int)", "drop schema raw_content_analytics cascade"),
        *("insert into ledger.names values ('a', 'b', 'c', 'd')", "update ledger.loads set outcome = 'loaded'"),
        *("delete from ledger.table_loads", "truncate ledger.column_profiles", "drop table ledger.loads cascade"),
        *("create table ledger.mine (a int)", "drop schema ledger cascade"),
        *(s for s in ANYTHING if s not in ("create schema mine", "set role synapse_dbt") and "alter default" not in s),
    ],
    "synapse_reader": [
        *(f"select * from {POSTS}", "select * from ledger.loads", "table seeds.platforms"),
        *("select * from staging.stg_content_analytics__posts", "select * from intermediate.int_latest_table_loads"),
        *("insert into analytics.posts default values", "update analytics.posts set views = 0"),
        *("delete from analytics.posts", "truncate analytics.posts", "drop table analytics.posts"),
        "alter table analytics.posts add mine int",
        *("create table analytics.mine (a int)", "create temporary table mine (a int)"),
        *("create or replace view analytics.row_ledger as select 1 as a", "comment on table analytics.posts is ''"),
        *("select analytics.count_rows('pg_class', 'true')", "select analytics.count_rows('pg_authid', 'true')"),
        *("lock table analytics.posts in access exclusive mode", "drop function analytics.count_table_rows() cascade"),
        *ANYTHING,
    ],
}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_what_is_another_roles_part_is_refused(warehouse_of_three: Warehouse, role: str) -> None:
    before = as_role(warehouse_of_three, "synapse_dbt").query(LEDGER)
    connection = as_role(warehouse_of_three, role).connect()
    allowed = {}
    for statement in FORBIDDEN[role]:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
            allowed[statement] = "done"
        except psycopg2.Error as error:
            if error.pgcode != "42501":  # insufficient_privilege; anything else was not refused for want of a right
                allowed[statement] = str(error)
        connection.rollback()
    connection.close()
    assert allowed == {}
    assert as_role(warehouse_of_three, "synapse_dbt").query(LEDGER) == before


def test_commands_of_another_role_say_what_is_missing(warehouse_of_three: Warehouse) -> None:
    reader = as_role(warehouse_of_three, "synapse_reader")
    for verb, words in (("load", "The user synapse_reader may not create schemas in governed"), ("report", "ledger")):
        done = reader.synapse(verb)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert words in done.stderr


@pytest.mark.long
def test_a_second_load_and_build_and_new_tables_stay_within_the_rights(warehouse_of_three: Warehouse) -> None:
    loader, dbt, reader = (
        as_role(warehouse_of_three, role) for role in ("synapse_loader", "synapse_dbt", "synapse_reader")
    )
    before = reader.query(LEDGER)
    loader.query("create schema raw_later; create table raw_later.t as select 1 as one")
    try:
        assert dbt.query("select one from raw_later.t") == [(1,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            reader.query("select one from raw_later.t")
    finally:
        loader.query("drop schema raw_later cascade")
    for done in (
        loader.synapse("load"),
        dbt.dbt("build"),
        dbt.dbt("run", "-s", "posts", "ab_tests", "--full-refresh"),
        dbt.dbt("build", "-s", "row_ledger"),
        dbt.dbt("docs", "generate"),
    ):
        assert done.returncode == 0, done.stdout + done.stderr
    assert reader.query(LEDGER) == before
    for (name,) in reader.query(RELATIONS):
        reader.query(f"select * from analytics.{name}")
    for name in ("posts", "ab_tests"):
        assert reader.query(f"select count(*) > 0 from analytics.{name}") == [(True,)]


@pytest.mark.long
def test_a_row_ledger_of_an_older_version_is_made_anew(warehouse: Warehouse) -> None:
    """PostgreSQL does not replace a function by one with other columns."""
    before = warehouse.query(LEDGER)
    warehouse.query("drop function analytics.count_table_rows() cascade")
    warehouse.query(
        "create function analytics.count_table_rows() returns table (source_database text) language sql as"
        " 'select null::text'; create view analytics.row_ledger as select * from analytics.count_table_rows()"
    )
    done = warehouse.dbt("build", "-s", "row_ledger")
    assert done.returncode == 0, done.stdout
    assert warehouse.query(LEDGER) == before
