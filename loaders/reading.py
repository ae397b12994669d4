"""What is read of a file, in the order in which it is needed: in a thread of its own, ahead of who writes it.

Of tables whose rows are in PostgreSQL already, all ranges of rows are hashed first, and of those only what differs is
read again. Of other tables, all rows are read.
"""

import hashlib
import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from synapse_analytics import Problem
from synapse_analytics.difference import Difference, differing
from synapse_analytics.sqlite.copy_lines import Chunk, can_hash, chunks
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.ranges import chunks_of, hash_ranges
from synapse_analytics.table import Profile, Table
from synapse_analytics.words import amount_of

SHA256_DIGITS = 64  # a digest of fewer is a sum of hashes


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


# What is read of a file: of each table that is compared, a chunk without lines for each that was hashed, END and the
# difference; of each table its chunks, END and what it came to; then the damage.
Part = Chunk | Difference | Whole | Damage
END = Chunk(0, b"", ())


class TooMuch(Problem):
    """A file brings far more than it holds."""


@dataclass(frozen=True)
class Plan:
    """How tables are read: which of them are hashed, those that are compared with how many bits of a row's number
    tell it from others of its range, what PostgreSQL has of those, and the most bytes that all may bring.
    """

    hashed: Collection[str]
    bits: dict[str, int] = field(default_factory=dict)
    held: Callable[[], dict[str, bytes]] = dict
    most: float = math.inf


@dataclass
class _Compared:
    whole: Whole
    difference: Difference
    row_size: int


def parts(source: SqliteFile, tables: list[Table], plan: Plan) -> Iterator[Part]:
    """All parts of a file. Raises Problem if they come to more bytes than the plan allows."""
    compared, brought = {}, 0
    for table in tables:
        if table.name in plan.bits:
            brought = yield from _compare(source, table, plan, compared, brought)
    for table in tables:
        known = compared.get(table.name)
        if not known:
            brought = yield from _read(source, table, plan, brought)
            continue
        if known.difference.is_most:
            yield from chunks(source, table)
        else:
            yield from chunks_of(source, table, known.difference, known.row_size)
        yield END
        yield known.whole
    yield Damage(source.damage())


def _compare(
    source: SqliteFile, table: Table, plan: Plan, compared: dict[str, _Compared], brought: int
) -> Iterator[Part]:
    """Hash a table and find what differs; how many bytes were brought with it."""
    rows, size, hashes, records = 0, 0, 0, bytearray()
    profiles = (Profile(),) * len(table.columns)
    for found in hash_ranges(source, table, plan.bits[table.name]):
        rows, size, hashes = rows + found.rows, size + found.size, hashes + found.hashes
        records += found.records
        profiles = tuple(map(Profile.plus, profiles, found.profiles))
        if brought + size > plan.most:
            raise _too_much(source, table, plan.most)
        yield Chunk(found.rows, b"", ())
    yield END
    difference = differing(plan.bits[table.name], bytes(records), plan.held()[table.name])
    compared[table.name] = _Compared(Whole(digest_of(hashes), profiles), difference, size // max(1, rows))
    yield difference
    return brought + size


def _read(source: SqliteFile, table: Table, plan: Plan, brought: int) -> Iterator[Part]:
    """Read all rows of a table; how many bytes were brought with it."""
    is_hashed = table.name in plan.hashed
    sha256, hashes = hashlib.sha256(), 0
    profiles = (Profile(),) * len(table.columns)
    for chunk in chunks(source, table):
        hashes += chunk.hashes
        if not is_hashed:
            sha256.update(chunk.data)
        profiles = tuple(map(Profile.plus, profiles, chunk.profiles))
        brought += len(chunk.data)
        if brought > plan.most:
            raise _too_much(source, table, plan.most)
        yield chunk
    yield END
    yield Whole(digest_of(hashes) if is_hashed else sha256.hexdigest(), profiles)
    return brought


def has_rows(source: SqliteFile, digests: dict[str, str], unread: Collection[str] = ()) -> bool:
    """Whether the file has just these tables, and the rows of each that is to be read come to its digest here."""
    tables = source.tables()
    if {table.name for table in tables} != digests.keys():
        return False
    tables = [table for table in tables if table.name not in unread]
    hashed = {table.name for table in tables if len(digests[table.name]) != SHA256_DIGITS}
    if not all(can_hash(source, table) for table in tables if table.name in hashed):
        return False
    found = (part.digest for part in parts(source, tables, Plan(hashed)) if isinstance(part, Whole))
    return all(digests[table.name] == digest for table, digest in zip(tables, found, strict=False))


def digest_of(hashes: int) -> str:
    """The digest that the sum of all rows' hashes is."""
    return f"{hashes % 2**64:016x}"


def _too_much(source: SqliteFile, table: Table, most: float) -> TooMuch:
    name, file = source.database.name, source.database.file
    return TooMuch(
        f"{name}: {file} has {amount_of(source.size_with_log)}, and up to its table {table.name} would bring more than"
        f" {amount_of(most)} into PostgreSQL: rolled back; look at the table's generated columns, and if that is what"
        " they are meant to hold, load it with --any-size."
    )
