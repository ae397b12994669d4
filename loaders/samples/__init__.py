"""The sample databases: made-up data as SQL that people can read, one file per database."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from synapse_analytics import Problem


def write(directory: Path) -> Iterator[Path]:
    """Write each sample as a SQLite file into the directory, which is made if it is missing.

    Raises Problem if one of the files is there already, or cannot be written.
    """
    from sqlite_utils import Database  # here, because importing it takes a tenth of a second

    files = {script: directory / f"{script.stem}.db" for script in sorted(Path(__file__).parent.glob("*.sql"))}
    present = [file.name for file in files.values() if file.exists()]
    if present:
        raise Problem(f"{directory} already holds {', '.join(present)}: choose another directory or remove them.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for script, file in files.items():
            with Database(file) as database:
                database.executescript(script.read_text(encoding="utf-8"))
            yield file
    except (OSError, sqlite3.Error) as error:
        raise Problem(f"The samples cannot be written into {directory}: {error}.") from error
