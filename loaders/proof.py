"""Prove a project on a PostgreSQL that is thrown away: all rows arrive, and a second build writes nothing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg2 import sql

from synapse_analytics import Problem, load, report
from synapse_analytics.postgres import connection, embedded
from synapse_analytics.project import read_declarations
from synapse_analytics.runner import run_dbt
from synapse_analytics.words import listed

# What leads to another server, or into another folder.
LEADS_AWAY = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGOPTIONS", "PGPASSWORD", "DBT_TARGET")


def prove(root: Path) -> report.Reconciliation:
    """Load, build, report, and build again.

    Raises Problem if a database does not load, dbt fails, or the second build writes a row in analytics.
    """
    with _throwaway_server():
        loaded = load.load(root, list(read_declarations(root).values()), jobs=os.cpu_count() or 1)
        if loaded.failures:
            raise Problem(*loaded.failures)
        run_dbt(root, "build")
        found = report.reconcile(root)
        before = _row_versions(root)
        run_dbt(root, "--quiet", "build")
        after = _row_versions(root)
    written = sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))
    if written:
        raise Problem(f"A second build of the same data wrote into {listed(written)}: look for now() or random().")
    return found


@contextmanager
def _throwaway_server() -> Iterator[None]:
    """A server in a folder that goes away, which the loader and dbt both take for the one that PGHOST names."""
    was = dict(os.environ)
    with TemporaryDirectory(prefix="synapse-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # the server's user is another one where root runs this
        for name in LEADS_AWAY:
            os.environ.pop(name, None)
        try:
            embedded.up(home)
            target = connection.parameters(home)
            os.environ.update(PGHOST=target["host"], PGPORT=target["port"], PGUSER=target["user"])
            os.environ.update(PGDATABASE=target["dbname"], DBT_LOG_PATH=str(home / "logs"))
            os.environ.update(DBT_TARGET_PATH=str(home / "target"))
            yield
        finally:
            for name in LEADS_AWAY:
                os.environ.pop(name, None)
            embedded.down(home)
            os.environ.clear()
            os.environ.update(was)


def _row_versions(root: Path) -> dict[str, tuple]:
    """Of each table in analytics, how many rows it has, and what comes of where they stand and who wrote them."""
    with connection.connect(root) as connected, connected.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relnamespace = 'analytics'::regnamespace and relkind in ('r', 'p')"
        )
        versions = {}
        for (table,) in cursor.fetchall():
            statement = "select count(*), sum(hashtextextended(concat(xmin, ' ', ctid), 0)::numeric) from analytics.{}"
            cursor.execute(sql.SQL(statement).format(sql.Identifier(table)))
            versions[table] = cursor.fetchone()
    return versions
