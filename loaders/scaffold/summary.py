"""Say on the terminal what was found in a database, what was chosen, and what was written."""

from collections import Counter
from pathlib import Path

from synapse_analytics import printable
from synapse_analytics.scaffold.add import Addition
from synapse_analytics.scaffold.casts import CASTS
from synapse_analytics.scaffold.clocks import CLOCKS
from synapse_analytics.scaffold.design import Choice
from synapse_analytics.scaffold.render import TODO
from synapse_analytics.tables import INDENT, render_table
from synapse_analytics.words import count_of


def render_addition(addition: Addition, root: Path, wide: bool = False) -> str:
    """What was found and chosen, column by column, what was written, and what to do next."""
    rows: list[tuple | str] = []
    for design in addition.designs:
        rows.append(design.entry.name)
        for name, choice in design.choices.items():
            called = name if choice.name == name else f"{name} as {choice.name}"
            declared = choice.column.declared_type.lower()
            rows.append((INDENT + called, declared, _found(choice), choice.cast or choice.data_type))
    remarks = [
        f"{d.entry.name}.{name}: {r}" for d in addition.designs for name, c in d.choices.items() for r in c.remarks
    ]
    remarks += [f"{design.entry.name}: {remark}" for design in addition.designs for remark in design.remarks]
    parts = [
        render_table(rows, ("table, column", "declared", "found", "chosen"), ["declared"], wide),
        "\n".join(map(printable, remarks)),
    ]
    if addition.written:
        parts.append("written:\n" + "\n".join(f"  {path.relative_to(root)}" for path in addition.written))
        todo = sum(path.read_text(encoding="utf-8").count(TODO) for path in addition.written)
        parts.append(f"next: replace the {todo} TODOs in them by what you know, and run `dbt build`")
    return "\n\n".join(filter(None, [*parts, _zones(addition), summarize(addition)]))


def summarize(addition: Addition) -> str:
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


def _zones(addition: Addition) -> str:
    """How many columns were read in which zone, of those whose times name none."""
    choices = [choice for design in addition.designs for choice in design.choices.values()]
    zones = Counter(
        choice.zone or "UTC"
        for choice in choices
        if choice.cast in CLOCKS and choice.evidence.forms.get("zoned", 0) < max(choice.evidence.profile.values, 1)
    )
    return "\n".join(f"{count_of(number, 'column')} read as {zone}" for zone, number in sorted(zones.items()))


def _found(choice: Choice) -> str:
    """The storage classes that occur, each with its number of rows, and the form that all values have."""
    found = choice.evidence
    classes = {
        "integer": found.profile.integers,
        "real": found.profile.reals,
        "text": found.profile.texts,
        "blob": found.profile.blobs,
    }
    counted = [f"{number} {name}" for name, number in {**classes, "null": found.profile.nulls}.items() if number]
    if not found.profile.values:
        return f"{counted[0] if counted else 'no row'}: by its declaration or name"
    # The cast may be that of a staging model whose file has changed meanwhile.
    form = CASTS[choice.cast].form if found.fits("as_utc" if choice.cast in CLOCKS else choice.cast) else ""
    if choice.cast == "as_utc" and found.forms.get("zoned") == found.profile.values:
        form = "times with a zone"
    return ", ".join(counted) + (f": {form}" if form else "")
