"""Say if a file declares columns with another type than at its last load: their values may mean something else now."""

from synapse_analytics.raw_format import raw_name
from synapse_analytics.sqlite.file import SqliteFile
from synapse_analytics.words import listed

LONGEST = 120  # characters of a column and its types


def find_retyped(source: SqliteFile, types: dict[str, dict[tuple[str, str], str]]) -> list[str]:
    """A sentence for each table in which columns that a model reads were declared otherwise at the last load.

    `types` is what the ledger has of each database (declared_types).
    """
    name, notes = source.database.name, []
    before = types.get(name, {})
    for table in source.tables():
        declared = source.database.tables.get(raw_name(table.name), [])
        changed = [
            f"{column.name} from {_spoken(before[table.name, column.name])} to {_spoken(column.declared_type)}"
            for column in table.columns
            if raw_name(column.name) in declared
            and _spoken(before.get((table.name, column.name), column.declared_type)) != _spoken(column.declared_type)
        ]
        if changed:
            notes.append(
                f"{name}: since the last load, the table {table.name} changed the type of {listed(changed, LONGEST)}:"
                " see whether the casts in staging still fit, and the units are the same."
            )
    return notes


def _spoken(declared_type: str) -> str:
    """A declared type in one writing, as SQLite minds neither case nor blanks."""
    return " ".join(declared_type.lower().split()) or "none"
