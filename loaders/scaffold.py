"""Write the dbt files of a new source database: declaration, staging views, tests and, where asked for, final tables."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import jinja2
import yaml
from psycopg2 import extensions

from loaders import Problem, load, server
from loaders.catalogue import Reference, TableEntry, read_catalogue
from loaders.describe import describe_column, describe_table
from loaders.evidence import Casts
from loaders.inference import Design, infer
from loaders.ledger import TableLoad
from loaders.project import Database, read_declarations, sqlite_directory
from loaders.raw_format import LONGEST_NAME, ROW_COLUMN, raw_name
from loaders.sqlite_source import open_sqlite

TEMPLATES = Path(__file__).parent / "templates"
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
LONGEST_DATABASE = 37  # bytes, so that a staging view has 20 for the table's part of its name
LONGEST_MART = 49  # bytes; dbt adds suffixes to the names of tables
BY_ROW = "The rowid in SQLite, since the table has no key that holds. VACUUM may number rows anew."
CAST = re.compile(r"\{\{ (as_\w+)\(('(?:[^'\\]|\\.)*')(?:, '(\w+)')?\) \}\}")


@dataclass
class Addition:
    """What was found in one database and written for it, and notes for people."""

    database: Database
    designs: list[Design]
    loads: list[TableLoad]
    written: list[Path]
    notes: list[str]


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
            f" {LONGEST_DATABASE}): name it with --name, as in `synapse add --name crm {file}`."
        )
    if wanted in declared or (root / "models" / "staging" / wanted).exists():
        other = f", for {declared[wanted].file}" if wanted in declared else ""
        raise Problem(
            f"{file}: the name {wanted} is taken by models/staging/{wanted}{other}: give another with --name."
        )
    return Database(wanted, file.absolute())


def add(root: Path, database: Database, area: str | None, prefix: str) -> Addition:
    """Load a database and write what dbt needs and the project lacks; no file that exists is changed.

    With `area`, tables in models/marts/<area>/ too, their names after `prefix`. Raises Problem, with nothing written,
    for what cannot be loaded, a name that is taken, and a folder that cannot be written.
    """
    with open_sqlite(database) as source:
        views = source.views()
        entries = read_catalogue(source)
    if not entries:
        what = f"only views or virtual tables ({', '.join(views)})" if views else "no tables"
        raise Problem(f"{database.name}: {database.file} has {what}: there is nothing to add.")
    names = Names(root, database, entries, area, prefix)
    loads, _ = load.load(root, [database])
    profiles = {
        raw_name(t.table.name): {raw_name(c.name): p for c, p in zip(t.table.columns, t.profiles, strict=True)}
        for t in loads
    }
    if {entry.name: [column.name for column in entry.columns] for entry in entries} != {
        name: list(columns) for name, columns in profiles.items()
    }:
        raise Problem(f"{database.name}: the tables of {database.file} changed while it was loaded: add it again.")
    with server.connect(root) as connection, connection, connection.cursor() as cursor:
        designs = infer(cursor, Casts(root), database.schema, [(entry, profiles[entry.name]) for entry in entries])
        render = Renderer(_reserved_words(cursor))
    follow_staging(names, designs)
    files = render_files(names, designs, render)
    write_files(names, files)
    notes = [f"{database.name}: the view or virtual table {view} is not data: not loaded." for view in views]
    return Addition(database, designs, loads, list(files), notes)


def _reserved_words(cursor: extensions.cursor) -> frozenset[str]:
    cursor.execute("select word from pg_get_keywords() where catcode in ('R', 'T')")
    return frozenset(word for (word,) in cursor.fetchall())


def slug(name: str, longest: int, taken: Iterable[str] = ()) -> str:
    """A name for dbt's files: lower case words joined by `_`; one that is taken or too long ends in a digest."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", ascii_name)
    plain = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    plain = plain if plain[:1].isalpha() else f"table_{plain}".rstrip("_")
    if len(plain) <= longest and plain not in taken and (ascii_name.strip() or name.isascii()):
        return plain
    return f"{plain[: longest - 9].rstrip('_')}_{sha256(name.encode()).hexdigest()[:8]}"


