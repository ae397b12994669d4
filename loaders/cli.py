"""The console script `synapse`: parse the words, call one function, print what it returns."""

import gc
import os
from pathlib import Path

import click

from synapse_analytics import Problem, files, keep, report, samples
from synapse_analytics import load as loading
from synapse_analytics import verify as verifying
from synapse_analytics.clients import Verbs
from synapse_analytics.command import ANY_SIZE, JSON, NAMES, WIDE, command, say
from synapse_analytics.postgres import connection, embedded, wal
from synapse_analytics.postgres.port import let_reader_in
from synapse_analytics.project import find_root, select_databases
from synapse_analytics.records import Result
from synapse_analytics.scaffold import commands

gc.freeze()  # what imports made stays to the end, and looking it through takes a tenth of a small load's time


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
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
@click.option(
    "--port", type=click.IntRange(1024, 65535), help="Let programs of this machine read analytics at this port, too."
)
@click.option("--until", metavar="MOMENT", help="Recover the backup in .postgres/ to before a moment, or to the end.")
@command
def up(port: int | None, until: str | None) -> None:
    """Start the embedded PostgreSQL in .postgres/ and leave it running.

    With --port, programs that know no unix socket reach it on 127.0.0.1 as synapse_reader, with the password that is in
    .postgres/pgpass. With $SYNAPSE_ARCHIVE, its log is kept in that folder, for recovery to a moment.

    \b
    Examples: synapse up && dbt build
              synapse up --port 5433
              synapse up --until "2026-01-31 17:00+00"
    """
    root = find_root()
    if connection.is_embedded():
        embedded.up(root, port, wal.directory(), until)
    elif port or until:
        option = "--port" if port else "--until"
        raise Problem(
            f"{option} is for the embedded server, and PGHOST or PGSERVICE names another: leave one of them out."
        )
    click.echo(connection.status(root))
    if port:
        click.echo(let_reader_in(root, port))


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
    """Print a connection string without a password.

    Exits with 1 if no server answers.

    \b
    Example: psql "$(synapse status)"
    """
    click.echo(connection.status(find_root()))


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION of psql]...")
@command
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the warehouse. It comes with the embedded server, and works with any.

    \b
    Example: synapse psql -c "select * from analytics.rejected_values"
    """
    program = str(embedded.programs() / "psql")
    os.execv(program, [program, f"--dbname={connection.status(find_root())}", *arguments])  # noqa: S606


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@command
def sample(directory: Path) -> None:
    """Write the sample databases into DIRECTORY.

    An existing file is never overwritten.

    \b
    Example: synapse sample data
    """
    for file in samples.write(directory):
        click.echo(file)


@main.command()
@NAMES
@JSON
@command
def check(names: tuple[str, ...], as_json: bool) -> Result:
    """Say everything that would keep a load from working; write nothing.

    \b
    Examples: synapse check
              synapse check exports/crm.db
    """
    root = find_root()
    databases = select_databases(root, names)
    problems, notes, records = loading.check(root, databases)
    say(*([] if names else files.find_undeclared(root)), *notes)
    names_of = ", ".join(database.name for database in databases)
    return Result("" if problems else f"Can be loaded: {names_of or 'nothing'}.", records, problems)


@main.command()
@NAMES
@click.option("--rebuild", is_flag=True, help="Drop what vanished from a file, and the views that depend on it.")
@click.option("--force", is_flag=True, help="Also load databases that have not changed since their last load.")
@ANY_SIZE
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count(),
    help="Databases loaded in parallel; default: one per core.",
)
@WIDE
@JSON
@command
def load(
    names: tuple[str, ...], rebuild: bool, force: bool, any_size: bool, jobs: int, wide: bool, as_json: bool
) -> Result:
    """Copy the declared databases, or those named, into raw schemas.

    Each database is one transaction, and several are loaded in parallel. One that fails is rolled back and holds up no
    other. Databases that have not changed are skipped.

    \b
    Examples: synapse load
              synapse load content_analytics
              synapse load content_analytics=elsewhere/content_analytics.db
    """
    root = find_root()
    options = loading.Options(rebuild, force, any_size)
    say(*([] if names else files.find_undeclared(root)))
    loaded = loading.load(root, select_databases(root, names), options, jobs)
    text = ""
    if loaded.tables or loaded.unchanged or not loaded.failures:
        say(*loaded.notes)
        text = report.render_loads(loaded.tables, loaded.unchanged, wide)
    return Result(text, loaded.records, loaded.failures)


@main.command()
@NAMES
@WIDE
@JSON
@command
def verify(names: tuple[str, ...], wide: bool, as_json: bool) -> Result:
    """Read SQLite and raw again, and compare every value.

    Of all declared databases, or of those named. Exits with 1 if a table differs, and names the first
    rows and columns that differ.

    \b
    Example: synapse verify content_analytics
    """
    root = find_root()
    verdicts, notes = verifying.verify(root, select_databases(root, names))
    say(*notes)
    differences = [sentence for verdict in verdicts for sentence in verdict.differences]
    return Result(report.render_verdicts(verdicts, wide), verifying.records(verdicts), differences)


@main.command(name="report")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page with pictures, too.")
@WIDE
@JSON
@command
def report_command(html: Path | None, wide: bool, as_json: bool) -> Result:
    """Print how many rows SQLite and each layer have, table by table.

    Also rejected values and orphans, and what changed since the load. Exits with 1 if a row is not accounted
    for, a load failed since the last good one, or a file has changed.

    \b
    Examples: synapse report
              synapse report --html target/report.html
    """
    found = report.reconcile(find_root())
    problems = found.problems
    if html:
        from synapse_analytics.page.read import read_page
        from synapse_analytics.page.write import write_page

        page = read_page(find_root(), found)
        write_page(page, html)
        problems = page.problems
    return Result(report.render(found, wide), report.records(found), problems)


for verb in (commands.init, commands.add, commands.docs, commands.test):
    main.add_command(verb)
for verb in (keep.backup, keep.restore, keep.export, keep.archive):
    main.add_command(verb)
