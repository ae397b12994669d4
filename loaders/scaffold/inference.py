"""Choose a cast for each column of a new table, such that every value is kept."""

import re
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import yaml
from psycopg2 import extensions, sql
from tqdm import tqdm

from loaders.scaffold.casts import CASTS, Casts
from loaders.scaffold.evidence import Evidence, count_rejected, measure, read_words
from loaders.scaffold.remarks import find_contradictions
from loaders.sqlite.catalogue import ColumnEntry, Reference, TableEntry
from loaders.table import Profile

WORDS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "templates" / "words.yml").read_text(encoding="utf-8")
)


@dataclass
class Choice:
    """A column, what was found in it, the cast chosen for it, and remarks on what contradicts the DDL.

    `staged_type` is the type that it has in a staging model that is there, and that rules.
    """

    column: ColumnEntry
    evidence: Evidence
    cast: str
    remarks: list[str]
    staged_type: str = ""

    @property
    def data_type(self) -> str:
        """The type in PostgreSQL."""
        return self.staged_type or CASTS[self.cast].type

    def follow(self, staged_type: str) -> None:
        """Take the type that the staging model has; the cast is then the first that gives it, or none."""
        if staged_type != self.data_type:
            self.cast = next((name for name, cast in CASTS.items() if cast.type == staged_type), "")
            self.evidence.words = ()
        self.staged_type = staged_type

    @property
    def is_complete(self) -> bool:
        """Whether every row has a value, and the cast keeps it."""
        is_kept = not self.evidence.profile.values or self.cast == "as_raw" or self.evidence.fits(self.cast)
        return is_kept and not self.evidence.profile.nulls


