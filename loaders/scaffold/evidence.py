"""What all raw values of a table have in common: PostgreSQL tries the project's own casts on them and counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg2 import extensions, sql

from synapse_analytics.raw_format import ROW_COLUMN
from synapse_analytics.scaffold.casts import CASTS, Casts
from synapse_analytics.table import Profile

# Counted when a cast is tried, to tell forms of text apart: {raw} is the raw column.
FORMS = {
    "tagged": ("as_text", "left({raw}, 1) = E'\\\\'"),
    "uuids": ("as_text", "char_length({raw}) = 36 and {raw} ~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'"),
    "zoned": ("as_utc", "{raw} ~ ':[0-9]{{2}}([.][0-9]+)?(Z|[-+][0-9]{{2}}:?[0-9]{{2}})$'"),
    "application_times": ("as_utc", "substr({raw}, 11, 1) = 'T' or substr({raw}, 20, 1) = '.'"),
    "too_fine": ("as_utc", "{raw} ~ ':[0-9]{{2}}[.][0-9]{{7,}}(Z|[-+][0-9]{{2}}:?[0-9]{{2}})?$'"),
    "affirmed": ("as_boolean", "lower({raw}) in ('true', 'yes', 'on', 'y')"),
    "denied": ("as_boolean", "lower({raw}) in ('false', 'no', 'off', 'n')"),
}
# What needs no escape in a test's SQL. Words with other signs, as media types and versions have, are of an open set.
WORD = re.compile(r"\w[\w +&-]{0,39}")
FIRST_ROWS = 200
FEW = 0.05  # of a column's values: so many of another form are odd ones
ENOUGH = 20  # values, so that some of them are odd
BATCH = 40  # columns in one statement: PostgreSQL returns at most 1,664


@dataclass
class Evidence:
    """What all rows of one column hold: rows per storage class, rows that a cast turns away, ranges of what fits."""

    profile: Profile
    rejected: dict[str, int] = field(default_factory=dict)
    forms: dict[str, int] = field(default_factory=dict)
    ranges: dict[str, tuple[str, str]] = field(default_factory=dict)
    lengths: tuple[int, int] = (0, 0)
    words: tuple[str, ...] = ()

    def fits(self, cast: str) -> bool:
        """Whether the cast was tried on every row and turns none away."""
        return self.rejected.get(cast) == 0

    def nearly_fits(self, cast: str) -> bool:
        """Whether the cast was tried on every row and turns only a few away."""
        rejected = self.rejected.get(cast, self.profile.values)
        return self.profile.values >= ENOUGH and 0 < rejected <= FEW * self.profile.values

    def is_most(self, number: int) -> bool:
        """Whether these are all values, or all but a few."""
        few = FEW * self.profile.values if self.profile.values >= ENOUGH else 0
        return self.profile.values - number <= few


def measure(
    cursor: extensions.cursor,
    casts: Casts,
    relation: str,
    found: dict[str, Evidence],
    candidates: dict[str, list[str]],
    kept: dict[str, str | None],
) -> None:
    """Complete the evidence of a raw table's columns: try the candidates for each on all of its rows.

    A cast that is to be `kept` is counted even if it cannot be chosen any more.
    """
    names = [name for name in found if found[name].profile.values]
    for start in range(0, len(names), BATCH):
        tried = {name: candidates[name] for name in names[start : start + BATCH]}
        # The first rows rule casts out, because one value is enough. All rows decide on the casts that are left.
        _try(cursor, casts, f"(select * from {relation} limit {FIRST_ROWS}) as first_rows", tried, found)
        for name in tried:
            tried[name] = [cast for cast in tried[name] if _is_open(found[name], cast) or cast == kept[name]]
        _try(cursor, casts, relation, tried, found)


def _is_open(found: Evidence, cast: str) -> bool:
    """Whether the first rows let a cast fit, or nearly fit, or be told why it does not."""
    return found.rejected[cast] <= FEW * FIRST_ROWS or (cast == "as_utc" and found.forms["too_fine"] > 0)


def _try(
    cursor: extensions.cursor, casts: Casts, relation: str, tried: dict[str, list[str]], found: dict[str, Evidence]
) -> None:
    """Count over a relation, in one pass, what each cast turns away, and the forms, ranges and lengths of values."""
    inner: list[str] = []
    outer: list[str] = []
    places: list[tuple[dict, str]] = []
    for column, (name, candidates) in enumerate(tried.items()):
        raw = f"raw_{column}"
        inner.append(f"{casts('quote_column', name)} as {raw}")
        for candidate in candidates:
            cast = f"{candidate}_{column}"
            inner.append(f"{casts(candidate, name)} as {cast}")
            speaks = CASTS[candidate].speaks_for.format(raw=raw, cast=cast)
            outer.append(f"count(*) filter (where {raw} is not null and ({cast} is null or not ({speaks})))")
            places.append((found[name].rejected, candidate))
            if CASTS[candidate].ranged:
                outer.append(f"array[min({cast})::text, max({cast})::text]")
                places.append((found[name].ranges, candidate))
        for form, (candidate, condition) in FORMS.items():
            if candidate in candidates:
                outer.append(f"count(*) filter (where {condition.format(raw=raw)})")
                places.append((found[name].forms, form))
        if "as_text" in candidates:
            outer.append(f"array[min(char_length({raw})), max(char_length({raw}))]")
            places.append((found[name].__dict__, "lengths"))
    if outer:
        # `offset 0` keeps PostgreSQL from copying a cast into each of the places that read it.
        cursor.execute(f"select {', '.join(outer)} from (select {', '.join(inner)} from {relation} offset 0) as typed")
        for (facts, key), value in zip(places, cursor.fetchone(), strict=True):
            facts[key] = value


def read_words(cursor: extensions.cursor, relation: str, column: str) -> tuple[str, ...]:
    """The values of a text column if they are 2 to 12 and repeated, else nothing."""
    name = sql.Identifier(column).as_string(cursor)
    cursor.execute(
        f"select array_agg(word order by word), sum(n) from (select {name} as word, count(*) as n from {relation}"
        f" where {name} is not null group by 1 limit 13) as words"
    )
    words, rows = cursor.fetchone()
    is_closed = 2 <= len(words) <= 12 and rows >= max(10, 3 * len(words))
    return tuple(words) if is_closed and all(map(WORD.fullmatch, words)) else ()


def count_rejected(cursor: extensions.cursor, relation: str, raw: str, cast: str) -> int:
    """Rows that a cast turns away."""
    cursor.execute(f"select count(*) from {relation} where {raw} is not null and ({cast}) is null")
    return cursor.fetchone()[0]


def find_rejected(cursor: extensions.cursor, relation: str, raw: str, cast: str, name: str) -> tuple[int, str]:
    """The first row that a cast turns away, and its raw value."""
    speaks = CASTS[name].speaks_for.format(raw=raw, cast=f"({cast})")
    cursor.execute(
        f"select {ROW_COLUMN}, {raw} from {relation} where {raw} is not null and (({cast}) is null or not ({speaks}))"
        f" order by {ROW_COLUMN} limit 1"
    )
    return cursor.fetchone()


def measure_key(cursor: extensions.cursor, relation: str, key: Sequence[str]) -> tuple[int, int, int]:
    """Of a key's typed values: how many stand there twice, rows with a null in them, and the longest in bytes."""
    columns, is_null = ", ".join(key), " or ".join(f"({value}) is null" for value in key)
    bytes_ = " + ".join(f"coalesce(octet_length(({value})::text), 0)" for value in key)
    cursor.execute(
        f"select count(*) filter (where n > 1 and not has_null), coalesce(sum(n) filter (where has_null), 0),"
        f" coalesce(max(bytes), 0) from (select count(*) as n, bool_or({is_null}) as has_null, max({bytes_}) as bytes"
        f" from {relation} group by {columns}) as keys"
    )
    return cursor.fetchone()


def count_unmatched(
    cursor: extensions.cursor, child: str, values: Sequence[str], parent: str, keys: Sequence[str]
) -> int:
    """Rows of the child whose values, none of them null, are in no row of the parent."""
    aliases = [f"c{number}" for number in range(len(values))]
    own = ", ".join(f"({value}) as {alias}" for value, alias in zip(values, aliases, strict=True))
    others = ", ".join(f"({value}) as {alias}" for value, alias in zip(keys, aliases, strict=True))
    present = " and ".join(f"{alias} is not null" for alias in aliases)
    equal = " and ".join(f"parent.{alias} = child.{alias}" for alias in aliases)
    cursor.execute(
        f"select count(*) from (select {own} from {child}) as child where {present}"
        f" and not exists (select from (select {others} from {parent}) as parent where {equal})"
    )
    return cursor.fetchone()[0]
