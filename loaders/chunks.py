"""The rows of a table as the text that PostgreSQL's COPY takes, about a megabyte at a time.

SQLite itself renders a chunk: `concat_ws` joins the cells of a row and `group_concat` the rows, so that Python does the
same few things to each megabyte, however many rows it has. Between cells and between rows stand bytes that UTF-8 never
uses, so counting them proves the chunk: n rows of m cells, or a value is not UTF-8 and the chunk is not trusted. Nor is
one with a NUL, and a cell that SQL cannot render puts a separator too many.

The rows of a chunk that is not trusted are read again one by one, each cell with its storage class, and encoded in
Python: the same bytes, but slower. COPY's escapes are then put in, the very ones that COPY itself writes, so that what
PostgreSQL gives back is to the byte what was sent.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import apsw

from loaders.raw_format import encode_text
from loaders.sqlite_source import Column, SqliteFile, Table, quote

COPY_OPTIONS = r"with (null E'\\\\N')"  # the mark of NULL, its backslash escaped like any other
# The backslash first, for the others put some in.
ESCAPES = ((b"\\", rb"\\"), (b"\b", rb"\b"), (b"\f", rb"\f"), (b"\n", rb"\n"), (b"\r", rb"\r"), (b"\t", rb"\t"))
ESCAPES += ((b"\v", rb"\v"),)
CELL, ROW = b"\xff", b"\xfe"
WIDE_CELL, WIDE_ROW = chr(0x10FFFF), chr(0x10FFFE)  # in UTF-16, which has no such bytes; a value may hold these
CHUNK_BYTES = 1 << 20
LARGEST_CHUNK = 16 << 20  # bytes; larger rows are read one by one
FIRST_CHUNK = 256  # rows
FIRST_ROWID, LAST_ROWID = -(1 << 63), (1 << 63) - 1
ARGUMENTS = 100  # of one concat_ws
LARGEST_REAL = "1.7976931348623157e308"

Row = tuple[int, list[bytes | None]]


def chunks(source: SqliteFile, table: Table) -> Iterator[tuple[int, bytes]]:
    """The table's rows as COPY reads and writes them with COPY_OPTIONS, in pieces, each with its number of rows.

    They come in the order of `_source_row`. Raises Problem for a value of more than LONGEST_VALUE bytes.
    """
    return _by_rowid(source, table) if table.row_id else _by_position(source, table)


def rows(source: SqliteFile, table: Table, start: int = FIRST_ROWID, limit: int = -1) -> Iterator[Row]:
    """Rows with their `_source_row` and their cells in the raw format, read one by one; from a rowid on, if it has one.

    Raises Problem for a value of more than LONGEST_VALUE bytes.
    """
    names = [quote(column.name) for column in table.columns]
    affinities, encoding = [column.has_text_affinity for column in table.columns], source.encoding
    row_id, bindings = (table.row_id, (start, limit)) if table.row_id else ("null", ())
    classes = _concatenate("''", [f"substr(typeof({name}), 1, 1)" for name in names])
    cells = ", ".join(map(_cell_as_stored, names))
    try:
        found = source.connection.execute(f"select {row_id}, {classes}, {cells} {_from(table)}", bindings)
        for position, (number, kinds, *values) in enumerate(found, start=1):
            fields = [_encode(*cell, encoding) for cell in zip(kinds, values, affinities, strict=True)]
            yield position if number is None else number, fields
    except apsw.TooBigError:
        source.refuse_too_large(table)
        raise


def _by_rowid(source: SqliteFile, table: Table) -> Iterator[tuple[int, bytes]]:
    cell, row = _separators(source)
    line = _concatenate(cell, [table.row_id, *(_cell(column, cell) for column in table.columns)])
    lines = f"select {table.row_id} as row_id, {line} as line {_from(table)}"
    statement = f"select count(*), max(row_id), {_as_stored(source, f'group_concat(line, {row})')} from ({lines})"
    start, limit = FIRST_ROWID, FIRST_CHUNK
    while start <= LAST_ROWID:
        data = None
        try:
            with _largest(source, LARGEST_CHUNK):
                number, last, rendered = source.connection.execute(statement, (start, limit)).fetchone()
            if not number:
                return
            data = _trusted(_marked(rendered), number, len(table.columns))
        except apsw.TooBigError:
            if limit > 1:
                limit = max(1, limit // 8)
                continue
        except UnicodeDecodeError:  # half a pair in UTF-16
            pass
        if data:
            yield number, data
            limit = max(1, min(8 * limit, number * CHUNK_BYTES // len(data)))
        else:
            for last, number, data in _pieces(rows(source, table, start, limit)):  # noqa: B007 - it is, below
                yield number, data
        start = last + 1


def _by_position(source: SqliteFile, table: Table) -> Iterator[tuple[int, bytes]]:
    """Of a table without a rowid, whose rows Python numbers. What is not trusted ends the quick way for the rest."""
    cell, _ = _separators(source)
    line = _as_stored(source, _concatenate(cell, [_cell(column, cell) for column in table.columns]))
    found = source.connection.execute(f"select {line} {_from(table)}")
    done, is_trusted = 0, True
    while is_trusted:
        lines: list[bytes] = []
        size = 0
        try:
            with _largest(source, LARGEST_CHUNK):
                while size < CHUNK_BYTES and (rendered := found.fetchone()):
                    lines.append(b"%d%b%b" % (done + len(lines) + 1, CELL, _marked(rendered[0])))
                    size += len(lines[-1])
        except (apsw.TooBigError, UnicodeDecodeError):
            break
        if not lines:
            return
        data = _trusted(ROW.join(lines), len(lines), len(table.columns))
        if is_trusted := data is not None:
            yield len(lines), data
            done += len(lines)
    for _, number, data in _pieces(islice(rows(source, table), done, None)):
        yield number, data


def _pieces(found: Iterator[Row]) -> Iterator[tuple[int, int, bytes]]:
    """Rows that were read one by one, as chunks: the last row's number, how many there are, and their text."""
    lines: list[bytes] = []
    size, last = 0, 0
    for last, fields in found:
        lines.append(CELL.join([b"%d" % last, *(rb"\N" if field is None else field for field in fields)]))
        size += len(lines[-1])
        if size >= CHUNK_BYTES:
            yield last, len(lines), _escaped(ROW.join(lines))
            lines, size = [], 0
    if lines:
        yield last, len(lines), _escaped(ROW.join(lines))


