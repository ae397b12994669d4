"""Copy the tables of a database, and have each side tell what it holds.

Three threads work at once: one reads chunks of rows from SQLite, some of them ahead, one gives them to COPY, and one
hashes the file. When all rows are read, the first looks for damage in the file, and the second has the tables read
back.

Each row is hashed on both sides, by copy_lines.c as it is rendered and by PostgreSQL as it holds it, and the sums must
agree: rows that are missing, doubled or changed, down to a bit, make another sum, but for one case in 2^64. Rows that
are not hashed, because copy_lines.c was not built or SQLite does not number them, are all sent back, and the SHA-256 of
what was sent and of what came back must agree.
"""

import hashlib
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from operator import add
from typing import TypeVar

import apsw
from psycopg2 import extensions
from tqdm import tqdm

from loaders import Problem, postgres_target
from loaders.chunks import can_hash, chunks, hash_row
from loaders.ledger import TableLoad
from loaders.sqlite_source import SqliteFile, Table

AHEAD = 16  # chunks that are read from SQLite before PostgreSQL takes them
# A row in which every part of a hash has its share.
SAMPLE = (-(2**40) - 7, ("Zwölf Bytes sind ein Block, und dies sind mehr.", None, "", "ß"))

Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """A chunk of a table, or with no bytes, what the whole table or file came to.

    The digest is the sum of the rows' hashes or the SHA-256 of the lines, in hex.
    """

    rows: int = 0
    data: bytes = b""
    is_hashed: bool = False
    digest: str = ""
    counts: tuple[int, ...] = ()
    damage: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """A table as it was sent: how many rows SQLite counts, what they came to, and how long it took in seconds."""

    table: Table
    rows: int
    whole: Part
    seconds: float


def copy_tables(cursor: extensions.cursor, source: SqliteFile, tables: list[Table]) -> tuple[list[TableLoad], str]:
    """Write these tables' rows into their raw tables, which are empty: what arrived, and the file's digest in hex.

    Raises Problem for a file that is damaged or cannot be read, and for tables that did not arrive whole.
    """
    try:
        loads, sha256, damage = _copy_tables(cursor, source, tables)
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
    cursor: extensions.cursor, source: SqliteFile, tables: list[Table]
) -> tuple[list[TableLoad], str, list[str]]:
    """What arrived, the file's digest, and sentences on its damage."""
    counts = [source.count(table) for table in tables]
    hashed = {table.name for table in tables if can_hash(source, table)}
    if hashed and hash_row(source, *SAMPLE) != postgres_target.hash_row(cursor, *SAMPLE):
        hashed = set()  # PostgreSQL may hash otherwise in a later version, and does on some processors
    name, schema = source.database.name, source.database.schema
    with ThreadPoolExecutor(1) as pool, closing(_ahead(_parts(source, tables, hashed))) as parts:
        sha256 = pool.submit(source.sha256)
        with _bar(name, counts) as bar:
            sent = [_send(cursor, schema, *pair, parts, bar) for pair in zip(tables, counts, strict=True)]
        with _bar(f"{name}, read back", counts) as bar:
            loads = [_read_back(cursor, source, each, bar) for each in sent]
        damage = next(parts).damage
    return loads, sha256.result(), damage


def _bar(what: str, counts: list[int]) -> tqdm:
    # Nothing is shown on a pipe (disable=None), nor for what is over within two seconds.
    return tqdm(total=sum(counts), desc=what, unit="rows", delay=2, disable=None, file=sys.__stderr__)


def _refuse(sentences: list[str]) -> None:
    if sentences:
        raise Problem(*sentences)


def _send(cursor: extensions.cursor, schema: str, table: Table, rows: int, parts: Iterator[Part], bar: tqdm) -> Sent:
    started = time.monotonic()
    part = Part()

    def data() -> Iterator[bytes]:
        nonlocal part
        for part in parts:
            bar.update(part.rows)
            yield part.data

    postgres_target.copy_in(cursor, schema, table, data())
    return Sent(table, rows, part, time.monotonic() - started)


def _read_back(cursor: extensions.cursor, source: SqliteFile, sent: Sent, bar: tqdm) -> TableLoad:
    started = time.monotonic()
    schema = source.database.schema
    if sent.whole.is_hashed:
        landed_rows, hashes = postgres_target.hash_rows(cursor, schema, sent.table)
        landed_digest = _digest(hashes)
    else:
        landed_rows, landed_digest = postgres_target.copy_out(cursor, schema, sent.table, sent.whole.digest)
    bar.update(landed_rows)
    return TableLoad(
        database=source.database.name,
        table=sent.table,
        source_rows=sent.rows,
        landed_rows=landed_rows,
        source_digest=sent.whole.digest,
        landed_digest=landed_digest,
        seconds=sent.seconds + time.monotonic() - started,
        profiles=list(zip(*[iter(sent.whole.counts)] * 5, strict=True)),
    )


def _parts(source: SqliteFile, tables: list[Table], hashed: set[str]) -> Iterator[Part]:
    """The chunks of all tables, one after the other, each table with its end; then the damage that the file has."""
    for table in tables:
        is_hashed = table.name in hashed
        sha256, hashes = hashlib.sha256(), 0
        counts = (0,) * (5 * len(table.columns))
        for chunk in chunks(source, table):
            hashes += chunk.hashes
            if not is_hashed:
                sha256.update(chunk.data)
            counts = tuple(map(add, counts, chunk.counts))
            yield Part(chunk.rows, chunk.data)
        digest = _digest(hashes) if is_hashed else sha256.hexdigest()
        yield Part(is_hashed=is_hashed, digest=digest, counts=counts)
    yield Part(damage=source.damage())


def _digest(hashes: int) -> str:
    return f"{hashes % 2**64:016x}"


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The items, made in a thread that is some of them ahead."""
    with ThreadPoolExecutor(1) as pool:
        made = deque(pool.submit(next, items, None) for _ in range(AHEAD))
        try:
            while (item := made.popleft().result()) is not None:
                made.append(pool.submit(next, items, None))
                yield item
        finally:
            pool.shutdown(cancel_futures=True)
