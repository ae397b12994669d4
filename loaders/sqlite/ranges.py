"""The hashes of a table's blocks and ranges of rows, which tell what PostgreSQL holds otherwise; the rows of some."""

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import apsw

from synapse_analytics.difference import BLOCK_BITS, Difference
from synapse_analytics.sqlite.copy_lines import (
    CHUNK_BYTES,
    LARGEST_CHUNK,
    Chunk,
    affinities,
    by_rowid,
    chunk_of,
    largest,
)
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.table import Profile, Table, quote

MOST_RUNS = 400  # that one statement reads: SQLite takes 500 terms


@dataclass(frozen=True)
class Hashes:
    """Of a block of rows: its number, how many rows it has, how many bytes their cells have, the profile of each
    column, the sum of the rows' hashes, and a record of each range as difference.py has it.
    """

    number: int
    rows: int
    size: int
    profiles: tuple[Profile, ...]
    hashes: int
    records: bytes


def first_and_last(source: SqliteFile, table: Table) -> tuple[int, int]:
    """The lowest and the highest rowid; twice zero if there are no rows."""
    ends = ", ".join(f"(select {end}({table.row_id}) from {quote(table.name)})" for end in ("min", "max"))
    first, last = source.connection.execute(f"select {ends}").fetchone()
    return first or 0, last or 0


def hash_sample(source: SqliteFile, table: Table, bits: int, ranges: list[int]) -> list[bytes]:
    """The records of some ranges, which are in order."""
    statement = _statement(table, bits)
    found = [source.connection.execute(statement, run).fetchone() for run in _runs(ranges, bits)]
    start = 8 * (5 * len(table.columns) + 2)
    return [hashes[start:] for rows, hashes in found if rows]


def hash_blocks(sources: list[SqliteFile], table: Table, bits: int, numbers: range) -> Iterator[Hashes]:
    """The hashes of these blocks, less those without rows, by as many threads as there are connections to the file.

    Raises Problem for a value of more than LONGEST_VALUE bytes.
    """
    width, statement = len(table.columns), _statement(table, bits)
    free: SimpleQueue[SqliteFile] = SimpleQueue()
    for source in sources:
        free.put(source)

    def hash_block(number: int) -> tuple[int, bytes]:
        source = free.get()
        try:
            ends = (number << bits + BLOCK_BITS, (number + 1 << bits + BLOCK_BITS) - 1)
            return source.connection.execute(statement, ends).fetchone()
        except apsw.TooBigError:
            source.refuse_too_large(table)
            raise
        finally:
            free.put(source)

    with ThreadPoolExecutor(len(sources)) as pool:
        try:
            for number, (rows, found) in zip(numbers, pool.map(hash_block, numbers), strict=True):
                if rows:
                    *counts, hashes, size = struct.unpack_from(f"={5 * width}qQq", found)
                    profiles = tuple(Profile(*counts[i : i + 5]) for i in range(0, 5 * width, 5))
                    yield Hashes(number, rows, size, profiles, hashes, found[8 * len(counts) + 16 :])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _statement(table: Table, bits: int) -> str:
    """Hashes the rows between two rowids, if there are any."""
    cells = ", ".join(quote(column.name) for column in table.columns)
    return (
        f"select count(*), copy_hashes({affinities(table)}, {table.row_id}, {cells}, {bits})"
        f" from {quote(table.name)} not indexed where {table.row_id} between ? and ?"
    )


def chunks_of(source: SqliteFile, table: Table, difference: Difference, row_size: int) -> Iterator[Chunk]:
    """The rows of the ranges that differ, where a row's cells have about so many bytes."""
    most_rows = max(1, CHUNK_BYTES // max(1, row_size))
    batch: list[int] = []
    rows = 0
    for number, more in difference.ranges.items():
        batch += [number] if more else []
        rows += more
        if rows >= most_rows or len(batch) == MOST_RUNS:
            yield from _read(source, table, _runs(batch, difference.bits))
            batch, rows = [], 0
    if batch:
        yield from _read(source, table, _runs(batch, difference.bits))


def _runs(numbers: list[int], bits: int) -> list[tuple[int, int]]:
    """The first and the last rowid of each run of ranges that follow each other; they are in order."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        first, last = number << bits, (number + 1 << bits) - 1
        joins = bool(runs) and runs[-1][1] == first - 1
        runs[-1:] = [(runs[-1][0], last)] if joins else [*runs[-1:], (first, last)]
    return runs


def _read(source: SqliteFile, table: Table, runs: list[tuple[int, int]]) -> Iterator[Chunk]:
    """One chunk, or as many as are needed if it would be too large."""
    cells = ", ".join(f"t.{quote(column.name)}" for column in table.columns)
    statement = (
        f"with runs (first, last) as (values {', '.join(map(str, runs))})"
        f" select count(*), copy_lines({affinities(table)}, t.{table.row_id}, {cells}) from runs"
        f" cross join {quote(table.name)} as t not indexed where t.{table.row_id} between runs.first and runs.last"
    )
    try:
        with largest(source, LARGEST_CHUNK):
            rows, found = source.connection.execute(statement).fetchone()
    except apsw.TooBigError:
        for first, last in runs:
            yield from by_rowid(source, table, first, last)
    else:
        if rows:
            yield chunk_of(table, rows, found)
