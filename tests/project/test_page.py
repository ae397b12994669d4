"""`synapse report --html`: what a person sees in the page, asked of a browser where there is one."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synapse_analytics.page.artifacts import Artifacts
from synapse_analytics.page.read import Block, Page
from synapse_analytics.page.shapes import number, percent
from synapse_analytics.page.write import write_page
from synapse_analytics.report import Reconciliation, Row
from tests.browser import CHROMIUM, see
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from tests.conftest import Warehouse

NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SCRIPT = "</style><script>document.title='canary'</script>"
IMAGE = "<img src=x onerror=\"document.title='canary'\">"
DRIVER = """
const text = (id) => (document.getElementById(id) || {innerText: ''}).innerText;
const wide = (svg, child) => svg.children[child].getBoundingClientRect().width;
const layers = Array.from(document.querySelectorAll('.databases > details'), (block) => [
    block.querySelector('h3').innerText,
    block.open,
    Array.from(block.querySelectorAll('.layers svg'), (svg) => Math.round(100 * wide(svg, 1) / wide(svg, 0))),
]);
const fits = document.documentElement.scrollWidth <= document.documentElement.clientWidth;
const links = Array.from(document.querySelectorAll('#there a, #numbers a'), (link) => link.getAttribute('href'));
tell({title: document.title, verdict: text('verdict'), there: text('there'), fresh: text('fresh'),
      numbers: text('numbers'), layers, fits, links, loaded: performance.getEntriesByType('resource').length,
      dots: document.querySelectorAll('circle').length, scripts: document.scripts.length});
