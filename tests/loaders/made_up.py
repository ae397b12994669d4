"""Databases of every kind: what hypothesis thinks of, and those that once went wrong or nearly did."""

import sqlite3
from contextlib import suppress

from hypothesis import strategies as st

from synapse_analytics.raw_format import Value
from synapse_analytics.table import quote

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


def fill(
    connection: sqlite3.Connection, name: str, ddl: str, columns: list[tuple[str, str]], rows: list[tuple[Value, ...]]
) -> None:
    """Make one of these tables, and put in those of its rows that it takes."""
    with suppress(sqlite3.OperationalError):  # a name that another one is, to SQLite
        connection.execute(f"create table {quote(name)} {ddl}")
        taken = ", ".join(quote(column) for column, _ in columns)
        for row in rows:
            marks = ", ".join("cast(? as text)" if isinstance(value, bytearray) else "?" for value in row)
            with suppress(sqlite3.IntegrityError):  # what STRICT or a key refuses is not in the database
                connection.execute(f"insert into {quote(name)} ({taken}) values ({marks})", row)
