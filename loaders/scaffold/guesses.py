"""Choose a cast for a column without a value: by its declaration, by columns of the file like it, by its name."""

from synapse_analytics.scaffold.casts import CASTS
from synapse_analytics.scaffold.design import Choice, Design
from synapse_analytics.scaffold.hints import declared_cast, declared_length, name_words
from synapse_analytics.sqlite.catalogue import ColumnEntry

BY_NAME = {"date": "as_date", "at": "as_utc"}  # by the last word, in a column that is declared as text or not at all
GUESSED = ("date", "time", "timestamptz", "text")  # what the columns of a file have in common
SHORTEST = {"as_date": 10, "as_utc": 19, "as_local_time": 19}  # characters


def guess_empty(designs: list[Design]) -> None:
    """Choose a cast for every column without a value."""
    filled = [choice for design in designs for choice in design.choices.values() if choice.evidence.profile.values]
    for design in designs:
        siblings = [choice for choice in design.choices.values() if choice.evidence.profile.values]
        for choice in design.choices.values():
            if not choice.evidence.profile.values:
                choice.cast = _guess(choice.column, siblings, filled)


def _guess(column: ColumnEntry, siblings: list[Choice], filled: list[Choice]) -> str:
    """What the DDL asks for, else what columns alike hold, else what the name says, if the declared length has room."""
    if "json" in name_words(column.comment):
        return "as_json"
    if declared := declared_cast(column):
        return declared
    words, length = name_words(column.name), declared_length(column)
    alike = [
        [choice for choice in filled if _is_alike(choice.column, column) and choice.column.name == column.name],
        [choice for choice in filled if _is_alike(choice.column, column) and length],
    ]
    if words and words[-1] in BY_NAME:
        alike.append([choice for choice in siblings if name_words(choice.column.name)[-1:] == words[-1:]])
    for casts in ({choice.cast for choice in choices} for choices in alike):
        if len(casts) == 1 and CASTS[min(casts)].type in GUESSED and "as_raw" not in casts:
            return casts.pop()
    by_name = BY_NAME.get(words[-1] if words else "", "as_text")
    return by_name if length is None or length >= SHORTEST.get(by_name, 0) else "as_text"


def _is_alike(one: ColumnEntry, other: ColumnEntry) -> bool:
    return one.declared_type.lower() == other.declared_type.lower()
