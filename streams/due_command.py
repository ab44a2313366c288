"""``svarsgrad due``: when an answer is due, and why then."""

from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click

from streams import options
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.domain.deadlines import (
    MOST,
    Due,
    Limit,
    Office,
    Received,
    Rule,
    UnknownHolidaysError,
    swedish_working_days,
)
from streams.domain.instants import moment
from streams.domain.swedish import WEEKDAYS, clock, day, listed
from streams.domain.working_time import WHOLE_DAY, Hours, NeverOpenError, Segment
from streams.instants_as_typed import typed_instant

RULES: Final[dict[str, Rule]] = {"arrival-day": "arrival_day", "next-opening": "next_opening"}
_WHEN: Final = {
    Received.BEFORE_OPENING: "före öppning",
    Received.OPEN: "under öppettid",
    Received.CLOSED_FOR_A_WHILE: "medan det var stängt mitt på dagen",
    Received.AFTER_CLOSING: "efter stängning",
    Received.OFFICE_CLOSED: "då det är stängt fast det är arbetsdag",
}


@click.command("due")
@click.argument("instant", metavar="TIDPUNKT")
@click.option(
    "--in",
    "limit",
    metavar="TID",
    required=True,
    help="Svarstiden: 2wd (arbetsdagar), 8wh (timmar då det är öppet) eller 3d (dygn).",
)
@click.option("--queue", metavar="KÖ", help="Räkna med köns utlovade öppettider.")
@click.option(
    "--calendar",
    metavar="FIL",
    type=click.Path(path_type=Path),
    help="Katalogen med öppettiderna; annars helgfria vardagar 08–17 i Sverige.",
)
@options.municipality
@click.option(
    "--rule",
    metavar="REGEL",
    type=click.Choice(list(RULES)),
    default="arrival-day",
    show_default=True,
    help="arrival-day: ankomstdagen är dag noll, också efter stängning. next-opening: dagen då "
    "det öppnar nästa gång är dag noll.",
)
def command(  # noqa: PLR0917 - click calls it by name
    instant: str,
    limit: str,
    queue: str | None,
    calendar: Path | None,
    municipality: str | None,
    rule: str,
) -> None:
    """Säg när ett svar senast ska ges, och varför just då.

    TIDPUNKT är när frågan kom, till exempel 2026-06-18T18:00, i kommunens tid om ingen annan zon
    anges. Svar på den tid som visas är i tid.
    """
    asked = _limit(limit)
    office, hours = _hours(calendar, municipality, queue)
    arrived = typed_instant(instant, "TIDPUNKT", office.hours.zone)
    try:
        due = office.due(arrived, asked, RULES[rule], hours)
    except UnknownHolidaysError as error:
        raise click.ClickException(
            f"helgdagarna är kända för {error.first}–{error.last}, och svaret skulle gälla en dag "
            "utanför: ange en tidpunkt inom de åren"
        ) from None
    except NeverOpenError:
        raise click.ClickException(
            "det är inte öppet så länge inom fyra år: se över öppettiderna i katalogen"
        ) from None
    used = hours if hours and asked.unit == "wh" else office.hours
    click.echo(sentence(due, arrived, office, used))


def _limit(text: str) -> Limit:
    """Return the limit that was typed; a usage error that says what would be right."""
    try:
        return Limit.parse(text)
    except ValueError:
        pass
    small = text.strip().lower()
    try:
        Limit.parse(small)
    except ValueError:
        small = "2wd"
    raise click.UsageError(
        f"--in {text}: skriv ett antal, 1 till {MOST}, och wd, wh eller d med små bokstäver, "
        f"till exempel {small}"
    )


def sentence(due: Due, arrived: int, office: Office, hours: Hours) -> str:
    """Return when it is due and why, as one line; ``hours`` are those it was counted in."""
    zone = office.hours.zone
    at = moment(due.at).astimezone(zone)
    came = moment(arrived).astimezone(zone).date()
    reasons = [_received(due, came, office, is_open_all_day=hours.segments(came) == WHOLE_DAY)]
    if due.counted_from != came:
        reasons.append(f"räknas från {WEEKDAYS[due.counted_from.weekday()]}")
    if due.skipped:
        reasons.append(f"{listed([_name(n) for n in due.skipped.values()])} räknas inte")
    return f"Svar senast {day(at.date())} kl. {clock(at)}: {'; '.join(reasons)}."


def _received(due: Due, came: date, office: Office, *, is_open_all_day: bool) -> str:
    weekday = WEEKDAYS[came.weekday()]
    if due.received is Received.OPEN and is_open_all_day:
        return f"mottaget {weekday}, öppet dygnet runt"
    if due.received is not Received.NOT_A_WORKING_DAY:
        return f"mottaget {weekday} {_WHEN[due.received]}"
    holiday = office.days.holidays.get(came)
    return f"mottaget på {_name(holiday)}" if holiday else f"mottaget en {weekday}"


def _name(holiday: str) -> str:
    """Return a holiday as it stands inside a sentence."""
    return holiday if holiday.startswith("Kristi") else holiday[0].lower() + holiday[1:]


def _hours(
    calendar: Path | None, name: str | None, queue: str | None
) -> tuple[Office, Hours | None]:
    """Return the office, and the hours of the queue if one is asked for."""
    if calendar is None:
        if queue or name:
            raise click.UsageError("--queue och --municipality kräver --calendar")
        return usual_office(), None
    try:
        municipality = one_municipality(read_catalogue(calendar), name, calendar)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None
    if municipality.office is None:
        raise click.UsageError(
            f"{municipality.id} har inga office_hours i {calendar}: lägg till dem"
        )
    if queue is None:
        return municipality.office, None
    known = municipality.queues.get(queue)
    if known is None:
        names = ", ".join(municipality.queues)
        raise click.UsageError(f"--queue {queue} finns inte i {calendar}: skriv {names}")
    return municipality.office, known.promised or Hours.always(municipality.zone)


def usual_office() -> Office:
    """Return what most Swedish offices have: working days, 08.00 to 17.00."""
    days = swedish_working_days()
    week = ((Segment(8 * 60, 17 * 60),),) * 5 + ((), ())
    zone = ZoneInfo("Europe/Stockholm")
    return Office(days, Hours(zone=zone, week=week, holidays=days.holidays))
