"""Choose a cast for each column of new tables, such that every value is kept."""

from psycopg2 import extensions, sql
from tqdm import tqdm

from synapse_analytics.scaffold.casts import CASTS, Casts
from synapse_analytics.scaffold.clocks import clock_of, settle_zones
from synapse_analytics.scaffold.design import Choice, Design
from synapse_analytics.scaffold.evidence import Evidence, count_rejected, find_rejected, measure, read_words
from synapse_analytics.scaffold.guesses import guess_empty
from synapse_analytics.scaffold.hints import declared_cast, is_flag, is_moment, is_named
from synapse_analytics.scaffold.remarks import find_contradictions, name_odd_values
from synapse_analytics.sqlite.catalogue import ColumnEntry, TableEntry
from synapse_analytics.table import Profile

EPOCHS = [name for name, cast in CASTS.items() if cast.epoch]
NUMBERS = ["as_integer", "as_double"]  # tried on text beside numbers too, to say how many of it are none
FLAGS = 2  # columns of 0 and 1 that are flags by name, so that others of the table are flags too


def infer(
    cursor: extensions.cursor,
    casts: Casts,
    schema: str,
    tables: list[tuple[TableEntry, dict[str, Profile]]],
    zone: str | None,
) -> list[Design]:
    """A design for each of these loaded tables, which come with their rows per column and storage class.

    Times that name no zone are read in `zone`; None leaves it to their form. Keys and references are still to be
    settled.
    """
    cursor.execute("set local timezone = 'UTC'; set local jit = off")
    bar = tqdm(tables, desc=schema, unit="tables", delay=2, disable=None)
    designs = [_design(cursor, casts, schema, table, profiles, zone) for table, profiles in bar]
    guess_empty(designs)
    settle_zones(cursor, casts, designs, zone)
    return designs


def _design(
    cursor: extensions.cursor,
    casts: Casts,
    schema: str,
    table: TableEntry,
    profiles: dict[str, Profile],
    zone: str | None,
) -> Design:
    """The table with a cast for each column that has values."""
    relation = sql.Identifier(schema, table.name).as_string(cursor)
    found = {name: Evidence(profile) for name, profile in profiles.items()}
    declared = {column.name: declared_cast(column) for column in table.columns}
    candidates = {column.name: _tried(column, found[column.name]) for column in table.columns}
    measure(cursor, casts, relation, found, candidates, declared)
    is_untyped = all(column.declared_type.upper() in ("", "TEXT", "ANY", "BLOB") for column in table.columns)
    bits = [column for column in table.columns if _is_bit(found[column.name])]
    has_flags = sum(map(is_flag, bits)) >= max(FLAGS, len(bits) / 2)
    choices = {}
    for column in table.columns:
        evidence = found[column.name]
        if evidence.profile.values:
            wanted = ["as_bytes"] if evidence.profile.blobs else _wanted(column, evidence, is_untyped, has_flags)
            choices[column.name] = _choose(cursor, casts, relation, column, evidence, wanted, zone)
        else:
            choices[column.name] = Choice(column, evidence, "as_text", [])
    return Design(table, relation, choices)


def try_cast(cursor: extensions.cursor, casts: Casts, relation: str, choice: Choice, cast: str) -> bool:
    """Give the column this cast if it turns no row away; whether it did."""
    name = choice.column.name
    rejected = count_rejected(cursor, relation, casts("quote_column", name), casts(cast, name, *choice.arguments))
    choice.evidence.rejected[cast] = rejected
    if not rejected:
        choice.cast = cast
    return not rejected


def candidates_for(column: ColumnEntry, found: Evidence) -> list[str]:
    """The casts worth trying, by the storage classes that occur."""
    if found.profile.blobs:
        return ["as_bytes"]
    if found.profile.texts:
        beside = "mixed" if _has_numbers(found) else "text"
        return [name for name, cast in CASTS.items() if beside in cast.tried]
    declared = declared_cast(column)
    epochs = EPOCHS if is_moment(column) else []
    doubles = ["as_double", "as_text"] if found.profile.reals or declared in ("as_double", "as_numeric") else []
    return ["as_boolean", *epochs, "as_integer", *(["as_numeric"] if declared == "as_numeric" else []), *doubles]