def _trusted(rendered: bytes, number: int, cells: int) -> bytes | None:
    """The chunk with COPY's escapes, or None where it is not proved to be rows of so many cells."""
    if rendered.count(CELL) != number * cells or rendered.count(ROW) != number - 1 or b"\0" in rendered:
        return None
    data = _escaped(rendered)
    try:
        return data if data.isascii() or data.decode() else None
    except UnicodeDecodeError:
        return None


def _escaped(rendered: bytes) -> bytes:
    for byte, escape in ESCAPES:
        rendered = rendered.replace(byte, escape)
    return rendered.replace(CELL, b"\t").replace(ROW, b"\n") + b"\n"


def _marked(rendered: bytes | str) -> bytes:
    """What SQLite rendered, with the separators of UTF-8."""
    if isinstance(rendered, bytes):
        return rendered
    return rendered.encode().replace(WIDE_CELL.encode(), CELL).replace(WIDE_ROW.encode(), ROW)


def _encode(kind: str, value: str | bytes | None, has_text_affinity: bool, encoding: str) -> bytes | None:
    """A cell in the raw format; `kind` is the first letter of its storage class."""
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


# What follows is SQL for SQLite. Comparisons tell storage classes, which sort NULL, numbers, text, BLOB, and cost less
# than typeof(); they need `collate binary`, for columns may have a collation, and + takes a column's affinity away.


def _from(table: Table) -> str:
    if table.row_id:
        return f"from {quote(table.name)} where {table.row_id} >= ? order by {table.row_id} limit ?"
    return f"from {table.in_order}"


