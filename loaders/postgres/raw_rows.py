"""Write rows into raw tables, and have PostgreSQL tell what it holds there."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from types import SimpleNamespace

import psycopg2
from psycopg2 import extensions, sql

from synapse_analytics.difference import BLOCK_BITS, Difference
from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.table import Table

SAMPLED_FROM, PLACES = 2048, 16  # pages of a table, and how many places of it are looked at
COPY_HEADER, COPY_TRAILER = 19, 2  # bytes, around the records of its binary format
NO_CELL = r"\null"  # what is hashed for a NULL: no cell in the raw format reads so


class Stream:
    """Chunks as the file that COPY reads: each read gives the next one."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        """None of them is empty."""
        self._chunks = chunks
        self.error: BaseException | None = None

    def read(self, _size: int = -1) -> bytes:
        """The next chunk. An error is kept too, because psycopg2 turns it into a COPY that was cancelled."""
        try:
            return next(self._chunks, b"")
        except BaseException as error:
            self.error = error
            raise


def filled(cursor: extensions.cursor, schema: str, tables: list[Table]) -> set[str]:
    """The names of those of these tables that hold rows in PostgreSQL."""
    asked = [
        sql.SQL("select {} where exists (select 1 from {})").format(
            sql.Literal(table.name), sql.Identifier(schema, raw_name(table.name))
        )
        for table in tables
    ]
    if not asked:
        return set()
    cursor.execute(sql.SQL(" union all ").join(asked))
    return {name for (name,) in cursor.fetchall()}


def copy_in(cursor: extensions.cursor, schema: str, table: Table, chunks: Iterator[bytes], is_new: bool) -> None:
    """Write the rows in `chunks` into the table, which this transaction has made if it is new.

    Raises psycopg2.Error, or what `chunks` raised.
    """
    stream = Stream(chunks)
    # Else whoever reads a new table first writes all of it once more, to mark its rows as everybody's.
    options = " with (freeze)" if is_new else ""
    try:
        cursor.copy_expert(_name_in("copy {} ({}) from stdin", cursor, schema, table) + options, stream, size=1 << 20)
    except psycopg2.Error:
        if stream.error:
            raise stream.error from None
        raise


def copy_out(cursor: extensions.cursor, schema: str, table: Table, expected: str) -> tuple[int, str]:
    """Read the table back as PostgreSQL holds it now: its rows, and the SHA-256 of all their bytes, in hex.

    Rows usually stand in the table in the order in which they came, so they need no sorting. If the digest is not as
    `expected`, they are read again in the order of `_source_row`.
    """
    for statement in ("copy {} ({}) to stdout", "copy (select {1} from {0} order by 1) to stdout"):
        digest = hashlib.sha256()
        sink = SimpleNamespace(write=digest.update)  # called for each row: no Python in between
        cursor.copy_expert(_name_in(statement, cursor, schema, table), sink)
        if digest.hexdigest() == expected:
            break
    return cursor.rowcount, digest.hexdigest()


def delete(cursor: extensions.cursor, schema: str, table: Table, difference: Difference | None = None) -> None:
    """Delete all rows, or those of the ranges that differ."""
    # Not truncate: it keeps readers out until the load is over, waits for them and deadlocks with some. And whoever
    # reads as of an earlier moment (pg_dump) would find the table empty.
    statement = sql.SQL("delete from {}").format(sql.Identifier(schema, raw_name(table.name)))
    if difference:
        statement += _among(difference.bits, difference.ranges)
    cursor.execute(statement)


def read_rows(cursor: extensions.cursor, schema: str, table: Table) -> Iterator[tuple[int, list[str | None]]]:
    """Each row of the table by `_source_row`, with its cells in the order of the table's columns."""
    statement = _name_in("select {1} from {0} order by 1", cursor, schema, table)
    with cursor.connection.cursor(name="synapse_rows") as found:
        found.execute(statement)
        for row_id, *cells in found:
            yield row_id, cells


def hash_rows(cursor: extensions.cursor, schema: str, table: Table) -> tuple[int, int]:
    """Let PostgreSQL read the table as it holds it now: its rows, and the sum of their hashes as of copy_lines.c."""
    cells = [sql.Identifier(raw_name(column.name)) for column in table.columns]
    statement = sql.SQL("select count(*), coalesce(sum({}), 0) from {}")
    target = sql.Identifier(schema, raw_name(table.name))
    cursor.execute(statement.format(_hash(sql.Identifier(ROW_COLUMN), cells), target))
    rows, hashes = cursor.fetchone()
    return rows, int(hashes)


