"""``svarsgrad dashboards render`` and ``check``: the files of the boards."""

from pathlib import Path
from typing import Final

import click

from dashboards.boards.rendering import FILES, rendered
from streams.domain.swedish import listed, reason
from streams.whole_file import FOR_ALL, write_whole

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
    for name, text in rendered().items():
        try:
            to.mkdir(parents=True, exist_ok=True)
            write_whole(to / name, text.encode(), FOR_ALL)
        except OSError as error:
            raise click.ClickException(
                f"{to / name} kan inte skrivas ({reason(error)}); se över mappen"
            ) from None
        click.echo(f"Skrev {to / name}")


@click.command("check", options_metavar="[FLAGGOR]", short_help="Säg om filerna är aktuella.")
@_TO
def check(to: Path) -> None:
    """Säg om filerna är de som den här versionen skriver.

    Slutar annars med 1.
    """
    differing = []
    for name, text in rendered().items():
        try:
            is_same = (to / name).read_bytes() == text.encode()
        except FileNotFoundError:
            is_same = False
        except OSError as error:
            raise click.ClickException(
                f"{to / name} kan inte läsas ({reason(error)}); se över rättigheterna"
            ) from None
        if not is_same:
            differing.append(name)
    if differing:
        click.echo(f"I {to} stämmer inte {listed(differing)}: kör svarsgrad dashboards render")
        raise click.exceptions.Exit(1)
    click.echo(f"{to} stämmer")
