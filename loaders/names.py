"""What a new database, its models and their files are called, and whether that is free."""

import re
import shlex
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from loaders import Problem
from loaders.catalogue import TableEntry
from loaders.project import Database, read_declarations

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
LONGEST_DATABASE = 37  # bytes, so that a staging view has 20 for the table's part of its name
LONGEST_MART = 49  # bytes; dbt adds suffixes to the names of tables


def locate(root: Path, file: Path, name: str | None) -> Database:
    """The database that a file is, or is to be: the declared one, or a new one named after the file.

    Raises Problem where that is no name for a database, or is taken.
    """
    declared = read_declarations(root)
    by_file = {database.file.resolve(): database for database in declared.values()}
    if file.resolve() in by_file:
        known = by_file[file.resolve()]
        if name not in (None, known.name):
            raise Problem(f"{file} is declared already, as {known.name}: add it without --name.")
        return known
    wanted = name or file.stem.lower()
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
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", ascii_name)
    plain = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    plain = plain if plain[:1].isalpha() else f"table_{plain}".rstrip("_")
    if len(plain) <= longest and plain not in taken and (ascii_name.strip() or name.isascii()):
        return plain
    return f"{plain[: longest - 9].rstrip('_')}_{sha256(name.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Names:
    """What each table of a database is called in dbt, and the models that are there, by name.

    `sources` and `marts` map the raw name of a table; `marts` is empty where no final tables are wanted.
    """

    root: Path
    database: Database
    sources: dict[str, str]
    models: dict[str, Path]
    marts: dict[str, str] = field(default_factory=dict)
    area: str = ""

    @property
    def folder(self) -> Path:
        """Where the staging models are."""
        return self.root / "models" / "staging" / self.database.name

    def staging(self, table: str) -> str:
        """The staging model of a table."""
        return f"stg_{self.database.name}__{self.sources[table]}"

    def mart(self, table: str) -> Path:
        """The SQL of a table's final table."""
        return self.root / "models" / "marts" / self.area / f"{self.marts[table]}.sql"


def choose_names(root: Path, database: Database, entries: list[TableEntry], area: str | None, prefix: str) -> Names:
    """Names for all tables. Raises Problem for an area or a prefix that is no identifier, and for names in use."""
    for word, option in ((area, "--marts"), (prefix, "--prefix")):
        if word and not IDENTIFIER.fullmatch(word):
            raise Problem(f"{option} {word!a} is no identifier: use lower case letters, digits and _, no digit first.")
    sources = dict(database.source_names)
    for entry in entries:
        if entry.name not in sources:
            sources[entry.name] = slug(entry.name, 63 - len(f"stg_{database.name}__"), sources.values())
    models = {path.stem: path for path in sorted((root / "models").rglob("*.sql"))}
    if not area:
        return Names(root, database, sources, models)
    marts = {name: slug(prefix + source, LONGEST_MART) for name, source in sources.items()}
    names = Names(root, database, sources, models, marts, area)
    texts = {path: path.read_text(encoding="utf-8") for path in models.values() if "marts" in path.parts}
    for table in sources:
        # A table that another final table carries, such as a union, gets no second one.
        readers = [path for path, text in texts.items() if f"ref('{names.staging(table)}')" in text]
        if readers and names.mart(table) not in readers:
            del marts[table]
    taken = {**models, **{path.stem: path for path in sorted((root / "seeds").rglob("*.csv"))}}
    problems = []
    for table, mart in marts.items():
        path = taken.get(mart)
        is_own = path == names.mart(table) and f"'{names.staging(table)}'" in path.read_text(encoding="utf-8")
        if path and not is_own:
            problems.append(
                f"{database.name}: a final table {mart} would clash with {path.relative_to(root)}: give the new ones a"
                f" prefix (--prefix {database.name}_), or add without --marts and make {mart} a union by hand"
                " (docs/adding_a_source.md shows how)."
            )
    if problems:
        raise Problem(*problems)
    return names
