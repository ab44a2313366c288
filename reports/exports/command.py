"""``svarsgrad export``: tables of open data, from the archive."""

from pathlib import Path
from typing import Final

import click
from rich.console import Console
from sqlalchemy.engine import Connection

from reports import periods
from reports.evidence import (
    NothingToReportError,
    figures_by_month,
    read_calls,
    require_any,
)
from reports.exports import calls, kkik
from reports.exports.tables import DataTable, as_csv, dictionary
from reports.periods import Period, PeriodError
from streams import options
from streams.archive import database
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError, Municipality
from streams.domain.swedish import reason
from streams.ledgers import system_clock
from streams.whole_file import FOR_ALL, write_whole, written_whole

KINDS: Final = ("legs", "intervals", "kkik")
INTERVAL_MINUTES: Final = 30


@click.command("export")
@click.argument("kind", metavar="TABELL", type=click.Choice(KINDS))
@click.argument("typed", metavar="PERIOD")
@options.catalogue
@options.database
@options.database_password
@options.municipality
@options.folder("tabellen")
@click.option(
    "--minutes",
    type=click.Choice(["15", "30", "60"]),
    default=str(INTERVAL_MINUTES),
    show_default=True,
    help="Hur långa intervallen är.",
)
@click.option(
    "--excel",
    "for_excel",
    is_flag=True,
    help="Som svensk Excel öppnar den: semikolon, decimalkomma.",
)
def command(  # noqa: PLR0917 - click calls it by name
    kind: str,
    typed: str,
    catalogue: Path,
    told: str,
    password_file: str | None,
    municipality: str | None,
    folder: Path,
    minutes: str,
    for_excel: bool,
) -> None:
    """Spara en tabell med öppna data, och dess ordlista.

    TABELL är legs (varje samtal i varje kö), intervals (antal per kö och halvtimme) eller kkik
    (egen mätning i KKiK:s tidsklasser). PERIOD är en månad, 2025-03, eller ett år, 2025.
    """
    try:
        period = periods.month_or_year(typed)
        its = one_municipality(read_catalogue(catalogue), municipality, catalogue)
        periods.require_past(period, system_clock(), its.zone, of_reports=False)
        options.make_folder(folder)
        with Console(stderr=True).status("Läser arkivet …") as status:
            with database.opened_to_read(database.address(told, password_file)) as connection:
                require_any(connection, its, period)
                table = _table(connection, its, period, kind, int(minutes))
            status.update("Skriver …")
            path = _written(table, its, period, folder, for_excel=for_excel)
    except (
        CatalogueError, NothingToReportError, PeriodError, database.DatabaseError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"tabellen går inte att spara i {folder}: {reason(error)}"
        ) from None
    for name in (path, _dictionary_of(path)):
        click.echo(str(name))


def _table(
    connection: Connection, municipality: Municipality, period: Period, kind: str, minutes: int
) -> DataTable:
    window = period.window(municipality.zone)
    if kind == "kkik":
        return kkik.kkik(municipality, figures_by_month(connection, municipality, period))
    frame, _ = read_calls(connection, municipality, [window], window.end)
    if kind == "legs":
        return calls.legs(municipality, frame, window.end, window)
    return calls.intervals(municipality, frame, window.end, window, minutes)


def _written(
    table: DataTable, municipality: Municipality, period: Period, folder: Path, *, for_excel: bool
) -> Path:
    path = folder / f"{table.name}-{municipality.id}-{period.name}.csv"
    with written_whole(path, FOR_ALL) as file:
        for part in as_csv(table, for_excel=for_excel):
            file.write(part)
    source = f"{municipality.name} kommun, {period.said}, ur svarsgrads arkiv"
    write_whole(_dictionary_of(path), dictionary(table, source), FOR_ALL)
    return path


def _dictionary_of(path: Path) -> Path:
    return path.with_suffix(".schema.json")
