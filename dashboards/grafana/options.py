"""The options of commands that speak with Grafana."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from dashboards.grafana.connection import MistoldError, connection_as_told
from dashboards.grafana.refusals import GrafanaError
from dashboards.grafana.server import Server

_F = TypeVar("_F", bound=Callable[..., object])


def connection_options(command: _F) -> _F:
    """Add what says where Grafana is and who we are, in the order that help tells it."""
    for option in (
        click.option(
            "--plain", is_flag=True,
            help="Tillåt http:// till en annan maskin: allt går att avlyssna.",
        ),
        click.option(
            "--ca-file", metavar="FIL", default="",
            help="Certifikat (PEM) för dem som får utfärda Grafanas, i stället för systemets.",
        ),
        click.option(
            "--password-file", metavar="FIL", default="", help="Filen med användarens lösenord."
        ),
        click.option(
            "--user", metavar="NAMN", default="", help="Användaren, om det saknas en token."
        ),
        click.option(
            "--token-file", metavar="FIL", default="",
            help="Filen med ett tjänstekontos token; inget annat står i den.",
        ),
        click.option(
            "--url", metavar="URL", envvar="GRAFANA_URL", show_envvar=True, required=True,
            help="Grafana, till exempel https://grafana.example.org.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def grafana_as_told(
    url: str, *, token_file: str, user: str, password_file: str, ca_file: str, plain: bool
) -> Iterator[Server]:
    """Give Grafana as the options tell it; what goes wrong then is one line of Click's."""
    try:
        connection = connection_as_told(
            url,
            token_file=token_file,
            user=user,
            password_file=password_file,
            ca_file=ca_file,
            plain=plain,
        )
    except MistoldError as error:
        raise click.UsageError(str(error)) from None
    for line in connection.remarks:
        click.echo(f"Varning: {line}", err=True)
    try:
        with Server(connection) as server:
            yield server
    except GrafanaError as error:
        raise click.ClickException(str(error)) from None