def _tried(column: ColumnEntry, found: Evidence) -> list[str]:
    is_mixed = found.profile.texts and _has_numbers(found) and not found.profile.blobs
    return [*candidates_for(column, found), *(NUMBERS if is_mixed else [])]


def _has_numbers(found: Evidence) -> bool:
    return found.profile.integers + found.profile.reals > 0


def _wanted(column: ColumnEntry, found: Evidence, is_untyped: bool, has_flags: bool) -> list[str]:
    """The casts that the name, the type and the kinds of values allow, the best first.

    `is_untyped` tells that the DDL gives its table no types, as an import of text does: then text that reads as a
    number is one. `has_flags` tells that 0 and 1 are true and false in other columns of the table.
    """
    declared = declared_cast(column)
    flag = ["as_boolean"] if _is_boolean(column, found, has_flags) else []
    if not found.profile.texts:
        only_zeros = found.ranges.get("as_integer") == ["0", "0"]
        epochs = [] if only_zeros else [name for name in EPOCHS if name != "as_apple_seconds" or declared]
        first = [declared] if declared in ("as_double", "as_numeric") else []
        return [*flag, *epochs, *first, "as_integer", "as_double"]
    if _has_numbers(found):
        return flag
    is_number = is_untyped and not is_named(column.name, "codes")
    times = ["as_time"] if is_named(column.name, "clock") or declared == "as_time" else []
    numbers = ["as_integer"] if is_number else []
    numbers += ["as_numeric"] if is_number or is_named(column.name, "measures") else []
    return [*flag, "as_utc", "as_json", "as_date", *times, *numbers]


def _is_bit(found: Evidence) -> bool:
    """Whether 0 and 1 occur, and nothing else."""
    return found.ranges.get("as_integer") == ["0", "1"] and found.fits("as_boolean")


def _is_boolean(column: ColumnEntry, found: Evidence, has_flags: bool) -> bool:
    """Digits and letters are truth values if the name, the type or a check says so; words if there is yes and no."""
    if is_flag(column) or (has_flags and _is_bit(found) and not is_named(column.name, "codes", "counts", "measures")):
        return True
    yes, no = (found.forms.get(form, 0) for form in ("affirmed", "denied"))
    return yes > 0 and no > 0 and found.is_most(yes + no)


def _choose(
    cursor: extensions.cursor,
    casts: Casts,
    relation: str,
    column: ColumnEntry,
    found: Evidence,
    wanted: list[str],
    zone: str | None,
) -> Choice:
    """The cast for a column with values, such that every one of them is kept."""
    cast = next(filter(found.fits, wanted), None)
    is_mixed = found.profile.texts and _has_numbers(found)
    near = None if cast else next(filter(found.nearly_fits, [*wanted, *(NUMBERS if is_mixed else [])]), None)
    if found.profile.blobs:
        cast = "as_bytes" if found.fits("as_bytes") else "as_raw"
    elif not cast:
        is_text = not found.profile.texts or (found.fits("as_text") and not is_ambiguous(found))
        cast = "as_text" if is_text else "as_raw"
    declared = declared_cast(column)
    remarks = find_contradictions(column, found, None if near == declared else declared, cast)
    if near:
        row, value = find_rejected(cursor, relation, casts("quote_column", column.name), casts(near, column.name), near)
        wished = clock_of(column, found, zone) if near == "as_utc" else near
        remarks.append(name_odd_values(column, found, near, row, value, wished))
    if cast == "as_text" and is_named(column.name, "states") and not is_named(column.name, "codes", "personal"):
        found.words = read_words(cursor, relation, column.name)
    return Choice(column, found, clock_of(column, found, zone) if cast == "as_utc" else cast, remarks)


def is_ambiguous(found: Evidence) -> bool:
    """Whether as_text would make a number and a text one: text that reads as a number is tagged if both can be."""
    return _has_numbers(found) and found.forms.get("tagged", 0) > 0
