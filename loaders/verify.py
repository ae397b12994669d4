"""Read both sides again: every value in SQLite, and what PostgreSQL holds of it in raw, to the byte."""

import hashlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from psycopg2 import extensions

from synapse_analytics import printable, threads
from synapse_analytics.postgres import ledger, raw_rows, raw_schema
from synapse_analytics.postgres.connection import connect
from synapse_analytics.project import RAW_PREFIX, Database
from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.records import Record
from synapse_analytics.sqlite.copy_lines import chunks
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.sqlite.rows import rows
from synapse_analytics.sqlite.snapshot import open_sqlite
from synapse_analytics.table import Column, Table
from synapse_analytics.transfer import landed

SHOWN = 3  # differing rows that are named per table


@dataclass
class Verdict:
    """One table's rows and digests on either side, and sentences on how they differ."""

    database: str
    table: str
    source_rows: int
    landed_rows: int
    source_digest: str
    landed_digest: str
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether both sides hold the same rows, to the byte."""
        return not self.differences


def verify(root: Path, databases: list[Database]) -> tuple[list[Verdict], list[str]]:
    """A verdict for every table of these files and for every raw table that they do not have, and what is left behind.

    Each database is read in one snapshot on either side. Raises Problem for what cannot be read.
    """
    with connect(root) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        found = threads.each(1, partial(_verify_apart, connection), databases, [connection])
    return [verdict for verdicts, _ in found for verdict in verdicts], [note for _, notes in found for note in notes]


def verify_by_ledger(root: Path) -> tuple[int, list[str]]:
    """How many raw tables there are, and a sentence on each that is not what the ledger says that its load left.

    No file is read. So the columns are taken in the order that raw has them in, which is that of the file unless
    somebody moved them there.
    """
    tables, differences = 0, []
    with connect(root) as connection, connection.cursor() as cursor:
        for name in ledger.databases(cursor):
            last = ledger.last_load(cursor, name)
            for table, digest in last.digests.items() if last else ():
                columns = raw_schema.ordered_columns(cursor, RAW_PREFIX + name, raw_name(table))
                found = Table(table, tuple(Column(column, "") for column in columns), "", "", ())
                if not columns or landed(cursor, RAW_PREFIX + name, found, digest)[1] != digest:
                    differences.append(f"{name}: {table} is not what its last load left: run `synapse verify {name}`.")
                tables += 1
    return tables, differences


def records(verdicts: list[Verdict]) -> list[Record]:
    """The verdicts for programs."""
    return [
        Record(
            verdict.database,
            "equal" if verdict.agrees else "different",
            verdict.table,
            rows=verdict.landed_rows,
            digest=verdict.landed_digest or None,
            message="; ".join(map(printable, verdict.differences)) or None,
        )
        for verdict in verdicts
    ]


def _verify_apart(connection: extensions.connection, database: Database) -> tuple[list[Verdict], list[str]]:
    with open_sqlite(database) as source, connection, connection.cursor() as cursor:
        return _verify_database(cursor, source), source.note_left_behind()


def _verify_database(cursor: extensions.cursor, source: SqliteFile) -> list[Verdict]:
    database = source.database
    present = raw_schema.present_columns(cursor, database.schema)
    tables = source.tables()
    verdicts = [_verify_table(cursor, source, table, present.get(raw_name(table.name))) for table in tables]
    changed = " (the file has changed since it was loaded: load it again)"
    last = ledger.last_load(cursor, database.name)
    if last and last.sha256 != source.sha256:
        for verdict in verdicts:
            verdict.differences = [sentence + changed for sentence in verdict.differences]
    for name in sorted(present.keys() - {raw_name(table.name) for table in tables}):
        sentence = f"{database.name}: {database.schema}.{name} is in PostgreSQL and not in {database.file}"
        verdicts.append(Verdict(database.name, name, 0, 0, "", "", [sentence]))
    return verdicts


def _verify_table(cursor: extensions.cursor, source: SqliteFile, table: Table, columns: set[str] | None) -> Verdict:
    digest, source_rows = hashlib.sha256(), 0
    for chunk in chunks(source, table):
        digest.update(chunk.data)
        source_rows += chunk.rows
    verdict = Verdict(source.database.name, table.name, source_rows, 0, digest.hexdigest(), "")
    wanted = {ROW_COLUMN, *(raw_name(column.name) for column in table.columns)}
    what = f"{source.database.name}: {table.name}"
    if columns is None:
        verdict.differences.append(f"{what} was never loaded: run `synapse load {source.database.name}`")
    elif columns != wanted:
        odd = ", ".join(sorted(columns ^ wanted))
        verdict.differences.append(f"{what} has other columns in raw ({odd}): run `synapse load`")
    else:
        landed = raw_rows.copy_out(cursor, source.database.schema, table, verdict.source_digest)
        verdict.landed_rows, verdict.landed_digest = landed
        if verdict.landed_digest != verdict.source_digest:
            found = [f"{what}, {words}" for words in _differences(cursor, source, table)]
            verdict.differences += found or [f"{what} holds its rows in another form"]
    return verdict


def _differences(cursor: extensions.cursor, source: SqliteFile, table: Table) -> list[str]:
    """Words on the first rows that differ: both sides come in the order of `_source_row`."""
    names = [raw_name(column.name) for column in table.columns]
    found: list[str] = []
    wanted = ((row.row_id, [c if c is None else c.decode() for c in row.cells]) for row in rows(source, table))
    landed = raw_rows.read_rows(cursor, source.database.schema, table)
    left, right = next(wanted, None), next(landed, None)
    while (left or right) and len(found) < SHOWN:
        if right is None or (left and left[0] < right[0]):
            found.append(f"row {left[0]}: it is not in raw")
            left = next(wanted, None)
        elif left is None or right[0] < left[0]:
            found.append(f"row {right[0]}: it is in raw, and not in SQLite or not that often")
            right = next(landed, None)
        else:
            odd = [name for name, one, other in zip(names, left[1], right[1], strict=True) if one != other]
            found += [f"row {left[0]}: {', '.join(odd)} differs"] if odd else []
            left, right = next(wanted, None), next(landed, None)
    return found
