"""What both sides call a table of SQLite, and what is counted of it."""

from dataclasses import dataclass
from operator import add
from typing import NamedTuple


@dataclass(frozen=True)
class Column:
    """A column's name and its type as the DDL has it, which may be empty."""

    name: str
    declared_type: str

    @property
    def has_text_affinity(self) -> bool:
        """SQLite's rule 3.1 of datatype3.html: CHAR, CLOB or TEXT in the declared type, and no INT."""
        declared = self.declared_type.encode().upper()  # of bytes: SQLite minds ASCII alone
        return b"INT" not in declared and any(word in declared for word in (b"CHAR", b"CLOB", b"TEXT"))


@dataclass(frozen=True)
class Table:
    """A table of the user's. `row_id` is what its rowid can be called, `key` what sorts its rows if it has none.

    Both are empty where columns take all names of the rowid. `primary_key` has names of columns, as declared.
    """

    name: str
    columns: tuple[Column, ...]
    row_id: str
    key: str
    primary_key: tuple[str, ...]

    @property
    def in_order(self) -> str:
        """What follows FROM to read it in the order of `_source_row`, which is its own unless an index is read."""
        order = self.row_id or self.key
        return f"{quote(self.name)} order by {order}" if order else f"{quote(self.name)} not indexed"


def quote(name: str) -> str:
    """The name as an identifier in SQLite's SQL."""
    return '"' + name.replace('"', '""') + '"'


class Profile(NamedTuple):
    """How many values of a column are of each of SQLite's storage classes."""

    integers: int = 0
    reals: int = 0
    texts: int = 0
    blobs: int = 0
    nulls: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self)

    @property
    def values(self) -> int:
        """Those that are not NULL."""
        return sum(self) - self.nulls

    def plus(self, other: "Profile") -> "Profile":
        """Both together."""
        return Profile(*map(add, self, other))
