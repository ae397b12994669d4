"""The rows of a table as lines of PostgreSQL's COPY, about a megabyte at a time, and how many values of each class.

A statement of SQLite makes a chunk: the aggregate copy_lines(), which copy_lines.c adds to it, renders a range of rows,
so that Python does the same few things to each megabyte, however many rows it has. Where that could not be built, and
for rows too large for it, Python reads them one by one and renders the same bytes.

COPY's escapes are those that COPY itself writes, so what PostgreSQL gives back is to the byte what was sent.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from itertools import islice

import apsw

from synapse_analytics.raw_format import encode_text
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.table import Profile, Table, quote

# The backslash first, because the others put some in.
ESCAPES = ((b"\\", rb"\\"), (b"\b", rb"\b"), (b"\f", rb"\f"), (b"\n", rb"\n"), (b"\r", rb"\r"), (b"\t", rb"\t"))
ESCAPES += ((b"\v", rb"\v"),)
CLASSES = "irtbn"  # integer, real, text, blob, null: the first letters, in the order of a Profile
CHUNK_BYTES = 1 << 20
LARGEST_CHUNK = 16 << 20  # bytes, as in copy_lines.c; larger rows are rendered in Python
FIRST_CHUNK = 256  # rows
FIRST_ROWID, LAST_ROWID = -(1 << 63), (1 << 63) - 1
LARGEST_REAL = "1.7976931348623157e308"


@dataclass(frozen=True)
class Chunk:
    """Rows as lines of COPY, and the profile of each column in them.

    `hashes` is the sum of the rows' hashes, modulo 2^64, where can_hash().
    """

    rows: int
    data: bytes
    profiles: tuple[Profile, ...]
    hashes: int = 0


@dataclass(frozen=True)
class Row:
    """A row's `_source_row`, the class of each value as a letter of CLASSES, and its cells in the raw format."""

    row_id: int
    classes: str
    cells: list[bytes | None]


def chunks(source: SqliteFile, table: Table) -> Iterator[Chunk]:
    """The table's rows in the order of `_source_row`. Raises Problem for a value of more than LONGEST_VALUE bytes."""
    if not _can_render(source, table):
        return _in_chunks(map(_rendered, rows(source, table)))
    return by_rowid(source, table) if table.row_id else _by_position(source, table)


def rows(source: SqliteFile, table: Table, start: int = FIRST_ROWID, limit: int = -1) -> Iterator[Row]:
    """The rows, read one by one; of a table with a rowid, those from `start` on.

    Raises Problem for a value of more than LONGEST_VALUE bytes.
    """
    names = [quote(column.name) for column in table.columns]
    affinities, encoding = [column.has_text_affinity for column in table.columns], source.encoding
    letters = [f"substr(typeof({name}), 1, 1)" for name in names]
    # In hundreds, because SQLite limits arguments and operators.
    classes = " || ".join(f"concat({', '.join(letters[i : i + 100])})" for i in range(0, len(letters), 100))
    cells = ", ".join(map(_as_stored, names))
    part = f"where {table.row_id} >= ? order by {table.row_id} limit ?" if table.row_id else ""
    statement = f"select {table.row_id or 'null'}, {classes}, {cells} from "
    statement += f"{quote(table.name)} {part}" if part else table.in_order
    try:
        found = source.connection.execute(statement, (start, limit) if part else ())
        for position, (row_id, found_classes, *values) in enumerate(found, start=1):
            fields = [_encode(*cell, encoding) for cell in zip(found_classes, values, affinities, strict=True)]
            yield Row(position if row_id is None else row_id, found_classes, fields)
    except apsw.TooBigError:
        source.refuse_too_large(table)
        raise


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


