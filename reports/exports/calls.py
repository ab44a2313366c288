"""Calls as open data: each leg by itself, and counts by interval."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from reports.exports.tables import Column, DataTable, Value
from streams.domain.catalogue import Municipality
from streams.domain.instants import MINUTE, NEVER, SECOND, moment
from streams.domain.phone.as_of import QueueLegs, State
from streams.domain.phone.evaluation import Judged, phone_queues
from streams.domain.phone.legs import Frame
from streams.domain.phone.patterns import intervals_of
from streams.domain.windows import Window, midnight

OUTCOMES: Final = {
    State.ANSWERED: "besvarat",
    State.ABANDONED: "lade på",
    State.OVERFLOWED: "gick vidare",
    State.REFUSED: "nekades",
    State.CLOSED: "kön stängde",
    State.CALLBACK: "bad om uppringning",
    State.WAITING: "väntar",
}
LEGS: Final = (
    Column("kö", "string", "Köns id i katalogen"),
    Column("kom", "datetime", "När samtalet kom till kön, avrundat nedåt till hel minut"),
    Column("kontakt", "integer", "Löpnummer: samma för alla köer som ett samtal gick till"),
    Column("utfall", "string", "Hur väntan slutade", tuple(OUTCOMES.values())),
    Column("väntan_sekunder", "number", "Hur länge det väntade; tomt medan det väntar"),
    Column("samtal_sekunder", "number", "Hur länge man talade; tomt om det inte är känt"),
    Column("kopplat", "boolean", "Om det besvarades och sedan kopplades vidare"),
    Column("inom_öppettid", "boolean", "Om det kom inom utlovad öppettid; bara då räknas det"),
    Column("internt", "boolean", "Om det var kommunens eget samtal; då räknas det inte"),
)


def legs(municipality: Municipality, frame: Frame, now: int, window: Window) -> DataTable:
    """Return every leg that arrived in a window, in order of arrival and queue.

    Who called is not in it, and a contact's number says nothing outside the file.
    """
    return DataTable(
        "samtal",
        f"Samtal i köer, {municipality.name}",
        LEGS,
        _legs(municipality, frame, now, window),
        (),
    )


def _legs(
    municipality: Municipality, frame: Frame, now: int, window: Window
) -> Iterator[tuple[Value, ...]]:
    judged = Judged.of(municipality, frame, now)
    its = judged.standing.legs
    inside = np.flatnonzero(its.is_during(window.start, window.end))
    names = np.empty(len(its.arrived), dtype=object)
    for name, rows in judged.standing.rows.items():
        names[rows] = name
    keys = (its.contact[inside], names[inside].astype(str), its.arrived[inside])
    order = inside[np.lexsort(keys)]
    numbers: dict[int, int] = {}
    zone = municipality.zone
    for row in order.tolist():
        contact = numbers.setdefault(int(its.contact[row]), len(numbers) + 1)
        minute = int(its.arrived[row]) // MINUTE * MINUTE
        yield (
            str(names[row]),
            moment(minute).astimezone(zone).isoformat(timespec="minutes"),
            contact,
            OUTCOMES[State(int(its.state[row]))],
            _seconds(int(its.arrived[row]), int(its.end[row])),
            _talk(its, row),
            bool(its.is_passed_on[row]),
            bool(judged.is_promised[row]),
            bool(its.is_internal[row]),
        )


def _seconds(begins: int, ends: int) -> float | None:
    return None if ends == NEVER else (ends - begins) / SECOND


def _talk(its: QueueLegs, row: int) -> float | None:
    if its.state[row] != State.ANSWERED or its.ended[row] < its.end[row]:
        return None
    return _seconds(int(its.end[row]), int(its.ended[row]))


def intervals(
    municipality: Municipality, frame: Frame, now: int, window: Window, minutes: int
) -> DataTable:
    """Return counts of each queue and interval in which any call came, in order."""
    zone = municipality.zone
    targets = sorted(
        {
            its.id
            for queue in phone_queues(municipality).values()
            for its in queue.targets
            if its.measure == "answered_within"
            and midnight(its.valid_from, zone) < window.end
            and (its.valid_to is None or midnight(its.valid_to, zone) > window.start)
        }
    )
    columns = (
        Column("kö", "string", "Köns id i katalogen"),
        Column("börjar", "datetime", f"När intervallet börjar; det är {minutes} minuter"),
        Column("inkomna", "integer", "Samtal som kom, externa och inom utlovad öppettid"),
        Column("besvarade", "integer", "De av dem som en människa besvarade i kön"),
        Column("slutade", "integer", "De av dem som inte väntar längre"),
        Column("förlorade", "integer", "De av de slutade som ingen besvarade någonstans"),
        *(
            column
            for target in targets
            for column in (
                Column(
                    f"i_tid.{target}",
                    "integer",
                    f"I tid enligt {target}, som det löftet stod den dagen",
                ),
                Column(f"avgjorda.{target}", "integer", f"Avgjorda enligt {target}"),
            )
        ),
    )

    def rows() -> Iterator[tuple[Value, ...]]:
        for start, queue, its in intervals_of(municipality, frame, now, window, minutes * MINUTE):
            yield (
                queue,
                moment(start).astimezone(municipality.zone).isoformat(timespec="minutes"),
                *(its[key] for key in ("arrived", "answered", "ended", "lost")),
                *(
                    its.get(f"{key}.{target}")
                    for target in targets
                    for key in ("in_time", "decided")
                ),
            )

    title = f"Samtal per kö och {minutes} minuter, {municipality.name}"
    return DataTable("intervall", title, columns, rows(), ("kö", "börjar"))
