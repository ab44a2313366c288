"""``svarsgrad dashboards``: the boards of Grafana."""

import click

from dashboards.grafana.publish_command import publish


@click.group("dashboards", subcommand_metavar="KOMMANDO …")
def command() -> None:
    """Sparar tavlorna i Grafana."""


command.add_command(publish)
