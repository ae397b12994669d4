"""The archive of the originals: every copy is a file as it was loaded, and what is not is named and left alone."""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.conftest import PROGRAMS, ROOT
from tests.loaders.caught import end, largest_file, until

if TYPE_CHECKING:
    from click.testing import Result

    from tests.loaders.conftest import Project

SUM = ["sha256sum"] if shutil.which("sha256sum") else ["shasum", "--algorithm", "256"]
FILL = "create table t (a, b); insert into t values (1, 'x'), (2.5, null)"


@pytest.fixture
def loaded(project: "Project") -> "Project":
    project.make(FILL)
    project.load()
    return project


def archive(project: "Project", *names: str, directory: str = "originals") -> "Result":
    return project.synapse("archive", directory, *names)


def copies(project: "Project") -> list[Path]:
    return sorted((project.root / "originals").glob("*.db"))


def checks(project: "Project") -> bool:
    """What sha256sum says, which knows nothing of the ledger."""
    words = [*SUM, "--check", "--strict", "SHA256SUMS"]
    return subprocess.run(words, cwd=project.root / "originals", capture_output=True).returncode == 0


def content(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in directory.iterdir()}


def assert_kept(project: "Project", count: int) -> None:
    """The archive is whole and has the file as it is now, and nothing half written; another run adds nothing."""
    assert project.file.read_bytes() in [file.read_bytes() for file in copies(project)]
    assert (len(copies(project)), checks(project)) == (count, True)
    before = content(project.root / "originals")
    assert before.keys() == {file.name for file in copies(project)} | {"SHA256SUMS", ".lock"}
    done = archive(project)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("1 database archived before, and not again: app\n")
    assert content(project.root / "originals") == before


