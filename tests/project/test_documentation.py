"""The documentation: what `make docs` writes, and what the docs say of the code."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from synapse_analytics.scaffold.casts import CASTS
from tests.conftest import PROGRAMS, ROOT

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
    page = (target / "static_index.html").read_text()
    assert '"parent_map": {' in page
    assert '"compiled_code": "with typed as (' in page


def test_the_table_of_types_in_the_documentation_is_the_rows_that_add_goes_by() -> None:
    text = (ROOT / "docs" / "adding_a_source.md").read_text()
    table = [line for line in text.splitlines() if line.startswith("|") and "| `as_" in line and "as_enum" not in line]
    rows = [f"| {cast.looks} | `{cast.macro}` | `{cast.type}`" for cast in CASTS.values()]
    assert sorted(line.split(", in the raw format")[0].removesuffix(" |") for line in table) == sorted(rows)
