"""What the page shows, read from the ledger, the row ledger, the files, dbt's artifacts and the tables."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import psycopg2

from synapse_analytics import printable
from synapse_analytics.page.artifacts import Artifacts, Model, read_artifacts
from synapse_analytics.page.charts import draw
from synapse_analytics.page.shapes import Picture
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.connection import connect, is_embedded
from synapse_analytics.postgres.ledger import Attempt
from synapse_analytics.project import Database
from synapse_analytics.report import Reconciliation, Row
from synapse_analytics.state import State

NEARLY = 0.97  # of a bar's length, the most where a row is missing, because people must see it
LAYERS = ("sqlite", "raw", "staged", "final")
MOST_REJECTED, MOST_ATTEMPTS, MOST_FAILURES, LONGEST_VALUE = 50, 30, 3, 200


@dataclass(frozen=True)
class Layer:
    """How many rows a layer has, how many it should have, and how long its bar is (0 to 1)."""

    name: str
    rows: int | None
    expected: int
    share: float

    @property
    def is_right(self) -> bool:
        """Whether the rows are as many as SQLite has; a layer that the rows do not reach is right too."""
        return self.rows is None or self.rows == self.expected


@dataclass(frozen=True)
class Block:
    """A database and its tables, on their way from SQLite to the final tables."""

    database: str
    rows: list[Row]

    @property
    def layers(self) -> list[Layer]:
        """The sums over its tables. One without final rows is no loss, so the final layer is without it."""
        found = []
        for name in LAYERS:
            counted = [row for row in self.rows if name != "final" or row.final_table]
            expected = sum(row.sqlite or 0 for row in counted)
            number = sum(getattr(row, name) or 0 for row in counted) if counted else None
            share = (number or 0) / max(expected, number or 0, 1)
            found.append(Layer(name, number, expected, min(share, NEARLY) if (number or 0) < expected else share))
        return found

    @property
    def balances(self) -> bool:
        """Whether each table does."""
        return all(row.balances for row in self.rows)

    @property
    def table_count(self) -> int:
        """How many tables it has; a table that two models carry counts once."""
        return len({row.table for row in self.rows})

    def total(self, count: str) -> int:
        """The sum of one of the counts."""
        return sum(getattr(row, count) or 0 for row in self.rows)


@dataclass(frozen=True)
class Freshness:
    """A declared database: its state, when its file was changed and its tables were built (UTC), and its history."""

    state: State
    file_changed_at: datetime | None
    built_at: datetime | None
    attempts: list[Attempt]

    @property
    def since(self) -> list[str]:
        """What is to be known since the last load, in a few words each."""
        last = max((each.finished_at for each in self.attempts if each.outcome == "loaded"), default=None)
        is_behind = last and self.built_at and last > self.built_at
        return [*self.state.since, *(["loaded since it was built"] if is_behind else [])]

    @property
    def failures(self) -> list[Attempt]:
        """The latest loads that failed, the last of them first."""
        return [each for each in reversed(self.attempts) if each.outcome == "failed"][:MOST_FAILURES]


@dataclass
class Page:
    """All that the template shows."""

    reconciliation: Reconciliation
    artifacts: Artifacts
    server: str
    written_at: datetime
    blocks: list[Block] = field(default_factory=list)
    rejected: list[tuple] = field(default_factory=list)
    freshness: list[Freshness] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    largest: list[tuple[str, int]] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Sentences on what a person has to put right."""
        pictures = [picture.problem for picture in self.pictures if picture.problem]
        return [printable(sentence) for sentence in [*self.reconciliation.problems, *pictures]]

    def total(self, count: str) -> int:
        """The sum of one of the counts over all databases."""
        return sum(block.total(count) for block in self.blocks)


def read_page(root: Path, reconciliation: Reconciliation) -> Page:
    """Read what the page shows besides the reconciliation. Raises Problem as connect() does."""
    artifacts, declared = read_artifacts(root), reconciliation.declared
    rows = [row for row in reconciliation.rows if row.database in declared]
    with connect(root) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            info = connection.info
            where = "the embedded server" if is_embedded() else info.host
            page = Page(reconciliation, artifacts, f"{info.dbname} at {where}", datetime.now(UTC))
            page.blocks = [Block(name, list(each)) for name, each in groupby(rows, key=attrgetter("database"))]
            if page.total("rejected") + page.total("accepted"):
                page.rejected = _rejected(cursor)
            for state in reconciliation.states:
                history = ledger.attempts(cursor, state.database, MOST_ATTEMPTS)
                changed_at = _changed_at(declared[state.database])
                page.freshness.append(Freshness(state, changed_at, _built_at(state.database, rows, artifacts), history))
            page.pictures = [draw(cursor, model) for model in _drawn(artifacts)]
            page.largest = _largest(rows)
    return page


def _drawn(artifacts: Artifacts) -> list[Model]:
    """The models with a chart: the questions people ask first, then area by area."""
    with_chart = [model for model in artifacts.models.values() if model.chart is not None]
    return sorted(with_chart, key=lambda model: (model.area != "questions", model.area, model.name))


def _rejected(cursor: psycopg2.extensions.cursor) -> list[tuple]:
    cursor.execute(
        "select source_database, source_table, column_name, wanted_type, left(raw_value, %s), source_row, is_accepted"
        " from analytics.rejected_values order by is_accepted, source_database, source_table, column_name, source_row"
        " limit %s",
        [LONGEST_VALUE, MOST_REJECTED],
    )
    return cursor.fetchall()


def _changed_at(database: Database) -> datetime | None:
    try:
        return datetime.fromtimestamp(database.file.stat().st_mtime, UTC)
    except OSError:
        return None


def _built_at(database: str, rows: list[Row], artifacts: Artifacts) -> datetime | None:
    """When the last of its final tables was built, if dbt's last run built them all."""
    tables = {row.final_table for row in rows if row.database == database and row.final_table}
    ids = [artifacts.models[table].unique_id for table in tables if table in artifacts.models]
    times = [artifacts.built.get(unique_id) for unique_id in ids]
    return max(times) if times and None not in times else None


def _largest(rows: list[Row]) -> list[tuple[str, int]]:
    """The final tables with most rows, for a project whose models ask for no picture."""
    sizes: dict[str, int] = {}
    for row in rows:
        if row.final_table:
            sizes[row.final_table] = sizes.get(row.final_table, 0) + (row.final or 0)
    return sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:12]
