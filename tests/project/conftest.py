"""An empty project, as somebody has it who begins with databases of their own."""

from pathlib import Path

import pytest

from tests.conftest import Warehouse, copy_project


@pytest.fixture
def empty_project(empty_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A project without sources in an empty warehouse, with the working directory and environment that belong to it."""
    root = copy_project(tmp_path / "project", with_sources=False)
    for name, value in empty_warehouse.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DBT_TARGET_PATH", str(root / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(root / "logs"))
    monkeypatch.chdir(root)
    own = {"DBT_TARGET_PATH": str(root / "target"), "DBT_LOG_PATH": str(root / "logs")}
    return Warehouse(empty_warehouse.sqlite_dir, {**empty_warehouse.environment, **own}, root)
