"""Which rows of a table the two sides hold otherwise, told by hashes that each makes of its own.

Rows are counted off by their numbers: those that differ in the last few bits only are a range, and so many ranges are a
block. SQLite's side hashes all of them. The ledger knows what each block came to at the last load. Of the blocks that
came to something else, PostgreSQL hashes each range, and the ranges that differ are sent.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

# A record of COPY's binary format: three fields, each behind its size. They are the range's number, how many rows it
# has, and the exclusive or of their hashes.
RECORD = struct.Struct(">hiqiqiq")
# A block, as the ledger keeps it: its number, how many rows it has, and the sum of their hashes modulo 2^64.
BLOCK = struct.Struct(">qqQ")
# So many rows are sent if one of them differs, where numbers have no gaps.
FEWEST_ROWS = 8
MOST_RANGES = 1 << 17  # of a table
BLOCK_BITS = 12  # of a range's number

Blocks = dict[int, tuple[int, int]]  # by its number how many rows each has, and their sum


@dataclass(frozen=True)
class Difference:
    """The ranges that differ, by their numbers, each with how many rows SQLite has in it; a range's number is a row's
    without so many of its last bits. Whether most rows that SQLite has are in them.
    """

    bits: int
    ranges: dict[int, int]
    is_most: bool


def bits_of(first: int, last: int) -> int:
    """How many bits of a row's number tell it from others of its range, where numbers go from the first to the last."""
    return (max(FEWEST_ROWS, (last - first + 1) // MOST_RANGES) - 1).bit_length()


def differing(bits: int, ours: Iterable[bytes], theirs: bytes, rows: int) -> Difference:
    """What differs between the records of SQLite's side, in parts, and those of PostgreSQL's, in any order.

    They need not be of the whole table, which has so many rows in SQLite.
    """
    mine, others = _records(ours), _records([theirs])
    ranges = {RECORD.unpack(record)[2]: 0 for record in others - mine}
    ranges |= {RECORD.unpack(record)[2]: RECORD.unpack(record)[4] for record in mine - others}
    return Difference(bits, dict(sorted(ranges.items())), 2 * sum(ranges.values()) > rows)


def ranges_in(found: bytes) -> set[int]:
    """The numbers of the ranges that there are records of."""
    return {RECORD.unpack(record)[2] for record in _records([found])}


def differ_mostly(ours: Iterable[bytes], sample: bytes) -> bool:
    """Whether most ranges of PostgreSQL's sample differ from these of SQLite's side.

    A range that has another number of rows tells nothing: the sample may have cut it off.
    """
    mine, theirs = ({RECORD.unpack(record)[2]: record for record in _records(part)} for part in (ours, [sample]))
    whole = [n for n in mine.keys() & theirs.keys() if RECORD.unpack(mine[n])[4] == RECORD.unpack(theirs[n])[4]]
    return 2 * sum(mine[number] != theirs[number] for number in whole) > len(whole)


def _records(found: Iterable[bytes]) -> set[bytes]:
    return {part[i : i + RECORD.size] for part in found for i in range(0, len(part), RECORD.size)}


def pack(blocks: Blocks) -> bytes:
    """Blocks as the ledger keeps them."""
    return b"".join(BLOCK.pack(number, *block) for number, block in sorted(blocks.items()))


def unpack(packed: bytes) -> Blocks:
    """The same blocks again; none if this is not what pack() gives."""
    return {n: (rows, hashes) for n, rows, hashes in BLOCK.iter_unpack(packed)} if len(packed) % BLOCK.size == 0 else {}
