"""The entity diagram: which table refers to which, by area, from the foreign keys of the contracts."""

from dataclasses import dataclass
from itertools import groupby

import jinja2

from synapse_analytics import escaped
from synapse_analytics.page.artifacts import keys_of
from synapse_analytics.page.write import TEMPLATES

ROW, GAP, TOP, LEFT, RIGHT, BOX = 26, 14, 64, 20, 620, 300  # units of the drawing
LONGEST_NAME = 38


@dataclass(frozen=True)
class Table:
    """A table in the drawing, with the area it is in and the place of its box."""

    name: str
    area: str
    x: int
    y: int


@dataclass(frozen=True)
class Key:
    """A foreign key: from where to where its line goes, its columns, and the number of its parent's colour."""

    start: Table
    end: Table
    columns: str
    colour: int


def draw_entities(manifest: dict) -> str:
    """The diagram as SVG: tables that refer on the left, tables that are referred to on the right."""
    models = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]
    by_relation = {node["relation_name"]: node for node in models}
    found = [
        (node, by_relation[key["to"]], ", ".join(key.get("columns") or []))
        for node in models
        for key in keys_of(node)
        if key["to"] in by_relation
    ]
    left = _place([child for child, _, _ in found], LEFT)
    right = _place([parent for _, parent, _ in found], RIGHT)
    colours = {unique_id: number % 6 for number, unique_id in enumerate(right)}
    keys = [
        Key(left[child["unique_id"]], right[parent["unique_id"]], columns, colours[parent["unique_id"]])
        for child, parent, columns in found
    ]
    tables = [*left.values(), *right.values()]
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters["shorten"] = _shorten
    return environment.get_template("entities.svg").render(
        keys=keys,
        tables=tables,
        areas={(table.x, table.area): table.y for table in reversed(tables)},
        height=max((table.y for table in tables), default=0) + ROW + GAP,
        width=RIGHT + BOX + LEFT,
        box=BOX,
    )


def _place(nodes: list[dict], x: int) -> dict[str, Table]:
    """The boxes of one side, area by area, from top to bottom."""
    unique = {node["unique_id"]: node for node in nodes}.values()
    placed, y = {}, TOP
    ordered = sorted(unique, key=lambda node: (node["fqn"][2], node["alias"]))
    for area, members in groupby(ordered, key=lambda node: node["fqn"][2]):
        y += ROW
        for node in members:
            placed[node["unique_id"]] = Table(node["alias"], area, x, y)
            y += ROW
        y += GAP
    return placed


def _shorten(text: str) -> str:
    text = escaped(text)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
