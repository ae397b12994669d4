"""Work in threads that Ctrl-C ends, also where SQLite or PostgreSQL computes for hours."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TypeVar

import psycopg2
from psycopg2 import extensions

from loaders import snapshot

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    jobs: int, function: Callable[[Item], Result], items: list[Item], connections: list[extensions.connection]
) -> list[Result]:
    """What the function gives for each item, from up to `jobs` threads; an exception, Ctrl-C too, ends all.

    Python hears of Ctrl-C in its main thread alone, and there only between two calls. So the main thread does nothing
    but wait, and ends what the others are in: whatever SQLite computes, and PostgreSQL on these connections.
    """
    with ThreadPoolExecutor(max(1, min(jobs, len(items)))) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            running = [future for future in futures if not future.cancel()]
            while wait(running, timeout=0.1).not_done:
                _interrupt(connections)  # again and again, for a thread may have been between two calls
            raise


def _interrupt(connections: list[extensions.connection]) -> None:
    snapshot.interrupt()
    for connection in connections:
        with suppress(psycopg2.Error):  # it is closed
            connection.cancel()
