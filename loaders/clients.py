"""PostgreSQL's own programs as verbs of `synapse`: as they are, on the warehouse, with nothing on the PATH."""

import os

import click

from synapse_analytics.command import command
from synapse_analytics.postgres import connection, embedded
from synapse_analytics.project import find_root


class Verbs(click.Group):
    """The verbs, and whatever program PostgreSQL brings besides."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A verb, or a client program of the embedded server's, such as pg_basebackup."""
        verb = super().get_command(context, name)
        is_program = not verb and name.startswith("pg_") and os.access(embedded.programs() / name, os.X_OK)
        return program(name) if is_program else verb


def program(name: str) -> click.Command:
    """A verb that becomes a program of PostgreSQL's, which finds the warehouse by libpq's variables."""

    @command
    def run(arguments: tuple[str, ...]) -> None:
        path = str(embedded.programs() / name)
        os.execve(path, [path, *arguments], os.environ | connection.variables(find_root()))  # noqa: S606

    words = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, metavar=f"[OPTION of {name}]...")
    settings = {"ignore_unknown_options": True, "help_option_names": []}
    return click.Command(name, callback=run, params=[words], context_settings=settings)
