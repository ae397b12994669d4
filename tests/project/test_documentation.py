"""`make docs` writes the page, and leaves the results of the build as they are."""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import PROGRAMS

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
