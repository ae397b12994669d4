"""What docs/connecting.md says to applications: its code, settings and SQL, read from the page, run as they stand."""

import asyncio
import io
import os
import secrets
import shlex
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import apsw
import psycopg
import psycopg2
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from synapse_analytics.cli import main
from synapse_analytics.postgres import embedded
from tests.conftest import ROOT, Warehouse, folder_for_a_server
from tests.loaders.test_other_servers import free_port, own_dbt, running
from tests.project.test_rights import set_up

PAGE = (ROOT / "docs" / "connecting.md").read_text()
HOST = "127.0.0.1"
RULES = f"local all all trust\nhost all all {HOST}/32 scram-sha-256"
LOADING = "loading"  # a database that docs/roles.sql has set up, besides the one that is read


def find_block(beginning: str) -> str:
    """The one block of the page that begins with these words."""
    (found,) = [block for block in PAGE.split("```")[1::2] if block.startswith(beginning)]
    return found.split("\n", 1)[1]


def find_tables(head: str) -> list[list[list[str]]]:
    """The cells, without their signs, of each table of the page with this head."""
    rest = PAGE.split(f"{head}\n")[1:]
    tables = [part.split("\n\n")[0].splitlines()[1:] for part in rest]
    return [[[read_cell(cell) for cell in line.strip("| ").split(" | ")] for line in lines] for lines in tables]


def read_cell(cell: str) -> str:
    return cell.split("`")[1].replace("\\|", "|")


@dataclass(frozen=True)
class Server:
    """One of somebody's own, with passwords, that holds what `built` does: as its superuser, and as an application."""

    owner: dict[str, str]
    application: dict[str, str]
    password: str

    def query(self, statement: str) -> list[tuple]:
        return Warehouse(Path(), self.owner).query(statement)


