"""`synapse init`: a project of one's own, complete, without a word of the example, and never overwritten."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner, Result

from synapse_analytics.cli import main
from synapse_analytics.project import read_declarations
from tests.conftest import PROGRAMS, ROOT, folder_for_a_server
from tests.project.conftest import make, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Warehouse

SHOP = """
create table "Order Details" ("Order ID" integer, product integer, price text, primary key ("Order ID", product));
insert into "Order Details" values (1, 1, '12.50'), (1, 2, '3,20'), (2, 1, null);
create table users (id integer primary key, name text); insert into users values (1, '{{ 1 / 0 }} {% raw %}');
create view best as select * from users;
"""
CRM = """
create table users (id integer primary key, active text); insert into users values (1, 'yes'), (2, 'no');
create table deals (id text, amount real); insert into deals values ('1', 9e99), ('1', 'n/a'), (null, -0.0);
"""
SENSORS = """
create table readings (sensor text, at text, value real);
with recursive n (n) as (select 1 union all select n + 1 from n where n < {rows})
insert into readings select 's' || n % 17, datetime(1700000000 + n, 'unixepoch'),
    case when n % 1000 = 0 then 'err' else n / 7.0 end from n;
"""


# A program of one's own, as this user or, where root runs the tests, as nobody in particular.
NOBODY = 65534


def as_user(number: int) -> dict:
    """What makes subprocess run a program as this user."""
    return {} if number == os.geteuid() else {"user": number, "group": number, "extra_groups": []}


def as_somebody(folder: Path) -> dict:
    """What makes a program run as an ordinary user who owns this folder, if root may let one use these programs."""
    user = as_user(NOBODY)
    try:
        subprocess.run([PROGRAMS / "synapse", "--version"], capture_output=True, check=True, **user)
    except (OSError, subprocess.CalledProcessError):
        return {}
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    return user


CLOCK = """
models:
  - name: clock
    columns: [{name: id, data_type: integer}, {name: warehouse_read_at, data_type: timestamptz}]
    constraints: [{type: primary_key, columns: [id]}]
