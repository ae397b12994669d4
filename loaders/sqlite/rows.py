"""The rows of a table, read one by one, and rendered as copy_lines.c renders them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import apsw

from synapse_analytics.raw_format import encode_text
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.table import Table, quote

# The backslash first, because the others put some in.
ESCAPES = ((b"\\", rb"\\"), (b"\b", rb"\b"), (b"\f", rb"\f"), (b"\n", rb"\n"), (b"\r", rb"\r"), (b"\t", rb"\t"))
ESCAPES += ((b"\v", rb"\v"),)
CLASSES = "irtbn"  # integer, real, text, blob, null: the first letters, in the order of a Profile
FIRST_ROWID, LAST_ROWID = -(1 << 63), (1 << 63) - 1
LARGEST_REAL = "1.7976931348623157e308"


@dataclass(frozen=True)
class Row:
    """A row's `_source_row`, the class of each value as a letter of CLASSES, and its cells in the raw format."""

    row_id: int
    classes: str
    cells: list[bytes | None]


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


def rendered(row: Row) -> tuple[bytes, str]:
    """The row as a line of COPY, and the classes of its values."""
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
