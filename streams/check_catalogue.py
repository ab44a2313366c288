"""``svarsgrad check-catalogue``: says all that is wrong in a catalogue, or that nothing is."""

from pathlib import Path

import click

from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Catalogue, CatalogueError
from streams.domain.swedish import counted


@click.command("check-catalogue")
@click.argument("file", type=click.Path(path_type=Path), metavar="FIL")
def command(file: Path) -> None:
    """Kontrollera en katalog och visa alla fel.

    FIL är katalogen: en YAML-fil med kommuner, köer, team och mål. Varje fel visas på en egen
    rad, med var det står och vad som vore rätt. Ett exempel finns i examples/lulea.yaml.
    """
    try:
        catalogue = read_catalogue(file)
    except CatalogueError as error:
        for mistake in error.mistakes:
            click.echo(mistake.told(error.name))
        raise click.exceptions.Exit(1) from None
    click.echo(f"{file} stämmer: {summary(catalogue)}")


def summary(catalogue: Catalogue) -> str:
    """Return how much there is in a catalogue: ``1 kommun, 5 köer, 4 mål``."""
    municipalities = catalogue.municipalities.values()
    queues = sum(len(municipality.queues) for municipality in municipalities)
    targets = sum(len(municipality.targets) for municipality in municipalities)
    return ", ".join(
        counted(number, one, several)
        for number, one, several in (
            (len(municipalities), "kommun", "kommuner"),
            (queues, "kö", "köer"),
            (targets, "mål", "mål"),
        )
    )
