"""The benchmark's questions: SQLite and analytics give the same answers, and it is seen where they do not."""

from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from benchmarks.questions import many_rows
from benchmarks.questions.answers import QUESTIONS, ask, connect_postgresql, connect_sqlite, first_difference

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ROWS = 2_000
NEEDED = [f"+{name}" for name in ("content_performance_by_platform", "experiment_results", "attribution_by_platform")]
NEEDED += [f"+{name}" for name in ("conversions_by_path", "pipeline_by_source")]


def differences(warehouse: "Warehouse", unanswered: tuple[str, ...] = ()) -> dict[str, str]:
    """The first difference of each question that has one; every answer has rows, but for those."""
    with (
        closing(connect_sqlite(warehouse.sqlite_dir)) as sqlite,
        closing(connect_postgresql(warehouse.environment)) as postgresql,
    ):
        answers = {question.name: ask(sqlite, question.of_sqlite()) for question in QUESTIONS}
        assert tuple(name for name, answer in answers.items() if not answer) == unanswered
        found = {
            question.name: first_difference(answers[question.name], ask(postgresql, question.of_postgresql()))
            for question in QUESTIONS
        }
    return {name: difference for name, difference in found.items() if difference}


def test_both_sides_give_the_same_answers_and_a_difference_is_seen(warehouse: "Warehouse") -> None:
    none = ("phrase",)
    assert differences(warehouse, none) == {}
    warehouse.query("update analytics.attribution_tracking set value = value + 1")
    warehouse.query("update analytics.pipeline_by_source set deals = deals + 1")
    found = differences(warehouse, none)
    assert set(found) == {"two_columns", "days", "one_row", "pipeline"}
    assert "in SQLite and" in found["pipeline"]


@pytest.mark.long
def test_both_sides_give_the_same_answers_to_all_questions(empty_warehouse: "Warehouse") -> None:
    many_rows.write(empty_warehouse.sqlite_dir, ROWS)
    assert empty_warehouse.synapse("load").returncode == 0
    done = empty_warehouse.dbt("build", "--resource-type", "model", "--resource-type", "seed", "-s", *NEEDED)
    assert done.returncode == 0, done.stdout
    assert differences(empty_warehouse) == {}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (1, 1),
        (1, True),
        (0.1, 0.1 + 1e-15),
        (3, Decimal(3)),
        (None, None),
        ("2025-06-02", date(2025, 6, 2)),
        ("2025-06-02 05:30:00", datetime(2025, 6, 2, 5, 30, tzinfo=UTC)),
    ],
)
def test_values_that_are_the_same(here: object, there: object) -> None:
    assert first_difference([(here,)], [(there,)]) is None


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (1, 2),
        (0.1, 0.1001),
        (0, None),
        (None, 0.0),
        ("1", 1.0),
        ("2025-06-02", date(2025, 6, 3)),
        ("2025-06-02 05:30:00", datetime(2025, 6, 2, 8, 30, tzinfo=UTC)),
    ],
)
def test_values_that_differ(here: object, there: object) -> None:
    assert first_difference([(here,)], [(there,)])


def test_rows_that_are_missing_or_too_many() -> None:
    assert first_difference([(1,), (2,)], [(1,)]) == "SQLite answers 2 rows, PostgreSQL 1"
    assert first_difference([(1,)], [(1,), (2,)]) == "SQLite answers 1 rows, PostgreSQL 2"
