"""What the DDL and the name of a column say about its values. The values themselves have to agree."""

import re
from operator import itemgetter
from pathlib import Path

import yaml

from synapse_analytics.scaffold.casts import CASTS
from synapse_analytics.sqlite.catalogue import ColumnEntry

WORDS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parent / "templates" / "words.yml").read_text(encoding="utf-8")
)


def declared_cast(column: ColumnEntry) -> str | None:
    """What the DDL asks for: the function in its default, or its type. None for text, and for no type."""
    declared, default = column.declared_type.upper(), (column.default or "").upper()
    if "LOCALTIME" in default:
        return "as_local_time"
    if is_stamped(column):
        return "as_utc"
    asked = [(len(part), name) for name, cast in CASTS.items() for part in cast.declared if part in declared]
    return max(asked, key=itemgetter(0))[1] if asked else None


def is_stamped(column: ColumnEntry) -> bool:
    """Whether SQLite itself puts a time into the column, in UTC."""
    default = (column.default or "").upper()
    return "LOCALTIME" not in default and ("CURRENT_TIMESTAMP" in default or "DATETIME('NOW'" in default)


def declared_length(column: ColumnEntry) -> int | None:
    """How many characters the declared type has room for: 19 for TEXT(19)."""
    found = re.search(r"(?:CHAR|TEXT)\w*\s*\(\s*([0-9]{1,9})\s*\)", column.declared_type, re.IGNORECASE)
    return int(found[1]) if found else None


def name_words(name: str) -> list[str]:
    """The words of a name, however they are joined: `createdAt`, `created_at`, `CREATED AT`."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)]


def is_named(name: str, *kinds: str) -> bool:
    """Whether a word of the name is of one of these kinds in words.yml."""
    return any(word in WORDS[kind] for word in name_words(name) for kind in kinds)


def is_moment(column: ColumnEntry) -> bool:
    """Whether the name or the DDL speaks of a point in time."""
    return is_named(column.name, "moments") or declared_cast(column) in ("as_utc", "as_local_time", "as_date")


def is_flag(column: ColumnEntry) -> bool:
    """Whether the name, the type or a check says that the values are true or false."""
    words = name_words(column.name) or [""]
    is_called = words[0] in WORDS["flags_first"] or words[-1] in WORDS["flags_last"]
    return is_called or _allows_two_values(column) or declared_cast(column) == "as_boolean"


def _allows_two_values(column: ColumnEntry) -> bool:
    names = [f"{opening}{column.name}{closing}" for opening, closing in ("  ", '""', "[]", "``")]
    wanted = {"".join(f"{name}in({values})".split()).lower() for name in names for values in ("0,1", "1,0")}
    return any("".join(check.split()).lower() in wanted for check in column.checks)
