"""An empty project, as somebody has it who begins with databases of their own."""

import json
import shutil
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from synapse_analytics.cli import main
from tests.conftest import Warehouse, copy_project

CRM = """
create table customer ( -- people who bought something
    id integer primary key,
    name text not null, -- as they wrote it
    since date
);
create table "Invoice Line" (id integer primary key, customer integer references customer, total numeric(10,2));
insert into customer values (1, 'Ada', '2025-01-02'), (2, 'Bo', null);
insert into "Invoice Line" values (1, 1, 2.5), (2, 2, 3);
"""


def make(file: Path, script: str = CRM) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
    return file


def add(*arguments: str | Path) -> Result:
    """In this process: an exception that the command line does not turn into a sentence fails the test."""
    return CliRunner(catch_exceptions=False).invoke(main, ["add", *map(str, arguments)])


def tree(root: Path, folder: str = "models", names: str = "*") -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in (root / folder).rglob(names)}


def read_docs(page: Path) -> tuple[dict, dict]:
    """The manifest and the catalogue in a page of the docs, which stand where dbt's empty page has a place for them."""
    empty = (Path(find_spec("dbt.task.docs").origin).parent / "index.html").read_text()
    before = empty[: empty.index('"MANIFEST.JSON INLINE DATA"')]
    between = empty[len(before) + len('"MANIFEST.JSON INLINE DATA"') : empty.index('"CATALOG.JSON INLINE DATA"')]
    text = page.read_text().removeprefix(before)
    manifest, end = json.JSONDecoder().raw_decode(text)
    assert text[end:].startswith(between)
    catalog, _ = json.JSONDecoder().raw_decode(text[end + len(between) :])
    return manifest, catalog


@pytest.fixture(scope="session")
def parsed(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The target folder of a project without sources that dbt has parsed, which takes longer than most commands."""
    root = copy_project(tmp_path_factory.mktemp("parsed") / "project", with_sources=False)
    own = {"DBT_TARGET_PATH": str(root / "target"), "DBT_LOG_PATH": str(root / "logs")}
    done = Warehouse(root, {**postgres, **own}, root).dbt("parse")
    assert done.returncode == 0, done.stdout
    return root / "target"


def lend_parsed(parsed: Path, target: Path) -> None:
    """Let dbt find in a target folder what it made of the same files, so that it parses only those that differ."""
    target.mkdir()
    shutil.copy(parsed / "partial_parse.msgpack", target)


@pytest.fixture
def empty_project(
    empty_warehouse: Warehouse, parsed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Warehouse:
    """A project without sources in an empty warehouse, with the working directory and environment that belong to it."""
    root = copy_project(tmp_path / "project", with_sources=False)
    lend_parsed(parsed, root / "target")
    for name, value in empty_warehouse.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DBT_TARGET_PATH", str(root / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(root / "logs"))
    monkeypatch.chdir(root)
    own = {"DBT_TARGET_PATH": str(root / "target"), "DBT_LOG_PATH": str(root / "logs")}
    return Warehouse(empty_warehouse.sqlite_dir, {**empty_warehouse.environment, **own}, root)


@pytest.fixture
def loaded_project(empty_project: Warehouse) -> Warehouse:
    """A project with one small database, loaded."""
    with empty_project.sqlite("small") as source:
        source.execute("create table t (id integer primary key)")
    added = empty_project.synapse("add", str(empty_project.sqlite_dir / "small.db"))
    assert added.returncode == 0, added.stderr
    return empty_project
