"""Which ranges of a table's rows the two sides hold otherwise, by the hashes that each made of its own."""

import struct
from dataclasses import dataclass

# A record of COPY's binary format: three fields, each behind its size. They are the range's number, how many rows it
# has, and the exclusive or of their hashes.
RECORD = struct.Struct(">hiqiqiq")
# A range is what has the same number without its last bits. So many rows of one are sent if one of them differs.
FEWEST_ROWS = 16
MOST_RANGES = 1 << 17  # of a table: as many records are held in memory, of either side


@dataclass(frozen=True)
class Difference:
    """The ranges that differ, by their numbers, each with how many rows SQLite has in it; a range's number is a row's
    without so many of its last bits. Whether they are most of all that there are.
    """

    bits: int
    ranges: dict[int, int]
    is_most: bool


def bits_of(first: int, last: int) -> int:
    """How many bits of a row's number tell it from others of its range, where numbers go from the first to the last."""
    return (max(FEWEST_ROWS, (last - first + 1) // MOST_RANGES) - 1).bit_length()


def differing(bits: int, ours: bytes, theirs: bytes) -> Difference:
    """What differs between the records of SQLite's side and those of PostgreSQL's, in whatever order they come."""
    mine, others = _records(ours), _records(theirs)
    ranges = {RECORD.unpack(record)[2]: 0 for record in others - mine}
    ranges |= {RECORD.unpack(record)[2]: RECORD.unpack(record)[4] for record in mine - others}
    return Difference(bits, dict(sorted(ranges.items())), 2 * len(ranges) > max(len(mine), len(others)))


def _records(found: bytes) -> set[bytes]:
    return {found[i : i + RECORD.size] for i in range(0, len(found), RECORD.size)}
