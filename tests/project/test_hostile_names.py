"""Whatever tables and columns are called, and whatever DDL and rows hold: all of it builds, and none of it runs."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st
from yaml.reader import Reader

from synapse_analytics import Problem
from synapse_analytics.project import Database
from synapse_analytics.raw_format import raw_name
from synapse_analytics.scaffold.add import add
from synapse_analytics.scaffold.render import Renderer
from synapse_analytics.sqlite.catalogue import fold
from synapse_analytics.table import quote
from tests.comparison import find_lost
from tests.conftest import DATABASE, Warehouse, create_database

# What opens, closes or escapes something in what a name, a text of the DDL or a cell passes through.
DOLLARS = ["", "do", "view", "sync", "descriptions", "message", "fail", "n"]
DELIMITERS = [
    *("'", '"', "`", "\\", "''", '""', "E'", *(f"${tag}$" for tag in DOLLARS)),
    *("{{", "}}", "{%", "%}", "{#", "#}", "{% raw %}", "{% endraw %}", "<%", "%>", "<<", ">>", "<#", "#>"),
    *(":", ": ", "- ", "? ", " #", "&a", "*a", "!!", "|", ">", "%", "@", "[", "]", "{", "}", ",", "---", "...", "~"),
    *("--", "/*", "*/", "//", "<!--", "-->", "</", "<script>", "</script>", "&lt;", "]]>", ";", "(", ")", "[x](y)"),
    *("\n", "\r", "\t", "\v", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\ufffe", "\uffff", "\u202e"),
    *("\\N", "\\.", "\\x", "\\t", "\\u", ".", "/", "..", "%s", "%(a)s", ":a", "?", "$1", "null", "true", "ctid"),
]
# What would run, if one of them let it.
PAYLOADS = [
    "create table public.pwned()",
    "{{ run_query('create table public.pwned()') }}",
    "{% do run_query('create table public.pwned()') %}",
    "{{ load_file_contents('pwned') }}",
    "!!python/object/apply:os.system ['touch pwned']",
    "$(touch pwned)",
    "`touch pwned`",
    "\\! touch pwned",
]
letters = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3)
texts = st.lists(st.sampled_from(DELIMITERS + PAYLOADS) | letters, min_size=1, max_size=6).map("".join)
names = texts.filter(lambda name: name and not fold(name).startswith(b"sqlite_"))
cells = texts | st.sampled_from([None, 5, 2.5, b"\x00'$$", "a\0b", bytearray(b"\xff$$'")])

RENDER = Renderer([])


@settings(deadline=None)
@given(name=names | st.text(min_size=1))
@example(name="q\uffff")
@example(name="\xa0")
@example(name="it <is")
@example(name="__proto__")
def test_a_name_goes_through_yaml_unchanged_and_no_page_takes_it_for_a_tag(name: str) -> None:
    raw = raw_name(name)
    column = {"name": "c", "raw_name": raw, "todo": "", "raw_description": ""}
    table = {"name": "t", "identifier": raw, "raw_description": "", "columns": [column]}
    values = {"database": Database("app", Path("app.db")), "tables": [table], "meta": {}, "is_first": False}
    text = RENDER("sources.yml", **values)
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):  # ours, and dbt's
        [declared] = yaml.load(text, loader)["sources"][0]["tables"]
        assert declared.get("identifier", "t") == declared["columns"][0]["name"] == raw
    assert Reader.NON_PRINTABLE.search(raw) is re.search("<[A-Za-z/!?]", raw) is None
    assert raw == name or raw_name(raw) == raw


def test_a_path_that_dbt_cannot_carry_is_refused_before_the_load(empty_project: Warehouse) -> None:
    for name in ("a{{ b }}", "{%", "line\nbreak", "\x85", "\uffff", "\udcff", "x<b", "</script>"):
        file = empty_project.sqlite_dir / f"{name}.db"
        file.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("create table t (a)")
        with pytest.raises(Problem, match="has signs that dbt's YAML or its pages take for their own: rename it"):
            add(empty_project.root, file, "app", None, "")
    assert empty_project.query("select nspname from pg_namespace where nspname = 'raw_app'") == []


class Column(NamedTuple):
    """A column: its name, and what its DDL says of it."""

    name: str
    declared: str = "text"
    default: str = ""
    check: str = ""
    comment: str = ""
    parent: str = ""

    @property
    def ddl(self) -> str:
        parts = [quote(self.name), quote(self.declared) if self.declared else "", f"default {literal(self.default)}"]
        parts += [f"check ({literal(self.check)} is not null)"]
        parts += [f"references {quote(self.parent)} ({quote(self.name)})"] if self.parent else []
        return f"{' '.join(parts)} /* {self.comment.replace('*/', '')} */"


class Table(NamedTuple):
    """A table with its rows; the first column is its key where it `has_key`."""

    name: str
    columns: list[Column]
    rows: list[list[object]]
    has_key: bool = False


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@st.composite
def tables(draw: st.DrawFn) -> list[Table]:
    """Three to eight tables, some of which refer to each other, or to none that is there."""
    called = draw(st.lists(names, min_size=3, max_size=8, unique_by=fold))
    made = []
    for name in called:
        columns = [
            Column(column, draw(st.sampled_from(["", "text", "int"]) | texts), *(draw(texts) for _ in range(3)))
            for column in draw(st.lists(names, min_size=1, max_size=5, unique_by=fold))
        ]
        parent = draw(st.sampled_from(["", *called]) | names)
        columns[-1] = columns[-1]._replace(parent=parent)
        has_key = draw(st.booleans())
        rows = [[draw(cells) for _ in columns] for _ in range(draw(st.integers(0, 3)))]
        for number, row in enumerate(rows):
            row[0] = f"{number}{draw(texts)}" if has_key else row[0]
        made.append(Table(name, columns, rows, has_key))
    assume(any(table.rows for table in made))  # hypothesis begins with the least there is
    return made


def make(file: Path, made: list[Table]) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for table in made:
            key = f", primary key ({quote(table.columns[0].name)})" if table.has_key else ""
            columns = "\n, ".join(column.ddl for column in table.columns)
            connection.execute(f"create table {quote(table.name)} ({columns}{key})")
            for row in table.rows:
                marks = ["cast(? as text)" if isinstance(value, bytearray) else "?" for value in row]
                connection.execute(f"insert into {quote(table.name)} values ({', '.join(marks)})", row)
        connection.commit()


# Closes the dollar quotes that once stood around a view, and runs what stands between the two names.
CLOSING = [
    "$view$;begin end$do$;create table public.pwned();commit;/*",
    "*/do $do$declare definition text:='select';x text:=$view$",
]
KNOWN = [Table("t", [*map(Column, CLOSING)], [["a", "b"], ["c", "d"]])]


def build(project: Warehouse, made: list[Table], *options: str) -> None:
    """Add the tables to a new warehouse, with final tables, and look for what ran, was lost or has another name."""
    create_database(project.environment, DATABASE)
    for area in ("staging/app", "marts/area"):
        shutil.rmtree(project.root / "models" / area, ignore_errors=True)
    file = project.sqlite_dir / "app.db"
    file.unlink(missing_ok=True)
    make(file, made)
    done = project.synapse("add", "--marts", "area", "--prefix", "app_", *options, str(file))
    assert done.returncode == 0, done.stderr
    for run, *arguments in (
        (project.dbt, "build"),
        (project.dbt, "docs", "generate"),
        (project.synapse, "verify"),
        (project.synapse, "report"),
    ):
        done = run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert project.query("select oid::regclass from pg_class where relname = 'pwned'") == []
    assert sorted(project.root.rglob("pwned")) == []
    with closing(project.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'")
        assert find_lost(cursor, project.root, "app", file) == []
    mapped = {row[:2]: row[2] for row in project.query("select table_name, column_name, raw_name from ledger.names")}
    columns = "select relname, attname from pg_attribute join pg_class as c on c.oid = attrelid where attnum > 0"
    raw = set(project.query(f"{columns} and relkind = 'r' and relnamespace = 'raw_app'::regnamespace"))
    assert raw == {
        (mapped.get((table.name, ""), table.name), column)
        for table in made
        for column in ["_source_row", *(mapped.get((table.name, c.name), c.name) for c in table.columns)]
    }


# A build takes seconds: few examples of many names, and none to find a smaller one that fails.
SETTINGS = settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@SETTINGS
@given(made=tables())
@example(made=KNOWN)
def test_hostile_names_and_texts_build_and_none_of_them_runs(empty_project: Warehouse, made: list[Table]) -> None:
    build(empty_project, made)
    build(empty_project, made, "--keep-names")


@pytest.mark.long
@settings(SETTINGS, max_examples=20, derandomize=False)
@given(made=tables(), keep_names=st.sampled_from([(), ("--keep-names",)]))
def test_many_hostile_names_and_texts_build_and_none_of_them_runs(
    empty_project: Warehouse, made: list[Table], keep_names: tuple[str, ...]
) -> None:
    build(empty_project, made, *keep_names)
