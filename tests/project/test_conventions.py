"""The house style, read from dbt's own manifest and from the files."""

import ast
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.conftest import BUILT_MANIFEST

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ROOT = Path(__file__).parents[2]
CAST = re.compile(r"        \{\{ (as_\w+)\('(.+?)'(, '\w+')?\) \}\} as (\w+|\".+\"),")
# What the patterns in each module of the loader are over: data, and none over SQL, Jinja or YAML that people write.
PATTERNS = {
    "catalogue": "declared types, and the tokens of DDL in a SQLite file, which keeps comments nowhere else",
    "describe": "text of a file on its way into Markdown",
    "evidence": "values",
    "hints": "names of columns, and declared types",
    "names": "names",
    "raw_format": "names and values",
    "quoting": "text on its way into a file",
    "file": "what SQLite says of damage",
}


@pytest.fixture(scope="module")
def manifest(postgres: dict[str, str], built: str) -> dict:
    return json.loads((Path(postgres["DBT_TARGET_PATH"]) / BUILT_MANIFEST).read_text())


@pytest.fixture(scope="module")
def models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


@pytest.fixture(scope="module")
def marts(models: list[dict]) -> list[dict]:
    return [model for model in models if model["fqn"][1] == "marts"]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def test_every_model_says_what_one_row_is(models: list[dict]) -> None:
    assert [model["name"] for model in models if not model["description"].startswith("One row per ")] == []


def test_every_column_of_analytics_has_a_description_that_teaches(marts: list[dict]) -> None:
    poor = [
        f"{model['name']}.{name}: {column['description']}"
        for model in marts
        for name, column in model["columns"].items()
        if len(words(column["description"])) < 4
        or set(words(column["description"])) <= {*words(name), "the", "of", "a", "an", "is", "this"}
        or re.search(
            r"\bTODO\b|\bthis column\b|\b(text|string|integer|boolean) (field|column)\b", column["description"], re.I
        )
    ]
    assert poor == []


def test_every_source_and_macro_is_described(manifest: dict) -> None:
    own = [macro for macro in manifest["macros"].values() if macro["package_name"] == "synapse_analytics"]
    for node in [*manifest["sources"].values(), *own]:
        assert node["description"], node["name"]
    for macro in own:
        described = {argument["name"] for argument in macro["arguments"]}
        signature = re.search(r"\{%-? *(?:macro|test) +\w+\((.*?)\)", macro["macro_sql"])
        if signature:
            arguments = {part.split("=")[0].strip() for part in signature.group(1).split(",") if part.strip()}
            assert arguments - {"model"} == described, macro["name"]


def test_every_table_of_analytics_has_a_contract_with_a_primary_key(marts: list[dict]) -> None:
    for model in marts:
        assert model["config"]["contract"]["enforced"], model["name"]
        keys = [constraint for constraint in model["constraints"] if constraint["type"] == "primary_key"]
        assert len(keys) == (0 if model["config"]["materialized"] == "view" else 1), model["name"]
        assert all(constraint.get("name") is None for constraint in model["constraints"]), model["name"]


def test_a_mart_is_one_sql_and_one_yml_named_after_it(marts: list[dict]) -> None:
    for model in marts:
        path = ROOT / model["original_file_path"]
        assert path.stem == model["name"]
        assert model["patch_path"].endswith(str(path.with_suffix(".yml").relative_to(ROOT)))


def test_staging_models_share_one_pattern(manifest: dict, models: list[dict]) -> None:
    for model in models:
        if model["fqn"][1] != "staging":
            continue
        folder = model["fqn"][2]
        table = model["name"].removeprefix(f"stg_{folder}__")
        head, *lines, row, database, source, close, blank, last = model["raw_code"].splitlines()[1:]
        casts = [line for line in lines if not line.startswith("        -- ")]
        assert model["raw_code"].startswith("with typed as (\n    select\n")
        columns = [CAST.fullmatch(line) for line in casts]
        assert all(columns), (model["name"], casts)
        (parent,) = model["depends_on"]["nodes"]
        declared = manifest["sources"][parent]["columns"].items()
        staged = {name: column["config"]["meta"].get("staged_as", name) for name, column in declared}
        assert {match[2]: match[4].strip('"') for match in columns} == staged, model["name"]
        assert (row, database) == ("        _source_row,", f"        '{folder}' as source_database")
        assert source == f"    from {{{{ source('{folder}', '{table}') }}}}"
        assert (head, close, blank, last) == ("    select", ")", "", "select * from typed")


