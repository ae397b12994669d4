"""Text of a file is data for the macros, whatever delimiters it has."""

from typing import TYPE_CHECKING

from jinja2 import Environment
from jinja2.lexer import TOKEN_DATA, TOKEN_STRING, TOKEN_VARIABLE_BEGIN

from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ATTACK = "create table public.pwned()"
TAGS = ("$view$", "$do$", "$sync$", "$descriptions$", "$message$", "$fail$", "$$")


def test_no_name_of_a_column_runs_as_sql(empty_project: "Warehouse") -> None:
    names = [
        f"$view$;begin end$do$;{ATTACK};commit;/*",
        "*/do $do$declare definition text:='select';x text:=$view$",
        *(f"{tag};{ATTACK};commit;--{tag}" for tag in TAGS),
        f"';{ATTACK};--",
        "statement",
        "set_aside",
    ]
    columns = ", ".join(f'"{name}" text' for name in names)
    with empty_project.sqlite("hostile") as source:
        source.execute(f"create table t (id integer primary key, {columns})")
        source.execute(f"insert into t values (1, {', '.join('?' * len(names))})", names)
        source.execute(f"insert into t values (2, {', '.join('?' * len(names))})", names)
    added = empty_project.synapse("add", "--marts", "hostile", str(empty_project.sqlite_dir / "hostile.db"))
    assert added.returncode == 0, added.stderr
    done = empty_project.dbt("build")
    assert done.returncode == 0, done.stdout
    with empty_project.sqlite("hostile") as source:
        source.execute("delete from t where id = 1")
        source.execute("update t set statement = 'changed'")
    assert empty_project.synapse("load").returncode == 0
    done = empty_project.dbt("build")
    assert done.returncode == 0, done.stdout
    rows = empty_project.query("select * from analytics.t")
    assert [set(names) - {"statement"} <= set(row) and "changed" in row for row in rows] == [True]
    assert empty_project.query("select to_regclass('public.pwned')") == [(None,)]


def test_no_fixed_delimiter_stands_around_text() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("macros", "models", "tests")
        for path in (ROOT / folder).rglob("*.sql")
        for line in path.read_text().splitlines()
        if any(part.isidentifier() or not part for part in line.split("$")[1:-1])
    ]
    assert found == []


def test_what_is_rendered_between_quotes_is_quoted_for_them() -> None:
    """Jinja's own lexer says what is SQL, and whether a literal is open where an expression stands. In strings of
    Jinja, a literal that is not closed is one that something else is put into, be it by ~ or by join."""
    found = []
    for path in (ROOT / "macros").rglob("*.sql"):
        is_open = False
        for line, token, value in Environment(extensions=["jinja2.ext.do"]).lex(path.read_text()):
            if token == TOKEN_DATA:
                code = "\n".join(part.split("-- ")[0] for part in value.split("\n"))
                is_open ^= code.count("'") % 2 == 1
            elif token == TOKEN_VARIABLE_BEGIN and is_open and path.name != "quote_text.sql":
                found.append(f"{path.relative_to(ROOT)}:{line}")
            elif token == TOKEN_STRING and path.name != "quote_text.sql":
                text = value[1:-1].replace("\\'", "'")
                if text.count("'") % 2 or text.startswith("',"):
                    found.append(f"{path.relative_to(ROOT)}:{line}")
    assert found == []
