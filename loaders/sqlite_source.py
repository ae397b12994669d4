"""Read an open SQLite file: its catalogue, what it is damaged in, and its rows in the raw format."""

import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from typing import BinaryIO

from loaders import Problem
from loaders.project import Database
from loaders.raw_format import ROW_COLUMN, copy_line, encode, raw_name

CHUNK_BYTES = 1 << 20
# Bytes of a value or a row. PostgreSQL holds less than 2^30 of a row's text, and a byte of a BLOB is two of them.
LONGEST_VALUE = 500_000_000
MOST_COLUMNS = 1_599  # of PostgreSQL's 1,600, _source_row takes one
WRONG_CLASS = re.compile(r"(NULL|TEXT|NUMERIC|non-\w+) value in ")


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
    """A table of the user's. `order` lists what sorts its rows; `row_id` is null where the table has no rowid."""

    name: str
    columns: tuple[Column, ...]
    row_id: str
    order: str


def quote(name: str) -> str:
    """The name as an identifier in SQLite's SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class SqliteFile:
    """A database's file, as open_sqlite() gives it."""

    database: Database
    stream: BinaryIO
    connection: sqlite3.Connection

    def _rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def tables(self) -> list[Table]:
        """The user's tables by name: no views, virtual, shadow or internal tables."""
        found = self._rows(
            "select name, wr from pragma_table_list where schema = 'main' and type = 'table'"
            " and name not like 'sqlite\\_%' escape '\\' order by name"
        )
        return [self._table(name, bool(without_rowid)) for name, without_rowid in found]

    def views(self) -> list[str]:
        """The names of views and virtual tables, which are not data and are never run."""
        rows = self._rows("select name from pragma_table_list where schema = 'main' and type in ('view', 'virtual')")
        return sorted(str(name) for (name,) in rows)

    def _table(self, name: str, without_rowid: bool) -> Table:
        info = (
            [row for row in self._rows(f"pragma table_xinfo({quote(name)})") if row[6] != 1] if _is_name(name) else []
        )
        if not info or not all(_is_name(row[1]) and isinstance(row[2], str) for row in info):
            what = f"{self.database.name}: the table {name!r} in {self.database.file}"
            raise Problem(f"{what}, or a column of it, has a name that is empty or not UTF-8: rename it.")
        columns = tuple(Column(row[1], row[2]) for row in info)
        taken = {column.name.lower() for column in columns}
        aliases = [alias for alias in ("rowid", "_rowid_", "oid") if alias not in taken]
        if without_rowid:
            key = sorted((row[5], row[1]) for row in info if row[5])
            return Table(name, columns, "null", ", ".join(quote(column) for _, column in key))
        # A table whose columns take all three aliases is read in the order SQLite gives, which is the rowid's.
        return Table(name, columns, aliases[0], aliases[0]) if aliases else Table(name, columns, "null", "null")

    def check(self) -> list[str]:
        """Sentences on what the file lacks or is damaged in; empty where it can be loaded."""
        name, file = self.database.name, self.database.file
        # A value of the wrong class is no damage, wherever it stands: SQLite itself puts some into generated columns of
        # STRICT tables, and 3.40 sees NULLs in keys WITHOUT ROWID that are not there.
        try:
            findings = (row[0] for row in self.connection.execute("pragma quick_check(1000000000)"))
            damage = next((found for found in findings if found != "ok" and not WRONG_CLASS.match(found)), None)
        except sqlite3.DataError:  # a value longer than LONGEST_VALUE: rows() says which
            for table in self.tables():
                for _ in self.rows(table):
                    pass
            raise
        if os.fstat(self.stream.fileno()).st_size % self._rows("pragma page_size")[0][0]:
            damage = "its last page is cut off"  # SQLite would read the rest of it as zeros
        if damage:
            return [f"{name}: {file} is damaged ({' '.join(damage.split())}): restore it from a copy."]
        tables = self.tables()
        wide = [
            f"{name}: the table {table.name} in {file} has {len(table.columns):,} columns, and PostgreSQL takes"
            f" {MOST_COLUMNS:,} and `{ROW_COLUMN}`: split the table."
            for table in tables
            if len(table.columns) > MOST_COLUMNS
        ]
        found = {raw_name(table.name): {raw_name(c.name) for c in table.columns} for table in tables}
        missing = [table for table in self.database.tables if table not in found]
        missing_columns = [
            f"column {table}.{column}"
            for table, columns in self.database.tables.items()
            for column in columns
            if column not in found.get(table, columns)
        ]
        return wide + [
            f"{name}: the declared {what} is not in {file}: correct its declaration or the file."
            for what in [*(f"table {table}" for table in missing), *missing_columns]
        ]

    def drift(self) -> list[str]:
        """Sentences on what the file has and nobody declared: it is loaded, but no model reads it."""
        declared = self.database.tables
        tables = self.tables()
        notes = [
            f"table {table.name} is not declared: loaded, but no model reads it."
            for table in tables
            if raw_name(table.name) not in declared
        ]
        notes += [
            f"column {table.name}.{column.name} is not declared: loaded, but no model reads it."
            for table in tables
            for column in table.columns
            if raw_name(column.name) not in declared.get(raw_name(table.name), [raw_name(column.name)])
        ]
        notes += [f"view or virtual table {view} is not data: not loaded." for view in self.views()]
        return [f"{self.database.name}: the {note}" for note in notes]

    def count(self, table: Table) -> int:
        """Rows of the table, as SQLite itself counts them."""
        return self._rows(f"select count(*) from {quote(table.name)}")[0][0]

    def profiles(self, table: Table) -> list[tuple[int, ...]]:
        """Per column, the rows in each storage class: integer, real, text, blob, null."""
        classes = ("integer", "real", "text", "blob", "null")
        sums = [f"total(typeof({quote(c.name)}) = '{k}')" for c in table.columns for k in classes]
        profiles = []
        for start in range(0, len(sums), 5 * 300):  # SQLite allows 2,000 result columns
            row = self._rows(f"select {', '.join(sums[start : start + 5 * 300])} from {quote(table.name)}")[0]
            profiles += [tuple(int(n) for n in row[i : i + 5]) for i in range(0, len(row), 5)]
        return profiles

    def rows(self, table: Table) -> Iterator[tuple[int, list[str | None]]]:
        """The rows in raw format, each with its `_source_row`: the rowid, or the position in key order without one."""
        affinities = [column.has_text_affinity for column in table.columns]
        columns = ", ".join([table.row_id, *(quote(column.name) for column in table.columns)])
        position = 0
        try:
            found = self.connection.execute(f"select {columns} from {quote(table.name)} order by {table.order}")
            for position, (row_id, *values) in enumerate(found, start=1):
                yield position if row_id is None else row_id, [*map(encode, values, affinities)]
        except sqlite3.DataError as error:
            raise (Problem(self._too_large(table, position)) if "too big" in str(error) else error) from None

    def _too_large(self, table: Table, position: int) -> str:
        """The sentence on a value that was not read, for it is longer than LONGEST_VALUE."""
        what = "a value"
        for offset in (position + 1, position):  # Python may have been one row ahead
            end = f"from {quote(table.name)} order by {table.order} limit 1 offset {offset}"
            for column in table.columns:
                try:
                    self._rows(f"select {quote(column.name)} {end}")
                except sqlite3.DataError:
                    what = f"{column.name} of row {self._rows(f'select {table.row_id} {end}')[0][0] or offset + 1}"
        return (
            f"{self.database.name}: {what} of the table {table.name} in {self.database.file} exceeds"
            f" {LONGEST_VALUE // 1_000_000} MB, the most that is loaded, for PostgreSQL holds less than 1 GB of its"
            " hex: keep it in a file of its own."
        )

    def chunks(self, table: Table) -> Iterator[tuple[int, bytes]]:
        """The rows in COPY's text format, in pieces of about a megabyte, each with its number of rows."""
        lines: list[bytes] = []
        size = 0
        for row_id, fields in self.rows(table):
            lines.append(copy_line(row_id, fields))
            size += len(lines[-1])
            if size >= CHUNK_BYTES:
                yield len(lines), b"".join(lines)
                lines, size = [], 0
        if lines:
            yield len(lines), b"".join(lines)

    def sha256(self) -> str:
        """The digest of the file's bytes, in hex."""
        self.stream.seek(0)
        return file_digest(self.stream, "sha256").hexdigest()


def _is_name(name: str | bytearray) -> bool:
    return isinstance(name, str) and name != ""
