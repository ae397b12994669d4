"""Render the templates: from what was found in a database to the text of every file that the project lacks."""

from collections.abc import Iterable
from pathlib import Path

import jinja2

from synapse_analytics import Problem
from synapse_analytics.project import sqlite_directory
from synapse_analytics.raw_format import LONGEST_NAME, ROW_COLUMN
from synapse_analytics.scaffold.describe import describe_column, describe_staged_column, describe_table
from synapse_analytics.scaffold.design import Choice, Design
from synapse_analytics.scaffold.names import IDENTIFIER, Names, slug
from synapse_analytics.scaffold.quoting import FILTERS, remark
from synapse_analytics.sqlite.catalogue import Reference

TEMPLATES = Path(__file__).parent / "templates"
TODO = "TODO: "
BY_ROW = "The rowid in SQLite, since the table has no key that holds. VACUUM may number rows anew."


class Renderer:
    """The templates, with what they may use."""

    def __init__(self, reserved: Iterable[str]) -> None:
        """`reserved` are the words that PostgreSQL takes for a name only in quotes."""
        self._environment = jinja2.Environment(  # noqa: S701 - what is written is no HTML
            loader=jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8"),
            block_start_string="<%",
            block_end_string="%>",
            variable_start_string="<<",
            variable_end_string=">>",
            comment_start_string="<#",
            comment_end_string="#>",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
        )

        def identifier(name: str) -> str:
            return name if IDENTIFIER.fullmatch(name) and name not in reserved else f'"{name}"'

        self._environment.filters.update(FILTERS, identifier=identifier)

    def __call__(self, template: str, **values: object) -> str:
        """Raises Problem if somebody's change to a template broke it."""
        try:
            return self._environment.get_template(template).render(**values)
        except (jinja2.TemplateError, TypeError) as error:
            raise Problem(f"The template {TEMPLATES / template} cannot be used ({error}): correct it.") from error


def render_files(names: Names, designs: list[Design], render: Renderer) -> dict[Path, str]:
    """Every file that the project lacks, by its path."""
    database = names.database
    in_contract = contract_references(names, designs)
    tables = [view_table(names, design, in_contract[design.entry.name]) for design in designs]
    undeclared = [table for table in tables if table["identifier"] not in database.tables]
    unmodelled = [
        table
        for table in tables
        if table["identifier"] not in names.staged and table["staging"]["name"] not in names.files
    ]
    files = {
        **_yaml_files(names, "sources", undeclared, render),
        **_yaml_files(names, "models", unmodelled, render),
    }
    for table in unmodelled:
        path = names.folder / f"{table['staging']['name']}.sql"
        files[path] = render("staging.sql", database=database, table=table)
    for table in [table for table in tables if "mart" in table]:
        path = names.mart(table["identifier"])
        files[path] = render("mart.sql", table=table)
        files[path.with_suffix(".yml")] = render("mart.yml", table=table)
    return {path: text for path, text in files.items() if not path.exists()}


def render_views(names: Names, views: list[tuple[str, str]], render: Renderer) -> dict[Path, str]:
    """A file for each view, by its path, that has its SQL in comments; those that are there are left out."""
    folder, files = names.root / "analyses" / names.database.name, {}
    for name, sql in views:
        path = folder / f"{slug(name, 60, [path.stem for path in files])}.sql"
        files[path] = render("view.sql", database=names.database, view={"name": name, "lines": sql.splitlines()})
    return {path: text for path, text in files.items() if not path.exists()}


def declared_file(names: Names) -> str:
    """The path of the database for its declaration, empty if its name tells it. Raises Problem for one of no use."""
    database, directory = names.database, sqlite_directory(names.root)
    inside = database.file.is_relative_to(directory)
    path = (database.file.relative_to(directory) if inside else database.file).as_posix()
    if remark(path) != path:
        raise Problem(
            f"{database.name}: the path {path!a} has signs that dbt's YAML or its pages take for their own: rename it."
        )
    return "" if path == f"{database.name}.db" else path


def _yaml_files(names: Names, kind: str, tables: list[dict], render: Renderer) -> dict[Path, str]:
    """One file for all tables or, if there is one already, one for each table that it lacks."""
    database = names.database
    meta = {"sqlite_file": declared_file(names), "excluded": database.excluded}
    values = {"database": database, "meta": {key: value for key, value in meta.items() if value}}
    path = names.folder / f"_{database.name}__{kind}.yml"
    if not path.exists() and not database.tables:
        return {path: render(f"{kind}.yml", tables=tables, is_first=True, **values)}
    values["meta"].pop("excluded", None)  # the first file has it
    return {
        names.folder / f"_{database.name}__{table['name']}__{kind}.yml": render(
            f"{kind}.yml", tables=[table], is_first=False, **values
        )
        for table in tables
    }


