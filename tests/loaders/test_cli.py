"""The words of `synapse`: help with examples, exit codes, and the samples."""

import os
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synapse_analytics.cli import main
from synapse_analytics.project import read_declarations
from synapse_analytics.sqlite.snapshot import open_sqlite
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

ROOT = Path(__file__).parents[2]


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("verb", [[], *([verb] for verb in main.commands)], ids=" ".join)
def test_help_shows_an_example(project: "Project", verb: list[str]) -> None:
    done = project.synapse(*verb, "--help")
    assert done.exit_code == 0
    assert " ".join(["synapse", *verb]) in done.stdout.partition("Example")[2]


@pytest.mark.parametrize("words", ["load --no-such-option", "no-such-verb", "sample", "up twice"])
def test_wrong_usage_exits_with_2(project: "Project", words: str) -> None:
    assert project.synapse(*words.split()).exit_code == 2


@pytest.mark.parametrize("verb", ["check", "load", "report", "up", "down", "status", "psql"])
def test_outside_of_a_project_every_verb_says_so(
    project: "Project", verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    done = project.synapse(verb)
    sentence = "There is no dbt_project.yml in / or above it: run synapse inside the project.\n"
    assert (done.exit_code, done.stderr) == (1, sentence)


def test_psql_reaches_the_warehouse_and_takes_its_own_options(project: "Project") -> None:
    project.make("create table t (a); insert into t values ('it''s')")
    project.load()

    def psql(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PROGRAMS / "synapse", "psql", *options], capture_output=True, text=True)

    done = psql("-At", "-c", "select a from raw_app.t")
    assert (done.returncode, done.stdout) == (0, "it's\n")
    done = psql("--command=select no_column")
    assert done.returncode == 1
    assert 'column "no_column" does not exist' in done.stderr


def test_help_is_cut_off_nowhere(project: "Project", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "..." not in project.synapse("--help").stdout.replace("[ARGS]...", "")


def test_a_shell_completes_the_names_of_databases(project: "Project") -> None:
    project.declare({}, "another")

    def complete(*words: str) -> list[str]:
        variables = {"COMP_WORDS": " ".join(["synapse", *words]), "COMP_CWORD": str(len(words))}
        completing = {**os.environ, "_SYNAPSE_COMPLETE": "bash_complete", **variables}
        done = subprocess.run([PROGRAMS / "synapse"], env=completing, capture_output=True, text=True)
        return done.stdout.splitlines()

    assert complete("load", "a") == ["plain,another", "plain,app"]
    assert complete("load", "exports/") == ["file,exports/"]
    assert "plain,verify" in complete("v")


def test_files_that_nobody_declared_are_named_with_the_command_that_adds_them(project: "Project") -> None:
    project.make("create table t (a)")
    shutil.copy(project.file, project.file.with_name("it's new.sqlite"))
    (project.file.parent / "notes.txt").write_text("x")
    for verb in ("load", "check"):
        done = project.synapse(verb)
        assert done.exit_code == 0
        file = project.file.parent.resolve() / "it's new.sqlite"
        assert f"no source declares it's new.sqlite: `synapse add {shlex.quote(str(file))}` would add" in done.stderr
        assert "no source declares" not in project.synapse(verb, "app").stderr


def test_files_of_ones_own_in_place_of_the_declared_ones_are_said_in_two_sentences(project: "Project") -> None:
    project.declare({}, "another")
    with project.sqlite("create table t (a)"):
        pass
    project.file.rename(project.file.with_name("mine.db"))
    done = project.synapse("load")
    assert done.exit_code == 1
    undeclared, absent = done.stderr.splitlines()
    assert "no source declares mine.db: `synapse add" in undeclared
    assert absent.startswith("another, app: no files in ")
    assert "set SYNAPSE_SQLITE_DIR" in absent


def test_where_nothing_is_declared_there_is_nothing_to_load(project: "Project") -> None:
    project.sources().unlink()
    done = project.synapse("load")
    assert (done.exit_code, done.stderr) == (0, "No database is declared yet: `synapse add FILE` adds one.\n")
    assert project.query("select count(*) from ledger.loads") == [(0,)]


def test_the_version_is_that_of_the_package(project: "Project") -> None:
    assert project.synapse("--version").stdout == f"synapse, version {version('synapse-analytics')}\n"


def test_the_report_without_a_build_says_what_to_do(project: "Project") -> None:
    done = project.synapse("report")
    assert (done.exit_code, done.stdout, done.stderr[-17:]) == (1, "", "run `dbt build`.\n")


def test_samples_are_the_same_each_time_and_never_overwrite(project: "Project") -> None:
    first, second = project.root / "first", project.root / "deep" / "second"
    for directory in (first, second):
        assert project.synapse("sample", str(directory)).exit_code == 0
    files = sorted(first.iterdir())
    assert len(files) == 11
    assert [dump(file) for file in files] == [dump(second / file.name) for file in files]

    files[0].unlink()
    before = {file: file.read_bytes() for file in first.iterdir()}
    for directory in (first, files[1]):  # one that holds samples, and one that is a file
        done = project.synapse("sample", str(directory))
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert {file: file.read_bytes() for file in first.iterdir()} == before


def test_the_samples_are_what_the_project_declares(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_SQLITE_DIR", str(samples))
    tables = []
    for database in read_declarations(ROOT).values():
        with open_sqlite(database) as source:
            assert source.misfits() + source.drift() == []
            tables += source.tables()
    assert len(tables) == 37
