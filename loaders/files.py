"""Find the SQLite databases among files and folders that somebody names, and a place for a new file."""

import shlex
from pathlib import Path

from synapse_analytics import Problem
from synapse_analytics.project import read_declarations, sqlite_directory
from synapse_analytics.words import listed

MAGIC = b"SQLite format 3\0"  # what a file begins with
COMPANIONS = ("-wal", "-shm", "-journal")


def find_files(paths: tuple[Path, ...]) -> tuple[list[Path], list[str]]:
    """The files, with the SQLite files of the folders among them, and a sentence for each folder that has others.

    Raises Problem for a folder without any, and OSError for one that cannot be read.
    """
    found, notes = [], []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        files, databases = _files_in(path), databases_in(path)
        if not databases:
            raise Problem(f"There is no SQLite database in {path}: name the files themselves.")
        if others := [file.name for file in files if file not in databases]:
            notes.append(f"{path}: passed over what is no SQLite database: {listed(others)}.")
        found += databases
    return found, notes


def databases_in(folder: Path) -> list[Path]:
    """The SQLite files of a folder, by name. Raises OSError for one that cannot be read."""
    return [file for file in _files_in(folder) if _is_sqlite(file)]


def refuse_place(file: Path) -> None:
    """Raise Problem if a new file cannot be written there: no file is overwritten, and no folder is made."""
    if file.exists() or file.is_symlink():
        raise Problem(f"{file} is there already: choose another name, or remove it.")
    if not file.absolute().parent.is_dir():
        raise Problem(f"There is no folder {file.parent} for {file.name}: make it, or name another one.")


def _files_in(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.endswith(COMPANIONS)]


def _is_sqlite(file: Path) -> bool:
    """By what it begins with; one that cannot be read is refused later, with the reason."""
    try:
        with file.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return True


def find_undeclared(root: Path) -> list[str]:
    """A sentence if SQLite files lie where the declared ones are looked for, and no source declares them."""
    directory = sqlite_directory(root)
    if not directory.is_dir():
        return []
    declared = {database.file.resolve() for database in read_declarations(root).values()}
    found = [file for file in databases_in(directory) if file.resolve() not in declared]
    if not found:
        return []
    command = f"synapse add {shlex.quote(str(found[0] if len(found) == 1 else directory))}"
    return [f"{directory}: no source declares {listed([file.name for file in found])}: `{command}` would add them."]
