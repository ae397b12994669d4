"""The questions in the SQL of both sides, and whether both give the same answer."""

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path

import psycopg2
from psycopg2 import extensions

FOLDER = Path(__file__).parent
DATABASES = (
    "ab_testing",
    "content_analytics",
    "cross_platform_analytics",
    "revenue_acceleration",
    "twitter_analytics",
    "week3_business_development",
)
TOLERANCE = 1e-9  # of a real, relative: a sum depends on the order of its parts


@dataclass(frozen=True)
class Question:
    """What is asked, and the name of the files that ask it. If it is prepared, a build has answered it already."""

    name: str
    asks: str
    is_prepared: bool = False

    def of_sqlite(self) -> str:
        """The statement for the SQLite files."""
        return (FOLDER / "sqlite" / f"{self.name}.sql").read_text(encoding="utf-8")

    def of_postgresql(self) -> str:
        """The statement for `analytics`."""
        return (FOLDER / "postgresql" / f"{self.name}.sql").read_text(encoding="utf-8")


QUESTIONS = (
    Question("content_performance", "the posts that did best", is_prepared=True),
    Question("experiment_results", "leading variants of tests", is_prepared=True),
    Question("attribution", "credit by platform", is_prepared=True),
    Question("conversions", "conversions by path", is_prepared=True),
    Question("pipeline", "inquiries by source", is_prepared=True),
    Question("two_columns", "by platform and kind"),
    Question("days", "touches by day"),
    Question("commonest", "ten commonest contents"),
    Question("distinct_users", "users by platform"),
    Question("across_databases", "clicks by kind of post"),
    Question("window", "returns after a week"),
    Question("first_touches", "new users by month"),
    Question("week", "a week by hour"),
    Question("phrase", "headlines with a phrase"),
    Question("one_row", "one touch by its key"),
)


def connect_sqlite(folder: Path) -> sqlite3.Connection:
    """One connection to all files that the questions need, each attached under its name."""
    connection = sqlite3.connect("file::memory:", uri=True)
    for name in DATABASES:
        connection.execute(f"attach ? as {name}", [f"{(folder / f'{name}.db').as_uri()}?mode=ro"])
    return connection


def connect_postgresql(variables: dict[str, str]) -> extensions.connection:
    """A connection to the server that libpq's variables name. Days begin in UTC, as SQLite's do."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    where = {key: variables[name] for key, name in names.items()}
    connection = psycopg2.connect(**where, options="-c timezone=UTC")
    connection.autocommit = True
    return connection


def ask(connection: sqlite3.Connection | extensions.connection, statement: str) -> list[tuple]:
    """All rows of the answer."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        return cursor.fetchall()
    finally:
        cursor.close()


def first_difference(here: Sequence[tuple], there: Sequence[tuple]) -> str | None:
    """Words on the first row of SQLite's answer that PostgreSQL's has otherwise; None where all are the same."""
    for number, (one, other) in enumerate(zip_longest(here, there), start=1):
        if one is None or other is None:
            return f"SQLite answers {len(here):,} rows, PostgreSQL {len(there):,}"
        if len(one) != len(other) or not all(map(_is_same, one, other)):
            return f"row {number:,} is {one!r} in SQLite and {other!r} in PostgreSQL"
    return None


def _is_same(one: object, other: object) -> bool:
    """Whether SQLite's value is PostgreSQL's: a boolean is 0 or 1, a moment or a day is text, a sum a real."""
    match other:
        case datetime():
            return isinstance(one, str) and datetime.fromisoformat(one).replace(tzinfo=UTC) == other
        case date():
            return one == other.isoformat()
        case float() | Decimal():
            return isinstance(one, int | float) and math.isclose(one, other, rel_tol=TOLERANCE)
    return one == other and (one is None) == (other is None)
