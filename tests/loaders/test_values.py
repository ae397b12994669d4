"""Every value of every table arrives with its storage class, whatever it is and however the table is made."""

import sqlite3
from contextlib import suppress
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
from synapse_analytics.table import quote

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

AFFINITIES = ["", "text", "varchar(9)", "charint", "real", "numeric", "blob"]
NASTY = [
    *("", "\\.", "\\N", "\\x00ff", "\\u00", "\\t5", "\\", "\\\\", "5", "-0", "007", "1e5", "1.5", "-1.0e+300", "inf"),
    *("nan", "-inf", "+5", "0x1F", "1_000", " 5", "5\n", "a\tb\nc\rd\ve\ff\bg", "a\0b", "\x01\x1e\x1f\x7f\x85", "🐘"),
    *("twelve\0bytes", "a\bc\\d and more"),
    *("false", "NULL", '"', "'", "٣", "\u2028"),
]
texts = st.sampled_from(NASTY) | st.text() | st.integers().map(str) | st.floats().map(repr)
doubles = [-0.0, 5e-324, 0.1 + 0.2, 0.7999999999999999, 1.7976931348623157e308, -float("inf")]
values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1]),
    st.floats(allow_nan=False) | st.sampled_from(doubles),
    texts,
    st.binary(max_size=40),
    st.binary(max_size=9).map(bytearray),  # put in as text: UTF-8 or not, NUL or not
)


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


NAMES = [
    *(
        'a "b"',
        "a'b",
        "a;b",
        "100%",
        "new\nline",
        "a\tb",
        "back\\slash",
        "{{ x }}",
        "Ä",
        "ä",
        "select",
        "user",
        " ",
        "$1",
    ),
    *("x" * 63 + "1", "x" * 63 + "2", "ctid", "_source_row", "source_database", "rowid", "oid", "_rowid_", " ", "$1"),
]
names = st.sampled_from(NAMES) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
STRICT = ["int", "integer", "real", "text", "blob", "any"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]], list[tuple[Value, ...]]]:
    """The DDL after the name of a table of any kind, its columns that take values, and rows, some of them refused."""
    columns = draw(st.lists(names, min_size=1, max_size=5, unique_by=lambda name: name.encode().lower()))
    is_strict = draw(st.booleans())
    kinds = [draw(st.sampled_from(STRICT if is_strict else AFFINITIES)) for _ in columns]
    key = draw(st.lists(st.sampled_from(columns), max_size=3, unique=True))
    without_rowid = bool(key) and draw(st.booleans())
    parts = [f"{quote(column)} {kind}" for column, kind in zip(columns, kinds, strict=True)]
    if draw(st.booleans()):
        kept = draw(st.sampled_from(["stored", "virtual"]))
        # What is computed while it is read depends on SQLite's version where it is converted too.
        kind = "any" if is_strict else "blob" if kept == "virtual" else draw(st.sampled_from(STRICT))
        parts.append(f"made {kind} as ({quote(columns[0])}) {kept}")
    parts += [f"primary key ({', '.join(map(quote, key))})"] if key else []
    options = ["strict"] * is_strict + ["without rowid"] * without_rowid
    rows = draw(st.lists(st.tuples(*[values] * len(columns)), max_size=6))
    return f"({', '.join(parts)}) {', '.join(options)}", list(zip(columns, kinds, strict=True)), rows


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    found=st.dictionaries(names.filter(lambda name: name[:7].lower() != "sqlite_"), tables(), min_size=1, max_size=3),
    encoding=st.sampled_from(["UTF-8", "UTF-16le", "UTF-16be"]),
)
def test_any_database_arrives_and_verifies(project: "Project", found: dict[str, tuple], encoding: str) -> None:
    project.file.unlink(missing_ok=True)
    with project.sqlite(f"pragma encoding = '{encoding}'; begin") as connection:
        for name, (ddl, columns, rows) in found.items():
            with suppress(sqlite3.OperationalError):  # a name that another one is, to SQLite
                connection.execute(f"create table {quote(name)} {ddl}")
                taken = ", ".join(quote(column) for column, _ in columns)
                for row in rows:
                    marks = ", ".join("cast(? as text)" if isinstance(value, bytearray) else "?" for value in row)
                    with suppress(sqlite3.IntegrityError):  # what STRICT or a key refuses is not in the database
                        connection.execute(f"insert into {quote(name)} ({taken}) values ({marks})", row)
        connection.execute("commit")
    project.query("drop schema if exists raw_app cascade")
    load.load(project.root, [project.database])
    assert project.landed() == project.content()
    assert all(verdict.agrees for verdict in verify.verify(project.root, [project.database])[0])


LONG = "ä" * 31 + "x" * 40
TABLES = {
    "strict": "create table t (a any, b int, c real, d text, e blob) strict;"
    " insert into t values ('5', 5, 5, '5', x'05'), (5, 5, 0.5, 5, x''), ('5.0', null, null, null, null)",
    "generated columns": "create table t (a text, b as (a || '!'), c text as (a) stored, d int as (length(a)));"
    " insert into t (a) values ('x'), ('12')",
    "shadowed rowid": "create table t (rowid, _rowid_, oid); insert into t values ('b', 1, 2), ('a', 2, 1)",
    "empty table": "create table t (a, b text)",
    "empty database": "",
    "added column": "create table t (a); insert into t values (1); alter table t add column b text default 5",
    "system names": "create table ctid (ctid, _source_row, xmin text); insert into ctid values (1, 2.5, '3')",
    "long names": f"create table {LONG}1 ({LONG}1 text, {LONG}2 text); insert into {LONG}1 values ('1', '2');"
    f" create table {LONG}2 (a); insert into {LONG}2 values (3)",
    "odd names": 'create table "a ""b"" %s; drop" ("%(x)s" text, "it\'s" text, "new\nline" text, "Ä;--" text);'
    ' insert into "a ""b"" %s; drop" values (1, 2, 3, 4); create table "select" ("user" text, " " text)',
    "own collation": "create table t (a text collate backwards primary key, b) without rowid;"
    " create table u (a collate backwards unique); insert into t values ('a', 1), ('b', 2); insert into u values ('x')",
    "own function": "create table t (a check (twice(a) > 0)); insert into t values (5)",
    "300 columns": f"create table t ({', '.join(f'c{i}' for i in range(300))}); insert into t (c0, c299) values (1, 2)",
    "several chunks": "create table t (a, b);"
    " with recursive n(i) as (select 1 union all select i + 1 from n limit 9999)"
    " insert into t select i / 7.0, '\\' || hex(randomblob(150)) || char(10, 9) from n",
    "several chunks without rowid": "create table t (a primary key, b) without rowid;"
    " with recursive n(i) as (select 1 union all select i + 1 from n limit 9999)"
    " insert into t select i, '\\' || hex(randomblob(150)) || char(10, 9) from n",
    "rowids far apart": "create table t (a integer primary key, b);"
    " with recursive n(i) as (select 1 union all select i + 1 from n limit 600)"
    " insert into t select (i - 300) * 30744573456182586, i from n;"
    " insert into t values (-9223372036854775808, 'first'), (9223372036854775807, 'last')",
    "large values among small ones": "create table t (a, b, c text default '007');"
    " create table u (a primary key, b) without rowid;"
    " with recursive n(i) as (select 1 union all select i + 1 from n limit 900)"
    " insert into t (a, b) select i, iif(i % 400 = 0, zeroblob(9000000), i) from n;"
    " insert into t (a, b) values (1000, zeroblob(17000000)), (1001, 1.5);"
    " insert into u select a, b from t where a > 700",
}


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
