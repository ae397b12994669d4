"""The dbt project on disk: where it is, and which SQLite databases its source YAML declares."""

import os
import shlex
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from synapse_analytics import Problem
from synapse_analytics.raw_format import LONGEST_NAME

RAW_PREFIX = "raw_"
# libyaml's, where the package has it, reads hundreds of tables ten times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Database:
    """One SQLite database, as declared in a `_<name>__sources.yml`.

    `tables` maps each declared table to its declared columns, all under their raw names; a table that is not declared
    is loaded all the same. `staged` maps a table to what its columns are called in staging, if otherwise.
    Raises Problem for a name that no schema can have.
    """

    name: str
    file: Path
    tables: dict[str, list[str]] = field(default_factory=dict)
    source_names: dict[str, str] = field(default_factory=dict)  # of each declared table, what dbt's source() calls it
    staged: dict[str, dict[str, str]] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()  # patterns, as a shell has them, of the names of tables that are left out on purpose
    is_named_by_file: bool = False  # by nobody else, so that a file of that name elsewhere may be meant

    def __post_init__(self) -> None:
        """Refuse what PostgreSQL would cut off, or could not hold."""
        if not self.schema.isprintable() or len(self.schema.encode()) > LONGEST_NAME:
            raise Problem(f"{self.name!a}: the schema's name would be too long or not be text: rename the database.")

    def excludes(self, table: str, pattern: str | None = None) -> bool:
        """Whether a table of the file is left out on purpose, by this pattern or by any; only ASCII has no case."""
        name = table.encode().lower().decode()
        patterns = self.excluded if pattern is None else (pattern,)
        return any(fnmatchcase(name, each.encode().lower().decode()) for each in patterns)

    @property
    def schema(self) -> str:
        """The schema in PostgreSQL that holds its raw tables."""
        return RAW_PREFIX + self.name


def find_root() -> Path:
    """The folder that holds dbt_project.yml: the working directory or the nearest one above it, as dbt looks.

    Raises Problem if there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise Problem(f"There is no dbt_project.yml in {here} or above it: run synapse inside the project.")


def sqlite_directory(root: Path) -> Path:
    """Where the declared files are: $SYNAPSE_SQLITE_DIR, seen from the working directory, else `data/` in the root."""
    directory = os.environ.get("SYNAPSE_SQLITE_DIR")
    return Path(directory).resolve() if directory else root / "data"


def read_declarations(root: Path) -> dict[str, Database]:
    """Every database declared in models/staging/, by name. Raises Problem for YAML that cannot be read.

    A database may be declared in several files, each with tables of its own.
    """
    databases: dict[str, Database] = {}
    for path in sorted((root / "models" / "staging").rglob("*__sources.yml")):
        try:
            sources = (yaml.load(path.read_text(encoding="utf-8"), LOADER) or {}).get("sources") or []  # noqa: S506 - both are safe
            for database in [_declaration(root, source) for source in sources if _is_raw(source)]:
                known = databases.setdefault(database.name, database)
                if known is not database:
                    twice = known.tables.keys() & database.tables.keys()
                    if twice or not database.tables or known.file != database.file:
                        what = ", ".join(f"{database.name}.{table}" for table in sorted(twice)) or database.name
                        raise Problem(f"{path.relative_to(root)} declares {what} again: keep one declaration.")
                    known.tables.update(database.tables)
                    known.source_names.update(database.source_names)
                    known.staged.update(database.staged)
                    databases[known.name] = replace(known, excluded=known.excluded + database.excluded)
        except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
            words = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            reason = " ".join(words.split())
            raise Problem(
                f"{path.relative_to(root)} cannot be read as dbt source YAML ({reason}): correct it."
            ) from error
    return databases


def _is_raw(source: dict) -> bool:
    return source.get("schema", "").startswith(RAW_PREFIX)


def _declaration(root: Path, source: dict) -> Database:
    meta = _meta(source)
    found = {table.get("identifier", table["name"]): table for table in source.get("tables", [])}
    columns = {name: table.get("columns", []) for name, table in found.items()}
    tables = {name: [column["name"] for column in each] for name, each in columns.items()}
    staged = {
        name: {column["name"]: str(_meta(column)["staged_as"]) for column in each if "staged_as" in _meta(column)}
        for name, each in columns.items()
    }
    name = source["name"]
    if source["schema"] != RAW_PREFIX + name:
        raise Problem(f"The source {name} must have the schema {RAW_PREFIX + name}, not {source['schema']}.")
    source_names = {identifier: table["name"] for identifier, table in found.items()}
    excluded = meta.get("excluded", [])
    if not isinstance(excluded, list):
        raise TypeError("excluded is no list of patterns")
    file = sqlite_directory(root) / meta.get("sqlite_file", f"{name}.db")
    return Database(name, file, tables, source_names, staged, tuple(map(str, excluded)))


def _meta(item: dict) -> dict:
    return item.get("config", {}).get("meta", {})


def refuse_other(database: Database, known: str) -> str:
    """The sentence on a file that would take the place of another one of its name."""
    words = shlex.quote(f"{database.name}={database.file}")
    return (
        f"{database.name}: it {known}, and {database.file} would take its place: if it is to, say so:"
        f" `synapse load {words}`."
    )


def select_databases(root: Path, wanted: tuple[str, ...]) -> list[Database]:
    """The declared databases, or those of them that `wanted` names: by name, by a file's path, or as NAME=FILE.

    A file that is not declared is a database of its own, named after the file, unless NAME is given. Raises Problem for
    an unknown name, for a file that would take the place of another unasked, and for two files of one schema.
    """
    declared = read_declarations(root)
    selected: dict[str, Database] = {}
    problems = []
    for word in wanted or declared:
        path = Path(word).resolve()
        name, is_named, file = word.partition("=")
        if word in declared:
            database = declared[word]
        elif is_named and len(Path(name).parts) == 1 and not path.is_file():
            known, file = declared.get(name), Path(file).resolve()
            database = replace(known, file=file) if known else Database(name, file)
        elif path.is_file() or path.suffix or len(Path(word).parts) > 1:
            by_file = {known.file.resolve(): known for known in declared.values()}
            database = by_file.get(path) or Database(path.stem, path, is_named_by_file=True)
            if database.is_named_by_file and database.name in declared:
                problems.append(refuse_other(database, f"is declared as {declared[database.name].file}"))
                continue
        else:
            problems.append(f"{word} is neither a declared database nor a file: declared are {', '.join(declared)}.")
            continue
        other = selected.setdefault(database.name, database)
        if other.file != database.file:
            problems.append(f"{database.name}: {other.file} and {database.file} are one schema: load one of them.")
    if problems:
        raise Problem(*problems)
    return list(selected.values())
