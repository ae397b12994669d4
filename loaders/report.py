"""The reconciliation: rows in SQLite, raw and final, as the view analytics.row_ledger counts them now."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import psycopg2

from synapse_analytics import Problem, printable
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.connection import connect, reason
from synapse_analytics.postgres.ledger import TableLoad
from synapse_analytics.project import Database, read_declarations
from synapse_analytics.records import Record
from synapse_analytics.state import State, states
from synapse_analytics.tables import INDENT, Wrong, render_table, wrong
from synapse_analytics.verify import Verdict
from synapse_analytics.words import count_of, left_behind, listed

HEADERS = ("database, table", "SQLite", "raw", "staged", "final", "rejected", "orphans", "ok")
COUNTS = ("sqlite", "raw", "staged", "final", "rejected", "accepted", "orphans")


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
    digest: str | None
    seconds: float | None


@dataclass(frozen=True)
class Reconciliation:
    """The row ledger's rows, how many relations the schema analytics has, how each declared database stands, the
    databases in the ledger that are not declared, and those that are.
    """

    rows: list[Row]
    relations: int
    states: list[State]
    others: list[str]
    declared: dict[str, Database] = field(default_factory=dict)

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
                " rejected_values, accepted_values, orphans, balances, final_table,"
                " source_digest, load_seconds"
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
    return Reconciliation(rows, relations, found, others, declared)


def records(reconciliation: Reconciliation) -> list[Record]:
    """The reconciliation for programs: each table, and each declared database."""
    load_ids = {state.database: state.load_id for state in reconciliation.states}
    found = [
        Record(
            row.database,
            "balanced" if row.balances else "not balanced",
            row.table,
            load_ids.get(row.database),
            row.final if row.final_table else row.staged,
            row.digest,
            row.seconds,
            counts={key: getattr(row, key) for key in COUNTS},
        )
        for row in reconciliation.rows
    ]
    for state in reconciliation.states:
        message = " ".join(map(printable, state.problems or state.since)) or None
        found.append(Record(state.database, state.outcome, load_id=state.load_id, message=message))
    return found


def render(reconciliation: Reconciliation, wide: bool = False) -> str:
    """The reconciliation as a table, its sums below it, and how each database stands."""
    rows = reconciliation.rows
    tables_of = Counter((row.database, row.table) for row in rows)
    shown: list[tuple | str] = []
    for database, tables in groupby(rows, key=attrgetter("database")):
        shown.append(database)
        for row in tables:
            counts = (row.sqlite, row.raw, row.staged, row.final, _if_any(row.rejected), row.orphans)
            is_doubled = tables_of[row.database, row.table] > 1 and row.final_table
            called = f"{row.table} in {row.final_table}" if is_doubled else row.table
            shown.append((INDENT + called, *counts, "yes" if row.balances else Wrong("NO")))

    def total(count: str) -> str:
        # What two final tables carry is there twice in these alone.
        counted = rows if count == "final" else {(row.database, row.table): row for row in rows}.values()
        return f"{sum(getattr(row, count) or 0 for row in counted):,}"

    accepted = total("accepted")
    verdict = "every row is accounted for"
    lines = [
        render_table(shown, HEADERS, ["orphans", "staged"], wide),
        "",
        f"{count_of(len({row.database for row in rows}), 'database')}, {count_of(len(tables_of), 'table')};"
        f" {count_of(reconciliation.relations, 'relation')} in analytics",
        f"{total('sqlite')} rows in SQLite, {total('raw')} raw, {total('staged')} staged, {total('final')} final",
        f"{total('rejected')} values rejected{f', {accepted} accepted' if accepted != '0' else ''},"
        f" {total('orphans')} orphans kept",
        "",
        _render_states(reconciliation.states, wide),
        "",
    ]
    lines += [left_behind(state.database, state.left_behind) for state in reconciliation.states if state.left_behind]
    if reconciliation.others:
        lines.append(f"Not declared, and not counted: {listed(reconciliation.others)}.")
    lines.append(wrong(f"NOT {verdict}") if reconciliation.problems else verdict)
    return "\n".join(lines)


def _if_any(number: int) -> int | Wrong:
    return Wrong(f"{number:,}") if number else number


def _render_states(found: list[State], wide: bool) -> str:
    rows = [
        (
            state.database,
            f"{state.loaded_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if state.loaded_at else "never",
            Wrong(", ".join(state.since)) if state.problems else ", ".join(state.since),
        )
        for state in found
    ]
    return render_table(rows, ("database", "last loaded (UTC)", "since then"), wide=wide)


def render_loads(loads: list[TableLoad], unchanged: list[Database], wide: bool = False) -> str:
    """What a load did, table by table, and in all. Loads that did not arrive whole never come here."""
    headers = ("database", "table", "source rows", "landed rows", "digest", "seconds")
    rows = [(t.database, t.table.name, t.source_rows, t.landed_rows, t.landed_digest[:12], t.seconds) for t in loads]
    source, landed = sum(t.source_rows for t in loads), sum(t.landed_rows for t in loads)
    parts = [
        render_table(rows, headers, ["digest", "source rows"], wide),
        f"{count_of(len(loads), 'table')}, {count_of(source, 'row')} in SQLite, {landed:,} landed, digests equal",
    ]
    if unchanged:
        names = ", ".join(database.name for database in unchanged)
        left = f"{count_of(len(unchanged), 'database')} unchanged since the last load, and not loaded again"
        parts = [*(parts if loads else []), f"{left}: {names}"]
    return "\n\n".join(parts)


def render_verdicts(verdicts: list[Verdict], wide: bool = False) -> str:
    """What verify found, table by table, and in all."""
    headers = ("database", "table", "SQLite", "raw", "SHA-256 in SQLite", "SHA-256 in raw", "equal")
    rows = [
        (v.database, v.table, v.source_rows, v.landed_rows, v.source_digest[:12], v.landed_digest[:12], v.agrees)
        for v in verdicts
    ]
    shown = [(*row[:-1], "yes" if row[-1] else Wrong("NO")) for row in rows]
    differ = sum(not verdict.agrees for verdict in verdicts)
    total = f"{count_of(differ, 'table')} of {len(verdicts):,} differ"
    words = wrong(total) if differ else "every value is the same on both sides"
    return "\n\n".join([render_table(shown, headers, ["SHA-256 in SQLite", "SHA-256 in raw"], wide), words])