class Names:
    """What each table of a database is called in dbt, and where its files are or will be."""

    def __init__(
        self, root: Path, database: Database, entries: list[TableEntry], area: str | None, prefix: str
    ) -> None:
        """Raises Problem for an area or a prefix that is no identifier, and for final names that are taken."""
        for word, option in ((area, "--marts"), (prefix, "--prefix")):
            if word and not IDENTIFIER.fullmatch(word):
                raise Problem(f"{option} {word!a} is no identifier: use letters, digits and _, no digit first.")
        self.root, self.database, self.area = root, database, area
        self.folder = root / "models" / "staging" / database.name
        self.models = {path.stem: path for path in sorted((root / "models").rglob("*.sql"))}
        longest = 63 - len(f"stg_{database.name}__")
        self.sources: dict[str, str] = dict(database.source_names)
        for entry in entries:
            if entry.name not in self.sources:
                self.sources[entry.name] = slug(entry.name, longest, self.sources.values())
        self.marts = {
            name: slug(prefix + source, LONGEST_MART) for name, source in self.sources.items() if area is not None
        }
        self._refuse_taken()

    def staging(self, table: str) -> str:
        """The staging model of a table."""
        return f"stg_{self.database.name}__{self.sources[table]}"

    def _refuse_taken(self) -> None:
        seeds = {path.stem: path for path in sorted((self.root / "seeds").rglob("*.csv"))}
        problems = []
        for table, mart in self.marts.items():
            path = self.models.get(mart) or seeds.get(mart)
            own = self.root / "models" / "marts" / str(self.area) / f"{mart}.sql"
            if path and not (path == own and self.staging(table) in path.read_text(encoding="utf-8")):
                problems.append(
                    f"{self.database.name}: a final table {mart} would clash with {path.relative_to(self.root)}: give"
                    f" the new ones a prefix (--prefix {self.database.name}_), or add without --marts and make {mart}"
                    " a union by hand (docs/adding_a_source.md, section 5)."
                )
        if problems:
            raise Problem(*problems)


class Renderer:
    """The templates, with what they may use."""

    def __init__(self, reserved: Iterable[str]) -> None:
        """`reserved` are the words that PostgreSQL takes for a name only in quotes."""
        self._environment = jinja2.Environment(  # noqa: S701 - what is written is no HTML
            loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
            block_start_string="<%",
            block_end_string="%>",
            variable_start_string="<<",
            variable_end_string=">>",
            comment_start_string="<#",
            comment_end_string="#>",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )

        def identifier(name: str) -> str:
            return name if IDENTIFIER.fullmatch(name) and name not in reserved else f'"{name}"'

        self._environment.filters.update(identifier=identifier, literal=_literal, yaml=_yaml)

    def __call__(self, template: str, **values: object) -> str:
        """Raises Problem where somebody's change to a template broke it."""
        try:
            return self._environment.get_template(template).render(**values)
        except (jinja2.TemplateError, TypeError) as error:
            raise Problem(f"The template {TEMPLATES / template} cannot be used ({error}): correct it.") from error


