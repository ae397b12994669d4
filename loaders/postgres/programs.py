"""PostgreSQL's own programs, run with what they say in a Problem, and found in the version that a server needs."""

import os
import shutil
import subprocess
from itertools import takewhile
from pathlib import Path

from synapse_analytics import Problem, printable
from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.connection import LONGEST_REASON

# Where Debian and Ubuntu, Homebrew, and PostgreSQL's own packages for Red Hat put them.
USUAL = {"/usr/lib/postgresql": "*/bin", "/opt/homebrew/opt": "postgresql@*/bin", "/usr/local/opt": "postgresql@*/bin"}
USUAL |= {"/usr": "pgsql-*/bin"}
NEEDED = ("pg_dump", "pg_restore")


def find_programs(server: int, exactly: bool = False) -> tuple[Path, int]:
    """The folder of pg_dump and pg_restore for a server of this major version, and their own: its own, or a newer one.

    Those of the wheel come first, then those in the usual folders, then those on the PATH. Raises Problem if there are
    none.
    """
    usual = [path for place, pattern in USUAL.items() for path in sorted(Path(place).glob(pattern))]
    on_path = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep)]
    found = []
    for place in [embedded.programs(), *usual, *on_path]:
        if place.is_absolute() and all(shutil.which(program, path=place) for program in NEEDED):
            major = _major(place / "pg_dump")
            found += [(major, place)] if major == server or (major > server and not exactly) else []
    if not found:
        wanted = f"{server}" if exactly else f"{server} or newer"
        raise Problem(
            f"The server is PostgreSQL {server}, and no pg_dump and pg_restore of version {wanted} are on this machine:"
            " install them, or put their folder into the PATH."
        )
    major, place = min(found, key=lambda each: each[0])
    return place, major


def run(program: Path, *arguments: str) -> str:
    """What the program prints. Raises Problem, with its last words, if it fails."""
    said = {"capture_output": True, "text": True, "errors": "replace"}
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, **said)  # noqa: S603
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("Command was:")]
        words = printable(" ".join(lines[:4]) or f"ended with {done.returncode}", LONGEST_REASON)
        raise Problem(f"{program.name} failed ({words}): nothing was changed; put that right and try again.")
    return done.stdout


def _major(program: Path) -> int:
    """As in `pg_dump (PostgreSQL) 18.6`, or `19beta1`; 0 if it does not say so."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True)  # noqa: S603
    words = done.stdout.split()
    return int("0" + "".join(takewhile(str.isdigit, words[2]))) if len(words) > 2 else 0
