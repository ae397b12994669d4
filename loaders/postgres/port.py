"""Open the embedded server to programs that know no unix socket: on loopback, with a password, to read analytics."""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from psycopg2 import extensions, sql

from synapse_analytics import Problem
from synapse_analytics.postgres.connection import DATABASE, PORT, connect, data_directory

HOST = "127.0.0.1"
READER = "synapse_reader"  # as docs/roles.sql calls it
SCHEMA = "analytics"
PASSWORD_FILE = "pgpass"  # noqa: S105 - its name, in the data folder, which git ignores
# Who owns the socket's folder is the server's superuser, as ever. Nobody else gets in but the reader.
RULES = f"local all all trust\nlocal replication all trust\nhost {DATABASE} {READER} {HOST}/32 scram-sha-256\n"


def refuse_taken(port: int) -> None:
    """Raise Problem if another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Problem(f"Port {port} of {HOST} cannot be opened ({error.strerror}): choose another one.") from None


def running_port(home: Path) -> int | None:
    """The port that the running server has opened, or None if it has none open; by the file that it writes itself."""
    lines = (home / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    return int(lines[3]) if len(lines) > 5 and lines[5] else None


def running_state(home: Path) -> str:
    """What the server says of itself in the same file: `starting`, `standby`, `ready` or `stopping`; "" if nothing."""
    with suppress(FileNotFoundError):
        return "".join((home / "postmaster.pid").read_text(encoding="utf-8").splitlines()[7:8]).strip()
    return ""


def link_socket(sockets: Path, port: int) -> None:
    """Let libpq find the socket where it is without a port: PostgreSQL names it after its only port."""
    usual = sockets / f".s.PGSQL.{PORT}"
    if port != PORT:
        usual.unlink(missing_ok=True)
        usual.symlink_to(f".s.PGSQL.{port}")


def let_reader_in(root: Path, port: int) -> str:
    """Make the reader's login with its password, and say how to connect, with the password's file instead of it.

    A replica has both from the server that it follows. Raises Problem if one is missing there.
    """
    file = data_directory(root) / PASSWORD_FILE
    dsn = extensions.make_dsn(host=HOST, port=port, user=READER, dbname=DATABASE, passfile=str(file))
    with connect(root) as connection, connection, connection.cursor() as cursor:
        cursor.execute("select pg_is_in_recovery(), to_regrole(%s) is not null", [READER])
        is_replica, is_there = cursor.fetchone()
        if is_replica and not (is_there and file.exists()):
            raise Problem(
                f"The server is a replica, and only the server that it follows can make the login {READER}: run"
                f" `synapse up --port` there once, and copy its .postgres/{PASSWORD_FILE} to {file}."
            )
        if is_replica:
            return dsn
        names = {"reader": READER, "schema": SCHEMA, "database": DATABASE}
        quoted = {key: sql.Identifier(name) for key, name in names.items()}
        statements = [] if is_there else ["create role {reader} login"]
        # What is made later is covered too. The schema is made here if dbt has not run yet.
        statements += [
            "revoke all on database {database} from public",
            "grant connect on database {database} to {reader}",
            "create schema if not exists {schema}",
            "grant usage on schema {schema} to {reader}",
            "grant select on all tables in schema {schema} to {reader}",
            "alter default privileges in schema {schema} grant select on tables to {reader}",
            "alter role {reader} password {verifier}",
        ]
        # The verifier, and not the password, because PostgreSQL keeps statements in logs and statistics.
        verifier = extensions.encrypt_password(_password(file), READER, connection, "scram-sha-256")
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(**quoted, verifier=sql.Literal(verifier)))
    return dsn


def _password(file: Path) -> str:
    """The password in a file of libpq's form, which is made once, for its owner's eyes only."""
    if not file.exists():
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(opened, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a path could be opened by others meanwhile
            stream.write(f"*:*:{DATABASE}:{READER}:{secrets.token_urlsafe(24)}\n")
    if os.geteuid() == 0:  # a base backup has all files of the folder, so the server must be able to read it
        os.chown(file, file.parent.stat().st_uid, file.parent.stat().st_gid, follow_symlinks=False)
    return file.read_text(encoding="utf-8").strip().rpartition(":")[2]
