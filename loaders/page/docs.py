"""dbt's documentation as one file, with what dbt does not show: where rows come from, how many there are, and pictures.

Only the page differs. manifest.json and catalog.json in target/ stay as dbt wrote them.
"""

import json
from base64 import b64encode
from pathlib import Path

from psycopg2 import extensions, sql

from synapse_analytics.page.artifacts import DOCS, keys_of, target_folder
from synapse_analytics.page.entities import draw_entities
from synapse_analytics.page.write import write_whole
from synapse_analytics.postgres import ledger
from synapse_analytics.postgres.connection import connect
from synapse_analytics.project import RAW_PREFIX, read_declarations
from synapse_analytics.raw_format import ROW_COLUMN
from synapse_analytics.runner import run_dbt
from synapse_analytics.words import write_time

ENTITIES = "entities.svg"
OF_THE_LOADER = {
    ROW_COLUMN: "SQLite's rowid; for a table WITHOUT ROWID, the position of the row in the order of the key.",
    "source_database": "The SQLite database this row came from, named as its dbt source.",
}


def write_docs(root: Path) -> Path:
    """Let dbt generate its documentation, and write it as one page. Raises Problem if dbt fails, and leaves no page."""
    folder = target_folder(root)
    page = folder / DOCS
    page.unlink(missing_ok=True)
    # Written to run_results.json, what was compiled for the page would take the place of the last build.
    results = folder / "run_results.json"
    kept = results.read_bytes() if results.is_file() else None
    try:
        run_dbt(root, "--quiet", "docs", "generate")
    finally:
        if kept is not None:
            results.write_bytes(kept)
    manifest, catalog = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("manifest", "catalog"))
    (folder / ENTITIES).write_text(draw_entities(manifest), encoding="utf-8")
    show_origins(manifest)
    show_areas(manifest)
    describe_columns(manifest, {name: each.staged for name, each in read_declarations(root).items()})
    with connect(root) as connection, connection.cursor() as cursor:
        count(cursor, manifest, catalog)
    put_pictures_in(manifest, [*sorted(root.glob("docs/*.svg")), folder / ENTITIES], root)
    # Split before anything is put in, because a name may be what stands for the other one.
    before, _, rest = (folder / "index.html").read_text(encoding="utf-8").partition('"MANIFEST.JSON INLINE DATA"')
    between, _, after = rest.partition('"CATALOG.JSON INLINE DATA"')
    text = f"{before}{_script(manifest)}{between}{_script(catalog)}{after}"
    write_whole(page, text)
    return page


def _script(data: dict) -> str:
    """JSON in which nothing ends the script that it stands in."""
    return json.dumps(data).replace("<", "\\u003c")


def show_origins(manifest: dict) -> None:
    """Take the parents of foreign keys out of the lineage: they say what a row refers to, not where it comes from."""
    for unique_id, parents in manifest["parent_map"].items():
        node = manifest["nodes"].get(unique_id, {})
        read = read_by(manifest, node)
        away = {parent for parent in parents if parent in _key_parents(manifest, node)} - read
        manifest["parent_map"][unique_id] = [parent for parent in parents if parent not in away]
        for parent in away:
            children = manifest["child_map"][parent]
            manifest["child_map"][parent] = [child for child in children if child != unique_id]


def read_by(manifest: dict, node: dict) -> set[str]:
    """What the code of a model reads. dbt lists the parents of foreign keys among its refs too, as the last ones."""
    refs = node.get("refs") or []
    names = {ref["name"] for ref in refs[: len(refs) - len(list(keys_of(node)))]}
    parents = node.get("depends_on", {}).get("nodes", [])
    return {parent for parent in parents if manifest["nodes"].get(parent, {}).get("name") in names}


def _key_parents(manifest: dict, node: dict) -> set[str]:
    relations = {key["to"] for key in keys_of(node)}
    parents = node.get("depends_on", {}).get("nodes", [])
    return {parent for parent in parents if manifest["nodes"].get(parent, {}).get("relation_name") in relations}


