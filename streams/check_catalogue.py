"""``svarsgrad check-catalogue``: says all that is wrong in a catalogue, or that nothing is."""

from pathlib import Path

import click

from streams.domain.catalogue import Catalogue, CatalogueError, load_catalogue
from streams.domain.catalogue.marked_yaml import MAX_BYTES
from streams.domain.outlook.profiles_file import MOST_BYTES, ProfilesFileError, load_profiles
from streams.domain.swedish import counted, reason


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


def read_catalogue(file: Path, *, with_profiles: bool = True) -> Catalogue:
    """Return the catalogue in a file, with the profiles in the file that it names, if it does.

    Raises :class:`CatalogueError` for what is wrong in it, and a ``click.ClickException`` if one
    of the files can't be read at all; both say it in one line.
    """
    source = _read(file, "katalogens fil", "ange katalogens fil, till exempel examples/lulea.yaml")
    catalogue = load_catalogue(source, str(file))
    if catalogue.profiles is None or not with_profiles:
        return catalogue
    profiles = file.parent / catalogue.profiles
    how = f"gör den med svarsgrad learn-profile, eller ta bort profiles ur {file}"
    written = _read(profiles, "profilernas fil", how, MOST_BYTES)
    try:
        return catalogue.with_profiles(load_profiles(written, str(profiles)))
    except ProfilesFileError as error:
        raise click.ClickException(str(error)) from None


def _read(file: Path, what: str, if_missing: str, most_bytes: int = MAX_BYTES) -> bytes:
    """Return what is in a file, and a byte more than there may be if there is too much."""
    try:
        with file.open("rb") as stream:
            return stream.read(most_bytes + 1)
    except FileNotFoundError:
        message = f"{file} finns inte; {if_missing}"
    except IsADirectoryError:
        message = f"{file} är en mapp; ange {what} i den"
    except OSError as error:
        message = f"{file} kan inte läsas ({reason(error)}); se över rättigheterna"
    raise click.ClickException(message)


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
