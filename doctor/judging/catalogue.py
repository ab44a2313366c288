"""What is to be said of a catalogue: how much there is, and what in it comes to an end."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from doctor.finding import Finding, ok, soon, untried, wrong
from streams.domain.catalogue import Catalogue, Municipality
from streams.domain.swedish import listed
from streams.domain.working_time import Hours

SOON: Final = timedelta(days=30)
SHORTENED_MONTH: Final = 12
"""From this month on it is asked for the next year's special days, where this year has some."""


def judge_catalogue(
    catalogue: Catalogue, file: str, summary: str, today: date
) -> Iterator[Finding]:
    """Yield that a catalogue can be used, and what in it ends, or has ended."""
    yield ok("catalogue", f"{file} stämmer: {summary}")
    several = len(catalogue.municipalities) > 1
    for its in catalogue.municipalities.values():
        where = f"{its.id}: " if several else ""
        yield from _promises(its, where, today)
        yield from _special_days(its, where, today)
        if its.alerts is None:
            yield soon(
                "catalogue",
                f"{where}ingen larmas",
                "skriv alerts i kommunen (docs/alerts.md), om någon ska få veta medan det går att "
                "göra något",
            )


def _promises(its: Municipality, where: str, today: date) -> Iterator[Finding]:
    """Yield which promises end soon, or have just ended, where none follows."""
    last = {id_: max(all_, key=lambda one: one.valid_from) for id_, all_ in its.targets.items()}
    ending = {
        id_: one.valid_to
        for id_, one in last.items()
        if one.valid_to is not None and abs(one.valid_to - today) <= SOON
    }
    if ending:
        told = listed([f"{id_} ({ends})" for id_, ends in ending.items()])
        yield soon(
            "catalogue",
            f"{where}löften som slutar gälla, och som inget följer på: {told}",
            "skriv den version som gäller från den dagen; utan den visas inget mer om löftet",
        )


def _special_days(its: Municipality, where: str, today: date) -> Iterator[Finding]:
    """Yield that special days are written for this year alone, when the next one is near."""
    if today.month < SHORTENED_MONTH:
        return
    missing = sorted({name for name, hours in _hours(its) if _has_none_after(hours, today.year)})
    if missing:
        yield soon(
            "catalogue",
            f"{where}{listed(missing)} har avvikande dagar i år, men inga nästa år",
            "skriv nästa års under shortened och exceptions, när de är beslutade",
        )


def _hours(its: Municipality) -> Iterator[tuple[str, Hours]]:
    for queue in its.queues.values():
        for hours in (queue.promised, queue.published):
            if hours is not None:
                yield queue.id, hours


def _has_none_after(hours: Hours, year: int) -> bool:
    days = [*hours.shortened, *hours.exceptions]
    years = {day.year for day in days}
    seasons = {its.valid_to.year for its in hours.seasons}
    return year in years | seasons and max(years | seasons) <= year


def judge_unusable(line: str) -> Iterator[Finding]:
    """Yield that there is no catalogue to be used, and why, as it is said elsewhere."""
    seen, _, do = line.partition("; ")
    yield wrong("catalogue", seen, do or "kör svarsgrad check-catalogue, som visar alla fel")
    for check in ("worker-catalogue", "sources", "rules", "receivers"):
        yield untried(check, "katalogen går inte att använda")