def test_staging_casts_exactly_the_declared_columns(manifest: dict, models: list[dict]) -> None:
    by_name = {model["name"]: model for model in models}
    for source in manifest["sources"].values():
        if source["schema"].startswith("raw_"):
            model = by_name[f"stg_{source['source_name']}__{source['name']}"]
            assert [match[1] for match in CAST.findall(model["raw_code"])] == list(source["columns"]), model["name"]


def test_every_column_of_staging_reaches_analytics(manifest: dict, models: list[dict], marts: list[dict]) -> None:
    carriers = {test["attached_node"] for test in manifest["nodes"].values() if "every_row_arrived" in test["name"]}
    staging = {model["unique_id"]: model for model in models if model["fqn"][1] == "staging"}
    read = carriers & set(staging)
    for mart in marts:
        if mart["unique_id"] in carriers:
            for parent in set(mart["depends_on"]["nodes"]) & set(staging):
                read.add(parent)
                columns = {match[3].strip('"') for match in CAST.findall(staging[parent]["raw_code"])}
                assert columns <= set(mart["columns"]), mart["name"]
    assert read == set(staging)


def test_layers_read_only_what_lies_below(manifest: dict, models: list[dict]) -> None:
    allowed = {
        "staging": {"source"},
        "intermediate": {"source", "staging", "intermediate"},
        "marts": {"staging", "intermediate", "marts", "seed"},
    }
    for model in models:
        for parent in model["depends_on"]["nodes"]:
            kind = parent.split(".")[0]
            layer = manifest["nodes"][parent]["fqn"][1] if kind == "model" else kind
            assert layer in allowed[model["fqn"][1]], (model["name"], parent)


def test_select_star_stands_only_in_the_last_line() -> None:
    for path in (ROOT / "models").rglob("*.sql"):
        *body, last = path.read_text().splitlines()
        assert not [line for line in body if "*" in line and re.search(r"select\s+(\w+\.)?\*", line)], path.name
        assert last in ("select * from final", "select * from typed"), path.name


def test_there_are_few_enough_tests_and_none_is_muted(manifest: dict) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    assert len(tests) + len(manifest["unit_tests"]) <= 200
    assert not manifest["disabled"]
    for test in tests:
        config = test["config"]
        assert (config["severity"].lower(), config["where"], config["error_if"], config["enabled"]) == (
            "error",
            None,
            "!= 0",
            True,
        )


def test_there_are_indexes_enough_and_none_twice(marts: list[dict]) -> None:
    indexes = [
        (model["name"], tuple(index["columns"])) for model in marts for index in model["config"].get("indexes") or []
    ]
    assert len(indexes) >= 19
    assert len(indexes) == len(set(indexes))


def test_no_yaml_key_is_unknown_to_dbt(warehouse: "Warehouse") -> None:
    """dbt checks the keys of YAML files only for some adapters; the test adds this one."""
    script = (
        "import dbt.jsonschemas.jsonschemas as schemas; schemas._JSONSCHEMA_SUPPORTED_ADAPTERS.add('postgres')\n"
        "from dbt.cli.main import dbtRunner\n"
        "done = dbtRunner().invoke(['--no-partial-parse', 'parse', '--show-all-deprecations', '--no-use-colors'])\n"
        "raise SystemExit(not done.success)"
    )
    done = warehouse.run("python", "-c", script)
    assert done.returncode == 0
    assert "Deprecation" not in done.stdout


def test_the_readme_lists_every_table_of_analytics(marts: list[dict]) -> None:
    listed = re.findall(r"^\|[^|]*\| `(\w+)` \|", (ROOT / "README.md").read_text(), re.M)
    assert sorted(listed) == sorted(model["name"] for model in marts)


def test_yaml_files_are_short_enough_to_read() -> None:
    for path in (ROOT / "models" / "marts").rglob("*.yml"):
        assert len(path.read_text().splitlines()) <= 200, path.name
        assert yaml.safe_load(path.read_text())["models"][0]["name"] == path.stem


