"""Whatever a column holds, the cast that `synapse add` chooses for it keeps every value."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synapse_analytics.scaffold.add import add
from synapse_analytics.scaffold.casts import Casts
from synapse_analytics.table import quote
from tests.comparison import find_lost, read_casts
from tests.conftest import Warehouse
from tests.project import random_database

DECLARED = ["", "text", "integer", "real", "numeric(10,2)", "boolean", "date", "datetime", "blob", "varchar(5)", "any"]
NAMES = ["id", "created_at", "Start Time", "isActive", "status", "ts", "order", "price", "zip", "a'b", 'q"q', "{{ x }}"]
moments = st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31))
seconds = moments.map(lambda moment: moment.replace(microsecond=0))
zones = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
FORMS = {
    "integers": st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5),
    "reals": st.floats(allow_nan=False) | st.sampled_from([-0.0, 5e-324, 0.1 + 0.2, float("-inf")]),
    "bits": st.integers(0, 1),
    "yes and no": st.sampled_from(["yes", "No", "true", "FALSE", "on", "off"]),
    "letters": st.sampled_from(["t", "F", "y", "N"]),
    "dates": st.dates(date(1970, 1, 1)).map(str),
    "times": st.times().map(lambda clock: clock.isoformat("microseconds")) | st.sampled_from(["7:30 AM", "19:05"]),
    "sqlite times": seconds.map(str),
    "application times": moments.map(datetime.isoformat),
    "zoned times": st.builds(lambda moment, zone: moment.replace(tzinfo=zone).isoformat(), moments, zones),
    "epochs": seconds.map(lambda moment: int(moment.timestamp())) | st.just(0),
    "epochs with fractions": seconds.map(lambda moment: moment.timestamp() + 0.25),
    "milliseconds": seconds.map(lambda moment: int(moment.timestamp()) * 1000 + 7),
    "json": st.recursive(
        st.sampled_from(["1", '"x"', "null", "1.50"]),
        lambda inner: inner.map("[{}]".format) | inner.map('{{"k": {}}}'.format),
    ),
    "decimals": st.decimals(-1000, 1000, places=2).map(str) | st.integers(0, 10**25).map(str) | st.just("007"),
    "uuids": st.uuids().map(str),
    "words": st.sampled_from(["open", "closed", "won't fix", "o'k"]),
    "texts": st.text() | st.sampled_from(["\\N", "\\x00", "5", "", "NULL", "2025-02-30", "2025-03-30T03:30:00.5"]),
    "blobs": st.binary(max_size=9),
    "bytes as text": st.binary(max_size=5).map(bytearray),
}
Column = tuple[str, str, list[object]]


@st.composite
def columns(draw: st.DrawFn) -> list[Column]:
    """Up to six columns of any declared type, each of one form, some with rows that are null or of another form."""
    rows = draw(st.integers(0, 12))
    names = draw(
        st.lists(
            st.sampled_from(NAMES)
            | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=70),
            min_size=1,
            max_size=6,
            unique_by=lambda name: name.encode().lower(),
        )
    )
    made = []
    for name in names:
        form = FORMS[draw(st.sampled_from(sorted(FORMS)))]
        other = FORMS[draw(st.sampled_from(sorted(FORMS)))]
        values = st.one_of(form, form, form, draw(st.sampled_from([form, st.none(), other])))
        made.append((name, draw(st.sampled_from(DECLARED)), [draw(values) for _ in range(rows)]))
    return made


def make(file: Path, tables: list[list[Column]]) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for number, table in enumerate(tables):
            connection.execute(f"create table t{number} ({', '.join(f'{quote(n)} {kind}' for n, kind, _ in table)})")
            for row in zip(*(values for _, _, values in table), strict=True):
                marks = ["cast(? as text)" if isinstance(value, bytearray) else "?" for value in row]
                connection.execute(f"insert into t{number} values ({', '.join(marks)})", row)
        connection.commit()


# What a column of each form is called where its name has to speak for it, and a value of it.
TYPICAL: dict[str, tuple[str, object]] = {
    "amount": ("", 0.5),
    "count": ("", 5),
    "number": ("integer", 7),
    "is_active": ("", 1),
    "allowed": ("text", "yes"),
    "flag": ("boolean", "n"),
    "day": ("text", "2025-06-01"),
    "start_time": ("text", "7:30 AM"),
    "created_at": ("text", "2025-06-01 10:00:00"),
    "sent_at": ("text", "2025-06-01T10:00:00.5"),
    "seen_at": ("text", "2025-06-01T10:00:00+02:00"),
    "updated": ("integer", 1750000000),
    "logged": ("", 1750000000.25),
    "ts": ("integer", 1750000000123),
    "details": ("text", '{"a": [1.50]}'),
    "price": ("text", "12.50"),
    "picture": ("blob", b"\x00\xff"),
    "note": ("text", "words"),
    "anything": ("", "words"),
}
ODD = [
    *(None, 2, -1, 2**53 + 1, 2**63 - 1, -(2**63), 10**13, -0.0, 0.1, 1e300, 2.0**60, float("inf"), 1750000000.1234567),
    *("5", "-0", "-0.00", "007", "1.5e3", "NaN", "1e400", "9" * 40, "t", "off", "maybe", "", " ", "\\N", "\\x00", "🐘"),
    *("2025-02-30", "0000-01-01", " 2025-01-01", "20250101", "2025-01-01 24:00:00", "2025-01-01 00:00:00.1234567"),
    *(
        "2025-03-30 03:30:00",
        "2025-03-30T03:30:00.5",
        "2025-10-26T03:30:00.5",
        "2025-01-01T00:00:00+2",
        "now",
        "infinity",
    ),
    *(
        "7:30 AM EST",
        "24:00",
        "0:00",
        "12:30 am",
        "2025-01-01T10:00",
        '{"a": 1, "a": 2}',
        "[NaN]",
        '["\\u0000"]',
        "null",
        "5.0",
    ),
    *(b"", b"\x00", bytearray(b"a\x00b"), bytearray(b"\xff")),
]


def build(project: Warehouse, file: Path) -> list[str]:
    """Add the database, make its views as dbt would in a hundredth of the time, and list what was lost."""
    add(project.root, file, None, None, "", keep_names=True)
    casts = Casts(project.root)
    for model in (project.root / "models" / "staging" / "app").glob("*.sql"):
        found = read_casts(model.read_text())
        typed = [f"{casts(cast, name)} as {casts('quote_column', name)}" for name, (cast, *_) in found.items()]
        table = model.stem.removeprefix("stg_app__")
        project.query(
            f"create view staging.{model.stem} as select {', '.join(typed)}, _source_row from raw_app.{table}"
        )
    with closing(project.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'")
        return find_lost(cursor, project.root, "app", file)


@pytest.mark.parametrize("rows_before", [3, 250])
def test_one_odd_value_in_the_last_row_is_kept(empty_project: Warehouse, rows_before: int) -> None:
    """Behind many rows of one form, so that whoever looks at the first rows alone would lose it."""
    tables: list[list[Column]] = [
        [(name, declared, [value] * rows_before + [odd]) for name, (declared, value) in TYPICAL.items()] for odd in ODD
    ]
    make(empty_project.sqlite_dir / "app.db", tables)
    empty_project.query("create schema staging")
    assert build(empty_project, empty_project.sqlite_dir / "app.db") == []


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=st.lists(columns(), min_size=1, max_size=2))
def test_every_value_is_kept(empty_project: Warehouse, tables: list[list[Column]]) -> None:
    file = empty_project.sqlite_dir / "app.db"
    file.unlink(missing_ok=True)
    shutil.rmtree(empty_project.root / "models" / "staging" / "app", ignore_errors=True)
    empty_project.query("drop schema if exists raw_app, staging cascade; create schema staging")
    make(file, tables)
    assert build(empty_project, file) == []


@pytest.mark.parametrize(("seed", "area"), [(1, None), pytest.param(2, "sales", marks=pytest.mark.long)])
def test_random_tables_with_keys_and_references_build_as_they_stand(
    empty_project: Warehouse, seed: int, area: str | None
) -> None:
    file = empty_project.sqlite_dir / "app.db"
    random_database.make(file, seed, tables=40)
    add(empty_project.root, file, None, area, "")
    for _ in range(2):
        done = empty_project.dbt("build")
        assert done.returncode == 0, done.stdout
    with closing(empty_project.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'")
        assert find_lost(cursor, empty_project.root, "app", file) == []
