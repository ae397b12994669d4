"""The embedded server starts anywhere, keeps to itself, and is what plain dbt finds with no variable set."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest
from click.testing import CliRunner

from loaders import server
from loaders.cli import main

ROOT = Path(__file__).parents[2]
DBT_PROJECT = "{name: small, version: 1.0.0, profile: synapse_analytics, flags: {send_anonymous_usage_stats: false}}"


@pytest.fixture(params=['it\'s a "house" $HOME `x`', "long-" * 25, "one, two"], ids=["odd", "long", "list"])
def root(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder whose name is hard on a shell, or too long for a socket, and no variable of PostgreSQL's."""
    for name in [name for name in os.environ if name.startswith(("PG", "DBT"))]:
        monkeypatch.delenv(name)
    # Not pytest's own folder: another pytest that starts meanwhile would close it to the server's user.
    with TemporaryDirectory() as folder:
        root = Path(folder) / request.param
        root.mkdir()
        (root / "dbt_project.yml").write_text(DBT_PROJECT)
        shutil.copy(ROOT / "profiles.yml", root)
        monkeypatch.chdir(root)
        yield root
        server.down(root)


def synapse(verb: str) -> tuple[int, str, str]:
    done = CliRunner(catch_exceptions=False).invoke(main, [verb])
    return done.exit_code, done.stdout, done.stderr


def test_the_embedded_server_works_in_any_folder_and_for_plain_dbt(root: Path) -> None:
    code, said, sentence = synapse("status")
    assert (code, said, sentence.count("\n"), sentence[-28:]) == (1, "", 1, "start it with `synapse up`.\n")

    started = synapse("up")
    assert synapse("up") == synapse("status") == started
    assert (server.socket_directory(root) == root / ".postgres") == ("house" in root.name)
    connection = psycopg2.connect(started[1].strip())
    with connection, connection.cursor() as cursor:
        cursor.execute("create table kept as select 42 as answer")
        cursor.execute("show listen_addresses")
        assert cursor.fetchall() == [("",)]
    connection.close()

    show = ["--quiet", "show", "--output", "json", "--inline", "select answer from public.kept"]
    done = subprocess.run([Path(sys.executable).with_name("dbt"), *show], capture_output=True, text=True)
    assert '"answer": 42' in done.stdout, done.stdout + done.stderr

    assert synapse("down") == synapse("down") == (0, "", "")
    assert synapse("status")[0] == 1
    assert synapse("up") == started
    with server.connect(root) as connection, connection.cursor() as cursor:
        cursor.execute("select answer from public.kept")
        assert cursor.fetchall() == [(42,)]


READ_PROFILE = """
import os
from dbt.config.profile import Profile, read_profile
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

set_invocation_context(os.environ)
raw = read_profile(".")["synapse_analytics"]
print(Profile.render_profile(raw, "synapse_analytics", None, ProfileRenderer({}))[1]["host"])
"""


def test_a_tool_that_reads_the_profile_without_dbts_flags_finds_the_same_server(root: Path) -> None:
    environment = {**os.environ, "PWD": str(root)}  # as a shell says it
    done = subprocess.run([sys.executable, "-c", READ_PROFILE], capture_output=True, text=True, env=environment)
    assert done.stdout == f"{server.socket_directory(root)}\n", done.stderr
