"""The verbs that keep things: `synapse backup` and `restore`, `synapse export` and `synapse archive`."""

from pathlib import Path

import click

from synapse_analytics import printable
from synapse_analytics import verify as verifying
from synapse_analytics.archive import archive as archiving
from synapse_analytics.command import NAMES, command, ended_by_sigterm, say
from synapse_analytics.export import export as exporting
from synapse_analytics.postgres import backup as backing_up
from synapse_analytics.project import find_root, select_databases
from synapse_analytics.records import Result
from synapse_analytics.words import amount_of, count_of


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--ledger", "is_ledger", is_flag=True, help="The history of loads alone, which no file can bring back.")
@command
@ended_by_sigterm()
def backup(file: Path, is_ledger: bool) -> Result:
    """Write the whole warehouse into FILE, which only its owner may read.

    It is what pg_dump writes, as of one moment, and is read through before it counts. An existing file is never
    overwritten.

    \b
    Example: synapse backup warehouse.backup
    """
    manifest = backing_up.backup(find_root(), file, is_ledger)
    schemas = count_of(len(manifest.schemas), "schema")
    size = amount_of(file.stat().st_size)
    return Result(f"{printable(str(file))}: {schemas} of PostgreSQL {manifest.server}, {size}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--no-roles", is_flag=True, help="Leave owners and grants out: all will belong to you alone.")
@command
@ended_by_sigterm()
def restore(file: Path, no_roles: bool) -> Result:
    """Fill an empty database from FILE, which `synapse backup` wrote.

    All of it or nothing arrives. Then raw is compared with what the ledger says. Exits with 1 if a table differs.

    \b
    Example: synapse restore warehouse.backup
    """
    root = find_root()
    manifest = backing_up.restore(root, file, no_roles)
    if no_roles:
        say("Owners and grants were left out: all belongs to this login, and nobody else may read it.")
    if manifest.is_ledger:
        return Result(
            "the history of loads is restored, and no rows: run `synapse load`, `dbt build`, `synapse report`"
        )
    tables, differences = verifying.verify_by_ledger(root)
    text = f"restored: {count_of(tables, 'raw table')}, as the ledger has them; run `dbt build` and `synapse report`"
    return Result("" if differences else text, problems=differences)


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@command
@ended_by_sigterm()
def export(name: str, file: Path) -> Result:
    """Write the database NAME as a SQLite file again.

    It holds what the last load found: schema, settings, and every value to the byte. An existing file is never
    overwritten. What cannot come back, such as a virtual table, is named.

    \b
    Example: synapse export content_analytics content_analytics.db
    """
    tables, notes = exporting(find_root(), name, file)
    say(*notes)
    return Result(f"{printable(str(file))}: {count_of(tables, 'table')}, equal to what was loaded")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@NAMES
@command
@ended_by_sigterm()
def archive(directory: Path, names: tuple[str, ...]) -> Result:
    """Keep the SQLite files, or those named, as they were loaded.

    Copies into DIRECTORY, read-only, what is not there yet, and checks what is. SHA256SUMS has the digests. Exits with
    1 if a file has changed since its load, or a copy since it was made.

    \b
    Example: synapse load && synapse archive /srv/originals
    """
    root = find_root()
    found = archiving(root, directory, select_databases(root, names))
    return Result(found.render(), problems=found.problems)
