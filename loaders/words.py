"""Words for people: numbers of things, and texts of files, which may hold anything."""

from datetime import UTC, datetime

from synapse_analytics import printable

SHOWN, LONGEST = 3, 40  # names that are listed, and characters of each


def count_of(number: int, noun: str) -> str:
    """A number of things, in words: 1 table, 1,000 tables."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def amount_of(size: float) -> str:
    """A number of bytes, in words: 12 bytes, 8.2 kB, 1 GB."""
    units = ["bytes", "kB", "MB", "GB"]
    while size >= 1_000 and len(units) > 1:
        size /= 1_000
        units.pop(0)
    return f"{size:,.1f}".removesuffix(".0") + f" {units[0]}"


def write_time(moment: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else "never"


def left_behind(database: str, what: str) -> str:
    """The sentence on what of a database's file is not loaded."""
    return f"{database}: left behind in SQLite: {what}."


def listed(names: list[str], longest: int = LONGEST) -> str:
    """The first names, each of at most so many characters, and how many more there are."""
    shown = [printable(name, longest) for name in names[:SHOWN]]
    return ", ".join([*shown, *([f"and {len(names) - len(shown):,} more"] if len(names) > len(shown) else [])])