"""


class Tags(HTMLParser):
    """The elements and attributes of a page."""

    def read(self, text: str) -> "Tags":
        self.found: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        return self

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes += attrs


def look(warehouse: "Warehouse", tmp_path: Path, code: int, width: int = 1400) -> dict:
    """The page as a browser shows it, or its text alone where there is none."""
    page = tmp_path / "page.html"
    done = warehouse.synapse("report", "--html", str(page))
    assert done.returncode == code, done.stdout + done.stderr
    text = page.read_text()
    assert NO_SCRIPTS in text
    tags = Tags().read(text)
    assert tags.found & {"script", "img", "iframe", "link", "object", "embed", "form", "base"} == set()
    assert {name for name, _ in tags.attributes if name.startswith("on")} == set()
    assert [value for name, value in tags.attributes if name in ("src", "href") and "//" in (value or "")] == []
    if not CHROMIUM:
        pytest.skip("no Chromium to look at the page with: install Debian's chromium, or Chrome")
    copy = tmp_path / "copy.html"
    copy.write_text(text.replace(NO_SCRIPTS, ""))
    return see(copy, DRIVER, width=width)


def test_a_stranger_sees_that_all_is_there_and_what_the_numbers_say(warehouse: "Warehouse", tmp_path: Path) -> None:
    seen = look(warehouse, tmp_path, 0)
    assert seen["verdict"].startswith("Every row is accounted for.")
    assert "160 rows in SQLite" in seen["verdict"]
    assert len(seen["layers"]) == 11
    assert all(shares == [100] * 4 and not is_open for _, is_open, shares in seen["layers"])
    assert "newsletter has most: 2,400 of 4,800, which is 50 %." in seen["numbers"]
    assert "The invoice leads with 7.5 %." in seen["numbers"]
    assert "so it may well be chance." in seen["numbers"]
    seen_by_somebody = "select count(*) from analytics.experiment_results where impressions > 0"
    assert [(seen["dots"],)] == warehouse.query(seen_by_somebody)
    assert "never" not in seen["fresh"]
    assert (seen["loaded"], seen["scripts"], seen["fits"]) == (0, 1, True)
    names = {link.partition("#")[2] for link in seen["links"]}
    assert "!/model/model.synapse_analytics.attribution_by_platform" in names
    assert "!/source/source.synapse_analytics.ab_testing.ab_tests" in names
    assert all("static_index.html#!/" in link for link in seen["links"])
    for width in (800, 500):
        assert look(warehouse, tmp_path, 0, width)["fits"]


def test_what_is_missing_rejected_or_failed_is_seen_at_once(warehouse: "Warehouse", tmp_path: Path) -> None:
    warehouse.query("delete from raw_content_analytics.posts where _source_row = 1")
    with warehouse.sqlite("twitter_analytics") as source:
        source.execute("update twitter_posts set impressions = ? where rowid = 1", (IMAGE,))
    assert warehouse.synapse("load", "twitter_analytics").returncode == 0
    file = warehouse.sqlite_dir / "ab_testing.db"
    with closing(sqlite3.connect(file)) as source:
        source.create_function("gone", 1, lambda value: value, deterministic=True)
        source.execute("alter table ab_tests add column spoilt as (gone(test_id))")
    assert warehouse.synapse("load", "ab_testing").returncode == 1
    seen = look(warehouse, tmp_path, 1)
    assert seen["verdict"].startswith("Not every row is accounted for.")
    layers = {name: (is_open, shares) for name, is_open, shares in seen["layers"]}
    is_open, (sqlite, raw, staged, _) = layers["content_analytics"]
    assert (is_open, sqlite) == (True, 100)
    assert raw == staged < 98
    assert layers["twitter_analytics"] == (True, [100] * 4)
    assert layers["revenue_acceleration"] == (False, [100] * 4)
    assert "missing: 1" in seen["there"]
    assert IMAGE in seen["there"]
    assert "its load failed" in seen["fresh"]
    assert "unknown function: gone()" in seen["fresh"]
    assert (seen["title"], seen["scripts"]) == ("Is everything there?", 1)


@pytest.mark.long
def test_a_project_of_ones_own_has_a_page_without_asking_and_pictures_for_two_lines(
    empty_project: "Warehouse", tmp_path: Path
) -> None:
    """Also one whose texts a browser would run."""
    assert empty_project.synapse("load").returncode == 0
    assert empty_project.dbt("build").returncode == 0
    seen = look(empty_project, tmp_path, 0)
    assert "No database is declared yet" in seen["there"]
    assert "chart: {bars: amount, by: country}" in seen["numbers"]
    with empty_project.sqlite("shop") as source:
        source.execute(f'create table "{SCRIPT}" (id integer primary key, country text, amount real, at text)')
        rows = [(IMAGE, 5, "2025-01-02"), (SCRIPT, 2.5, "2025-03-04"), (None, 1, "2025-03-05")]
        source.executemany(f'insert into "{SCRIPT}" (country, amount, at) values (?, ?, ?)', rows)
    done = empty_project.synapse("add", "--marts", "sales", str(empty_project.sqlite_dir / "shop.db"))
    assert done.returncode == 0, done.stderr
    [yml] = (empty_project.root / "models" / "marts" / "sales").glob("*.yml")
    assert empty_project.dbt("build").returncode == 0
    seen = look(empty_project, tmp_path, 0)
    assert "3 rows" in seen["numbers"]
    assert "script>document.title='canary'" in seen["there"]  # a raw name has no <
    text = yml.read_text()
    charts = {
        "{bars: amount, by: country}": (0, IMAGE),
        "{trend: amount, over: at}": (
            0,
            "8.5 in the weeks from 2024-12-30 to 2025-03-03, most in that of 2024-12-30: 5.",
        ),
        "{bars: amount, by: nothing}": (1, "nothing"),
        "{pie: amount}": (1, "none of bars, intervals, trend"),
    }
    for chart, (code, words) in charts.items():
        yml.write_text(
            text.replace("    columns:\n", f"    config:\n      meta: {{chart: {chart}}}\n    columns:\n", 1)
        )
        assert empty_project.dbt("parse").returncode == 0
        seen = look(empty_project, tmp_path, code)
        assert words in seen["numbers"]
        assert (seen["title"], seen["scripts"]) == ("Is everything there?", 1)


def test_300_tables_are_one_page_that_a_phone_shows(tmp_path: Path) -> None:
    """Rendered from made-up counts, because loading as many takes minutes."""
    rows = [Row(f"d{n // 30}", f"t{n}", n, n, n, n - n % 7, 0, 0, 0, not n % 7, f"t{n}", "", 0.0) for n in range(300)]
    page = Page(Reconciliation(rows, 300, [], []), Artifacts(tmp_path), "here", datetime.now(UTC))
    page.blocks = [Block(name, list(each)) for name, each in groupby(rows, key=attrgetter("database"))]
    file = tmp_path / "page.html"
    write_page(page, file)
    assert file.stat().st_size < 500_000
    if CHROMIUM:
        copy = tmp_path / "copy.html"
        copy.write_text(file.read_text().replace(NO_SCRIPTS, ""))
        seen = see(copy, DRIVER, width=500)
        assert (len(seen["layers"]), seen["fits"]) == (10, True)
        assert all(is_open and shares[3] < 98 for _, is_open, shares in seen["layers"])


def test_the_page_is_whole_or_not_there(warehouse: "Warehouse", tmp_path: Path) -> None:
    folder = tmp_path / "a file"
    folder.write_text("")
    done = warehouse.synapse("report", "--html", str(folder / "page.html"))
    assert done.returncode == 1
    assert "put that right and try again" in done.stderr
    assert warehouse.synapse("report", "--html", str(tmp_path)).returncode == 2


def test_make_run_ends_with_the_paths_of_both_pages() -> None:
    root = Path(__file__).parents[2]
    command = [shutil.which("make"), "--dry-run", "--no-print-directory", "--assume-old=.venv/run", "run"]
    environment = os.environ | {"PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])}
    said = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-2:] == [
        f'echo "docs: {root}/target/static_index.html"',
        f'echo "page: {root}/target/report.html"',
    ]


def test_numbers_are_written_in_one_way() -> None:
    assert [number(value) for value in (0, 1234567, 1234.5, 12.34, 0.01234, -5)] == [
        "0",
        "1,234,567",
        "1,234",
        "12.3",
        "0.0123",
        "-5",
    ]
    assert [percent(value) for value in (0.066, 1, 0.00012)] == ["6.6 %", "100 %", "0.012 %"]
