"""Write the dbt files of a new source database: declaration, staging views, tests and, if wanted, final tables."""

import os
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import extensions

from loaders import Problem, load, server
from loaders.catalogue import read_catalogue
from loaders.evidence import Casts
from loaders.inference import Design, infer
from loaders.keys import settle
from loaders.ledger import TableLoad
from loaders.names import Names, choose_names, locate
from loaders.project import Database
from loaders.propose import propose
from loaders.raw_format import raw_name
from loaders.render import Renderer, read_casts, render_files
from loaders.snapshot import open_sqlite

SUFFIXES = (".db", ".db3", ".sqlite", ".sqlite3")


@dataclass
class Addition:
    """What was found in one database and written for it, and notes for people."""

    database: Database
    designs: list[Design]
    loads: list[TableLoad]
    written: list[Path]
    diff: str
    notes: list[str]


def find_files(path: Path) -> list[Path]:
    """The file itself, or the SQLite files of a folder. Raises Problem for a folder without any."""
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not found:
        raise Problem(f"There is no file in {path} that ends in {', '.join(SUFFIXES)}: name the files themselves.")
    return found


def add(root: Path, file: Path, name: str | None, area: str | None, prefix: str, any_size: bool = False) -> Addition:
    """Load a database and write what dbt needs and the project lacks; no file that exists is changed.

    With `area`, tables in models/marts/<area>/ too, their names after `prefix`. Raises Problem, with nothing written,
    for what cannot be loaded, a name that is taken, and a folder that cannot be written.
    """
    if not file.exists():
        raise Problem(f"{file} does not exist: correct the path.")
    database = locate(root, file, name)
    with open_sqlite(database) as source:
        left_behind, notes = source.left_behind(), source.note_left_behind()
        entries = read_catalogue(source)
    if not entries:
        what = f"nothing but {left_behind}" if left_behind else "no tables"
        raise Problem(f"{database.name}: {database.file} has {what}: there is nothing to add.")
    names = choose_names(root, database, entries, area, prefix)
    _refuse_unwritable(names)
    loaded = load.load(root, [database], load.Options(force=True, any_size=any_size))
    if loaded.failures:
        raise Problem(*loaded.failures)
    loads = loaded.tables
    profiles = {
        raw_name(t.table.name): {raw_name(c.name): p for c, p in zip(t.table.columns, t.profiles, strict=True)}
        for t in loads
    }
    if {entry.name: [column.name for column in entry.columns] for entry in entries} != {
        name: list(columns) for name, columns in profiles.items()
    }:
        raise Problem(f"{database.name}: the tables of {database.file} changed while it was loaded: add it again.")
    with server.connect(root) as connection, connection, connection.cursor() as cursor:
        casts = Casts(root)
        designs = infer(cursor, casts, database.schema, [(entry, profiles[entry.name]) for entry in entries])
        settle(cursor, casts, designs)
        render = Renderer(_reserved_words(cursor))
    _follow_staging(names, designs)
    files = render_files(names, designs, render)
    _write_files(names, files)
    return Addition(database, designs, loads, list(files), propose(names, designs, render), notes)


def _refuse_unwritable(names: Names) -> None:
    """Said before the load, which takes long; what still goes wrong, _write_files undoes."""
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


def _follow_staging(names: Names, designs: list[Design]) -> None:
    """Take the casts of staging models that are there: people own them, and a contract must agree with them."""
    for design in designs:
        path = names.models.get(names.staging(design.entry.name))
        for name, (cast, enum) in read_casts(path.read_text(encoding="utf-8")).items() if path else ():
            if name in design.choices:
                design.choices[name].cast, design.choices[name].enum = cast, enum


def _write_files(names: Names, files: dict[Path, str]) -> None:
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
