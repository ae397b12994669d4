"""Read one SQLite file: its catalogue, and its rows in the raw text format of docs/decisions.md."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Self

from loaders import Problem
from loaders.project import Database

ROWS_PER_CHUNK = 2_000
NULL = "\\N"
# What encode() writes for an integer or a real: text that looks like it needs a tag, or decode() would mistake it.
INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
REAL = re.compile(r"-?([0-9]+\.[0-9]+|[0-9]+(\.[0-9]+)?e[-+]?[0-9]+|inf)", re.ASCII)
# The characters that PostgreSQL's COPY escapes in its text format, so that both sides can be compared byte for byte.
COPY_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
)

Value = None | int | float | str | bytes | bytearray


@dataclass(frozen=True)
class Column:
    name: str
    declared_type: str

    @property
    def has_text_affinity(self) -> bool:
        """SQLite's rule 3.1 of datatype3.html: CHAR, CLOB or TEXT in the declared type, and no INT."""
        declared = self.declared_type.upper()
        return "INT" not in declared and any(word in declared for word in ("CHAR", "CLOB", "TEXT"))


@dataclass(frozen=True)
class Table:
    """A table of the user's. `order` lists what sorts its rows; `row_id` is null where the table has no rowid."""

    name: str
    columns: tuple[Column, ...]
    row_id: str
    order: str


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def encode(value: Value, has_text_affinity: bool) -> str | None:
    """One SQLite value as raw text, None for NULL.

    Nothing but a tag begins with a backslash: `\\x` BLOB in hex, `\\u` text that is not UTF-8 or holds a NUL (given as
    bytearray), its bytes in hex, `\\t` text that begins with a backslash or reads as a number in a column where
    numbers can be.
    """
    match value:
        case None:
            return None
        case str():
            looks_typed = not has_text_affinity and (INTEGER.fullmatch(value) or REAL.fullmatch(value))
            return "\\t" + value if looks_typed or value.startswith("\\") else value
        case bytearray():
            return "\\u" + value.hex()
        case bytes():
            return "\\x" + value.hex()
    return repr(value)  # an int, or a float: the shortest decimal that reads back bit for bit


def decode(raw: str | None, has_text_affinity: bool) -> Value:
    """The value that encode() was given: None, int, float, str, bytes (BLOB) or bytearray (text PostgreSQL refuses)."""
    if raw is None:
        return None
    tag, rest = raw[:2], raw[2:]
    if raw.startswith("\\"):
        return {"\\t": str, "\\x": bytes.fromhex, "\\u": bytearray.fromhex}[tag](rest)
    if has_text_affinity:
        return raw
    if INTEGER.fullmatch(raw):
        return int(raw)
    return float(raw) if REAL.fullmatch(raw) else raw


