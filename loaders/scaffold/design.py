"""What a table is to be in staging: a cast for each column, and what holds of its keys and references."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from synapse_analytics.scaffold.casts import CASTS
from synapse_analytics.scaffold.evidence import Evidence
from synapse_analytics.sqlite.catalogue import ColumnEntry, Reference, TableEntry


@dataclass
class Choice:
    """A column, what was found in it, the cast chosen for it, and remarks on what contradicts the DDL.

    `name` is what it is called in staging.
    `zone` is where the clock stood that its times were read from, if they do not say so themselves; it is an argument
    of the cast if `names_zone`. `staged_type` is the type in a staging model that is there, which rules.
    """

    column: ColumnEntry
    evidence: Evidence
    cast: str
    remarks: list[str]
    zone: str = ""
    names_zone: bool = False
    staged_type: str = ""
    name: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the cast is given besides the column."""
        return (self.zone,) if self.names_zone else ()

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
    """A table as it is to be in staging: its columns, by their raw names, and what holds of its keys and references.

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

    def called(self, columns: Iterable[str]) -> tuple[str, ...]:
        """What columns are called in staging, by their raw names."""
        return tuple(self.choices[name].name for name in columns)


def name_as_staged(designs: list[Design]) -> None:
    """Put the names of staging into keys and references, which the catalogue and raw have by raw names."""
    parents = {design.entry.name: design for design in designs}
    for design in designs:
        design.key = design.called(design.key)
        design.unique_keys = [design.called(key) for key in design.unique_keys]
        design.references = [
            replace(
                reference,
                columns=design.called(reference.columns),
                parent_columns=parents[reference.parent].called(reference.parent_columns),
            )
            for reference in design.references
        ]
