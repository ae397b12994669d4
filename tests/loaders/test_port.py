"""`synapse up --port`: who gets in there, and who does not."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner, Result
from psycopg2.extensions import parse_dsn

from synapse_analytics.cli import main
from synapse_analytics.postgres import embedded
from tests.conftest import folder_for_a_server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith(("PG", "DBT"))]:
        monkeypatch.delenv(name)
    with folder_for_a_server() as root:
        (root / "dbt_project.yml").write_text("{name: small}")
        shutil.copy(ROOT / "profiles.yml", root)
        monkeypatch.chdir(root)
        yield root
        embedded.down(root)


def synapse(*words: str | int) -> Result:
    return CliRunner(catch_exceptions=False).invoke(main, list(map(str, words)))


def up(port: int) -> tuple[str, str]:
    """The two connection strings: the owner's, and the reader's."""
    done = synapse("up", "--port", port)
    assert done.exit_code == 0, done.stderr
    owner, reader = done.stdout.splitlines()
    return owner, reader


def ask(dsn: str, statement: str, **options: str) -> list[tuple]:
    with closing(psycopg2.connect(dsn, **options)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_reader_gets_in_with_the_password_and_reads_analytics_alone(root: Path, port: int) -> None:
    owner, reader = up(port)
    ask(owner, "create table analytics.later as select 42 as answer; create schema raw_app; create table raw_app.t ()")
    assert ask(reader, "select current_user::text, answer from analytics.later") == [("synapse_reader", 42)]
    assert "password" not in parse_dsn(reader)
    for statement in (
        "select * from raw_app.t",
        "create table analytics.mine ()",
        "delete from analytics.later",
        "create schema mine",
        "create temporary table mine ()",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(reader, statement)
    password_file = root / ".postgres" / "pgpass"
    assert password_file.stat().st_mode & 0o077 == 0
    password = password_file.read_text().strip().rpartition(":")[2]
    assert len(password) >= 32
    ask(owner, "create extension if not exists pg_stat_statements")
    statements = ask(owner, "select query from pg_stat_statements")
    kept = [*(query for (query,) in statements), (root / ".postgres" / "log").read_text(), reader, owner]
    assert not any(password in text for text in kept)
    assert up(port) == (owner, reader)
    assert password_file.read_text().strip().endswith(password)


def test_nobody_else_gets_in_there(root: Path, port: int) -> None:
    owner, reader = up(port)
    nobody = parse_dsn(reader) | {"passfile": os.devnull}
    refused = [
        nobody,
        nobody | {"password": "guess"},
        nobody | {"user": "synapse", "password": "guess"},
        nobody | {"dbname": "postgres", "password": "guess"},
    ]
    for options in refused:
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(**options)
    assert ask(owner, "show listen_addresses") == [("127.0.0.1",)]
    assert synapse("status").stdout.strip() == owner
    assert synapse("down").exit_code == 0
    assert synapse("up").stdout.strip() == owner
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(reader)


def test_a_port_that_cannot_be_had_gets_a_sentence(root: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", port))):
        done = synapse("up", "--port", port)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert f"Port {port} of 127.0.0.1 cannot be opened (Address already in use): choose another one." in done.stderr
    assert not (root / ".postgres").exists()
    assert synapse("up", "--port", 80).exit_code == 2
    assert synapse("up").exit_code == 0
    done = synapse("up", "--port", port)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"The server runs without port {port}: `synapse down`, then `synapse up --port {port}`.\n"
    monkeypatch.setenv("PGHOST", str(root / ".postgres"))
    done = synapse("up", "--port", port)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "--port is for the embedded server" in done.stderr
