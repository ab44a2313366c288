"""A command that runs until it is told to stop: what it says goes to the log, to its last word."""

import logging
import os
from collections.abc import Mapping
from typing import Any, Final

import click

from streams.logs import e, tell
from streams.logs.errors import described
from streams.logs.stderr import (
    FORMAT,
    JSON,
    TEXT,
    LogFormatError,
    format_as_told,
    formatter,
    is_journal,
    logged_to_stderr,
)
from streams.swedish_click import one_line

HELP: Final = (
    "\b\nMiljövariabler för loggen, som går till standard fel:\n"
    f"{FORMAT}  {TEXT} (förval) eller {JSON}"
)
CRASHED_CODE: Final = 1
log = logging.getLogger(__name__)


class LongRunning(click.Command):
    """A command whose log is on from its first line to its last.

    What keeps it from running is one line, as of all commands, and an entry where lines are for
    machines. One that can be told to do its work once (``--once``) then talks to a person, and
    says nothing of itself.
    """

    def __init__(self, name: str | None, *, epilog: str | None = None, **more: Any) -> None:
        super().__init__(name, epilog="\n\n".join(filter(None, (epilog, HELP))), **more)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read what was typed."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            _require_told(error, os.environ)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        is_once = bool(ctx.params.get("is_once"))
        try:
            told = format_as_told(os.environ)
        except LogFormatError as error:
            raise click.ClickException(str(error)) from None
        lines = formatter(told, of_journal=is_journal(os.environ), is_plain=is_once)
        with logged_to_stderr(lines):
            try:
                done = super().invoke(ctx)
            except (click.ClickException, click.exceptions.Exit, click.Abort) as error:
                if isinstance(error, click.ClickException):
                    _tell(error, os.environ)
                raise
            except Exception as error:
                tell(log, e.CRASHED, f"{ctx.info_name} crashed: {described(error)}", error=error)
                raise click.exceptions.Exit(CRASHED_CODE) from None
            if not is_once:
                tell(log, e.STOPPED, "stopped, as it was told to")
            return done


def _require_told(error: click.ClickException, environ: Mapping[str, str]) -> None:
    """Tell of what was mistyped, before there is a log."""
    try:
        told = format_as_told(environ)
    except LogFormatError:
        return
    with logged_to_stderr(formatter(told, of_journal=is_journal(environ))):
        _tell(error, environ)


def _tell(error: click.ClickException, environ: Mapping[str, str]) -> None:
    """Log what keeps us from running where a machine reads the log, and end.

    Elsewhere it is for the command line to say.
    """
    if format_as_told(environ) == JSON or is_journal(environ):
        tell(log, e.CANNOT_RUN, one_line(error))
        raise click.exceptions.Exit(error.exit_code)
