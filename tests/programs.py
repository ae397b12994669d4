"""`dbt` as its console script runs it, in a process of its own that has imported it already."""

import gc
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

# Importing dbt takes longer than most of what the tests ask of it. A server process imports it once and is forked for
# each call, so calls share nothing but code.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.postgres", "dbt.task.build", "tests.programs"])

if "dbt.task.build" in sys.modules:
    gc.freeze()


def run_dbt(arguments: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `dbt` said and its exit code, as of subprocess.run()."""
    with TemporaryDirectory() as folder:
        said = [Path(folder) / name for name in ("stdout", "stderr")]
        process = FORKS.Process(target=_dbt, args=(arguments, cwd, environment, said))
        process.start()
        process.join()
        return subprocess.CompletedProcess(
            ["dbt", *arguments], process.exitcode, *(path.read_text(encoding="utf-8") for path in said)
        )


def _dbt(arguments: list[str], cwd: Path, environment: dict[str, str], said: list[Path]) -> None:
    for stream, path in zip((sys.stdout, sys.stderr), said, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    gc.disable()  # of what one call leaves, its end frees all: looking for it takes a seventh of the time
    sys.argv = ["dbt", *arguments]

    from dbt.cli.main import cli

    cli()