def show_areas(manifest: dict) -> None:
    """Give each model the name of its folder as a tag, so that the page can show an area alone."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and len(node["fqn"]) > 3:
            node["tags"] = sorted({*node["tags"], node["fqn"][2]})


def describe_columns(manifest: dict, staged: dict[str, dict[str, dict[str, str]]]) -> None:
    """Describe columns of raw tables and staging views as the final tables do that have their rows.

    `staged` says of each database and table what columns are called in staging, where that is not their name in raw.
    """
    tests = manifest["nodes"].values()
    carriers = {
        node["attached_node"] for node in tests if (node.get("test_metadata") or {}).get("name") == "every_row_arrived"
    }
    for unique_id, source in manifest["sources"].items():
        names = staged.get(source["source_name"], {}).get(source["identifier"], {})
        for view in _children(manifest, unique_id):
            known = _descriptions(manifest, view["unique_id"], carriers) | OF_THE_LOADER
            for name in known:
                view["columns"].setdefault(name, {"name": name, "description": ""})
            for column in view["columns"].values():
                column["description"] = column["description"] or known.get(column["name"], "")
            source["columns"].setdefault(ROW_COLUMN, {"name": ROW_COLUMN, "description": ""})
            for column in source["columns"].values():
                name = names.get(column["name"], column["name"])
                column["description"] = column["description"] or known.get(name, "")


def _children(manifest: dict, unique_id: str) -> list[dict]:
    children = manifest["child_map"].get(unique_id, [])
    return [manifest["nodes"][child] for child in children if child.startswith("model.")]


def _descriptions(manifest: dict, unique_id: str, carriers: set[str]) -> dict[str, str]:
    """The columns of the nearest table that carries a model's rows. The loop adds to the list that it walks."""
    passed = [unique_id]
    for each in passed:
        for child in _children(manifest, each):
            if child["unique_id"] in carriers:
                return {name: column["description"] for name, column in child["columns"].items()}
            passed += [child["unique_id"]] if child["unique_id"] not in passed else []
    return {}


def count(cursor: extensions.cursor, manifest: dict, catalog: dict) -> None:
    """Add to dbt's catalogue how many rows each table has, and when its rows were last loaded (UTC)."""
    loaded = {name: ledger.history(cursor, name).loaded_at for name in ledger.databases(cursor)}
    for unique_id, entry in [*catalog["nodes"].items(), *catalog["sources"].items()]:
        schema, table = entry["metadata"]["schema"], entry["metadata"]["name"]
        stats = {}
        if entry["metadata"]["type"] == "BASE TABLE":
            cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table)))
            stats["rows"] = ("Rows", cursor.fetchone()[0], "Rows when this page was written")
        times = [loaded[name] for name in _origins(manifest, unique_id) if loaded.get(name)]
        if times:
            stats["loaded"] = (
                "Last load",
                write_time(max(times)),
                "When a database it comes from was last loaded (UTC)",
            )
        entry["stats"] = {
            key: {"id": key, "label": label, "value": value, "include": True, "description": words}
            for key, (label, value, words) in stats.items()
        } | {"has_stats": {"id": "has_stats", "label": "", "value": bool(stats), "include": False, "description": ""}}


def _origins(manifest: dict, unique_id: str) -> set[str]:
    """The databases from which a node has its rows. The loop adds to the list that it walks."""
    passed = [unique_id]
    for each in passed:
        passed += [parent for parent in manifest["parent_map"].get(each, []) if parent not in passed]
    sources = [manifest["sources"][each] for each in passed if each in manifest["sources"]]
    return {source["source_name"] for source in sources if source["schema"].startswith(RAW_PREFIX)}


def put_pictures_in(manifest: dict, pictures: list[Path], root: Path) -> None:
    """Put pictures that descriptions show into them, because the page is one file."""
    for block in manifest["docs"].values():
        for picture in pictures:
            data = f"(data:image/svg+xml;base64,{b64encode(picture.read_bytes()).decode()})"
            name = picture.relative_to(root).as_posix() if picture.name != ENTITIES else ENTITIES
            block["block_contents"] = block["block_contents"].replace(f"({name})", data)
