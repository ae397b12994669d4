"""Read one SQLite file: its catalogue, and its rows in the raw format. The file and its folder stay as they are."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import BinaryIO

from loaders import Problem
from loaders.project import Database
from loaders.raw_format import ROW_COLUMN, copy_line, encode, raw_name

State = tuple[int, int, int] | None  # of a file: its inode, size and time of change

CHUNK_BYTES = 1 << 20
# Bytes of a value or a row. PostgreSQL holds less than 2^30 of a row's text, and a byte of a BLOB is two of them.
LONGEST_VALUE = 500_000_000
MOST_COLUMNS = 1_599  # of PostgreSQL's 1,600, _source_row takes one
WRONG_CLASS = re.compile(r"(NULL|TEXT|NUMERIC|non-\w+) value in ")
# What to do about an error of SQLite or the operating system, by a part of its words.
HINTS = {
    "file is not a database": "it is not SQLite, or it is encrypted; put a SQLite database in its place",
    "malformed": "it is truncated or damaged; restore it from a copy",
    "is locked": "another program is writing to it; try again",
    "readonly database": "a program died while writing to it; open it once with `sqlite3` to undo the half-done",
    "ermission denied": "give yourself the right to read it",
    "unable to open": "give yourself the right to read it, its directory and its -wal",
    "": "nothing of it was loaded; look into it with `sqlite3`",
}


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
    """A database's file within open_sqlite()."""

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


@contextmanager
def open_sqlite(database: Database) -> Iterator[SqliteFile]:
    """A declared database's file, read-only and untrusted, in one read transaction from `with` to its end.

    Raises Problem, naming the database and its file, for whatever cannot be read, now or within the `with`, and at its
    end where something changed the file meanwhile that SQLite's locks do not keep away, or put another in its place.
    """
    file = database.file.resolve()  # SQLite follows links too: the log lies beside the file itself
    try:
        if not file.is_file():
            what = "is not a file" if file.exists() else "does not exist"
            raise Problem(
                f"{database.name}: {database.file} {what}: put it there or set SYNAPSE_SQLITE_DIR to where it is."
            )
        before = _state(file)
        with ExitStack() as stack:
            # Closed last: closing any handle of a file ends all locks that this process has on it.
            stream = stack.enter_context(file.open("rb"))
            log, index = (Path(f"{file}{suffix}").exists() for suffix in ("-wal", "-shm"))
            at_rest = not log and stream.read(20)[18:19] == b"\x02"
            # Where no program has the log open, SQLite would leave an index beside it.
            opened = _copy(file, stack) if log and not index else file
            uri = f"{opened.as_uri()}?mode=ro{'&immutable=1' if at_rest else ''}"
            connection = stack.enter_context(closing(sqlite3.connect(uri, uri=True, isolation_level=None)))
            _begin(connection)
            if opened == file and not at_rest:
                before = _state(file)  # writers that SQLite's lock had to wait for are done
            yield SqliteFile(database, stream, connection)
        # SQLite's lock keeps programs that use SQLite away, or where a log is in use gives them the log to write to; it
        # cannot keep away `cp` and `truncate`, and SQLite reads what was cut off as zeros.
        if not _is_same(before, _state(file), log and index):
            raise Problem(f"{database.name}: {database.file} was written while it was read: load it again.")
    except (sqlite3.Error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = next(hint for words, hint in HINTS.items() if words in reason)
        raise Problem(f"{database.name}: {database.file} cannot be read ({reason}): {hint}.") from error


def _copy(file: Path, stack: ExitStack) -> Path:
    copy = Path(stack.enter_context(TemporaryDirectory(prefix="synapse-"))) / "copy.db"
    for suffix in ("", "-wal"):
        copyfile(f"{file}{suffix}", f"{copy}{suffix}")
    return copy


def _begin(connection: sqlite3.Connection) -> None:
    connection.text_factory = _text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)  # SQLite reads no more into memory than this
    connection.execute("pragma trusted_schema = off")
    try:
        connection.execute("select count(*) from sqlite_schema")
    except sqlite3.DatabaseError as error:
        if "unsafe use of" not in str(error):
            raise
        # A generated column or an index calls a function that only computes, but that SQLite did not call safe: before
        # 3.42 those for JSON. This connection knows no function but SQLite's own, and loads no extension.
        connection.execute("pragma trusted_schema = on")
    for statement in ("pragma cell_size_check = on", "pragma query_only = on", "begin"):
        connection.execute(statement)
    connection.execute("select count(*) from sqlite_schema")  # takes the snapshot
    # Collations of the application's own sort an index or a key; any order will do to read one.
    collations = connection.execute(
        "select distinct c.coll from pragma_table_list as t, pragma_index_list(t.name) as i,"
        " pragma_index_xinfo(i.name) as c where t.schema = 'main' and t.type = 'table'"
        " and upper(c.coll) not in ('BINARY', 'NOCASE', 'RTRIM')"
    )
    for (name,) in collations.fetchall():
        connection.create_collation(name, lambda left, right: (left > right) - (left < right))


def _text(data: bytes) -> str | bytearray:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return bytearray(data)
    return bytearray(data) if "\0" in text else text


def _is_name(name: str | bytearray) -> bool:
    return isinstance(name, str) and name != ""


def _is_same(before: list[State], after: list[State], in_use: bool) -> bool:
    """Whether nothing was written; of a file whose log is in use, whether it is still that file."""
    return after[0] is not None and after[0][0] == before[0][0] if in_use else after == before


def _state(file: Path) -> list[State]:
    """What every write changes, of the file and of its write-ahead log."""
    stats = [path.stat() if path.exists() else None for path in (file, Path(f"{file}-wal"))]
    return [stat and (stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats]
