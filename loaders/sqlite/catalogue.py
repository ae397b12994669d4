"""What SQLite's own catalogue says of a table: keys, references, defaults, and the checks and comments of its DDL."""

import re
from dataclasses import dataclass, field

from synapse_analytics.raw_format import raw_name
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.table import Table, quote

TOKEN = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\]|\w+|\s+|.", re.DOTALL
)


@dataclass(frozen=True)
class ColumnEntry:
    """A column as declared. `name` is its raw name, `default` is SQL, `checks` are the SQL between parentheses."""

    name: str
    declared_type: str
    has_text_affinity: bool
    default: str | None
    is_not_null: bool
    is_generated: bool
    comment: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A foreign key, all names raw. `parent_columns` is empty if it refers to columns that are not there."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class TableEntry:
    """A table as declared, all names raw. `primary_key` is empty if there is none."""

    name: str
    columns: tuple[ColumnEntry, ...]
    primary_key: tuple[str, ...]
    unique_keys: tuple[tuple[str, ...], ...]
    references: tuple[Reference, ...]
    comment: str


def fold(name: str) -> bytes:
    """What two names of SQLite have in common that are the same to it: it knows the case of ASCII letters alone."""
    return name.encode().lower()


def read_catalogue(source: SqliteFile) -> list[TableEntry]:
    """Every table of an open file, by name."""
    tables = {fold(table.name): table for table in source.tables()}
    ddl = dict(source.select("select name, cast(sql as blob) from sqlite_schema where type = 'table'"))
    return [_entry(source, source.decode(ddl[table.name]), table, tables) for table in tables.values()]


def _entry(source: SqliteFile, ddl: str, table: Table, tables: dict[bytes, Table]) -> TableEntry:
    remarks = read_ddl(ddl)
    info = {row[1]: row for row in source.table_info(table.name)}
    columns = [
        ColumnEntry(
            name=raw_name(column.name),
            declared_type=re.sub(r"\s*generated always$", "", column.declared_type, flags=re.IGNORECASE),
            has_text_affinity=column.has_text_affinity,
            default=info[column.name][4],
            is_not_null=bool(info[column.name][3]),
            is_generated=info[column.name][6] > 1,
            comment=" ".join(remarks.get(fold(column.name), Definition()).comments),
            checks=remarks.get(fold(column.name), Definition()).checks,
        )
        for column in table.columns
    ]
    key = tuple(map(raw_name, table.primary_key))
    return TableEntry(
        name=raw_name(table.name),
        columns=tuple(columns),
        primary_key=key,
        unique_keys=tuple(sorted(unique_keys(source, table) - {key})),
        references=tuple(sorted(_references(source, table, tables), key=lambda reference: reference.columns)),
        comment=" ".join(remarks[fold("")].comments),
    )


def unique_keys(source: SqliteFile, table: Table) -> set[tuple[str, ...]]:
    """The columns, by raw names, of each index that no two rows of the whole table may share."""
    keys = set()
    for _, index, is_unique, _, is_partial in _pragma(source, "index_list", table.name):
        names = [name for _, _, name in sorted(_pragma(source, "index_info", index))]
        if is_unique and not is_partial and None not in names:
            keys.add(tuple(map(raw_name, names)))
    return keys


def _pragma(source: SqliteFile, pragma: str, name: str) -> list[tuple]:
    return source.select(f"pragma {pragma}({quote(name)})")


def _references(source: SqliteFile, table: Table, tables: dict[bytes, Table]) -> set[Reference]:
    """The foreign keys. Their names may be in another case than what they refer to, and a primary key need no name."""
    own = {fold(column.name): raw_name(column.name) for column in table.columns}
    keys: dict[int, list[tuple[str, str, str | None]]] = {}
    for number, _, parent, column, parent_column, *_ in sorted(_pragma(source, "foreign_key_list", table.name)):
        keys.setdefault(number, []).append((parent, column, parent_column))
    references = set()
    for pairs in keys.values():
        columns = tuple(own[fold(column)] for _, column, _ in pairs)
        parent, parent_columns = tables.get(fold(pairs[0][0])), ()
        if parent:
            info = source.table_info(parent.name)
            key = [name for _, name in sorted((row[5], row[1]) for row in info if row[5])]
            others = {fold(row[1]): raw_name(row[1]) for row in info}
            wanted = [name for _, _, name in pairs]
            wanted = key if None in wanted else wanted
            parent_columns = tuple(others[fold(name)] for name in wanted if fold(name) in others)
        name = raw_name(parent.name if parent else pairs[0][0])
        references.add(Reference(columns, name, parent_columns if len(parent_columns) == len(columns) else ()))
    return references


@dataclass
class Definition:
    """One column's part of a CREATE TABLE, in tokens, and the comments that belong to it."""

    tokens: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def checks(self) -> tuple[str, ...]:
        """What stands between the parentheses of each CHECK."""
        words = [part.lower() for part in self.tokens]
        return tuple(_parenthesis(self.tokens[i + 1 :]) for i, word in enumerate(words) if word == "check")


def read_ddl(ddl: str) -> dict[bytes, Definition]:
    """The definition of each column by its folded name; under the empty name, what belongs to the table.

    A comment belongs to the column before it in its line or, in a line of its own, to the one after it.
    """
    tokens = TOKEN.findall(ddl)
    opening = tokens.index("(") if "(" in tokens else len(tokens)
    definitions = [Definition(comments=[_comment(part) for part in tokens[:opening] if _is_comment(part)])]
    current, depth, is_new_line = Definition(), 0, False
    for part in tokens[opening + 1 :]:
        depth += {"(": 1, ")": -1}.get(part, 0)
        if depth < 0:
            break
        if _is_comment(part):
            owner = current if current.tokens or is_new_line else definitions[-1]
            owner.comments.append(_comment(part))
        elif part == "," and depth == 0:
            definitions.append(current)
            current, is_new_line = Definition(), False
        elif part.isspace() and not current.tokens:
            is_new_line = is_new_line or "\n" in part
        else:
            current.tokens.append(part)
    named = {
        fold(_unquoted(definition.tokens[0])): definition
        for definition in [*definitions[1:], current]
        if definition.tokens
    }
    return {**named, fold(""): definitions[0]}


def _is_comment(part: str) -> bool:
    return part.startswith(("--", "/*"))


def _comment(part: str) -> str:
    return " ".join(part.removesuffix("*/").strip("-/*=# \t\r\n").split())


def _unquoted(part: str) -> str:
    if part[0] == "[":
        return part[1:-1]
    return part[1:-1].replace(part[0] * 2, part[0]) if part[0] in "\"'`" else part


def _parenthesis(tokens: list[str]) -> str:
    """The text within the first pair of parentheses."""
    inside, depth = [], 0
    for part in tokens:
        depth += {"(": 1, ")": -1}.get(part, 0)
        inside.append(part)
        if depth == 0 and part == ")":
            break
    return " ".join("".join(inside).strip().removeprefix("(").removesuffix(")").split())
