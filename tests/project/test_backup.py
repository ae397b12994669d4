"""Whole warehouses come back from a backup, by the commands that docs/operations.md has, and from 16 to 18."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from synapse_analytics.postgres import embedded
from tests.conftest import DATABASE, PROGRAMS, ROOT, Warehouse, copy_project, create_database, folder_for_a_server
from tests.loaders.test_other_servers import contents, find_16, own_dbt, running
from tests.project.test_rights import as_role, set_up

pytestmark = pytest.mark.long
DIGESTS = "select load_id, table_name, source_digest, landed_digest, landed_rows from ledger.table_loads order by 1, 2"
RIGHTS = (
    "select relnamespace::regnamespace::text, relname, relowner::regrole::text, relacl::text from pg_class"
    " where oid > 16383 and relnamespace <> 'pg_toast'::regnamespace order by 1, 2"
)
DEFAULTS = "select defaclrole::regrole::text, defaclacl::text from pg_default_acl order by 1, 2"


def commands(title: str) -> list[str]:
    """The blocks of commands in a section of the page."""
    section = (ROOT / "docs" / "operations.md").read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    return section.split("```\n")[1::2]


def run(warehouse: Warehouse, *words: str) -> str:
    done = warehouse.run(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("title", ["Backup and restore", "Upgrades"])
def test_the_commands_of_the_page_bring_a_warehouse_back(
    title: str, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("PG", "DBT"))]:
        monkeypatch.delenv(name)
    with folder_for_a_server() as folder:
        root = copy_project(folder / "project", with_sources=True)
        environment = {"SYNAPSE_SQLITE_DIR": str(samples), **own_dbt(tmp_path)}
        environment["PATH"] = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
        warehouse = Warehouse(samples, environment, root)
        try:
            for words in ("synapse up", "synapse load", "dbt build"):
                run(warehouse, *words.split())
            query = ("synapse", "psql", "-At", "-c", DIGESTS)
            before = run(warehouse, *query)
            assert before.count("\n") == 37
            blocks = commands(title)
            assert len(blocks) == 2
            for block in blocks:
                done = subprocess.run(
                    ["sh", "-e", "-c", block],
                    cwd=root,
                    env={**os.environ, **environment},
                    capture_output=True,
                    text=True,
                )
                assert done.returncode == 0, done.stdout + done.stderr
            assert "every row is accounted for" in done.stdout
            assert run(warehouse, *query) == before
            run(warehouse, "synapse", "verify")
        finally:
            embedded.down(root)


def test_a_backup_goes_from_16_to_18_and_not_back(warehouse: Warehouse, tmp_path: Path) -> None:
    programs = os.pathsep.join([str(find_16()), os.environ["PATH"]])
    with running(find_16()) as reach:
        older = Warehouse(
            warehouse.sqlite_dir, {**warehouse.environment, **reach, **own_dbt(tmp_path), "PATH": programs}
        )
        run(older, "synapse", "load")
        run(older, "dbt", "build")
        by_18, by_16 = str(tmp_path / "by_18"), str(tmp_path / "by_16")
        done = older.synapse("backup", by_18, PATH="/nowhere")
        assert done.returncode == 0, done.stderr
        run(older, "synapse", "backup", by_16)
        run(warehouse, "synapse", "backup", str(tmp_path / "18"))
        digests, rows = older.query(DIGESTS), contents(older)
        create_database(reach, DATABASE)
        for file in (by_18, str(tmp_path / "18")):
            done = older.synapse("restore", file)
            assert (done.returncode, done.stderr) == (
                1,
                f"{file}: it was made by PostgreSQL 18, and the server is 16: restore it into a newer.\n",
            )
        run(older, "synapse", "restore", by_16)
        assert older.query(DIGESTS) == digests
    for file in (by_16, by_18):
        create_database(warehouse.environment, DATABASE)
        for words in (("synapse", "restore", file), ("synapse", "verify"), ("dbt", "build"), ("synapse", "report")):
            run(warehouse, *words)
        assert warehouse.query(DIGESTS) == digests
        assert contents(warehouse) == rows


def test_a_warehouse_of_three_logins_comes_back_with_its_owners_and_grants(
    postgres: dict[str, str], samples: Path, tmp_path: Path
) -> None:
    """docs/roles.sql comes first, in the new database as in the old."""
    own = {**postgres, "PGDATABASE": "restored", "SYNAPSE_SQLITE_DIR": str(samples), **own_dbt(tmp_path)}
    administrator = Warehouse(samples, own)
    loader, dbt, reader = (as_role(administrator, f"synapse_{name}") for name in ("loader", "dbt", "reader"))
    set_up(postgres, "restored")
    run(loader, "synapse", "load")
    run(dbt, "dbt", "build")
    file = str(tmp_path / "backup")
    run(administrator, "synapse", "backup", file)
    before = [administrator.query(statement) for statement in (RIGHTS, DEFAULTS, DIGESTS)]
    set_up(postgres, "restored")
    run(administrator, "synapse", "restore", file)
    assert [administrator.query(statement) for statement in (RIGHTS, DEFAULTS, DIGESTS)] == before
    for warehouse, words in ((loader, "synapse load"), (dbt, "dbt build"), (dbt, "synapse report")):
        run(warehouse, *words.split())
    assert reader.query("select count(*) > 0 from analytics.posts") == [(True,)]


@pytest.mark.skipif(not shutil.which("sqldiff"), reason="sqldiff is not here: install sqlite3-tools")
def test_the_commands_of_the_page_write_a_file_again(warehouse: Warehouse, samples: Path, tmp_path: Path) -> None:
    """And the same for all the other samples."""
    run(warehouse, "synapse", "load")
    folder = copy_project(tmp_path / "project", with_sources=True)
    (folder / "data").symlink_to(samples)
    (block,) = commands("The way back to SQLite")
    files = sorted(path.stem for path in samples.glob("*.db"))
    assert "content_analytics" in files
    for name in files:
        done = warehouse.run(shutil.which("sh"), "-ec", block.replace("content_analytics", name), root=folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[1:] == []
        assert "equal to what was loaded" in done.stdout
