"""What dbt knows of the project: who reads whom, which file is whose, and the SQL that a model comes to."""

from collections.abc import Iterable
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import extensions

from synapse_analytics import Problem
from synapse_analytics.scaffold.casts import CASTS

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class Model:
    """A model that is switched on. `columns` and `key`, the primary key, are what its YAML file says."""

    unique_id: str
    name: str
    file: Path
    yaml: Path | None
    is_latest: bool
    parents: frozenset[str]
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A declared raw table."""

    unique_id: str
    file: Path


@dataclass
class Graph:
    """The models of a project, its sources by database and name, and the models that have the test every_row_arrived.

    One without anything stands for a project that has no model of a database yet.
    """

    root: Path
    models: list[Model] = field(default_factory=list)
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    carriers: frozenset[str] = frozenset()
    manifest: "Manifest | None" = None

    def __post_init__(self) -> None:
        """Look up by name and by parent: a project may have thousands of models."""
        self._by_id = {model.unique_id: model for model in self.models}
        self._named: dict[str, list[Model]] = {}
        self._readers: dict[str, list[Model]] = {}
        for model in sorted(self.models, key=lambda model: (not model.is_latest, model.unique_id)):
            self._named.setdefault(model.name, []).append(model)
            for parent in model.parents:
                self._readers.setdefault(parent, []).append(model)

    def staging(self, database: str, table: str) -> Model | None:
        """The staging model of a source: the one that is named as `synapse add` would, else the first that reads it."""
        source = self.sources.get((database, table))
        readers = self._readers.get(source.unique_id, []) if source else []
        named = self._named.get(f"stg_{database}__{table}", [])
        return next(iter([*named, *(model for model in readers if self._is_in("staging", model))]), None)

    def finals(self, staging: Model) -> list[Model]:
        """The final tables that read a staging model, in whatever version; only those that carry its rows if any do."""
        versions = self._named[staging.name]
        readers = {
            reader.unique_id: reader for version in versions for reader in self._readers.get(version.unique_id, [])
        }
        finals = [reader for reader in readers.values() if self._is_in("marts", reader)]
        return [final for final in finals if final.unique_id in self.carriers] or finals

    def reads_alone(self, final: Model, staging: Model) -> bool:
        """Whether a final table reads this staging model, in this version, and no other."""
        parents = [self._by_id[parent] for parent in final.parents if parent in self._by_id]
        return [parent for parent in parents if self._is_in("staging", parent)] == [staging]

    def _is_in(self, layer: str, model: Model) -> bool:
        return model.file.is_relative_to(self.root / "models" / layer)

    def compile(self, models: Iterable[Model]) -> dict[str, str]:
        """The SQL of each model by its unique id. Raises Problem if dbt refuses one.

        To be asked once: dbt changes the manifest that it is given.
        """
        # By folder, because dbt goes through all models once for each word of a selection.
        folders = sorted({f"path:{model.file.parent.relative_to(self.root).as_posix()}" for model in models})
        if not folders:
            return {}
        done = _invoke(self.root, ["compile", "--indirect-selection", "empty", "--select", *folders], self.manifest)
        return {result.node.unique_id: result.node.compiled_code for result in done.result.results}


def read_graph(root: Path) -> Graph:
    """Let dbt parse the project. Raises Problem, with dbt's words, if it cannot."""
    manifest = _invoke(root, ["parse"]).result
    nodes = list(manifest.nodes.values())
    return Graph(
        root,
        [
            _model(root, node)
            for node in nodes
            if node.resource_type == "model" and node.package_name == manifest.metadata.project_name
        ],
        {
            (source.source_name, source.name): Source(source.unique_id, root / source.original_file_path)
            for source in manifest.sources.values()
        },
        frozenset(
            node.attached_node
            for node in nodes
            if hasattr(node, "test_metadata") and node.test_metadata.name == "every_row_arrived"
        ),
        manifest,
    )


def _model(root: Path, node: Any) -> Model:  # noqa: ANN401 - dbt's own, which takes a second to import
    columns = {name: column.constraints for name, column in node.columns.items()}
    keys = [constraint.columns for constraint in node.constraints if constraint.type == "primary_key"]
    keys += [[name] for name, own in columns.items() if any(constraint.type == "primary_key" for constraint in own)]
    return Model(
        node.unique_id,
        node.name,
        root / node.original_file_path,
        root / node.patch_path.partition("://")[2] if node.patch_path else None,
        node.version == node.latest_version,
        frozenset(node.depends_on.nodes),
        tuple(columns),
        tuple(keys[0]) if keys else (),
    )


def _invoke(root: Path, arguments: list[str], manifest: "Manifest | None" = None) -> "dbtRunnerResult":
    """Run dbt in this process, silently. What `dbt retry` and others read in target/ stays as it is."""
    from dbt.cli.main import dbtRunner  # here, because its import takes longer than a first `add`

    with chdir(root):  # dbt goes there by itself, and stays
        done = dbtRunner(manifest).invoke(["--log-level", "none", "--no-write-json", *arguments])
    if isinstance(done.exception, KeyboardInterrupt):
        raise done.exception
    if not done.success:
        # The first line says what kind of error it is, the next two its place and what is wrong.
        words = " ".join(" ".join(str(done.exception).splitlines()[:3]).split())
        raise Problem(f"dbt refuses the project ({words}): correct that, and add again.")
    return done


def read_types(cursor: extensions.cursor, model: Model, select: str) -> dict[str, str]:
    """The type of each column of a model, as PostgreSQL understands its SQL; no row is read.

    Raises Problem if PostgreSQL refuses the SQL.
    """
    try:
        cursor.execute(f"select * from (\n{select}\n) as model limit 0")
    except psycopg2.Error as error:
        words = error.diag.message_primary or error
        raise Problem(
            f"PostgreSQL refuses the model {model.name} ({words}): correct it, or build what it needs with"
            f" `dbt run -s +{model.name}`, and add again."
        ) from error
    columns = [(column.name, column.type_code) for column in cursor.description]
    # Ours are short names of some types, such as timestamptz.
    cursor.execute(
        "select found.oid, coalesce(ours.name, format_type(found.oid, -1)) from unnest(%s::oid[]) as found (oid)"
        " left join unnest(%s::text[]) as ours (name) on found.oid = ours.name::regtype",
        [[code for _, code in columns], sorted({cast.type for cast in CASTS.values()})],
    )
    types = dict(cursor.fetchall())
    return {name: types[code] for name, code in columns}
