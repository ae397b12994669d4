"""`synapse add` on databases that the project has never seen, built by the real dbt as it stands."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.comparison import find_lost, read_casts
from tests.conftest import DATABASE, ROOT, Warehouse, copy_project, create_database
from tests.documents import outcomes, read
from tests.project.conftest import add, lend_parsed, make
from tests.project.public_databases import DATABASES

# What the hand-made models of the samples know and a file cannot tell: the words of a status, in their order.
BY_HAND = {
    ("stg_ab_testing__ab_tests", "status"),
    ("stg_advanced_graph_rag_analytics__autonomous_optimizations", "status"),
    ("stg_advanced_graph_rag_analytics__graph_insights", "priority"),
    ("stg_advanced_graph_rag_analytics__graph_insights", "status"),
    ("stg_content_analytics__business_pipeline", "status"),
    ("stg_revenue_acceleration__revenue_opportunities", "status"),
    ("stg_unified_content_management__platform_adaptations", "status"),
    ("stg_week3_business_development__consultation_inquiries", "status"),
}
# Linting takes a second for every few files: those of two databases show every template at work.
STYLED = ("trading_company", "without_rowid")


@pytest.fixture(scope="module", params=[pytest.param("staging", marks=pytest.mark.long), "marts"])
def added(
    request: pytest.FixtureRequest,
    postgres: dict[str, str],
    samples: Path,
    parsed: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Warehouse]:
    """An empty project, built, to which the databases were added: with the samples, or with final tables."""
    folder = tmp_path_factory.mktemp("added")
    root = copy_project(folder / "project", with_sources=False)
    files = folder / "files"
    files.mkdir()
    if request.param == "staging":
        shutil.copytree(samples, files, dirs_exist_ok=True)
    for name, write in DATABASES.items():
        write(files / f"{name}.db")
    create_database(postgres, DATABASE)
    lend_parsed(parsed, folder / "target")
    environment = {
        **postgres,
        "SYNAPSE_SQLITE_DIR": str(files),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    warehouse = Warehouse(files, environment, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for name, value in environment.items():
            patch.setenv(name, value)
        for file in sorted(files.glob("*.db")):
            options = ["--marts", "area", "--prefix", f"{file.stem}_"] if request.param == "marts" else []
            done = add(*options, file)
            assert done.exit_code == 0, done.stderr
    done = warehouse.dbt("build")
    assert done.returncode == 0, done.stdout
    yield warehouse


def files(warehouse: Warehouse) -> dict[str, Path]:
    return {file.stem: file for file in sorted(warehouse.sqlite_dir.glob("*.db"))}


def test_every_row_is_accounted_for(added: Warehouse) -> None:
    ledger = added.query(
        "select source_database, source_table, sqlite_rows, staged_rows, balances from analytics.row_ledger"
    )
    assert {row[0] for row in ledger} == set(files(added))
    assert [row for row in ledger if row[2] != row[3] or not row[4]] == []
    assert added.query("select * from analytics.rejected_values") == []


def test_staging_says_what_sqlite_said(added: Warehouse) -> None:
    with closing(added.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'")
        lost = [
            sentence for name, file in files(added).items() for sentence in find_lost(cursor, added.root, name, file)
        ]
    assert lost == []


def test_adding_again_changes_nothing(added: Warehouse) -> None:
    def content() -> dict[Path, str]:
        return {path: path.read_text() for path in added.root.rglob("*") if path.is_file()}

    before = content()
    has_marts = (added.root / "models" / "marts" / "area").is_dir()
    options = ["--marts", "area"] if has_marts else []  # no prefix: the final tables are there
    done = added.synapse("add", "--diff", *options, *map(str, files(added).values()))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.count("nothing to write\n") == len(files(added))
    assert content() == before


@pytest.mark.long
@pytest.mark.parametrize("added", ["marts"], indirect=True)
def test_what_is_written_has_the_house_style(added: Warehouse) -> None:
    models = [str(path) for name in STYLED for path in (added.root / "models").rglob(f"*{name}_*.sql")]
    done = added.run("sqlfluff", "lint", "--config", str(ROOT / "pyproject.toml"), "--processes", "2", *models)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.parametrize("added", ["staging"], indirect=True)
def test_samples_are_typed_as_by_hand(added: Warehouse, samples: Path) -> None:
    differences, columns = set(), 0
    for file in samples.glob("*.db"):
        for model in (ROOT / "models" / "staging" / file.stem).glob("stg_*.sql"):
            by_hand = read_casts(model.read_text())
            generated = read_casts((added.root / model.relative_to(ROOT)).read_text())
            assert list(by_hand) == list(generated), model.name
            columns += len(by_hand)
            differences |= {(model.stem, name) for name in by_hand if by_hand[name] != generated[name]}
    assert differences == BY_HAND
    assert len(differences) < 0.05 * columns


def test_for_programs_it_is_one_document(empty_project: "Warehouse") -> None:
    file = make(empty_project.sqlite_dir / "crm.db")
    records = read(add("--json", file).stdout)
    assert outcomes(records) == [
        ("crm", "Invoice Line", "added"),
        ("crm", "customer", "added"),
        ("crm", None, "added"),
    ]
    absent = add("--json", empty_project.sqlite_dir / "absent.db")
    assert (absent.exit_code, json.loads(absent.stdout)["problems"]) == (1, absent.stderr.splitlines())
