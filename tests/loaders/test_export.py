"""A file that `synapse export` writes is the file that was loaded: schema, settings, and every value to the byte."""

import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synapse_analytics import load
from synapse_analytics.export import export
from synapse_analytics.sqlite.write import write
from synapse_analytics.table import quote
from tests.loaders.caught import start
from tests.loaders.made_up import TABLES, fill, names, tables

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

PRAGMAS = ("encoding", "page_size", "auto_vacuum", "user_version", "application_id", "journal_mode", "integrity_check")
# Everything that a schema can have, in an order of its own.
EVERYTHING = """
    pragma page_size = 8192; pragma auto_vacuum = 2; pragma user_version = 42; pragma application_id = -7;
    create view early as select * from "it's"; -- of a table that comes later
    create table gone (id integer primary key autoincrement); drop table gone;
    create table "it's" (id integer primary key autoincrement, a text unique collate nocase, b check (b <> 'never'),
        made as (a || '!'), kept as (b + 1) stored /* {{ this }} */);
    insert into "it's" (id, a, b) values (5, 'x', 1), (9, 'Y', null), (-3, 'z', x'00ff');
    delete from "it's" where id = 9;
    create index by_b on "it's" (b desc) where a is not null;
    create trigger "t;" after insert on "it's" begin select raise(abort, 'no'); end;
    create table w (a text, b int, c, primary key (b desc, a collate nocase)) without rowid;
    insert into w values ('x', 1, 1.5), ('Y', 1, null), ('a', 2, '5');
    create unique index on_what on w (c || a, twice(b));
    create table s (a any, b int, r real) strict; insert into s values ('5', 5, -0.0), (x'', null, 9e999);
    create table child (a references w, "select" default (1 + 2), foreign key ("select") references "it's" (id));
    alter table child add column added default 'new'; insert into child values (1, 2, 'old');
    create table own (a text collate backwards unique); insert into own values ('b'), ('a');
    analyze; pragma journal_mode = wal;
"""


def backwards(left: str, right: str) -> int:
    return (left < right) - (left > right)


def read(project: "Project", file: Path) -> tuple[list, list, dict[str, list[str]]]:
    """Schema, settings and rows of a file, by another SQLite than the loader's: the one that Python brings."""
    with closing(sqlite3.connect(file)) as connection:
        connection.create_collation("backwards", backwards)
        connection.create_function("twice", 1, lambda value: value * 2, deterministic=True)
        pragmas = [connection.execute(f"pragma {name}").fetchall() for name in PRAGMAS]
        found = connection.execute(
            "select name, wr from pragma_table_list where schema = 'main' and type in ('table', 'shadow')"
            " and name <> 'sqlite_schema'"
        ).fetchall()
        connection.text_factory = bytearray
        schema = list(map(repr, connection.execute("select type, name, tbl_name, sql from sqlite_schema")))
        return schema, pragmas, {name: sorted(_rows(connection, name, wr)) for name, wr in found}


def _rows(connection: sqlite3.Connection, name: str, without_rowid: int) -> Iterator[str]:
    with suppress(sqlite3.OperationalError):
        yield from map(repr, connection.execute(f"select {'' if without_rowid else '_rowid_, '}* from {quote(name)}"))
        return
    yield from map(repr, connection.execute(f"select * from {quote(name)}"))  # no column is the number of a row


def order_backwards(file: Path) -> None:
    """What an application does that knows the collation."""
    with closing(sqlite3.connect(file)) as connection:
        connection.create_collation("backwards", backwards)
        connection.execute("reindex backwards")