def refused(done: "Result") -> str:
    """The one sentence."""
    assert done.exit_code == 1, done.stdout
    (sentence,) = done.stderr.splitlines()
    assert sentence.isprintable()
    return sentence


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [PROGRAMS / "synapse", "archive", "originals", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_commands_of_the_documentation_keep_a_file_that_loads_again(project: "Project") -> None:
    page = (ROOT / "docs" / "operations.md").read_text().partition("## An archive of the originals\n")[2]
    commands = page.split("```")[1].replace("/srv/originals", "originals").replace("sha256sum", " ".join(SUM))
    project.make(FILL)
    project.file.chmod(0o640)
    before = content(project.file.parent)
    path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
    done = subprocess.run(["bash", "-ec", commands], env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert content(project.file.parent) == before
    (copy,) = copies(project)
    day, digest = project.query("select to_char(finished_at, 'YYYY-MM-DD'), sha256 from ledger.loads")[0]
    assert copy.name == f"app-{day}-{digest[:12]}.db"
    assert f"{copy.name}: OK" in done.stdout
    assert copy.stat().st_mode & 0o777 == 0o440  # to be read by whoever may read the original
    assert_kept(project, 1)

    landed = project.landed()
    project.query("drop schema raw_app cascade")
    project.load(f"app={copy}")
    assert project.landed() == landed
    assert project.synapse("verify", f"app={copy}").exit_code == 0


def test_a_file_that_changed_is_refused_until_it_is_loaded_and_the_others_are_kept(loaded: "Project") -> None:
    archive(loaded)
    loaded.declare({}, "other")
    shutil.copy(loaded.file, loaded.file.with_name("other.db"))
    assert refused(archive(loaded)) == "other: it was never loaded: run `synapse load other`, then archive it."
    loaded.load("other")
    before, size = content(loaded.root / "originals"), loaded.file.stat().st_size
    loaded.make("update t set b = 'y' where a = 1")
    assert loaded.file.stat().st_size == size
    done = archive(loaded)
    sentence = f"app: {loaded.file} has changed since it was loaded: run `synapse load app`, then archive it."
    assert refused(done) == sentence
    assert done.stdout.startswith("archived: other-")
    assert len(content(loaded.root / "originals").keys() - before.keys()) == 1
    loaded.load()
    before = content(loaded.root / "originals")
    for change in ("update t set b = 'z' where a = 1", "create table u (a)"):  # before there is a copy of it, or half
        loaded.make(change)
        assert refused(archive(loaded)) == sentence
        assert content(loaded.root / "originals") == before
    loaded.load()
    loaded.sources("other").unlink()
    assert archive(loaded).exit_code == 0
    assert_kept(loaded, 3)


def test_a_file_that_is_not_there_is_named(loaded: "Project") -> None:
    archive(loaded)
    loaded.file.unlink()
    assert "app.db does not exist" in refused(archive(loaded))
    os.mkfifo(loaded.file)
    assert "app.db is not a file" in refused(archive(loaded))
    assert checks(loaded)


def test_a_file_with_a_write_ahead_log_is_refused_until_the_log_is_in_it(project: "Project") -> None:
    with project.sqlite(f"pragma journal_mode = wal; {FILL}"):
        project.load()
        sentence = refused(archive(project))
    assert not project.file.with_name("app.db-wal").exists()  # it was, at the load
    day, digest = project.query("select to_char(finished_at, 'YYYY-MM-DD'), sha256 from ledger.loads")[0]
    copy = Path(shutil.copy(project.file, project.root / "originals" / f"app-{day}-{digest[:12]}.db"))
    assert refused(archive(project)) == sentence
    assert not copy.with_name("SHA256SUMS").exists()  # it may lack rows, whoever put it there
    copy.unlink()
    command = re.findall(r"`(sqlite3 .*?)`", sentence)[0]
    project.load()
    with project.sqlite("insert into t values (3, 'z')"):
        assert refused(archive(project)) == sentence  # it is, now
        if shutil.which("sqlite3"):
            subprocess.run(["sh", "-c", command], check=True, capture_output=True)
            assert project.file.with_name("app.db-wal").stat().st_size == 0
    project.load()
    project.file.with_name("app.db-wal").touch()  # as a program leaves it that has written nothing yet
    assert archive(project).exit_code == 0
    assert_kept(project, 1)
    assert project.synapse("verify", f"app={copies(project)[0]}").exit_code == 0


def test_what_is_not_as_it_was_loaded_is_named_and_left_alone(loaded: "Project") -> None:
    archive(loaded)
    (copy,), sums = copies(loaded), loaded.root / "originals" / "SHA256SUMS"
    data, line = copy.read_bytes(), sums.read_text()
    # Its line may have been made to fit: the ledger knows better.
    other = data[:-1] + b"!"
    forged = f"{hashlib.sha256(other).hexdigest()}  {copy.name}\n"
    for bytes_, lines, words in [
        (other, line, [f"originals/{copy.name} is not as it was loaded"]),
        (None, line, [f"originals/{copy.name} is missing"]),
        (data, line + forged, [f"SHA256SUMS lists what is no load that the ledger knows, {' '.join(forged.split())}:"]),
        (other, forged, ["is no load that the ledger knows", "is not as it was loaded"]),
        (other, "", ["is not as it was loaded"]),
        (data, f"{line}{'0' * 64}  ../../secret\x1b[31m\n", ["../../secret\\x1b[31m: take the line out"]),
    ]:
        copy.unlink(missing_ok=True)
        if bytes_ is not None:
            copy.write_bytes(bytes_)
        sums.write_text(lines)
        before = content(loaded.root / "originals")
        done = archive(loaded)
        said = done.stderr.splitlines()
        assert (done.exit_code, len(said)) == (1, len(words)), said
        assert all(part in sentence for part, sentence in zip(words, said, strict=True)), said
        assert "each as it was loaded" not in done.stdout
        assert ("archived before" in done.stdout) == (bytes_ == data)
        assert content(loaded.root / "originals") == before
    sums.write_text(line)
    assert_kept(loaded, 1)


def test_no_name_of_a_database_leads_elsewhere_or_needs_quotes(loaded: "Project") -> None:
    names = [
        "'; \"$(x)`",
        "../up",
        "/tmp/abs",
        "..",
        "-rf",
        "~root",
        "back\\slash",
        "%2E.",
        "ünï☃",
        "x" * 59,
        "☃" * 19,
    ]
    meta = {"meta": {"sqlite_file": "app.db"}}
    sources = [{"name": name, "schema": f"raw_{name}", "config": meta, "tables": []} for name in names]
    loaded.sources("names").write_text(yaml.safe_dump({"sources": sources}))
    loaded.load()
    before = {path for path in loaded.root.rglob("*")}
    done = archive(loaded)
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(copies(loaded)) == len(names) + 1
    assert {path for path in loaded.root.rglob("*")} - before == {loaded.root / "originals", *copies(loaded)} | {
        loaded.root / "originals" / name for name in ("SHA256SUMS", ".lock")
    }
    assert all(re.fullmatch(r"[\w%][-\w.%~]*", copy.name, re.ASCII) for copy in copies(loaded))
    assert checks(loaded)
    assert archive(loaded).stdout.startswith(f"{len(names) + 1} databases archived before, and not again: ")


@pytest.mark.parametrize("moment", ["in the middle of a copy", "before it is listed"])
def test_a_run_that_is_killed_leaves_no_half_file_and_the_next_one_ends_its_work(
    loaded: "Project", moment: str
) -> None:
    originals = loaded.root / "originals"
    if moment == "before it is listed":
        archive(loaded)
        (originals / "SHA256SUMS").unlink()
        assert f"a run that was stopped left it out: {copies(loaded)[0].name}\n" in archive(loaded).stdout
    else:
        large = loaded.root / "large.db"
        shutil.copy(loaded.file, large)
        os.truncate(large, 1 << 32)  # it has no blocks, and takes seconds to copy
        size = large.stat().st_size
        loaded.query(f"update ledger.loads set bytes = {size}")
        run = start(f"app={large}")
        until(lambda: (originals / ".partial").exists() and (originals / ".partial").stat().st_size)
        run.kill()
        assert end(run)[0] == -signal.SIGKILL
        assert {file.name for file in originals.iterdir()} == {".partial", ".lock"}
        loaded.query(f"update ledger.loads set bytes = {loaded.file.stat().st_size}")
        assert archive(loaded).exit_code == 0
    assert_kept(loaded, 1)


def test_a_run_beside_another_waits_for_it(loaded: "Project") -> None:
    (loaded.root / "originals").mkdir()
    with (loaded.root / "originals" / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = start()
        assert run.stderr.readline() == "originals: another run writes into it: waiting until it ends.\n"
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.5)
        assert copies(loaded) == []
    assert end(run) == (0, "")
    assert_kept(loaded, 1)


def test_a_folder_that_cannot_be_the_archive_is_refused_in_a_sentence(loaded: "Project") -> None:
    (loaded.root / "file").touch()
    (loaded.root / "nowhere").symlink_to("gone/too")
    hint = "name a folder that you may write, or make room."
    for directory in ("file", "file/below", "nowhere"):
        sentence = refused(archive(loaded, directory=directory))
        assert sentence.startswith(f"{directory} cannot be the archive (")
        assert sentence.endswith(hint)
    before = content(loaded.file.parent)
    assert "is where app.db itself lies" in refused(archive(loaded, directory=str(loaded.file.parent)))
    assert content(loaded.file.parent) == before
    with largest_file(5_000):
        assert "app.db cannot be copied into originals (File too large)" in refused(archive(loaded))
    assert [file.name for file in (loaded.root / "originals").iterdir()] == [".lock"]
    if os.geteuid():
        (loaded.root / "originals").chmod(0o500)
        assert "(Permission denied)" in refused(archive(loaded))
        (loaded.root / "originals").chmod(0o700)
    assert archive(loaded).exit_code == 0
    with largest_file(10):
        assert archive(loaded).exit_code == 0  # nothing is to be written
    (loaded.root / "originals" / "SHA256SUMS").unlink()
    with largest_file(10):
        assert hint in refused(archive(loaded))
    archive(loaded)
    assert_kept(loaded, 1)
