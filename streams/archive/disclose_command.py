"""``svarsgrad disclose``: all that the archive holds of a period, for who asks for records."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from streams import options
from streams.archive import database
from streams.archive.disclosing import Disclosed, disclose
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.domain.swedish import counted, reason
from streams.domain.windows import midnight
from streams.whole_file import written_whole

OWNER_ONLY: Final = 0o600
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR: Final = re.compile(r"[0-9]{4}")


@click.command("disclose")
@click.argument("period", metavar="FRÅN/TILL")
@options.catalogue
@options.database
@options.database_password
@options.municipality
@options.folder("filen")
def command(  # noqa: PLR0917 - click calls it by name
    period: str,
    catalogue: Path,
    told: str,
    password_file: str | None,
    municipality: str | None,
    folder: Path,
) -> None:
    """Ta fram allt i arkivet från en period, för utlämnande.

    FRÅN/TILL är dagar, TILL räknas inte med: 2025-03-01/2025-04-01. 2025-03-01 är en dag,
    2025-03 en månad och 2025 ett år. Allt som började då sparas som CSV i en zip. Uppringares
    pseudonymer är inte med. Pröva sekretess innan något lämnas ut.
    """
    first, after = _days(period)
    try:
        its = one_municipality(read_catalogue(catalogue), municipality, catalogue)
        options.make_folder(folder)
        last = after - timedelta(days=1)
        said = f"{first} till och med {last}"
        path = folder / f"utlamnande-{its.id}-{first}--{last}.zip"
        span = (midnight(first, its.zone), midnight(after, its.zone))
        with (
            database.opened_to_read(database.address(told, password_file)) as connection,
            Console(stderr=True).status("Läser arkivet …") as status,
            written_whole(path, OWNER_ONLY) as file,
        ):
            counts = disclose(
                connection,
                its,
                Disclosed(said, *span),
                file,
                lambda name: status.update(f"Skriver {name} …"),
            )
    except (CatalogueError, database.DatabaseError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"filen går inte att spara i {folder}: {reason(error)}"
        ) from None
    click.echo(f"{path}: {counted(sum(counts.values()), 'rad', 'rader')}")


def _days(period: str) -> tuple[date, date]:
    """Return the first day of a period, and the day after it."""
    first, slash, after = period.partition("/")
    try:
        if slash:
            days = date.fromisoformat(first), date.fromisoformat(after)
        elif _DAY.fullmatch(first):
            days = date.fromisoformat(first), date.fromisoformat(first) + timedelta(days=1)
        elif _YEAR.fullmatch(first):
            days = date(int(first), 1, 1), date(int(first) + 1, 1, 1)
        else:
            begins = date.fromisoformat(f"{first}-01")
            days = begins, (begins + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        raise click.UsageError(
            f"{period!r} är ingen period: skriv dagar, som 2025-03-01/2025-04-01, eller 2025-03"
        ) from None
    if days[0] >= days[1]:
        raise click.UsageError(f"{period!r} slutar innan den börjar: TILL räknas inte med")
    return days
