"""Files that a command makes anew from what it knows: written, and compared with what is there."""

from collections.abc import Mapping
from pathlib import Path

import click

from streams.domain.swedish import reason
from streams.whole_file import FOR_ALL, write_whole


def write_all(to: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder, which is made, and say so; what hinders it is one line."""
    for name, text in files.items():
        try:
            to.mkdir(parents=True, exist_ok=True)
            write_whole(to / name, text.encode(), FOR_ALL)
        except OSError as error:
            raise click.ClickException(
                f"{to / name} kan inte skrivas ({reason(error)}); se över mappen"
            ) from None
        click.echo(f"Skrev {to / name}")


def differing(to: Path, files: Mapping[str, str]) -> list[str]:
    """Return the names of those that are not in a folder as they are to be."""
    found = []
    for name, text in files.items():
        try:
            if (to / name).read_bytes() != text.encode():
                found.append(name)
        except FileNotFoundError:
            found.append(name)
        except OSError as error:
            raise click.ClickException(
                f"{to / name} kan inte läsas ({reason(error)}); se över rättigheterna"
            ) from None
    return found
