"""``svarsgrad report``: the report on a month, a year or a part of one, for a board."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from reports import periods
from reports.lists import overdue_command
from reports.making import Asked, make
from streams import options

_OPTIONS: Final = (
    options.catalogue,
    options.database,
    options.database_password,
    options.municipality,
    click.option(
        "--format",
        "formats",
        metavar="FORMAT",
        default="pdf,xlsx,csv,html",
        show_default=True,
        help="html, pdf, xlsx och csv, med komma emellan.",
    ),
    options.folder("rapporten"),
    click.option(
        "--administration", metavar="ID", help="Bara en förvaltning, med dess id i katalogen."
    ),
    click.option(
        "--analysis",
        metavar="FIL",
        type=click.Path(path_type=Path),
        help="Egen analys, åtgärder och förslag till beslut, i Markdown.",
    ),
    click.option(
        "--comparison",
        metavar="FIL",
        type=click.Path(path_type=Path),
        help="Andra kommuners nyckeltal (CSV: kpi, municipality, period, value).",
    ),
    click.option("--brief", "is_brief", is_flag=True, help="Utan bilagorna om samtal och post."),
    click.option("--dnr", metavar="DNR", default="", help="Diarienummer."),
    click.option(
        "--case-worker", metavar="TEXT", default="", help="Handläggare, som det ska stå."
    ),
    click.option(
        "--dated",
        metavar="DATUM",
        help="Rapportens datum, annars i dag.",
    ),
    click.option(
        "--at",
        metavar="TIDPUNKT",
        help="Räkna som läget var då, annars vid periodens slut.",
    ),
    click.option(
        "--establish",
        "decision",
        metavar="BESLUT",
        help="Rapporten är fastställd enligt det här beslutet: siffrorna och löftena som de nu "
        "står sparas i arkivet, och senare ändringar blir rättelser.",
    ),
)


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a report; it is called with :class:`Asked`."""

    def called(*, period: str, **told: Any) -> None:
        command(period, Asked(**told))

    called.__doc__ = command.__doc__
    its: Callable[..., None] = called
    for option in reversed(_OPTIONS):
        its = option(its)
    return its


@click.group(
    "report",
    short_help="Gör rapporten om en månad, ett år eller delår.",
    subcommand_metavar="KOMMANDO …",
)
def command() -> None:
    """Gör rapporten om en månad, ett år eller en del av ett år.

    Siffrorna kommer ur arkivet, och är de som svarsgrad replay har. Rapporten är ett utkast tills
    den fastställs.
    """


@command.command("month", options_metavar="[FLAGGOR]")
@click.argument("period", metavar="ÅÅÅÅ-MM")
@_asked
def month_command(period: str, asked: Asked) -> None:
    """Gör en månadsrapport."""
    make(asked, lambda: periods.month(period))


@command.command("year", options_metavar="[FLAGGOR]")
@click.argument("period", metavar="ÅÅÅÅ")
@_asked
def year_command(period: str, asked: Asked) -> None:
    """Gör en årsrapport."""
    make(asked, lambda: periods.year(period))


@command.command("delar", options_metavar="[FLAGGOR]")
@click.option("--through", "period", metavar="ÅÅÅÅ-MM", required=True, help="Till och med.")
@_asked
def part_command(period: str, asked: Asked) -> None:
    """Gör en delårsrapport: från januari, med prognos för helåret."""
    make(asked, lambda: periods.part(period))


command.add_command(overdue_command.command)
