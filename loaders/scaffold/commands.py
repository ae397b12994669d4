"""The verbs of `synapse` that write, prove or document a project's dbt files. What they need is imported when they run:
it takes longer than most commands.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from synapse_analytics import Problem, escaped
from synapse_analytics.command import ANY_SIZE, JSON, WIDE, command, say
from synapse_analytics.files import find_files
from synapse_analytics.project import find_root
from synapse_analytics.records import Record, Result, of_table

if TYPE_CHECKING:
    from synapse_analytics.scaffold.init import Start


class Showing(NamedTuple):
    """How an addition is shown: as a diff, at full width, or as JSON."""

    diff: bool
    wide: bool = False
    json: bool = False


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE or FOLDER]...")
@click.option("--name", help="The name of the dbt project, if it is not that of its folder.")
@click.option("--timezone", metavar="ZONE", help="Where the files' clock stood, if it is not this machine's zone.")
@click.option("--no-marts", is_flag=True, help="Write staging models only, and no final tables.")
@click.option("--diff", "with_diff", is_flag=True, help="Print what is new in the kernel, as a patch.")
@command
def init(
    directory: Path, files: tuple[Path, ...], name: str | None, timezone: str | None, no_marts: bool, with_diff: bool
) -> Result:
    """Begin a dbt project of your own, and add SQLite databases to it.

    DIRECTORY need not exist. In a project that was begun like this, what is missing is written, and no file that exists
    is changed: this says what is new in the kernel, the part that all projects have in common.

    \b
    Examples: synapse init shop exports/*.sqlite
              synapse init --diff shop | git -C shop apply
    """
    from synapse_analytics.scaffold.init import begin

    with begin(directory, name, timezone, files) as start:
        _say_what_was_begun(start, with_diff)
    result = _add(start.root, start.databases, None if no_marts else start.name, None, Showing(diff=False))
    if start.is_new and not with_diff and not result.problems:
        click.echo(f"next: cd {escaped(shlex.quote(str(directory)))} && make run")
    return result


def _say_what_was_begun(start: "Start", with_diff: bool) -> None:
    say(*start.notes)
    if start.is_new:
        say(
            f"{start.name}: {len(start.written)} files written into {start.root}.",
            f"{start.name}: times that name no zone are read in {start.zone} (--timezone, or dbt_project.yml later).",
        )
    elif start.written:
        say(f"{start.name}: written: {', '.join(path.relative_to(start.root).as_posix() for path in start.written)}.")
    if start.owned:
        say(f"{start.name}: changed by you, and left alone: {', '.join(start.owned)}.")
    if start.news:
        say(
            f"{start.name}: new in the kernel: {', '.join(start.news)}; `synapse init --diff DIR` prints it as a patch."
        )
    if not (start.written or start.owned or start.news):
        say(f"{start.name}: all is as in the kernel.")
    if with_diff:
        # The patch leaves alone what its owner changed. How that differs is for people to read.
        click.echo(start.kernel.diff(start.root, start.news), nl=False)
        _show(start.kernel.diff(start.root, start.owned).splitlines())


def _show(lines: list[str]) -> None:
    """Lines of files, for people to read."""
    for line in lines:
        click.echo(escaped(line.rstrip()), err=True)


@click.command()
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
@WIDE
@JSON
@command
def add(
    files: tuple[Path, ...],
    name: str | None,
    area: str | None,
    prefix: str,
    with_diff: bool,
    wide: bool,
    as_json: bool,
    **options: object,
) -> Result:
    """Load a database, and write its sources, models and tests.

    All rows are read, and each type is chosen so that it keeps every value. An existing file is never changed. Run this
    again when the database has new tables or columns.

    \b
    Examples: synapse add --marts sales exports/crm.db
              synapse add --diff exports/crm.db | git apply
    """
    root = find_root()
    found, notes = find_files(files)
    say(*notes)
    if name is not None and len(found) > 1:
        raise click.UsageError("--name is for one file.")
    show = Showing(with_diff, wide, as_json)
    return _add(root, [(file, name) for file in found], area, prefix, show, **options)


def _add(
    root: Path,
    databases: Sequence[tuple[Path, str | None]],
    area: str | None,
    prefix: str | None,
    show: Showing,
    **options: object,
) -> Result:
    """Add one database after the other, and tell of each."""
    if not databases:
        return Result()
    from synapse_analytics.scaffold import add as adding
    from synapse_analytics.scaffold import summary

    problems: list[str] = []
    records: list[Record] = []
    for file, name in databases:
        try:
            addition = adding.add(root, file, name, area, prefix, **options)
        except Problem as problem:
            problems += problem.sentences
            message = " ".join(problem.sentences)
            records.append(Record(name or file.stem, "failed", load_id=problem.load_id, message=message))
            continue
        say(*addition.notes)
        diff, by_hand = addition.proposal.diff, addition.proposal.by_hand
        for sentence, lines in by_hand if show.diff else ():
            say(sentence)
            _show(lines)
        if (diff or by_hand) and not show.diff:
            say(f"{addition.database.name} has columns that no model reads: `synapse add --diff {file}` prints them.")
        records += [of_table(load, "added") for load in addition.loads]
        records.append(Record(addition.database.name, "added", message=summary.summarize(addition)))
        if not show.json:
            click.echo(summary.render_addition(addition, root, show.wide), err=show.diff)
            click.echo(diff if show.diff else "", nl=False)
    return Result("", records, problems)


@click.command()
@command
def test() -> None:
    """Build everything in a PostgreSQL that is thrown away, twice.

    Loads the declared databases, builds and tests, and reports. A second build must not write a row. The warehouse and
    target/ stay as they are.

    \b
    Example: synapse test
    """
    from synapse_analytics import proof, report

    reconciliation = proof.prove(find_root())
    click.echo(report.render(reconciliation))
    if reconciliation.problems:
        raise Problem(*reconciliation.problems)
    click.echo("a second build wrote nothing")


@click.command()
@command
def docs() -> None:
    """Write dbt's documentation as one file, target/static_index.html.

    It has what `dbt docs generate --static` writes, and besides: the number of rows, the last load, a tag for each
    area, columns of raw tables described, and a lineage of where rows come from.

    \b
    Example: synapse docs
    """
    from synapse_analytics.page.docs import write_docs

    click.echo(f"docs: {write_docs(find_root())}")
