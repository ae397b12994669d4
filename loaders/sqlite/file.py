"""What an open SQLite file holds, and what it is damaged in."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

import apsw

from synapse_analytics import Problem
from synapse_analytics.project import Database
from synapse_analytics.raw_format import ROW_COLUMN, raw_name
from synapse_analytics.table import Column, Table, quote
from synapse_analytics.words import count_of, left_behind, listed

# Bytes of a value or a row. PostgreSQL holds less than 2^30 of a row's text, and a byte of a BLOB is two of them.
LONGEST_VALUE = 500_000_000
LONGEST_KEPT = 1_000  # bytes of a name: two of them have room in an index of the ledger
MOST_COLUMNS = 1_599  # of PostgreSQL's 1,600, _source_row takes one
WRONG_CLASS = re.compile(r"(NULL|TEXT|NUMERIC|non-\w+) value in ")
# A full-text index that holds its text itself keeps it in an ordinary table, which to SQLite is a part of the index.
VIRTUAL = "from pragma_table_list where schema = 'main' and type = 'virtual'"
PARTS = "select name from pragma_table_list where schema = 'main' and type = 'shadow'"


@dataclass(frozen=True)
class SqliteFile:
    """A database's file, as open_sqlite() gives it. If it has a write-ahead log, its bytes do not tell its rows."""

    database: Database
    stream: BinaryIO
    connection: apsw.Connection
    uri: str
    has_log: bool

    def select(self, sql: str) -> list[tuple]:
        """All rows of a statement."""
        return self.connection.execute(sql).fetchall()

    @property
    def encoding(self) -> str:
        """UTF-8, UTF-16le or UTF-16be."""
        return self.select("pragma encoding")[0][0]

    def decode(self, text: bytes | None) -> str | None:
        """Text cast to a BLOB, which shows what is not in the file's encoding: SQLite asks that of no text."""
        return text if text is None else text.decode(self.encoding, errors="backslashreplace")

    def table_info(self, table: str) -> list[tuple]:
        """Each column as `pragma table_xinfo` has it, which hides none; its name must be in the file's encoding."""
        columns = 'cid, name, cast(type as blob), "notnull", cast(dflt_value as blob), pk, hidden'
        name = table.replace("'", "''")
        rows = self.select(f"select {columns} from pragma_table_xinfo('{name}') order by cid")
        return [(*row[:2], self.decode(row[2]), row[3], self.decode(row[4]), *row[5:]) for row in rows]

    def tables(self) -> list[Table]:
        """The user's tables by name, less those that are left out on purpose."""
        try:
            found = [(name, wr) for name, wr in self._found_tables() if not self.database.excludes(name)]
            return [self._table(name, bool(without_rowid)) for name, without_rowid in found]
        except UnicodeDecodeError as error:
            raise self._bad_name(error.object) from None

    def internal_tables(self) -> list[Table]:
        """SQLite's own tables: its schema first, then how far keys were counted and what ANALYZE found, if it has."""
        found = self.select(
            "select name, wr from pragma_table_list where schema = 'main' and type = 'table'"
            " and name like 'sqlite\\_%' escape '\\' order by name <> 'sqlite_schema', name"
        )
        return [self._table(name, bool(without_rowid)) for name, without_rowid in found]

    def _found_tables(self) -> list[tuple[str, int]]:
        """By name; with the text of full-text indexes, and nothing else that is virtual or internal."""
        return self.select(
            "select name, wr from pragma_table_list where schema = 'main' and (type = 'table' or type = 'shadow'"
            f" and name collate nocase in (select name || '_content' {VIRTUAL}))"
            " and name not like 'sqlite\\_%' escape '\\' order by name"
        )

    def views(self) -> list[tuple[str, str]]:
        """The name and the SQL of each view, by name."""
        found = self.select("select cast(name as blob), cast(sql as blob) from sqlite_schema where type = 'view'")
        return sorted((self.decode(name), self.decode(sql)) for name, sql in found)

    def left_behind(self) -> str:
        """What of the file is not loaded, in a few words that can be printed; empty if all of it is loaded.

        None of it is ever run. A virtual table whose text is loaded is not among it.
        """
        found = self.select(
            "select type, cast(name as blob) from sqlite_schema where type in ('view', 'trigger') union all"
            f" select 'virtual table', cast(name as blob) {VIRTUAL}"
            f" and (name || '_content') collate nocase not in ({PARTS}) order by 1 desc, 2"
        )
        kinds: dict[str, list[str]] = {}
        for kind, name in found:
            kinds.setdefault(kind, []).append(name.decode(self.encoding, errors="replace"))
        excluded = [name for name, _ in self._found_tables() if self.database.excludes(name)]
        words = [f"{count_of(len(excluded), 'table')} left out on purpose ({listed(excluded)})"] if excluded else []
        words += [f"{count_of(len(names), kind)} ({listed(names)})" for kind, names in kinds.items()]
        return ", ".join(words)

    def note_left_behind(self) -> list[str]:
        """The sentence that says so, if there is anything to say, and one on each pattern that leaves nothing out."""
        database, words = self.database, self.left_behind()
        notes = [left_behind(database.name, words)] if words else []
        for pattern in database.excluded:
            if not any(database.excludes(name, pattern) for name, _ in self._found_tables()):
                notes.append(f"{database.name}: no table is called {pattern}, which is excluded.")
        return notes

    def _table(self, name: str, without_rowid: bool) -> Table:
        info = [row for row in self.table_info(name) if row[6] != 1] if name else []
        if not info or not all(0 < len(each.encode()) <= LONGEST_KEPT for each in (name, *(row[1] for row in info))):
            raise self._bad_name(name)
        columns = tuple(Column(row[1], row[2]) for row in info)
        taken = {column.name.lower() for column in columns}
        aliases = [alias for alias in ("rowid", "_rowid_", "oid") if alias not in taken]
        key = tuple(column for _, column in sorted((row[5], row[1]) for row in info if row[5]))
        if without_rowid:
            return Table(name, columns, "", ", ".join(map(quote, key)), key)
        return Table(name, columns, aliases[0] if aliases else "", "", key)

    def _bad_name(self, name: str | bytes) -> Problem:
        what = f"{self.database.name}: the table {name!r} in {self.database.file}"
        return Problem(f"{what}, or a column of it, has a name that is empty, not UTF-8 or over 1 kB: rename it.")

    def misfits(self) -> list[str]:
        """Sentences on what the file lacks of its declaration or its last page, and on what PostgreSQL cannot hold."""
        name, file = self.database.name, self.database.file
        if self.size % self.select("pragma page_size")[0][0]:
            return [self._damaged("its last page is cut off")]  # SQLite would read the rest of it as zeros
        tables = self.tables()
        wide = [
            f"{name}: the table {table.name} in {file} has {len(table.columns):,} columns, and PostgreSQL takes"
            f" {MOST_COLUMNS:,} and `{ROW_COLUMN}`: split the table."
            for table in tables
            if len(table.columns) > MOST_COLUMNS
        ]
        found = {raw_name(table.name): {raw_name(c.name) for c in table.columns} for table in tables}
        both = {raw_name(name) for name, _ in self._found_tables()} & self.database.tables.keys() - found.keys()
        wide += [f"{name}: the table {table} is declared and excluded: take it out of one." for table in sorted(both)]
        missing = [table for table in self.database.tables if table not in found and table not in both]
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

    def damage(self) -> list[str]:
        """A sentence on what the file is damaged in, or none; all of it is read.

        Raises Problem for a value of more than LONGEST_VALUE bytes.
        """
        # A value of the wrong class is no damage: SQLite's rule is that a column may hold any.
        try:
            findings = (row[0] for row in self.connection.execute("pragma quick_check(1000000000)"))
            found = next((finding for finding in findings if finding != "ok" and not WRONG_CLASS.match(finding)), "")
        except apsw.TooBigError:
            for table in self.tables():
                self.refuse_too_large(table)
            raise
        return [self._damaged(found)] if found else []

    def _damaged(self, found: str) -> str:
        where = f"{self.database.name}: {self.database.file}"
        return f"{where} is damaged ({' '.join(found.split())}): restore it from a copy."

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
        return [f"{self.database.name}: the {note}" for note in notes] + self.note_left_behind()

    def refuse_too_large(self, table: Table) -> None:
        """Raise Problem for the first value of more than LONGEST_VALUE bytes, which is not read."""
        self.connection.limit(apsw.SQLITE_LIMIT_LENGTH, 1 << 30)  # lengths stand apart from the values they are of
        sizes = ", ".join(f"octet_length({quote(column.name)})" for column in table.columns)
        found = self.connection.execute(f"select {table.row_id or 'null'}, {sizes} from {table.in_order}")
        for position, (row_id, *lengths) in enumerate(found, start=1):
            for column, length in zip(table.columns, lengths, strict=True):
                if (length or 0) > LONGEST_VALUE:
                    where = f"{column.name} of row {position if row_id is None else row_id} of the table {table.name}"
                    raise Problem(
                        f"{self.database.name}: {where} in {self.database.file} exceeds"
                        f" {LONGEST_VALUE // 1_000_000} MB, the most that is loaded, because PostgreSQL holds less than"
                        " 1 GB of its hex: keep it in a file of its own."
                    )

    def count(self, table: Table) -> int:
        """Rows of the table, as SQLite itself counts them."""
        return self.select(f"select count(*) from {quote(table.name)}")[0][0]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self.stream.fileno()).st_size

    @property
    def size_with_log(self) -> int:
        """Bytes of the file and of its write-ahead log, if it has one."""
        log = Path(f"{self.database.file.resolve()}-wal")
        return self.size + (log.stat().st_size if self.has_log and log.exists() else 0)

    @property
    def change_counter(self) -> int:
        """How often a program wrote to the file, by its header: if that differs, so do its bytes."""
        self.stream.seek(24)
        return int.from_bytes(self.stream.read(4))

    @cached_property
    def sha256(self) -> str:
        """The digest of the file's bytes, in hex."""
        self.stream.seek(0)
        return file_digest(self.stream, "sha256").hexdigest()
