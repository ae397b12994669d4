"""Copy what PostgreSQL lacks of a database's tables, and have each side tell what it holds.

Threads work at once: one reads SQLite, some chunks ahead, one gives them to COPY, and one hashes the file. Others help
to hash rows that may be in PostgreSQL already, and look for damage in the file. If there are none, damage is looked for
when all rows are read, while the tables are read back.

Each row is hashed on both sides: by copy_lines.c, and by PostgreSQL as it holds it. The sums must agree. Rows that are
missing, doubled or changed by a bit make another sum, except in one case of 2^64. Rows cannot be hashed if copy_lines.c
was not built or SQLite does not number them. All of those are sent anew and back, and the SHA-256 of what was sent must
equal the SHA-256 of what came back.
"""

import math
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Lock

import apsw
from psycopg2 import extensions
from tqdm import tqdm

from synapse_analytics import Problem
from synapse_analytics.difference import Blocks, Difference, bits_of
from synapse_analytics.postgres import raw_rows, raw_schema
from synapse_analytics.postgres.ledger import TableLoad
from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.reading import END, SHA256_DIGITS, Known, Part, Plan, TooMuch, Whole, digest_of, parts
from synapse_analytics.sqlite.copy_lines import Chunk, can_hash, hash_row
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.ranges import first_and_last
from synapse_analytics.sqlite.snapshot import open_again
from synapse_analytics.table import Table
from synapse_analytics.threads import ahead

# What a file may bring, as lines of COPY: so many bytes, and beyond that so many times its own size.
MOST_BYTES, MOST_TIMES = 1_000_000_000, 100
# A row in which every part of a hash has its share.
SAMPLE = (-(2**40) - 7, ("Zwölf Bytes sind ein Block, und dies sind mehr.", None, "", "ß"))


@dataclass(frozen=True)
class Sent:
    """A table as it was sent: how many rows SQLite counts, what they came to, and how long it took in seconds."""

    table: Table
    rows: int
    whole: Whole
    seconds: float


@dataclass(frozen=True)
class Found:
    """What is known of raw before tables are copied: the names of those just made, and of those that hold rows; of
    those that were loaded before, what their blocks came to; and how many threads may read the file.
    """

    made: set[str]
    filled: set[str]
    blocks: dict[str, Blocks] = field(default_factory=dict)
    readers: int = 1


def copy_tables(
    cursor: extensions.cursor, source: SqliteFile, tables: list[Table], found: Found, any_size: bool = False
) -> tuple[list[TableLoad], str]:
    """Make the raw tables hold these tables' rows and no others: what arrived, and the file's digest in hex.

    Raises Problem for a file that is damaged or cannot be read, for one that brings far more than it holds, unless
    `any_size`, and for tables that did not arrive whole.
    """
    most = math.inf if any_size else max(MOST_BYTES, MOST_TIMES * source.size_with_log)
    try:
        loads, sha256, damage = _copy_tables(cursor, source, tables, found, most)
        if not damage and any(not load.arrived and load.table.name in found.blocks for load in loads):
            # Somebody changed what the last load had left, so what the ledger knows of it tells nothing.
            filled = raw_rows.filled(cursor, source.database.schema, tables)
            anew = replace(found, made=set(), filled=filled, blocks={})
            loads, sha256, damage = _copy_tables(cursor, source, tables, anew, most)
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
    cursor: extensions.cursor, source: SqliteFile, tables: list[Table], found: Found, most: float
) -> tuple[list[TableLoad], str, list[str]]:
    """What arrived, the file's digest, and sentences on its damage."""
    hashed = {table.name for table in tables if can_hash(source, table)}
    if hashed and hash_row(source, *SAMPLE) != raw_rows.hash_row(cursor, *SAMPLE):
        hashed = set()  # PostgreSQL may hash otherwise in a later version, and does on some processors
    name, schema = source.database.name, source.database.schema

    compared = {}
    for table in tables:
        if table.name in found.filled & hashed:
            bits = bits_of(*first_and_last(source, table))
            sample = raw_rows.hash_sample(cursor, schema, table, bits)
            compared[table.name] = Known(found.blocks.get(table.name, {}), bits, sample)
    raw = _Raw(cursor, schema, found, Lock())
    with (
        ThreadPoolExecutor(1) as pool,
        open_again(source, found.readers if compared and found.readers > 1 else 0) as others,
        closing(ahead(parts(source, tables, Plan(hashed, compared, raw.held, most, others)), _size)) as read,
    ):
        sha256 = pool.submit(lambda: source.sha256)
        with _bar(name) as bar:
            counts = [source.count(table) for table in tables]
            bar.reset(sum(counts))
            pairs = zip(tables, counts, strict=True)
            sent = [_send(raw, table, rows, table.name in compared, read, bar) for table, rows in pairs]
        with _bar(f"{name}, read back", sum(counts)) as bar:
            loads = [_read_back(cursor, source, each, bar) for each in sent]
        damage = next(read).sentences
    return loads, sha256.result(), damage


def _bar(what: str, rows: int | None = None) -> tqdm:
    # It is there before the first rows are, and goes when it is full. Nothing is shown on a pipe (disable=None).
    return tqdm(total=rows, desc=what, unit="rows", leave=False, disable=None, file=sys.__stderr__)


def _refuse(sentences: list[str]) -> None:
    if sentences:
        raise Problem(*sentences)


@dataclass(frozen=True)
class _Raw:
    """A raw schema, for the thread that reads the file and the one that writes: one of them at a time."""

    cursor: extensions.cursor
    schema: str
    found: Found
    lock: Lock

    def held(self, table: Table, bits: int, blocks: Collection[int] | None) -> bytes:
        with self.lock:
            return raw_rows.hash_ranges(self.cursor, self.schema, table, bits, blocks)

    def write(self, table: Table, difference: Difference | None, data: Iterator[bytes]) -> None:
        """Let other rows take the place of those that differ, or of all."""
        with self.lock:  # what is read until the end of this table needs no answer from PostgreSQL
            if difference and not difference.is_most:
                if difference.ranges:
                    raw_rows.delete(self.cursor, self.schema, table, difference)
            elif table.name in self.found.filled:
                raw_rows.delete(self.cursor, self.schema, table)
            raw_rows.copy_in(self.cursor, self.schema, table, data, table.name in self.found.made)


def _send(raw: _Raw, table: Table, rows: int, is_compared: bool, read: Iterator[Part], bar: tqdm) -> Sent:
    started = time.monotonic()

    def chunks() -> Iterator[Chunk]:
        for chunk in iter(read.__next__, END):
            bar.update(chunk.rows)
            yield chunk

    difference = None
    if is_compared:
        for _ in chunks():
            pass
        difference = next(read)
        bar.total += rows if difference.is_most else sum(difference.ranges.values())
    raw.write(table, difference, (chunk.data for chunk in chunks()))
    return Sent(table, rows, next(read), time.monotonic() - started)


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
        blocks=sent.whole.blocks,
    )


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


def landed(cursor: extensions.cursor, schema: str, table: Table, expected: str) -> tuple[int, str]:
    """The rows that PostgreSQL holds, and a digest of them of the kind that is expected."""
    if len(expected) == SHA256_DIGITS:
        return raw_rows.copy_out(cursor, schema, table, expected)
    rows, hashes = raw_rows.hash_rows(cursor, schema, table)
    return rows, digest_of(hashes)


def _size(part: Part) -> int:
    return len(part.data) if isinstance(part, Chunk) else 0