def exported(project: "Project", *arguments: str) -> Path:
    file = project.file.with_name("exported.db")
    file.unlink(missing_ok=True)
    done = project.synapse("export", "app", str(file))
    assert done.exit_code == 0, done.stderr
    assert done.stderr.splitlines() == list(arguments)
    return file


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_everything_that_a_schema_can_have_comes_back(project: "Project", encoding: str) -> None:
    project.make(f"pragma encoding = '{encoding}';" + EVERYTHING)
    project.load()
    file = exported(
        project,
        "app: not in the file: indexes that only its application can fill: on_what.",
        "app: have its application run `reindex` before use: backwards sorts there.",
    )
    with project.sqlite("drop index on_what"):
        pass
    order_backwards(file)
    assert read(project, file) == read(project, project.file)
    # How far keys are counted has come back, too: 9 is not given to another row.
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("select * from sqlite_sequence").fetchall() == [("it's", 9)]
        connection.execute('drop trigger "t;"')
        assert connection.execute("insert into \"it's\" (a) values ('n') returning id").fetchone() == (10,)


@pytest.mark.parametrize("script", TABLES.values(), ids=TABLES.keys())
def test_every_kind_of_table_comes_back(project: "Project", script: str) -> None:
    project.make(script)
    project.load()
    done = project.synapse("export", "app", "exported.db")
    assert done.exit_code == 0, done.stderr
    order_backwards(Path("exported.db"))
    assert read(project, Path("exported.db")) == read(project, project.file)


