"""``svarsgrad dashboards``: the boards of Grafana."""

import click

from dashboards.boards.command import check, render
from dashboards.grafana.annotate_command import write
from dashboards.grafana.publish_command import publish


@click.group("dashboards", subcommand_metavar="KOMMANDO …")
def command() -> None:
    """Gör tavlor, spara dem i Grafana, anteckna på dem."""


command.add_command(render)
command.add_command(check)
command.add_command(publish)
command.add_command(write)
