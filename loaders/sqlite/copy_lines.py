"""The rows of a table as lines of PostgreSQL's COPY, about a megabyte at a time, and how many values of each class.

A statement of SQLite makes a chunk: the aggregate copy_lines(), which copy_lines.c adds to it, renders a range of rows,
so that Python does the same few things to each megabyte, however many rows it has. Where that could not be built, and
for rows too large for it, Python reads them one by one and renders the same bytes.

COPY's escapes are those that COPY itself writes, so what PostgreSQL gives back is to the byte what was sent.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from itertools import islice

import apsw

from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.rows import CLASSES, FIRST_ROWID, LAST_ROWID, rendered, rows
from synapse_analytics.table import Profile, Table, quote

CHUNK_BYTES = 1 << 20
LARGEST_CHUNK = 16 << 20  # bytes, as in copy_lines.c; larger rows are rendered in Python
FIRST_CHUNK = 256  # rows


@dataclass(frozen=True)
class Chunk:
    """Rows as lines of COPY, and the profile of each column in them.

    Where can_hash(), `hashes` is the sum of the rows' hashes, modulo 2^64, and `first` a rowid, from which on they are.
    """

    rows: int
    data: bytes
    profiles: tuple[Profile, ...]
    hashes: int = 0
    first: int = field(default=0, compare=False)


def chunks(source: SqliteFile, table: Table, bits: int = 63) -> Iterator[Chunk]:
    """The table's rows in the order of `_source_row`. A chunk has rowids that differ in these last bits only.

    Raises Problem for a value of more than LONGEST_VALUE bytes.
    """
    if not _can_render(source, table):
        return _in_chunks(map(rendered, rows(source, table)))
    return by_rowid(source, table, bits) if table.row_id else _by_position(source, table)


@cache
def extension() -> str | None:
    """The path of copy_lines.c's library; None if it was not built."""
    found = find_spec("synapse_analytics.sqlite._copy_lines")
    return found.origin if found else None


def add_to(connection: apsw.Connection) -> None:
    """Give SQLite the functions of copy_lines.c if it was built."""
    if path := extension():
        connection.enable_load_extension(True)
        connection.load_extension(path, "sqlite3_copy_lines_init")
        connection.enable_load_extension(False)


def _can_render(source: SqliteFile, table: Table) -> bool:
    """Whether copy_lines.c is there and its functions take as many values."""
    most = source.connection.limit(apsw.SQLITE_LIMIT_FUNCTION_ARG)
    return extension() is not None and len(table.columns) + 3 <= most


def can_hash(source: SqliteFile, table: Table) -> bool:
    """Whether chunks() hashes the rows too: those that SQLite numbers and copy_lines() renders."""
    return bool(table.row_id) and _can_render(source, table)


def hash_row(source: SqliteFile, row_id: int, values: tuple[str | None, ...]) -> int:
    """The hash that copy_lines.c computes of a row that is in no table, in columns with text affinity."""
    marks = ", ?" * len(values)
    statement = f"select copy_hash('{'t' * len(values)}', ?{marks})"
    return source.connection.execute(statement, (row_id, *values)).fetchone()[0]


