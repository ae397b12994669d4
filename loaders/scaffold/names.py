"""What a new database, its models and their files are called, and whether that is free."""

import re
import shlex
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain, count
from pathlib import Path

from synapse_analytics import Problem
from synapse_analytics.project import Database, read_declarations
from synapse_analytics.raw_format import TAKEN_NAMES
from synapse_analytics.scaffold.graph import Graph, Model
from synapse_analytics.sqlite.catalogue import TableEntry
from synapse_analytics.words import listed

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
LONGEST_DATABASE = 37  # bytes, so that a staging view has 20 for the table's part of its name
GENERIC = ("db", "database", "sqlite")  # of a file, as every Django project has a db.sqlite3
LONGEST_COLUMN = 55  # bytes, so that a number has room
LONGEST_MART = 49  # bytes; dbt adds suffixes to the names of tables


def locate(root: Path, file: Path, name: str | None) -> Database:
    """The database that a file is, or is to be: the declared one, or a new one named after the file.

    Raises Problem if that is no name for a database, or is taken.
    """
    declared = read_declarations(root)
    by_file = {database.file.resolve(): database for database in declared.values()}
    if file.resolve() in by_file:
        known = by_file[file.resolve()]
        if name not in (None, known.name):
            raise Problem(f"{file} is declared already, as {known.name}: add it without --name.")
        return known
    wanted = name or file.stem.lower()
    if name is None and wanted in GENERIC:
        raise Problem(
            f"{file}: {wanted} says nothing of what is in it: name it with --name, as in"
            f" `synapse add --name shop {shlex.quote(str(file))}`."
        )
    if not IDENTIFIER.fullmatch(wanted) or len(wanted) > LONGEST_DATABASE:
        raise Problem(
            f"{file}: {wanted!a} is no name for a database (letters, digits and _, not a digit first, at most"
            f" {LONGEST_DATABASE}): name it with --name, as in `synapse add --name crm {shlex.quote(str(file))}`."
        )
    if wanted in declared or (root / "models" / "staging" / wanted).exists():
        other = f", for {declared[wanted].file}" if wanted in declared else ""
        raise Problem(
            f"{file}: the name {wanted} is taken by models/staging/{wanted}{other}: give another with --name."
        )
    return Database(wanted, file.absolute(), is_named_by_file=name is None)


def slug(name: str, longest: int, taken: Iterable[str] = ()) -> str:
    """A name for dbt's files: lower case words joined by `_`; one that is taken or too long ends in a digest."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "_", _parted(ascii_name).lower()).strip("_")
    plain = plain if plain[:1].isalpha() else f"table_{plain}".rstrip("_")
    if len(plain) <= longest and plain not in taken and (ascii_name.strip() or name.isascii()):
        return plain
    return f"{plain[: longest - 9].rstrip('_')}_{sha256(name.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Names:
    """What each table of a database is called in dbt, the staging models that are there, and the files by name.

    `sources`, `staged` and `marts` map the raw name of a table; `marts` is empty where no final tables are wanted.
    """

    root: Path
    database: Database
    sources: dict[str, str]
    staged: dict[str, Model]
    files: dict[str, Path]
    marts: dict[str, str] = field(default_factory=dict)
    area: str = ""

    @property
    def folder(self) -> Path:
        """Where the staging models are."""
        return self.root / "models" / "staging" / self.database.name

    def staging(self, table: str) -> str:
        """The staging model of a table, there or to be written."""
        present = self.staged.get(table)
        return present.name if present else f"stg_{self.database.name}__{self.sources[table]}"

    def mart(self, table: str) -> Path:
        """The SQL of a table's final table."""
        return self.root / "models" / "marts" / self.area / f"{self.marts[table]}.sql"


def name_columns(
    columns: Iterable[str], declared: dict[str, str], reserved: Collection[str], keep_names: bool
) -> dict[str, str]:
    """What each column of a table is called in staging: the same, unless PostgreSQL would know it only in quotes.

    A word that PostgreSQL has reserved gets a `_`, a name that is taken a number. `declared` names stay.
    """
    names = dict(declared)
    names |= {n: n for n in columns if n not in names and (keep_names or (_is_plain(n) and n not in reserved))}
    taken = {*TAKEN_NAMES, *names.values()}
    for name in [name for name in columns if name not in names]:
        words = f"{_words_of(name)}{'_' if _words_of(name) in reserved else ''}"
        numbered = chain([words], (f"{words}_{number}" for number in count(2)))
        names[name] = next(each for each in numbered if each not in taken)
        taken.add(names[name])
    return {name: names[name] for name in columns}


def _is_plain(name: str) -> bool:
    return bool(IDENTIFIER.fullmatch(name)) or name == _words_of(name)


def _words_of(name: str) -> str:
    """A column's name as lower case words joined by `_`, with the letters of its language."""
    words = re.sub(r"[\W_]+", "_", _parted(name).lower()).strip("_").encode()[:LONGEST_COLUMN].decode(errors="ignore")
    words = words.rstrip("_") or "unnamed"
    return words if words[0].isalpha() else f"_{words}"


def _parted(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)


def choose_names(
    root: Path, database: Database, entries: list[TableEntry], graph: Graph, area: str | None, prefix: str | None
) -> Names:
    """Names for all tables. With the prefix None, a final table whose name is taken begins with the database's name.

    Raises Problem for an area or a prefix that is no identifier, and for names in use.
    """
    for word, option in ((area, "--marts"), (prefix, "--prefix")):
        if word and not IDENTIFIER.fullmatch(word):
            raise Problem(f"{option} {word!a} is no identifier: use lower case letters, digits and _, no digit first.")
    sources = dict(database.source_names)
    for entry in entries:
        if entry.name not in sources:
            sources[entry.name] = slug(entry.name, 63 - len(f"stg_{database.name}__"), sources.values())
    found = {table: graph.staging(database.name, source) for table, source in sources.items()}
    staged = {table: model for table, model in found.items() if model}
    files = {path.stem: path for path in sorted((root / "models").rglob("*.sql"))}
    names = Names(root, database, sources, staged, files)
    if not area:
        return names
    marts = {name: slug((prefix or "") + source, LONGEST_MART) for name, source in sources.items()}
    return _without_carried(replace(names, marts=marts, area=area), graph, finds_prefix=prefix is None)


def _without_carried(names: Names, graph: Graph, finds_prefix: bool) -> Names:
    """The names less the final tables that are there under other names. Raises Problem for a name in use."""
    seeds = {path.stem: path for path in sorted((names.root / "seeds").rglob("*.csv"))}
    taken, marts, clashing = {**names.files, **seeds}, {}, []
    for table, mart in names.marts.items():
        finals = graph.finals(names.staged[table]) if table in names.staged else []
        path = names.mart(table)
        if finals and path not in [final.file for final in finals]:
            continue  # another final table, such as a union, carries its rows
        marts[table] = mart
        if mart in taken and not finals and finds_prefix:
            marts[table] = mart = slug(f"{names.database.name}_{names.sources[table]}", LONGEST_MART)
        if mart in taken and not finals:
            clashing.append(mart)
    if clashing:
        what = f"a final table {clashing[0]} would clash with {taken[clashing[0]].relative_to(names.root)}"
        if len(clashing) > 1:
            what = f"final tables {listed(clashing)} would clash with files of these names"
        raise Problem(
            f"{names.database.name}: {what}: give the new ones a prefix (--prefix {names.database.name}_), or add"
            f" without --marts and make {listed(clashing)} a union by hand (docs/adding_a_source.md shows how)."
        )
    return replace(names, marts=marts)
