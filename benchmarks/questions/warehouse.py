"""A warehouse for the questions, kept in a folder: SQLite files, and a server that has loaded and built them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg2 import extensions

from benchmarks import databases, peers
from benchmarks.contestants import ROOT, SYNAPSE
from benchmarks.questions import many_rows
from benchmarks.questions.answers import ask, connect_postgresql
from benchmarks.rounds import outside

BUILT = "built"  # a file that is there when all is done
DATABASE = "synapse"


@dataclass(frozen=True)
class Warehouse:
    """A folder with the SQLite files in `sqlite/` and the server's in `.postgres/`."""

    folder: Path

    @property
    def files(self) -> Path:
        """The folder of the SQLite files."""
        return self.folder / "sqlite"

    def describe(self) -> dict[str, int]:
        """How large both sides are: rows, tables and bytes of the files, and bytes of `analytics` with its indexes."""
        files = sorted(self.files.glob("*.db"))
        tables = "select oid from pg_class where relkind = 'r' and relnamespace = 'analytics'::regnamespace"
        with closing(connect_postgresql(self.start())) as connection:
            ((analytics,),) = ask(connection, f"select sum(pg_total_relation_size(oid)) from ({tables}) as analytics")
        return {
            "rows": sum(map(peers.count_rows, files)),
            "tables": sum(len(peers.tables_of(file)) for file in files),
            "bytes": sum(file.stat().st_size for file in files),
            "analytics_bytes": int(analytics),
        }

    def start(self) -> dict[str, str]:
        """Start the server as `synapse up` does; libpq's variables for it."""
        found = extensions.parse_dsn(self._synapse("up"))
        return {"PGHOST": found["host"], "PGPORT": found["port"], "PGUSER": found["user"], "PGDATABASE": DATABASE}

    def stop(self) -> None:
        """Stop the server, which writes all that it holds."""
        self._synapse("down")

    def forget(self) -> None:
        """Let the system forget what it holds of all files in the folder. The server must be stopped."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())  # or it keeps what is not written yet
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def build(self) -> None:
        """Load the files and build, as people do; then what autovacuum does soon after, at once."""
        variables = self.start() | {
            "SYNAPSE_SQLITE_DIR": str(self.files),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        for command in ([SYNAPSE, "load"], [SYNAPSE.with_name("dbt"), "build"]):
            subprocess.run(command, cwd=ROOT, env=outside() | variables, check=True, stdout=subprocess.DEVNULL)
        with closing(connect_postgresql(variables)) as connection, connection.cursor() as cursor:
            cursor.execute("vacuum (analyze)")
            cursor.execute("checkpoint")
        self.stop()

    def _synapse(self, word: str) -> str:
        return subprocess.run(
            [SYNAPSE, word], cwd=self.folder, env=outside(), check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()


@contextmanager
def serve(folder: Path, rows: int) -> Iterator[Warehouse]:
    """A warehouse of so many rows, made where there is none of this code. Its server is stopped at the end."""
    warehouse, built = Warehouse(folder), folder / BUILT
    warehouse.files.mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").touch()
    warehouse.stop()  # what a run that was killed left running
    try:
        if not built.exists() or built.stat().st_mtime < _changed():
            built.unlink(missing_ok=True)
            for kept in (warehouse.files, folder / ".postgres"):
                shutil.rmtree(kept, ignore_errors=True)
            warehouse.files.mkdir()
            many_rows.write(warehouse.files, rows)
            warehouse.build()
            built.touch()
        yield warehouse
    finally:
        warehouse.stop()


def _changed() -> float:
    """When somebody last changed what the rows or the tables are made by."""
    sources = [Path(databases.__file__), Path(many_rows.__file__), *databases.SAMPLES.glob("*.sql")]
    for name in ("models", "macros", "seeds"):
        sources += [path for path in (ROOT / name).rglob("*") if path.is_file()]
    return max(path.stat().st_mtime for path in sources)
