"""Write a SQLite file from raw and the ledger, and prove that it holds what was loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
from psycopg2 import extensions
from tqdm import tqdm

from synapse_analytics import Problem, printable
from synapse_analytics.files import refuse_place
from synapse_analytics.postgres import ledger, ledger_files, raw_rows
from synapse_analytics.postgres.connection import connect
from synapse_analytics.project import Database
from synapse_analytics.raw_format import decode
from synapse_analytics.reading import has_rows
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.internal import (
    JOURNAL,
    PRAGMAS,
    SCHEMA,
    SEQUENCE,
    Cells,
    is_internal,
    read_pragmas,
    read_rows,
)
from synapse_analytics.sqlite.rows import rows
from synapse_analytics.sqlite.snapshot import open_sqlite
from synapse_analytics.sqlite.write import Entry, Layout, Values, lay_out, write
from synapse_analytics.table import Table
from synapse_analytics.transfer import holds
from synapse_analytics.words import LONGEST, listed

OwnRows = dict[str, list[tuple[int, Cells]]]  # of SQLite's own tables, by table


@dataclass(frozen=True)
class Kept:
    """What the ledger keeps of a loaded file: digests of its tables, its settings, its schema without what cannot come
    back, the rows of SQLite's own tables, and what cannot come back.
    """

    digests: dict[str, str]
    pragmas: dict[str, str]
    entries: list[Entry]
    own_rows: OwnRows
    gone: list[Entry]


def export(root: Path, name: str, file: Path) -> tuple[int, list[str]]:
    """Write a database's file as its last good load found it: how many tables, and sentences on what is not in it.

    Raises Problem if it was never loaded, if the file exists, and if raw is not as that load left it.
    """
    refuse_place(file)
    with connect(root) as connection, TemporaryDirectory(prefix=".synapse-", dir=file.parent) as folder:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        written = Database(name, Path(folder).resolve() / "export.db")
        with connection.cursor() as cursor:
            kept = _read_kept(cursor, name)
            try:
                notes = _write(cursor, written, kept)
            except apsw.Error as error:
                what = f"SQLite cannot write what was loaded ({error})"
                raise Problem(f"{name}: {what}: nothing was written; report this.") from error
        refuse_place(file)  # somebody may have made it meanwhile
        written.file.rename(file)
    return len(kept.digests), notes


def _read_kept(cursor: extensions.cursor, name: str) -> Kept:
    last = ledger.last_load(cursor, name)
    if not last:
        raise Problem(f"{name} was never loaded: loaded are {listed(ledger.databases(cursor)) or 'no databases'}.")
    pragmas, rows = ledger_files.read_internal(cursor, last.load_id)
    if pragmas.keys() != {*PRAGMAS, JOURNAL}:
        what = "was last loaded by a version that kept less of a file than an export needs"
        raise Problem(f"{name} {what}: run `synapse load --force {name}`.")
    own_rows: OwnRows = {}
    for table, row, cells in rows:
        own_rows.setdefault(table, []).append((row, cells))
    entries = [_entry(cells) for _, cells in own_rows.pop(SCHEMA, [])]
    gone = [entry for entry in entries if entry.type == "table" and not _comes_back(entry, last.digests)]
    names = {str(entry.name) for entry in gone}
    gone += [entry for entry in entries if entry.type in ("index", "trigger") and str(entry.table_name) in names]
    return Kept(last.digests, pragmas, [entry for entry in entries if entry not in gone], own_rows, gone)


def _entry(cells: Cells) -> Entry:
    kind, name, table_name, page, text = (decode(cell, has_text_affinity=True) for cell in cells)
    return Entry(str(kind), name, table_name, page not in (None, "0"), text)


def _comes_back(table: Entry, loaded: dict[str, str]) -> bool:
    """Virtual tables do not, because programs compute them, nor do tables that are not loaded."""
    return table.is_stored and (is_internal(str(table.name)) or table.name in loaded)


def _write(cursor: extensions.cursor, database: Database, kept: Kept) -> list[str]:
    layouts = lay_out(kept.entries, kept.pragmas["encoding"])
    tables = [layout.table for name, layout in layouts.items() if not is_internal(name)]
    if not holds(cursor, database.schema, tables, kept.digests):
        what = f"{database.schema} is not as its last load left it"
        raise Problem(f"{database.name}: {what}: load the file again, or restore a backup of the warehouse.")
    with tqdm(desc=database.name, unit="rows", leave=False, disable=None) as bar:

        def rows_of(table: Table) -> Iterator[Values]:
            is_own = is_internal(table.name)
            found = kept.own_rows.get(table.name, []) if is_own else raw_rows.read_rows(cursor, database.schema, table)
            affinities = [column.has_text_affinity for column in table.columns]
            for row, cells in found:
                yield row, list(map(decode, cells, affinities))
                bar.update()

        unmade, collations = write(database.file, kept.pragmas, kept.entries, layouts, rows_of)
    _prove(cursor, database, kept, unmade, [each for each in layouts.values() if each.collations & {*collations}])
    gone = ", ".join(f"the {_kind(entry)} {printable(str(entry.name), LONGEST)}" for entry in kept.gone)
    own = ", ".join(printable(name, LONGEST) for name in unmade)
    orders = ", ".join(printable(name, LONGEST) for name in collations)
    notes = [f"{database.name}: not in the file: {gone}."] if gone else []
    notes += [f"{database.name}: not in the file: indexes that only its application can fill: {own}."] if own else []
    notes += (
        [f"{database.name}: have its application run `reindex` before use: {orders} sorts there."] if orders else []
    )
    return notes


def _kind(entry: Entry) -> str:
    return entry.type if entry.is_stored or entry.type != "table" else "virtual table"


def _prove(
    cursor: extensions.cursor, database: Database, kept: Kept, unmade: list[str], unordered: list[Layout]
) -> None:
    """Read the file as a load does: its rows have to come to the digests of the load.

    Where the order is the application's, a row has another number for now. There the rows themselves are compared.
    """
    # What ANALYZE found of an index goes with the index.
    own_rows = {
        table: [row for row in rows if table == SEQUENCE or row[1][1] not in unmade]
        for table, rows in kept.own_rows.items()
    }
    with open_sqlite(database) as source:
        found: OwnRows = {}
        for table, row, cells in read_rows(source):
            found.setdefault(table, []).append((row, cells))
        schema = [_text(_entry(cells)) for _, cells in found.pop(SCHEMA, [])]
        differs = source.damage()
        has_all = all(_has_same(cursor, source, each.table) for each in unordered)
        has_all = has_all and has_rows(source, kept.digests, {each.table.name for each in unordered})
        differs += [] if has_all else ["rows"]
        differs += [] if read_pragmas(source) == kept.pragmas else ["settings"]
        differs += [] if found == own_rows else ["SQLite's own tables"]
        differs += [] if schema == [_text(each) for each in kept.entries if each.name not in unmade] else ["schema"]
    if differs:
        what = f"what was written is not what was loaded ({', '.join(differs)})"
        raise Problem(f"{database.name}: {what}: nothing was written; report this.")


def _has_same(cursor: extensions.cursor, source: SqliteFile, table: Table) -> bool:
    written = (repr([None if cell is None else cell.decode() for cell in row.cells]) for row in rows(source, table))
    loaded = (repr(cells) for _, cells in raw_rows.read_rows(cursor, source.database.schema, table))
    return sorted(written) == sorted(loaded)


def _text(entry: Entry) -> tuple:
    return entry.type, entry.name, entry.table_name, entry.sql
