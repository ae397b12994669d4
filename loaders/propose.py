"""Propose lines for files that people own: what a column that came later needs, as a diff that `git apply` takes."""

from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

import yaml

from loaders.inference import Design
from loaders.names import Names
from loaders.render import CAST, Renderer, read_casts, view_table

# Lines to put into a file before the line of this number, counted from 0.
Insertion = tuple[Path, int, list[str]]


def propose(names: Names, designs: list[Design], render: Renderer) -> str:
    """A unified diff that gives the columns which files lack to the files of declared tables."""
    insertions: list[Insertion] = []
    marts = {
        path: path.read_text(encoding="utf-8") for path in sorted((names.root / "models" / "marts").rglob("*.sql"))
    }
    for design in designs:
        if design.entry.name in names.database.tables:
            insertions += _into_sources(names, design, render)
            insertions += _into_staging(names, design, render)
            insertions += _into_mart(names, design, render, marts)
    texts: dict[Path, list[str]] = {}
    for path, place, lines in sorted(insertions, key=lambda insertion: insertion[:2], reverse=True):
        texts.setdefault(path, path.read_text(encoding="utf-8").splitlines(keepends=True))[place:place] = lines
    diff = ""
    for path, lines in sorted(texts.items()):
        old = path.read_text(encoding="utf-8").splitlines(keepends=True)
        name = path.relative_to(names.root).as_posix()
        diff += "".join(unified_diff(old, lines, f"a/{name}", f"b/{name}"))
    return diff


def _into_sources(names: Names, design: Design, render: Renderer) -> list[Insertion]:
    if set(design.choices) <= set(names.database.tables[design.entry.name]):
        return []
    steps = (("sources", names.database.name), ("tables", names.sources[design.entry.name]))
    table = view_table(names, design, [])
    fresh = render("sources.yml", database=names.database, tables=[table], sqlite_file="", is_first=False)
    for path in sorted((names.root / "models" / "staging").rglob("*__sources.yml")):
        insertions = _missing_items(path, fresh, steps)
        if insertions:
            return insertions
    return []


def _into_staging(names: Names, design: Design, render: Renderer) -> list[Insertion]:
    path = names.models.get(names.staging(design.entry.name))
    if not path:
        return []
    text = path.read_text(encoding="utf-8")
    present = read_casts(text)
    if set(design.choices) <= set(present):
        return []
    view = view_table(names, design, [])
    view["columns"] = [column for column in view["columns"] if column["name"] not in present]
    fresh = render("staging.sql", database=names.database, table=view).splitlines(keepends=True)[2:-6]
    places = [number for number, line in enumerate(text.splitlines()) if CAST.search(line)]
    return [(path, places[-1] + 1, fresh)] if places and view["columns"] else []


def _into_mart(names: Names, design: Design, render: Renderer, marts: dict[Path, str]) -> list[Insertion]:
    """Into the one final table that reads this staging model alone; what a union needs, a person knows."""
    reference = f"ref('{names.staging(design.entry.name)}')"
    readers = [path for path, text in marts.items() if reference in text and text.count("ref(") == 1]
    if len(readers) != 1 or not readers[0].with_suffix(".yml").is_file():
        return []
    path, model = readers[0], readers[0].stem
    view = view_table(replace(names, marts={design.entry.name: model}), design, [])
    old = marts[path].splitlines()
    present = {line.strip().rstrip(",") for line in old}
    fresh = render("mart.sql", table=view).splitlines(keepends=True)[2 : 2 + len(view["columns"])]
    missing = [line for line in fresh if line.strip().rstrip(",") not in present]
    places = [number for number, line in enumerate(old) if line.strip() == "source_database"]
    if not places or not missing:
        return []
    in_yaml = _missing_items(path.with_suffix(".yml"), render("mart.yml", table=view), (("models", model),), last=-1)
    return [(path, places[0], missing), *in_yaml]


def _missing_items(path: Path, fresh: str, steps: tuple[tuple[str, str], ...], last: int = 0) -> list[Insertion]:
    """The columns that a YAML file lacks, for the end of its list; with `last=-1`, for before its last item."""
    present = _columns(path.read_text(encoding="utf-8"), steps)
    wanted = _columns(fresh, steps)
    if not present:
        return []
    lines = fresh.splitlines(keepends=True)
    missing = [line for name, (start, end) in wanted.items() if name not in present for line in lines[start:end]]
    place = list(present.values())[-1][0 if last else 1]
    return [(path, place, missing)] if missing else []


def _columns(text: str, steps: tuple[tuple[str, str], ...]) -> dict[str, tuple[int, int]]:
    """The first line and the one after the last of each column below sources and tables, or models, by its name."""
    node = yaml.compose(text)
    for key, name in steps:
        items = getattr(_child(node, key), "value", [])
        node = next((item for item in items if getattr(_child(item, "name"), "value", None) == name), None)
    items = getattr(_child(node, "columns"), "value", [])
    return {_child(item, "name").value: (item.start_mark.line, _end(item) + 1) for item in items}


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _end(node: yaml.Node) -> int:
    """The last line of a node. A folded text ends where the next line begins."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.line if node.end_mark.column else node.end_mark.line - 1