@pytest.fixture(scope="module")
def server(postgres: dict[str, str], built: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(embedded.programs(), rules=RULES, listen_addresses=HOST, port=str(free_port())) as reach:
        set_up(reach, LOADING)  # makes the logins
        copy = "pg_dump --no-owner --no-privileges --host {} --port {} --username {} {} | psql --quiet --variable {}"
        source = (*(postgres[name] for name in ("PGHOST", "PGPORT", "PGUSER")), built, "ON_ERROR_STOP=1")
        run_bash(f"set -o pipefail; {copy.format(*map(shlex.quote, source))}", reach, ROOT)
        administrator = Warehouse(Path(), {**reach, "PGUSER": "administrator"})
        administrator.query(find_block("sql\ncreate role shop"))
        words = find_block("\nexport ").split()[1:]
        passwords = tmp_path_factory.mktemp("own") / "pgpass"
        own = {"PGHOST": HOST, "PGPORT": reach["PGPORT"], "PGPASSFILE": str(passwords)}
        found = Server(reach, dict(word.split("=") for word in words) | own, secrets.token_hex(16))
        found.query(
            "grant usage on schema analytics to synapse_reader;"
            "grant select on all tables in schema analytics to synapse_reader"
        )
        for login in ("shop", "synapse_loader", "synapse_dbt"):
            found.query(f"alter role {login} password '{found.password}'")
        passwords.write_text(f"{'*:' * 4}{found.password}\n")
        passwords.chmod(0o600)
        yield found


def run_bash(script: str, environment: dict[str, str], folder: Path) -> None:
    variables = os.environ | environment | {"PATH": f"{embedded.programs()}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-ec", script], env=variables, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def application(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with the environment of an application that reads it."""
    for name, value in server.application.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def code(application: Server) -> Iterator[dict]:
    """The names that the page's Python defines."""
    names = {}
    for block in PAGE.split("```")[1::2]:
        if block.startswith("python\n"):
            exec(block.removeprefix("python\n"), names)
    yield names
    names["pool"].close()
    names["engine"].dispose()


# Python


def test_an_application_reads_with_its_login_and_limits_and_does_nothing_else(application: Server, code: dict) -> None:
    wanted = "select test_name from analytics.ab_tests where status = 'active' and element_type = 'hook'"
    found = code["find_tests"]("active", ["hook", "none"])
    assert sorted((test["test_name"],) for test in found) == sorted(application.query(wanted)) != []
    assert code["find_tests"]("active", []) == []
    assert asyncio.run(code["run"]()) == [3, 1]
    assert code["count_winners"]("hook_test_20250211_091458") == 1
    with code["pool"].connection() as connection, code["engine"].connect() as other:
        for name, value in (("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "1min")):
            assert list(connection.execute(f"show {name}").fetchone().values()) == [value]
            assert other.execute(text(f"show {name}")).scalar_one() == value
        for statement in ("delete from analytics.ab_tests", "create table analytics.mine ()", "table ledger.loads"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_connection_that_the_server_closed_is_replaced(application: Server, code: dict) -> None:
    def ask() -> None:
        assert len(code["find_tests"]("active", ["hook"])) == 2
        assert code["count_winners"]("hook_test_20250211_091458") == 1

    ask()
    ended = application.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'shop'")
    assert len(ended) >= 2
    assert all(done for (done,) in ended)
    ask()


def test_python_gets_the_types_that_the_page_says(application: Server, samples: Path) -> None:
    ((*rows,),) = find_tables("| query | from sqlite3 | from psycopg |")
    assert len(rows) == 8
    with closing(sqlite3.connect(samples / "ab_testing.db")) as file, psycopg.connect() as connection:
        connection.execute("set search_path = analytics")
        for query, before, after in rows:
            values = file.execute(query).fetchone()[0], connection.execute(query).fetchone()[0]
            assert [type(value).__name__ for value in values] == [before, after], query
            assert after != "datetime" or values[1].tzinfo
        assert connection.execute("select %(name)s like 'a%%'", {"name": "ab"}).fetchone() == (True,)


# PgBouncer


@pytest.fixture(scope="module")
def bouncer(server: Server) -> Iterator[str]:
    """The port of a PgBouncer with the page's settings, but for addresses, before that server."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        pytest.skip("no PgBouncer on this machine: install Debian's pgbouncer, or Homebrew's")
    port = str(free_port())
    settings = ConfigParser(interpolation=None)
    settings.read_string(find_block("ini\n"))
    databases, own = settings["databases"], settings["pgbouncer"]
    ((name, address),) = databases.items()
    words = dict(word.split("=") for word in address.split()) | {"host": HOST, "port": server.owner["PGPORT"]}
    loading = {LOADING: {"dbname": LOADING}, "session": {"dbname": LOADING, "pool_mode": "session"}}
    for key, more in {name: {}, **loading}.items():
        databases[key] = " ".join(f"{word}={value}" for word, value in {**words, **more}.items())
    with folder_for_a_server() as folder:
        own.update({"listen_port": port, "auth_file": str(folder / "userlist.txt"), "unix_socket_dir": ""})
        with (folder / "pgbouncer.ini").open("w") as file:
            settings.write(file)
        write_users = find_block("\npsql --no-align")
        for login, sign in (("shop", ">"), ("synapse_loader", ">>"), ("synapse_dbt", ">>")):
            script = write_users.replace("'shop'", f"'{login}'").replace("> userlist", f"{sign} userlist")
            run_bash(script, server.owner, folder)
        owner = Path(server.owner["PGHOST"]).stat()  # PgBouncer refuses to run as root too
        user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner.st_uid, owner.st_gid)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen([program, folder / "pgbouncer.ini"], stdout=log, stderr=log, **user)
        try:
            while not is_open(port):
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.02)
            yield port
        finally:
            process.kill()
            process.wait()


def is_open(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, int(port))) == 0


@pytest.fixture
def behind(bouncer: str, application: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with the environment of an application that reads it through PgBouncer."""
    monkeypatch.setenv("PGPORT", bouncer)
    return application


def ask_often(asks: list[Callable[[], object]]) -> list[object]:
    """The answers, without repetitions, that 12 threads get that ask each of these many times."""
    with ThreadPoolExecutor(12) as threads:
        rounds = threads.map(lambda _: [ask() for _ in range(20) for ask in asks], range(12))
        return sorted({answer for answers in rounds for answer in answers})


def test_an_application_needs_nothing_else_behind_pgbouncer(behind: Server, code: dict) -> None:
    active = [
        lambda: len(code["find_tests"]("active", ["hook"])),
        lambda: code["count_winners"]("hook_test_20250211_091458"),
    ]
    assert ask_often(active) == [1, 2]
    assert asyncio.run(code["run"]()) == [3, 1]
    winners = text("select count(*) from analytics.test_variants where is_winner and test_id like :test_id")
    engine = create_engine("postgresql+psycopg2://", pool_size=12)
    with closing(engine.raw_connection()) as connection:
        assert isinstance(connection.driver_connection, psycopg2.extensions.connection)

    def count_winners() -> int:
        with engine.connect() as connection:
            return connection.execute(winners, {"test_id": "hook%"}).scalar_one()

    assert ask_often([count_winners]) == [1]
    engine.dispose()


def test_pgbouncer_ignores_options_and_the_limits_of_the_login_hold(behind: Server) -> None:
    show = "select current_setting('statement_timeout')"
    with psycopg.connect(options="-c statement_timeout=1s", autocommit=True) as connection:
        assert connection.execute(show).fetchone() == ("10s",)
        with connection.transaction():
            connection.execute("set local statement_timeout = '2s'")
            assert connection.execute(show).fetchone() == ("2s",)
        assert connection.execute(show).fetchone() == ("10s",)


def test_a_prepared_statement_is_in_the_way_of_the_next_client(behind: Server) -> None:
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if [int(part) for part in said.split()[1].split(".")[:2]] >= [1, 21]:
        pytest.skip("this PgBouncer can keep prepared statements")
    with psycopg.connect(autocommit=True) as first, psycopg.connect(autocommit=True) as second:
        first.execute("select 1", prepare=True)
        with pytest.raises(psycopg.errors.DuplicatePreparedStatement) as caught:
            second.execute("select 1", prepare=True)
    assert f"`{caught.value.diag.message_primary}`" in PAGE


@pytest.mark.parametrize("database", [LOADING, "session"])
def test_a_load_through_pgbouncer_is_equal_in_every_value(
    behind: Server, samples: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"PGUSER": "synapse_loader", "PGDATABASE": database, "SYNAPSE_SQLITE_DIR": str(samples)}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    for words in (["load", "--force", "ab_testing", "twitter_analytics"], ["verify", "ab_testing"]):
        done = CliRunner(catch_exceptions=False).invoke(main, words)
        assert done.exit_code == 0, done.stderr


@pytest.mark.long
def test_the_pipeline_runs_through_pgbouncer(behind: Server, bouncer: str, samples: Path, tmp_path: Path) -> None:
    reach = {**behind.application, "PGPORT": bouncer, "PGDATABASE": LOADING, "SYNAPSE_SQLITE_DIR": str(samples)}
    warehouse = Warehouse(samples, {**reach, **own_dbt(tmp_path)})
    for login, command in (("synapse_loader", ("load",)), ("synapse_dbt", ("build",)), ("synapse_dbt", ("report",))):
        run = warehouse.dbt if command == ("build",) else warehouse.synapse
        done = run(*command, PGUSER=login)
        assert done.returncode == 0, done.stdout + done.stderr


# SQL

DIFFERS = find_tables("| in SQLite | it answers | PostgreSQL answers | in PostgreSQL |")
SAME = find_tables("| query | answer |")


@pytest.fixture(scope="module")
def ask(server: Server, samples: Path) -> Iterator[tuple[Callable[[str], str], Callable[[str], str]]]:
    """What SQLite answers on a sample, and what PostgreSQL answers the application, as the page writes answers."""
    file = apsw.Connection(str(samples / "ab_testing.db"), flags=apsw.SQLITE_OPEN_READONLY)
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname", "PGPASSFILE": "passfile"}
    dsn = {word: server.application[name] for name, word in names.items()}
    with closing(psycopg2.connect(**dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("set search_path = analytics; set timezone = 'UTC'")

        def ask_sqlite(query: str) -> str:
            return "; ".join(
                ", ".join("null" if value is None else str(value) for value in row) for row in file.execute(query)
            )

        def ask_postgresql(query: str) -> str:
            answer = io.StringIO()
            try:
                cursor.copy_expert(f"copy ({query}) to stdout with (null 'null')", answer)  # as psql shows values
            except psycopg2.Error as error:
                return f"ERROR: {error.diag.message_primary}"
            return "; ".join(answer.getvalue().replace("\t", ", ").splitlines())

        yield ask_sqlite, ask_postgresql
    file.close()


def same(answer: str) -> str:
    """One spelling for equal numbers."""
    try:
        return f"{Decimal(answer).normalize()}"
    except InvalidOperation:
        return answer


@pytest.mark.parametrize("row", [row for table in DIFFERS for row in table], ids=lambda row: row[0])
def test_each_line_of_sql_that_differs_answers_what_the_page_says(row: list[str], ask: tuple) -> None:
    ask_sqlite, ask_postgresql = ask
    before, answer, otherwise, after = row
    assert ask_sqlite(before) == answer
    assert ask_postgresql(before) == otherwise
    assert same(otherwise) != same(answer)
    assert same(ask_postgresql(after)) == same(answer)


def test_the_lines_without_an_error_come_first_and_some_sql_is_the_same_in_both(ask: tuple) -> None:
    assert sum(map(len, DIFFERS)) >= 45
    for table in DIFFERS:
        errors = [otherwise.startswith("ERROR: ") for _, _, otherwise, _ in table]
        assert errors == sorted(errors)
    for table in SAME:
        for query, answer in table:
            assert [each(query) for each in ask] == [answer, answer]
