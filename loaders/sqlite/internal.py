"""What a file holds besides its tables: SQLite's own tables, in which the schema's text is, and what its header says.

None of it is loaded into raw, because it is no data. The ledger keeps it, so that the file can be written again.
"""

from collections.abc import Iterator

from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.rows import rows

SCHEMA, SEQUENCE = "sqlite_schema", "sqlite_sequence"
# In the order in which they have to be set: the first ones before there is a table.
PRAGMAS = ("encoding", "page_size", "auto_vacuum", "user_version", "application_id")
JOURNAL = "journal_mode"
Cells = list[str | None]


def is_internal(table: str) -> bool:
    """Whether a table is SQLite's own, which keeps these names to itself."""
    return table[:7].lower() == "sqlite_"


def read_pragmas(source: SqliteFile) -> dict[str, str]:
    """What the file's header says, by the names of SQLite's pragmas."""
    found = {name: str(source.select(f"pragma {name}")[0][0]) for name in PRAGMAS}
    source.stream.seek(18)  # the pragma tells how this connection reads it: https://sqlite.org/fileformat2.html
    return found | {JOURNAL: "wal" if source.stream.read(1) == b"\x02" else "delete"}


def read_rows(source: SqliteFile) -> Iterator[tuple[str, int, Cells]]:
    """Each row of SQLite's own tables: the table, the row's number and its cells in the raw format."""
    for table in source.internal_tables():
        for row in rows(source, table):
            yield table.name, row.row_id, [None if cell is None else cell.decode() for cell in row.cells]
