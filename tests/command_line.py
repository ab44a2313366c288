"""All commands of the command line, as tests look at them."""

from collections.abc import Iterator

import click

from streams.__main__ import commands


def all_commands(
    command: click.Command = commands, name: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and all its subcommands, each with how it is typed."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for its in command.list_commands(context):
            found = command.get_command(context, its)
            assert found is not None
            yield from all_commands(found, f"{name} {its}".strip())
