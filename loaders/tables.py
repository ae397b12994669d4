"""Tables for a terminal: as wide as it is, numbers written in one way, what is wrong in colour."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

import click
import tabulate

from synapse_analytics import printable

tabulate.MIN_PADDING = 0  # headings as narrow as can be
DEFAULT_WIDTH = 80
BETWEEN = 2  # blanks from one column to the next
SHORTEST = 8  # characters of a cell that has to give way
LONGEST = 80  # characters of one that has not: a name in SQLite may have a million
INDENT = "  "


class Wrong(str):
    """A cell that says what is wrong."""

    __slots__ = ()


def wrong(text: str, stream: TextIO | None = None) -> str:
    """The text in red where a terminal shows it (by default stdout), unless NO_COLOR is set (https://no-color.org)."""
    is_coloured = (stream or sys.stdout).isatty() and not os.environ.get("NO_COLOR")
    return click.style(text, fg="red", bold=True) if is_coloured else text


def terminal_width() -> int:
    """Columns of the terminal that stdout is, else what COLUMNS says, else 80."""
    if sys.stdout.isatty():
        return os.get_terminal_size(sys.stdout.fileno()).columns or DEFAULT_WIDTH
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else DEFAULT_WIDTH


def render_table(
    rows: Iterable[Sequence[object] | str], headers: Sequence[str], drop: Sequence[str] = (), wide: bool = False
) -> str:
    """Rows below their headers, each on one line; a row that is a text has the line to itself.

    If they are wider than the terminal, the columns of `drop` give way, the first of them first, and then the longest
    cells. Not so if `wide`.
    """
    found = list(rows)
    texts = [[_cell(cell, wide) for cell in row] for row in found if not isinstance(row, str)]
    width = sys.maxsize if wide else terminal_width()
    names = list(headers)
    for name in drop:
        if _width(texts, names) > width:
            place = names.index(name)
            texts = [row[:place] + row[place + 1 :] for row in texts]
            names.pop(place)
    kept = [place for place, name in enumerate(headers) if name in names]
    cells = [row for row in found if not isinstance(row, str)]
    is_number = [all(_is_number(row[place]) for row in cells) for place in kept]
    # What is wrong stays whole.
    is_fixed = [any(isinstance(row[place], Wrong) for row in cells) for place in kept]
    _shorten(texts, names, [one or other for one, other in zip(is_number, is_fixed, strict=True)], width)
    texts = [[wrong(text) if isinstance(text, Wrong) else text for text in row] for row in texts]
    sides = ["right" if each else "left" for each in is_number] if texts else None
    table = tabulate.tabulate(texts, names, preserve_whitespace=True, disable_numparse=True, colalign=sides)
    head, body = table.split("\n")[:2], iter(table.split("\n")[2:])
    longest = width if not wide else 10 * LONGEST
    return "\n".join([*head, *(printable(row, longest) if isinstance(row, str) else next(body) for row in found)])


def _cell(value: object, wide: bool) -> str:
    if isinstance(value, str):
        indent = INDENT if value.startswith(INDENT) else ""
        text = indent + printable(value, 10 * LONGEST if wide else LONGEST)
        return Wrong(text) if isinstance(value, Wrong) else text
    return "-" if value is None else f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"


def _is_number(value: object) -> bool:
    return value.replace(",", "").isdecimal() if isinstance(value, Wrong) else not isinstance(value, str)


def _widths(texts: list[list[str]], names: list[str]) -> list[int]:
    return [max(map(len, [name, *(row[place] for row in texts)])) for place, name in enumerate(names)]


def _width(texts: list[list[str]], names: list[str]) -> int:
    return sum(_widths(texts, names)) + BETWEEN * (len(names) - 1)


def _shorten(texts: list[list[str]], names: list[str], is_fixed: list[bool], width: int) -> None:
    """Take from the longest columns of text, one character after the other, what the terminal lacks."""
    widths = _widths(texts, names)
    lengths = list(widths)
    while sum(lengths) + BETWEEN * (len(names) - 1) > width:
        shrinkable = [
            place
            for place, length in enumerate(lengths)
            if not is_fixed[place] and length > max(SHORTEST, len(names[place]))
        ]
        if not shrinkable:
            break
        lengths[max(shrinkable, key=lengths.__getitem__)] -= 1
    for row in texts:
        for place, length in enumerate(lengths):
            if len(row[place]) > length:
                head = length // 2
                row[place] = f"{row[place][:head]}…{row[place][len(row[place]) - (length - 1 - head) :]}"
