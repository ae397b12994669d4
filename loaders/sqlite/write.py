"""Write a SQLite file of which every table's text and every stored value is given.

Each object is made under a name of its own, a table as nothing but its columns. So no affinity changes a value, no
check refuses one and no trigger runs while rows are put in. Then its row in sqlite_schema gets the text it is to have,
which SQLite reads as it reads that of any file.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import apsw

from synapse_analytics.project import Database
from synapse_analytics.raw_format import Value
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.internal import JOURNAL, PRAGMAS
from synapse_analytics.sqlite.snapshot import make_up_collation
from synapse_analytics.table import Table, quote

INDEX = "(a primary key) without rowid"  # a table that is stored as an index is
Values = tuple[int, list[Value]]  # a row's number, and what it has for each column of its Table


@dataclass(frozen=True)
class Entry:
    """An object as sqlite_schema has it. Text that is not UTF-8 is a bytearray, as of decode()."""

    type: str
    name: Value
    table_name: Value
    is_stored: bool  # a table or an index, and neither a view, a trigger nor a virtual table
    sql: Value


@dataclass(frozen=True)
class Layout:
    """How the rows of a table are stored: the places of the stored columns among those of `table`, the place of the one
    that is the rowid, what follows CREATE TABLE to make a table that stores them so, and the collations by which it
    orders them, if it has no rowid.
    """

    table: Table
    stored: list[int]
    row_id: int | None
    ddl: str
    collations: frozenset[str] = frozenset()


def lay_out(entries: list[Entry], encoding: str) -> dict[str, Layout]:
    """How each table is stored, by name: asked of SQLite, which reads their texts in memory.

    Raises apsw.Error for a text that it cannot read.
    """
    with closing(apsw.Connection(":memory:")) as connection:
        connection.drop_modules(None)  # nothing of a virtual table can be run
        connection.execute(f"pragma encoding = {quote(encoding)}; pragma trusted_schema = off")
        _rename(connection, entries, _place(connection, entries, [INDEX] * len(entries)))
        source = SqliteFile(Database("export", Path()), BytesIO(), connection, "", has_log=False)
        tables = source.tables() + source.internal_tables()[1:]  # the first is the schema itself
        return {table.name: _layout(source, table) for table in tables}


def write(
    file: Path,
    pragmas: dict[str, str],
    entries: list[Entry],
    layouts: dict[str, Layout],
    rows_of: Callable[[Table], Iterator[Values]],
) -> tuple[list[str], list[str]]:
    """Write a new file. Of an application, it may lack functions and collations: then the names of indexes that are not
    made without its functions, and the names of its collations, in whose order neither indexes nor keys are.

    Raises apsw.Error for what SQLite refuses.
    """
    collations: list[str] = []

    def make_up(connection: apsw.Connection, name: str) -> None:
        if make_up_collation(connection, name):
            collations.append(name)

    with closing(apsw.Connection(str(file))) as connection:
        connection.collation_needed(make_up)
        connection.drop_modules(None)
        connection.execute("pragma trusted_schema = off; pragma journal_mode = off")
        for name in PRAGMAS:
            connection.execute(f"pragma {name} = {quote(pragmas[name])}")
        connection.execute("begin")
        found = [layouts[str(entry.name)] if entry.type == "table" else None for entry in entries]
        numbers = _place(connection, entries, [layout.ddl if layout else INDEX for layout in found])
        for number, layout in enumerate(found):
            if layout:
                _fill(connection, f"object_{number}", layout, rows_of(layout.table), pragmas["encoding"])
        _rename(connection, entries, numbers)
        unmade = [str(entry.name) for entry in entries if entry.type == "index" and not _fill_index(connection, entry)]
        connection.execute("commit")
        connection.execute(f"pragma {JOURNAL} = {quote(pragmas[JOURNAL])}")
    return unmade, collations


def _layout(source: SqliteFile, table: Table) -> Layout:
    info = source.table_info(table.name)
    visible = [row for row in info if row[6] != 1]
    stored = [place for place, row in enumerate(visible) if row[6] != 2]  # 2: generated, and computed when read
    names = [f"c{place}" for place in stored]
    keys = [row[1] for row in source.select(f"pragma index_list({quote(table.name)})") if row[3] == "pk"]
    if table.key:
        parts = source.select(f"pragma index_xinfo({quote(keys[0])})")
        places = {row[0]: place for place, row in enumerate(visible)}
        order = [
            f"c{places[cid]} collate {quote(collation)} {'desc' * is_descending}"
            for _, cid, _, is_descending, collation, is_key in parts
            if is_key
        ]
        ddl = f"({', '.join(names)}, primary key ({', '.join(order)})) without rowid"
        return Layout(table, stored, None, ddl, frozenset(row[4] for row in parts if row[5]))
    key = [place for place, row in enumerate(visible) if row[5]]
    return Layout(table, stored, key[0] if key and not keys else None, f"({', '.join(names)})")


def _place(connection: apsw.Connection, entries: list[Entry], ddl: list[str]) -> list[int]:
    """Make all objects, in their order; the numbers of their rows in the schema."""
    for number, (entry, columns) in enumerate(zip(entries, ddl, strict=True)):
        if entry.is_stored:
            connection.execute(f"create table object_{number} {columns}")
        else:
            connection.execute(f"create view object_{number} as select 1")
    return [number for (number,) in connection.execute("select rowid from sqlite_schema order by rowid")]


def _rename(connection: apsw.Connection, entries: list[Entry], numbers: list[int]) -> None:
    """Give the objects their names and texts, and have SQLite read them."""
    (encoding,) = connection.execute("pragma encoding").fetchone()
    connection.execute("pragma writable_schema = on")
    for entry, number in zip(entries, numbers, strict=True):
        values = [entry.type, entry.name, entry.table_name, entry.sql]
        marks, bound = _bind(values, encoding)
        names = ("type", "name", "tbl_name", "sql")
        pairs = ", ".join(f"{name} = {mark}" for name, mark in zip(names, marks, strict=True))
        connection.execute(f"update sqlite_schema set {pairs} where rowid = ?", (*bound, number))
    connection.execute("pragma writable_schema = reset")


def _fill(connection: apsw.Connection, name: str, layout: Layout, rows: Iterator[Values], encoding: str) -> None:
    """Put rows into a table that is not yet called as it will be."""
    columns = [f"c{place}" for place in layout.stored]
    has_number = not layout.table.key
    into = f"insert into {name} ({', '.join(['rowid'] * has_number + columns)}) values "
    for number, values in rows:
        marks, bound = _bind([values[place] for place in layout.stored], encoding)
        if layout.row_id is not None:
            number = values[layout.row_id]
            bound[layout.stored.index(layout.row_id)] = None  # it is the rowid
        row = [number, *bound] if has_number else bound
        connection.execute(f"{into}({', '.join(['?'] * has_number + marks)})", row)


def _bind(values: list[Value], encoding: str) -> tuple[list[str], list[Value]]:
    """Marks of a statement and what to bind to them: text that is no UTF-8 goes as the bytes that the file stores."""
    marks, bound = [], []
    for value in values:
        is_odd = isinstance(value, bytearray)
        marks.append("cast(? as text)" if is_odd else "?")
        bound.append(_stored(value, encoding) if is_odd else value)
    return marks, bound


def _stored(text: bytearray, encoding: str) -> bytes:
    if encoding == "UTF-8":
        return bytes(text)
    return text.decode(errors="surrogatepass").encode(encoding, errors="surrogatepass")


def _fill_index(connection: apsw.Connection, entry: Entry) -> bool:
    """Fill an index from its table, or drop it if that cannot be."""
    name = quote(str(entry.name))
    try:
        connection.execute(f"reindex {name}")
    except apsw.SQLError:
        connection.execute(f"drop index {name}")
        return False
    return True
