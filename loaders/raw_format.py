"""The raw format: names, values as text that tells their storage class, and rows as lines of PostgreSQL's COPY."""

import hashlib
import re

Value = None | int | float | str | bytes | bytearray

# What encode() writes for an integer and a real. Text that reads so needs a tag, or decode() would take it for one.
INTEGER = re.compile(r"-?[0-9]+")
REAL = re.compile(r"-?([0-9]+\.[0-9]+|[0-9]+(\.[0-9]+)?e[-+]?[0-9]+|inf)")
# The characters that COPY escapes in its text format, so that what is sent and what is read back are the same bytes.
COPY_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}

ROW_COLUMN = "_source_row"
LONGEST_NAME = 63  # bytes of a name in PostgreSQL
# The columns that raw, staging or PostgreSQL itself add, and the characters that dbt cannot carry in a name.
TAKEN_NAMES = {ROW_COLUMN, "source_database", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
REFUSED_CHARACTERS = re.compile(r'["\\{}\x00-\x1f\x7f-\x9f\u2028\u2029]')


def raw_name(name: str) -> str:
    """A name of SQLite in PostgreSQL: the same, unless something cannot hold it; then its start and a digest."""
    kept = REFUSED_CHARACTERS.sub("_", name)
    if kept == name and len(name.encode()) <= LONGEST_NAME and name not in TAKEN_NAMES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{kept.encode()[:50].decode(errors='ignore')}_{digest}"


def encode(value: Value, has_text_affinity: bool) -> str | None:
    """One SQLite value as raw text, None for NULL.

    Nothing but a tag begins with a backslash: `\\x` BLOB in hex, `\\u` text that is not UTF-8 or holds a NUL (given as
    bytearray), its bytes in hex, `\\t` text that begins with a backslash or reads as a number in a column where
    numbers can be.
    """
    match value:
        case None:
            return None
        case str():
            looks_typed = not has_text_affinity and (INTEGER.fullmatch(value) or REAL.fullmatch(value))
            return "\\t" + value if looks_typed or value.startswith("\\") else value
        case bytearray():
            return "\\u" + value.hex()
        case bytes():
            return "\\x" + value.hex()
    return repr(value)  # an int, or a float: the shortest decimal that reads back bit for bit


def decode(raw: str | None, has_text_affinity: bool) -> Value:
    """The value that encode() was given: None, int, float, str, bytes (BLOB) or bytearray (text PostgreSQL refuses)."""
    if raw is None:
        return None
    if raw.startswith("\\"):
        return {"\\t": str, "\\x": bytes.fromhex, "\\u": bytearray.fromhex}[raw[:2]](raw[2:])
    if has_text_affinity:
        return raw
    if INTEGER.fullmatch(raw):
        return int(raw)
    return float(raw) if REAL.fullmatch(raw) else raw


def copy_line(row_id: int, fields: list[str | None]) -> bytes:
    """A row of raw texts as one line for COPY."""
    escaped = ["\\N" if field is None else _escape(field) for field in fields]
    return ("\t".join([str(row_id), *escaped]) + "\n").encode()


def _escape(field: str) -> str:
    for character, written in COPY_ESCAPES.items():  # the backslash first; str.translate() takes three times as long
        field = field.replace(character, written)
    return field
