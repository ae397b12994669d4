"""Propose lines for files that people own: what a column that came later needs, as a diff that `git apply` takes."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from itertools import takewhile
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import yaml

from synapse_analytics.raw_format import ROW_COLUMN
from synapse_analytics.scaffold.design import Design
from synapse_analytics.scaffold.graph import Graph
from synapse_analytics.scaffold.names import Names
from synapse_analytics.scaffold.render import Renderer, view_table

Steps = tuple[tuple[str, str], ...]


@dataclass
class Proposal:
    """Files as they would be with the columns that they lack, and what a person has to put in: a sentence and lines."""

    root: Path
    texts: dict[Path, str] = field(default_factory=dict)
    by_hand: list[tuple[str, list[str]]] = field(default_factory=list)

    def read(self, path: Path) -> str:
        """A file as it would be, its line ends as they are."""
        if path in self.texts:
            return self.texts[path]
        with path.open(encoding="utf-8", newline="") as stream:
            return stream.read()

    def put(self, path: Path, text: str | None, lines: list[str]) -> None:
        """Propose a text that has these lines or, if there is none, ask a person to put them in."""
        if text is not None:
            self.texts[path] = text
            return
        why = "is written in a way of its own" if which("git") else "can only be merged by git, which is not installed"
        self.by_hand.append((f"{path.relative_to(self.root)} {why}: put into it by hand:", lines))

    @property
    def diff(self) -> str:
        """All of it as a unified diff."""
        diff = ""
        for path, text in sorted(self.texts.items()):
            old = Proposal(self.root).read(path)
            name = path.relative_to(self.root).as_posix()
            lines = [each.splitlines(keepends=True) for each in (old, text)]
            diff += "".join(unified_diff(*lines, f"a/{name}", f"b/{name}"))
        return diff


def propose(names: Names, graph: Graph, designs: list[Design], render: Renderer) -> Proposal:
    """What files of declared tables lack of the tables' columns."""
    proposal = Proposal(names.root)
    for design in designs:
        if design.entry.name in names.database.tables:
            _into_sources(proposal, names, graph, design, render)
        if design.staged:
            _into_staging(proposal, names, design, render)
            _into_mart(proposal, names, graph, design, render)
    return proposal


def _into_sources(proposal: Proposal, names: Names, graph: Graph, design: Design, render: Renderer) -> None:
    name = names.sources[design.entry.name]
    source = graph.sources.get((names.database.name, name))
    if not source or set(design.choices) <= set(names.database.tables[design.entry.name]):
        return
    steps = (("sources", names.database.name), ("tables", name))
    table = view_table(names, design, [])
    fresh = render("sources.yml", database=names.database, tables=[table], meta={}, is_first=False)
    _add_items(proposal, source.file, fresh, steps)


def _into_staging(proposal: Proposal, names: Names, design: Design, render: Renderer) -> None:
    present = [choice.name for choice in design.choices.values() if choice.staged_type]
    missing = [choice.name for choice in design.choices.values() if not choice.staged_type]
    if not missing:
        return
    view = view_table(names, design, [])
    columns = {column["name"]: column for column in view["columns"]}

    def written(listed: list[str]) -> str:
        return render("staging.sql", database=names.database, table=view | {"columns": [columns[c] for c in listed]})

    _add_columns(proposal, names.staged[design.entry.name].file, written, present, missing)


def _into_mart(proposal: Proposal, names: Names, graph: Graph, design: Design, render: Renderer) -> None:
    """Into the one final table that reads this staging model alone; what a union needs, a person knows."""
    staging = names.staged[design.entry.name]
    finals = [final for final in graph.finals(staging) if graph.reads_alone(final, staging) and final.columns]
    if len(finals) != 1 or not finals[0].yaml:
        return
    final = finals[0]
    missing = [name for name in design.called(design.choices) if name not in final.columns]
    if not missing:
        return
    table = view_table(replace(names, marts={design.entry.name: final.name}), design, [])
    columns = {column["name"]: column for column in table["mart"]["columns"]} | {ROW_COLUMN: {"name": ROW_COLUMN}}

    def written(listed: list[str]) -> str:
        return render("mart.sql", table=table | {"mart": {"columns": [columns[c] for c in listed]}})

    _add_columns(proposal, final.file, written, [name for name in final.columns if name in columns], missing)
    _add_items(proposal, final.yaml, render("mart.yml", table=table), (("models", final.name),))


def _add_columns(
    proposal: Proposal, path: Path, written: Callable[[list[str]], str], present: list[str], missing: list[str]
) -> None:
    """Merge what `synapse add` would write with and without the missing columns into what somebody wrote.

    The place is behind all columns that are there or, if somebody changed the lines around it, the next before.
    """
    base, theirs = written(present), proposal.read(path)
    for place in range(len(present), -1, -1):
        fresh = written([*present[:place], *missing, *present[place:]])
        merged = _merge(theirs, base, fresh)
        if merged is not None or not which("git"):
            break
    old, new = base.splitlines(keepends=True), fresh.splitlines(keepends=True)
    start = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))))
    proposal.put(path, merged, new[start : start + len(new) - len(old)])


def _merge(theirs: str, base: str, fresh: str) -> str | None:
    """A three-way merge, or None if the two changes to `base` touch."""
    git = which("git")
    if not git:
        return None
    with TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("theirs", "base", "fresh")]
        for file, text in zip(files, (theirs, base, fresh), strict=True):
            file.write_bytes(text.encode())
        done = subprocess.run([git, "merge-file", "-p", "-q", *files], cwd=folder, capture_output=True)  # noqa: S603
    return None if done.returncode else done.stdout.decode()


def _add_items(proposal: Proposal, path: Path, fresh: str, steps: Steps) -> None:
    """Add the columns that a YAML file lacks at the end of its list, but before a `source_database` there."""
    text = proposal.read(path)
    present, wanted = _columns(text, steps), _columns(fresh, steps)
    missing = [name for name in wanted if name not in present]
    if not present or not missing:
        return  # somebody chose to list none
    lines = fresh.splitlines(keepends=True)
    added = [line for name in missing for line in lines[slice(*wanted[name])]]
    last = list(present)[-1]
    place = present[last][0 if last == "source_database" else 1]
    old = text.splitlines(keepends=True)
    new = "".join([*old[:place], *added, *old[place:]])
    proposal.put(path, new if _lists(new, steps, {*present, *missing}) else None, added)


def _lists(text: str, steps: Steps, names: set[str]) -> bool:
    """Whether this is YAML that lists these columns: if a list is written in a line, ours are no part of it."""
    try:
        return set(_columns(text, steps)) == names
    except yaml.YAMLError:
        return False


def _columns(text: str, steps: Steps) -> dict[str, tuple[int, int]]:
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
