"""``svarsgrad intake-token``: makes a token for a system that pushes."""

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import click

from producers.intake.grants import TYPES, line_of, new_token
from streams.catalogue_file import one_municipality, read_catalogue, source_of
from streams.domain.catalogue import CatalogueError, Municipality, Source
from streams.domain.nearest import nearest
from streams.domain.windows import day_of
from streams.ledgers import system_clock
from streams.options import catalogue as catalogue_option
from streams.options import municipality as municipality_option

_BY_KIND: Final = {
    "switchboard": ("call.*", "presence.staffed"),
    "customer_centre": ("call.*", "presence.staffed"),
    "partner": ("call.*",),
    "mailbox": ("email.*",),
    "cases": ("case.*",),
}
"""Kind of a queue → what a source of it usually sends."""


@click.command("intake-token", short_help="Gör en token åt ett system som skickar händelser.")
@catalogue_option
@click.option("--source", required=True, metavar="ID", help="Källans id i katalogen.")
@municipality_option
@click.option(
    "--types",
    metavar="TYP,…",
    help="Vad den får skicka, t.ex. call.*,presence.staffed. Förval: det som källans köer har.",
)
@click.option("--queues", metavar="KÖ,…", help="Vilka av källans köer. Förval: alla.")
@click.option("--expires", metavar="DATUM", help="Sista dagen den gäller, t.ex. 2027-01-31.")
@click.option(
    "--alive",
    is_flag=True,
    help="Systemet frågar GET /alive var 20:e sekund; då larmar svarsgrad när det tystnar.",
)
def command(  # noqa: PLR0917 # click calls it by name
    catalogue: Path,
    source: str,
    municipality: str | None,
    types: str | None,
    queues: str | None,
    expires: str | None,
    alive: bool,
) -> None:
    """Gör en token åt ett system som skickar händelser, och raden om den till filen.

    Token visas bara nu och sparas ingenstans: ge den till systemet på ett säkert sätt. Raden har
    bara en kontrollsumma. För att byta token: lägg till den nya raden, byt i systemet, och ta
    sedan bort den gamla.
    """
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None
    its = one_municipality(loaded, municipality, catalogue)
    found = source_of(its, source, catalogue)
    chosen = _chosen("--types", types, TYPES, "docs/events.md") or _usual(its, found)
    token = new_token()
    line = line_of(
        token,
        source,
        its.id if len(loaded.municipalities) > 1 else None,
        types=chosen,
        queues=_chosen("--queues", queues, found.queues, f"källan {source}"),
        expires=_last_day(expires, its),
        alive="asks" if alive else None,
    )
    click.echo(
        f"Token, som visas bara nu:\n\n  {token}\n\n"
        "Lägg raden i filen till --tokens, under tokens: (chmod 640, utan rätt för andra):\n\n"
        f"{line}"
    )


def _unknown(word: str, known: Iterable[str], where: str) -> str:
    words = [*known]
    near = nearest(word, words)
    right = f"menade du {near}?" if near else f"skriv {', '.join(words) or 'in den där'}"
    return f"{word} finns inte i {where}; {right}"


def _chosen(option: str, told: str | None, known: Iterable[str], where: str) -> list[str] | None:
    """Return the words of a list, each of which is a known one, or has wildcards that fit one."""
    if told is None:
        return None
    words = [word.strip() for word in told.split(",")]
    for word in words:
        if not any(fnmatchcase(one, word) for one in known):
            raise click.UsageError(f"{option}: {_unknown(word, known, where)}")
    return words


def _usual(municipality: Municipality, source: Source) -> list[str]:
    """Return the types that a source of such queues usually sends."""
    queues = [municipality.queues[queue] for queue in source.queues]
    return list(dict.fromkeys(type_ for queue in queues for type_ in _BY_KIND[queue.kind]))


def _last_day(told: str | None, municipality: Municipality) -> date | None:
    if told is None:
        return None
    try:
        day = date.fromisoformat(told)
    except ValueError:
        raise click.UsageError(f"--expires: {told} är ingen dag; skriv t.ex. 2027-01-31") from None
    if day < day_of(system_clock(), municipality.zone):
        raise click.UsageError(f"--expires: {told} har varit; skriv en dag som kommer")
    return day
