"""Begin a project of one's own: the kernel, and what its owner starts with. No file that exists is changed."""

import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import available_timezones

import tzlocal
import yaml

from synapse_analytics import Problem
from synapse_analytics.files import find_files
from synapse_analytics.postgres import connection, embedded, wal
from synapse_analytics.project import Database, read_declarations
from synapse_analytics.scaffold.kernel import RECORD, ZONE, Kernel, read_kernel, read_vars
from synapse_analytics.scaffold.names import GENERIC, IDENTIFIER, LONGEST_DATABASE, LONGEST_MART, slug
from synapse_analytics.scaffold.render import Renderer
from synapse_analytics.scaffold.requirements import requirements
from synapse_analytics.sqlite.catalogue import read_catalogue
from synapse_analytics.sqlite.snapshot import open_sqlite

TAKEN = ("dbt", "dbt_postgres")  # by packages of dbt's own
# The owner's files, by the names of their templates.
OWN = {
    "Makefile": "Makefile",
    "README.md": "README.md",
    "ci.yml": ".github/workflows/ci.yml",
    "exposures.yml": "models/exposures.yml",
    "gitignore": ".gitignore",
    "overview.md": "models/_docs/overview.md",
    "requirements.txt": "requirements.txt",
}


@dataclass
class Start:
    """What became of a project: its name, its time zone, and whether it is new; the databases that are to be added,
    each with a name, and notes on others; the files that were written, those in which the kernel has news, and those
    that their owner changed.
    """

    root: Path
    name: str
    zone: str
    kernel: Kernel
    is_new: bool
    databases: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    owned: list[str] = field(default_factory=list)


@contextmanager
def begin(target: Path, name: str | None, zone: str | None, files: tuple[Path, ...] = ()) -> Iterator[Start]:
    """Write what a project in this folder lacks, and take that away again if what is done with it fails.

    If there are databases among these files and folders, the embedded server runs then, or the one that PGHOST names
    answers. Raises Problem for a folder that holds something else or cannot be written, a name that dbt cannot take, a
    zone that there is not, a file that is no database, and a server that does not answer.
    """
    root = target.resolve()
    start = _plan(root, name, zone)
    found, start.notes = find_files(files)
    start.databases = _name_databases(start, found, {file.absolute() for file in files})
    needs_server = bool(start.databases)
    if needs_server and not connection.is_embedded():
        connection.status(root)
    files = {RECORD: start.kernel.record(root), **start.kernel.missing(root), **_own_files(start)}
    made: list[Path] = []
    try:
        for path, text in files.items():
            _write(root / path, text, made)
        start.written = [path for path in made if path.is_file() and path.name != RECORD]
        start.news, start.owned = start.kernel.differing(root)
        _link_environment(root, made)
        if needs_server and connection.is_embedded():
            made += [] if connection.data_directory(root).exists() else [connection.data_directory(root)]
            embedded.up(root, archive=wal.directory())
        yield start
    except BaseException:
        _take_away(root, made)
        raise


