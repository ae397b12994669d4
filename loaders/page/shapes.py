"""What pictures consist of, and how their numbers are written."""

from dataclasses import dataclass, field

from synapse_analytics.page.artifacts import Model


@dataclass
class Bar:
    """One bar: the parts it consists of, each a share (0 to 1) of the width and the number of its series, and the mark
    of an interval, from its low to its high end.
    """

    label: str
    text: str
    parts: list[tuple[float, int, str]] = field(default_factory=list)
    interval: tuple[float, float, float] | None = None  # low, value, high


@dataclass
class Group:
    """Bars that share an axis, with a sentence on what they show."""

    title: str
    sentence: str
    bars: list[Bar]


@dataclass
class Picture:
    """A model's picture. A `problem` stands in its place if it cannot be drawn."""

    model: Model
    kind: str
    measure: str = ""
    groups: list[Group] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str = ""


def number(value: float) -> str:
    """A number for people: 12,345 or 0.0123, with three digits where it is no whole number."""
    if value == round(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"


def percent(value: float) -> str:
    """A fraction as people read it: 6.6 %."""
    return f"{number(round(100 * value, 4))} %"
