"""Say in words what is known of a column or a table, for its description and for the terminal."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from loaders import printable
from loaders.inference import Choice, Design, is_named
from loaders.raw_format import TAG, UNPRINTABLE
from loaders.report import render_table
from loaders.words import count_of

if TYPE_CHECKING:
    from loaders.scaffold import Addition

KINDS = {
    "as_boolean": "True or false",
    "as_date": "Days",
    "as_time": "Times of day",
    "as_utc": "Times in UTC",
    "as_local_time": "Times, read in `application_timezone`",
    "as_epoch_seconds": "Times, stored as seconds since 1970",
    "as_epoch_milliseconds": "Times, stored as milliseconds since 1970",
    "as_json": "JSON",
    "as_integer": "Whole numbers",
    "as_double": "Numbers",
    "as_numeric": "Decimal numbers, stored as text",
    "as_bytes": "Bytes",
    "as_text": "Text",
    "as_raw": "Values of several kinds, in the raw format (docs/decisions.md)",
}

FORMS = {
    "as_boolean": "yes or no",
    "as_date": "ISO dates",
    "as_time": "times of day",
    "as_utc": "times as SQLite writes them",
    "as_local_time": "times as applications write them",
    "as_epoch_seconds": "seconds since 1970",
    "as_epoch_milliseconds": "milliseconds since 1970",
    "as_json": "JSON objects or arrays",
    "as_numeric": "decimal numbers",
    "as_raw": "of several kinds",
}

# What Markdown reads as more than text: the docs and PostgreSQL's comments have one text, so nothing else is escaped.
MARKDOWN = re.compile(
    r"""[*`]
    | \\(?=[!-/:-@\[-`{-~]|\Z)            # a backslash before what it would escape
    | (?<!\w)_+                          # within a word it is text
    | ~(?=~)
    | \[(?!\](?:[^\s(\[:]|\Z))           # [] alone is no link
    | \A(?:[>\#]|[-+](?=\ ))              # a quotation, a heading, a list
    | (?<=CATALOG)\.(?=JSON\ INLINE\ DATA\Z)  # what dbt replaces by its catalogue in a page
    """,
    re.VERBOSE | re.ASCII,
)
NUMBERED = re.compile(r"\A([0-9]+)\.(?= )")
ENTITY = re.compile(r"&(?=#?\w+;)")


def visible(text: str) -> str:
    """Text in one line, with an escape of Python's in place of what YAML or a terminal would not show."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def without_tags(text: str) -> str:
    """Text in which no page finds a tag."""
    return TAG.sub("&lt;", text)


def plain(text: str) -> str:
    """Text of a file as Markdown that shows it as it is."""
    escaped = MARKDOWN.sub(lambda found: re.sub("(?=.)", r"\\", found[0]), visible(text))
    return without_tags(ENTITY.sub("&amp;", NUMBERED.sub(r"\1\.", escaped)))


def _code(name: str) -> str:
    return plain(name) if "`" in name else f"`{name}`"


def describe_column(choice: Choice) -> str:
    """The comment in the DDL where there is one, else a TODO with what its values show and nothing personal."""
    column, found = choice.column, choice.evidence
    if column.comment:
        return plain(column.comment)
    facts = [_kind(choice) if found.values else f"{_named_kind(choice)} by its declaration, no value yet"]
    if found.values:
        facts.append(f"{found.nulls / found.rows:.1%} null" if found.nulls else "never null")
    facts += [f"default {plain(column.default)}"] if column.default else []
    facts += ["computed by SQLite"] if column.is_generated else []
    facts += [f"SQLite checks {plain(check)}" for check in column.checks]
    return f"TODO: {'; '.join(facts)}."


def _named_kind(choice: Choice) -> str:
    if choice.staged_type == "timestamptz":
        return "Times"  # of which clock, somebody has decided
    return KINDS.get(choice.cast, f"Values of the type {choice.data_type}")


def _kind(choice: Choice) -> str:
    name, found = choice.column.name, choice.evidence
    kind = _named_kind(choice)
    if not found.values:
        return f"{kind} by its declaration, no value yet"
    if is_named(name, "personal"):
        return kind
    if found.words:
        return f"{kind}, one of {', '.join(f'`{word}`' for word in found.words)}"
    if choice.cast == "as_text" and found.forms.get("uuids") == found.values:
        return "UUIDs"
    if choice.cast == "as_text" and found.texts:
        least, most = found.lengths
        return f"{kind} of {least} characters" if least == most else f"{kind} of {least} to {most} characters"
    # A local time was counted as UTC would read it.
    least, most = found.ranges.get("as_utc" if choice.cast == "as_local_time" else choice.cast, (None, None))
    if choice.cast == "as_local_time" or choice.staged_type == "timestamptz" or least is None:
        return kind
    if least == most:
        return f"{kind}, always {least}"
    return f"{kind}{',' if ',' in kind else ''} from {least} to {most}"


def describe_table(design: Design) -> str:
    """What one row is, as far as the catalogue tells."""
    entry = design.entry
    key = " and ".join(map(_code, entry.primary_key))
    one_row = f"One row per {key}." if key else f"One row per row of {_code(entry.name)}, which has no key."
    comment = entry.comment.rstrip(".") or "TODO: say what a row stands for"
    return f"{one_row} {plain(comment[0].upper() + comment[1:])}."


def describe_found(choice: Choice) -> str:
    """The storage classes that occur, each with its number of rows, and the form that all values have."""
    found = choice.evidence
    classes = {"integer": found.integers, "real": found.reals, "text": found.texts, "blob": found.blobs}
    counted = [f"{number} {name}" for name, number in {**classes, "null": found.nulls}.items() if number]
    if not found.values:
        return f"{counted[0] if counted else 'no row'}: by its declaration or name"
    form = FORMS.get(choice.cast)
    if choice.cast == "as_utc" and found.forms.get("zoned") == found.values:
        form = "times with a zone"
    return ", ".join(counted) + (f": {form}" if form else "")


def render_addition(addition: "Addition", root: Path) -> str:
    """What was found and chosen, column by column, what was written, and what to do next."""
    headers = ("table", "column", "declared", "found", "chosen")
    rows = [
        (
            design.entry.name,
            name,
            choice.column.declared_type.lower(),
            describe_found(choice),
            choice.cast or choice.data_type,
        )
        for design in addition.designs
        for name, choice in design.choices.items()
    ]
    remarks = [
        f"{d.entry.name}.{name}: {r}" for d in addition.designs for name, c in d.choices.items() for r in c.remarks
    ]
    remarks += [f"{design.entry.name}: {remark}" for design in addition.designs for remark in design.remarks]
    parts = [render_table(rows, headers, disable_numparse=True), "\n".join(map(printable, remarks))]
    if addition.written:
        parts.append("written:\n" + "\n".join(f"  {path.relative_to(root)}" for path in addition.written))
        parts.append("next: replace each TODO in them by what you know, and run `dbt build`")
    return "\n\n".join(filter(None, [*parts, summarize(addition)]))


def summarize(addition: "Addition") -> str:
    """An addition in one line."""
    rows = sum(t.landed_rows for t in addition.loads)
    columns = sum(len(design.choices) for design in addition.designs)
    written = f"{count_of(len(addition.written), 'file')} written" if addition.written else "nothing to write"
    counted = [
        count_of(len(addition.designs), "table"),
        count_of(columns, "column"),
        f"{count_of(rows, 'row')} loaded",
        written,
    ]
    return f"{addition.database.name}: {', '.join(counted)}"
