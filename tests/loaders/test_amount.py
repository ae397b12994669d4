"""A small file that brings a flood is refused, what computes for ever ends with Ctrl-C, and memory stays bounded."""

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from synapse_analytics import transfer
from tests.conftest import PROGRAMS
from tests.loaders.caught import PATIENCE, caught, until

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

OUTCOMES = "select outcome, message from ledger.loads order by load_id"
MEGABYTE = "create table {} (a, b as (hex(zeroblob(500000)))); insert into {} values (1), (2), (3), (4), (5), (6);"
FLOODS = {"one table": MEGABYTE.format("t", "t") + "insert into t select a from t", "two tables": ""}
FLOODS["two tables"] = MEGABYTE.format("s", "s") + MEGABYTE.format("t", "t")
# A row takes half a second, because the value depends on `a`, and there are a thousand rows. The column is written into
# the schema, so it is not computed here.
SLOW = " + ".join(["length(hex(zeroblob(4000000 + a % 2)))"] * 20)
ROWS = "with recursive n (i) as (select 1 union all select i + 1 from n limit 1000)"
ENDLESS = (
    f"create table t (a); {ROWS} insert into t select i from n; pragma writable_schema = on;"
    f" update sqlite_schema set sql = 'create table t (a, b as ({SLOW}) not null)'"
)


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize("script", FLOODS.values(), ids=FLOODS.keys())
def test_a_file_that_brings_far_more_than_it_holds_is_refused_unless_any_size_is_asked_for(
    project: "Project", monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(transfer, "MOST_BYTES", 10_000_000)
    monkeypatch.setattr(transfer, "MOST_TIMES", 800)
    project.make("create table t (a); insert into t values ('old')")
    project.load()
    project.make(f"drop table t; {script}; vacuum")
    size = project.file.stat().st_size
    assert size < 13_000
    done = project.synapse("load")
    sentence = f"app: {project.file} has {size / 1000:.1f} kB, and up to its table . would bring more than 10 MB into"
    assert (done.exit_code, bool(re.match(sentence, done.stderr.splitlines()[-1]))) == (1, True), done.stderr
    assert "--any-size" in done.stderr
    assert project.query(OUTCOMES) == [("loaded", None), ("failed", done.stderr.splitlines()[-1])]
    assert project.column("select a from raw_app.t") == ["old"]
    assert "--any-size" in project.synapse("add", str(project.file)).stderr

    project.load("--any-size")
    assert project.landed() == project.content()
    # The same from a file that holds a hundredth of it is nothing odd.
    monkeypatch.setattr(transfer, "MOST_TIMES", 10_000)
    project.load("--force")


@pytest.mark.parametrize("words", ["load", "load --jobs 2 app ./other.db", "verify", "check"])
def test_what_sqlite_computes_for_ever_ends_with_ctrl_c(project: "Project", words: str) -> None:
    project.make(ENDLESS)
    (project.root / "other.db").write_bytes(project.file.read_bytes())
    program = subprocess.Popen(
        [PROGRAMS / "synapse", *words.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )
    try:
        until(lambda: cpu_seconds(program.pid) >= 3)  # it computes
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=PATIENCE / 2)
    finally:
        program.kill()
    sentence = "Interrupted: what was under way is rolled back, what was finished before is kept.\n"
    assert (program.returncode, said) == (130, sentence)
    assert "raw_app" not in project.schemas()


def cpu_seconds(process: int) -> float:
    """Up to a minute."""
    said = subprocess.run(["ps", "-o", "time=", "-p", str(process)], capture_output=True, text=True).stdout
    return float(said.rpartition(":")[2] or 0)


def test_what_is_read_ahead_of_postgresql_is_bounded_by_bytes_and_not_by_chunks(project: "Project") -> None:
    project.make("create table z (a, b as (zeroblob(12000000))); insert into z values (0)")
    project.load()
    project.make(f"{ROWS} insert into z select i from n limit 30; update z set rowid = rowid + 999")
    with caught(project) as (load, _):
        pass
    _, status, used = os.wait4(load.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert used.ru_maxrss < 380_000 * (1024 if sys.platform == "darwin" else 1)  # macOS counts in bytes
