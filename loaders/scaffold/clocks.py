"""In which zone times are that name none: a person says it, the program that wrote the file, or their form."""

from collections import Counter
from pathlib import Path

import psycopg2
import yaml
from psycopg2 import extensions, sql

from synapse_analytics import Problem
from synapse_analytics.raw_format import ROW_COLUMN
from synapse_analytics.scaffold.casts import Casts
from synapse_analytics.scaffold.design import Choice, Design
from synapse_analytics.scaffold.evidence import Evidence
from synapse_analytics.scaffold.hints import declared_cast, is_stamped
from synapse_analytics.sqlite.catalogue import ColumnEntry, TableEntry

# Of each program, the tables by which its files are known.
WRITERS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "templates" / "utc_writers.yml").read_text(encoding="utf-8")
)
CLOCKS = ("as_utc", "as_local_time")


def zone_of_file(cursor: extensions.cursor, tables: list[TableEntry], asked: str | None) -> str | None:
    """The zone that was asked for, or UTC if a program wrote the file that does so; else None.

    Raises Problem for a zone that PostgreSQL does not know.
    """
    if asked is None:
        names = {table.name for table in tables}
        return "UTC" if any(names >= set(known) for known in WRITERS.values()) else None
    try:
        cursor.execute("savepoint zone; select now() at time zone %s", [asked])
    except psycopg2.Error:
        cursor.execute("rollback to savepoint zone")
        raise Problem(f"PostgreSQL knows no time zone {asked!a}: name one as in Europe/Berlin.") from None
    return asked


def clock_of(column: ColumnEntry, found: Evidence, zone: str | None) -> str:
    """The cast for a column of times.

    SQLite's own functions write UTC. So do files in which every time is UTC. Without a zone for the file, `T` and
    fractions are what applications write, in local time.
    """
    if is_stamped(column) or zone == "UTC":
        return "as_utc"
    local = found.forms["application_times"] - found.forms["zoned"]
    is_local = zone or declared_cast(column) == "as_local_time" or 2 * local > found.profile.values
    return "as_local_time" if is_local else "as_utc"


def settle_zones(cursor: extensions.cursor, casts: Casts, designs: list[Design], zone: str | None) -> None:
    """Give every local time its zone, and columns without a value the clock of their table or else of their file."""
    usual = zone_clock(zone) or _most_common([choice for design in designs for choice in design.choices.values()])
    for design in designs:
        clock = zone_clock(zone) or _most_common(design.choices.values()) or usual
        for choice in design.choices.values():
            is_open = not choice.evidence.profile.values and not is_stamped(choice.column)
            if is_open and clock and choice.cast == "as_utc":
                choice.cast = clock
            if choice.cast == "as_local_time":
                choice.zone, choice.names_zone = zone or casts.timezone, bool(zone)
                _name_skipped(cursor, casts, design.relation, choice)


def zone_clock(zone: str | None) -> str | None:
    """The cast of a file's zone."""
    return zone and ("as_utc" if zone == "UTC" else "as_local_time")


def _most_common(choices: object) -> str | None:
    clocks = [c.cast for c in choices if c.evidence.profile.values and c.cast in CLOCKS and not is_stamped(c.column)]
    return Counter(clocks).most_common(1)[0][0] if clocks else None


def _name_skipped(cursor: extensions.cursor, casts: Casts, relation: str, choice: Choice) -> None:
    """A remark on times in the hour that a clock skips in spring: after the way to UTC and back they are others."""
    if not choice.evidence.profile.values:
        return
    name = choice.column.name
    raw, cast = casts("quote_column", name), casts("as_local_time", name, *choice.arguments)
    zone = sql.Literal(choice.zone).as_string(cursor)
    cursor.execute(
        f"select count(*), min({ROW_COLUMN}), (array_agg({raw} order by {ROW_COLUMN}))[1] from {relation}"
        f" where {raw} !~ '(Z|[-+][0-9]{{2}}:?[0-9]{{2}})$' and ({cast}) at time zone {zone} <> {raw}::timestamp"
    )
    number, row, value = cursor.fetchone()
    if number:
        rows = choice.evidence.profile.rows
        choice.remarks.append(
            f"{number} of {rows} rows hold a time that the clock of {choice.zone} skips in spring"
            f" (row {row}: '{value}'): read as an hour later"
        )
