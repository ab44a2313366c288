"""The catalogue's file, and the file of profiles that it names, as all commands read them."""

import hashlib
from pathlib import Path

import click

from streams.domain.catalogue import Catalogue, Municipality, Source, load_catalogue
from streams.domain.catalogue.marked_yaml import MAX_BYTES
from streams.domain.nearest import nearest
from streams.domain.outlook.profiles_file import MOST_BYTES, ProfilesFileError, load_profiles
from streams.domain.swedish import reason


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


def fingerprint(file: Path) -> str:
    """Return the first digits of a catalogue's SHA-256: whether two processes have the same."""
    return hashlib.sha256(_read(file, "katalogens fil", "ange katalogens fil")).hexdigest()[:12]


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


def one_municipality(catalogue: Catalogue, name: str | None, file: Path) -> Municipality:
    """Return the municipality of that name, or the only one there is; a usage error for none."""
    municipalities = catalogue.municipalities
    if name is None and len(municipalities) == 1:
        return next(iter(municipalities.values()))
    if name is None or name not in municipalities:
        said = f"{name} finns inte i {file}: skriv" if name else f"ange vilken kommun i {file}:"
        raise click.UsageError(f"--municipality: {said} {', '.join(municipalities)}")
    return municipalities[name]


def source_of(municipality: Municipality, name: str, file: Path) -> Source:
    """Return its source of that id; a usage error, with what may be meant, for none."""
    found = municipality.sources.get(name)
    if found is None:
        near = nearest(name, municipality.sources)
        known = ", ".join(municipality.sources)
        right = f"menade du {near}?" if near else f"där finns {known or 'inga'}"
        raise click.UsageError(f"--source: källan {name} finns inte i {file}; {right}")
    return found