def by_rowid(
    source: SqliteFile, table: Table, bits: int = 63, first: int = FIRST_ROWID, last: int = LAST_ROWID
) -> Iterator[Chunk]:
    """The rows from the first rowid to the last, where copy_lines() takes them, in chunks as chunks() has them."""
    name, row_id = quote(table.name), table.row_id
    following = f"select {row_id} from {name} where {row_id} between ?1 and ?2 order by {row_id} limit 1 offset ?3"
    arguments = f"{affinities(table)}, {row_id}, {', '.join(quote(column.name) for column in table.columns)}"
    statement = (
        f"select count(*), max({row_id}), copy_lines({arguments})"
        f" from {name} not indexed where {row_id} between ?1 and coalesce(({following}) - 1, ?2)"
    )
    hashing = f"select copy_hash({arguments}) from {name} where {row_id} = ?"
    start, limit = _following(source, table, first, last), FIRST_CHUNK
    while start is not None:
        end = min(last, ((start >> bits) + 1 << bits) - 1)
        try:
            with largest(source, LARGEST_CHUNK):
                number, end, found = source.connection.execute(statement, (start, end, limit)).fetchone()
        except apsw.TooBigError:
            if limit == 1:
                row = next(rows(source, table, start, limit=1))
                (hashed,) = source.connection.execute(hashing, (start,)).fetchone()
                yield replace(_chunk([rendered(row)]), hashes=hashed, first=start)
                start = _following(source, table, start + 1, last)
            limit = max(1, limit // 8)
            continue
        chunk = chunk_of(table, number, found, start)
        yield chunk
        start = _following(source, table, end + 1, last)
        limit = max(1, min(8 * limit, number * CHUNK_BYTES // len(chunk.data)))


def _following(source: SqliteFile, table: Table, first: int, last: int) -> int | None:
    """The lowest rowid from the first to the last; None if there is none."""
    if first > last:
        return None
    statement = f"select min({table.row_id}) from {quote(table.name)} where {table.row_id} between ? and ?"
    return source.connection.execute(statement, (first, last)).fetchone()[0]


def chunk_of(table: Table, rows: int, found: bytes, first: int = 0) -> Chunk:
    """So many rows as copy_lines() gives them."""
    size = 5 * len(table.columns)
    *counts, hashes = struct.unpack_from(f"={size + 1}q", found)
    profiles = tuple(Profile(*counts[i : i + 5]) for i in range(0, size, 5))
    return Chunk(rows, found[8 * size + 8 :], profiles, hashes, first)


def _by_position(source: SqliteFile, table: Table) -> Iterator[Chunk]:
    """Of a table without a rowid: Python numbers the rows, and renders all from the first one on that is too large."""
    width, done = len(table.columns), 0
    cells = ", ".join(quote(column.name) for column in table.columns)
    statement = f"select copy_line({affinities(table)}, {cells}) from {table.in_order}"
    try:
        with largest(source, LARGEST_CHUNK):
            found = enumerate(source.connection.execute(statement), start=1)
            lines = ((b"%d%b" % (number, one[width:]), one[:width].decode()) for number, (one,) in found)
            for chunk in _in_chunks(lines):
                done += chunk.rows
                yield chunk
    except apsw.TooBigError:
        yield from _in_chunks(map(rendered, islice(rows(source, table), done, None)))


def affinities(table: Table) -> str:
    """The first argument of copy_lines.c's functions, in SQLite's SQL."""
    return "'" + "".join("t" if column.has_text_affinity else "n" for column in table.columns) + "'"


def _in_chunks(lines: Iterator[tuple[bytes, str]]) -> Iterator[Chunk]:
    """Chunks of rows, each of which comes as its line and the classes of its values."""
    batch: list[tuple[bytes, str]] = []
    size = 0
    for line, classes in lines:
        batch.append((line, classes))
        size += len(line)
        if size >= CHUNK_BYTES:
            yield _chunk(batch)
            batch, size = [], 0
    if batch:
        yield _chunk(batch)


def _chunk(batch: list[tuple[bytes, str]]) -> Chunk:
    lines, classes = zip(*batch, strict=True)
    profiles = (Profile(*map(column.count, CLASSES)) for column in zip(*classes, strict=True))
    return Chunk(len(lines), b"".join(lines), tuple(profiles))


@contextmanager
def largest(source: SqliteFile, size: int) -> Iterator[None]:
    """SQLite makes no value larger than `size` bytes, but raises TooBigError."""
    usual = source.connection.limit(apsw.SQLITE_LIMIT_LENGTH, size)
    try:
        yield
    finally:
        source.connection.limit(apsw.SQLITE_LIMIT_LENGTH, usual)
