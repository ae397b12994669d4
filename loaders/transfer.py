"""Copy the tables of a database, and have each side tell what it holds.

Three threads work at once: one reads chunks of rows from SQLite, some of them ahead, one gives them to COPY, and one
hashes the file. When all rows are read, the first looks for damage in the file, while the second reads the tables back.

Each row is hashed on both sides: by copy_lines.c when it renders the row, and by PostgreSQL as it holds it. The sums
must agree. Rows that are missing, doubled or changed by a bit make another sum, except in one case of 2^64. Rows cannot
be hashed if copy_lines.c was not built or SQLite does not number them. All of those are sent back, and the SHA-256 of
what was sent must equal the SHA-256 of what came back.
"""

import hashlib
import math
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import apsw
from psycopg2 import extensions
from tqdm import tqdm

from synapse_analytics import Problem
from synapse_analytics.postgres import raw_rows, raw_schema
from synapse_analytics.postgres.ledger import TableLoad
from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.sqlite.copy_lines import Chunk, can_hash, chunks, hash_row
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.table import Profile, Table
from synapse_analytics.threads import ahead
from synapse_analytics.words import amount_of

# What a file may bring, as lines of COPY: so many bytes, and beyond that so many times its own size.
MOST_BYTES, MOST_TIMES = 1_000_000_000, 100
SHA256_DIGITS = 64  # a digest of fewer is a sum of hashes
# A row in which every part of a hash has its share.
SAMPLE = (-(2**40) - 7, ("Zwölf Bytes sind ein Block, und dies sind mehr.", None, "", "ß"))


@dataclass(frozen=True)
class Whole:
    """What a table came to: the profile of each column, and the sum of its rows' hashes or the SHA-256 of its lines, in
    hex.
    """

    digest: str
    profiles: tuple[Profile, ...]


@dataclass(frozen=True)
class Damage:
    """Sentences on what is damaged in a file, which is known when all of it was read."""

    sentences: list[str]


# What is read of a file: of each table its chunks, END and what it came to; then the damage.
Part = Chunk | Whole | Damage
END = Chunk(0, b"", ())


@dataclass(frozen=True)
class Sent:
    """A table as it was sent: how many rows SQLite counts, what they came to, and how long it took in seconds."""

    table: Table
    rows: int
    whole: Whole
    seconds: float


class TooMuch(Problem):
    """A file brings far more than it holds."""


def copy_tables(
    cursor: extensions.cursor, source: SqliteFile, tables: list[Table], any_size: bool = False
) -> tuple[list[TableLoad], str]:
    """Write these tables' rows into their raw tables, which are empty: what arrived, and the file's digest in hex.

    Raises Problem for a file that is damaged or cannot be read, for one that brings far more than it holds, unless
    `any_size`, and for tables that did not arrive whole.
    """
    most = math.inf if any_size else max(MOST_BYTES, MOST_TIMES * source.size_with_log)
    try:
        loads, sha256, damage = _copy_tables(cursor, source, tables, most)
    except (TooMuch, apsw.InterruptError):  # to look for damage would compute the same values
        raise
    except (Problem, apsw.Error):  # what is damaged may also be what cannot be read
        _refuse(source.damage())
        raise
    schema = source.database.schema
    _refuse(
        damage
        or [
            f"{load.database}: {load.table.name} holds {load.source_rows} rows in SQLite and {load.landed_rows} in"
            f" PostgreSQL (digests {load.source_digest[:12]} and {load.landed_digest[:12]}): rolled back; look for"
            f" triggers on {schema}.{load.table.name}, and report this if there are none."
            for load in loads
            if not load.arrived
        ]
    )
    return loads, sha256


def _copy_tables(
    cursor: extensions.cursor, source: SqliteFile, tables: list[Table], most: float
) -> tuple[list[TableLoad], str, list[str]]:
    """What arrived, the file's digest, and sentences on its damage."""
    hashed = {table.name for table in tables if can_hash(source, table)}
    if hashed and hash_row(source, *SAMPLE) != raw_rows.hash_row(cursor, *SAMPLE):
        hashed = set()  # PostgreSQL may hash otherwise in a later version, and does on some processors
    name, schema = source.database.name, source.database.schema
    with ThreadPoolExecutor(1) as pool, closing(ahead(_parts(source, tables, hashed, most), _size)) as parts:
        sha256 = pool.submit(source.sha256)
        with _bar(name) as bar:
            counts = [source.count(table) for table in tables]
            bar.reset(sum(counts))
            sent = [_send(cursor, schema, *pair, parts, bar) for pair in zip(tables, counts, strict=True)]
        with _bar(f"{name}, read back", sum(counts)) as bar:
            loads = [_read_back(cursor, source, each, bar) for each in sent]
        damage = next(parts).sentences
    return loads, sha256.result(), damage


