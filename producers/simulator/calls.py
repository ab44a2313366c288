"""What happened to simulated calls, leg by leg, and the events that say so.

These facts are the one thing both forms come from: events here, and the lines of an exchange's
log in ``asterisk_log.py``. Instants are microseconds since 1970, as everywhere.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from streams.domain.event_types import Kind, type_of
from streams.domain.events import CallData, CallEvent
from streams.domain.instants import SECOND, moment


@dataclass(frozen=True, slots=True)
class MissedRing:
    """A phone rang for the call, and nobody picked up."""

    at: int
    agent: str
    rang_milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One call's stay in one queue: what came of it, and what an exchange logs of it.

    ``contact`` is the call's id, as an Asterisk makes them; ``number`` its order in the day and
    ``part`` the leg's place in it. ``outcome`` is how the wait ended (answered, abandoned,
    overflowed, refused, closed, callback_requested), at ``decided_at``; an answered leg has
    ``ended_at``, when the talk ended or was passed on to ``transferred_to``. Who asked to be
    called back was reached at ``called_back_at``, if at all. ``caller`` is who, as a number that
    means nothing. ``rang_at`` is when the phone that was picked up, or rang when the caller left,
    began.
    """

    contact: str
    number: int
    part: int
    queue: str
    caller: int
    arrived_at: int
    outcome: str
    decided_at: int
    ended_at: int | None = None
    transferred_to: str = ""
    called_back_at: int | None = None
    is_ended_by_caller: bool = True
    agent: str = ""
    rang_at: int | None = None
    position: int = 1
    last_position: int = 1
    missed: tuple[MissedRing, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberChange:
    """Somebody began or stopped answering a queue: for the exchange's log only."""

    at: int
    queue: str
    agent: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A simulated day of one municipality: legs by arrival, and people who come and go.

    ``callers`` is how many people call in all; a leg's ``caller`` is from 0 to one less.
    """

    municipality: str
    date: date
    opens_at: int
    callers: int
    legs: tuple[Leg, ...]
    members: tuple[MemberChange, ...]


def in_whole_seconds(day: Day) -> Day:
    """Return the day with every instant cut to its second, which is what a queue_log keeps."""
    return replace(
        day,
        legs=tuple(
            replace(
                leg,
                arrived_at=_cut(leg.arrived_at),
                decided_at=_cut(leg.decided_at),
                ended_at=_cut_if_any(leg.ended_at),
                called_back_at=_cut_if_any(leg.called_back_at),
                rang_at=_cut_if_any(leg.rang_at),
                missed=tuple(replace(ring, at=_cut(ring.at)) for ring in leg.missed),
            )
            for leg in day.legs
        ),
        members=tuple(replace(change, at=_cut(change.at)) for change in day.members),
    )


def events(day: Day, key: bytes) -> list[CallEvent]:
    """Return the day's events in order of time; the same day gives the same ids.

    ``key`` makes pseudonyms of callers: one caller has the same all day.
    """
    found = [
        ((at, leg.number, leg.part, rank), leg, what)
        for leg in day.legs
        for rank, (at, what) in enumerate(_facts(leg))
    ]
    found.sort(key=lambda item: item[0])
    return [_event(day.municipality, leg, what, order[0], key) for order, leg, what in found]


def pseudonym_key(seed: int, day: date) -> bytes:
    """Return the key of a day's pseudonyms: like a real one, it is another one each day."""
    return f"simulated callers/{seed}/{day}".encode()


def from_arrival(day: Day, instant: int) -> Day:
    """Return the day without contacts that began before an instant, so that none is cut in two."""
    gone = {leg.contact for leg in day.legs if leg.arrived_at < instant}
    return replace(
        day,
        legs=tuple(leg for leg in day.legs if leg.contact not in gone),
        members=tuple(change for change in day.members if change.at >= instant),
    )


def _facts(leg: Leg) -> Iterator[tuple[int, str]]:
    yield leg.arrived_at, "offered"
    yield leg.decided_at, leg.outcome
    if leg.ended_at is not None:
        yield leg.ended_at, "transferred" if leg.transferred_to else "completed"
    if leg.called_back_at is not None:
        yield leg.called_back_at, "callback_answered"


def _event(municipality: str, leg: Leg, what: str, at: int, key: bytes) -> CallEvent:
    caller = None
    if what == "offered":
        who = f"{municipality}/{leg.caller}".encode()
        caller = hmac.new(key, who, hashlib.sha256).hexdigest()[:32]
    return CallEvent(
        id=f"{leg.contact}/{leg.queue}/{leg.arrived_at}/{what}",
        source=f"/simulator/{municipality}",
        type=type_of(Kind.CALL, what),
        subject=leg.contact,
        time=moment(at),
        partitionkey=municipality,
        data=CallData(
            queue=leg.queue,
            arrived_at=moment(leg.arrived_at),
            caller=caller,
            origin="external" if what == "offered" else "unknown",
        ),
    )


def _cut(instant: int) -> int:
    return instant - instant % SECOND


def _cut_if_any(instant: int | None) -> int | None:
    return None if instant is None else _cut(instant)
