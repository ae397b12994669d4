"""What the ledger keeps of a file that is no data, so that the file can be written again."""

from collections.abc import Iterable

from psycopg2 import extensions
from psycopg2.extras import execute_values

Cells = list[str | None]


def write_internal(
    cursor: extensions.cursor, load_id: int, pragmas: dict[str, str], rows: Iterable[tuple[str, int, Cells]]
) -> None:
    """Enter what SQLite keeps of a loaded file besides its tables, as sqlite/internal.py reads it."""
    values = ((load_id, *pair) for pair in pragmas.items())
    execute_values(cursor, "insert into ledger.pragmas values %s", values)
    execute_values(cursor, "insert into ledger.internal_rows values %s", ((load_id, *row) for row in rows))


def read_internal(cursor: extensions.cursor, load_id: int) -> tuple[dict[str, str], list[tuple[str, int, Cells]]]:
    """What write_internal() entered, by table and row; nothing for a load by an earlier version."""
    cursor.execute("select to_regclass('ledger.internal_rows') is null")
    if cursor.fetchone()[0]:
        return {}, []
    cursor.execute("select pragma, value from ledger.pragmas where load_id = %s", [load_id])
    pragmas = dict(cursor.fetchall())
    cursor.execute(
        "select table_name, source_row, cells from ledger.internal_rows where load_id = %s"
        ' order by table_name collate "C", source_row',
        [load_id],
    )
    return pragmas, cursor.fetchall()