def _separators(source: SqliteFile) -> tuple[str, str]:
    if source.encoding == "UTF-8":
        return f"cast(x'{CELL.hex()}' as text)", f"cast(x'{ROW.hex()}' as text)"
    return f"char({ord(WIDE_CELL)})", f"char({ord(WIDE_ROW)})"


def _as_stored(source: SqliteFile, text: str) -> str:
    """Text that Python is to have as bytes; SQLite alone can make UTF-8 of UTF-16."""
    return f"cast({text} as blob)" if source.encoding == "UTF-8" else text


def _concatenate(separator: str, parts: list[str]) -> str:
    groups = [", ".join(parts[i : i + ARGUMENTS]) for i in range(0, len(parts), ARGUMENTS)]
    joined = [f"concat_ws({separator}, {group})" for group in groups]
    return joined[0] if len(joined) == 1 else _concatenate(separator, joined)


def _cell(column: Column, separator: str) -> str:
    """A cell in the raw format, or, where that is beyond SQL, the separator."""
    name = quote(column.name)
    other = f"when {name} is null then '\\N' when typeof({name}) = 'blob' then '\\x' || lower(hex({name}))"
    if column.has_text_affinity:
        # Most text shows by its first letter that it begins with no backslash, in UTF-16 by that letter's first byte.
        return (
            f"case when {name} >= ']' collate binary and {name} < x'' then {name}"
            f" when {name} >= '' collate binary and {name} < '\\' collate binary then {name} {other}"
            f" when typeof({name}) = 'text' then iif({name} glob '\\*', '\\t' || {name}, {name})"
            f" else {_number(name)} end"
        )
    return (
        f"case when {_is_finite(name)} then {_finite(name)} {other}"
        f" when typeof({name}) = 'text' then {_text_among_numbers(name, separator)} else {_number(name)} end"
    )


def _number(name: str) -> str:
    """An integer or real as SQLite writes it, which reads back bit for bit."""
    return f"case when {_is_finite(name)} then {_finite(name)} when +{name} > 0 then 'inf' else '-inf' end"


def _is_finite(name: str) -> str:
    return f"+{name} between -{LARGEST_REAL} and {LARGEST_REAL}"


def _finite(name: str) -> str:
    """SQLite writes no sign for the zero that has one; its angle to the negative axis tells."""
    return f"iif(+{name} = 0 and typeof({name}) = 'real' and atan2({name}, -1) < 0, '-0.0', {name})"


def _text_among_numbers(name: str, separator: str) -> str:
    """Text in a column where numbers can be: as encode_text() has it, decided by patterns, or left to it."""
    unsigned = f"substr({name}, 1 + ({name} glob '-*'))"
    return (
        # A date or a time, or what begins like no number.
        f"case when {name} glob '*[0-9][-:]*' or {name} glob '[^-0-9i\\]*' or {name} = '' then {name}"
        f" when {name} glob '\\*' or {name} collate binary in ('inf', '-inf') then '\\t' || {name}"
        # A version, an address; then any other character that is in no number.
        f" when {name} glob '*.*.*' or {name} glob '*[^-+.0-9e]*' then {name}"
        f" when {unsigned} not glob '*[^0-9]*' and {unsigned} <> '' then '\\t' || {name}"
        f" when {unsigned} glob '[0-9]*.*[0-9]' and {unsigned} not glob '*[^.0-9]*' then '\\t' || {name}"
        f" else {separator} end"
    )


def _cell_as_stored(name: str) -> str:
    """The bytes of a text or BLOB, and numbers as text."""
    return (
        f"case typeof({name}) when 'text' then cast({name} as blob) when 'blob' then {name} when 'null' then null"
        f" else {_number(name)} || '' end"
    )


@contextmanager
def _largest(source: SqliteFile, size: int) -> Iterator[None]:
    """SQLite makes no value larger than `size` bytes, but raises TooBigError."""
    usual = source.connection.limit(apsw.SQLITE_LIMIT_LENGTH, size)
    try:
        yield
    finally:
        source.connection.limit(apsw.SQLITE_LIMIT_LENGTH, usual)
