"""The PostgreSQL this project talks to: the embedded one in `.postgres/`, or the one that PGHOST or PGSERVICE names."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import extensions

from synapse_analytics import Problem, printable
from synapse_analytics.postgres import folders

# profiles.yml holds the same defaults for dbt; tests/project asserts that the two reach the same server.
USER = DATABASE = "synapse"
PORT = 5432
OLDEST_VERSION = 16
# A unix socket's whole path must fit into 104 bytes (macOS) or 108 (Linux); `/.s.PGSQL.5432` takes 14 of them.
LONGEST_SOCKET_DIRECTORY = 80
LONGEST_REASON = 400  # characters of PostgreSQL's words in a sentence


def is_embedded() -> bool:
    """Whether neither PGHOST nor PGSERVICE names another server."""
    return not (os.environ.get("PGHOST") or os.environ.get("PGSERVICE"))


def data_directory(root: Path) -> Path:
    """Where the embedded server of the project in `root` keeps its data, whether it is there or not."""
    return root / ".postgres"


def socket_directory(root: Path) -> Path:
    """The data folder itself, or a folder in /tmp named after it if its path is too long or, to libpq, a list."""
    home = str(data_directory(root))
    if len(home.encode()) <= LONGEST_SOCKET_DIRECTORY and "," not in home:
        return Path(home)
    name = hashlib.md5(home.encode(), usedforsecurity=False).hexdigest()
    return Path(f"/tmp/synapse-{name}")  # noqa: S108 - made with mode 700


def parameters(root: Path) -> dict[str, str]:
    """libpq's connection parameters, without a password: libpq takes that from PGPASSWORD, a service or a pgpass file.

    None at all if only PGSERVICE is set, because they would hide what the service says.
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


def variables(root: Path) -> dict[str, str]:
    """The same as libpq's variables, for programs of PostgreSQL's."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    return {names[key]: value for key, value in parameters(root).items()}


@contextmanager
def connect(root: Path, database: str | None = None) -> Iterator[extensions.connection]:
    """A connection to the project's database, or to another of the same server, in UTC and UTF-8; closed at the end.

    Raises Problem if no server answers, it refuses the login, it is older than OLDEST_VERSION, its database is not
    UTF-8, or it refuses something within the `with`.
    """
    target = parameters(root) | ({"dbname": database} if database else {})
    if is_embedded():  # or another user could be the server
        folders.refuse_shared(socket_directory(root), folders.owners())
    try:
        # The encoding is set because PGCLIENTENCODING would change every accent. `options` replaces PGOPTIONS, and the
        # later of two equal settings counts. Tables are read from their beginning, not from where another session is.
        # Whoever waited for a lock must see what its holder committed. Only PostgreSQL's own functions are called,
        # because anybody may have made others in a schema named after this login.
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
    """PostgreSQL's own words on one line: what, details, a hint and, if it was in a COPY, the table and the line.

    The rest of the context is left out, because it may be the whole body of a function, or a row.
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
        info = connection.info  # and not parameters(), because a service may have set them
        return extensions.make_dsn(host=info.host, port=info.port, user=info.user, dbname=info.dbname)