def _literal(text: str) -> str:
    """A string in the Jinja of a model."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _yaml(text: str) -> str:
    """A string in YAML whose Jinja dbt will render."""
    undisturbed = re.sub(r"\{[{%#]", lambda found: "{{ '" + found[0] + "' }}", text)
    return yaml.safe_dump(undisturbed, width=float("inf"), allow_unicode=True).removesuffix("...\n").strip()


def render_files(names: Names, designs: list[Design], render: Renderer) -> dict[Path, str]:
    """Every file that the project lacks, by its path."""
    database = names.database
    in_contract = contract_references(names, designs)
    tables = [_table(names, design, in_contract[design.entry.name]) for design in designs]
    undeclared = [table for table in tables if table["identifier"] not in database.tables]
    unmodelled = [table for table in tables if table["staging"]["name"] not in names.models]
    files = {
        **_yaml_files(names, "sources", undeclared, render),
        **_yaml_files(names, "models", unmodelled, render),
    }
    for table in unmodelled:
        path = names.folder / f"{table['staging']['name']}.sql"
        files[path] = render("staging.sql", database=database, table=table)
    for table in tables if names.area is not None else []:
        path = names.root / "models" / "marts" / names.area / f"{table['mart']['name']}.sql"
        files[path] = render("mart.sql", table=table)
        files[path.with_suffix(".yml")] = render("mart.yml", table=table)
    return {path: text for path, text in files.items() if not path.exists()}


def _yaml_files(names: Names, kind: str, tables: list[dict], render: Renderer) -> dict[Path, str]:
    """One file for all tables or, where there is one already, one for each table that it lacks."""
    database, directory = names.database, sqlite_directory(names.root)
    inside = database.file.is_relative_to(directory)
    sqlite_file = (database.file.relative_to(directory) if inside else database.file).as_posix()
    values = {"database": database, "sqlite_file": "" if sqlite_file == f"{database.name}.db" else sqlite_file}
    path = names.folder / f"_{database.name}__{kind}.yml"
    if not path.exists() and not database.tables:
        return {path: render(f"{kind}.yml", tables=tables, is_first=True, **values)}
    return {
        names.folder / f"_{database.name}__{table['name']}__{kind}.yml": render(
            f"{kind}.yml", tables=[table], is_first=False, **values
        )
        for table in tables
    }


def _table(names: Names, design: Design, in_contract: list[Reference]) -> dict:
    """What the templates see of a table: `staging` and, where wanted, `mart`. One of them carries the tests."""
    entry = design.entry
    columns = [
        {
            "name": choice.column.name,
            "cast": choice.cast,
            "data_type": choice.data_type,
            "remarks": choice.remarks,
            "description": describe_column(choice),
            "is_not_null": choice.column.is_not_null and choice.is_complete,
            "tests": [],
        }
        for choice in design.choices.values()
    ]
    models = names.marts or {table: names.staging(table) for table in names.sources}
    staging = {"name": names.staging(entry.name), "columns": columns, "tests": []}
    table = {
        "name": names.sources[entry.name],
        "identifier": entry.name,
        "description": describe_table(design),
        "remarks": design.remarks,
        "columns": columns,
        "staging": staging,
    }
    if names.marts:
        by_row = {"name": ROW_COLUMN, "data_type": "bigint", "description": BY_ROW, "is_not_null": True}
        dates = [name for name, choice in design.choices.items() if choice.data_type in ("date", "timestamptz")]
        parents = [reference.columns[0] for reference in design.references if len(reference.columns) == 1]
        table["mart"] = {
            "name": names.marts[entry.name],
            "columns": [{**column, "tests": []} for column in columns]
            + ([] if design.key else [{**by_row, "tests": []}]),
            "key": design.key or (ROW_COLUMN,),
            "foreign_keys": [
                {"column": r.columns[0], "to": models[r.parent], "field": r.parent_columns[0]} for r in in_contract
            ],
            "indexes": [(name,) for name in dict.fromkeys([*parents, *dates]) if name not in design.key[:1]],
            "tests": [],
        }
    _give_tests(table.get("mart", staging), design, models, in_contract)
    return table


def _give_tests(model: dict, design: Design, models: dict[str, str], in_contract: list[Reference]) -> None:
    """The tests that a model carries: what its contract enforces needs none."""
    tests = [{"kind": "every_row_arrived"}]
    if design.key and "key" not in model:
        tests.append({"kind": "unique_key", "columns": design.key, "may_be_null": False})
    tests += [{"kind": "unique_key", "columns": key, "may_be_null": True} for key in design.unique_keys]
    columns = {column["name"]: column for column in model["columns"]}
    for reference in design.references:
        to = {"to": models[reference.parent]}
        if len(reference.columns) > 1:
            keys = {"columns": reference.columns, "to_columns": reference.parent_columns}
            tests.append({"kind": "foreign_key", **keys, **to})
        elif reference not in in_contract:
            test = {"kind": "relationships", "field": reference.parent_columns[0], **to}
            columns[reference.columns[0]]["tests"].append(test)
    for name, choice in design.choices.items():
        if choice.evidence.words:
            columns[name]["tests"].append({"kind": "accepted_values", "words": choice.evidence.words})
    model["tests"] = tests
    model["tested_columns"] = [column for column in columns.values() if column["tests"]]


def contract_references(names: Names, designs: list[Design]) -> dict[str, list[Reference]]:
    """Per table, the references that can be foreign keys of the contract; a test holds the others.

    dbt orders tables by them, so none may lead back; and PostgreSQL cuts the key's name off after 63 bytes.
    """
    keys = {design.entry.name: design.key for design in designs}
    chosen: dict[str, list[Reference]] = {name: [] for name in keys}

    def leads_to(start: str, end: str) -> bool:
        return start == end or any(leads_to(reference.parent, end) for reference in chosen[start])

    for design in designs if names.marts else []:
        child = design.entry.name
        for reference in design.references:
            is_to_key = len(reference.columns) == 1 and reference.parent_columns == keys[reference.parent]
            name = f"{names.marts[child]}_{reference.columns[0]}_fkey"
            if is_to_key and len(name.encode()) <= LONGEST_NAME and not leads_to(reference.parent, child):
                if reference.columns not in [other.columns for other in chosen[child]]:
                    chosen[child].append(reference)
    return chosen


def follow_staging(names: Names, designs: list[Design]) -> None:
    """Take the casts of staging models that are there: people own them, and a contract must agree with them."""
    for design in designs:
        path = names.models.get(names.staging(design.entry.name))
        for cast, literal, enum in CAST.findall(path.read_text(encoding="utf-8")) if path else []:
            choice = design.choices.get(re.sub(r"\\(.)", r"\1", literal[1:-1]))
            if choice:
                choice.cast, choice.enum = cast, enum


def write_files(names: Names, files: dict[Path, str]) -> None:
    """Write all files or none. Raises Problem where one cannot be written or has come to exist meanwhile."""
    made: list[Path] = []
    try:
        for path, text in files.items():
            for folder in (folder for folder in reversed(path.parents) if not folder.exists()):
                folder.mkdir()
                made.append(folder)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                made.append(path)
                stream.write(text)
    except BaseException as error:
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
        if isinstance(error, OSError):
            raise Problem(
                f"{names.database.name}: {error.filename} cannot be written ({error.strerror}): give yourself the right"
                " to write there, then add it again. No file was written."
            ) from error
        raise
