"""`synapse add` beside what people have: refusals that leave nothing behind, and databases that grow."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from synapse_analytics.cli import main
from synapse_analytics.scaffold import render
from tests.conftest import Warehouse
from tests.project.conftest import add, make, tree

REFUSED: dict[str, tuple[Callable[[Warehouse], tuple[str | Path, ...]], str]] = {
    "not SQLite": (lambda p: (write(p, b"a,b\n" * 999),), "it is not SQLite, or it is encrypted"),
    "encrypted": (lambda p: (write(p, bytes(range(256)) * 32),), "it is not SQLite, or it is encrypted"),
    "no file": (lambda p: (p.sqlite_dir / "crm.db",), "crm.db does not exist"),
    "no tables": (
        lambda p: (make(p.sqlite_dir / "crm.db", "vacuum"),),
        "crm.db has no tables: there is nothing",
    ),
    "an empty file": (lambda p: (write(p, b""),), "crm.db has no tables: there is nothing"),
    "only views": (
        lambda p: (make(p.sqlite_dir / "crm.db", "create view v as select 1; create view w as select 2"),),
        "has nothing but 2 views (v, w): there is nothing to add.",
    ),
    "a name that is no identifier": (
        lambda p: (make(p.sqlite_dir / "my-crm.db"),),
        "'my-crm' is no name for a database (letters, digits and _, not a digit first, at most 37): name it",
    ),
    "a long name": (lambda p: (make(p.sqlite_dir / f"{'x' * 38}.db"),), "name it with --name"),
    "the ledger's name": (lambda p: (make(p.sqlite_dir / "ledger.db"),), "the name ledger is taken"),
    "an area that is no identifier": (
        lambda p: (make(p.sqlite_dir / "crm.db"), "--marts", "a/b"),
        "'a/b' is no identifier",
    ),
    "a final table that is taken": (
        lambda p: (make(p.sqlite_dir / "crm.db", "create table row_ledger (a)"), "--marts", "sales"),
        "a final table row_ledger would clash with models/marts/ledger/row_ledger.sql: give the new ones a prefix"
        " (--prefix crm_), or add without --marts and make row_ledger a union by hand",
    ),
    "final tables that are taken, in one sentence": (
        lambda p: (
            make(p.sqlite_dir / "crm.db", "create table row_ledger (a); create table rejected_values (a)"),
            *("--marts", "sales"),
        ),
        "final tables rejected_values, row_ledger would clash with files of these names: give the new ones a prefix",
    ),
    "a file where a folder must be": (
        lambda p: (make(p.sqlite_dir / "crm.db"), "--marts", make_file(p.root / "models" / "marts" / "sales")),
        "sales cannot be written",
    ),
    "a folder without a database": (lambda p: (p.root,), "There is no SQLite database in"),
    "a name that says nothing": (
        lambda p: (make(p.sqlite_dir / "db.sqlite3"),),
        "db says nothing of what is in it: name it with --name, as in `synapse add --name shop",
    ),
}


def write(project: Warehouse, content: bytes) -> Path:
    file = project.sqlite_dir / "crm.db"
    file.write_bytes(content)
    return file


def make_file(path: Path) -> str:
    path.touch()
    return path.name


@pytest.mark.parametrize(("prepare", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_added_is_said_and_nothing_is_written(
    empty_project: Warehouse, prepare: Callable[[Warehouse], tuple[str | Path, ...]], sentence: str
) -> None:
    arguments = prepare(empty_project)
    before = tree(empty_project.root)
    done = add(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert tree(empty_project.root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_project_is_said_before_anything_is_loaded(empty_project: Warehouse) -> None:
    folder = empty_project.root / "models" / "staging"
    folder.chmod(0o500)
    done = add(make(empty_project.sqlite_dir / "crm.db"))
    folder.chmod(0o700)
    assert done.exit_code == 1
    assert "give yourself the right to write" in done.stderr
    assert empty_project.query("select 1 from pg_namespace where nspname = 'raw_crm'") == []


def test_a_name_that_another_file_has_is_refused(empty_project: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make(tmp_path / "other" / "crm.db")
    assert add(make(empty_project.sqlite_dir / "crm.db")).exit_code == 0
    done = add(other)
    assert done.exit_code == 1
    assert "the name crm is taken by models/staging/crm, for" in done.stderr
    assert "give another with --name" in done.stderr
    assert add("--name", "crm_two", other).exit_code == 0
    sources = empty_project.root / "models" / "staging" / "crm_two" / "_crm_two__sources.yml"
    assert f"sqlite_file: {other}" in sources.read_text()
    done = CliRunner(catch_exceptions=False).invoke(main, ["load", "crm_two"])
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_folder_is_added_file_by_file_and_one_that_fails_stops_no_other(empty_project: Warehouse) -> None:
    for name in ("a.db", "Shop.sqlite3"):
        make(empty_project.sqlite_dir / name)
    (empty_project.sqlite_dir / "b.db").write_text("no database\n" * 99)
    (empty_project.sqlite_dir / "notes.txt").touch()
    damaged = empty_project.sqlite_dir / "c.db"
    damaged.write_bytes((empty_project.sqlite_dir / "a.db").read_bytes()[:5000])
    (empty_project.sqlite_dir / "a.db-wal").touch()
    done = add(empty_project.sqlite_dir)
    assert done.exit_code == 1
    said = done.stdout.splitlines()
    assert [line for line in said if line.endswith("files written")] == [
        "shop: 2 tables, 6 columns, 4 rows loaded, 4 files written",
        "a: 2 tables, 6 columns, 4 rows loaded, 4 files written",
    ]
    assert (said.count("customer"), sum(line.startswith("  since ") for line in said)) == (
        2,
        2,
    )  # in the tables of types
    passed_over, refused = done.stderr.splitlines()
    assert passed_over == f"{empty_project.sqlite_dir}: passed over what is no SQLite database: b.db, notes.txt."
    assert refused.startswith("c: ") and "it is truncated or damaged" in refused


def test_comments_become_descriptions_and_others_say_what_to_find_out(empty_project: Warehouse) -> None:
    assert add(make(empty_project.sqlite_dir / "crm.db")).exit_code == 0
    text = (empty_project.root / "models" / "staging" / "crm" / "_crm__sources.yml").read_text()
    assert "description: One row per `id`. People who bought something." in text
    assert "description: as they wrote it" in text
    assert "TODO: Days, always 2025-01-02; 50.0% null." in text
    assert "Ada" not in text


GROW = """
    alter table customer add column "E-Mail" text; update customer set "E-Mail" = 'a@b.c';
    alter table "Invoice Line" add column paid_at text default '2025-01-01 00:00:00';