def _contract_type(data_type: str) -> str:
    """A type as YAML. dbt renders a type of the warehouse's own, because each target has its own."""
    schema, _, name = data_type.partition(".")
    return f"'\"{{{{ target.schema }}}}\".{name}'" if schema == "analytics" and name else data_type


def _view_column(choice: Choice) -> dict:
    """What the templates see of a column."""
    return {
        "name": choice.name,
        "raw_name": choice.column.name,
        "cast": choice.cast or "as_raw",
        "arguments": choice.arguments,
        "data_type": _contract_type(choice.data_type),
        "remarks": choice.remarks,
        "todo": "" if choice.column.comment else TODO,
        "description": describe_staged_column(choice),
        "raw_description": describe_column(choice),
        "is_not_null": choice.column.is_not_null and choice.is_complete,
        "tests": [],
    }


def view_table(names: Names, design: Design, in_contract: list[Reference]) -> dict:
    """What the templates see of a table: `staging` and, if wanted, `mart`. One of them carries the tests."""
    entry = design.entry
    columns = [_view_column(choice) for choice in design.choices.values()]
    models = {table: names.marts.get(table) or names.staging(table) for table in names.sources}
    staging = {"name": names.staging(entry.name), "columns": columns, "tests": [], "tested_columns": []}
    table = {
        "name": names.sources[entry.name],
        "identifier": entry.name,
        "description": describe_table(design, design.called(entry.primary_key)),
        "raw_description": describe_table(design, entry.primary_key),
        "remarks": design.remarks,
        "columns": columns,
        "staging": staging,
    }
    if entry.name in names.marts:
        by_row = {"name": ROW_COLUMN, "data_type": "bigint", "todo": "", "description": BY_ROW}
        dates = [each.name for each in design.choices.values() if each.data_type in ("date", "timestamptz")]
        parents = [reference.columns[0] for reference in design.references if len(reference.columns) == 1]
        table["mart"] = {
            "name": names.marts[entry.name],
            "columns": [{**column, "tests": []} for column in columns]
            + ([] if design.key else [{**by_row, "is_not_null": True, "tests": []}]),
            "key": design.key or (ROW_COLUMN,),
            "foreign_keys": [
                {"column": r.columns[0], "to": models[r.parent], "field": r.parent_columns[0]} for r in in_contract
            ],
            "indexes": [(name,) for name in dict.fromkeys([*parents, *dates]) if name not in design.key[:1]],
            "tests": [],
        }
    _give_tests(table.get("mart", staging), design, models, in_contract)
    return table


def _give_tests(model: dict, design: Design, models: dict[str, str], in_contract: list[Reference]) -> None:
    """The tests that a model carries: what its contract enforces needs none."""
    tests = [{"kind": "every_row_arrived"}]
    if design.key and "key" not in model:
        tests.append({"kind": "unique_key", "columns": design.key, "may_be_null": False})
    tests += [{"kind": "unique_key", "columns": key, "may_be_null": True} for key in design.unique_keys]
    columns = {column["name"]: column for column in model["columns"]}
    for reference in design.references:
        to = {"to": models[reference.parent]}
        if len(reference.columns) > 1:
            keys = {"columns": reference.columns, "to_columns": reference.parent_columns}
            tests.append({"kind": "foreign_key", **keys, **to})
        elif reference not in in_contract:
            test = {"kind": "relationships", "field": reference.parent_columns[0], **to}
            columns[reference.columns[0]]["tests"].append(test)
    for choice in design.choices.values():
        if choice.evidence.words:
            columns[choice.name]["tests"].append({"kind": "accepted_values", "words": choice.evidence.words})
    model["tests"] = tests
    model["tested_columns"] = [column for column in columns.values() if column["tests"]]


def contract_references(names: Names, designs: list[Design]) -> dict[str, list[Reference]]:
    """Per table, the references that can be foreign keys of the contract; a test holds the others.

    dbt orders tables by them, so none may lead back; and PostgreSQL cuts the key's name off after 63 bytes.
    """
    keys = {design.entry.name: design.key for design in designs}
    chosen: dict[str, list[Reference]] = {name: [] for name in keys}

    def leads_to(start: str, end: str) -> bool:
        reached, waiting = {start}, [start]
        while waiting:
            parents = {reference.parent for reference in chosen[waiting.pop()]} - reached
            reached |= parents
            waiting += parents
        return end in reached

    for design in [design for design in designs if design.entry.name in names.marts]:
        child = design.entry.name
        for reference in [reference for reference in design.references if reference.parent in names.marts]:
            is_to_key = len(reference.columns) == 1 and reference.parent_columns == keys[reference.parent]
            name = f"{names.marts[child]}_{reference.columns[0]}_fkey"
            is_new = reference.columns not in [other.columns for other in chosen[child]]
            if is_to_key and is_new and len(name.encode()) <= LONGEST_NAME and not leads_to(reference.parent, child):
                chosen[child].append(reference)
    return chosen
