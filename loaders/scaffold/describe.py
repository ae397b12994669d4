"""Describe a column or a table in words: what is known of it."""

import re
from collections.abc import Iterable

from synapse_analytics.raw_format import TAG, UNPRINTABLE
from synapse_analytics.scaffold.casts import CASTS
from synapse_analytics.scaffold.design import Choice, Design
from synapse_analytics.scaffold.hints import is_named
from synapse_analytics.words import count_of

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
    """The comment in the DDL if there is one, else what its values show and nothing personal."""
    column, found = choice.column, choice.evidence
    if column.comment:
        return plain(column.comment)
    facts = [_kind(choice)]
    if found.profile.rows:
        facts.append(_nulls(found.profile.nulls, found.profile.rows))
    facts += [f"default {plain(column.default)}"] if column.default else []
    facts += ["computed by SQLite"] if column.is_generated else []
    facts += [f"SQLite checks {plain(check)}" for check in column.checks]
    return f"{'; '.join(facts)}."


def _nulls(nulls: int, rows: int) -> str:
    if nulls in (0, rows):
        return "always null" if nulls else "never null"
    share = f"{nulls / rows:.1%}"
    return f"{nulls} of {rows:,} null" if share in ("0.0%", "100.0%") else f"{share} null"


def _named_kind(choice: Choice) -> str:
    if choice.staged_type == "timestamptz":
        return "Times"  # of which clock, somebody has decided
    return CASTS[choice.cast].kind.format(zone=choice.zone) if choice.cast else f"Values of the type {choice.data_type}"


def _kind(choice: Choice) -> str:
    name, found = choice.column.name, choice.evidence
    kind = _named_kind(choice)
    if not found.profile.values or is_named(name, "personal"):
        return kind
    if found.words:
        return f"{kind}, one of {', '.join(f'`{word}`' for word in found.words)}"
    if choice.cast == "as_text" and found.forms.get("uuids") == found.profile.values:
        return "UUIDs"
    if choice.cast == "as_text" and found.profile.texts:
        least, most = found.lengths
        return f"{kind} of {'' if least == most else f'{least} to '}{count_of(most, 'character')}"
    # A local time was counted as UTC would read it.
    least, most = found.ranges.get("as_utc" if choice.cast == "as_local_time" else choice.cast, (None, None))
    if choice.cast == "as_local_time" or choice.staged_type == "timestamptz" or least is None:
        return kind
    if least == most:
        return f"{kind}, always {least}"
    return f"{kind}{',' if ',' in kind else ''} from {least} to {most}"


def describe_staged_column(choice: Choice) -> str:
    """The same of a column in staging, and what the source calls it, if otherwise."""
    name = choice.column.name
    return describe_column(choice) + ("" if choice.name == name else f" {_code(name)} in the source.")


def describe_table(design: Design, key: Iterable[str]) -> str:
    """What one row is, as far as the catalogue tells; `key` is the primary key, by the names that its columns have."""
    entry = design.entry
    key = " and ".join(map(_code, key))
    one_row = f"One row per {key}." if key else f"One row per row of {_code(entry.name)}, which has no key."
    comment = entry.comment.rstrip(".") or "TODO: say what a row stands for"
    return f"{one_row} {plain(comment[0].upper() + comment[1:])}."
