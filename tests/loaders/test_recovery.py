"""The embedded server recovers to a moment, and a replica follows it, with the commands that docs/operations.md has."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from synapse_analytics.cli import main
from synapse_analytics.postgres import embedded
from tests.conftest import PROGRAMS, ROOT, copy_project, folder_for_a_server

PAGE = (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project, whose archive has a name that is hard on a shell and on PostgreSQL."""
    for name in [name for name in os.environ if name.startswith(("PG", "DBT", "SYNAPSE"))]:
        monkeypatch.delenv(name)
    with folder_for_a_server() as folder:
        root = folder / "project"
        root.mkdir()
        (root / "dbt_project.yml").write_text("{name: small}")
        monkeypatch.chdir(root)
        monkeypatch.setenv("SYNAPSE_ARCHIVE", "../it's 100 % $HOME")
        yield root
        embedded.down(root)


def synapse(*words: str) -> Result:
    return CliRunner(catch_exceptions=False).invoke(main, words)


def refused(*words: str) -> str:
    done = synapse(*words)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.output
    return done.stderr


def psql(statement: str) -> list[str]:
    done = subprocess.run([PROGRAMS / "synapse", "psql", "-Atqc", statement], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_log_is_kept_only_where_a_folder_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = root.parent / "it's 100 % $HOME"
    archive.mkdir(mode=0o700)
    (archive / "letter").touch()
    assert f"{archive} holds letter, which is no log" in refused("up")
    (archive / "letter").unlink()
    assert "Nothing to recover is in" in refused("up", "--until", "end")
    assert synapse("up").exit_code == 0
    assert psql("select current_setting('wal_level'), current_setting('summarize_wal')") == ["replica|on"]
    psql("create table kept (); select pg_switch_wal()")
    monkeypatch.setenv("SYNAPSE_ARCHIVE", "")
    assert f"The server runs with its log archived in {archive}" in refused("up")
    assert synapse("down").exit_code == 0
    (segment, *_) = sorted(archive.iterdir())

    monkeypatch.delenv("SYNAPSE_ARCHIVE")
    assert "kept its log for recovery when it last ran" in refused("up")
    monkeypatch.setenv("SYNAPSE_ARCHIVE", str(archive))
    log = segment.read_bytes()
    last = max(archive.iterdir())
    last.write_bytes(log[:24] + b"12345678" + log[32:])
    assert "holds the log of another server" in refused("up")
    monkeypatch.setenv("SYNAPSE_ARCHIVE", "")
    assert synapse("up").exit_code == 0
    assert psql("show wal_level") == ["minimal"]


def block(section: str, number: int) -> str:
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^```\n(.*?)^```", text, re.M | re.S)[number]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, samples: Path) -> Iterator[Path]:
    """The samples' project, loaded, and the commands of the page on the way to its backups."""
    for name in [name for name in os.environ if name.startswith(("PG", "DBT", "SYNAPSE"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")
    with folder_for_a_server() as folder:
        root = copy_project(folder / "shop", with_sources=True)
        shutil.copytree(samples, root / "data")
        monkeypatch.chdir(root)
        try:
            shell("synapse up\nsynapse load content_analytics\n" + block("Point in time", 0))
            monkeypatch.setenv("SYNAPSE_ARCHIVE", "../archive")
            yield root
        finally:
            embedded.down(root)
            embedded.down(folder / "replica")


def shell(script: str, code: int = 0, **environment: str) -> str:
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def now() -> str:
    """A moment between what was committed before and after it."""
    (moment,) = psql("select clock_timestamp() from pg_sleep(1.1)")
    psql("select pg_sleep(0.1)")
    return moment


LEDGER = (
    "select database_name, table_name, landed_digest"
    " from ledger.table_loads join ledger.loads using (load_id) order by 1, 2"
)


@pytest.mark.long
def test_an_accident_is_undone_to_the_moment_before_it(shop: Path) -> None:
    psql("create table good as select 42 as answer")
    shell("synapse load ab_testing")
    digests, before = psql(LEDGER), now()
    psql("drop schema ledger cascade")
    script = block("Point in time", 1).replace("synapse report", "")
    shell(script, MOMENT=before)
    assert psql(LEDGER) == digests
    assert len(digests) >= 4
    assert psql("table good") == ["42"]
    assert not (shop / ".postgres" / "recovery.signal").exists()

    psql("create table later as select 43")
    after = now()
    psql("drop table later")
    again = script.replace("../damaged", "../again")
    shell(again, MOMENT=after)  # on the timeline that the first recovery began
    assert psql("table later") == ["43"]
    shell(script.replace("../damaged", "../third"), MOMENT=before)  # and not on it
    assert psql("select to_regclass('later') is null, to_regclass('good') is not null") == ["t|t"]


@pytest.mark.long
def test_what_cannot_be_recovered_is_said_and_the_backup_stays(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    psql("create table good as select 42 as answer")
    psql("select pg_switch_wal()")
    psql("insert into good values (43)")
    moment = now()
    psql("drop table good")
    restore, _, _ = block("Point in time", 1).partition("synapse up")
    shell(restore)
    assert "say how far to recover it" in refused("up")
    assert "5 o'clock is no moment with its zone" in refused("up", "--until", "5 o'clock")
    assert "is no moment with its zone" in refused("up", "--until", moment.split("+")[0])
    assert "later than 2020-01-01 00:00:00+00:00: take an earlier backup" in refused(
        "up", "--until", "2020-01-01 00:00Z"
    )
    monkeypatch.setenv("SYNAPSE_ARCHIVE", "")
    assert "set SYNAPSE_ARCHIVE" in refused("up", "--until", moment)
    monkeypatch.setenv("SYNAPSE_ARCHIVE", "../archive")
    shell("synapse pg_verifybackup .postgres --ignore=log")
    archive = shop.parent / "archive"
    *_, last, _ = [path for path in sorted(archive.iterdir()) if len(path.name) == 24]
    last.rename(shop.parent / last.name)
    assert f"lacks …{last.name[8:]}, where recovery would end" in refused("up", "--until", "end")
    assert "recovery ended before configured recovery target was reached" in refused("up", "--until", moment)
    (shop.parent / last.name).rename(last)
    done = synapse("up", "--until", moment)
    assert done.exit_code == 0, done.stderr
    assert psql("table good") == ["42", "43"]


@pytest.mark.long
def test_a_replica_answers_readers_and_refuses_what_writes(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("synapse load && dbt build")
    psql("create table good as select 42 as answer")
    replica = shop.parent / "replica"
    replica.mkdir()
    shutil.copytree(shop / "data", replica / "data")
    assert "every row is accounted for" in shell(block("A replica for readers", 0))
    psql("insert into good values (43)")
    (end,) = psql("select pg_current_wal_lsn()")
    monkeypatch.chdir(replica)
    monkeypatch.delenv("SYNAPSE_ARCHIVE")
    while psql(f"select pg_last_wal_replay_lsn() < '{end}'") == ["t"]:
        pass
    assert psql("table good") == ["42", "43"]
    assert str(replica) in synapse("status").stdout
    shell("synapse verify && dbt source freshness && synapse docs")
    assert "is read-only here" in shell("synapse load", code=1)
    assert "in a read-only transaction" in shell("dbt --no-use-colors test", code=1)
    psql("select pg_promote()")
    psql("insert into good values (44)")


def in_time(command: str) -> str:
    """Bash that tries a command until it succeeds, for a minute at most."""
    return f"for attempt in {{1..600}}; do {command} && exit; sleep 0.1; done; exit 1"


@pytest.mark.long
def test_a_server_of_ones_own_recovers_and_has_a_replica_by_the_commands_of_the_page() -> None:
    with folder_for_a_server() as above:
        folder = above / "srv"
        own = {"PGHOST": str(folder), "PGPORT": "5432", "PGUSER": "synapse", "PGDATABASE": "postgres"}
        own |= {"PGDATA": str(folder / "data"), "PATH": f"{embedded.programs()}{os.pathsep}{os.environ['PATH']}"}
        embedded.take_folders(folder)
        found = folder.stat()
        user = {"user": found.st_uid, "group": found.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}

        def execute(script: str, **environment: str) -> str:
            script = script.replace("/srv", str(folder))
            done = subprocess.run(
                ["bash", "-ec", script], capture_output=True, text=True, cwd=folder, env=own | environment, **user
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        settings = block("Point in time", 2).replace("/srv", str(folder))
        settings += f"listen_addresses = ''\nunix_socket_directories = '{folder}'\n"
        try:
            execute("mkdir archive; initdb --username=synapse --auth=trust")
            with (folder / "data" / "postgresql.conf").open("a") as stream:
                stream.write(settings)
            execute("pg_ctl start --log=/srv/log; psql -c 'create table ledger as select 1 as digest'")
            execute(block("Point in time", 3))
            moment = execute(
                "psql -qc 'insert into ledger values (2)'; psql -Atc 'select clock_timestamp() from pg_sleep(1.1)'"
            )
            execute("sleep 0.1; psql -c 'drop table ledger'")
            execute(block("Point in time", 4), MOMENT=moment.strip())
            execute(in_time("""test "$(psql -Atc 'select pg_is_in_recovery()')" = f"""))
            assert execute("psql -Atc 'table ledger order by 1'") == "1\n2\n"
            execute(block("A replica for readers", 1))
            execute("psql -qc 'insert into ledger values (3)'")
            execute(in_time("psql -p 5433 -Atc 'table ledger' | grep -q 3"))
            assert execute("psql -p 5433 -Atc 'select pg_is_in_recovery()'") == "t\n"
        finally:
            execute("pg_ctl stop -m immediate; pg_ctl stop -m immediate --pgdata=/srv/replica")
