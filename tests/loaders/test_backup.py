"""A backup is whole or not there, and comes back into an empty database as it was, or changes nothing."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synapse_analytics import Problem
from synapse_analytics.postgres import embedded
from synapse_analytics.postgres.manifest import read_manifest, seal
from synapse_analytics.postgres.programs import find_programs
from tests.conftest import DATABASE, create_database, folder_for_a_server
from tests.loaders.caught import start

if TYPE_CHECKING:
    from tests.loaders.conftest import Project

LEDGER = ("loads", "table_loads", "column_profiles", "names", "locks")
SLEEPING = "select pid from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'"


@pytest.fixture
def loaded(project: "Project") -> "Project":
    project.make("create table t (a, b text); insert into t values (1, 'é'), (2.5, null), (x'00', '\\o/')")
    project.load()
    return project


def ledger(project: "Project") -> list[list[tuple]]:
    return [project.query(f"select t::text from ledger.{name} as t order by 1") for name in LEDGER]


def renew(project: "Project") -> None:
    create_database(project.warehouse.environment, DATABASE)


def refuse(project: "Project", *arguments: str) -> str:
    """The sentence with which a verb is refused."""
    done = project.synapse(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.output
    return done.stderr


def test_a_backup_comes_back_with_its_history_and_every_value(loaded: "Project") -> None:
    file = loaded.root / "it's a -backup"
    done = loaded.synapse("backup", str(file))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "2 schemas of PostgreSQL 18" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in refuse(loaded, "backup", str(file))
    before, rows = ledger(loaded), loaded.landed()
    assert "(it has ledger.blocks, ledger." in refuse(loaded, "restore", str(file))
    assert ledger(loaded) == before
    renew(loaded)
    done = loaded.synapse("restore", str(file))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "restored: 1 raw table, as the ledger has them; run `dbt build` and `synapse report`\n"
    assert (ledger(loaded), loaded.landed()) == (before, rows)
    assert loaded.synapse("verify").exit_code == 0
    loaded.load()
    assert loaded.column("select outcome from ledger.loads order by load_id") == ["loaded", "unchanged"]


def test_raw_that_is_not_what_the_ledger_says_is_named_after_a_restore(loaded: "Project") -> None:
    loaded.query("update raw_app.t set b = 'other' where _source_row = 1")
    assert loaded.synapse("backup", "damaged").exit_code == 0
    renew(loaded)
    assert refuse(loaded, "restore", "damaged") == (
        "app: t is not what its last load left: run `synapse verify app`.\n"
    )


def test_the_ledger_alone_is_history_without_rows_and_the_next_load_goes_on_with_it(loaded: "Project") -> None:
    assert loaded.synapse("backup", "--ledger", "history").exit_code == 0
    renew(loaded)
    done = loaded.synapse("restore", "history")
    assert done.stdout.startswith("the history of loads is restored, and no rows: run `synapse load`")
    assert loaded.schemas() == ["ledger"]
    loaded.load()
    assert loaded.query("select load_id, outcome from ledger.loads order by 1") == [(1, "loaded"), (2, "loaded")]


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 100)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def other(file: Path) -> None:
    file.write_text("select 1;\n" * 100)


def newer(file: Path) -> None:
    manifest = read_manifest(file)
    seal(file, replace(manifest, server=99))


def test_what_is_no_whole_backup_is_refused_by_name_and_changes_nothing(loaded: "Project") -> None:
    file = loaded.root / "backup"
    assert loaded.synapse("backup", str(file)).exit_code == 0
    whole = file.read_bytes()
    renew(loaded)
    mistakes: list[Callable[[Path], None]] = [cut, empty, other, newer, pipe, folder]
    for spoil in mistakes:
        spoil(file)
        sentence = refuse(loaded, "restore", str(file))
        assert str(file) in sentence
        said = "it was made by PostgreSQL 99, and the server is 18" if spoil is newer else "not a whole backup"
        assert said in sentence, sentence
        assert loaded.schemas() == []
        file.rmdir() if file.is_dir() else file.unlink()
        file.write_bytes(whole)
    for position in range(0, len(whole), 97):  # any byte, of the list of contents too, which has no checksum itself
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(Problem, match="not a whole backup"):
            read_manifest(file)
    file.unlink()
    assert "No such file" in refuse(loaded, "restore", str(file))


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_backup_that_is_ended_leaves_nothing(loaded: "Project", end: signal.Signals) -> None:
    target = loaded.root / "backups"
    target.mkdir()
    connection = loaded.warehouse.connect()
    connection.cursor().execute("lock table raw_app.t in access exclusive mode")
    running = start(str(target / "one"), verb="backup")
    while not loaded.query(SLEEPING):
        assert running.poll() is None
        time.sleep(0.02)
    assert [path.stat().st_mode & 0o777 for path in target.iterdir()] == [0o600]
    running.send_signal(end)
    _, said = running.communicate()
    assert (running.returncode, "Traceback" in said) == (128 + end, False)
    assert list(target.iterdir()) == []
    connection.close()


def test_roles_that_a_server_lacks_are_named_and_grants_are_never_lost_without_a_word(loaded: "Project") -> None:
    loaded.query('create role keeper; create role "a reader"; grant select on raw_app.t to "a reader"')
    loaded.query("grant keeper to current_user; alter table ledger.locks owner to keeper")
    assert loaded.synapse("backup", "backup").exit_code == 0
    renew(loaded)
    loaded.query('drop role keeper; drop role "a reader"')
    assert "lacks the roles a reader, keeper, which own or may read" in refuse(loaded, "restore", "backup")
    assert loaded.schemas() == []
    done = loaded.synapse("restore", "--no-roles", "backup")
    assert done.exit_code == 0
    assert "Owners and grants were left out" in done.stderr
    renew(loaded)
    loaded.query('create role keeper; create role "a reader"; create schema ledger')  # as roles.sql makes some before
    try:
        assert loaded.synapse("restore", "backup").exit_code == 0
        assert loaded.query("select has_table_privilege('a reader', 'raw_app.t', 'select')") == [(True,)]
        assert loaded.query("select tableowner from pg_tables where tablename = 'locks'") == [("keeper",)]
    finally:
        renew(loaded)
        loaded.query('drop role keeper; drop role "a reader"')


def test_what_postgresql_refuses_leaves_no_file(loaded: "Project", monkeypatch: pytest.MonkeyPatch) -> None:
    loaded.query("create role stranger login")
    try:
        monkeypatch.setenv("PGUSER", "stranger")
        assert "pg_dump failed (pg_dump: error:" in refuse(loaded, "backup", "backup")
        assert [path.name for path in loaded.root.iterdir() if "backup" in path.name] == []
    finally:
        loaded.query("drop role stranger")


def make_programs(place: Path, version: str) -> Path:
    place.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (place / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (place / name).chmod(0o755)
    return place


def test_programs_are_of_the_servers_version_or_newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, newest = (make_programs(tmp_path / v, v) for v in ("15.1", "98beta1", "99.0"))
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, [old, newest, new])))
    assert find_programs(18) == (embedded.programs(), 18)
    assert find_programs(97) == (new, 98)
    assert find_programs(99) == (newest, 99)
    with pytest.raises(Problem, match=r"and no pg_dump and pg_restore of version 100 or newer are"):
        find_programs(100)
    with pytest.raises(Problem, match=r"of version 97 are on this machine"):
        find_programs(97, exactly=True)


def test_a_folder_of_another_major_version_is_named_with_what_to_do() -> None:
    with folder_for_a_server() as root:
        home = root / ".postgres"
        embedded.take_folders(home)
        (home / "PG_VERSION").write_text("16\n")
        with pytest.raises(Problem) as caught:
            embedded.up(root)
        (sentence,) = caught.value.sentences
        assert sentence.startswith(f"PostgreSQL 16 made {home}, and the programs are those of 18: ")
        assert "`synapse restore FILE`" in sentence
        assert [path.name for path in home.iterdir()] == ["PG_VERSION"]


def test_a_manifest_is_one_line_that_a_person_can_read(loaded: "Project") -> None:
    assert loaded.synapse("backup", "backup").exit_code == 0
    line = (loaded.root / "backup").read_bytes().splitlines()[-2]
    assert json.loads(line)["schemas"] == {"ledger": "synapse", "raw_app": "synapse"}
