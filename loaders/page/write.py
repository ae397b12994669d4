"""Fill the page's template, and write it."""

from pathlib import Path

import jinja2
from markupsafe import Markup

from synapse_analytics import escaped
from synapse_analytics.page.read import Block, Page
from synapse_analytics.page.shapes import number
from synapse_analytics.project import RAW_PREFIX
from synapse_analytics.words import count_of, write_time

TEMPLATES = Path(__file__).parent / "templates"
OPENED = 20  # tables that are shown from the start where all is well


def render_page(page: Page, file: Path) -> str:
    """The page as HTML. `file` is where it will be, from where its links lead to the documentation."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.finalize = _finalize
    environment.filters |= {"number": number, "time": write_time, "share": _share, "count_of": count_of}

    def link_model(name: str | None) -> str:
        model = page.artifacts.models.get(name or "")
        return page.artifacts.link(file, model.unique_id if model else None)

    def link_source(database: str, table: str) -> str:
        return page.artifacts.link(file, page.artifacts.sources.get((RAW_PREFIX + database, table)))

    def is_open(block: Block) -> bool:
        return not block.balances or sum(len(each.rows) for each in page.blocks) <= OPENED

    template = environment.get_template("page.html")
    return template.render(
        page=page, docs=page.artifacts.docs(file), link_model=link_model, link_source=link_source, is_open=is_open
    )


def write_page(page: Page, file: Path) -> None:
    """Write the page, whole or not at all. Raises OSError where that cannot be done."""
    text = render_page(page, file.resolve())
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text)


def write_whole(file: Path, text: str) -> None:
    """Write a file beside its place and move it there, so that nobody sees half of it. Raises OSError."""
    partial = file.with_name(f".{file.name}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _finalize(value: object) -> object:
    """Control characters of a file's texts are spelled out: a browser does not show them, and some turn text around."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else escaped(value)


def _share(part: float) -> str:
    return f"{100 * part:.2f}%"