def _bar(what: str, rows: int | None = None) -> tqdm:
    # It is there before the first rows are, and goes when it is full. Nothing is shown on a pipe (disable=None).
    return tqdm(total=rows, desc=what, unit="rows", leave=False, disable=None, file=sys.__stderr__)


def _refuse(sentences: list[str]) -> None:
    if sentences:
        raise Problem(*sentences)


def _send(cursor: extensions.cursor, schema: str, table: Table, rows: int, parts: Iterator[Part], bar: tqdm) -> Sent:
    started = time.monotonic()

    def data() -> Iterator[bytes]:
        for chunk in iter(parts.__next__, END):
            bar.update(chunk.rows)
            yield chunk.data

    raw_rows.copy_in(cursor, schema, table, data())
    return Sent(table, rows, next(parts), time.monotonic() - started)


def _read_back(cursor: extensions.cursor, source: SqliteFile, sent: Sent, bar: tqdm) -> TableLoad:
    started = time.monotonic()
    schema = source.database.schema
    landed_rows, landed_digest = landed(cursor, schema, sent.table, sent.whole.digest)
    bar.update(landed_rows)
    return TableLoad(
        database=source.database.name,
        table=sent.table,
        source_rows=sent.rows,
        landed_rows=landed_rows,
        source_digest=sent.whole.digest,
        landed_digest=landed_digest,
        seconds=sent.seconds + time.monotonic() - started,
        profiles=sent.whole.profiles,
    )


def _parts(source: SqliteFile, tables: list[Table], hashed: set[str], most: float) -> Iterator[Part]:
    """All parts of a file. Raises Problem if they come to more than `most` bytes."""
    brought = 0
    for table in tables:
        is_hashed = table.name in hashed
        sha256, hashes = hashlib.sha256(), 0
        profiles = (Profile(),) * len(table.columns)
        for chunk in chunks(source, table):
            hashes += chunk.hashes
            if not is_hashed:
                sha256.update(chunk.data)
            profiles = tuple(map(Profile.plus, profiles, chunk.profiles))
            brought += len(chunk.data)
            if brought > most:
                raise _too_much(source, table, most)
            yield chunk
        yield END
        yield Whole(_digest(hashes) if is_hashed else sha256.hexdigest(), profiles)
    yield Damage(source.damage())


def holds(cursor: extensions.cursor, schema: str, tables: list[Table], digests: dict[str, str]) -> bool:
    """Whether a raw schema has just these tables and columns, and the rows of each come to the digest that it has here.

    Columns that changed names count as other columns. Raises psycopg2.Error if a
    table stays locked, or PostgreSQL cannot hash what somebody made of it.
    """
    raw_schema.limit_waits(cursor)
    wanted = {raw_name(t.name): {ROW_COLUMN, *(raw_name(column.name) for column in t.columns)} for t in tables}
    if raw_schema.present_columns(cursor, schema) != wanted or {t.name for t in tables} != digests.keys():
        return False
    return all(landed(cursor, schema, table, digests[table.name])[1] == digests[table.name] for table in tables)


def has_rows(source: SqliteFile, digests: dict[str, str], unread: Collection[str] = ()) -> bool:
    """Whether the file has just these tables, and the rows of each that is to be read come to its digest here."""
    tables = source.tables()
    if {table.name for table in tables} != digests.keys():
        return False
    tables = [table for table in tables if table.name not in unread]
    hashed = {table.name for table in tables if len(digests[table.name]) != SHA256_DIGITS}
    if not all(can_hash(source, table) for table in tables if table.name in hashed):
        return False
    found = (part.digest for part in _parts(source, tables, hashed, math.inf) if isinstance(part, Whole))
    return all(digests[table.name] == digest for table, digest in zip(tables, found, strict=False))


def landed(cursor: extensions.cursor, schema: str, table: Table, expected: str) -> tuple[int, str]:
    """The rows that PostgreSQL holds, and a digest of them of the kind that is expected."""
    if len(expected) == SHA256_DIGITS:
        return raw_rows.copy_out(cursor, schema, table, expected)
    rows, hashes = raw_rows.hash_rows(cursor, schema, table)
    return rows, _digest(hashes)


def _too_much(source: SqliteFile, table: Table, most: float) -> TooMuch:
    name, file = source.database.name, source.database.file
    return TooMuch(
        f"{name}: {file} has {amount_of(source.size_with_log)}, and up to its table {table.name} would bring more than"
        f" {amount_of(most)} into PostgreSQL: rolled back; look at the table's generated columns, and if that is what"
        " they are meant to hold, load it with --any-size."
    )


def _size(part: Part) -> int:
    return len(part.data) if isinstance(part, Chunk) else 0


def _digest(hashes: int) -> str:
    return f"{hashes % 2**64:016x}"