@pytest.mark.skipif(not shutil.which("sqldiff"), reason="sqldiff is not here: install sqlite3-tools")
@pytest.mark.parametrize("schema_only", [[], ["--schema"]], ids=["rows", "schema"])
def test_sqldiff_finds_no_difference(project: "Project", schema_only: list[str]) -> None:
    script = EVERYTHING.replace("create unique index on_what", "--").replace(" collate backwards", "")
    project.make(script)
    project.load()
    compared = [*schema_only, str(project.file), str(exported(project))]
    done = subprocess.run(["sqldiff", *compared], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_values_that_no_statement_would_put_there_come_back(project: "Project") -> None:
    """A file may hold what its own schema refuses: checks and keys that came later, and text that is not UTF-8."""
    project.make(
        "create table t (id integer primary key, n integer, s text, u text);"
        " insert into t values (1, null, x'00', cast(x'80ff00' as text)), (2, 'five', 5.5, 'x'), (3, 'five', 1, 'x');"
        " pragma writable_schema = on; update sqlite_schema set sql = 'CREATE TABLE t (id integer primary key,"
        " n integer not null check (typeof(n) = ''integer''), s real, u text references gone)';"
    )
    project.load()
    file = exported(project)
    with closing(sqlite3.connect(file)) as left, closing(sqlite3.connect(project.file)) as right:
        statement = "select id, typeof(n), n, typeof(s), hex(s), s is 5.5, typeof(u), hex(u) from t"
        assert left.execute(statement).fetchall() == right.execute(statement).fetchall()
        assert len(left.execute(statement).fetchall()) == 3


def test_what_cannot_come_back_is_named(project: "Project") -> None:
    project.make(
        "create table kept (a); create table left_out (a); create index by_a on left_out (a);"
        " create trigger on_a after insert on left_out begin select 1; end; create view seen as select * from left_out;"
        " create virtual table search using fts5 (body); insert into search values ('found');"
        " insert into kept values (1)"
    )
    project.declare({})
    declared = yaml.safe_load(project.sources().read_text())
    declared["sources"][0]["config"] = {"meta": {"excluded": ["left_*"]}}
    project.sources().write_text(yaml.safe_dump(declared))
    project.load()
    done = project.synapse("export", "app", "exported.db")
    assert done.exit_code == 0, done.stderr
    for what in ("table left_out", "index by_a", "trigger on_a", "virtual table search", "table search_data"):
        assert f"the {what}" in done.stderr
    with closing(sqlite3.connect("exported.db")) as connection:
        found = connection.execute("select name from sqlite_schema order by name").fetchall()
        assert found == [("kept",), ("search_content",), ("seen",)]
        assert connection.execute("select c0 from search_content").fetchall() == [("found",)]


MUTANTS = {
    "a value": "update raw_app.t set a = '2'",
    "a row gone": "delete from raw_app.t",
    "a row more": "insert into raw_app.t values (7, '7')",
    "a table gone": "drop table raw_app.t",
    "a column more": "alter table raw_app.t add column mine text",
}


@pytest.mark.parametrize("mutation", MUTANTS.values(), ids=MUTANTS.keys())
def test_raw_that_is_not_as_loaded_is_not_exported(project: "Project", mutation: str) -> None:
    project.make("create table t (a); insert into t values (1)")
    project.load()
    project.query(mutation)
    done = project.synapse("export", "app", "exported.db")
    assert done.exit_code == 1
    assert "raw_app is not as its last load left it" in done.stderr
    assert list(project.root.glob("*exp*")) == []


# Each is done to the file before it is proved; the word is what the proof must say of it.
SABOTAGE = {
    "a value": ("update t set a = 'y'", "(rows)"),
    "a row gone": ("delete from t", "(rows)"),
    "a row of another key": ("update w set b = 2", "(rows)"),
    "the text of a view": ("drop view v; create view v as select 2", "(schema)"),
    "a table more": ("create table mine (a)", "(rows, schema)"),
    "a setting": ("pragma user_version = 5", "(settings)"),
    "how far keys were counted": ("update sqlite_sequence set seq = 99", "(SQLite's own tables)"),
}


@pytest.mark.parametrize(("script", "word"), SABOTAGE.values(), ids=SABOTAGE.keys())
def test_a_file_that_is_not_what_was_loaded_is_never_given_out(
    project: "Project", monkeypatch: pytest.MonkeyPatch, script: str, word: str
) -> None:
    project.make(
        "create table t (id integer primary key autoincrement, a); insert into t (a) values ('x');"
        " create table w (a collate backwards primary key, b) without rowid; insert into w values ('x', 1), ('y', 1);"
        " create view v as select 1"
    )
    project.load()

    def write_and_change(file: Path, *arguments: object) -> tuple[list[str], list[str]]:
        done = write(file, *arguments)
        with closing(sqlite3.connect(file)) as connection:
            connection.create_collation("backwards", lambda left, right: (left > right) - (left < right))
            connection.executescript(script)
        return done

    monkeypatch.setattr("synapse_analytics.export.write", write_and_change)
    done = project.synapse("export", "app", "exported.db")
    assert done.exit_code == 1
    assert f"what was written is not what was loaded {word}: nothing was written" in done.stderr
    assert list(project.root.glob("*exp*")) == []


# The text of a table in the ledger, and what is said of it.
LEDGER_MUTANTS = {
    "another column": ("replace(cells[5], '(a)', '(b)')", "raw_app is not as its last load left it"),
    "no text that SQLite reads": ("'create table t (a, a)'", "duplicate column name: a"),
    "a text that does more": ("'create table t (a); drop table t'", "malformed database schema (t)"),
    "a view": ("'create view t as select 1 as a'", "malformed database schema (t)"),
    "a virtual table": ("'create virtual table t using fts5 (a)'", "raw_app is not as its last load left it"),
}


@pytest.mark.parametrize(("mutation", "words"), LEDGER_MUTANTS.values(), ids=LEDGER_MUTANTS.keys())
def test_a_text_of_the_ledger_that_does_not_fit_raw_is_refused(project: "Project", mutation: str, words: str) -> None:
    project.make("create table t (a); insert into t values (1); create table u (a)")
    project.load()
    project.query(f"update ledger.internal_rows set cells[5] = {mutation} where cells[2] = 't'")
    done = project.synapse("export", "app", "exported.db")
    assert done.exit_code == 1
    assert words in done.stderr
    assert not Path("exported.db").exists()


def test_no_file_is_overwritten_and_a_database_has_to_be_loaded(project: "Project") -> None:
    project.make("create table t (a)")
    Path("there.db").write_text("mine")
    Path("link.db").symlink_to("nowhere")
    for arguments, words in {
        ("app", "there.db"): "there.db is there already",
        ("app", "link.db"): "link.db is there already",
        ("app", "missing/new.db"): "There is no folder missing for new.db",
        ("app", "new.db"): "app was never loaded: loaded are no databases.",
    }.items():
        done = project.synapse("export", *arguments)
        assert done.exit_code == 1
        assert words in done.stderr
    project.load()
    assert "\x1b" not in project.synapse("export", "\x1b[31m", "new.db").stderr
    assert project.synapse("export", "nobody", "new.db").stderr.startswith("nobody was never loaded: loaded are app.")
    assert sorted(path.name for path in project.root.iterdir()) == ["dbt_project.yml", "link.db", "models", "there.db"]
    assert Path("there.db").read_text() == "mine"


def test_a_load_by_an_earlier_version_is_loaded_again(project: "Project") -> None:
    project.make("create table t (a); insert into t values (1)")
    project.load()
    project.query("delete from ledger.pragmas where pragma = 'encoding'")
    assert "run `synapse load --force app`" in project.synapse("export", "app", "exported.db").stderr
    project.query("drop table ledger.pragmas, ledger.internal_rows, ledger.blocks")
    done = project.synapse("export", "app", "exported.db")
    assert done.exit_code == 1
    assert "run `synapse load --force app`" in done.stderr
    project.load("--force", "app")
    assert read(project, exported(project)) == read(project, project.file)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_export_that_is_ended_leaves_nothing(project: "Project", number: int) -> None:
    project.make(
        "create table t (a); with recursive n(i) as (select 1 union all select i + 1 from n limit 300000)"
        " insert into t select i from n"
    )
    project.load()
    started = start("app", "exported.db", verb="export")
    while started.poll() is None and not list(project.root.glob(".synapse-*/export.db*")):
        time.sleep(0.01)
    started.send_signal(number)
    started.communicate()
    assert started.returncode == 128 + number
    assert [path.name for path in project.root.iterdir() if "exp" in path.name or "synapse-" in path.name] == []


schemas = st.lists(
    st.sampled_from(
        [
            "create index {i} on {t} ({c})",
            "create index {i} on {t} ({c} collate nocase desc, typeof({c}) || 'x') where {c} is not null",
            "create view {i} as select {c} from {t}",
            "create trigger {i} before delete on {t} begin update {t} set {c} = 1; end",
            "create table {i} (id integer primary key autoincrement, {c} references {t}, check ({c} <> 1))",
            "insert into {i} (id) values (5), (70)",
            "alter table {t} add column {i} default x'00'",
            "alter table {t} rename column {c} to {i}",
            "alter table {t} rename to {i}",
            "drop table {i}",
            "delete from {t}",
            "analyze",
        ]
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    found=st.dictionaries(names.filter(lambda name: name[:7].lower() != "sqlite_"), tables(), min_size=1, max_size=3),
    statements=schemas,
    others=st.lists(names, min_size=6, max_size=6),
    encoding=st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]),
    page_size=st.sampled_from([512, 4096, 65536]),
    numbers=st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2)),
)
def test_any_database_comes_back(
    project: "Project",
    found: dict[str, tuple],
    statements: list[str],
    others: list[str],
    encoding: str,
    page_size: int,
    numbers: tuple[int, int],
) -> None:
    file = project.file.with_name("exported.db")
    for path in (project.file, file):
        path.unlink(missing_ok=True)
    first = f"pragma encoding = '{encoding}'; pragma page_size = {page_size}; pragma auto_vacuum = {numbers[1]};"
    with project.sqlite(f"{first} pragma user_version = {numbers[0]}; begin") as connection:
        for name, (ddl, columns, rows) in found.items():
            fill(connection, name, ddl, columns, rows)
            for statement, other in zip(statements, others, strict=False):
                with suppress(sqlite3.Error):
                    words = {"i": quote(other), "t": quote(name), "c": quote(columns[0][0])}
                    connection.execute(statement.format(**words))
        connection.execute("commit")
    project.query("drop schema if exists raw_app cascade")
    load.load(project.root, [project.database])
    _, notes = export(project.root, "app", file)
    assert notes == []
    assert read(project, file) == read(project, project.file)
