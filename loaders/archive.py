"""Keep the SQLite files as they were loaded: read-only copies, whose digests sha256sum checks and the ledger knows."""

import fcntl
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from tqdm import tqdm

from synapse_analytics import Problem, printable
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.connection import connect
from synapse_analytics.postgres.ledger import GoodLoad
from synapse_analytics.project import Database
from synapse_analytics.words import count_of

SUMS, LOCK, PARTIAL = "SHA256SUMS", ".lock", ".partial"


@dataclass
class Archive:
    """A folder of copies: the lines of its SHA256SUMS; the ledger's good loads by the lines that they have there; which
    of these are listed and whole; the files that were copied now, and those that were only listed; the databases that
    needed neither; and sentences on what a person has to put right.
    """

    directory: Path
    lines: list[str]
    known: dict[str, GoodLoad]
    whole: set[tuple[str, str]] = field(default_factory=set)  # databases and digests
    copied: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def enter(self, line: str) -> None:
        """Add a line to SHA256SUMS, which is written whole."""
        with _whole(self.directory / SUMS, 0o644) as stream:
            stream.write("".join(f"{each}\n" for each in [*self.lines, line]).encode(errors="surrogateescape"))
        self.lines.append(line)

    def render(self) -> str:
        """What was added, and how much there is now."""
        parts = [f"archived: {name}" for name in self.copied]
        parts += [f"listed in {SUMS}, where a run that was stopped left it out: {name}" for name in self.listed]
        if self.unchanged:
            before = f"{count_of(len(self.unchanged), 'database')} archived before, and not again"
            parts.append(f"{before}: {', '.join(self.unchanged)}")
        if not self.problems:
            count = count_of(len(self.lines), "file")
            parts.append(f"{printable(str(self.directory))} has {count}, each as it was loaded")
        return "\n".join(parts)


