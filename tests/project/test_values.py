"""The samples as they stand in analytics: what a careless migration would have changed."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from synapse_analytics.project import read_declarations

ROOT = Path(__file__).parents[2]
MARTS = list((ROOT / "models" / "marts").rglob("*.sql"))
Query = Callable[[str], list[tuple]]


@pytest.fixture(scope="module")
def query(postgres: dict[str, str], built: str) -> Iterator[Query]:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER"}
    connection = psycopg2.connect(**{key: postgres[name] for key, name in names.items()}, dbname=built)
    connection.autocommit = True

    def run(statement: str) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    yield run
    connection.close()


def in_sqlite(samples: Path, name: str, statement: str) -> list[tuple]:
    with sqlite3.connect(samples / f"{name}.db") as connection:
        return connection.execute(statement).fetchall()


def test_every_table_holds_as_many_rows_as_sqlite(query: Query, samples: Path) -> None:
    ledger = query("select source_database, source_table, final_rows, balances from analytics.row_ledger")
    assert len(ledger) == sum(len(database.tables) for database in read_declarations(ROOT).values())
    for database, table, final_rows, balances in ledger:
        assert in_sqlite(samples, database, f"select count(*) from {table}") == [(final_rows,)]
        assert balances


@pytest.mark.parametrize(
    ("name", "table", "key", "column"),
    [
        ("content_analytics", "posts", "post_id", "engagement_rate"),
        ("performance_analytics", "content_patterns", "pattern_id", "confidence_score"),
        ("revenue_acceleration", "revenue_opportunities", "opportunity_id", "qualification_score"),
        ("revenue_acceleration", "revenue_opportunities", "opportunity_id", "status"),
        ("unified_content_management", "cross_platform_metrics", "metric_id", "conversion_rate"),
        ("unified_content_management", "cross_platform_metrics", "metric_id", "impressions"),
        ("unified_content_management", "platform_adaptations", "adaptation_id", "adapted_content"),
    ],
)
def test_values_arrive_to_the_last_digit(
    query: Query, samples: Path, name: str, table: str, key: str, column: str
) -> None:
    found = query(f"select {key}, {column} from analytics.{table} where source_database = '{name}' order by 1")
    assert found == in_sqlite(samples, name, f"select {key}, {column} from {table} order by 1")
    assert found


def test_json_is_encoded_once(query: Query, samples: Path) -> None:
    stored = query("select tracking_id, metadata::text from analytics.attribution_tracking where metadata is not null")
    source = dict(
        in_sqlite(samples, "cross_platform_analytics", "select tracking_id, metadata from attribution_tracking")
    )
    assert stored
    assert {key: json.loads(text) for key, text in stored} == {key: json.loads(source[key]) for key, _ in stored}
    assert query(
        "select distinct jsonb_typeof(metadata) from analytics.attribution_tracking where metadata is not null"
    ) == [("object",)]


def test_orphans_stay_and_are_known_to_be_orphans(query: Query, samples: Path) -> None:
    (rows,) = in_sqlite(samples, "ab_testing", "select count(*) from test_assignments")
    joined = "from analytics.test_assignments as a join analytics.post_registry as r using (post_id)"
    assert query(f"select count(*) {joined}") == [rows]
    assert query(f"select count(*) > 0 {joined} where r.is_inferred") == [(True,)]


def test_an_id_held_by_both_performance_databases_is_two_rows(query: Query) -> None:
    shared = query(
        "select pattern_id, array_agg(distinct source_database), count(distinct to_jsonb(p) - 'source_database')"
        " from analytics.content_patterns as p group by 1 having count(*) > 1"
    )
    assert shared
    for _, databases, values in shared:
        assert databases == ["optimized_performance_analytics", "performance_analytics"]
        assert values == 2


def test_the_two_clocks_agree(query: Query) -> None:
    assert query(
        "select count(*), max(abs(extract(epoch from start_date - created_at))) <= 2 from analytics.ab_tests"
    ) == [(9, True)]


def test_platforms_are_spelled_alike(query: Query) -> None:
    columns = query(
        "select table_name, column_name from information_schema.columns where table_schema = 'analytics'"
        " and column_name in ('platform', 'from_platform', 'to_platform', 'primary_platform')"
    )
    assert len(columns) >= 8
    for table, column in columns:
        assert query(f"select {column} from analytics.{table} where {column} <> lower({column})") == []


def test_posting_times_are_times(query: Query) -> None:
    assert (
        query(
            "select data_type from information_schema.columns where table_schema = 'analytics'"
            " and column_name = 'posting_time'"
        )
        == [("time without time zone",)] * 2
    )
    times = query(
        "select p.posting_time::text, r.posting_time from analytics.posts as p"
        " join raw_content_analytics.posts as r using (post_id)"
    )
    assert times == [("07:00:00", "7:00 AM")]


def test_every_model_has_something_to_show(query: Query) -> None:
    tables = query("select relname from pg_class where relnamespace = 'analytics'::regnamespace and relkind = 'r'")
    empty = [table for (table,) in tables if query(f"select count(*) from analytics.{table}") == [(0,)]]
    assert {table for (table,) in tables} == {path.stem for path in MARTS if path.parent.name != "ledger"}
    assert empty == []
