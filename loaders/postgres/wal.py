"""Keep the embedded server's write-ahead log, from which PostgreSQL's own programs recover it to a moment."""

import os
import shlex
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from synapse_analytics import Problem

VARIABLE = "SYNAPSE_ARCHIVE"
LONGEST = 900  # bytes of a path: PostgreSQL's have 1,023, with the names of files
END = "end"  # instead of a moment
SEGMENT_BYTES = 16 * 1024 * 1024
SEGMENT = 24  # characters of the name of a segment: its timeline and, in two parts, its number
OWN_NAME = "archtemp."  # what basic_archive calls a file that it has begun to write, before the file's name
HEX = set("0123456789ABCDEF")


def directory() -> Path | None:
    """$SYNAPSE_ARCHIVE, seen from the working directory; None if it is not set or empty."""
    named = os.environ.get(VARIABLE)
    return Path(os.path.realpath(named)) if named else None


def is_standby(home: Path) -> bool:
    """Whether the server with these data follows another one."""
    return (home / "standby.signal").exists()


def settings(home: Path, archive: Path | None) -> dict[str, str]:
    """What the server needs to keep its log in the archive, to recover from it or to follow another server."""
    if not archive and not is_standby(home):
        # No second copy of the rows of a new table in the write-ahead log.
        return {"wal_level": "minimal", "max_wal_senders": "0"}
    found = {
        "summarize_wal": "on",
        "max_slot_wal_keep_size": "4GB",  # a replica that is gone does not fill the disk
        # A recovery is read when it is done, and a replica all the time.
        "hot_standby": "on" if is_standby(home) else "off",
        "hot_standby_feedback": "on",
        "log_timezone": "UTC",  # also of the notes on backups
    }
    if archive:
        found |= {
            "archive_mode": "on",
            "archive_library": "basic_archive",
            "basic_archive.archive_directory": str(archive),
            "archive_timeout": "5min",
            "restore_command": f'cp {shlex.quote(str(archive)).replace("%", "%%")}/%f "%p"',
        }
    return found


def recover(home: Path, archive: Path | None, until: str | None) -> dict[str, str]:
    """What makes the server recover the backup in its data folder up to a moment, or to the END of the archive.

    Nothing if the folder holds no backup. Raises Problem if it does and nobody says how far, and the other way round.
    """
    signal = home / "recovery.signal"
    is_backup = not is_standby(home) and (signal.exists() or (home / "backup_label").exists())
    if until and not (archive and is_backup):
        raise Problem(
            f"Nothing to recover {'is' if archive else 'from is named: set ' + VARIABLE + ', and let a backup be'} in"
            f" {home}: put a backup in its place, as docs/operations.md says."
        )
    if not archive or not is_backup:
        return {}
    if not until:
        raise Problem(f"{home} holds a backup: say how far to recover it, `synapse up --until '2026-01-31 17:00+00'`.")
    found = {"recovery_target_action": "promote", "recovery_target_inclusive": "off"}
    if until != END:
        moment = _moment(until)
        _refuse_too_early(home, archive, moment)
        found |= {"recovery_target_time": str(moment), "recovery_target_timeline": _timeline(archive, moment)}
    elif missing := _missing(archive):
        raise Problem(f"{archive} lacks {missing}, where recovery would end: put it there, or name a moment before.")
    signal.touch(mode=0o600)
    return found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise Problem(f"{text} is no moment with its zone: say it like `--until '2026-01-31 17:00+00'`, or `{END}`.")
    return moment


def _refuse_too_early(home: Path, archive: Path, moment: datetime) -> None:
    """Raise Problem if the backup ended later: PostgreSQL would give what was there at its end without a word."""
    label = next(path for name in ("backup_label", "backup_label.old") if (path := home / name).exists())
    place = label.read_text(encoding="utf-8").split()[3:6]  # START WAL LOCATION: 0/2000028 (file 00000001…02)
    segment, offset = place[2].rstrip(")"), int(place[0].partition("/")[2], 16) % SEGMENT_BYTES
    note = archive / f"{segment}.{offset:08X}.backup"
    if not note.exists():
        raise Problem(f"{archive} lacks {note.name}, which says when the backup in {home} ended: put it there.")
    (stop,) = (line[11:] for line in note.read_text(encoding="utf-8").splitlines() if line.startswith("STOP TIME: "))
    ended = datetime.strptime(stop, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC) + timedelta(seconds=1)
    if moment < ended:
        raise Problem(f"The backup in {home} ended at {ended}, later than {moment}: take an earlier backup.")


