"""What `synapse` prints: tables that fit, colour for what is wrong, and JSON that keeps to its schema."""

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_analytics.tables import render_table
from tests.conftest import PROGRAMS
from tests.documents import outcomes, read

if TYPE_CHECKING:
    from tests.conftest import Warehouse
    from tests.loaders.conftest import Project

RED = "\x1b[31m"


def test_every_verb_prints_json_that_keeps_to_the_schema(project: "Project") -> None:
    project.make("create table t (a); insert into t values (1), (2)")
    found = {verb: project.synapse(verb, "--json") for verb in ("check", "load", "verify")}
    again = project.synapse("load", "--json")
    assert {done.exit_code for done in [*found.values(), again]} == {0}
    checked, loaded, verified = (read(done.stdout) for done in found.values())
    [unchanged] = read(again.stdout)
    assert outcomes(checked) == [("app", None, "ready")]
    assert outcomes(loaded) == [("app", "t", "loaded")]
    assert outcomes(verified) == [("app", "t", "equal")]
    assert outcomes([unchanged]) == [("app", None, "unchanged")]
    assert (loaded[0]["rows"], verified[0]["rows"]) == (2, 2)
    ids = project.query("select load_id, outcome from ledger.loads order by 1")
    assert ids == [(loaded[0]["load_id"], "loaded"), (unchanged["load_id"], "unchanged")]


def test_json_comes_with_failures_too_and_stderr_has_the_same_sentences(project: "Project") -> None:
    project.make("create table t (a); insert into t values (1)")
    project.load()
    project.query("delete from raw_app.t")
    differs = project.synapse("verify", "--json")
    assert differs.exit_code == 1
    [record] = read(differs.stdout)
    assert record["outcome"] == "different"
    assert record["message"] == differs.stderr.strip()
    project.file.write_bytes(b"no database")
    for verb in ("check", "load"):
        done = project.synapse(verb, "--json")
        assert done.exit_code == 1
        read(done.stdout)
        assert json.loads(done.stdout)["problems"] == done.stderr.splitlines()
    project.file.unlink()
    done = project.synapse("load", "--json", "nobody")
    assert (done.exit_code, read(done.stdout)) == (1, [])
    assert "nobody is neither" in json.loads(done.stdout)["problems"][0]


def test_a_load_that_is_rolled_back_is_a_record_with_its_number(project: "Project") -> None:
    project.make("create table t (a); insert into t values (1)")
    project.query("create schema raw_app; create view raw_app.t as select 1 as a")
    done = project.synapse("load", "--json")
    assert done.exit_code == 1
    [record] = read(done.stdout)
    assert outcomes([record]) == [("app", None, "failed")]
    assert project.query("select load_id from ledger.loads") == [(record["load_id"],)]


def test_the_report_and_add_print_json_too(warehouse: "Warehouse") -> None:
    done = warehouse.synapse("report", "--json")
    assert done.returncode == 0, done.stderr
    records = read(done.stdout)
    tables = [record for record in records if record["table"]]
    assert (len(tables), sum(record["sqlite"] for record in tables)) == (37, 160)
    assert {record["outcome"] for record in records if not record["table"]} == {"current"}
    warehouse.query("delete from raw_content_analytics.posts")
    (warehouse.sqlite_dir / "twitter_analytics.db").write_bytes(b"")
    done = warehouse.synapse("report", "--json")
    assert done.returncode == 1
    found = {(record["database"], record["table"]): record["outcome"] for record in read(done.stdout)}
    assert found["content_analytics", "posts"] == "not balanced"
    assert found["twitter_analytics", None] == "changed"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_and_wide_ones_have_everything(warehouse: "Warehouse", width: int) -> None:
    for verb in ("report", "verify", "load --force"):
        done = warehouse.synapse(*verb.split(), COLUMNS=str(width))
        assert done.returncode == 0, done.stderr
        table = done.stdout.partition("\n\n")[0]
        assert max(map(len, table.splitlines())) <= width, table
    done = warehouse.synapse("verify", "--wide", COLUMNS=str(width))
    assert "optimized_performance_analytics" in done.stdout
    assert "SHA-256 in SQLite" in done.stdout


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)


@given(rows=st.lists(st.tuples(names, names, st.integers(0, 10**12)), max_size=5), wide=st.booleans())
def test_whatever_names_are_a_row_is_one_line_that_a_terminal_obeys_in_nothing(
    rows: list[tuple[str, str, int]], wide: bool
) -> None:
    table = render_table([*rows, "heading \x1b[2J\n"], ("database", "table", "rows"), ["rows"], wide)
    lines = table.split("\n")
    assert len(lines) == len(rows) + 3
    assert all(line.isprintable() for line in lines)
    assert wide or max(map(len, lines)) <= 80
    assert not wide or all(f"{number:,}" in line for (*_, number), line in zip(rows, lines[2:], strict=False))


def on_a_terminal(warehouse: "Warehouse", *command: str, **environment: str) -> str:
    """What a terminal of 80 columns is sent."""
    leader, follower = pty.openpty()
    variables = {**os.environ, "COLUMNS": "80", **warehouse.environment, **environment}
    process = subprocess.Popen(
        [PROGRAMS / "synapse", *command],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=variables,
        cwd=warehouse.root,
    )
    os.close(follower)
    said = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        said += part
    process.wait()
    os.close(leader)
    return said.decode()


def test_what_is_wrong_is_red_on_a_terminal_and_only_there(warehouse: "Warehouse") -> None:
    assert RED not in on_a_terminal(warehouse, "report")
    warehouse.query("delete from raw_content_analytics.posts")
    said = on_a_terminal(warehouse, "report")
    assert f"{RED}\x1b[1mNO\x1b[0m" in said
    assert f"{RED}\x1b[1mNot accounted for: content_analytics.posts." in said
    assert "\x1b" not in on_a_terminal(warehouse, "report", NO_COLOR="1")
    done = warehouse.synapse("report")
    assert "\x1b" not in done.stdout + done.stderr
