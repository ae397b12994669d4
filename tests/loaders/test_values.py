"""Every value of every table arrives with its storage class, whatever it is and however the table is made."""

from dataclasses import replace
from typing import TYPE_CHECKING

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synapse_analytics import load, verify
from synapse_analytics.raw_format import Value, decode, encode_text
from synapse_analytics.sqlite.copy_lines import chunks
from synapse_analytics.sqlite.snapshot import open_sqlite
from tests.loaders.made_up import AFFINITIES, TABLES, fill, names, tables, texts, values

if TYPE_CHECKING:
    from tests.loaders.conftest import Project


@given(text=texts.map(str.encode) | st.binary(max_size=9), has_text_affinity=st.booleans())
def test_decode_gives_back_the_text_that_was_encoded(text: bytes, has_text_affinity: bool) -> None:
    back = decode(encode_text(text, has_text_affinity).decode(), has_text_affinity)
    assert back == (bytearray(text) if isinstance(back, bytearray) else text.decode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(st.tuples(*[values] * len(AFFINITIES)), max_size=12),
    encoding=st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]),
)
def test_every_value_and_its_class_arrive_from_columns_of_every_affinity(
    project: "Project", found: list[tuple[Value, ...]], encoding: str
) -> None:
    project.file.unlink(missing_ok=True)
    with project.sqlite(f"pragma encoding = '{encoding}'; begin") as connection:
        connection.execute(f"create table t ({', '.join(f'c{i} {kind}' for i, kind in enumerate(AFFINITIES))})")
        for row in found:
            marks = ["cast(? as text)" if isinstance(value, bytearray) else "?" for value in row]
            connection.execute(f"insert into t values ({', '.join(marks)})", row)
        connection.execute("commit")
    load.load(project.root, [project.database])
    assert project.landed() == project.content()
    with open_sqlite(project.database) as source:
        (table,) = source.tables()
        rendered = list(chunks(source, table))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("synapse_analytics.sqlite.copy_lines.extension", lambda: None)
            one_by_one = list(chunks(source, table))
        # As long as they are one chunk. Python computes no hashes: the load compared them with PostgreSQL's.
        assert [replace(chunk, hashes=0) for chunk in rendered] == one_by_one


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    found=st.dictionaries(names.filter(lambda name: name[:7].lower() != "sqlite_"), tables(), min_size=1, max_size=3),
    encoding=st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]),
)
def test_any_database_arrives_and_verifies(project: "Project", found: dict[str, tuple], encoding: str) -> None:
    project.file.unlink(missing_ok=True)
    with project.sqlite(f"pragma encoding = '{encoding}'; begin") as connection:
        for name, table in found.items():
            fill(connection, name, *table)
        connection.execute("commit")
    project.query("drop schema if exists raw_app cascade")
    load.load(project.root, [project.database])
    assert project.landed() == project.content()
    assert all(verdict.agrees for verdict in verify.verify(project.root, [project.database])[0])


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize("script", TABLES.values(), ids=TABLES.keys())
def test_every_kind_of_table_arrives(project: "Project", script: str) -> None:
    project.make(script)
    project.load()
    assert project.landed() == project.content()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("(a); insert into t (rowid, a) values (3, 'y'), (-7, 'x')", [(-7, "x"), (3, "y")]),
        ("(rowid, a); insert into t (_rowid_, a) values (8, 'y'), (4, 'x')", [(4, "x"), (8, "y")]),
        ("(a integer primary key); insert into t values (30), (20)", [(20, "20"), (30, "30")]),
        ("(a, b, primary key (b, a)) without rowid; insert into t values (1, 2), (2, 1)", [(1, "2"), (2, "1")]),
    ],
    ids=["rowid", "shadowed", "integer primary key", "key order without rowid"],
)
def test_source_row_finds_the_row(project: "Project", script: str, expected: list[tuple]) -> None:
    project.make(f"create table t {script}")
    project.load()
    assert project.query("select _source_row, a from raw_app.t order by 1") == expected


