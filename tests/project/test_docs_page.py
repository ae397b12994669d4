"""The page that `synapse docs` writes of a file whose texts a browser, Markdown or dbt would run."""

import json
import re
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

from synapse_analytics.table import quote
from tests.browser import CHROMIUM, see
from tests.conftest import Warehouse
from tests.project.conftest import read_docs

EMPTY = Path(find_spec("dbt.task.docs").origin).parent / "index.html"
SCRIPT = "</script><script>document.title='canary'</script>"
IMAGE = "<img src=x onerror=\"document.title='canary'\">"
# Comments of columns, which the page is to show as they are.
COMMENTS = [
    SCRIPT,
    IMAGE,
    "<!-- <script>",
    "a<b, x < 5, x<5, <>, &lt;b&gt; &amp; &#60;b",
    "snake_case __init__ _x_ 2 * 3 * 4 **b** __c",
    "`code` ~~gone~~ \\_ \\d \\",
    "[a](javascript:document.title='canary') ![b](x.png) []",
    "[c]: https://example.com",
    "1. one",
    "> two",
    "+ three",
    "CATALOG.JSON INLINE DATA",
    "{{ env_var('HOME') }} {% raw %} {# x #} {{{% x",
]
# Those with characters that nothing shows, or that are no text, and how the page shows them.
ESCAPED = {"a\ufffe\uffff\x1b[31m\u202eb": "a\\ufffe\\uffff\\x1b[31m\\u202eb", "latin \udce9": "latin \\xe9"}
COLUMNS = [SCRIPT, IMAGE, "<!--", "a<b", "CATALOG.JSON INLINE DATA", "__proto__", "&lt;img src=x&gt;", "`a`", "q\uffff"]
TABLES = [IMAGE, "')));create table public.pwned();commit;--"]
# Reads what the page shows, and searches too, because results are made in another way.
DRIVER = """
const texts = (selector) => Array.from(document.querySelectorAll(selector), (found) => found.textContent.trim());
setTimeout(() => {
    const descriptions = texts('[marked="column.description"]');
    const search = document.getElementById('search');
    search.focus();
    search.value = 'canary';
    search.dispatchEvent(new Event('input'));
    setTimeout(() => {
        tell({title: document.title, descriptions, results: texts('.search-result-match').length});
    }, 3000);
}, 3000);
"""


class Scripts(HTMLParser):
    """The texts of a page's script elements."""

    def read(self, page: Path) -> list[str]:
        self.texts: list[str] = []
        self.feed(page.read_text())
        self.close()
        return self.texts

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "script":
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.texts[-1] += data


def make(project: Warehouse) -> None:
    """A table with a column for each comment and each name, and texts like them all over its DDL."""
    columns = [f"c{number} text /* {comment} */" for number, comment in enumerate([*COMMENTS, *ESCAPED])]
    columns += [f"{quote(name)} text" for name in COLUMNS]
    literal = SCRIPT.replace("'", "''")
    columns += [f"d text default '{literal}' check (d <> '{literal}')", "e " + quote(f"INT {SCRIPT} {{{{{{# \uffff")]
    columns += [f"f integer references {quote(SCRIPT)} (id)"]
    ddl = f"create table t ( -- rows {SCRIPT}\nid integer primary key, {', '.join(columns)})"
    with project.sqlite("app") as connection:
        for table in ["t", *TABLES]:
            connection.execute(f"create table {quote(table)} (id)")
        connection.execute("pragma writable_schema = on")  # for what is no UTF-8
        update = "update sqlite_schema set sql = cast(? as text) where name = 't'"
        connection.execute(update, (ddl.encode(errors="surrogateescape"),))
    with project.sqlite("app") as connection:
        connection.execute("insert into t (id, d, e, f) values (1, 'x', 'x', 1)")


@pytest.fixture
def page(empty_project: Warehouse) -> Path:
    """The page, of the file added with final tables."""
    make(empty_project)
    done = empty_project.synapse("add", "--marts", "area", str(empty_project.sqlite_dir / "app.db"))
    assert done.returncode == 0, done.stderr
    done = empty_project.synapse("docs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert empty_project.query("select to_regclass('public.pwned')") == [(None,)]
    return empty_project.root / "target" / "static_index.html"


def test_the_page_of_the_docs_shows_text_of_a_file_as_text(page: Path) -> None:
    expected, found = (Scripts().read(path) for path in (EMPTY, page))
    [place] = [number for number, text in enumerate(expected) if "INLINE DATA" in text]
    before, _, after = expected[place].replace('"CATALOG.', '"MANIFEST.').split('"MANIFEST.JSON INLINE DATA"')
    manifest, catalog = read_docs(page)
    assert (len(found), found[:place], found[place + 1 :]) == (len(expected), expected[:place], expected[place + 1 :])
    assert found[place].startswith(before)
    assert found[place].endswith(after)
    nodes = manifest["nodes"] | manifest["sources"]
    own = [node for node in nodes.values() if {"area", "app"} & set(node["fqn"])]
    assert len(own) == 3 * (1 + len(TABLES)) + 3  # a source, two models, and a test of its rows for each
    assert re.findall("<[A-Za-z/!?]", json.dumps(own) + json.dumps(catalog)) == []
    if CHROMIUM:
        seen = see(page, DRIVER, "#!/model/model.synapse_analytics.t")
        assert (seen["title"], seen["results"] > 0) == ("dbt Docs", True)
        assert [text for text in [*COMMENTS, *ESCAPED.values()] if text not in seen["descriptions"]] == []
        assert sum(SCRIPT.replace("'", "''") in text for text in seen["descriptions"]) == 1