def _timeline(archive: Path, moment: datetime) -> str:
    """The one on which the server was at a moment. Each recovery begins a new one, also one to a wrong moment."""
    histories = [path for path in archive.glob("????????.history") if _is_log(path.name)]
    begun = [int(path.stem, 16) for path in histories if path.stat().st_mtime <= moment.timestamp()]
    return str(max(begun)) if begun else "current"


def _missing(archive: Path) -> str | None:
    """The first segment that the archive lacks between those that it has, without its timeline."""
    names = (path.name for path in archive.iterdir() if len(path.name) == SEGMENT and _is_log(path.name))
    numbers = {int(name[8:16], 16) * 256 + int(name[16:], 16) for name in names}
    absent = next((number for number in sorted(numbers)[:-1] if number + 1 not in numbers), None)
    return None if absent is None else f"…{(absent + 1) // 256:08X}{(absent + 1) % 256:08X}"


def refuse_unfit(archive: Path, home: Path) -> None:
    """Raise Problem if the archive would lie in the data folder, or its folder holds anything but this server's log."""
    if archive.is_relative_to(home):
        raise Problem(f"{archive} lies in {home}, which it is to outlive: name another folder in {VARIABLE}.")
    if len(os.fsencode(archive)) > LONGEST:
        raise Problem(f"{archive} is longer than {LONGEST} bytes: name another folder in {VARIABLE}.")
    present = [path.name for path in sorted(archive.iterdir())] if archive.is_dir() else []
    if others := [name for name in present if not _is_log(name)]:
        raise Problem(f"{archive} holds {others[0]}, which is no log: name a folder for it alone in {VARIABLE}.")
    if present and not (home / "PG_VERSION").exists():
        raise Problem(f"{archive} holds the log of another server: name an empty folder in {VARIABLE}.")


def _is_log(name: str) -> bool:
    """Whether PostgreSQL calls a segment of its log so, or a file that tells of a backup or a timeline."""
    begins = name.removeprefix(OWN_NAME).split(".")[0]
    return len(begins) in (8, SEGMENT) and set(begins) <= HEX


def refuse_gap(home: Path, archive: Path | None, control: dict[str, str]) -> None:
    """Raise Problem if the archive has another server's log, or is not named and this server had one when it last ran.

    `control` is what pg_controldata says of this server.
    """
    if archive and (found := _server_of(archive)) not in (None, control.get("Database system identifier")):
        raise Problem(
            f"{archive} holds the log of another server ({found}): name this server's folder in {VARIABLE}, or an empty"
            " one."
        )
    is_whole = control.get("wal_level setting") == "replica"
    if not archive and is_whole and os.environ.get(VARIABLE) != "" and not is_standby(home):
        raise Problem(
            f"The server in {home} kept its log for recovery when it last ran: set {VARIABLE} to the folder, or"
            f" `{VARIABLE}= synapse up` gives that up, and no backup from before recovers to a moment after it."
        )


def _server_of(archive: Path) -> str | None:
    """The number that PostgreSQL gave to the server whose log this is, from the head of its newest segment."""
    segments = sorted(path for path in archive.iterdir() if len(path.name) == SEGMENT and _is_log(path.name))
    if not segments:
        return None
    with segments[-1].open("rb") as stream:
        return str(int.from_bytes(stream.read(32)[24:], sys.byteorder))


def refuse_another(archive: Path | None, running: str) -> None:
    """Raise Problem if the running server archives into another folder than it is asked to, or into none."""
    if VARIABLE in os.environ and running != str(archive or ""):
        raise Problem(
            f"The server runs {f'with its log archived in {running}' if running else 'without an archive'}:"
            f" `synapse down`, then `synapse up` with {VARIABLE} as it is now."
        )
