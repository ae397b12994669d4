"""The documentation: what `make docs` writes, and what the docs say of the code."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from synapse_analytics.scaffold.casts import CASTS
from tests.conftest import PROGRAMS, ROOT
from tests.project.conftest import read_docs

if TYPE_CHECKING:
    from tests.conftest import Warehouse


def test_the_documentation_leaves_the_results_of_the_build(warehouse: "Warehouse") -> None:
    target = Path(warehouse.environment["DBT_TARGET_PATH"])
    assert warehouse.dbt("test", "-s", "posts").returncode == 0
    results = json.loads((target / "run_results.json").read_text())
    (target / "static_index.html").unlink(missing_ok=True)
    command = (shutil.which("make"), "--silent", "--assume-old=.venv/run", "docs")
    done = warehouse.run(*command, PATH=os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((target / "run_results.json").read_text()) == results
    assert results["args"]["which"] == "test"
    # The page has what was compiled and what reads what, as dbt's own manifest has it.
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    assert all(node.get("compiled", True) for node in nodes.values())
    manifest, catalog = read_docs(target / "static_index.html")
    assert "compiled_code" in next(iter(nodes.values()))
    find_origins(manifest)
    find_descriptions(manifest)
    find_counts(catalog)
    find_links(manifest)


def find_origins(manifest: dict) -> None:
    """The lineage shows where rows come from. What a foreign key refers to is still among what a model depends on."""
    model = "model.synapse_analytics.test_assignments"
    staging = "model.synapse_analytics.stg_ab_testing__test_assignments"
    assert manifest["parent_map"][model] == [staging]
    assert "model.synapse_analytics.post_registry" in manifest["nodes"][model]["depends_on"]["nodes"]
    readers = manifest["child_map"]["model.synapse_analytics.post_registry"]
    assert [reader for reader in readers if reader.startswith("model.")] == [
        "model.synapse_analytics.content_performance_by_platform"
    ]
    joined = manifest["parent_map"]["model.synapse_analytics.content_performance_by_platform"]
    assert "model.synapse_analytics.post_registry" in joined  # its code reads it, besides referring to it
    assert manifest["nodes"][model]["tags"] == ["experiments"]
    assert manifest["nodes"][model]["config"]["meta"]["owner"]


def find_descriptions(manifest: dict) -> None:
    """Each column of each raw table says what the column of the final table does."""
    raw = [source for source in manifest["sources"].values() if source["schema"].startswith("raw_")]
    assert len(raw) == 37
    for source in raw:
        poor = [name for name, column in source["columns"].items() if not column["description"]]
        assert poor == [], source["name"]
    posts = manifest["sources"]["source.synapse_analytics.content_analytics.posts"]["columns"]
    final = manifest["nodes"]["model.synapse_analytics.posts"]["columns"]
    assert posts["headline"]["description"] == final["headline"]["description"]


def find_counts(catalog: dict) -> None:
    for entry in (
        catalog["nodes"]["model.synapse_analytics.test_variants"],
        catalog["sources"]["source.synapse_analytics.ab_testing.test_variants"],
    ):
        assert entry["stats"]["rows"]["value"] == 36
        assert entry["stats"]["loaded"]["value"].startswith("20")


def find_links(manifest: dict) -> None:
    """The front page links each table that it names, and shows its pictures without a file beside it."""
    front = manifest["docs"]["doc.synapse_analytics.__overview__"]["block_contents"]
    linked = re.findall(r"\(#!/model/([\w.]+)\)", front)
    assert len(linked) >= 20
    assert set(linked) <= manifest["nodes"].keys()
    text = "".join(front.split("```")[::2])
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    assert {name for name in re.findall(r"`(\w+)`", text) if name in models} == set()
    assert re.findall(r"!\[[^]]*\]\((.{19})", front) == ["data:image/svg+xml;"] * 2


def test_the_table_of_types_in_the_documentation_is_the_rows_that_add_goes_by() -> None:
    text = (ROOT / "docs" / "adding_a_source.md").read_text()
    table = [line for line in text.splitlines() if line.startswith("|") and "| `as_" in line and "as_enum" not in line]
    rows = [f"| {cast.looks} | `{cast.macro}` | `{cast.type}`" for cast in CASTS.values()]
    assert sorted(line.split(", in the raw format")[0].removesuffix(" |") for line in table) == sorted(rows)