def _plan(root: Path, name: str | None, zone: str | None) -> Start:
    """What there is to be, without anything written."""
    file = root / "dbt_project.yml"
    if root.exists() and not root.is_dir():
        raise Problem(f"{root} is a file: name a folder, which need not exist yet.")
    if file.exists() and not (root / RECORD).exists():
        raise Problem(f"{root} is a dbt project that `synapse init` did not begin: choose another folder.")
    if not file.exists() and root.exists() and any(not path.name.startswith(".") for path in root.iterdir()):
        raise Problem(f"{root} is not empty and no dbt project: choose another folder, which need not exist yet.")
    if not file.exists():
        name = name or slug(root.name if root.name[:1].isalpha() else f"warehouse_{root.name}", LONGEST_MART)
        _refuse_name(name)
        zone = zone or local_zone()
        _refuse_zone(zone)
        return Start(root, name, zone, read_kernel(name, {ZONE: f": {zone}"}), True)
    try:
        text = file.read_text(encoding="utf-8")
        project = yaml.safe_load(text)
        present = {"--name": str(project["name"]), "--timezone": str(project.get("vars", {}).get(ZONE))}
        kernel = read_kernel(present["--name"], read_vars(text))
    except (OSError, UnicodeError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise Problem(f"{file} cannot be read ({' '.join(str(error).split())}): correct it.") from error
    for option, wanted in (("--name", name), ("--timezone", zone)):
        if wanted not in (None, present[option]):
            raise Problem(
                f"{root} is the project {present['--name']} already, and {option} would change it: leave the option"
                " out, or change dbt_project.yml."
            )
    return Start(root, *present.values(), kernel, False)


def _refuse_name(name: str) -> None:
    if not IDENTIFIER.fullmatch(name) or len(name) > LONGEST_MART or name in TAKEN:
        raise Problem(
            f"{name!a} is no name for a dbt project (lower case letters, digits and _, not a digit first, at most"
            f" {LONGEST_MART}, and not dbt's own): name it with --name, as in `synapse init --name shop DIR`."
        )


def _refuse_zone(zone: str) -> None:
    # A machine may have no such data; the PostgreSQL that comes along has them.
    known = available_timezones() or {"UTC"}
    zones = embedded.programs().parent / "share" / "postgresql" / "timezone"
    if zone not in known and (".." in zone or not (zones / zone).is_file()):
        raise Problem(f"There is no time zone {zone!a}: name one as in Europe/Berlin.")


def local_zone() -> str:
    """The time zone of this machine, UTC if it does not say."""
    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, OSError, ValueError):
        return "UTC"


def _own_files(start: Start) -> dict[str, str]:
    """The owner's files that the project lacks, as they are at the start."""
    if not start.is_new:
        return {}
    render = Renderer(())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    values = {"name": start.name, "python": python, "requirements": requirements()}
    return {
        path: render(f"project/{template}", **values)
        for template, path in OWN.items()
        if not (start.root / path).exists()
    }


def _write(path: Path, text: str, made: list[Path]) -> None:
    try:
        for folder in reversed([folder for folder in path.parents if not folder.exists()]):
            folder.mkdir()
            made.append(folder)
        if not path.exists():
            made.append(path)
            path.write_text(text, encoding="utf-8")
        elif path.name == RECORD and path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Problem(f"{path} cannot be written ({error.strerror}): choose another folder, or make room.") from error


def _link_environment(root: Path, made: list[Path]) -> None:
    """Let `make` find the programs beside this one, also where nobody has activated the environment."""
    link = root / ".venv"
    if sys.prefix != sys.base_prefix and not link.exists() and not link.is_symlink():
        link.symlink_to(sys.prefix)
        made.append(link)


def _take_away(root: Path, made: list[Path]) -> None:
    if connection.data_directory(root) in made and connection.data_directory(root).exists():
        embedded.down(root)
    for path in reversed(made):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _name_databases(start: Start, files: list[Path], named_by_people: set[Path]) -> list[tuple[Path, str]]:
    """Each database with a name for it; of those that lay in a folder, the ones without tables become notes.

    Raises Problem for files that are no SQLite database or cannot be read.
    """
    staging = start.root / "models" / "staging"
    declared = read_declarations(start.root)
    known = {database.file.resolve(): database.name for database in declared.values()}
    taken = {*declared, "ledger", *(path.name for path in staging.glob("*"))}
    databases, problems = [], []
    for resolved, file in {file.resolve(): file.absolute() for file in files}.items():
        name = known.get(resolved) or _name_of(file, taken)
        try:
            with open_sqlite(Database(name, file)) as source:
                is_empty = not read_catalogue(source)
        except Problem as problem:
            problems += problem.sentences
            continue
        if not is_empty:
            taken.add(name)
            databases.append((file, name))
        elif file in named_by_people:
            problems.append(f"{file} has no tables: there is nothing to add.")
        else:
            start.notes.append(f"{file} has no tables: passed over.")
    if problems:
        raise Problem(*problems)
    return databases


def _name_of(file: Path, taken: Collection[str]) -> str:
    """A free name for the database in a file: the file's own if it says something, else with its folder's."""
    words = [file.stem] if file.stem.lower() not in GENERIC else []
    for each in [*words, f"{file.parent.name}_{file.stem}", file.name]:
        found = slug(each if each[:1].isalpha() else f"db_{each}", LONGEST_DATABASE)
        if found not in taken:
            return found
    return slug(str(file), LONGEST_DATABASE, [*taken, slug(str(file), LONGEST_DATABASE)])
