"""Ask SQLite and PostgreSQL the same questions in turn, and keep how long each answer takes."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from time import perf_counter

from benchmarks.questions.answers import QUESTIONS, Question, ask, connect_postgresql, connect_sqlite, first_difference
from benchmarks.questions.warehouse import Warehouse

SHORTEST = 0.05  # seconds, in which a short question is asked again and again
CAN_FORGET = hasattr(os, "posix_fadvise")


@dataclass
class Asked:
    """The seconds of each round that an answer took on each side, warm and cold; the first difference, if any."""

    name: str
    asks: str
    is_prepared: bool
    rows: int = 0
    difference: str | None = None
    sqlite: dict[str, list[float]] = field(default_factory=lambda: {"warm": [], "cold": []})
    postgresql: dict[str, list[float]] = field(default_factory=lambda: {"warm": [], "cold": []})


def compete(warehouse: Warehouse, rounds: int, say: Callable[[str], None]) -> Iterator[list[Asked]]:
    """What was asked so far, after each round; cold rounds follow the warm ones where the system can forget files."""
    found = {question.name: Asked(question.name, question.asks, question.is_prepared) for question in QUESTIONS}
    variables = warehouse.start()
    with (
        closing(connect_sqlite(warehouse.files)) as sqlite,
        closing(connect_postgresql(variables)) as postgresql,
    ):
        for question in QUESTIONS:
            here, there = ask(sqlite, question.of_sqlite()), ask(postgresql, question.of_postgresql())
            asked = found[question.name]
            asked.rows, asked.difference = len(here), first_difference(here, there)
            say(f"{question.asks}: {asked.difference or 'equal'}")
        for number in range(rounds):
            for question in _shuffled(number):
                asked = found[question.name]
                asked.sqlite["warm"].append(_warm(partial(ask, sqlite, question.of_sqlite())))
                asked.postgresql["warm"].append(_warm(partial(ask, postgresql, question.of_postgresql())))
            say(f"warm, round {number + 1} of {rounds}")
            yield list(found.values())
    for number in range(rounds if CAN_FORGET else 0):
        for question in _shuffled(number):
            warehouse.stop()
            warehouse.forget()
            asked = found[question.name]
            asked.sqlite["cold"].append(_cold(partial(connect_sqlite, warehouse.files), question.of_sqlite()))
            variables = warehouse.start()
            asked.postgresql["cold"].append(_cold(partial(connect_postgresql, variables), question.of_postgresql()))
        say(f"cold, round {number + 1} of {rounds}")
        yield list(found.values())


def _shuffled(number: int) -> list[Question]:
    """The questions in another order for each round, the same on every machine."""
    return random.Random(number).sample(QUESTIONS, len(QUESTIONS))


def _warm(answer: Callable[[], object]) -> float:
    """The seconds of an answer; of several, their median."""
    taken: list[float] = []
    while sum(taken) < SHORTEST:
        started = perf_counter()
        answer()
        taken.append(perf_counter() - started)
    return median(taken)


def _cold(connect: Callable, statement: str) -> float:
    """The seconds from connecting to the last row."""
    started = perf_counter()
    with closing(connect()) as connection:
        ask(connection, statement)
        return perf_counter() - started
