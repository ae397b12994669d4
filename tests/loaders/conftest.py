"""A small project around an empty warehouse, and an eye on both of its sides that does not trust the loader."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner, Result
from psycopg2 import sql

from synapse_analytics.cli import main
from synapse_analytics.project import Database
from synapse_analytics.raw_format import decode
from synapse_analytics.sqlite.copy_lines import extension
from synapse_analytics.table import Column, quote

if TYPE_CHECKING:
    from tests.conftest import Warehouse


@dataclass(frozen=True)
class Project:
    """One declared database, `app`, and whatever else a test makes. `synapse` runs in its root."""

    root: Path
    warehouse: "Warehouse"
    file: Path

    @property
    def database(self) -> Database:
        return Database("app", self.file)

    def synapse(self, *arguments: str) -> Result:
        """In this process: an exception that the command line does not turn into a sentence fails the test."""
        return CliRunner(catch_exceptions=False).invoke(main, arguments)

    def load(self, *arguments: str) -> Result:
        done = self.synapse("load", *arguments)
        assert done.exit_code == 0, done.stderr
        return done

    def sources(self, name: str = "app") -> Path:
        return self.root / "models" / "staging" / f"_{name}__sources.yml"

    def declare(self, tables: dict[str, list[str]], name: str = "app") -> None:
        declared = [{"name": table, "columns": [{"name": c} for c in columns]} for table, columns in tables.items()]
        source = {"name": name, "schema": f"raw_{name}", "tables": declared}
        self.sources(name).write_text(yaml.safe_dump({"sources": [source]}))

    @contextmanager
    def sqlite(self, script: str = "") -> Iterator[sqlite3.Connection]:
        """The file, opened for writing by a program that has a collation and a function of its own."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.create_collation("backwards", lambda left, right: (left < right) - (left > right))
            connection.create_function("twice", 1, lambda value: value * 2, deterministic=True)
            connection.executescript(script)
            yield connection

    def make(self, script: str) -> None:
        with self.sqlite(script):
            pass

    def query(self, statement: str | sql.Composable) -> list[tuple]:
        return self.warehouse.query(statement)

    def column(self, statement: str) -> list[object]:
        return [value for (value,) in self.query(statement)]

    def schemas(self) -> list[object]:
        return self.column(
            "select nspname from pg_namespace where nspname like 'raw%' or nspname = 'ledger' order by 1"
        )

    def content(self) -> dict[str, list[str]]:
        """What the file holds: a row's repr tells values and classes, floats to the last bit, text as bytearray."""
        with self.sqlite() as connection:
            tables = connection.execute("select name from sqlite_schema where type = 'table'").fetchall()
            connection.text_factory = bytearray
            return {t: sorted(map(repr, connection.execute(f"select * from {quote(t)}"))) for (t,) in tables}

    def landed(self) -> dict[str, list[str]]:
        """What PostgreSQL holds, decoded, in the same form."""
        raw = {(t, c): name for t, c, name in self.query("select table_name, column_name, raw_name from ledger.names")}
        found = {}
        for table in self.content():
            with self.sqlite() as connection:
                info = connection.execute(f"pragma table_xinfo({quote(table)})").fetchall()
            names = [sql.Identifier(raw.get((table, row[1]), row[1])) for row in info]
            target = sql.Identifier("raw_app", raw.get((table, ""), table))
            rows = self.query(sql.SQL("select {} from {}").format(sql.SQL(", ").join(names), target))
            affinities = [Column(row[1], row[2]).has_text_affinity for row in info]
            decoded = [map(decode, row, affinities) for row in rows]
            texts = [tuple(bytearray(v.encode()) if isinstance(v, str) else v for v in row) for row in decoded]
            found[table] = sorted(map(repr, texts))
        return found


@pytest.fixture(params=["C", "Python"])
def renderer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What renders rows: copy_lines.c, or Python as where that could not be built."""
    if request.param == "Python":
        monkeypatch.setattr("synapse_analytics.sqlite.copy_lines.extension", lambda: None)
    elif not extension():
        assert not shutil.which("cc"), "copy_lines.c was not built: run `make .venv/run`"
        pytest.skip("copy_lines.c needs a C compiler: install gcc or clang, and run `make .venv/run`")
    return request.param


@pytest.fixture
def project(empty_warehouse: "Warehouse", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project in an empty warehouse, with the working directory and the environment that belong to it."""
    project = Project(tmp_path / "project", empty_warehouse, empty_warehouse.sqlite_dir / "app.db")
    project.sources().parent.mkdir(parents=True)
    (project.root / "dbt_project.yml").touch()
    project.declare({})
    for name, value in empty_warehouse.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project.root)
    return project