def archive(root: Path, directory: Path, databases: list[Database]) -> Archive:
    """Check what a folder has, and add the files of these databases that it lacks and that are as they were loaded.

    Raises Problem if the folder cannot be used, or PostgreSQL cannot be asked.
    """
    for database in databases:
        if directory.resolve() in (database.file.parent.resolve(), database.file.resolve().parent):
            raise Problem(f"{directory} is where {database.file.name} itself lies: name another folder.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _alone(directory), connect(root) as connection, connection.cursor() as cursor:
            loads = ledger.good_loads(cursor)
            known = {_line(load): load for load in loads if not load.has_log}
            found = Archive(directory, _read_lines(directory / SUMS), known)
            _check(found)
            last = {load.database: load for load in loads}
            for database in databases:
                _keep(found, database, last.get(database.name))
    except OSError as error:
        hint = "name a folder that you may write, or make room"
        raise Problem(f"{directory} cannot be the archive ({error.strerror or error}): {hint}.") from error
    return found


def _check(found: Archive) -> None:
    """Say what is listed and not as it was loaded, and list what a run that was killed could not."""
    listed = set(found.lines)
    for line in found.lines:
        if line not in found.known:
            what = f"{found.directory}: {SUMS} lists what is no load that the ledger knows"
            found.problems.append(f"{what}, {printable(line)}: take the line out.")
    for line, load in found.known.items():
        file = found.directory / _name(load)
        if line not in listed and not os.path.lexists(file):
            continue
        if damage := _damage(file, load.sha256):
            what = f"{file} {damage}: put it back from another copy"
            found.problems.append(f"{what}, or take it and its line in {SUMS} away and archive it again.")
            continue
        if line not in listed:
            found.enter(line)
            found.listed.append(file.name)
        found.whole.add((load.database, load.sha256))


def _damage(file: Path, sha256: str) -> str:
    """What keeps a file from being the one with this digest, in a few words; empty if nothing does."""
    try:
        if not file.is_file():
            return "is missing"
        return "" if _is_same(file, sha256) else "is not as it was loaded"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _is_same(file: Path, sha256: str) -> bool:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest() == sha256


def _keep(found: Archive, database: Database, last: GoodLoad | None) -> None:
    """Copy a database's file, unless there is a copy of it or it is not as it was last loaded; the problem is said."""
    try:
        last = _refuse(database, last)
        target = found.directory / _name(last)
        is_kept = (last.database, last.sha256) in found.whole
        if is_kept or _line(last) in found.lines or os.path.lexists(target):  # if it is damaged, that is said already
            if not _is_same(database.file, last.sha256):
                raise _changed(database)
            found.unchanged += [database.name] if is_kept else []
            return
        _copy(database, last.sha256, target)
    except Problem as problem:
        found.problems += problem.sentences
    except OSError as error:
        what = f"{database.name}: {database.file} cannot be copied into {found.directory}"
        found.problems.append(f"{what} ({error.strerror or error}): put that right and archive it again.")
    else:
        found.enter(_line(last))
        found.copied.append(target.name)


def _refuse(database: Database, last: GoodLoad | None) -> GoodLoad:
    """The last load, if its bytes tell all rows, and the file may be as it was then. Raises Problem and OSError."""
    name, file = database.name, database.file
    if not last:
        raise Problem(f"{name}: it was never loaded: run `synapse load {shlex.quote(name)}`, then archive it.")
    if not file.is_file():
        what = "is not a file" if file.exists() else "does not exist"
        raise Problem(f"{name}: {file} {what}: put it there or set SYNAPSE_SQLITE_DIR to where it is.")
    log = Path(f"{file.resolve()}-wal")
    if last.has_log or (log.exists() and log.stat().st_size):
        words = f"`sqlite3 {shlex.quote(str(file))} 'pragma wal_checkpoint(truncate)'`"
        what = f"{name}: a write-ahead log is beside {file}, or was when it was loaded, and may hold rows"
        raise Problem(f"{what}: end the programs that use it, run {words}, then load and archive it.")
    if file.stat().st_size != last.bytes:
        raise _changed(database)
    return last


def _changed(database: Database) -> Problem:
    what = f"{database.name}: {database.file} has changed since it was loaded"
    return Problem(f"{what}: run `synapse load {shlex.quote(database.name)}`, then archive it.")


def _copy(database: Database, sha256: str, target: Path) -> None:
    """A copy that is hashed as it was written, with the rights to read that the file gives. Raises Problem, OSError."""
    with database.file.open("rb") as source, _whole(target, _rights_to_read(source)) as stream:
        shutil.copyfileobj(source, stream, 1 << 20)
        stream.seek(0)
        if file_digest(stream, "sha256").hexdigest() != sha256:
            raise _changed(database)


def _rights_to_read(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_mode & 0o444 | 0o400


@contextmanager
def _whole(file: Path, mode: int) -> Iterator[BinaryIO]:
    """A file that takes its place when all of it is on the disk, or never."""
    partial = file.with_name(PARTIAL)
    partial.touch(mode=0o600, exist_ok=False)
    try:
        with partial.open("r+b") as stream:
            yield stream
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        partial.rename(file)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """No other run writes into the folder meanwhile; what one that was killed left half written is removed."""
    with (directory / LOCK).open("ab") as lock:  # a folder cannot be locked on NFS
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tqdm.write(printable(f"{directory}: another run writes into it: waiting until it ends."), file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        (directory / PARTIAL).unlink(missing_ok=True)
        yield


def _name(load: GoodLoad) -> str:
    """What a load's copy is called. No name of a database leads elsewhere, or needs quotes in a shell or SHA256SUMS."""
    name = quote(load.database, safe="")
    if name.startswith((".", "-", "~")):  # hidden, an option, a home
        name = f"%{ord(name[0]):02X}{name[1:]}"
    return f"{name}-{load.finished_at.astimezone(UTC):%Y-%m-%d}-{load.sha256[:12]}.db"


def _line(load: GoodLoad) -> str:
    return f"{load.sha256}  {_name(load)}"


def _read_lines(sums: Path) -> list[str]:
    text = sums.read_bytes().decode(errors="surrogateescape") if sums.exists() else ""
    return text.removesuffix("\n").split("\n") if text else []
