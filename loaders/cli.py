"""The console script `synapse`: parse the words, call one function, print what it returns."""

import gc
import os
from pathlib import Path

import click

from synapse_analytics import Problem, escaped, report, samples
from synapse_analytics import load as loading
from synapse_analytics import verify as verifying
from synapse_analytics.command import command, say
from synapse_analytics.postgres import connection, embedded
from synapse_analytics.project import find_root, select_databases

gc.freeze()  # what imports made stays to the end, and looking it through takes a tenth of a small load's time

ANY_SIZE = click.option("--any-size", is_flag=True, help="Load more than 1 GB even from a file of a hundredth.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="synapse-analytics", prog_name="synapse")
def main() -> None:
    """Bring SQLite databases into PostgreSQL, raw and lossless, for dbt to build on.

    models/staging/*/_*__sources.yml declare the databases, and $SYNAPSE_SQLITE_DIR (default: data/) has their files.
    The server is the embedded one, or the one that PGHOST names.

    Exit codes: 0 all rows arrived and agree, 1 something did not, 2 wrong usage, 130 interrupted.

    \b
    Example: synapse up && synapse sample data && synapse load && dbt build
    """


@main.command()
@command
def up() -> None:
    """Start the embedded PostgreSQL in .postgres/ and leave it running.

    \b
    Example: synapse up && dbt build
    """
    root = find_root()
    if connection.is_embedded():
        embedded.up(root)
    click.echo(connection.status(root))


@main.command()
@command
def down() -> None:
    """Stop the embedded PostgreSQL; the data stay in .postgres/.

    \b
    Example: synapse down
    """
    embedded.down(find_root())


@main.command()
@command
def status() -> None:
    """Print a connection string without a password, or exit with 1 if no server answers.

    \b
    Example: pg_dump --schema=ledger "$(synapse status)"
    """
    click.echo(connection.status(find_root()))


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION of psql]...")
@command
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql, PostgreSQL's own terminal, on the warehouse. It comes with the embedded server, for any server.

    \b
    Example: synapse psql -c "select * from analytics.rejected_values"
    """
    program = str(embedded.programs() / "psql")
    os.execv(program, [program, f"--dbname={connection.status(find_root())}", *arguments])  # noqa: S606


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@command
def sample(directory: Path) -> None:
    """Write the sample databases into DIRECTORY. An existing file is never overwritten.

    \b
    Example: synapse sample data
    """
    for file in samples.write(directory):
        click.echo(file)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME, FILE or NAME=FILE]...")
@command
def check(names: tuple[str, ...]) -> None:
    """Say everything that would keep a load from working, without writing anything.

    \b
    Examples: synapse check
              synapse check exports/crm.db
    """
    root = find_root()
    databases = select_databases(root, names)
    problems, notes = loading.check(root, databases)
    say(*notes)
    if problems:
        raise Problem(*problems)
    click.echo(f"Can be loaded: {', '.join(database.name for database in databases)}.")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME, FILE or NAME=FILE]...")
@click.option("--rebuild", is_flag=True, help="Drop what vanished from a file, and the views that depend on it.")
@click.option("--force", is_flag=True, help="Also load databases that have not changed since their last load.")
@ANY_SIZE
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count(),
    help="Databases loaded in parallel; default: one per core.",
)
@command
def load(names: tuple[str, ...], rebuild: bool, force: bool, any_size: bool, jobs: int) -> None:
    """Copy every declared database into its raw schema, or only those named.

    Each database is one transaction, and several are loaded in parallel. One that fails is rolled back and holds up no
    other. Databases that have not changed are skipped.

    \b
    Examples: synapse load
              synapse load content_analytics
              synapse load content_analytics=elsewhere/content_analytics.db
    """
    root = find_root()
    options = loading.Options(rebuild, force, any_size)
    loaded = loading.load(root, select_databases(root, names), options, jobs)
    if loaded.tables or loaded.unchanged or not loaded.failures:
        say(*loaded.notes)
        click.echo(report.render_loads(loaded.tables, loaded.unchanged))
    if loaded.failures:
        raise Problem(*loaded.failures)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME, FILE or NAME=FILE]...")
@command
def verify(names: tuple[str, ...]) -> None:
    """Read SQLite and raw again and compare every value of all declared databases, or of those named.

    Exits with 1 if a table differs, and names the first rows and columns that differ.

    \b
    Example: synapse verify content_analytics
    """
    root = find_root()
    verdicts, notes = verifying.verify(root, select_databases(root, names))
    say(*notes)
    click.echo(report.render_verdicts(verdicts))
    differences = [sentence for verdict in verdicts for sentence in verdict.differences]
    if differences:
        raise Problem(*differences)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE or FOLDER...")
@click.option("--name", help="The name of the database, if it is not the name of its file.")
@click.option("--marts", "area", metavar="AREA", help="Write final tables too, into models/marts/AREA/.")
@click.option("--prefix", default="", help="Begin the names of the final tables with this.")
@ANY_SIZE
@click.option("--timezone", metavar="ZONE", help="Where the clock stood that times without a zone were read from.")
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave tables out, as in 'django_*'; may be repeated."
)
@click.option("--keep-names", is_flag=True, help="Keep the names of columns that PostgreSQL knows only in quotes.")
@click.option("--diff", "with_diff", is_flag=True, help="Print, as a diff, the lines that existing files lack.")
@command
def add(
    files: tuple[Path, ...], name: str | None, area: str | None, prefix: str, with_diff: bool, **options: object
) -> None:
    """Bring a database in: load it, and write its declaration, typed staging models, tests and descriptions to fill in.

    All rows are read, and each type is chosen so that it keeps every value. An existing file is never changed. Run this
    again when the database has new tables or columns.

    \b
    Examples: synapse add --marts sales exports/crm.db
              synapse add --diff exports/crm.db | git apply
    """
    from synapse_analytics.scaffold import (
        add as adding,  # here, because these take longer to import than most commands take
    )
    from synapse_analytics.scaffold import summary
    from synapse_analytics.scaffold.files import find_files

    root = find_root()
    found, notes = find_files(files)
    say(*notes)
    if name is not None and len(found) > 1:
        raise click.UsageError("--name is for one file.")
    problems: list[str] = []
    for file in found:
        try:
            addition = adding.add(root, file, name, area, prefix, **options)
        except Problem as problem:
            problems += problem.sentences
            continue
        say(*addition.notes)
        diff, by_hand = addition.proposal.diff, addition.proposal.by_hand
        for sentence, lines in by_hand if with_diff else ():
            say(sentence)
            click.echo("\n".join(escaped(line.rstrip()) for line in lines), err=True)
        if (diff or by_hand) and not with_diff:
            say(f"{addition.database.name} has columns that no model reads: `synapse add --diff {file}` prints them.")
        click.echo(summary.render_addition(addition, root), err=with_diff)
        click.echo(diff if with_diff else "", nl=False)
    if problems:
        raise Problem(*problems)


@main.command(name="report")
@command
def report_command() -> None:
    """Print how many rows SQLite and each layer have, rejected values and orphans, and what changed since the load.

    Exits with 1 if a row is not accounted for, a load failed since the last good one, or a file has changed.

    \b
    Example: synapse report
    """
    found = report.reconcile(find_root())
    click.echo(report.render(found))
    if found.problems:
        raise Problem(*found.problems)