def by_rowid(source: SqliteFile, table: Table, first: int = FIRST_ROWID, last: int = LAST_ROWID) -> Iterator[Chunk]:
    """The rows from the first rowid to the last, where copy_lines() takes them."""
    name, row_id = quote(table.name), table.row_id
    following = f"select {row_id} from {name} where {row_id} between ?1 and {last} order by {row_id} limit 1 offset ?2"
    arguments = f"{affinities(table)}, {row_id}, {', '.join(quote(column.name) for column in table.columns)}"
    statement = (
        f"select count(*), max({row_id}), copy_lines({arguments})"
        f" from {name} not indexed where {row_id} between ?1 and coalesce(({following}) - 1, {last})"
    )
    hashing = f"select copy_hash({arguments}) from {name} where {row_id} = ?"
    start, limit = first, FIRST_CHUNK
    while start <= last:
        try:
            with largest(source, LARGEST_CHUNK):
                number, end, found = source.connection.execute(statement, (start, limit)).fetchone()
        except apsw.TooBigError:
            if limit == 1:
                row = next(rows(source, table, start, limit=1))
                (hashed,) = source.connection.execute(hashing, (row.row_id,)).fetchone()
                yield replace(_chunk([_rendered(row)]), hashes=hashed)
                start = row.row_id + 1
            limit = max(1, limit // 8)
            continue
        if not number:
            return
        chunk = chunk_of(table, number, found)
        yield chunk
        start, limit = end + 1, max(1, min(8 * limit, number * CHUNK_BYTES // len(chunk.data)))


def chunk_of(table: Table, rows: int, found: bytes) -> Chunk:
    """So many rows as copy_lines() gives them."""
    size = 5 * len(table.columns)
    *counts, hashes = struct.unpack_from(f"={size + 1}q", found)
    profiles = tuple(Profile(*counts[i : i + 5]) for i in range(0, size, 5))
    return Chunk(rows, found[8 * size + 8 :], profiles, hashes)


def _by_position(source: SqliteFile, table: Table) -> Iterator[Chunk]:
    """Of a table without a rowid: Python numbers the rows, and renders all from the first one on that is too large."""
    width, done = len(table.columns), 0
    cells = ", ".join(quote(column.name) for column in table.columns)
    statement = f"select copy_line({affinities(table)}, {cells}) from {table.in_order}"
    try:
        with largest(source, LARGEST_CHUNK):
            found = enumerate(source.connection.execute(statement), start=1)
            rendered = ((b"%d%b" % (number, one[width:]), one[:width].decode()) for number, (one,) in found)
            for chunk in _in_chunks(rendered):
                done += chunk.rows
                yield chunk
    except apsw.TooBigError:
        yield from _in_chunks(map(_rendered, islice(rows(source, table), done, None)))


def affinities(table: Table) -> str:
    """The first argument of copy_lines.c's functions, in SQLite's SQL."""
    return "'" + "".join("t" if column.has_text_affinity else "n" for column in table.columns) + "'"


def _in_chunks(rendered: Iterator[tuple[bytes, str]]) -> Iterator[Chunk]:
    """Chunks of rows, each of which comes as its line and the classes of its values."""
    batch: list[tuple[bytes, str]] = []
    size = 0
    for line, classes in rendered:
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


def _rendered(row: Row) -> tuple[bytes, str]:
    cells = (rb"\N" if cell is None else _escaped(cell) for cell in row.cells)
    return b"\t".join([b"%d" % row.row_id, *cells]) + b"\n", row.classes


def _escaped(cell: bytes) -> bytes:
    for byte, escape in ESCAPES:
        cell = cell.replace(byte, escape)
    return cell


def _as_stored(name: str) -> str:
    """The bytes of a text or BLOB, and numbers as SQLite writes them, reals in a decimal that reads back bit for bit.

    It writes no sign for the zero that has one; its angle to the negative axis tells.
    """
    return (
        f"case typeof({name}) when 'text' then cast({name} as blob) when 'real' then case"
        f" when +{name} = 0 and atan2({name}, -1) < 0 then '-0.0' when +{name} > {LARGEST_REAL} then 'inf'"
        f" when +{name} < -{LARGEST_REAL} then '-inf' else {name} || '' end else {name} end"
    )


def _encode(kind: str, value: int | str | bytes | None, has_text_affinity: bool, encoding: str) -> bytes | None:
    match kind:
        case "n":
            return None
        case "t":
            return encode_text(value if encoding == "UTF-8" else _utf8(value, encoding), has_text_affinity)
        case "b":
            return rb"\x" + value.hex().encode()
    return str(value).encode()


def _utf8(stored: bytes, encoding: str) -> bytes:
    """Text of a UTF-16 file as SQLite gives it in UTF-8: to half a pair, whatever follows is the other half."""
    stored = stored[: len(stored) // 2 * 2]
    try:
        return stored.decode(encoding).encode()
    except UnicodeDecodeError:
        order = "<" if encoding == "UTF-16le" else ">"
        units = iter(struct.unpack(f"{order}{len(stored) // 2}H", stored))
        points = []
        for unit in units:
            half = next(units, None) if 0xD800 <= unit < 0xE000 else None
            pair = None if half is None else (half & 0x3FF) + ((unit & 0x3F) << 10) + (((unit & 0x3C0) + 0x40) << 10)
            points.append(unit if pair is None else pair)
        return "".join(map(chr, points)).encode(errors="surrogatepass")


@contextmanager
def largest(source: SqliteFile, size: int) -> Iterator[None]:
    """SQLite makes no value larger than `size` bytes, but raises TooBigError."""
    usual = source.connection.limit(apsw.SQLITE_LIMIT_LENGTH, size)
    try:
        yield
    finally:
        source.connection.limit(apsw.SQLITE_LIMIT_LENGTH, usual)
