"""Say how the values of a column contradict what is declared, as comments above the column."""

import re

from loaders.scaffold.casts import CASTS
from loaders.scaffold.evidence import Evidence
from loaders.sqlite.catalogue import ColumnEntry


def find_contradictions(column: ColumnEntry, found: Evidence, declared: str | None, cast: str) -> list[str]:
    """A remark for each way in which a column's values contradict the DDL; `declared` is the cast that it asks for."""
    # It stands in a comment of SQL, which dbt renders.
    declared_type = " ".join(re.sub(r"[{}]", "", column.declared_type).lower().split())
    remarks = []

    def contradict(number: int, what: str) -> None:
        if number:
            remarks.append(f"declared {declared_type}; {number} of {found.profile.rows} rows {what}")

    if declared in ("as_integer", "as_double", "as_bytes"):
        contradict(found.profile.texts, "hold text")
    if declared == "as_integer":
        contradict(found.profile.reals, "hold a real")
    if declared != "as_bytes" and declared_type not in ("", "any"):
        contradict(found.profile.blobs, "hold a blob")
    if declared and CASTS[declared].one and cast != declared:
        contradict(found.rejected.get(declared, 0), f"hold no {CASTS[declared].one}")
    limit = re.search(r"CHAR\w*\s*\(\s*([0-9]+)\s*\)", column.declared_type, re.IGNORECASE)
    if limit and found.lengths[1] > int(limit.group(1)):
        remarks.append(f"declared {declared_type}; the longest text has {found.lengths[1]} characters")
    if column.is_not_null and found.profile.nulls:
        remarks.append(f"declared not null; {found.profile.nulls} of {found.profile.rows} rows are null")
    return remarks
