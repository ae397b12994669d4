"""How a verb of `synapse` speaks to people, and how it ends."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

import click
from click.shell_completion import CompletionItem

from synapse_analytics import Problem, printable
from synapse_analytics.project import find_root, read_declarations
from synapse_analytics.records import Result
from synapse_analytics.tables import wrong

ANY_SIZE = click.option("--any-size", is_flag=True, help="Load more than 1 GB even from a file of a hundredth.")


def _complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The declared databases for the shell, and files."""
    try:
        names = [name for name in read_declarations(find_root()) if name.startswith(begun)]
    except Problem:
        names = []
    return [CompletionItem(name) for name in names] or [CompletionItem(begun, type="file")]


NAMES = click.argument("names", nargs=-1, metavar="[NAME, FILE or NAME=FILE]...", shell_complete=_complete)


JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs instead.")
WIDE = click.option("--wide", is_flag=True, help="Print whole tables, also where they are wider than the terminal.")


def say(*sentences: str) -> None:
    """Sentences for people, on stderr."""
    for sentence in sentences:
        click.echo(printable(sentence), err=True)


def complain(*sentences: str) -> None:
    """Sentences on what went wrong, on stderr."""
    for sentence in sentences:
        click.echo(wrong(printable(sentence), sys.stderr), err=True)


def command(function: Callable) -> Callable:
    """Print the Result that a verb may return, or its document with --json, then its problems on stderr.

    A Problem becomes a Result. With problems, the exit code is 1; click itself exits with 2 for wrong usage. Ctrl-C
    ends with 130, as shells say it of a program that SIGINT ended.
    """

    @wraps(function)
    def run(*args: object, **kwargs: object) -> None:
        try:
            result = function(*args, **kwargs) or Result()
        except Problem as problem:
            result = Result(problems=problem.sentences)
        except KeyboardInterrupt:
            complain("Interrupted: what was under way is rolled back, what was finished before is kept.")
            sys.exit(130)
        except BrokenPipeError:
            raise  # click's: whoever read the output has seen enough
        except OSError as error:
            words = f"{error.filename or 'The system'}: {error.strerror or error}: put that right and try again."
            result = Result(problems=[words])
        if kwargs.get("as_json"):
            click.echo(result.document)
        elif result.text:
            click.echo(result.text)
        complain(*result.problems)
        if result.problems:
            sys.exit(1)

    return run


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends programs that run and removes what is unfinished, as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
