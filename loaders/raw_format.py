"""The raw format: names, and values as text that tells their storage class."""

import hashlib
import re

from yaml.reader import Reader

Value = None | int | float | str | bytes | bytearray

# How SQLite writes integers and reals. Text that reads so needs a tag, or decode() would take it for one.
INTEGER = re.compile(r"-?[0-9]+")
REAL = re.compile(r"-?([0-9]+\.[0-9]+|[0-9]+(\.[0-9]+)?e[-+]?[0-9]+|inf)")

ROW_COLUMN = "_source_row"
LONGEST_NAME = 63  # bytes of a name in PostgreSQL
# The columns that raw, staging or PostgreSQL itself add; and what is no name in the docs, to dbt and to JavaScript.
TAKEN_NAMES = {ROW_COLUMN, "source_database", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
TAKEN_NAMES |= {"CATALOG.JSON INLINE DATA", "__proto__"}
# What a line of YAML cannot hold, controls and the ends of lines, and what has text read in another order.
UNPRINTABLE = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|{Reader.NON_PRINTABLE.pattern}")
TAG = re.compile(r"<(?=[A-Za-z/!?])")  # where HTML takes text for a tag, or for a comment
# The characters that dbt, its SQL or its pages cannot carry in a name.
REFUSED_CHARACTERS = re.compile(rf'["\\{{}}]|{UNPRINTABLE.pattern}|{TAG.pattern}')


def raw_name(name: str) -> str:
    """A name of SQLite in PostgreSQL: the same, unless something cannot hold it; then its start and a digest."""
    kept = REFUSED_CHARACTERS.sub("_", name)
    if kept == name and len(name.encode()) <= LONGEST_NAME and name not in TAKEN_NAMES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{kept.encode()[:50].decode(errors='ignore')}_{digest}"


def encode_text(text: bytes, has_text_affinity: bool) -> bytes:
    """The bytes of one text of SQLite as raw text: the same, or tagged.

    Nothing but a tag begins with a backslash: `\\u` text that is not UTF-8 or holds a NUL, its bytes in hex; `\\t` text
    that begins with a backslash or reads as a number in a column where numbers can be. `\\x` is a BLOB in hex.
    """
    try:
        words = text.decode()
    except UnicodeDecodeError:
        words = "\0"
    if "\0" in words:
        return b"\\u" + text.hex().encode()
    looks_typed = not has_text_affinity and (INTEGER.fullmatch(words) or REAL.fullmatch(words))
    return b"\\t" + text if looks_typed or words.startswith("\\") else text


def decode(raw: str | None, has_text_affinity: bool) -> Value:
    """The value that SQLite held: None, int, float, str, bytes (BLOB) or bytearray (text that PostgreSQL refuses)."""
    if raw is None:
        return None
    if raw.startswith("\\"):
        return {"\\t": str, "\\x": bytes.fromhex, "\\u": bytearray.fromhex}[raw[:2]](raw[2:])
    if has_text_affinity:
        return raw
    if INTEGER.fullmatch(raw):
        return int(raw)
    return float(raw) if REAL.fullmatch(raw) else raw