"""


def test_a_database_that_grew_gets_what_it_lacks_and_a_diff_for_what_people_own(empty_project: Warehouse) -> None:
    file = make(empty_project.sqlite_dir / "crm.db")
    assert add("--marts", "sales", file).exit_code == 0
    assert empty_project.dbt("build").returncode == 0
    make(
        file,
        GROW + 'create table note (id integer primary key, line integer references "Invoice Line", body text);'
        " insert into note values (1, 2, 'x')",
    )
    owned = tree(empty_project.root)
    done = add("--marts", "sales", file)
    assert done.exit_code == 0
    assert "crm has columns that no model reads" in done.stderr
    now = tree(empty_project.root)
    assert {path: now[path] for path in owned} == owned
    assert {path.name for path in now.keys() - owned.keys()} == {
        *("_crm__note__sources.yml", "_crm__note__models.yml", "stg_crm__note.sql", "note.sql", "note.yml")
    }
    assert empty_project.dbt("build").returncode == 0
    done = add("--marts", "sales", "--diff", file)
    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, check=True, cwd=empty_project.root)
    assert add("--marts", "sales", "--diff", file).stdout == ""
    assert empty_project.dbt("run", "--full-refresh", "-s", "+customer", "+invoice_line").returncode == 0
    built = empty_project.dbt("build")
    assert built.returncode == 0, built.stdout
    assert empty_project.query("select id, name, since::text, e_mail from analytics.customer order by 1") == [
        (1, "Ada", "2025-01-02", "a@b.c"),
        (2, "Bo", None, "a@b.c"),
    ]
    in_analytics = "connamespace = 'analytics'::regnamespace"
    keys = empty_project.query(f"select conname from pg_constraint where contype = 'f' and {in_analytics} order by 1")
    assert keys == [("invoice_line_customer_fkey",), ("note_line_fkey",)]
    assert empty_project.query("select bool_and(balances), count(*) from analytics.row_ledger") == [(True, 3)]


@pytest.mark.parametrize("edited", ["before the first add", "before the second"])
def test_templates_that_people_edited_propose_the_same_lines(
    empty_project: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: str
) -> None:
    templates = shutil.copytree(render.TEMPLATES, tmp_path / "templates")
    monkeypatch.setattr(render, "TEMPLATES", templates)

    def edit() -> None:
        for template in [path for path in templates.iterdir() if path.is_file()]:
            mark = "--" if template.suffix == ".sql" else "#"
            template.write_text(f"{mark} ours\n{template.read_text()}{mark} the end\n")

    file = make(empty_project.sqlite_dir / "crm.db")
    if edited == "before the first add":
        edit()
    assert add("--marts", "sales", file).exit_code == 0
    if edited == "before the second":
        edit()
    make(file, GROW)
    owned = tree(empty_project.root, names="*.*")
    done = add("--marts", "sales", "--diff", file)
    changed = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert done.exit_code == 0
    assert [line for line in changed if line.startswith("-")] == []
    assert [line for line in changed if "ours" in line or "the end" in line] == []
    assert sum("e_mail" in line for line in changed) == 4  # in the source, the staging and the mart, and its YAML
    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, check=True, cwd=empty_project.root)
    assert tree(empty_project.root, names="*.*").keys() == owned.keys()
    assert add("--marts", "sales", "--diff", file).stdout == ""


def test_final_tables_follow_the_staging_that_people_corrected(empty_project: Warehouse) -> None:
    file = make(empty_project.sqlite_dir / "crm.db")
    assert add(file).exit_code == 0
    staging = empty_project.root / "models" / "staging" / "crm" / "stg_crm__invoice_line.sql"
    staging.write_text(staging.read_text().replace("as_numeric('total')", "as_text('total')"))
    assert add("--marts", "sales", file).exit_code == 0
    built = empty_project.dbt("build")
    assert built.returncode == 0, built.stdout
    assert empty_project.query("select total from analytics.invoice_line order by 1") == [("2.5",), ("3",)]


def test_a_column_whose_type_changed_is_named_and_shown_as_it_is_now(empty_project: Warehouse) -> None:
    file = make(
        empty_project.sqlite_dir / "crm.db", "create table t (at text); insert into t values ('2025-01-02 03:04:05')"
    )
    assert "times as SQLite writes them" in add(file).stdout
    make(file, "drop table t; create table t (at varchar); insert into t values ('1735787045')")
    done = add(file)
    assert "crm: since the last load, the table t changed the type of at from text to varchar: see" in done.stderr
    assert "times as SQLite writes them" not in done.stdout
    assert "as_utc" in done.stdout  # what staging makes of it
