"""What the ledger keeps of the last load only: what each block of rows came to."""

from psycopg2 import extensions
from psycopg2.extras import execute_values

from synapse_analytics.difference import Blocks, pack, unpack
from synapse_analytics.postgres.ledger import TableLoad


def last_blocks(cursor: extensions.cursor, database: str) -> dict[str, Blocks]:
    """The blocks of each table of a database whose rows were hashed."""
    statement = "select table_name, hashes from ledger.blocks where database_name = %s"
    cursor.execute(statement, [database])
    return {table: unpack(bytes(hashes)) for table, hashes in cursor.fetchall()}


def write_blocks(cursor: extensions.cursor, database: str, loads: list[TableLoad]) -> None:
    """Keep the blocks of these loads, in their transaction, instead of those before."""
    rows = [(database, load.table.name, pack(load.blocks)) for load in loads if load.blocks]
    cursor.execute("delete from ledger.blocks where database_name = %s", [database])
    execute_values(cursor, "insert into ledger.blocks values %s", rows, page_size=1_000)
