"""The reconciliation: rows in SQLite, raw and final, as the view analytics.row_ledger counts them now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
from tabulate import tabulate

from loaders import Problem, printable, server
from loaders.ledger import TableLoad
from loaders.project import Database
from loaders.verify import Verdict

HEADERS = [
    *("database", "table", "SQLite", "raw", "staging", "final"),
    *("rejected", "orphans", "digest", "seconds", "balances"),
]

LONGEST_CELL = 80  # characters: a table's name in SQLite may have a million


@dataclass(frozen=True)
class Reconciliation:
    """The row ledger's rows, how many relations the schema analytics has, and when the latest load ended (UTC)."""

    rows: list[tuple]
    relations: int
    loaded_at: datetime | None

    @property
    def balances(self) -> bool:
        """Whether every row and every value is accounted for; no rows at all do not balance."""
        return bool(self.rows) and all(row[-1] for row in self.rows)


def reconcile(root: Path) -> Reconciliation:
    """Read the row ledger. Raises Problem where it is not there yet."""
    with server.connect(root) as connection, connection.cursor() as cursor:
        try:
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
            reason = server.reason(error)
            raise Problem(f"There is no row ledger to report on ({reason}): run `dbt build`.") from error
    return Reconciliation(rows, relations, loaded_at)


def render(reconciliation: Reconciliation) -> str:
    """The reconciliation as a table, its sums below it."""
    rows, loaded_at = reconciliation.rows, reconciliation.loaded_at
    shown = [(*row[:9], row[9] and f"{row[9]:.3f}", "yes" if row[10] else "NO") for row in rows]
    sums = [sum(row[i] or 0 for row in rows) for i in range(2, 8)]
    loaded = f"loaded {loaded_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if loaded_at else "never loaded"
    return "\n".join(
        [
            render_table(shown, HEADERS, missingval="-"),
            "",
            f"{len({row[0] for row in rows})} databases, {len(rows)} tables, {loaded};"
            f" {reconciliation.relations} relations in analytics",
            f"{sums[0]} rows in SQLite, {sums[1]} raw, {sums[2]} staged, {sums[3]} final;"
            f" {sums[4]} values rejected, {sums[5]} orphans kept",
            "every row is accounted for" if reconciliation.balances else "NOT every row is accounted for",
        ]
    )


def render_loads(loads: list[TableLoad], unchanged: list[Database]) -> str:
    """What a load did, table by table, and in all. Loads that did not arrive whole never come here."""
    headers = ("database", "table", "source rows", "landed rows", "digest", "seconds")
    rows = [
        (t.database, t.table.name, t.source_rows, t.landed_rows, t.landed_digest[:12], f"{t.seconds:.3f}")
        for t in loads
    ]
    source, landed = sum(t.source_rows for t in loads), sum(t.landed_rows for t in loads)
    parts = [
        render_table(rows, headers),
        f"{len(loads)} tables, {source} rows in SQLite, {landed} landed, digests equal",
    ]
    if unchanged:
        names = ", ".join(database.name for database in unchanged)
        left = f"{count_of(len(unchanged), 'database')} unchanged since the last load, and not loaded again"
        parts = [*(parts if loads else []), f"{left}: {names}"]
    return "\n\n".join(parts)


def render_verdicts(verdicts: list[Verdict]) -> str:
    """What verify found, table by table, and in all."""
    headers = ("database", "table", "SQLite", "raw", "SHA-256 in SQLite", "SHA-256 in raw", "equal")
    rows = [
        (v.database, v.table, v.source_rows, v.landed_rows, v.source_digest[:12], v.landed_digest[:12], v.agrees)
        for v in verdicts
    ]
    shown = [(*row[:-1], "yes" if row[-1] else "NO") for row in rows]
    differ = sum(not verdict.agrees for verdict in verdicts)
    total = (
        f"{count_of(differ, 'table')} of {len(verdicts)} differ" if differ else "every value is the same on both sides"
    )
    return "\n\n".join([render_table(shown, headers, disable_numparse=True), total])


def render_table(rows: Iterable[Iterable[object]], headers: Iterable[str], **options: object) -> str:
    """Rows below their headers, each on one line; `options` are tabulate's."""
    cells = [[printable(cell, LONGEST_CELL) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return tabulate(cells, headers, **options)


def count_of(number: int, noun: str) -> str:
    """A number of things, in words: 1 table, 1,000 tables."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
