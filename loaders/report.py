"""The reconciliation: rows in SQLite, raw and final, as the view analytics.row_ledger counts them now."""

from dataclasses import dataclass
from pathlib import Path

import psycopg2
from tabulate import tabulate

from loaders import Problem, server
from loaders.ledger import TableLoad
from loaders.postgres_target import reason

HEADERS = ("database", "table", "SQLite", "raw", "staging", "final", "rejected", "orphans", "digest", "seconds", "balances")


@dataclass(frozen=True)
class Reconciliation:
    rows: list[tuple]
    relations: int
    loaded_at: object

    @property
    def balances(self) -> bool:
        """Whether every row and every value is accounted for; no rows at all do not balance."""
        return bool(self.rows) and all(row[-1] for row in self.rows)


def reconcile(root: Path) -> Reconciliation:
    """Read the row ledger. Raises Problem where it is not there yet."""
    connection = server.connect(root)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select source_database, source_table, sqlite_rows, raw_rows, staged_rows, final_rows,"
                " rejected_values, orphans, left(source_digest, 12), load_seconds, balances"
                " from analytics.row_ledger order by source_database, source_table"
            )
            rows = cursor.fetchall()
            cursor.execute(
                "select count(*), (select max(finished_at) from ledger.loads where outcome = 'loaded')"
                " from pg_class where relnamespace = 'analytics'::regnamespace and relkind in ('r', 'p', 'v')"
            )
            relations, loaded_at = cursor.fetchone()
    except psycopg2.Error as error:
        raise Problem(f"There is no row ledger to report on ({reason(error)}): run `dbt build`.") from error
    finally:
        connection.close()
    return Reconciliation(rows, relations, loaded_at)


def render(reconciliation: Reconciliation) -> str:
    """The reconciliation as a table, its sums below it."""
    rows = reconciliation.rows
    shown = [(*row[:9], None if row[9] is None else f"{row[9]:.3f}", "yes" if row[10] else "NO") for row in rows]
    sums = [sum(row[i] or 0 for row in rows) for i in range(2, 8)]
    return "\n".join(
        [
            tabulate(shown, HEADERS, missingval="-"),
            "",
            f"{len({row[0] for row in rows})} databases, {len(rows)} tables, loaded {reconciliation.loaded_at:%Y-%m-%d %H:%M:%S} UTC;"
            f" {reconciliation.relations} relations in analytics",
            f"{sums[0]} rows in SQLite, {sums[1]} raw, {sums[2]} staged, {sums[3]} final;"
            f" {sums[4]} values rejected, {sums[5]} orphans kept",
            "every row is accounted for" if reconciliation.balances else "NOT every row is accounted for",
        ]
    )


def render_loads(loads: list[TableLoad]) -> str:
    """What a load did, table by table."""
    headers = ("database", "table", "source rows", "landed rows", "digest", "seconds")
    rows = [(t.database, t.table.name, t.source_rows, t.landed_rows, t.landed_digest[:12], f"{t.seconds:.3f}") for t in loads]
    total = f"{len(loads)} tables, {sum(t.source_rows for t in loads)} rows in SQLite, {sum(t.landed_rows for t in loads)} landed, digests equal"
    return tabulate(rows, headers) + "\n\n" + total
