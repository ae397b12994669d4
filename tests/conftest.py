"""A PostgreSQL server of the tests' own, the samples as SQLite files, and a warehouse built from them once."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest
from psycopg2 import sql

from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.connection import parameters
from synapse_analytics.scaffold.kernel import read_kernel, read_vars
from tests.programs import run_dbt

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(sys.executable).parent
# dbt parses the project anew whenever the database in its profile changes, so every test's database has this name.
DATABASE = "warehouse"
BUILT_MANIFEST = "built.json"  # beside dbt's own: what a build made of the samples' project


@dataclass(frozen=True)
class Warehouse:
    """One database and one folder of SQLite files, seen as a user sees them: through `synapse`, `dbt` and SQL."""

    sqlite_dir: Path
    environment: dict[str, str]
    root: Path = ROOT

    def run(self, *command: str, root: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        # dbt's log file, in which it writes more than on the terminal, takes a sixth of its time.
        variables = {"DBT_LOG_LEVEL_FILE": "none", **os.environ, **self.environment, **environment}
        if command[0] == "dbt":
            return run_dbt(list(command[1:]), root or self.root, variables)
        program = [str(PROGRAMS / command[0]), *command[1:]]
        return subprocess.run(program, cwd=root or self.root, env=variables, capture_output=True, text=True)

    def synapse(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("synapse", *arguments, **environment)

    def dbt(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("dbt", "--no-use-colors", *arguments, **environment)

    def connect(self) -> psycopg2.extensions.connection:
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
        return psycopg2.connect(**{key: self.environment[name] for key, name in names.items()})

    def query(self, statement: str | sql.Composable, parameters: object = None) -> list[tuple]:
        """Run one statement, commit, and return its rows, if it gives any."""
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def sqlite(self, name: str) -> Iterator[sqlite3.Connection]:
        """The SQLite file of a database, opened for writing; made where there is none."""
        connection = sqlite3.connect(self.sqlite_dir / f"{name}.db")
        with connection:
            yield connection
        connection.close()


@contextmanager
def folder_for_a_server() -> Iterator[Path]:
    """A folder that the server's user may enter, who is another where root runs the tests.

    Not pytest's own folder: another pytest that starts meanwhile would close it.
    """
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[dict[str, str]]:
    """A running server, as the PG* variables that reach it."""
    os.environ.pop("PGHOST", None)
    with folder_for_a_server() as root:
        embedded.up(root)
        target = parameters(root)
        reach = {
            "PGHOST": target["host"],
            "PGPORT": target["port"],
            "PGUSER": target["user"],
            "PGDATABASE": DATABASE,
            "DBT_TARGET_PATH": str(root / "target"),
            "DBT_LOG_PATH": str(root / "logs"),
        }
        # No test needs its data after the machine was switched off, and a slow disk makes every commit wait.
        execute(reach, "alter system set fsync = off", "alter system set full_page_writes = off")
        execute(reach, "select pg_reload_conf()")
        yield reach
        embedded.down(root)


def copy_project(target: Path, with_sources: bool) -> Path:
    """The project's dbt files in another folder; without sources, as somebody has them who begins with their own."""
    target.mkdir()
    if not with_sources:
        example = read_vars((ROOT / "dbt_project.yml").read_text())
        for path, text in read_kernel("synapse_analytics", example).files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text)
        return target
    for name in ("dbt_project.yml", "profiles.yml", ".dbtignore"):
        shutil.copy(ROOT / name, target)
    for name in ("models", "macros", "seeds", "tests"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def execute(environment: dict[str, str], *statements: str | sql.Composable) -> None:
    """Run what no transaction may hold, as the server's superuser."""
    connection = psycopg2.connect(
        host=environment["PGHOST"], port=environment["PGPORT"], user=environment["PGUSER"], dbname="postgres"
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def create_database(environment: dict[str, str], name: str, template: str = "template0") -> None:
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    statements = ("drop database if exists {name} with (force)", "create database {name} template {template}")
    execute(environment, *(sql.SQL(statement).format(**names) for statement in statements))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample databases, as `synapse sample` writes them; not to be changed."""
    directory = tmp_path_factory.mktemp("samples")
    subprocess.run([PROGRAMS / "synapse", "sample", directory], check=True, cwd=ROOT, capture_output=True)
    return directory


@pytest.fixture
def empty_warehouse(postgres: dict[str, str], tmp_path: Path) -> Warehouse:
    """An empty database and an empty folder for SQLite files."""
    create_database(postgres, DATABASE)
    directory = tmp_path / "sqlite"
    directory.mkdir()
    return Warehouse(directory, {**postgres, "SYNAPSE_SQLITE_DIR": str(directory)})


@pytest.fixture(scope="session")
def built(postgres: dict[str, str], samples: Path) -> str:
    """The name of a database that holds the samples, loaded and built; a template for others."""
    create_database(postgres, DATABASE)
    warehouse = Warehouse(samples, {**postgres, "SYNAPSE_SQLITE_DIR": str(samples)})
    for command in (("synapse", "load"), ("dbt", "build")):
        done = warehouse.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    # Other commands write another one, in which foreign keys do not name their parents.
    target = Path(postgres["DBT_TARGET_PATH"])
    shutil.copy(target / "manifest.json", target / BUILT_MANIFEST)
    create_database(postgres, "built", template=DATABASE)
    return "built"


@pytest.fixture
def warehouse(postgres: dict[str, str], samples: Path, built: str, tmp_path: Path) -> Warehouse:
    """The samples, loaded and built, in a database and a folder that the test may change."""
    create_database(postgres, DATABASE, template=built)
    directory = tmp_path / "sqlite"
    shutil.copytree(samples, directory)
    return Warehouse(directory, {**postgres, "SYNAPSE_SQLITE_DIR": str(directory)})
