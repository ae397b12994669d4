"""Three logins, none of them a superuser, run the pipeline that docs/roles.sql divides among them, and do no more."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from synapse_analytics.postgres import embedded
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
    done = run_script("roles.sql", {**environment, "PGDATABASE": database, "PGUSER": "administrator"})
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert done.stderr.endswith("have a superuser run docs/large_objects.sql in this database.\n")
    done = run_script("large_objects.sql", {**environment, "PGDATABASE": database})
    assert (done.returncode, done.stderr) == (0, "")


def run_script(name: str, environment: dict[str, str]) -> "CompletedProcess[str]":
    command = [embedded.programs() / "psql", "--no-psqlrc", "--quiet", "--file", ROOT / "docs" / name]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


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
    owners = dict(
        warehouse.query(
            "select nspname, nspowner::regrole::text from pg_namespace where nspname !~ '^pg_' and oid > 16383"
        )
    )
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
        # PostgreSQL's statistics go on while they are read, so of this view only the names of tables are compared.
        column = "table_name" if name == "table_health" else "t"
        statement = f"select {column}::text from analytics.{name} as t order by 1"
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
    assert warehouse_of_three.query(definers) == [("analytics.count_table_rows()", ["search_path=pg_catalog, pg_temp"])]
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
    *("select lo_create(0)", "select lo_from_bytea(0, 'mine')"),
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
        *("insert into ledger.locks values ('raw_app')", "select * from ledger.locks for key share"),
        *("lock table ledger.locks in row share mode", "lock table ledger.loads in share mode"),
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


def test_of_large_objects_only_reading_is_left(warehouse_of_three: Warehouse) -> None:
    left = as_role(warehouse_of_three, "synapse_reader").query(
        "select distinct proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace"
        " and prosrc like 'be\\_lo%' and has_function_privilege(oid, 'execute') order by 1"
    )
    read = ["lo_close", "lo_get", "lo_lseek", "lo_lseek64", "lo_open", "lo_tell", "lo_tell64", "loread"]
    assert [name for (name,) in left] == read


# Whoever is tricked into calling one of these gives a table to the world, in a schema that is theirs alone.
TRAP = """
    create schema {schema};
    grant all on schema {schema} to public;
    create function {schema}.spring() returns void language plpgsql as $$ begin
        if current_user = '{victim}' then
            create table if not exists {theirs}.proof (a int);
            grant all on {theirs}.proof to public;
        end if;
    end $$;
    create function {schema}.hashtextextended(text, integer) returns bigint language plpgsql as
    $$ begin perform {schema}.spring(); return 0; end $$;
    create function {schema}.pg_typeof(text) returns regtype language plpgsql as
    $$ begin perform {schema}.spring(); return 'text'::regtype; end $$;
    create function {schema}.trap() returns trigger language plpgsql as
    $$ begin perform {schema}.spring(); return new; end $$;
