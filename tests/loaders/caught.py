"""A load that is caught in its middle: a trigger waits, in row 1,000 of a table z, for a lock that the test holds."""

import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

GATE = """
    create function wait() returns trigger language plpgsql as
    $$ begin if new._source_row = 1000 then perform pg_advisory_xact_lock_shared(7); end if; return new; end $$;
    create trigger wait before insert on raw_app.z for each row execute function wait()
"""
CAUGHT = "select pid from pg_stat_activity where query like 'copy %' and wait_event = 'advisory'"
PATIENCE = 300  # seconds until something that never happens fails its test


def until(condition: Callable[[], object]) -> object:
    """What the condition gives as soon as it gives something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it never happened")


def start(*arguments: str, verb: str = "load") -> subprocess.Popen[str]:
    """A load, or another verb, in a process of its own."""
    return subprocess.Popen(
        [PROGRAMS / "synapse", verb, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )


def end(load: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and what it said on stderr."""
    _, said = load.communicate(timeout=PATIENCE)
    return load.returncode, said


@contextmanager
def caught(project: "Project", *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A load that waits in the middle of a COPY, and its session in PostgreSQL; it goes on at the end."""
    project.query(GATE)
    with closing(project.warehouse.connect()) as keeper:
        keeper.cursor().execute("select pg_advisory_lock(7)")
        load = start(*arguments)
        try:
            [(session,)] = until(lambda: project.query(CAUGHT))
            yield load, session
        except BaseException:
            load.kill()
            raise


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file can be written larger than this, also by programs started within: to them, the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
