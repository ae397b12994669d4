"""What is said is a few lines that a terminal shows as they are, whatever a file or a server puts into them."""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from synapse_analytics import ADVICE, LONGEST_SENTENCE, printable
from synapse_analytics.report import Reconciliation, render
from synapse_analytics.state import State
from synapse_analytics.tables import LONGEST

if TYPE_CHECKING:
    from click.testing import Result

    from tests.loaders.conftest import Project

ESCAPES = "\x1b]0;owned\x07\x1b[31m\u202e\r\n"
LONG = "x" * 1_000_000
LONG_NAME = "x" * 990  # as a load takes it


def assert_legible(done: "Result", exit_code: int) -> list[str]:
    """Sentences of a few lines, and tables of a few columns, without a control character; the sentences."""
    assert done.exit_code == exit_code, done.output[:2_000]
    sentences = done.stderr.splitlines()
    assert all(line.isprintable() and len(line) <= LONGEST_SENTENCE for line in sentences), done.stderr[:2_000]
    assert all(line.isprintable() and len(line) <= 5 * LONGEST for line in done.stdout.splitlines())
    return sentences


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", [LONG_NAME, ESCAPES], ids=["long", "escapes"])
def test_names_of_any_length_and_kind_are_printed_on_one_line(project: "Project", name: str) -> None:
    table, column, view = (quoted(f"{name}{kind}") for kind in ("table", "column", "view"))
    project.make(f"create table {table} ({column} {quoted(f'{name}type')}, k unique); create view {view} as select 1")
    project.make(f"insert into {table} values ('one', 1), ('two', 2)")
    notes = assert_legible(project.synapse("check"), 0)
    undeclared, left_behind = notes
    assert undeclared.endswith(": loaded, but no model reads it.")
    assert left_behind.startswith("app: left behind in SQLite: 1 view (")
    assert_legible(project.synapse("load"), 0)
    assert_legible(project.synapse("verify"), 0)

    (raw,) = project.column("select relname from pg_class where relnamespace = 'raw_app'::regnamespace")
    project.query(f"update raw_app.{quoted(raw)} set k = '3'")
    differences = assert_legible(project.synapse("verify"), 1)[-2:]
    assert [line[-10:] for line in differences] == [": k differs"[-10:]] * 2
    project.make(f"drop table {table}; create table {table} (other)")
    (vanished, another) = assert_legible(project.synapse("load"), 1)[-2:]
    assert "drops it, and nothing with it." in vanished + another


def test_what_sqlite_and_yaml_say_is_cut(project: "Project") -> None:
    project.make(f"create table {quoted(LONG)} (k); pragma writable_schema = on; update sqlite_schema set sql = 'no'")
    (damaged,) = assert_legible(project.synapse("check"), 1)
    assert damaged.endswith("restore it from a copy.")
    project.sources().write_text(f"sources: [{{name: {LONG}: {LONG}")
    (broken,) = assert_legible(project.synapse("load"), 1)
    assert broken.endswith("correct it.")


def test_postgresql_is_quoted_without_the_functions_and_statements_around_its_words(project: "Project") -> None:
    project.make("create table t (a); insert into t values ('one'), ('two')")
    project.load()
    body = f"begin /* {LONG} */ perform 1 / (new._source_row - 2); return new; end"
    project.query(
        f"create function break() returns trigger language plpgsql as $$ {body} $$;"
        " create trigger break before insert on raw_app.t for each row execute function break()"
    )
    project.make("update t set a = a || 's'")
    (sentence,) = assert_legible(project.synapse("load"), 1)[-1:]
    reason = "division by zero; COPY t, line 2"
    assert sentence == f"app: PostgreSQL refused the load ({reason}): rolled back; load it again."

    names = "source_database source_table sqlite_rows raw_rows staged_rows final_rows rejected_values accepted_values"
    columns = ", ".join(
        f"{name} text" for name in f"{names} orphans final_table source_digest load_seconds balances".split()
    )
    project.query(
        f"create schema analytics; create function analytics.count() returns table ({columns}) language plpgsql as"
        f" $$ begin return query execute 'select no_column /* {LONG} */'; end $$;"
        " create view analytics.row_ledger as select * from analytics.count()"
    )
    (sentence,) = assert_legible(project.synapse("report"), 1)
    assert sentence == 'There is no row ledger to report on (column "no_column" does not exist): run `dbt build`.'

    project.query(
        f"create or replace function break() returns trigger language plpgsql as $$ begin raise '{LONG}'; end $$"
    )
    (sentence,) = assert_legible(project.synapse("load"), 1)[-1:]
    assert sentence.startswith("app: PostgreSQL refused the load (xxx")
    assert sentence.endswith("rolled back; load it again.")


def test_a_load_is_said_in_utc_whatever_the_session_has() -> None:
    """Behind PgBouncer, the session has the time zone of its login."""
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=3)))
    assert "app       2026-01-01 09:00:00" in render(Reconciliation([], 0, [State("app", noon)], []))


def test_the_end_of_a_sentence_is_kept_for_it_says_what_to_do() -> None:
    assert printable(f"app: {LONG}: do this.").endswith("x: do this.")
    assert printable("\x1b" * LONGEST_SENTENCE).startswith("\\x1b")
    for text in (LONG, ESCAPES * LONGEST_SENTENCE, "one\n\ttwo  three", "é ß \ud800"):
        once = printable(text)
        assert printable(once) == once
        assert once.isprintable()
        assert len(once) <= LONGEST_SENTENCE
    assert printable("one\n\ttwo  three") == "one two three"
    assert ADVICE < LONGEST_SENTENCE