def test_every_table_with_a_key_to_a_registry_has_its_staging_models_in_the_lists_of_references(
    manifest: dict, marts: list[dict]
) -> None:
    """What refers to a registry and is not in its list would be refused by the key, if nobody else knows it."""
    nodes = manifest["nodes"]
    lists = {name: node for name, node in nodes.items() if "known_in" in node["config"].get("meta", {})}
    registries = [model for model in marts if model["fqn"][2] == "registry"]
    listed = {
        model["relation_name"]: set(lists[parent]["depends_on"]["nodes"])
        for model in registries
        for parent in lists.keys() & {*model["depends_on"]["nodes"]}
    }
    assert len(listed) == len(registries) == len(lists)
    keys = [(model, key["to"]) for model in marts for key in model["constraints"] if key.get("to") in listed]
    assert len(keys) >= 15
    for model, registry in keys:
        parents = [name for name in model["depends_on"]["nodes"] if name in nodes]
        staging = {name for name in parents if nodes[name]["fqn"][1] == "staging"}
        assert staging <= listed[registry], (model["name"], registry, staging - listed[registry])


def test_every_macro_that_takes_the_place_of_one_of_dbts_is_explained(manifest: dict) -> None:
    """dbt takes a macro of the project before its own of that name, of the adapter's before that of any."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for macro in manifest["macros"].values():
        names[macro["package_name"] == "synapse_analytics"].add(macro["name"])
    kinds = {name.removesuffix("_postgres").removesuffix("_default") for name in names[False]}
    kinds |= {name.removeprefix("default__") for name in names[False]}
    replaced = {name for name in names[True] if name.removesuffix("_postgres").removeprefix("postgres__") in kinds}
    page = (ROOT / "docs" / "dbt.md").read_text()
    explained = {line.split("`")[1] for line in page.split("## Leaned on")[0].splitlines() if line.startswith("| `")}
    assert len(replaced) >= 6
    assert replaced == explained


def test_modules_and_functions_of_the_loader_fit_a_screen_or_a_few() -> None:
    for path in (ROOT / "loaders").rglob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= 250, path.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 40, f"{path.name}: {node.name}"


def test_the_sides_know_nothing_of_each_other() -> None:
    """Files at the top bring them together. A side imports no such file, and none is imported in a circle."""
    imports: dict[str, set[str]] = {}
    for path in (ROOT / "loaders").rglob("*.py"):
        parts = path.relative_to(ROOT / "loaders").with_suffix("").parts
        name = ".".join(["synapse_analytics", *parts]).removesuffix(".__init__")
        found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        imports[name] = {f"{node.module}.{alias.name}" for node in found for alias in node.names} | {
            node.module or "" for node in found
        }
    for module, imported in imports.items():
        imports[module] = {other for other in imported if other in imports} - {"synapse_analytics", module}
    both = {"synapse_analytics.sqlite", "synapse_analytics.postgres", "synapse_analytics.scaffold"}
    for module, imported in imports.items():
        for side in both - {"synapse_analytics.scaffold"}:
            if module.startswith(side):
                strange = {other for other in imported if any(other.startswith(each) for each in both - {side})}
                assert not strange, f"{module} imports {', '.join(strange)}"
    list(TopologicalSorter(imports).static_order())


def test_python_finds_nothing_out_by_patterns_over_source_code() -> None:
    """dbt's graph and PostgreSQL tell what a project is. A new pattern needs a line above that says what it is over."""
    trees = {path.stem: ast.parse(path.read_text()) for path in (ROOT / "loaders").rglob("*.py")}
    imported = {
        name: {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        for name, tree in trees.items()
    }
    assert {name for name, modules in imported.items() if "re" in modules} == set(PATTERNS)
    read = {
        name: {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"raw_code", "compiled_code"}
        for name, tree in trees.items()
    }
    assert {name: attributes for name, attributes in read.items() if attributes} == {"graph": {"compiled_code"}}


def test_the_workflow_can_be_read() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert all({"uses", "run"} & step.keys() for job in jobs.values() for step in job["steps"])