def hash_ranges(
    cursor: extensions.cursor, schema: str, table: Table, bits: int, blocks: Collection[int] | None = None
) -> bytes:
    """A record of each range of rows as difference.py has it, in all blocks or in these, as PostgreSQL holds it now."""
    cells = [sql.Identifier(raw_name(column.name)) for column in table.columns]
    row_id = sql.Identifier(ROW_COLUMN)
    where = sql.SQL("") if blocks is None else _among(bits + BLOCK_BITS, blocks)
    target = sql.Identifier(schema, raw_name(table.name))
    query = sql.SQL("select {} >> {}, count(*), bit_xor({}) from {}{} group by 1")
    return _copied(cursor, query.format(row_id, sql.Literal(bits), _hash(row_id, cells), target, where))


def hash_sample(cursor: extensions.cursor, schema: str, table: Table, bits: int) -> bytes:
    """The records of ranges at some places of a large table, those at the edges cut off; none if it is small."""
    target = sql.Identifier(schema, raw_name(table.name))
    cursor.execute(
        "select pg_relation_size(%s::regclass) / current_setting('block_size')::int", [target.as_string(cursor)]
    )
    pages = cursor.fetchone()[0]
    if pages < SAMPLED_FROM:
        return b""
    row_id, cells = sql.Identifier(ROW_COLUMN), [sql.Identifier(raw_name(column.name)) for column in table.columns]
    part = sql.SQL("select {}, {} as row_hash from {} where ctid >= {}::tid and ctid < {}::tid")
    starts = range(0, pages, pages // PLACES)
    places = [
        part.format(row_id, _hash(row_id, cells), target, *(sql.Literal(f"({page},0)") for page in (start, start + 8)))
        for start in starts
    ]
    return _copied(
        cursor,
        sql.SQL("select {} >> {}, count(*), bit_xor(row_hash) from ({}) as places group by 1").format(
            row_id, sql.Literal(bits), sql.SQL(" union all ").join(places)
        ),
    )


def _copied(cursor: extensions.cursor, query: sql.Composable) -> bytes:
    """The records that a query gives in COPY's binary format."""
    sink = BytesIO()
    # PostgreSQL expects many more ranges than there are. It would sort the rows, cells and all, to count them together.
    cursor.execute("set local enable_sort = off; set local work_mem = '16MB'")
    cursor.copy_expert(sql.SQL("copy ({}) to stdout (format binary)").format(query), sink)
    cursor.execute("set local enable_sort to default; set local work_mem to default")
    return sink.getvalue()[COPY_HEADER:-COPY_TRAILER]


def _among(bits: int, numbers: Iterable[int]) -> sql.Composable:
    """Only rows whose numbers are these without their last bits: a constant, which PostgreSQL looks up by a hash."""
    constant = sql.Literal("{" + ",".join(map(str, numbers)) + "}")
    return sql.SQL(" where {} >> {} = any ({}::bigint [])").format(
        sql.Identifier(ROW_COLUMN), sql.Literal(bits), constant
    )


def hash_row(cursor: extensions.cursor, row_id: int, cells: tuple[str | None, ...]) -> int:
    """The hash that PostgreSQL computes of a row that is in no table."""
    row_hash = _hash(sql.Literal(row_id), [sql.Literal(cell) for cell in cells])
    cursor.execute(sql.SQL("select {}").format(row_hash))
    return cursor.fetchone()[0]


def _hash(row_id: sql.Composable, cells: Iterable[sql.Composable]) -> sql.Composable:
    """Each cell is hashed with the hash of those before it, the first with the row's number, as in copy_lines.c."""
    for cell in cells:
        row_id = sql.SQL("pg_catalog.hashtextextended(coalesce({}, {}), {})").format(cell, sql.Literal(NO_CELL), row_id)
    return row_id


def _name_in(statement: str, cursor: extensions.cursor, schema: str, table: Table) -> str:
    columns = [ROW_COLUMN, *(raw_name(column.name) for column in table.columns)]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target = sql.Identifier(schema, raw_name(table.name))
    return sql.SQL(statement).format(target, names).as_string(cursor)
