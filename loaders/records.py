"""What a verb did, for programs: one JSON document, whose form docs/output.schema.json says."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from synapse_analytics.postgres.ledger import TableLoad


@dataclass(frozen=True)
class Record:
    """A database, or a table of it, and what came of it. `counts` are a report's, by layer."""

    database: str
    outcome: str
    table: str | None = None
    load_id: int | None = None
    rows: int | None = None
    digest: str | None = None
    seconds: float | None = None
    message: str | None = None
    counts: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a verb has to say: a text for people, records for programs, and sentences on what went wrong."""

    text: str = ""
    records: Sequence[Record] = ()
    problems: Sequence[str] = ()

    @property
    def document(self) -> str:
        """The records and the problems as JSON."""
        records = [asdict(record) for record in self.records]
        return json.dumps({"records": [each | each.pop("counts") for each in records], "problems": [*self.problems]})


def of_table(load: TableLoad, outcome: str) -> Record:
    """The record of a table that was loaded."""
    return Record(
        load.database, outcome, load.table.name, load.load_id, load.landed_rows, load.landed_digest, load.seconds
    )
