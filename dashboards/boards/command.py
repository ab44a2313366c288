"""``svarsgrad dashboards render`` and ``check``: the files of the boards."""

from pathlib import Path
from typing import Final

import click

from dashboards.boards.rendering import FILES, rendered
from streams.domain.swedish import listed
from streams.rendered_files import differing, write_all

_TO: Final = click.option(
    "--to",
    metavar="MAPP",
    type=click.Path(path_type=Path),
    default=FILES,
    help="Mappen med filerna; annars den som följer med.",
)


@click.command("render", options_metavar="[FLAGGOR]", short_help="Skriv tavlornas filer.")
@_TO
def render(to: Path) -> None:
    """Skriv tavlornas filer, för Grafana att läsa."""
    write_all(to, rendered())


@click.command("check", options_metavar="[FLAGGOR]", short_help="Säg om filerna är aktuella.")
@_TO
def check(to: Path) -> None:
    """Säg om filerna är de som den här versionen skriver.

    Slutar annars med 1.
    """
    names = differing(to, rendered())
    if names:
        click.echo(f"I {to} stämmer inte {listed(names)}: kör svarsgrad dashboards render")
        raise click.exceptions.Exit(1)
    click.echo(f"{to} stämmer")
