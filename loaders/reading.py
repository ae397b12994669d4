"""What is read of a file, in the order in which it is needed: in a thread of its own, ahead of who writes it.

A table whose rows are in PostgreSQL already is hashed first, and only what differs of it is read again. Of other
tables, all rows are read.
"""

import hashlib
import math
from collections.abc import Callable, Collection, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from synapse_analytics import Problem
from synapse_analytics.difference import BLOCK_BITS, Blocks, Difference, bits_of, differ_mostly, differing, ranges_in
from synapse_analytics.sqlite.copy_lines import Chunk, can_hash, chunks
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.ranges import Hashes, chunks_of, first_and_last, hash_blocks, hash_sample
from synapse_analytics.table import Profile, Table
from synapse_analytics.words import amount_of

SHA256_DIGITS = 64  # a digest of fewer is a sum of hashes


@dataclass(frozen=True)
class Whole:
    """What a table came to: the sum of its rows' hashes or the SHA-256 of its lines, in hex, and the profile of each
    column; if its rows are hashed, also its blocks.
    """

    digest: str
    profiles: tuple[Profile, ...]
    blocks: Blocks = field(default_factory=dict)


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
class Known:
    """What is known of a table whose rows are in PostgreSQL already: the blocks that the last load left, none if that
    is not known; the bits of its ranges; and the records of a sample of them, as PostgreSQL holds them.
    """

    blocks: Blocks
    bits: int
    sample: bytes


@dataclass(frozen=True)
class Plan:
    """How a file is read: which tables are hashed; those that are compared; who tells the records of the ranges that
    PostgreSQL holds of a table in all blocks, or in these; the most bytes that all tables may bring; and more
    connections to the same moment of the file, of which the first looks for damage.
    """

    hashed: Collection[str]
    compared: dict[str, Known] = field(default_factory=dict)
    held: Callable[[Table, int, Collection[int] | None], bytes] = lambda *_: b""
    most: float = math.inf
    others: list[SqliteFile] = field(default_factory=list)


@dataclass
class _Sums:
    """What is summed up while a table is read."""

    bits: int
    profiles: tuple[Profile, ...]
    bytes: int = 0
    blocks: Blocks = field(default_factory=dict)

    def add(self, number: int, found: Chunk | Hashes, size: int) -> None:
        rows, hashes = self.blocks.get(number, (0, 0))
        self.blocks[number] = (rows + found.rows, (hashes + found.hashes) % 2**64)
        self.profiles = tuple(map(Profile.plus, self.profiles, found.profiles))
        self.bytes += size

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.blocks.values())

    @property
    def whole(self) -> Whole:
        return Whole(digest_of(sum(hashes for _, hashes in self.blocks.values())), self.profiles, self.blocks)


def parts(source: SqliteFile, tables: list[Table], plan: Plan) -> Generator[Part, None, None]:
    """All parts of a file. Raises Problem if they come to more bytes than the plan allows."""
    brought = 0
    with ThreadPoolExecutor(1) as pool:
        damage = pool.submit(plan.others[0].damage) if plan.others else None
        for table in tables:
            known = plan.compared.get(table.name)
            sums, difference = (yield from _compare(source, table, plan, known, brought)) if known else (None, None)
            if difference is None or difference.is_most:
                brought = yield from _read(source, table, plan, brought)
                continue
            brought += sums.bytes
            yield from chunks_of(source, table, difference, sums.bytes // max(1, sums.rows))
            yield END
            yield sums.whole
        yield Damage(damage.result() if damage else source.damage())


def _compare(
    source: SqliteFile, table: Table, plan: Plan, known: Known, brought: int
) -> Generator[Part, None, tuple[_Sums, Difference]]:
    """Hash a table and find what differs, unless most of a sample does."""
    sums = _Sums(known.bits, (Profile(),) * len(table.columns))
    changed: dict[int, bytes] = {}  # the records of blocks

    difference = Difference(known.bits, {}, is_most=True)
    sample = hash_sample(source, table, known.bits, sorted(ranges_in(known.sample)))
    if not differ_mostly(sample, known.sample):
        first, last = (end >> known.bits + BLOCK_BITS for end in first_and_last(source, table))
        for found in hash_blocks([source, *plan.others[1:]], table, known.bits, range(first, last + 1)):
            sums.add(found.number, found, found.size)
            if known.blocks.get(found.number) != sums.blocks[found.number]:
                changed[found.number] = found.records
            if brought + sums.bytes > plan.most:
                raise _too_much(source, table, plan.most)
            yield Chunk(found.rows, b"", ())
        suspects = changed.keys() | (known.blocks.keys() - sums.blocks.keys())
        asks = suspects or not known.blocks
        held = plan.held(table, known.bits, suspects if known.blocks else None) if asks else b""
        difference = differing(known.bits, changed.values(), held, sums.rows)
    yield END
    yield difference
    return sums, difference


def _read(source: SqliteFile, table: Table, plan: Plan, brought: int) -> Generator[Part, None, int]:
    """Read all rows of a table; how many bytes were brought with it."""
    is_hashed = table.name in plan.hashed
    bits = bits_of(*first_and_last(source, table)) if is_hashed else 0
    sums = _Sums(bits, (Profile(),) * len(table.columns))
    sha256 = hashlib.sha256()
    for chunk in chunks(source, table, bits + BLOCK_BITS):
        if not is_hashed:
            sha256.update(chunk.data)
        sums.add(chunk.first >> bits + BLOCK_BITS, chunk, len(chunk.data))
        if brought + sums.bytes > plan.most:
            raise _too_much(source, table, plan.most)
        yield chunk
    yield END
    yield sums.whole if is_hashed else Whole(sha256.hexdigest(), sums.profiles)
    return brought + sums.bytes


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