"""


def init(*arguments: str | Path) -> Result:
    return CliRunner(catch_exceptions=False).invoke(main, ["init", *map(str, arguments)])


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Path]":
    """A folder with a blank in its name, which a server of another user may enter."""
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "DBT_TARGET_PATH", "DBT_LOG_PATH", "SYNAPSE_SQLITE_DIR"):
        monkeypatch.delenv(name, raising=False)
    with folder_for_a_server() as path:
        own = path / "my files"
        own.mkdir(mode=0o711)
        yield own
        for server in own.glob("*/.postgres"):
            down = [PROGRAMS / "synapse", "down"]
            subprocess.run(down, cwd=server.parent, check=True, **as_user(server.parent.stat().st_uid))


@pytest.mark.parametrize("rows", [1_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_a_project_from_three_messy_files_runs_and_proves_itself(folder: Path, rows: int) -> None:
    make(folder / "Shop Export (2024).sqlite", SHOP)
    make(folder / "crm.db", CRM)
    make(folder / "sensors.sqlite3", SENSORS.format(rows=rows))
    files, user = sorted(folder.iterdir()), as_somebody(folder)
    environment = {**os.environ, "HOME": str(folder)}
    for command, where, said in (
        ([PROGRAMS / "synapse", "init", "my shop", *files], folder, "&& make run"),
        (["make", "run"], folder / "my shop", "every row is accounted for"),
        (["make", "test"], folder / "my shop", "a second build wrote nothing"),
        ([PROGRAMS / "synapse", "down"], folder / "my shop", ""),
    ):
        done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, **user)
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout
        if command[0] == "make":
            assert (
                f"{rows + 9:,} rows in SQLite, {rows + 9:,} raw, {rows + 9:,} staged, {rows + 9:,} final" in done.stdout
            )


@pytest.mark.long
def test_a_project_without_any_database_builds_and_a_proof_sees_what_is_wrong(folder: Path) -> None:
    root = folder / "empty"
    assert init(root).exit_code == 0

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=root, capture_output=True, text=True)

    done = run("make", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (root / ".postgres").exists()
    model = root / "models" / "marts" / "clock.sql"
    model.write_text("select 1 as id, now() as warehouse_read_at\n")
    model.with_suffix(".yml").write_text(CLOCK)
    done = run(PROGRAMS / "synapse", "test")
    sentence = "A second build of the same data wrote into clock: look for now() or random().\n"
    assert (done.returncode, done.stderr) == (1, sentence)
    model.write_text("select 1 as id, now() + interval '1 no such unit' as warehouse_read_at\n")
    done = run(PROGRAMS / "synapse", "test")
    assert (done.returncode, done.stderr) == (1, "dbt build failed: its messages above say where.\n")


def test_in_a_project_that_has_this_one_as_a_package_the_hooks_do_nothing(
    folder: Path, empty_warehouse: "Warehouse"
) -> None:
    assert init(folder / "kernel").exit_code == 0
    root = folder / "theirs"
    root.mkdir()
    (root / "dbt_project.yml").write_text("name: theirs\nversion: 1.0.0\nprofile: kernel\n")
    (root / "packages.yml").write_text("packages: [{local: ../kernel}]\n")
    shutil.copy(folder / "kernel" / "profiles.yml", root)
    (root / "models").mkdir()
    (root / "models" / "one.sql").write_text("select 1 as one\n")
    own = {"DBT_TARGET_PATH": str(root / "target"), "DBT_LOG_PATH": str(root / "logs")}
    theirs = replace(empty_warehouse, root=root, environment={**empty_warehouse.environment, **own})
    assert theirs.dbt("deps").returncode == 0
    done = theirs.dbt("run", "-s", "one")
    assert done.returncode == 0, done.stdout
    assert theirs.query("select count(*) from pg_proc where proname in ('count_rows', 'count_table_rows')") == [(0,)]
    assert theirs.query("select one from analytics.one") == [(1,)]


def test_the_kernel_has_no_word_of_the_example(folder: Path) -> None:
    assert init(folder / "mine").exit_code == 0
    seeds = {path.stem for path in (ROOT / "seeds").glob("*.csv")} - {"accepted_odd_values"}
    marts = {path.stem for path in (ROOT / "models" / "marts").rglob("*.sql") if path.parent.name != "ledger"}
    enums = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["enums"]
    words = {*seeds, *marts, *enums, *read_declarations(ROOT), "synapse_analytics", "Europe/Bucharest", "linkedin"}
    pattern = re.compile(rf"\b({'|'.join(sorted(words))})\b", re.IGNORECASE)
    for path, text in tree(folder / "mine", ".").items():
        found = pattern.search(text.decode())
        assert found is None, (path.name, found)
    pins = (folder / "mine" / "requirements.txt").read_text().splitlines()[1:]
    assert {f"dbt-core=={version('dbt-core')}", f"sqlfluff=={version('sqlfluff')}"} < set(pins)
    assert all("==" in pin or " @ " in pin for pin in pins)
    assert yaml.safe_load((folder / "mine" / ".github" / "workflows" / "ci.yml").read_text())["jobs"]["test"]["steps"]
    project = yaml.safe_load((folder / "mine" / "dbt_project.yml").read_text())
    assert (project["name"], project["vars"]["enums"]) == ("mine", {})
    assert set(project["models"]) == {"mine"}


def test_what_the_owner_changed_is_left_alone_and_shown(folder: Path) -> None:
    root = folder / "mine"
    assert init(root).exit_code == 0
    assert init(root).stderr == "mine: all is as in the kernel.\n"
    changed, old, gone = root / "macros/cast/as_text.sql", root / "macros/cast/as_date.sql", root / "profiles.yml"
    changed.write_text("{# mine #}\n")
    (root / "Makefile").write_text("mine:\n")
    gone.unlink()
    kernel = old.read_text()
    record = (root / ".kernel.sha256").read_text()
    old.write_text("{# earlier #}\n")  # as an earlier version wrote it, by its record
    digest = subprocess.run(["sha256sum", old], capture_output=True, text=True, check=True).stdout.split()[0]
    lines = [f"{digest}  {line[66:]}" if line.endswith("/as_date.sql") else line for line in record.splitlines()]
    (root / ".kernel.sha256").write_text("\n".join(lines) + "\n")
    done = init(root, "--diff")
    assert done.exit_code == 0
    assert "written: profiles.yml" in done.stderr
    assert "changed by you, and left alone: macros/cast/as_text.sql" in done.stderr
    assert "-{# mine #}" in done.stderr
    assert "new in the kernel: macros/cast/as_date.sql" in done.stderr
    assert (changed.read_text(), old.read_text()) == ("{# mine #}\n", "{# earlier #}\n")
    assert (root / "Makefile").read_text() == "mine:\n"
    subprocess.run(["git", "apply"], input=done.stdout, cwd=root, text=True, check=True)
    assert (changed.read_text(), old.read_text()) == ("{# mine #}\n", kernel)


@pytest.mark.parametrize(
    "case", ["not empty", "no name", "no zone", "no server", "no SQLite", "no tables", "a file", "dbt", "in the way"]
)
def test_bad_input_gets_a_sentence_and_leaves_nothing(folder: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, crm = folder / "notes; rm -rf {{ x }}.db", make(folder / "crm.db", CRM)
    empty = folder / "nothing.db"
    empty.touch()
    text.write_text("no database at all, but long enough to be read as one" * 20)
    full = folder / "full"
    full.mkdir()
    (full / "letter.txt").write_text("x")
    (folder / "half").mkdir()
    (folder / "half" / ".github").write_text("a file where a folder is to be")
    if case == "no server":
        monkeypatch.setenv("PGHOST", str(folder))
    arguments, words = {
        "not empty": ([full, crm], "is not empty and no dbt project"),
        "no name": ([folder / "x", "--name", "my shop", crm], "'my shop' is no name for a dbt project"),
        "no zone": ([folder / "x", "--timezone", "Mars/Base", crm], "There is no time zone 'Mars/Base'"),
        "no server": ([folder / "x", crm], "PostgreSQL cannot be reached"),
        "no SQLite": ([folder / "x", crm, text], "file is not a database"),
        "no tables": ([folder / "x", crm, empty], "has no tables: there is nothing to add."),
        "a file": ([text, crm], "is a file: name a folder"),
        "dbt": ([folder / "dbt", crm], "'dbt' is no name for a dbt project"),
        "in the way": ([folder / "half", crm], "cannot be written (Not a directory)"),
    }[case]
    before = tree(folder, ".")
    done = init(*arguments)
    assert done.exit_code == 1
    assert words in done.stderr
    assert tree(folder, ".") == before


def test_a_folder_of_files_with_odd_and_equal_names_is_added_whole(folder: Path) -> None:
    files = folder / "exports"
    files.mkdir()
    for name in ("db.sqlite3", "2024 Q1.db", "a.db", "a.sqlite", "Ünï (copy).db", "crm'; drop.db"):
        make(files / name, CRM)
    make(files / "nothing.db", "create table t (a); drop table t")
    (files / "notes.txt").write_text("x")
    done = init(folder / "all", files)
    assert done.exit_code == 0, done.stderr
    assert "passed over what is no SQLite database: notes.txt" in done.stderr
    assert "has no tables: passed over" in done.stderr
    assert len(read_declarations(folder / "all")) == 6
    marts = [path.stem for path in (folder / "all" / "models" / "marts" / "all").glob("*.sql")]
    assert len(marts) == len(set(marts)) == 12
    assert init(folder / "staged", "--no-marts", "--timezone", "Asia/Tokyo", files / "a.db").exit_code == 0
    assert {path.name for path in (folder / "staged" / "models" / "marts").iterdir()} == {"ledger"}
    assert "application_timezone: Asia/Tokyo\n" in (folder / "staged" / "dbt_project.yml").read_text()


def test_a_wheel_built_without_a_compiler_begins_the_same_project(folder: Path, tmp_path: Path) -> None:
    names = (".git", ".venv*", ".postgres", "data", "target", "logs", "build", "*.so", ".*_cache")
    source = shutil.copytree(ROOT, tmp_path / "source", ignore=shutil.ignore_patterns(*names))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, source]
    subprocess.run(command, check=True, env={**os.environ, "CC": "/no/compiler"})
    [wheel] = tmp_path.glob("*.whl")
    shutil.unpack_archive(wheel, tmp_path / "wheel", "zip")
    assert init(folder / "shop").exit_code == 0
    begun = tree(folder / "shop", ".")
    shutil.rmtree(folder / "shop")
    program = [sys.executable, "-c", "from synapse_analytics.cli import main; main()", "init", "shop"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "wheel")}
    subprocess.run(program, check=True, cwd=folder, env=environment, capture_output=True)
    assert tree(folder / "shop", ".") == begun
    assert [path.name for path in (tmp_path / "wheel").iterdir() if path.suffix != ".dist-info"] == [
        "synapse_analytics"
    ]
