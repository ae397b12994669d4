"""A load replaces what was there or changes nothing; the ledger tells which, and exit code 0 that every row arrived."""

import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

CHANGED = "holds 2 rows in SQLite and 2 in PostgreSQL (digests"
OUTCOMES = "select outcome from ledger.loads order by load_id"
SABOTAGE = {
    "swallows a row": ("if new.a = '2' then return null; end if;", "holds 2 rows in SQLite and 1 in PostgreSQL"),
    "adds a row": ("if new.a = '2' then insert into raw_app.t values (7, '7'); end if;", "and 3 in PostgreSQL"),
    "swaps a row for another": (
        "if new.a = '2' then return null; end if; insert into raw_app.t select new.* where pg_trigger_depth() = 1;",
        CHANGED,
    ),
    "changes a value": ("new.a := replace(new.a, '2', '3');", CHANGED),
    "adds a space": ("new.a := new.a || ' ';", CHANGED),
    "writes a NULL out": (r"new.b := coalesce(new.b, '\N');", CHANGED),
    "turns a NULL into a text": ("new.b := coalesce(new.b, '');", CHANGED),
    "turns a text into NULL": ("new.b := nullif(new.b, '');", CHANGED),
    "exchanges rows' values": ("new.a := translate(new.a, '24', '42');", CHANGED),
    "exchanges a row's values": ("select new.a, new.b into new.b, new.a;", CHANGED),
    "exchanges rows": ("new._source_row := 3 - new._source_row;", CHANGED),
    "moves rows": ("new._source_row := new._source_row + 4294967296;", CHANGED),
    "fails": ("raise exception 'not today';", "PostgreSQL refused the load (not today"),
    "cuts the connection": ("perform pg_terminate_backend(pg_backend_pid());", "PostgreSQL broke off the load"),
}


def test_the_ledger_counts_digests_and_profiles_what_postgresql_holds(project: "Project", renderer: str) -> None:
    project.make(
        "create table t (a text, b); create table u (c integer);"
        "insert into t values ('x', 1), ('y', 2.5), (null, 0.5), ('ü', x'00'), ('', null)"
    )
    project.load()
    content = project.file.read_bytes()
    loads = project.query("select database_name, file, sha256, bytes, outcome, message from ledger.loads")
    assert loads == [("app", str(project.file), sha256(content).hexdigest(), len(content), "loaded", None)]
    if renderer == "C":
        ((hashes,),) = project.query(
            "select sum(hashtextextended(coalesce(b, '\\null'), hashtextextended(coalesce(a, '\\null'), _source_row)))"
            " from raw_app.t"
        )
        digests = [f"{int(hashes) % 2**64:016x}", "0" * 16]
    else:
        lines = [b"1\tx\t1\n2\ty\t2.5\n3\t\\N\t0.5\n4\t\xc3\xbc\t\\\\x00\n5\t\t\\N\n", b""]
        digests = [sha256(each).hexdigest() for each in lines]
    assert project.query(
        "select table_name, source_rows, landed_rows, source_digest, landed_digest from ledger.table_loads order by 1"
    ) == [("t", 5, 5, *digests[:1] * 2), ("u", 0, 0, *digests[1:] * 2)]
    assert project.query(
        "select table_name, column_name, declared_type, integers, reals, texts, blobs, nulls"
        " from ledger.column_profiles order by 1, 2"
    ) == [("t", "a", "TEXT", 0, 0, 4, 0, 1), ("t", "b", "", 1, 2, 0, 1, 1), ("u", "c", "INTEGER", 0, 0, 0, 0, 0)]


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize(("body", "sentence"), SABOTAGE.values(), ids=SABOTAGE.keys())
def test_a_load_with_which_a_trigger_interferes_is_rolled_back(project: "Project", body: str, sentence: str) -> None:
    project.declare({"t": ["a", "b"]})
    project.make("create table t (a, b); insert into t values (1, null)")
    project.load()
    project.query(f"create function spoil() returns trigger language plpgsql as $$ begin {body} return new; end $$")
    project.query("create trigger spoil before insert on raw_app.t for each row execute function spoil()")
    project.make("delete from t; insert into t values (2, null), (4, '')")
    done = project.synapse("load")
    assert (done.exit_code, done.stderr.count("\n"), done.stderr[:5]) == (1, 1, "app: ")
    assert sentence in done.stderr
    assert "rolled back" in done.stderr
    assert project.column("select a from raw_app.t") == ["1"]
    assert project.query("select outcome, message from ledger.loads order by load_id") == [
        ("loaded", None),
        ("failed", done.stderr.strip()),
    ]


