"""Write the dbt files of a new source database: declaration, staging views, tests and, if wanted, final tables."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg2 import extensions

from synapse_analytics import Problem, load
from synapse_analytics.contracts import Contracts, find_changed_keys
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.connection import connect
from synapse_analytics.postgres.ledger import TableLoad
from synapse_analytics.project import Database
from synapse_analytics.raw_format import raw_name
from synapse_analytics.retyped import find_retyped
from synapse_analytics.scaffold.casts import Casts
from synapse_analytics.scaffold.clocks import zone_of_file
from synapse_analytics.scaffold.design import Design, name_as_staged
from synapse_analytics.scaffold.graph import Graph, read_graph, read_types
from synapse_analytics.scaffold.hints import is_named
from synapse_analytics.scaffold.inference import infer
from synapse_analytics.scaffold.keys import settle
from synapse_analytics.scaffold.names import Names, choose_names, locate, name_columns
from synapse_analytics.scaffold.propose import Proposal, propose
from synapse_analytics.scaffold.quoting import remark
from synapse_analytics.scaffold.render import Renderer, declared_file, render_files, render_views
from synapse_analytics.sqlite.catalogue import TableEntry, read_catalogue
from synapse_analytics.sqlite.snapshot import open_sqlite
from synapse_analytics.words import listed


@dataclass
class Addition:
    """What was found in one database and written for it, and notes for people."""

    database: Database
    designs: list[Design]
    loads: list[TableLoad]
    written: list[Path]
    proposal: Proposal
    notes: list[str]


def add(
    root: Path,
    file: Path,
    name: str | None,
    area: str | None,
    prefix: str | None,
    any_size: bool = False,
    timezone: str | None = None,
    exclude: tuple[str, ...] = (),
    keep_names: bool = False,
) -> Addition:
    """Load a database and write what dbt needs and the project lacks; no file that exists is changed.

    With `area`, tables in models/marts/<area>/ too, their names after `prefix`, or where that is None, after the
    database's if they are taken. Times that name no zone are read in `timezone`. Tables that a pattern in `exclude`
    fits are left out. Columns that PostgreSQL would know only in quotes get other names in staging, unless
    `keep_names`. Raises Problem, with nothing written, for what cannot be loaded, a name or a folder that is not to be
    had, and an unknown zone.
    """
    database = _without(_locate(root, file, name), exclude)
    # dbt takes seconds to start, and knows nothing of a database that is new.
    graph = read_graph(root) if database.tables else Graph(root)
    with open_sqlite(database) as source:
        left_behind, notes, views = source.left_behind(), source.note_left_behind(), source.views()
        entries = read_catalogue(source)
        if not entries:
            what = f"nothing but {left_behind}" if left_behind else "no tables"
            raise Problem(f"{database.name}: {database.file} has {what}: there is nothing to add.")
        names = choose_names(root, database, entries, graph, area, prefix)
        changed = find_changed_keys(source, _contracts(names, graph)) + find_retyped(source, _types(root, database))
    _refuse_unwritable(names)
    with connect(root) as connection, connection, connection.cursor() as cursor:
        zone = zone_of_file(cursor, entries, timezone)
    loads = _load(root, database, any_size)
    designs, render = _design(root, names, graph, entries, loads, zone, keep_names)
    files = {**render_files(names, designs, render), **render_views(names, views, render)}
    _write_files(names, files)
    notes += changed + _name_secrets(database, designs)
    return Addition(database, designs, loads, list(files), propose(names, graph, designs, render), notes)


def _locate(root: Path, file: Path, name: str | None) -> Database:
    if not file.exists():
        raise Problem(f"{file} does not exist: correct the path.")
    return locate(root, file, name)


def _load(root: Path, database: Database, any_size: bool) -> list[TableLoad]:
    loaded = load.load(root, [database], load.Options(force=True, any_size=any_size))
    if loaded.failures:
        raise Problem(*loaded.failures)
    return loaded.tables


def _without(database: Database, exclude: tuple[str, ...]) -> Database:
    """The database less the tables that are to be left out.

    Raises Problem if its declaration is there without that, and for a pattern that dbt would not read as it is.
    """
    missing = [pattern for pattern in exclude if pattern not in database.excluded]
    for pattern in missing:
        if remark(pattern) != pattern:
            raise Problem(
                f"{database.name}: dbt's YAML takes signs in {pattern!a} for its own: write ? in their place."
            )
    if missing and database.tables:
        raise Problem(
            f"{database.name}: it is declared already: write {', '.join(missing)} into the list config.meta.excluded of"
            f" its source in models/staging/{database.name}, and add it again."
        )
    return replace(database, excluded=(*database.excluded, *missing))


def _name_secrets(database: Database, designs: list[Design]) -> list[str]:
    """A sentence on columns whose names are those of secrets."""
    found = [f"{d.entry.name}.{name}" for d in designs for name in d.choices if is_named(name, "secrets")]
    what = f"{database.name}: {listed(found)} may hold secrets, and are now in PostgreSQL too"
    return [f"{what}: if nobody needs them, leave their tables out (--exclude)."] if found else []


def _design(
    root: Path,
    names: Names,
    graph: Graph,
    entries: list[TableEntry],
    loads: list[TableLoad],
    zone: str | None,
    keep_names: bool,
) -> tuple[list[Design], Renderer]:
    """What the tables are to be, by what was loaded and by the staging models that are there."""
    profiles = {
        raw_name(t.table.name): {raw_name(c.name): p for c, p in zip(t.table.columns, t.profiles, strict=True)}
        for t in loads
    }
    database = names.database
    if {entry.name: [column.name for column in entry.columns] for entry in entries} != {
        name: list(columns) for name, columns in profiles.items()
    }:
        raise Problem(f"{database.name}: the tables of {database.file} changed while it was loaded: add it again.")
    selects = graph.compile(names.staged.values())
    with connect(root) as connection, connection, connection.cursor() as cursor:
        casts = Casts(root)
        designs = infer(cursor, casts, database.schema, [(entry, profiles[entry.name]) for entry in entries], zone)
        reserved = _reserved_words(cursor)
        for design in designs:
            staged = database.staged.get(design.entry.name, {})
            declared = {name: staged.get(name, name) for name in database.tables.get(design.entry.name, [])}
            for name, called in name_columns([*design.choices], declared, reserved, keep_names).items():
                design.choices[name].name = called
        _follow_staging(cursor, names, designs, selects)
        settle(cursor, casts, designs)
        name_as_staged(designs)
        return designs, Renderer(reserved)


def _contracts(names: Names, graph: Graph) -> Contracts:
    """The primary keys of the final tables that are there, as their contracts have them."""
    return {
        (names.database.name, table): [(final.name, final.key) for final in graph.finals(staging) if final.key]
        for table, staging in names.staged.items()
    }


def _types(root: Path, database: Database) -> dict[str, dict[tuple[str, str], str]]:
    """How its columns were declared before the load that follows, which the ledger then has as the last one."""
    if not database.tables:
        return {}
    with connect(root) as connection, connection.cursor() as cursor:
        return ledger.declared_types(cursor)


def _refuse_unwritable(names: Names) -> None:
    """Said before the load, which takes long; what still goes wrong, _write_files undoes."""
    declared_file(names)
    folders = {names.folder, *(names.mart(table).parent for table in names.marts)}
    for folder in sorted(folders):
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK):
            raise Problem(
                f"{names.database.name}: {nearest} cannot be written: give yourself the right to write there."
            )


def _reserved_words(cursor: extensions.cursor) -> frozenset[str]:
    cursor.execute("select word from pg_get_keywords() where catcode in ('R', 'T')")
    return frozenset(word for (word,) in cursor.fetchall())


def _follow_staging(cursor: extensions.cursor, names: Names, designs: list[Design], selects: dict[str, str]) -> None:
    """Take the types of staging models that are there: people own them, and a contract must agree with them."""
    for design in designs:
        model = names.staged.get(design.entry.name)
        if not model:
            continue
        if model.unique_id not in selects:
            raise Problem(
                f"{names.database.name}: dbt cannot be asked for {model.file}: give its folder a name without blanks"
                " and commas."
            )
        design.staged = selects[model.unique_id]
        types = read_types(cursor, model, design.staged)
        for choice in design.choices.values():
            raw = choice.column.name
            choice.name = choice.name if choice.name in types or raw not in types else raw
            if choice.name in types:
                choice.follow(types[choice.name])


def _write_files(names: Names, files: dict[Path, str]) -> None:
    """Write all files or none. Raises Problem if one cannot be written or has come to exist meanwhile."""
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