@dataclass
class Design:
    """A table as it is to be in staging: its columns, and what holds of its keys and references.

    `relation` is its raw table, `staged` the SQL of the staging model that is there.
    """

    entry: TableEntry
    relation: str
    choices: dict[str, Choice]
    staged: str = ""
    key: tuple[str, ...] = ()
    unique_keys: list[tuple[str, ...]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def infer(
    cursor: extensions.cursor, casts: Casts, schema: str, tables: list[tuple[TableEntry, dict[str, Profile]]]
) -> list[Design]:
    """A design for each of these loaded tables, which come with their rows per column and storage class.

    Its keys and references are still to be settled.
    """
    cursor.execute("set local timezone = 'UTC'; set local jit = off")
    designs = []
    for table, profiles in tqdm(tables, desc=schema, unit="tables", delay=2, disable=None):
        relation = sql.Identifier(schema, table.name).as_string(cursor)
        found = {name: Evidence(profile) for name, profile in profiles.items()}
        declared = {column.name: declared_cast(column) for column in table.columns}
        candidates = {column.name: candidates_for(column, found[column.name]) for column in table.columns}
        measure(cursor, casts, relation, found, candidates, declared)
        is_untyped = all(column.declared_type.upper() in ("", "TEXT", "ANY", "BLOB") for column in table.columns)
        filled = [column for column in table.columns if found[column.name].profile.values]
        choices = {column.name: choose(column, found[column.name], is_untyped) for column in filled}
        for choice in choices.values():
            # Tried last, for it takes the forms that as_utc takes, but for the hour that a clock skips in spring.
            if choice.cast == "as_local_time" and not try_cast(cursor, casts, relation, choice, "as_local_time"):
                choice.cast = "as_utc"
        siblings = {name_words(name)[-1]: choice.cast for name, choice in choices.items() if name_words(name)}
        choices = {
            column.name: choices.get(column.name) or Choice(column, found[column.name], guess(column, siblings), [])
            for column in table.columns
        }
        for name, choice in choices.items():
            is_state = is_named(name, "states") and not is_named(name, "codes", "personal")
            if choice.cast == "as_text" and is_state and choice.evidence.profile.values:
                choice.evidence.words = read_words(cursor, relation, name)
        designs.append(Design(table, relation, choices))
    return designs


def try_cast(cursor: extensions.cursor, casts: Casts, relation: str, choice: Choice, cast: str) -> bool:
    """Give the column this cast if it turns no row away; whether it did."""
    name = choice.column.name
    rejected = count_rejected(cursor, relation, casts("quote_column", name), casts(cast, name))
    choice.evidence.rejected[cast] = rejected
    if not rejected:
        choice.cast = cast
    return not rejected


def declared_cast(column: ColumnEntry) -> str | None:
    """What the DDL asks for: the function in its default, or its type. None for text, and for no type."""
    declared, default = column.declared_type.upper(), (column.default or "").upper()
    if "LOCALTIME" in default:
        return "as_local_time"
    if "CURRENT_TIMESTAMP" in default or "DATETIME('NOW'" in default:
        return "as_utc"
    asked = [(len(part), name) for name, cast in CASTS.items() for part in cast.declared if part in declared]
    return max(asked, key=itemgetter(0))[1] if asked else None


def guess(column: ColumnEntry, siblings: dict[str, str]) -> str:
    """The cast of a column without a value: as the DDL says, its comment, a column named alike, or its own name.

    `siblings` maps the last word of the names of columns that have values to the cast of these.
    """
    if re.search(r"\bjson\b", column.comment, re.IGNORECASE):
        return "as_json"
    last = name_words(column.name)[-1:]
    by_name = {("date",): "as_date", ("at",): "as_utc"}.get(tuple(last))
    if by_name and not declared_cast(column):
        return siblings.get(last[0], by_name)
    return declared_cast(column) or "as_text"


def name_words(name: str) -> list[str]:
    """The words of a name, however they are joined: `createdAt`, `created_at`, `CREATED AT`."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)]


def is_named(name: str, *kinds: str) -> bool:
    """Whether a word of the name is of one of these kinds in words.yml."""
    return any(word in WORDS[kind] for word in name_words(name) for kind in kinds)


def candidates_for(column: ColumnEntry, found: Evidence) -> list[str]:
    """The casts worth trying, by the storage classes that occur."""
    if found.profile.blobs:
        return ["as_bytes"]
    if found.profile.texts:
        beside = "mixed" if found.profile.integers + found.profile.reals else "text"
        return [name for name, cast in CASTS.items() if beside in cast.tried]
    epochs = ["as_epoch_seconds", "as_epoch_milliseconds"] if _is_moment(column) else []
    doubles = ["as_double", "as_text"] if found.profile.reals or declared_cast(column) == "as_double" else []
    return ["as_boolean", *epochs, "as_integer", *doubles]


def _is_moment(column: ColumnEntry) -> bool:
    return is_named(column.name, "moments") or declared_cast(column) in ("as_utc", "as_local_time", "as_date")


def choose(column: ColumnEntry, found: Evidence, is_untyped: bool) -> Choice:
    """The cast for a column with values, such that every one of them is kept.

    `is_untyped` tells that the DDL gives its table no types, as an import of text does: then text that reads as a
    number is one.
    """
    declared = declared_cast(column)
    cast = _cast_of_values(column, found, declared, is_untyped)
    return Choice(column, found, cast, find_contradictions(column, found, declared, cast))


def _cast_of_values(column: ColumnEntry, found: Evidence, declared: str | None, is_untyped: bool) -> str:
    if found.profile.blobs:
        return "as_bytes" if found.fits("as_bytes") else "as_raw"
    if found.fits("as_boolean") and _is_boolean(column, found, declared):
        return "as_boolean"
    if not found.profile.texts:
        numbers = ("as_double", "as_integer") if declared == "as_double" else ("as_integer", "as_double")
        return next(filter(found.fits, ("as_epoch_seconds", "as_epoch_milliseconds", *numbers)), "as_text")
    if not found.profile.integers + found.profile.reals:
        if found.fits("as_utc"):
            return _clock(found, declared)
        is_number = is_untyped and not is_named(column.name, "codes")
        wanted = {
            "as_json": True,
            "as_date": True,
            "as_time": is_named(column.name, "clock") or declared == "as_time",
            "as_integer": is_number,
            "as_numeric": is_number or is_named(column.name, "measures"),
        }
        for cast in wanted:
            if wanted[cast] and found.fits(cast):
                return cast
    return "as_text" if found.fits("as_text") and not is_ambiguous(found) else "as_raw"


def is_ambiguous(found: Evidence) -> bool:
    """Whether as_text would make a number and a text one: text that reads as a number is tagged if both can be."""
    return found.profile.integers + found.profile.reals > 0 and found.forms.get("tagged", 0) > 0


def _is_boolean(column: ColumnEntry, found: Evidence, declared: str | None) -> bool:
    """Digits and letters are truth values if the name or the type says so; words if there is yes and no."""
    words = name_words(column.name) or [""]
    is_flag = words[0] in WORDS["flags_first"] or words[-1] in WORDS["flags_last"]
    yes, no = (found.forms.get(form, 0) for form in ("affirmed", "denied"))
    return declared == "as_boolean" or is_flag or (yes > 0 and no > 0 and yes + no == found.profile.values)


def _clock(found: Evidence, declared: str | None) -> str:
    """UTC is what SQLite's own functions write; `T` and fractions are what applications write, in local time."""
    local = found.forms["application_times"] - found.forms["zoned"]
    is_local = declared == "as_local_time" or 2 * local > found.profile.values
    return "as_local_time" if is_local else "as_utc"
