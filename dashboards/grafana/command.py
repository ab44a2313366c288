"""``svarsgrad dashboards``: the boards of Grafana."""

import click

from dashboards.grafana.annotate_command import write
from dashboards.grafana.publish_command import publish


@click.group("dashboards", subcommand_metavar="KOMMANDO …")
def command() -> None:
    """Sparar tavlorna i Grafana, och antecknar på dem."""


command.add_command(publish)
command.add_command(write)
