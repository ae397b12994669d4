"""The embedded server starts anywhere, keeps to itself, and is what plain dbt finds with no variable set."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from pwd import getpwnam

import psycopg2
import pytest
from click.testing import CliRunner

from synapse_analytics import Problem
from synapse_analytics.cli import main
from synapse_analytics.postgres import embedded, folders
from synapse_analytics.postgres.connection import connect, socket_directory
from tests.conftest import folder_for_a_server

ROOT = Path(__file__).parents[2]
DBT_PROJECT = "{name: small, version: 1.0.0, profile: synapse_analytics, flags: {send_anonymous_usage_stats: false}}"


@pytest.fixture(params=['it\'s a "house" $HOME `x`', "long-" * 25, "one, two"], ids=["odd", "long", "list"])
def root(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder whose name is hard on a shell, or too long for a socket, and no variable of PostgreSQL's."""
    for name in [name for name in os.environ if name.startswith(("PG", "DBT"))]:
        monkeypatch.delenv(name)
    with folder_for_a_server() as folder:
        root = folder / request.param
        root.mkdir()
        (root / "dbt_project.yml").write_text(DBT_PROJECT)
        shutil.copy(ROOT / "profiles.yml", root)
        monkeypatch.chdir(root)
        yield root
        embedded.down(root)


def synapse(verb: str) -> tuple[int, str, str]:
    done = CliRunner(catch_exceptions=False).invoke(main, [verb])
    return done.exit_code, done.stdout, done.stderr


def test_the_embedded_server_works_in_any_folder_and_for_plain_dbt(root: Path) -> None:
    code, said, sentence = synapse("status")
    assert (code, said, sentence.count("\n"), sentence[-28:]) == (1, "", 1, "start it with `synapse up`.\n")

    started = synapse("up")
    assert synapse("up") == synapse("status") == started
    sockets = socket_directory(root)
    assert [path.lstat().st_mode & 0o077 for path in (root / ".postgres", sockets, *sockets.glob(".s.*"))] == [0] * 4
    assert (socket_directory(root) == root / ".postgres") == ("house" in root.name)
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
    with connect(root) as connection, connection.cursor() as cursor:
        cursor.execute("select answer from public.kept")
        assert cursor.fetchall() == [(42,)]


def refused(sentence: str) -> None:
    """Whoever starts the server or would connect to it is told so, and no server runs."""
    for verb in ("up", "status"):
        code, said, told = synapse(verb)
        assert (code, said, told.count("\n")) == (1, "", 1), told
        assert sentence in told


OTHER = 54321  # a user id, of nobody


def make_link(folder: Path) -> str:
    (folder.parent / f"{folder.name}-elsewhere").mkdir(mode=0o700)
    folder.symlink_to(f"{folder}-elsewhere")
    return f"{folder} is a link or a file"


def make_file(folder: Path) -> str:
    folder.touch()
    return f"{folder} is a link or a file"


def make_open(folder: Path) -> str:
    folder.mkdir()
    folder.chmod(0o777)
    return f"{folder} is open to others (mode 777): see that all in it is yours, and close it with `chmod 700 "


def make_anothers(folder: Path) -> str:
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, OTHER, OTHER)
        return f"{folder} belongs to the user {OTHER}, who could read and change what the server holds"
    folder.chmod(0o770)  # who is not root cannot give a folder away
    return f"{folder} is open to others (mode 770)"


@pytest.mark.parametrize("make", [make_link, make_file, make_open, make_anothers])
@pytest.mark.parametrize("root", ["plain", "long-" * 25], indirect=True, ids=["data", "sockets"])
def test_a_folder_that_is_not_the_servers_alone_is_not_used(root: Path, make: Callable[[Path], str]) -> None:
    folder = socket_directory(root)
    try:
        sentence = make(folder)
        before = folder.lstat()
        refused(sentence)
        after = folder.lstat()
        assert (before.st_mode, before.st_uid) == (after.st_mode, after.st_uid)
        assert not folder.is_dir() or list(folder.iterdir()) == []
    finally:
        is_folder = folder.is_dir() and not folder.is_symlink()
        (folder.rmdir if is_folder else folder.unlink)()
        shutil.rmtree(f"{folder}-elsewhere", ignore_errors=True)


def test_a_folder_of_another_user_is_refused() -> None:
    with pytest.raises(Problem, match=r"^/ belongs to root, who could"):
        folders.refuse_shared(Path("/"), {OTHER})


@pytest.mark.parametrize("root", ["plain"], indirect=True)
def test_no_folder_is_opened_and_what_the_server_needs_is_said(
    monkeypatch: pytest.MonkeyPatch, root: Path, tmp_path: Path
) -> None:
    """Root's server runs as another user, who needs to reach its programs, and not the project."""
    private = tmp_path / "a private folder"
    (private / "project").mkdir(parents=True)
    shutil.move(root / "dbt_project.yml", private / "project")
    private.chmod(0o700)
    monkeypatch.chdir(private / "project")
    above = [*(private / "project").parents, *embedded.programs().parents, embedded.programs() / "postgres"]
    modes = [path.stat().st_mode for path in above]
    try:
        assert synapse("up")[::2] == (0, "")
    finally:
        embedded.down(private / "project")
    if os.geteuid() == 0:  # who is not root has no other user to ask for
        programs = private / "bin"
        programs.mkdir(mode=0o700)
        with pytest.raises(Problem) as caught:
            folders.refuse_closed(getpwnam(folders.OS_USER), [private], programs)
        closed = [path for path in (*reversed(private.parents), private) if not path.stat().st_mode & 1]
        wanted = [("enter", "o+x", path) for path in closed] + [("use all of", "-R o+rX", programs)]
        assert list(caught.value.sentences) == [
            f"PostgreSQL does not run as root, and its user embedded_postgres cannot {verb} {path}: run"
            f" `chmod {change} {shlex.quote(str(path))}`, or run synapse as another user than root."
            for verb, change, path in wanted
        ]
    assert [path.stat().st_mode for path in above] == modes


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
    assert done.stdout == f"{socket_directory(root)}\n", done.stderr
