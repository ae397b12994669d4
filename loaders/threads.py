"""Work in threads: in parallel, so that Ctrl-C ends it even if SQLite computes for hours; and ahead of a reader."""

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, suppress
from threading import Condition
from typing import TypeVar

import psycopg2
from psycopg2 import extensions

from synapse_analytics.sqlite import snapshot

AHEAD = 16  # items that are made before somebody takes them, if they are no more than AHEAD_BYTES
AHEAD_BYTES = 16 << 20

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    jobs: int, function: Callable[[Item], Result], items: list[Item], connections: list[extensions.connection]
) -> list[Result]:
    """What the function gives for each item, from up to `jobs` threads; an exception, Ctrl-C too, ends all.

    Python receives Ctrl-C only in its main thread, and only between two calls. So the main thread only waits, and
    then interrupts what the other threads are in: SQLite, and PostgreSQL on these connections.
    """
    with ThreadPoolExecutor(max(1, min(jobs, len(items)))) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            running = [future for future in futures if not future.cancel()]
            while wait(running, timeout=0.1).not_done:
                _interrupt(connections)  # again and again, because a thread may have been between two calls
            raise


def _interrupt(connections: list[extensions.connection]) -> None:
    snapshot.interrupt()
    for connection in connections:
        with suppress(psycopg2.Error):  # it is closed
            connection.cancel()


def ahead(items: Generator[Item, None, None], size_of: Callable[[Item], int]) -> Iterator[Item]:
    """The items, made in a thread that is some of them ahead, or fewer if they are large: their size is in bytes.

    They are closed at the end, when nothing is made any more.
    """
    waiting, size = Condition(), 0.0  # of what is made and not taken

    def make() -> Item | None:
        nonlocal size
        with waiting:
            waiting.wait_for(lambda: size < AHEAD_BYTES)
            if size < 0:
                return None  # nobody takes any more
        item = next(items, None)
        with waiting:
            size += 0 if item is None else size_of(item)
        return item

    def take(taken: float) -> None:
        nonlocal size
        with waiting:
            size -= taken
            waiting.notify()

    with closing(items), ThreadPoolExecutor(1) as pool:
        made = deque(pool.submit(make) for _ in range(AHEAD))
        try:
            while (item := made.popleft().result()) is not None:
                take(size_of(item))
                made.append(pool.submit(make))
                yield item
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            take(math.inf)
