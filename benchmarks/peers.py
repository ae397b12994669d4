"""Other ways to load a SQLite file, each with the settings that its documentation recommends for speed.

Usage: python benchmarks/peers.py NAME FILE, with libpq's variables for the target, whose schema public is empty. Each
imports what it needs itself, because a start-up counts.
"""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from importlib.resources import files
from itertools import islice
from pathlib import Path

BATCH = 50_000  # rows; more made none of them faster
# What a migration by hand would declare: REAL is what PostgreSQL calls double precision, and 0 and 1 stay numbers.
TYPES = {
    "INTEGER": "bigint",
    "BOOLEAN": "bigint",
    "REAL": "double precision",
    "TIMESTAMP": "timestamp",
    "BLOB": "bytea",
}


def tables(connection: sqlite3.Connection) -> dict[str, list[tuple[str, str]]]:
    """The names of all tables, each with its columns' names and declared types."""
    names = connection.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by name"
    ).fetchall()
    return {
        name: connection.execute("select name, upper(type) from pragma_table_info(?)", [name]).fetchall()
        for (name,) in names
    }


def tables_of(file: Path) -> dict[str, list[tuple[str, str]]]:
    """The same of a file."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return tables(connection)


def count_rows(file: Path) -> int:
    """The rows of all tables of a file."""
    with closing(sqlite3.connect(file)) as connection:
        return sum(connection.execute(f'select count(*) from "{table}"').fetchone()[0] for table in tables(connection))


def create_table(name: str, columns: list[tuple[str, str]]) -> str:
    """A statement that makes the table in PostgreSQL."""
    listed = ", ".join(f'"{column}" {TYPES.get(declared, "text")}' for column, declared in columns)
    return f'create table "{name}" ({listed})'


def duckdb(file: Path, again: bool = False) -> None:
    """DuckDB's extensions: it reads with several threads, and writes by binary COPY. `again` drops old tables."""
    import duckdb

    with duckdb.connect() as connection:
        for extension in ("sqlite_scanner", "postgres_scanner"):
            found = next((files(f"duckdb_extension_{extension}") / "extensions").glob("*/*.duckdb_extension"))
            connection.execute(f"load '{found}'")
        connection.execute(f"attach '{file}' as source (type sqlite, read_only)")
        connection.execute("attach '' as target (type postgres)")
        connection.execute("begin")
        for table in tables_of(file):
            if again:
                connection.execute(f'drop table if exists target."{table}"')
            connection.execute(f'create table target."{table}" as from source."{table}"')
        connection.execute("commit")


def adbc(file: Path) -> None:
    """Arrow's drivers: a table is a stream of record batches, ingested by binary COPY."""
    from adbc_driver_postgresql import dbapi as postgresql
    from adbc_driver_sqlite import dbapi as sqlite

    with (
        sqlite.connect(f"file:{file}?mode=ro") as source,
        postgresql.connect("postgresql:///") as target,
        source.cursor() as reader,
        target.cursor() as writer,
    ):
        reader.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH)})  # it types by the first
        for table in tables_of(file):
            reader.execute(f'select * from "{table}"')
            writer.adbc_ingest(table, reader.fetch_record_batch(), mode="create")
        target.commit()


def dlt(file: Path, merge: bool = False) -> None:
    """Its fastest way from SQLite to PostgreSQL: ConnectorX reads batches of Arrow, and ADBC ingests Parquet files.

    `merge` lets PostgreSQL put rows in the place of those with the same primary key.
    """
    sys.setrecursionlimit(20_000)  # or it ends in a RecursionError at a thousand tables
    folder = os.environ["BENCH_SCRATCH"]
    os.environ |= {"DLT_DATA_DIR": folder, "RUNTIME__DLTHUB_TELEMETRY": "false", "SCHEMA__NAMING": "direct"}
    import dlt
    from dlt.destinations import postgres
    from dlt.sources.sql_database import sql_database

    backend = {"return_type": "arrow_stream", "batch_size": BATCH}
    source = sql_database(f"sqlite:///{file}", backend="connectorx", backend_kwargs=backend)
    # It wants a host and a password; libpq takes the host that comes last.
    server = "postgresql://{PGUSER}:unused@localhost/{PGDATABASE}?host={PGHOST}".format_map(os.environ)
    pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=postgres(server), dataset_name="public")
    disposition = "merge" if merge else None
    pipeline.run(source, loader_file_format="parquet", write_disposition=disposition).raise_on_failed_jobs()


def inserts(file: Path) -> None:
    """INSERTs of 1,000 rows each."""
    import psycopg2
    from psycopg2.extras import execute_values

    with psycopg2.connect("") as connection, connection.cursor() as cursor, sqlite3.connect(file) as source:
        for table, columns in tables(source).items():
            cursor.execute(create_table(table, columns))
            rows = source.execute(f'select * from "{table}"')
            execute_values(cursor, f'insert into "{table}" values %s', rows, page_size=1000)


def copy(file: Path) -> None:
    """The bound of the server: it reads files that were made beforehand, of text for columns of text."""
    import psycopg2

    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        for number, (create, _) in enumerate(copies(file)):
            cursor.execute(create)
            cursor.execute(f"copy copied_{number} from %s", [str(copy_file(file, number))])


def copies(file: Path) -> list[tuple[str, str]]:
    """For each table a statement that makes it, and one that asks the raw table for what to copy into it."""
    found = []
    for number, (table, columns) in enumerate(tables_of(file).items()):
        texts = "".join(f', "{name}" text' for name, _ in columns)
        create = f"create table copied_{number} (row_id bigint{texts})"
        found.append((create, f'copy "raw_{file.stem}"."{table}" to stdout'))
    return found


def copy_file(file: Path, number: int) -> Path:
    """Where the rows of a table are that the server copies."""
    return file.with_suffix(".copy") / str(number)


def read(file: Path) -> None:
    """The bound of Python: every row read, none kept."""
    with sqlite3.connect(file) as source:
        for table in tables(source):
            rows = source.execute(f'select * from "{table}"')
            while list(islice(rows, 1000)):
                pass


PEERS: dict[str, Callable[[Path], None]] = {
    "duckdb": duckdb,
    "duckdb_again": partial(duckdb, again=True),
    "adbc": adbc,
    "dlt": dlt,
    "dlt_merge": partial(dlt, merge=True),
    "inserts": inserts,
    "copy": copy,
    "read": read,
}

if __name__ == "__main__":
    PEERS[sys.argv[1]](Path(sys.argv[2]))
