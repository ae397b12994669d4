"""Say how the values of a column contradict what is declared or what most of them are, as comments above the column."""

from synapse_analytics import printable
from synapse_analytics.scaffold.casts import CASTS
from synapse_analytics.scaffold.evidence import Evidence
from synapse_analytics.scaffold.hints import declared_length, is_named
from synapse_analytics.sqlite.catalogue import ColumnEntry
from synapse_analytics.words import count_of

LONGEST_VALUE = 40  # characters
NUMBERS = ("as_integer", "as_double", "as_numeric")


def find_contradictions(column: ColumnEntry, found: Evidence, declared: str | None, cast: str) -> list[str]:
    """A remark for each way in which a column's values contradict the DDL; `declared` is the cast that it asks for."""
    # It stands in a comment of SQL, which dbt renders.
    declared_type = " ".join(column.declared_type.translate({ord("{"): None, ord("}"): None}).lower().split())
    rejected, too_fine = found.rejected.get(declared or "", 0), found.forms.get("too_fine", 0)
    remarks = []

    def contradict(number: int, what: str) -> None:
        if number:
            remarks.append(f"declared {declared_type}; {number} of {found.profile.rows} rows {what}")

    if declared in (*NUMBERS, "as_bytes"):
        contradict(found.profile.texts, "hold text")
    if declared == "as_integer":
        contradict(found.profile.reals, "hold a real")
    if (declared and declared != "as_bytes") or column.has_text_affinity:
        contradict(found.profile.blobs, "hold a blob")
    if too_fine and found.rejected.get("as_utc") == too_fine:
        what = "hold a time with more than 6 digits of a second, which PostgreSQL does not keep"
        remarks.append(f"{too_fine} of {found.profile.rows} rows {what}")
    elif declared and declared not in NUMBERS and CASTS[declared].one and cast != declared:
        contradict(rejected, f"hold no {CASTS[declared].one}")
    limit = declared_length(column)
    if limit is not None and found.lengths[1] > limit:
        remarks.append(f"declared {declared_type}; the longest text has {count_of(found.lengths[1], 'character')}")
    if column.is_not_null and found.profile.nulls:
        remarks.append(f"declared not null; {found.profile.nulls} of {found.profile.rows} rows are null")
    return remarks


def name_odd_values(column: ColumnEntry, found: Evidence, cast: str, row: int, value: str, wished: str) -> str:
    """A remark on the few values that keep a column from a cast, with the first of them and its row.

    `wished` is the cast to take in its place, which for times says the clock.
    """
    rejected = found.rejected[cast]
    shown = "" if is_named(column.name, "personal") else f": '{printable(value, LONGEST_VALUE)}'"
    return (
        f"{count_of(found.profile.values - rejected, CASTS[cast].one)}, {rejected} of another form (row {row}{shown});"
        f" {wished} would make {'it' if rejected == 1 else 'these'} null"
    )
