"""What the questions took, as a table for people."""

from statistics import median
from textwrap import fill

from tabulate import tabulate

SIDES = ("sqlite", "postgresql")
HEADERS = ("milliseconds", "SQLite\nwarm", "ours\nwarm", "times", "SQLite\ncold", "ours\ncold", "times")
WIDTH = 80


def render(case: dict) -> str:
    """The table of one size, and how many times as fast the warehouse answers as SQLite does."""
    rows = [[asked["asks"], *_cells(asked, "warm"), *_cells(asked, "cold")] for asked in case["asked"]]
    ours = [row for row, asked in zip(rows, case["asked"], strict=True) if asked["is_prepared"]]
    others = [row for row, asked in zip(rows, case["asked"], strict=True) if not asked["is_prepared"]]
    table = tabulate(
        [["answered by a build"], *ours, ["asked by analysts"], *others],
        HEADERS,
        disable_numparse=True,
        colalign=["left", *["right"] * 6],
    )
    title = f"{case['case']}: {case['rows']:,} rows in {case['tables']} tables, {case['bytes'] / 1e6:.0f} MB"
    notes = [fill(note, WIDTH) for note in _notes(case)]
    return "\n".join([f"{title}; {case['analytics_bytes'] / 1e6:.0f} MB in analytics", "", table, "", *notes])


def ratio(asked: dict, kind: str) -> float | None:
    """SQLite's median seconds over PostgreSQL's, warm or cold; None where it was not asked."""
    if not asked["postgresql"][kind]:
        return None
    return median(asked["sqlite"][kind]) / median(asked["postgresql"][kind])


def _cells(asked: dict, kind: str) -> list[str]:
    times = ratio(asked, kind)
    if times is None:
        return ["", "", ""]
    return [*(_milliseconds(median(asked[side][kind])) for side in SIDES), f"{times:,.{1 if times < 100 else 0}f}"]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.{0 if seconds >= 0.01 else 2}f}"


def _notes(case: dict) -> list[str]:
    notes = []
    for kind in ("warm", "cold"):
        times = {asked["asks"]: ratio(asked, kind) for asked in case["asked"]}
        if None in times.values():
            continue
        analysts = median(times[asked["asks"]] for asked in case["asked"] if not asked["is_prepared"])
        rounds = len(case["asked"][0]["sqlite"][kind])
        notes.append(
            f"{kind}, {rounds} rounds: the median is {median(times.values()):.1f} times as fast, of the analysts'"
            f" questions {analysts:.1f}; slower: {', '.join(asks for asks, of in times.items() if of < 1) or 'none'}."
        )
    differing = [asked for asked in case["asked"] if asked["difference"]]
    notes += [f"{asked['asks']}: {asked['difference']}" for asked in differing]
    return notes if differing else [*notes, "Both sides give the same answers."]
