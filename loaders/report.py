"""The reconciliation: rows in SQLite, raw and final, as the view analytics.row_ledger counts them now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import psycopg2
import tabulate

from synapse_analytics import Problem, printable
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.connection import connect, reason
from synapse_analytics.postgres.ledger import TableLoad
from synapse_analytics.project import Database, read_declarations
from synapse_analytics.state import State, states
from synapse_analytics.verify import Verdict
from synapse_analytics.words import count_of, left_behind, listed

tabulate.MIN_PADDING = 0  # headings as narrow as can be, for terminals of 80 columns
HEADERS = ("database, table", "SQLite", "raw", "staged", "final", "rejected", "orphans", "ok")

INDENT = "  "
LONGEST_CELL = 80  # characters: a table's name in SQLite may have a million


class Row(NamedTuple):
    """A row of analytics.row_ledger: how often the rows of a raw table are in each layer, and whether that is right."""

    database: str
    table: str
    sqlite: int | None
    raw: int | None
    staged: int | None
    final: int | None
    rejected: int
    accepted: int
    orphans: int
    balances: bool
    final_table: str | None


@dataclass(frozen=True)
class Reconciliation:
    """The row ledger's rows, how many relations the schema analytics has, how each declared database stands, and the
    databases in the ledger that are not declared.
    """

    rows: list[Row]
    relations: int
    states: list[State]
    others: list[str]

    @property
    def balances(self) -> bool:
        """Whether each table does, and there is one wherever a database is declared."""
        return all(row.balances for row in self.rows) and bool(self.rows or not self.states)

    @property
    def problems(self) -> list[str]:
        """Sentences on what is not accounted for, on loads that failed, and on files that have changed."""
        unbalanced = [f"{row.database}.{row.table}" for row in self.rows if not row.balances]
        found = []
        if not self.balances:
            found.append(f"Not accounted for: {', '.join(unbalanced) or 'anything, because the ledger is empty'}.")
        return found + [sentence for state in self.states for sentence in state.problems]


def reconcile(root: Path) -> Reconciliation:
    """Read the row ledger, and look at the files. Raises Problem if there is no row ledger yet."""
    declared = read_declarations(root)
    with connect(root) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(
                "select source_database, source_table, sqlite_rows, raw_rows, staged_rows, final_rows,"
                " rejected_values, accepted_values, orphans, balances, final_table"
                " from analytics.row_ledger order by source_database, source_table"
            )
            rows = [Row(*found) for found in cursor.fetchall()]
            cursor.execute(
                "select count(*) from pg_class"
                " where relnamespace = 'analytics'::regnamespace and relkind in ('r', 'p', 'v')"
            )
            (relations,) = cursor.fetchone()
            others = [name for name in ledger.databases(cursor) if name not in declared]
            found = states(cursor, [declared[name] for name in sorted(declared)])
        except psycopg2.Error as error:
            raise Problem(f"There is no row ledger to report on ({reason(error)}): run `dbt build`.") from error
    return Reconciliation(rows, relations, found, others)


def render(reconciliation: Reconciliation) -> str:
    """The reconciliation as a table, its sums below it, and how each database stands."""
    rows = reconciliation.rows
    shown: list[tuple] = []
    for database, tables in groupby(rows, key=attrgetter("database")):
        shown.append((database, *[""] * 7))
        for row in tables:
            counts = (row.sqlite, row.raw, row.staged, row.final, row.rejected, row.orphans)
            shown.append((INDENT + row.table, *counts, "yes" if row.balances else "NO"))

    def total(count: str) -> int:
        return sum(getattr(row, count) or 0 for row in rows)

    accepted = total("accepted")
    lines = [render_table(shown, HEADERS, missingval="-")]
    lines += [
        "",
        f"{count_of(len({row.database for row in rows}), 'database')}, {count_of(len(rows), 'table')};"
        f" {count_of(reconciliation.relations, 'relation')} in analytics",
        f"{total('sqlite')} rows in SQLite, {total('raw')} raw, {total('staged')} staged, {total('final')} final",
        f"{total('rejected')} values rejected{f', {accepted} accepted' if accepted else ''},"
        f" {total('orphans')} orphans kept",
        "",
        _render_states(reconciliation.states),
        "",
    ]
    lines += [left_behind(state.database, state.left_behind) for state in reconciliation.states if state.left_behind]
    if reconciliation.others:
        lines.append(f"Not declared, and not counted: {listed(reconciliation.others)}.")
    lines.append("NOT every row is accounted for" if reconciliation.problems else "every row is accounted for")
    return "\n".join(lines)


def _render_states(found: list[State]) -> str:
    rows = [
        (
            state.database,
            f"{state.loaded_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if state.loaded_at else "never",
            ", ".join(state.since),
        )
        for state in found
    ]
    return render_table(rows, ("database", "last loaded (UTC)", "since then"), disable_numparse=True)


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
        f"{count_of(len(loads), 'table')}, {count_of(source, 'row')} in SQLite, {landed:,} landed, digests equal",
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
    cells = [[_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return tabulate.tabulate(cells, headers, preserve_whitespace=True, **options)


def _cell(text: str) -> str:
    indent = INDENT if text.startswith(INDENT) else ""
    return indent + printable(text, LONGEST_CELL)
