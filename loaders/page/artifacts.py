"""What dbt wrote into target/ about the project: its models and sources, and how its last run went."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from synapse_analytics import Problem

DOCS = "static_index.html"


@dataclass(frozen=True)
class Model:
    """A model below models/marts/, by the name of its table."""

    unique_id: str
    name: str
    area: str
    description: str
    chart: object  # what its meta says of a picture; None if nothing

    @property
    def title(self) -> str:
        """Its name as words."""
        return self.name.replace("_", " ")

    @property
    def words(self) -> str:
        """Its description without the marks of Markdown that a plain text does not need."""
        return " ".join(self.description.replace("`", "").split())


@dataclass(frozen=True)
class Artifacts:
    """The final tables by name, the sources by schema and table, and when the last run built each node, and which of
    them failed in it; all empty if dbt has not run here.
    """

    folder: Path
    models: dict[str, Model] = field(default_factory=dict)
    sources: dict[tuple[str, str], str] = field(default_factory=dict)
    built: dict[str, datetime] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    ran_at: datetime | None = None

    def docs(self, page: Path) -> str:
        """Where the documentation is, seen from a page."""
        return quote(Path(os.path.relpath((self.folder / DOCS).resolve(), page.parent)).as_posix())

    def link(self, page: Path, unique_id: str | None) -> str:
        """Where the documentation has a node, seen from a page; empty for none."""
        if not unique_id:
            return ""
        return f"{self.docs(page)}#!/{unique_id.partition('.')[0]}/{quote(unique_id, safe='')}"


def target_folder(root: Path) -> Path:
    """Where dbt writes, by its own variable or by default."""
    return root / os.environ.get("DBT_TARGET_PATH", "target")


def read_artifacts(root: Path) -> Artifacts:
    """What target/ has. A file that is not there, or that was cut off, counts as none.

    Raises Problem if a file is JSON and not what dbt writes.
    """
    folder = target_folder(root)
    try:
        return _artifacts(folder)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise Problem(f"{folder} has files that are not of this dbt ({error!r}): run `dbt build`.") from error


def _artifacts(folder: Path) -> Artifacts:
    manifest, run = _read(folder / "manifest.json"), _read(folder / "run_results.json")
    models = {
        node["alias"]: Model(
            unique_id,
            node["alias"],
            node["fqn"][2] if len(node["fqn"]) > 3 else "",
            node["description"],
            node["config"].get("meta", {}).get("chart"),
        )
        for unique_id, node in manifest.get("nodes", {}).items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }
    sources = {(node["schema"], node["identifier"]): key for key, node in manifest.get("sources", {}).items()}
    built = {
        result["unique_id"]: datetime.fromisoformat(result["timing"][-1]["completed_at"])
        for result in run.get("results", [])
        if result["status"] == "success" and result["timing"] and run["args"].get("which") in ("build", "run")
    }
    failed = [result["unique_id"] for result in run.get("results", []) if result["status"] in ("error", "fail")]
    ran_at = datetime.fromisoformat(run["metadata"]["generated_at"]) if run else None
    return Artifacts(folder, models, sources, built, failed, ran_at)


def keys_of(node: dict) -> Iterator[dict]:
    """The foreign keys of a model that name their parent, of the table and of its columns."""
    holders = [node, *node.get("columns", {}).values()]
    for constraint in (each for holder in holders for each in holder.get("constraints") or []):
        if constraint["type"] == "foreign_key" and constraint.get("to"):
            yield constraint


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
