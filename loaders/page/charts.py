"""Pictures of tables, as the meta of their models asks for them: `chart: {bars: amount, by: country}`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter

import psycopg2
from psycopg2 import extensions, sql

from synapse_analytics.page.artifacts import Model
from synapse_analytics.page.shapes import Bar, Group, Picture, number, percent
from synapse_analytics.postgres.connection import reason
from synapse_analytics.words import listed

SCHEMA = "analytics"
MOST_BARS, MOST_PARTS, MOST_GROUPS, MOST_TIMES = 12, 6, 12, 60
CHANCE = 0.05  # a lead is hardly chance below this; the usual level, which nobody has proven
# What a chart of each kind may name besides its number, and what it must.
KINDS = {
    "bars": ({"by", "split", "per", "within"}, {"by"}),
    "intervals": ({"by", "within", "low", "high", "chance", "enough"}, {"by", "low", "high"}),
    "trend": ({"over"}, {"over"}),
}


def draw(cursor: extensions.cursor, model: Model) -> Picture:
    """The picture of a model. The connection must be in autocommit, because a chart may ask for what is not there."""
    spec = model.chart
    kind = next((kind for kind in KINDS if isinstance(spec, dict) and kind in spec), "")
    if not kind:
        return Picture(
            model, "", problem=f"{model.name}: its meta asks for a chart that is none of {', '.join(KINDS)}."
        )
    may, must = KINDS[kind]
    odd = [*sorted(must - spec.keys()), *sorted(map(str, spec.keys() - may - {kind}))]
    if odd:
        return Picture(model, kind, problem=f"{model.name}: its chart of {kind} lacks or does not know {listed(odd)}.")
    try:
        return DRAWN[kind](cursor, model, spec)
    except psycopg2.Error as error:
        return Picture(model, kind, problem=f"{model.name}: its chart cannot be drawn ({reason(error)}).")


def _query(cursor: extensions.cursor, model: Model, statement: str, **columns: object) -> list[tuple]:
    names = {key: _columns(value) for key, value in columns.items()}
    table = sql.Identifier(SCHEMA, model.name)
    cursor.execute(sql.SQL(statement).format(table=table, **names))
    return cursor.fetchall()


def _columns(value: object) -> sql.Composable:
    """One column, or the words of several, as text."""
    if not isinstance(value, list):
        return sql.Identifier(str(value))
    parts = sql.SQL(", ").join(sql.Identifier(str(name)) for name in value)
    return sql.SQL("concat_ws(' · ', {})").format(parts)


def _bars(cursor: extensions.cursor, model: Model, spec: dict) -> Picture:
    """A bar per label: the sum of a number, split if asked for, or of one number per another."""
    per = spec.get("per")
    rows = _query(
        cursor,
        model,
        f"select {_text('within', spec)}, {_text('by', spec)}, {_text('split', spec)}, sum({{value}})::double precision"
        + (" / nullif(sum({per}), 0)" if per else "")
        + " from {table} where {value} is not null group by 1, 2, 3 order by 1, 2, 3",
        value=spec["bars"],
        **{key: spec.get(key, spec["by"]) for key in ("within", "by", "split")},
        per=per or spec["bars"],
    )
    found = [row for row in rows if row[3] is not None]
    sizes: dict[str, float] = defaultdict(float)
    for _, _, part, value in found:
        sizes[part] += value
    parts = _most(sizes, sizes.__getitem__)
    picture = Picture(model, "bars", f"{spec['bars']} per {per}" if per else str(spec["bars"]))
    picture.series = [*parts[:MOST_PARTS], *(["others"] if len(parts) > MOST_PARTS else [])]
    for title, each in groupby(found, itemgetter(0)):
        picture.groups.append(_bars_of(title, [row[1:] for row in each], parts, percent if per else number))
    if len(picture.groups) > MOST_GROUPS:
        picture.notes.append(f"And {len(picture.groups) - MOST_GROUPS:,} more groups.")
    picture.groups = picture.groups[:MOST_GROUPS]
    return picture


def _bars_of(title: str, rows: list[tuple], parts: list[str], written: Callable[[float], str]) -> Group:
    """The largest labels of one group, each with its parts in the order that the whole picture has."""
    totals = {label: sum(row[2] for row in each) for label, each in groupby(rows, itemgetter(0))}
    shown = _most(totals, totals.__getitem__)[:MOST_BARS]
    own = {label: [row[1:] for row in each] for label, each in groupby(rows, itemgetter(0)) if label in shown}
    longest = max(sum(max(value, 0) for _, value in own[label]) for label in shown) or 1
    bars = []
    for label in shown:
        ordered = sorted((parts.index(part), part, value) for part, value in own[label])
        drawn = [
            (max(value, 0) / longest, min(index, MOST_PARTS), f"{part} {written(value)}".strip())
            for index, part, value in ordered
        ]
        bars.append(Bar(label, written(totals[label]), drawn))
    sentence = _say_most(shown[0], totals, written)
    if len(totals) > len(shown):
        sentence += f" {len(totals) - len(shown):,} more are not shown."
    return Group(title, sentence, bars)


def _text(key: str, spec: dict) -> str:
    """SQL of a label; where none is asked for, all rows have the same."""
    return f"coalesce({{{key}}}::text, 'unknown')" if key in spec else "''"


def _most(names: Iterable[str], size: Callable[[str], float]) -> list[str]:
    """Names, the largest first, and in order where they are equal."""
    return sorted(names, key=lambda name: (-size(name), name))


def _say_most(first: str, totals: dict[str, float], written: Callable[[float], str]) -> str:
    whole = sum(totals.values())
    if len(totals) < 2 or min(totals.values()) < 0 or whole <= 0:
        return ""
    if written is percent:
        return f"{first} has the highest rate: {percent(totals[first])}."
    return f"{first} has most: {written(totals[first])} of {written(whole)}, which is {percent(totals[first] / whole)}."


def _intervals(cursor: extensions.cursor, model: Model, spec: dict) -> Picture:
    """Rates with what they may truly be, the best first, by groups whose members compete."""
    rows = _query(
        cursor,
        model,
        f"select {_text('within', spec)}, {_text('by', spec)}, {{value}}, {{low}}, {{high}}, "
        + ("{chance}, " if "chance" in spec else "null::double precision, ")
        + ("{enough}" if "enough" in spec else "null::boolean")
        + " from {table} order by 1, {value} desc nulls last, 2",
        value=spec["intervals"],
        **{key: spec.get(key, spec["by"]) for key in ("within", "by", "low", "high", "chance", "enough")},
    )
    picture = Picture(model, "intervals", str(spec["intervals"]))
    without = []
    for title, members in groupby(rows, itemgetter(0)):
        known = [row[1:] for row in members if None not in row[2:5]]
        if not known:
            without.append(title)
            continue
        longest = max(row[3] for row in known) or 1
        bars = [
            Bar(label, f"{percent(rate)} ({percent(low)} to {percent(high)})", [], _scaled((low, rate, high), longest))
            for label, rate, low, high, *_ in known
        ]
        picture.groups.append(Group(title, _say_who_leads(known, "chance" in spec), bars))
    if len(picture.groups) > MOST_GROUPS:
        picture.notes.append(f"And {len(picture.groups) - MOST_GROUPS:,} more.")
    picture.groups = picture.groups[:MOST_GROUPS]
    if without and (picture.groups or without != [""]):
        picture.notes.append(f"Without numbers yet: {listed(without)}.")
    return picture


def _scaled(values: tuple[float, ...], longest: float) -> tuple[float, float, float]:
    low, value, high = (max(0.0, min(1.0, each / longest)) for each in values)
    return low, value, high


def _say_who_leads(known: Sequence[tuple], is_tested: bool) -> str:
    """Whether the first is ahead for certain: by chance, if told, and by the size that was planned, if told."""
    label, rate, _, _, chance, enough = known[0]
    if len(known) < 2:
        return "There is nothing to compare it with."
    if rate == known[1][1]:
        return f"Nobody leads: {label} and {known[1][0]} are level at {percent(rate)}."
    said = f"{label} leads with {percent(rate)}."
    if is_tested and chance is not None:
        said += f" If the first two were equally good, such a lead would come up in {percent(chance)} of tests,"
        said += " so this is hardly chance." if chance < CHANCE else " so it may well be chance."
    if enough is not None and not all(row[5] for row in known):
        said += " The sample that was planned is not reached yet."
    return said


def _trend(cursor: extensions.cursor, model: Model, spec: dict) -> Picture:
    """The sum of a number per day, week, month or year, as many as one can see."""
    extent = "select min({over})::date, max({over})::date from {table} where {value} is not null"
    [(first, last)] = _query(cursor, model, extent, over=spec["over"], value=spec["trend"])
    unit = _unit(first, last) if first else "day"
    rows = _query(
        cursor,
        model,
        "select steps.step::date, coalesce(sum(found.value), 0)::double precision"
        f" from (select generate_series(date_trunc('{unit}', min({{over}}::timestamp)),"
        f" date_trunc('{unit}', max({{over}}::timestamp)), '1 {unit}') from {{table}} where {{value}} is not null)"
        " as steps (step) left join (select"
        f" date_trunc('{unit}', {{over}}::timestamp) as step, {{value}} as value from {{table}}) as found using (step)"
        " group by 1 order by 1",
        over=spec["over"],
        value=spec["trend"],
    )
    picture = Picture(model, "trend", f"{spec['trend']} per {unit}")
    rows = rows[-MOST_TIMES:]
    if rows:
        most = max(value for _, value in rows)
        bars = [Bar(f"{step}", number(value), [(max(value, 0) / (most or 1), 0, "")]) for step, value in rows]
        best = max(rows, key=itemgetter(1))
        total = number(sum(value for _, value in rows))
        sentence = f"{total} in the {unit} of {rows[0][0]}."
        if len(rows) > 1:
            span = f"{total} in the {unit}s from {rows[0][0]} to {rows[-1][0]}"
            sentence = f"{span}, most in that of {best[0]}: {number(best[1])}."
        picture.groups = [Group("", sentence, bars)]
    return picture


def _unit(first: date, last: date) -> str:
    days = (last - first).days
    return next(
        (unit for unit, length in (("day", 1), ("week", 7), ("month", 31)) if days / length < MOST_TIMES), "year"
    )


DRAWN: dict[str, Callable[[extensions.cursor, Model, dict], Picture]] = {
    "bars": _bars,
    "intervals": _intervals,
    "trend": _trend,
}
