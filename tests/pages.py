"""Pages of the documentation, followed word for word: commands are run, diffs are applied, output is compared."""

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.conftest import Warehouse


class Block(NamedTuple):
    """A fenced block: its language, its text, where it stands, the file that the words before it name, its heading."""

    language: str
    text: str
    place: str
    file: str
    heading: str


def blocks(path: Path) -> Iterator[Block]:
    page = path.read_text()
    for found in re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", page, re.MULTILINE):
        before = page[: found.start()].rstrip()
        named = re.search(r"`([\w./]+)`:$", before)
        headings = re.findall(r"^## (.*)$", before, re.MULTILINE)
        line = page[: found.end()].count("\n") + 1
        place = f"{path.name}, above line {line}"
        yield Block(found[1], found[2], place, named[1] if named else "", headings[-1] if headings else "")


def edit(file: Path, diff: str) -> None:
    """Apply a diff without line numbers: its old lines must stand in the file, and at one place only."""
    lines = diff.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    text = "\n" + file.read_text()
    assert text.count("\n" + old) == 1, f"{file.name} has these lines {text.count(old)} times:\n{old}\n{text}"
    file.write_text(text.replace("\n" + old, "\n" + new)[1:])


def plain(text: str) -> list[str]:
    """Its lines, without what depends on the width of a table."""
    lines = (re.sub("-{2,}", "--", " ".join(line.split())) for line in text.splitlines())
    return [line for line in lines if line]


def is_shown(output: str, shown: str) -> bool:
    """Whether the output is what the page shows: any lines in place of a line `…`, anything in place of it in one."""
    pattern = "".join(
        "(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in plain(shown)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in plain(output))) is not None


def follow(steps: Iterable[Block], warehouse: "Warehouse", project: Path) -> None:
    """Do in a project what blocks of a page say. A command that fails, or prints something else, fails the test."""
    output = None
    for language, text, place, file, _ in steps:
        if language == "sh":
            done = warehouse.run(shutil.which("bash"), "-euo", "pipefail", "-c", f"exec 2>&1\n{text}", root=project)
            assert done.returncode == 0, f"{place}:\n{text}\n{done.stdout}"
            output = done.stdout
        elif language == "text":
            assert output is not None, f"{place}: which command prints this?"
            assert is_shown(output, text), f"{place}: this is printed\n{output}"
            output = None
        elif language == "sql":
            with closing(sqlite3.connect(project / file)) as connection:
                connection.executescript(text)
        else:
            assert (language, bool(file)) == ("diff", True), f"{place}: to which file does this go?"
            edit(project / file, text)
