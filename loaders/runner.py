"""Run dbt in this process."""

from contextlib import chdir
from pathlib import Path

from synapse_analytics import Problem


def run_dbt(root: Path, *words: str) -> None:
    """Run a command of dbt on the project in `root`. Raises Problem if it fails; dbt has said why by then."""
    from dbt.cli.main import dbtRunner  # here, because its import takes a second

    with chdir(root):
        done = dbtRunner().invoke([*words, "--project-dir", str(root), "--profiles-dir", str(root)])
    if isinstance(done.exception, KeyboardInterrupt):
        raise done.exception
    if not done.success:
        said = f" ({done.exception})" if done.exception else ""
        command = " ".join(word for word in words if not word.startswith("-"))
        raise Problem(f"dbt {command} failed{said}: its messages above say where.")
