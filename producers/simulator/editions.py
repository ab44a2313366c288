"""What stays open for very long, stated anew: whole, with the same times, as another *edition*.

::

    received ──────────── 28 days ──────────── 56 days ── answered ──▶ time
    received              received again       again      in the latest edition

What happens after that carries the ``restated_at`` of the latest edition too, since that edition
is the one that counts. An event is stated when it happens, a repeated one when it is repeated.

Source: ``streams/domain/event_types.py``.
"""

from collections.abc import Sequence
from datetime import date, timedelta, tzinfo
from typing import Final, TypeVar

import msgspec

from producers.simulator.item_profile import FOLLOWED_DAYS, RESTATED_DAYS, RESTATED_MINUTE
from streams.domain.event_types import CASE_TYPES, QUESTION_TYPES, CaseEvent, QuestionEvent
from streams.domain.instants import micros, moment
from streams.domain.working_time import wall

E = TypeVar("E", QuestionEvent, CaseEvent)
Stated = tuple[int, E]
"""When an event is stated, and the event."""

_WHATS: Final = {**QUESTION_TYPES, **CASE_TYPES}
_OPENS: Final = {"received", "followed_up", "opened", "reopened"}
_CLOSES: Final = {"answered", "answered_otherwise", "dismissed", "resolved"}


def marks(day: date, zone: tzinfo) -> list[int]:
    """Return when what came on a day is stated anew, as long as it is open."""
    after = range(RESTATED_DAYS, FOLLOWED_DAYS, RESTATED_DAYS)
    return [wall(day + timedelta(days=days), RESTATED_MINUTE, zone) for days in after]


def open_at(facts: Sequence[E], instants: Sequence[int]) -> list[int]:
    """Return those of the instants just before which what the facts are about is open."""
    changes = [(micros(fact.time), _WHATS[fact.type]) for fact in facts]
    found = []
    for instant in instants:
        last = ""
        for at, what in changes:
            if at < instant and (what in _OPENS or what in _CLOSES):
                last = what
        if last in _OPENS:
            found.append(instant)
    return found


def editions(facts: Sequence[E], restated: Sequence[int]) -> list[Stated[E]]:
    """Return the facts as they are stated: each as it happens, and those before it at a mark.

    ``facts`` are in order of time, ``restated`` the marks at which they are stated anew.
    """
    told: list[Stated[E]] = []
    for fact in facts:
        at = micros(fact.time)
        before = [mark for mark in restated if mark <= at]
        told.append((at, again(fact, before[-1]) if before else fact))
        told += [(mark, again(fact, mark)) for mark in restated if at < mark]
    return told


def again(fact: E, mark: int) -> E:
    """Return a fact as part of the edition that was stated at ``mark``."""
    data = msgspec.structs.replace(fact.data, restated_at=moment(mark))
    return msgspec.structs.replace(fact, id=f"{fact.id}/{mark}", data=data)
