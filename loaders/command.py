"""How a verb of `synapse` speaks to people, and how it ends."""

import sys
from collections.abc import Callable
from functools import wraps

import click
from click.shell_completion import CompletionItem

from synapse_analytics import Problem, printable
from synapse_analytics.project import find_root, read_declarations

ANY_SIZE = click.option("--any-size", is_flag=True, help="Load more than 1 GB even from a file of a hundredth.")


def _complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The declared databases for the shell, and files."""
    try:
        names = [name for name in read_declarations(find_root()) if name.startswith(begun)]
    except Problem:
        names = []
    return [CompletionItem(name) for name in names] or [CompletionItem(begun, type="file")]


NAMES = click.argument("names", nargs=-1, metavar="[NAME, FILE or NAME=FILE]...", shell_complete=_complete)


def say(*sentences: str) -> None:
    """Sentences for people, on stderr."""
    for sentence in sentences:
        click.echo(printable(sentence), err=True)


def command(function: Callable) -> Callable:
    """Turn a Problem into its sentences on stderr and exit code 1; click itself exits with 2 for wrong usage.

    Ctrl-C ends with 130, as shells say it of a program that SIGINT ended.
    """

    @wraps(function)
    def run(*args: object, **kwargs: object) -> None:
        try:
            function(*args, **kwargs)
        except Problem as problem:
            say(*problem.sentences)
        except KeyboardInterrupt:
            say("Interrupted: what was under way is rolled back, what was finished before is kept.")
            sys.exit(130)
        except BrokenPipeError:
            raise  # click's: whoever read the output has seen enough
        except OSError as error:
            say(f"{error.filename or 'The system'}: {error.strerror or error}: put that right and try again.")
        else:
            return
        sys.exit(1)

    return run
