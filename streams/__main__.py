"""The command line: ``svarsgrad``, also ``python -m streams``. One subcommand for each task."""

import difflib
import importlib
import sys
from typing import Final, NoReturn

import click

from streams.collecting import resting_collector
from streams.swedish_click import one_line, speak_swedish

SECTIONS: Final[dict[str, dict[str, str]]] = {
    "Kom i gång": {
        "demo": "stack.demo",
        "stack": "stack.command",
        "simulate": "producers.simulator.command",
        "check-catalogue": "streams.check_catalogue",
        "topics": "streams.kafka.topics_command",
    },
    "Källor": {
        "follow-queue-log": "producers.queue_log.command",
        "follow-mailbox": "producers.mailbox.command",
        "check-mailbox": "producers.mailbox.check_command",
        "intake": "producers.intake.command",
        "intake-token": "producers.intake.token_command",
        "import-calls": "producers.calls_file.command",
        "import-overflow": "producers.calls_file.overflow.command",
        "import-cases": "producers.cases_file.command",
        "record-measure": "producers.measures.command",
    },
    "Siffror, tavlor och larm": {
        "worker": "streams.worker.command",
        "wall": "dashboards.wall.command",
        "dashboards": "dashboards.grafana.command",
        "rules": "alerts.command",
        "outlook": "streams.outlook.command",
        "learn-profile": "streams.outlook.learn_command",
        "replay": "streams.replay.command",
        "due": "streams.due_command",
    },
    "Arkiv och rapporter": {
        "archive": "streams.archive.command",
        "report": "reports.report_command",
        "export": "reports.exports.command",
        "disclose": "streams.archive.disclose_command",
        "forget": "streams.archive.forget_command",
    },
    "Drift": {
        "doctor": "doctor.command",
        "verify": "streams.verify.command",
        "backup": "streams.backup.backup_command",
        "restore": "streams.backup.restore_command",
        "keep-open": "producers.keeping_open.command",
        "republish": "producers.republishing.command",
        "republish-rejected": "producers.republishing.rejected_command",
        "migrate-archive": "streams.archive.migrate_command",
    },
}
"""Subcommand → module whose ``command`` it is, as help tells them: by what they are for."""
COMMANDS: Final = {name: module for its in SECTIONS.values() for name, module in its.items()}
"""All of them. Loaded when used: starting stays quick."""
MARGINS: Final = 6
"""Columns of a line of help beside the name and the text."""


class Commands(click.Group):
    """A group that imports a subcommand only when it is called or described."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand by name."""
        del ctx
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        with resting_collector():  # which would take an eighth of the start
            command: click.Command = importlib.import_module(module).command
        command.options_metavar = "[FLAGGOR]"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what there is, a section for each kind of task."""
        width = max(map(len, COMMANDS))
        room = formatter.width - width - MARGINS
        for heading, names in SECTIONS.items():
            found = {name.ljust(width): self.get_command(ctx, name) for name in names}
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, its.get_short_help_str(room)) for name, its in found.items() if its]
                )

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