def test_what_is_not_data_is_not_loaded_and_drift_is_reported(project: "Project") -> None:
    project.declare({"t": ["a"]})
    project.make(
        "create table t (a, b); create index i on t (a); insert into t values (1, 2); analyze; create table u (c);"
        " create view v as select twice(a) from t; create virtual table f using fts5 (w); insert into f values ('x')"
    )
    done = project.load()
    tables = "select relname from pg_class where relnamespace = 'raw_app'::regnamespace order by 1"
    assert project.column(tables) == ["f_content", "t", "u"]
    assert project.query("select a, b from raw_app.t") == [("1", "2")]
    assert done.stderr.splitlines() == [
        "app: the table f_content is not declared: loaded, but no model reads it.",
        "app: the table u is not declared: loaded, but no model reads it.",
        "app: the column t.b is not declared: loaded, but no model reads it.",
        "app: left behind in SQLite: 1 view (v).",
    ]


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
def test_the_text_of_a_full_text_index_arrives_where_it_is_its_only_home(project: "Project", encoding: str) -> None:
    project.make(
        f"pragma encoding = '{encoding}'; create table note (id integer primary key, body);"
        " insert into note values (1, 'one'); create virtual table box using rtree (id, x0, x1);"
        " create table box_content (a); create table five_log (a); insert into five_log values ('mine');"
        " create virtual table five using fts5 (title, body); insert into five values ('here', 'and nowhere else');"
        ' create virtual table "Four ☃" using fts4 (body); insert into "Four ☃" values (\'four\');'
        " create virtual table three using fts3 (body); insert into three values ('three');"
        " create virtual table of_note using fts5 (body, content = 'note', content_rowid = 'id');"
        " create virtual table without using fts5 (body, content = ''); insert into without (body) values ('gone');"
        " create view v as select * from five; create trigger t after insert on note begin select 1; end"
    )
    done = project.load()
    assert project.column("select relname from pg_class where relnamespace = 'raw_app'::regnamespace order by 1") == [
        *("Four ☃_content", "box_content", "five_content", "five_log", "note", "three_content")
    ]
    assert project.query("select _source_row, c0, c1 from raw_app.five_content") == [(1, "here", "and nowhere else")]
    assert project.column('select c0body from raw_app."Four ☃_content"') == ["four"]
    assert project.column("select c0body from raw_app.three_content") == ["three"]
    line = "app: left behind in SQLite: 3 virtual tables (box, of_note, without), 1 view (v), 1 trigger (t)."
    assert done.stderr.splitlines()[-1] == line
    assert project.column("select left_behind from ledger.loads") == [line.partition("SQLite: ")[2][:-1]]
    verified = project.synapse("verify")
    assert (verified.exit_code, verified.stderr) == (0, f"{line}\n")
    # None of SQLite's modules is there to run anything.
    with open_sqlite(project.database) as source, pytest.raises(apsw.SQLError, match="no such module: fts5"):
        source.select("select * from five")


@pytest.mark.parametrize("client_encoding", ["UTF8", "LATIN1"])
def test_values_that_earlier_migrations_spoilt_arrive_to_the_letter(
    project: "Project", monkeypatch: pytest.MonkeyPatch, client_encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", client_encoding)
    values = ["false", '{"a": "b"}', "{not json", "", "ACTIVE ", "2025-02-30", "  x  ", None, "Zoë 🐘"]
    with project.sqlite("create table t (a text); create table r (a real)") as connection:
        connection.executemany("insert into t (a) values (?)", [(value,) for value in values])
        connection.executemany("insert into r values (?)", [(0.7999999999999999,), (0.1 + 0.2,), (5.0,)])
    project.load()
    monkeypatch.delenv("PGCLIENTENCODING")
    assert project.column("select a from raw_app.t order by _source_row") == values
    reals = map(float, project.column("select a from raw_app.r order by _source_row"))
    assert list(map(repr, reals)) == ["0.7999999999999999", "0.30000000000000004", "5.0"]
