"""The raw format: a SQLite value as text that tells its storage class, and a row as a line of PostgreSQL's COPY."""

import re

Value = None | int | float | str | bytes | bytearray

# What encode() writes for an integer and a real. Text that reads so needs a tag, or decode() would take it for one.
INTEGER = re.compile(r"-?[0-9]+")
REAL = re.compile(r"-?([0-9]+\.[0-9]+|[0-9]+(\.[0-9]+)?e[-+]?[0-9]+|inf)")
# The characters that COPY escapes in its text format, so that what is sent and what is read back are the same bytes.
COPY_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
)


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
    escaped = ["\\N" if field is None else field.translate(COPY_ESCAPES) for field in fields]
    return ("\t".join([str(row_id), *escaped]) + "\n").encode()
