"""The command line: ``svarsgrad``, also ``python -m streams``. One subcommand for each task."""

import difflib
import importlib
import sys
from typing import Final, NoReturn

import click

from streams.swedish_click import one_line, speak_swedish

COMMANDS: Final = {
    "archive": "streams.archive.command",
    "backup": "streams.backup.backup_command",
    "check-catalogue": "streams.check_catalogue",
    "check-mailbox": "producers.mailbox.check_command",
    "dashboards": "dashboards.grafana.command",
    "demo": "stack.demo",
    "disclose": "streams.archive.disclose_command",
    "doctor": "doctor.command",
    "due": "streams.due_command",
    "export": "reports.exports.command",
    "follow-mailbox": "producers.mailbox.command",
    "follow-queue-log": "producers.queue_log.command",
    "forget": "streams.archive.forget_command",
    "import-calls": "producers.calls_file.command",
    "import-cases": "producers.cases_file.command",
    "import-overflow": "producers.calls_file.overflow.command",
    "intake": "producers.intake.command",
    "intake-token": "producers.intake.token_command",
    "keep-open": "producers.keeping_open.command",
    "learn-profile": "streams.outlook.learn_command",
    "migrate-archive": "streams.archive.migrate_command",
    "outlook": "streams.outlook.command",
    "record-measure": "producers.measures.command",
    "replay": "streams.replay.command",
    "report": "reports.report_command",
    "republish": "producers.republishing.command",
    "republish-rejected": "producers.republishing.rejected_command",
    "restore": "streams.backup.restore_command",
    "rules": "alerts.command",
    "simulate": "producers.simulator.command",
    "stack": "stack.command",
    "topics": "streams.kafka.topics_command",
    "verify": "streams.verify.command",
    "wall": "dashboards.wall.command",
    "worker": "streams.worker.command",
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
        command.options_metavar = "[FLAGGOR]"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand that is called; the nearest is named if there is none such."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            for nearest in difflib.get_close_matches(args[0], COMMANDS, n=1):
                error.message += f" Menade du {nearest}?"
            raise


speak_swedish()  # before the commands are made: their help takes words then


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[FLAGGOR]",
    subcommand_metavar="KOMMANDO …",
)
@click.version_option(package_name="svarsgrad", message="svarsgrad %(version)s")
def commands() -> None:
    """svarsgrad visar om kommunen håller sina servicelöften, medan dagen går att rädda."""  # noqa: D403 - the name has a small s


def main() -> NoReturn:
    """Run the command line; what goes wrong is one line on standard error."""
    try:
        code = commands(prog_name="svarsgrad", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        click.echo(f"Fel: {one_line(error)}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