class SqliteFile:
    """A declared database, opened read-only and untrusted, in one read transaction from `with` to its end.

    Raises Problem, naming the database and its file, for whatever SQLite cannot read.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> Self:
        file = self.database.file
        if not file.is_file():
            what = "is not a file" if file.exists() else "does not exist"
            parent = "" if file.parent.is_dir() else f" (there is no directory {file.parent})"
            raise Problem(f"{self.database.name}: {file} {what}{parent}: set SYNAPSE_SQLITE_DIR to where it is.")
        self._at_rest = _state(file) if _is_at_rest(file) else None
        # A file in WAL mode that nobody has open is read as immutable: SQLite would put its -wal and -shm beside it.
        mode = "mode=ro&immutable=1" if self._at_rest else "mode=ro"
        with self._problems():
            self._connection = sqlite3.connect(f"{file.resolve().as_uri()}?{mode}", uri=True, isolation_level=None)
            self._connection.text_factory = _text
            for pragma in ("trusted_schema = off", "cell_size_check = on", "query_only = on"):
                self._connection.execute(f"pragma {pragma}")
            self._connection.execute("begin")
            self._connection.execute("select count(*) from sqlite_schema")  # takes the snapshot
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            hint = {
                "file is not a database": "it is not SQLite, or it is encrypted",
                "database disk image is malformed": "it is truncated or damaged; restore it from a copy",
                "database is locked": "another program is writing to it; try again",
            }.get(str(error), "nothing of it was loaded")
            raise Problem(f"{self.database.name}: {self.database.file} cannot be read ({error}): {hint}.") from error

    def _rows(self, sql: str) -> list[tuple]:
        with self._problems():
            return self._connection.execute(sql).fetchall()

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
        return sorted(name for (name,) in rows)

    def _table(self, name: str, without_rowid: bool) -> Table:
        info = self._rows(f"pragma table_xinfo({quote(name)})")
        columns = tuple(Column(row[1], row[2]) for row in info if row[6] != 1)
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
        damage = [row[0] for row in self._rows("pragma quick_check(1)") if row[0] != "ok"]
        if damage:
            return [f"{name}: {file} is damaged ({' '.join(damage[0].split())}): restore it from a copy."]
        found = {table.name: {column.name for column in table.columns} for table in self.tables()}
        missing = [
            f"{name}: the declared table {table} is not in {file}: correct its declaration or the file."
            for table in self.database.tables
            if table not in found
        ]
        return missing + [
            f"{name}: the declared column {table}.{column} is not in {file}: correct its declaration or the file."
            for table, columns in self.database.tables.items()
            for column in columns
            if table in found and column not in found[table]
        ]

    def drift(self) -> list[str]:
        """Sentences on what the file has and nobody declared: it is loaded, but no model reads it."""
        name, notes = self.database.name, []
        for table in self.tables():
            declared = self.database.tables.get(table.name)
            if declared is None:
                notes.append(f"{name}: the table {table.name} is not declared: loaded, but no model reads it.")
                continue
            extra = [column.name for column in table.columns if column.name not in declared]
            notes += [f"{name}: the column {table.name}.{column} is not declared: loaded all the same." for column in extra]
        return notes + [f"{name}: {view} is a view or a virtual table: it is not data and is not loaded." for view in self.views()]

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

    def chunks(self, table: Table) -> Iterator[tuple[int, bytes]]:
        """The rows in COPY's text format, some thousand at a time, each chunk with its number of rows.

        The first field of a row is `_source_row`: the rowid, or the position in key order where there is none.
        """
        affinities = [column.has_text_affinity for column in table.columns]
        columns = ", ".join([table.row_id, *(quote(column.name) for column in table.columns)])
        position = 0
        with self._problems():
            cursor = self._connection.execute(f"select {columns} from {quote(table.name)} order by {table.order}")
            while rows := cursor.fetchmany(ROWS_PER_CHUNK):
                lines = []
                for row_id, *values in rows:
                    position += 1
                    fields = [encode(*pair) for pair in zip(values, affinities, strict=True)]
                    escaped = [NULL if field is None else field.translate(COPY_ESCAPES) for field in fields]
                    lines.append("\t".join([str(position if row_id is None else row_id), *escaped]))
                yield len(lines), ("\n".join(lines) + "\n").encode()

    def check_unchanged(self) -> None:
        """Raises Problem where a file that was read as immutable was written meanwhile."""
        if self._at_rest and (_state(self.database.file) != self._at_rest or not _is_at_rest(self.database.file)):
            raise Problem(f"{self.database.name}: {self.database.file} was written while it was read: load it again.")

    def sha256(self) -> str:
        """The digest of the file's bytes, in hex."""
        with self._problems(), self.database.file.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()


def _text(data: bytes) -> str | bytearray:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return bytearray(data)
    return bytearray(data) if "\0" in text else text


def _is_at_rest(file: Path) -> bool:
    """Whether the file is in WAL mode (a 2 in byte 18 of its header) and no program has it open."""
    with file.open("rb") as stream:
        return stream.read(20)[18:19] == b"\x02" and not Path(f"{file}-wal").exists()


def _state(file: Path) -> tuple[int, int, int]:
    stat = file.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
