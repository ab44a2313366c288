"""Simulated calls as an exchange's list of calls: a row for each stay in a queue, when it is over.

Times are local and in whole seconds, as lists have them. The numbers are those of the exchange's
log (``asterisk_log.py``): kept for fiction, one caller each, and most callers withhold theirs.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from producers.simulator.asterisk_log import numbers
from producers.simulator.calls import Day, Leg
from streams.domain.instants import SECOND

HEADER: Final = (
    "Samtals-id", "Kö", "A-nummer", "Ankomst", "Väntetid", "Resultat", "Besvarat", "Avslutat",
    "Kopplat", "Uppringd",
)  # fmt: skip
OUTCOMES: Final = {
    "answered": "Besvarat",
    "abandoned": "Avbrutet",
    "overflowed": "Överflöde",
    "refused": "Avvisat",
    "closed": "Stängt",
    "callback_requested": "Uppringning",
}


class ListedCall(NamedTuple):
    """A row of the list."""

    cells: tuple[str, ...]


def listed(day: Day, zone: tzinfo) -> list[tuple[int, ListedCall]]:
    """Return the day's rows in order, each with when the exchange knows all of it."""
    known = numbers(day.callers)
    rows = [
        (_over_at(leg), leg.number, leg.part, ListedCall(tuple(_cells(leg, known, zone))))
        for leg in day.legs
    ]
    return [(at, row) for at, _, _, row in sorted(rows)]


def _over_at(leg: Leg) -> int:
    return max(leg.decided_at, leg.ended_at or 0, leg.called_back_at or 0)


def _cells(leg: Leg, known: dict[int, str], zone: tzinfo) -> Iterator[str]:
    def shown(instant: int | None) -> str:
        if instant is None:
            return ""
        return f"{datetime.fromtimestamp(instant // SECOND, zone):%Y-%m-%d %H:%M:%S}"

    wait = leg.decided_at // SECOND - leg.arrived_at // SECOND
    yield leg.contact
    yield leg.queue
    yield known.get(leg.caller, "")
    yield shown(leg.arrived_at)
    yield f"{wait // 3600:02}:{wait // 60 % 60:02}:{wait % 60:02}"
    yield OUTCOMES[leg.outcome]
    yield shown(leg.decided_at if leg.outcome == "answered" else None)
    yield shown(leg.ended_at)
    yield leg.transferred_to
    yield shown(leg.called_back_at)
