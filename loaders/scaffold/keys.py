"""Settle which keys and references of new tables hold, on the typed values; a cast that breaks a key is given up."""

from psycopg2 import extensions

from synapse_analytics.contracts import LONGEST_KEY
from synapse_analytics.scaffold.casts import Casts
from synapse_analytics.scaffold.design import Choice, Design
from synapse_analytics.scaffold.evidence import count_unmatched, measure_key
from synapse_analytics.scaffold.inference import candidates_for, is_ambiguous, try_cast


def settle(cursor: extensions.cursor, casts: Casts, designs: list[Design]) -> None:
    """Complete the designs of a database's tables. Columns that refer to others take their casts, if they can."""
    pending = designs
    for _ in range(10):  # a cast that a key gives up is given up in the references to it, and in their keys
        for design in pending:
            _settle_keys(cursor, casts, design)
        pending = [design for design in designs if _adopt_casts(cursor, casts, design, designs)]
        if not pending:
            break
    for design in designs:
        _settle_references(cursor, casts, design, designs)


def _typed(casts: Casts, design: Design, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    """What to select typed columns from, and their SQL: what a staging model that is there makes of them counts."""
    choices = [design.choices[name] for name in columns]
    if all(choice.staged_type for choice in choices):
        return f"(\n{design.staged}\n) as staged", [casts("quote_column", name) for name in design.called(columns)]
    return design.relation, [
        casts(choice.cast or "as_raw", choice.column.name, *choice.arguments) for choice in choices
    ]


def _settle_keys(cursor: extensions.cursor, casts: Casts, design: Design) -> None:
    """Keep the keys whose typed values are unique, too. Two texts may be one moment: then the column stays text."""
    entry = design.entry
    design.key, design.unique_keys, design.remarks = (), [], []
    for key in filter(None, (entry.primary_key, *entry.unique_keys)):
        doubled, with_null, longest = measure_key(cursor, *_typed(casts, design, key))
        if doubled:
            for choice in map(design.choices.__getitem__, key):
                if not choice.staged_type and choice.data_type not in ("text", "bytea", "bigint"):
                    choice.remarks.append(f"two values of the key would be one {choice.data_type}")
                    is_lossy = is_ambiguous(choice.evidence) or not choice.evidence.fits("as_text")
                    choice.cast = "as_raw" if is_lossy else "as_text"
            doubled, with_null, longest = measure_key(cursor, *_typed(casts, design, key))
        kind = "the primary key" if key == entry.primary_key else "unique"
        if doubled or (with_null and key == entry.primary_key):
            what = f"{doubled} values stand there twice" if doubled else f"{with_null} rows hold a null in it"
            design.remarks.append(f"declared {kind}: {', '.join(key)}; {what}")
        elif key == entry.primary_key and longest <= LONGEST_KEY:
            design.key = key
        else:
            design.unique_keys.append(key)


def _folded(values: list[str]) -> list[str]:
    """Typed values as SQLite's collation NOCASE compares them, which knows the case of ASCII letters alone."""
    return [f'lower(({value})::text collate "C")' for value in values]


def _suits(choice: Choice, cast: str) -> bool:
    """Whether values of these storage classes come back from the cast: 12.50, as text, would not from 12.5."""
    if cast == "as_text":
        return not is_ambiguous(choice.evidence)
    alike = "as_utc" if cast == "as_local_time" else cast
    return cast == "as_raw" or alike in candidates_for(choice.column, choice.evidence)


def _adopt_casts(cursor: extensions.cursor, casts: Casts, design: Design, designs: list[Design]) -> bool:
    """Give each reference the casts of what it refers to, if its own values allow them."""
    parents = {parent.entry.name: parent for parent in designs}
    has_changed = False
    for reference in design.entry.references:
        for name, other in zip(reference.columns, reference.parent_columns, strict=False):
            own, wanted = design.choices[name], parents[reference.parent].choices[other].cast
            if (
                own.staged_type
                or not wanted
                or own.cast == wanted
                or (own.evidence.profile.values and not _suits(own, wanted))
            ):
                continue
            has_changed = try_cast(cursor, casts, design.relation, own, wanted) or has_changed
    return has_changed


def _settle_references(cursor: extensions.cursor, casts: Casts, design: Design, designs: list[Design]) -> None:
    """Keep the references of which every row finds its parent; say of the others why they are not tested."""
    parents = {parent.entry.name: parent for parent in designs}
    for reference in design.entry.references:
        columns = ", ".join(reference.columns)
        declared = f"declared a reference: {columns} to {reference.parent} ({', '.join(reference.parent_columns)})"
        if not reference.parent_columns:
            lack = "which has no such column" if reference.parent in parents else "which is not there"
            design.remarks.append(f"declared a reference: {columns} to {reference.parent}, {lack}")
            continue
        parent = parents[reference.parent]
        pairs = list(zip(reference.columns, reference.parent_columns, strict=True))
        if any(design.choices[name].data_type != parent.choices[other].data_type for name, other in pairs):
            design.remarks.append(f"{declared}; the two are of different types")
            continue
        own, others = _typed(casts, design, reference.columns), _typed(casts, parent, reference.parent_columns)
        unmatched = count_unmatched(cursor, *own, *others)
        if unmatched:
            rows = next(iter(design.choices.values())).evidence.profile.rows
            has_case = count_unmatched(cursor, own[0], _folded(own[1]), others[0], _folded(others[1])) == 0
            what = "find their row only without case (collate nocase), and PostgreSQL's keys have case"
            what = what if has_case else "refer to no row of it"
            design.remarks.append(f"{declared}; {unmatched} of {rows} rows {what}")
        else:
            design.references.append(reference)
