"""What is read of a file, in the order in which it is needed: in a thread of its own, ahead of who writes it.

Of tables whose rows are in PostgreSQL already, all ranges of rows are hashed first, and of those only what differs is
read again. Of other tables, all rows are read.
"""

import hashlib
import math
from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import dataclass, field

from synapse_analytics import Problem
from synapse_analytics.difference import BLOCK_BITS, Blocks, Difference, bits_of, differing
from synapse_analytics.sqlite.copy_lines import Chunk, can_hash, chunks
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.ranges import Hashes, chunks_of, first_and_last, hash_blocks
from synapse_analytics.table import Profile, Table
from synapse_analytics.words import amount_of

SAMPLED = 16  # one of so many blocks is looked at first
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
class Plan:
    """How a file is read: which tables are hashed; the blocks that the last load left of each that is compared; who
    tells the records of the ranges that PostgreSQL holds of a table in all blocks, or in these; the most bytes that all
    tables may bring; and more connections to the same moment of the file.
    """

    hashed: Collection[str]
    compared: dict[str, Blocks] = field(default_factory=dict)
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
    def whole(self) -> Whole:
        return Whole(digest_of(sum(hashes for _, hashes in self.blocks.values())), self.profiles, self.blocks)


def parts(source: SqliteFile, tables: list[Table], plan: Plan) -> Generator[Part, None, None]:
    """All parts of a file. Raises Problem if they come to more bytes than the plan allows."""
    known, brought = {}, 0
    for table in tables:
        if table.name in plan.compared:
            known[table.name] = sums, difference = yield from _compare(source, table, plan, brought)
            brought += 0 if difference.is_most else sums.bytes
    for table in tables:
        sums, difference = known.get(table.name, (None, None))
        if difference is None or difference.is_most:
            brought = yield from _read(source, table, plan, brought)
        else:
            row_size = sums.bytes // max(1, sum(rows for rows, _ in sums.blocks.values()))
            yield from chunks_of(source, table, difference, row_size)
            yield END
            yield sums.whole
    yield Damage(source.damage())


def _compare(
    source: SqliteFile, table: Table, plan: Plan, brought: int
) -> Generator[Part, None, tuple[_Sums, Difference]]:
    """Hash a table and find what differs. If most of a sample of its blocks differ, the others are not looked at."""
    first, last = first_and_last(source, table)
    sums = _Sums(bits_of(first, last), (Profile(),) * len(table.columns))
    known = plan.compared[table.name]
    changed: dict[int, bytes] = {}  # the records of blocks

    def hashes(numbers: list[int]) -> Iterator[Part]:
        for found in hash_blocks([source, *plan.others], table, sums.bits, numbers):
            sums.add(found.number, found, found.size)
            if known.get(found.number) != sums.blocks[found.number]:
                changed[found.number] = found.records
            if brought + sums.bytes > plan.most:
                raise _too_much(source, table, plan.most)
            yield Chunk(found.rows, b"", ())

    numbers = range(first >> sums.bits + BLOCK_BITS, (last >> sums.bits + BLOCK_BITS) + 1)
    sample = [number for number in numbers if number % SAMPLED == 0] if len(numbers) >= 2 * SAMPLED else []
    difference = Difference(sums.bits, {}, is_most=False)
    yield from hashes(sample)
    if 2 * len(changed) > len(sample):
        difference = differing(sums.bits, changed.values(), plan.held(table, sums.bits, sample))
    if not difference.is_most:
        yield from hashes(sorted(set(numbers) - set(sample)))
        numbers = changed.keys() | (known.keys() - sums.blocks.keys())
        if numbers or not known:
            held = plan.held(table, sums.bits, numbers if known else None)
            difference = differing(sums.bits, changed.values(), held)
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
