"""The command line: ``svarsgrad``, also ``python -m streams``. One subcommand for each task."""

import importlib
import sys
from typing import Final

import click

COMMANDS: Final = {
    "check-catalogue": "streams.check_catalogue",
    "demo": "stack.demo",
    "follow-queue-log": "producers.follow",
    "replay": "streams.replay_command",
    "simulate": "producers.simulate",
    "stack": "stack.command",
    "topics": "streams.topics_command",
    "worker": "streams.worker_command",
}
"""Subcommand → module whose ``command`` it is. Loaded when used: starting stays quick."""


class Commands(click.Group):
    """A group that imports a subcommand only when it is called or described."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand by name."""
        del ctx
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="svarsgrad", message="svarsgrad %(version)s")
def main() -> None:
    """Visa om kommunen håller sina servicelöften, medan dagen ännu går att rädda."""


if __name__ == "__main__":
    sys.exit(main())
