"""Simulated calls as the lines of an Asterisk ``queue_log``, as an exchange would write them.

``epoch|callid|queue|agent|EVENT|data1|data2|...``, in whole seconds and in the order in which
things happened. Of these, an Asterisk writes FULL and JOINEMPTY only when its dial plan asks for
it (``QueueLog()``), for it lets such calls go without a word.

Callers' numbers are those kept for fiction, of which there are fewer than callers in a day. So no
two callers of a day share one, and all others withhold theirs, which an Asterisk logs as an empty
field. Of a day like Luleå's about a quarter have a number: every fourth, by queue and first call,
whatever becomes of them. Who calls again can be seen of these in the log, and of all in the
events: shares agree, counts don't. The next day the numbers are other callers'.

Source: Asterisk's ``apps/app_queue.c`` and ``main/logger.c`` (22), and its page "Queue Logs".
RINGNOANSWER and RINGCANCELED have milliseconds where all else has seconds; that is how it is.
"""

import math
from collections.abc import Iterator
from typing import Final

from producers.simulator.calls import Day, Leg
from streams.domain.instants import HOUR, SECOND

_FICTION: Final = (
    ("08465004", 0),  # Stockholm
    ("03139006", 0),  # Göteborg
    ("04062804", 0),  # Malmö
    ("09803192", 0),  # Kiruna
    ("07017406", 5),  # mobile
)
NUMBERS: Final = tuple(f"{start}{n:02}" for start, first in _FICTION for n in range(first, 100))
"""All 495 numbers that reach nobody in Sweden: a simulated caller may have no other.

Source: the regulator PTS, "Telefonnummer till böcker och filmer"."""

_LEFT: Final = {
    "abandoned": "ABANDON",
    "overflowed": "EXITWITHTIMEOUT",
    "refused": "FULL",
    "closed": "JOINEMPTY",
    "callback_requested": "EXITWITHKEY",
}
CALLBACK_KEY: Final = "1"
"""What callers press to be called back. That they were reached stands in no ``queue_log``."""

Line = tuple[int, str]
"""When the exchange writes a line, and the line, without its newline."""


def lines(day: Day, *, is_restarted: bool = False, since: int | None = None) -> list[Line]:
    """Return the day's log in order.

    ``is_restarted``: the exchange starts at ``since``, or else an hour before opening.
    Give it the day as it was simulated, so that what happened within a second stands in order;
    its figures are then those of the events of ``calls.in_whole_seconds(day)``.
    """
    extensions = {
        queue: str(7001 + n) for n, queue in enumerate(sorted({leg.queue for leg in day.legs}))
    }
    known = numbers(day.callers)
    found: list[tuple[tuple[int, int, int, int], str]] = []
    for leg in day.legs:
        number = known.get(leg.caller, "")
        for rank, (at, fields) in enumerate(_leg_lines(leg, number, extensions)):
            found.append(((at, leg.number, leg.part, rank), fields))
    for rank, change in enumerate(day.members):
        by = "NONE" if "PAUSE" in change.what else "MANAGER"
        data = "Auto-Pause" if change.what == "PAUSE" else ""
        fields = "|".join((by, change.queue, change.agent, change.what, data))
        found.append(((change.at, 0, 0, rank), fields))
    if is_restarted:
        at = day.opens_at - HOUR if since is None else since
        found.append(((at, 0, 0, 0), "NONE|NONE|NONE|QUEUESTART|"))
    found.sort()
    return [(order[0], f"{order[0] // SECOND}|{fields}") for order, fields in found]


def numbers(callers: int) -> dict[int, str]:
    """Return the numbers of those callers who have one: every one of a few, or every n-th."""
    step = max(1, math.ceil(callers / len(NUMBERS)))
    return dict(zip(range(0, callers, step), NUMBERS, strict=False))


def _leg_lines(leg: Leg, number: str, extensions: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield what the exchange says about one leg, but for the time that begins each line."""

    def line(agent: str, event: str, *data: object) -> str:
        return "|".join((leg.contact, leg.queue, agent, event, *(str(d) for d in data or ("",))))

    wait = _seconds(leg.arrived_at, leg.decided_at)
    if leg.outcome in ("refused", "closed"):
        yield leg.decided_at, line("NONE", _LEFT[leg.outcome])
        return
    yield leg.arrived_at, line("NONE", "ENTERQUEUE", "", number, leg.position)
    for ring in leg.missed:
        yield ring.at, line(ring.agent, "RINGNOANSWER", ring.rang_milliseconds)
    if leg.outcome != "answered":
        if leg.rang_at is not None:
            rang = (leg.decided_at - leg.rang_at) * 1000 // SECOND
            yield leg.decided_at, line(leg.agent, "RINGCANCELED", rang)
        position = (leg.last_position, leg.position)
        key = (CALLBACK_KEY,) if leg.outcome == "callback_requested" else ()
        yield leg.decided_at, line("NONE", _LEFT[leg.outcome], *key, *position, wait)
        return
    rang = _seconds(leg.rang_at or leg.arrived_at, leg.decided_at)
    epoch, _, channel = leg.contact.partition(".")
    bridged = f"{max(int(epoch), (leg.rang_at or 0) // SECOND)}.{int(channel) + leg.part + 1}"
    yield leg.decided_at, line(leg.agent, "CONNECT", wait, bridged, rang)
    if leg.ended_at is None:
        return
    talk = (wait, _seconds(leg.decided_at, leg.ended_at))
    if leg.transferred_to:
        onward = (extensions[leg.transferred_to], "internal")
        yield leg.ended_at, line(leg.agent, "BLINDTRANSFER", *onward, *talk, leg.position)
    else:
        event = "COMPLETECALLER" if leg.is_ended_by_caller else "COMPLETEAGENT"
        yield leg.ended_at, line(leg.agent, event, *talk, leg.position)


def _seconds(start: int, end: int) -> int:
    """Return what the exchange's clock of whole seconds shows between two instants."""
    return end // SECOND - start // SECOND