def test_where_postgresql_hashes_otherwise_all_is_sent_back(
    project: "Project", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synapse_analytics.postgres.raw_rows.hash_row", lambda *_: 0)
    project.make("create table t (a); insert into t values (1)")
    project.load()
    assert project.column("select landed_digest from ledger.table_loads") == [sha256(b"1\t1\n").hexdigest()]


def test_a_reload_replaces_rows_adds_columns_and_keeps_views_and_history(project: "Project") -> None:
    project.make("create table t (a); insert into t values (1), (2)")
    project.load()
    project.query("create view seen as select a from raw_app.t")
    project.make(
        "delete from t where a = 1; insert into t values (3), (4); alter table t add column ctid default 'new'"
    )
    project.load()
    assert sorted(project.column("select a from seen")) == ["2", "3", "4"]
    assert project.landed() == project.content()
    assert project.column("select landed_rows from ledger.table_loads order by load_id") == [2, 3]
    assert project.column("select column_name from ledger.names") == ["ctid"]


@pytest.mark.parametrize(
    ("change", "what", "views"),
    [
        ("alter table t drop column b", "column t.b", ["first", "second"]),
        ("drop table t", "table t", ["first", "second", "third"]),
    ],
    ids=["column", "table"],
)
def test_what_vanished_is_refused_naming_all_views_on_it_and_dropped_with_rebuild(
    project: "Project", change: str, what: str, views: list[str]
) -> None:
    project.make("create table t (a, b); insert into t values (1, 2); create table u (ctid)")
    project.load()
    project.query("create view first as select b from raw_app.t; create view second as select * from first")
    project.query(
        "create view third as select a from raw_app.t; create view other as select _source_row from raw_app.u"
    )
    project.make(change)
    done = project.synapse("load")
    named = ", ".join(f"public.{view}" for view in views)
    sentence = f"raw_app: the {what} is no longer loaded from the file; `synapse load --rebuild` drops it, and {named}"
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1, f"{sentence} with it.")
    assert project.query("select a, b from raw_app.t") == [("1", "2")]
    assert project.column(OUTCOMES) == ["loaded", "failed"]
    assert project.column("select column_name from ledger.names") == ["ctid"]

    done = project.load("--rebuild")
    assert f"raw_app: the {what} was dropped, and {named} with it" in done.stderr
    assert project.landed() == project.content()
    left = project.column("select viewname from pg_views where schemaname = 'public'")
    assert set(left) == {"first", "second", "third", "other"} - set(views)


def test_one_table_that_cannot_be_read_leaves_all_tables_of_its_database(project: "Project") -> None:
    project.make("create table a (x); insert into a values (1); create table z (x); insert into z values (1)")
    project.load()
    project.make("update a set x = 2; alter table z add column y as (twice(x))")
    done = project.synapse("load")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith(f"app: {project.file} cannot be read (unknown function: twice())")
    assert project.column("select x from raw_app.a") == ["1"]
    assert project.column(OUTCOMES) == ["loaded", "failed"]


def test_a_file_given_by_its_path_is_the_declared_database_or_one_of_its_own(project: "Project") -> None:
    project.make("create table t (a)")
    declared = project.file.rename(project.file.with_name("called otherwise.db"))
    source = {"name": "app", "schema": "raw_app", "config": {"meta": {"sqlite_file": declared.name}}}
    project.sources().write_text(yaml.safe_dump({"sources": [source]}))
    for name in ("other thing.db", "app.db"):
        (project.root / name).write_bytes(declared.read_bytes())
    project.load(str(declared), "other thing.db")
    assert project.schemas() == ["ledger", "raw_app", "raw_other thing"]
    done = project.synapse("load", "app", "app=./app.db")
    assert (done.exit_code, done.stderr.partition(" are ")[2]) == (1, "one schema: load one of them.\n")


def test_a_file_takes_the_place_of_another_of_its_name_only_where_both_are_named(project: "Project") -> None:
    project.make("create table t (a); insert into t values ('declared')")
    elsewhere = project.root / "else where" / "app.db"
    elsewhere.parent.mkdir()
    with closing(sqlite3.connect(elsewhere)) as other:
        other.executescript("create table t (a); insert into t values ('elsewhere')")
    project.load()
    for verb in ("check", "load", "verify"):
        done = project.synapse(verb, "else where/app.db")
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == (
            f"app: it is declared as {project.file}, and {elsewhere} would take its place: if it is to, say so:"
            f" `synapse load 'app={elsewhere}'`.\n"
        )
    assert project.column("select a from raw_app.t") == ["declared"]
    assert project.synapse("check", "app=else where/app.db").exit_code == 0
    assert "row 1: a differs" in project.synapse("verify", "app=else where/app.db").stderr
    project.load("app=else where/app.db")
    assert project.column("select a from raw_app.t") == ["elsewhere"]
    assert project.synapse("verify", "app=else where/app.db").exit_code == 0


@pytest.mark.parametrize("verb", ["check", "load", "add"])
def test_a_file_that_is_not_declared_takes_the_place_of_another_only_where_both_are_named(
    project: "Project", verb: str
) -> None:
    files = [project.root / folder / "crm.db" for folder in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        with closing(sqlite3.connect(file)) as other:
            other.execute(f"create table t as select '{file.parent.name}' as a")
            other.commit()
    project.load("one/crm.db")
    done = project.synapse(verb, "two/crm.db")
    assert (done.exit_code, done.stderr.splitlines(keepends=True)[-1]) == (
        1,
        f"crm: it was last loaded from {files[0]}, and {files[1]} would take its place: if it is to, say so:"
        f" `synapse load crm={files[1]}`.\n",
    )
    assert project.column("select a from raw_crm.t") == ["one"]
    project.load("one/../one/crm.db")
    project.load(f"crm={files[1]}")
    assert project.column("select a from raw_crm.t") == ["two"]
    project.load("two/crm.db")


def test_a_column_that_has_another_type_than_at_its_last_load_is_named_until_it_is_loaded(project: "Project") -> None:
    project.declare({"t": ["a", "b"]})
    project.make("create table t (a text, b varchar(9), c text); insert into t values ('2.50', 'x', '1')")
    assert "since the last load" not in project.load().stderr
    project.make("drop table t; create table t (a 'big  INT', b VARCHAR(9), c); insert into t values (250, 'x', 1)")
    note = (
        "app: since the last load, the table t changed the type of a from text to big int:"
        " see whether the casts in staging still fit, and the units are the same."
    )
    undeclared = "app: the column t.c is not declared: loaded, but no model reads it."
    assert project.synapse("check").stderr.splitlines() == [undeclared, note]
    assert project.load().stderr.splitlines() == [undeclared, note]
    assert project.synapse("check").stderr.splitlines() == [undeclared]
