"""Compare what arrived with the SQLite file, value by value, both sides in the order of their keys."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from struct import pack

from psycopg2 import extensions, extras, sql

from benchmarks.peers import tables
from synapse_analytics.raw_format import Value, decode

BATCH = 5_000  # rows
SHOWN = 60  # characters of a value


def first_difference(file: Path, connection: extensions.connection, is_raw: bool) -> str | None:
    """Words on the first table, column, row or value that did not arrive as it is; None where all did.

    `is_raw` means the schema that `synapse load` writes, decoded; else it is public.
    """
    # JSON is its text, and must not be parsed.
    extras.register_default_json(connection, loads=lambda text: text)
    extras.register_default_jsonb(connection, loads=lambda text: text)
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'; set work_mem = '256MB'")
        for table, columns in tables(source).items():
            found = _of_table(source, connection, table, columns, f"raw_{file.stem}" if is_raw else "public", is_raw)
            if found:
                return f"{table}: {found}"
    return None


def count_rows(file: Path, connection: extensions.connection, is_raw: bool) -> int:
    """Rows that arrived, in all tables that the file has."""
    schema = f"raw_{file.stem}" if is_raw else "public"
    with closing(sqlite3.connect(file)) as source, connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relnamespace = to_regnamespace(%s)", [f'"{schema}"'])
        present = {name for (name,) in cursor.fetchall()}
        counts = [
            sql.SQL("select count(*) from {}").format(sql.Identifier(schema, t)) for t in tables(source) if t in present
        ]
        if not counts:
            return 0
        cursor.execute(sql.SQL("select sum(count) from ({}) as counts").format(sql.SQL(" union all ").join(counts)))
        return int(cursor.fetchone()[0])


def _of_table(
    source: sqlite3.Connection,
    connection: extensions.connection,
    table: str,
    columns: list[tuple[str, str]],
    schema: str,
    is_raw: bool,
) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("select attname from pg_attribute where attrelid = to_regclass(%s)", [f'"{schema}"."{table}"'])
        present = {name for (name,) in cursor.fetchall()}
    if not present:
        return "the table is missing"
    missing = [name for name, _ in columns if name not in present]
    if missing:
        return f"the column {missing[0]} is missing"
    # Every table here has a key of one column. Bytes sort alike on both sides; numbers may have arrived as text.
    key = source.execute("select name from pragma_table_info(?) where pk", [table]).fetchone()[0]
    is_number = dict(columns)[key] == "INTEGER"
    order = sql.SQL("{}::bigint" if is_number else '{}::text collate "C"').format(sql.Identifier(key))
    names = [name for name, _ in columns]
    wanted = source.execute(f'select {", ".join(map(_quote, names))} from "{table}" order by "{key}"')
    affinities = [any(word in declared for word in ("CHAR", "CLOB", "TEXT")) for _, declared in columns]
    with connection.cursor(name="landed") as landed:
        landed.itersize = BATCH
        landed.execute(
            sql.SQL("select {} from {} order by {}").format(
                sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(schema, table), order
            )
        )
        at_key = names.index(key)
        for here, there in zip_longest(_batches(wanted), _batches(landed), fillvalue=[]):
            found = _of_batch(here, there, names, at_key, affinities if is_raw else None)
            if found:
                return found
    return None


def _batches(cursor: sqlite3.Cursor | extensions.cursor) -> Iterator[list[tuple]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows


def _of_batch(
    here: list[tuple], there: list[tuple], names: list[str], at_key: int, affinities: list[bool] | None
) -> str | None:
    first: tuple[int, str] | None = None
    columns = zip(names, zip(*here, strict=True), zip(*there, strict=True), strict=False)
    for column, (name, wanted, landed) in enumerate(columns):
        # Whole columns at once are ten times as fast; a zero may have another sign, and 1 is equal to 1.0.
        if affinities is None and wanted == landed and 0.0 not in wanted:
            continue
        for row, (one, other) in enumerate(zip(wanted, landed, strict=False)):
            if first and row >= first[0]:
                break
            value = other if affinities is None else decode(other, affinities[column])
            if not (_is_same(one, value) and (affinities is None or type(one) is type(value))):
                first = row, f"{name} {_show(one, value)} arrived as {_show(value, one)}"
    if first:
        return f"in the row {here[first[0]][at_key]}, {first[1]}"
    return None if len(here) == len(there) else f"{abs(len(here) - len(there))} rows are missing or too many"


def _is_same(one: Value, other: object) -> bool:
    """Whether it is the same value: a real bit for bit, 0 and 1 for false and true, a moment however it is written."""
    match other:
        case memoryview():
            return one == bytes(other)
        case datetime():
            return isinstance(one, str) and _moment(datetime.fromisoformat(one)) == _moment(other)
        case date():
            return one == other.isoformat()
        case float() | Decimal():
            return isinstance(one, int | float) and one == other and pack("d", one) == pack("d", other)
    return one == other


def _moment(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _show(value: object, other: object) -> str:
    """The value as Python writes it; of a long text what is around the first character in which it is not the other."""
    if isinstance(value, str) and isinstance(other, str) and len(value) > SHOWN:
        pairs = enumerate(zip(value, other, strict=False))
        same = next((place for place, (one, another) in pairs if one != another), min(len(value), len(other)))
        start = max(0, same - SHOWN // 2)
        return f"…{value[start : start + SHOWN]!r}…"
    shown = repr(bytes(value) if isinstance(value, memoryview) else value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


def _quote(name: str) -> str:
    return f'"{name}"'
