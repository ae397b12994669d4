"""What the ledger keeps of the last load only: what each block of rows came to."""

from psycopg2 import extensions
from psycopg2.extras import execute_values

from synapse_analytics.difference import Blocks, pack, unpack
from synapse_analytics.postgres.ledger import TableLoad


def last_blocks(cursor: extensions.cursor, database: str) -> dict[str, tuple[int, Blocks]]:
    """Of each table of a database whose rows were hashed, the bits of its ranges and its blocks."""
    statement = "select table_name, range_bits, hashes from ledger.blocks where database_name = %s"
    cursor.execute(statement, [database])
    return {table: (bits, unpack(bytes(hashes))) for table, bits, hashes in cursor.fetchall()}


def write_blocks(cursor: extensions.cursor, database: str, loads: list[TableLoad]) -> None:
    """Keep the blocks of these loads, in their transaction, instead of those before."""
    rows = [(database, load.table.name, load.bits, pack(load.blocks)) for load in loads if load.blocks]
    cursor.execute("delete from ledger.blocks where database_name = %s", [database])
    execute_values(cursor, "insert into ledger.blocks values %s", rows, page_size=1_000)