"""


def set_trap(thief: Warehouse, schema: str, victim: str, theirs: str) -> None:
    thief.query(TRAP.format(schema=schema, victim=victim, theirs=theirs))


def test_a_schema_named_after_a_login_gives_nobody_its_rights(warehouse_of_three: Warehouse) -> None:
    loader, dbt = (as_role(warehouse_of_three, role) for role in ("synapse_loader", "synapse_dbt"))
    set_trap(dbt, "synapse_loader", "synapse_loader", "ledger")
    set_trap(loader, "synapse_dbt", "synapse_dbt", "analytics")
    try:
        done = loader.synapse("load", "--force", "ab_testing")
        assert done.returncode == 0, done.stderr
        loader.query("update raw_ab_testing.ab_tests set status = 'no status'")
        done = dbt.dbt("run", "-s", "rejected_values", "row_ledger")
        assert done.returncode == 0, done.stdout
        assert dbt.query("select distinct column_name from analytics.rejected_values") == [("status",)]
        proofs = "select to_regclass('ledger.proof'), to_regclass('analytics.proof')"
        assert warehouse_of_three.query(proofs) == [(None, None)]
    finally:
        dbt.query("drop schema synapse_loader cascade; drop table if exists analytics.proof")
        loader.query("drop schema synapse_dbt cascade; drop table if exists ledger.proof")
        assert loader.synapse("load", "ab_testing").returncode == 0


def test_the_search_path_is_nobodys_where_startup_options_are_ignored_too(warehouse_of_three: Warehouse) -> None:
    """PgBouncer refuses them or, if told to, ignores them: then the settings of roles.sql are all there is."""
    paths = {"synapse_loader": "pg_catalog, pg_temp", "synapse_dbt": "pg_catalog, pg_temp"}
    warehouse_of_three.query("create role anna login in role synapse_reader")
    try:
        for role in (*paths, "synapse_reader", "anna"):
            path = paths.get(role, "public, pg_temp")
            assert as_role(warehouse_of_three, role).query("show search_path") == [(path,)]
    finally:
        warehouse_of_three.query("drop role anna")


def test_a_load_runs_no_trigger_of_another_login(warehouse_of_three: Warehouse, tmp_path: Path) -> None:
    loader, dbt = (as_role(warehouse_of_three, role) for role in ("synapse_loader", "synapse_dbt"))
    with closing(sqlite3.connect(tmp_path / "later.db")) as file:
        file.executescript("create table t (a); insert into t values (1)")
    set_trap(dbt, "raw_later", "synapse_loader", "ledger")
    try:
        dbt.query(
            "create table raw_later.t (_source_row bigint not null, a text); grant all on raw_later.t to public;"
            " create trigger trap before insert on raw_later.t for each row execute function raw_later.trap()"
        )
        for verb in ("check", "load"):
            done = loader.synapse(verb, str(tmp_path / "later.db"))
            assert (done.returncode, done.stdout) == (1, "")
            assert "later: the schema raw_later belongs to synapse_dbt, whose triggers would run" in done.stderr
        assert warehouse_of_three.query("select to_regclass('ledger.proof')") == [(None,)]
        assert dbt.query("table raw_later.t") == []
    finally:
        dbt.query("drop schema raw_later cascade")
        loader.query("drop table if exists ledger.proof")


def test_no_lock_that_a_reader_can_hold_holds_up_a_load(warehouse_of_three: Warehouse) -> None:
    loader, reader = (as_role(warehouse_of_three, role) for role in ("synapse_loader", "synapse_reader"))
    with closing(reader.connect()) as connection, connection.cursor() as cursor:
        for name in ("synapse ledger", "synapse load raw_ab_testing"):
            cursor.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        cursor.execute("select * from analytics.row_ledger")  # reads raw, by the function that counts
        done = loader.synapse("load", "--force", "ab_testing", PGOPTIONS="-c statement_timeout=60s")
        assert done.returncode == 0, done.stderr


def test_no_lock_that_any_login_can_hold_holds_up_a_build(warehouse_of_three: Warehouse) -> None:
    dbt, reader = (as_role(warehouse_of_three, role) for role in ("synapse_dbt", "synapse_reader"))
    with closing(reader.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtextextended('prepare_warehouse', 0))")
        done = dbt.dbt("run", "-s", "row_ledger", PGOPTIONS="-c statement_timeout=60s")
        assert done.returncode == 0, done.stdout


def test_a_build_that_waits_for_a_reader_ends(warehouse_of_three: Warehouse) -> None:
    dbt, reader = (as_role(warehouse_of_three, role) for role in ("synapse_dbt", "synapse_reader"))
    assert dbt.query("show lock_timeout") == [("10min",)]
    waits = f"alter role synapse_dbt in database {GOVERNED} set lock_timeout = "
    warehouse_of_three.query(f"{waits} '300ms'")
    try:
        with closing(reader.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from analytics.row_ledger limit 1")
            done = dbt.dbt("run", "-s", "row_ledger")
        assert done.returncode == 1
        assert "canceling statement due to lock timeout" in done.stdout
    finally:
        warehouse_of_three.query(f"{waits} '10min'")


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
