"""Which leg a line of an exchange's log is about.

A line names the call and the queue, but not the arrival that makes the leg. So the legs that have
not ended are kept, and each line finds its own: the end of a wait finds a leg that waits, the end
of a talk one that was answered, and of several the one whose arrival is nearest to what the line's
own seconds say. A leg that ended is kept for another minute, since an exchange logs the end of a
talk from another thread: it can stand before its own CONNECT or ENTERQUEUE, or after the next.

Instants and durations are microseconds. Same lines, same legs: no clock is read.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from streams.domain.instants import HOUR, MINUTE, SECOND

KEPT_ENDED: Final = MINUTE
KEPT_OPEN: Final = 48 * HOUR
"""No ledger holds a call that arrived before yesterday, so its end would say nothing."""
SAME: Final = 2 * SECOND
"""Whole seconds cut twice differ by at most this: then two arrivals are the same one."""


class OpenLeg(msgspec.Struct, kw_only=True):
    """One stay of one call in one queue, as far as the log has told of it."""

    call: str
    queue: str
    arrived_at: int
    seen_at: int = 0
    """Instant of the latest line about it."""
    is_entered: bool = False
    """Its ENTERQUEUE was seen; otherwise the arrival was counted back from a later line."""
    is_answered: bool = False
    has_ended: bool = False
    has_asked: bool = False
    """To be called back."""
    again: int = 0
    """How many legs of the call came to the queue at the same instant of the log before it.

    The log has whole seconds, so each counts as arrived a microsecond after the one before.
    """


class OpenLegs:
    """The legs that a log's next lines can be about."""

    def __init__(self, legs: list[OpenLeg] | None = None) -> None:
        self._legs: dict[tuple[str, str], list[OpenLeg]] = {}
        self._sweep_at = 0
        for leg in legs or ():
            self._legs.setdefault((leg.call, leg.queue), []).append(leg)

    def listed(self) -> list[OpenLeg]:
        """Return all legs that are kept: what a restart needs to go on as if it never stopped."""
        return [leg for legs in self._legs.values() for leg in legs]

    def enter(self, call: str, queue: str, at: int) -> OpenLeg:
        """Return the leg that arrived ``at``: a new one, unless later lines of it came first."""
        for leg in self._about(call, queue, at):
            is_late = not leg.is_entered and at <= leg.seen_at
            is_repeated = _waits(leg) and leg.arrived_at == at
            if is_late or is_repeated:
                leg.is_entered = True
                return leg
        leg = self._added(call, queue, at, at)
        leg.is_entered = True
        return leg

    def turned_away(self, call: str, queue: str, at: int) -> OpenLeg:
        """Return the leg that the queue would not take ``at``; it ended as it arrived."""
        for leg in self._about(call, queue, at):
            if leg.is_entered and leg.has_ended and leg.arrived_at == leg.seen_at == at:
                return leg
        leg = self.enter(call, queue, at)
        leg.has_ended = True
        return leg

    def out(self, call: str, queue: str, at: int) -> OpenLeg | None:
        """Return the leg that left ``at``: one that waits, or one that was never let in.

        None if the latest has ended already.
        """
        legs = self._about(call, queue, at)
        leg = _nearest(filter(_waits, legs), None)
        if leg is None and legs:
            return None
        leg = leg or self._added(call, queue, at, at)
        leg.seen_at = max(leg.seen_at, at)
        leg.has_ended = True
        return leg

    def asked(self, call: str, queue: str, at: int) -> OpenLeg | None:
        """Return the latest leg that asked to be called back, at most two days ago."""
        return _nearest((leg for leg in self._about(call, queue, at) if leg.has_asked), None)

    def waited(self, call: str, queue: str, at: int, arrived_at: int | None) -> OpenLeg | None:
        """Return the leg whose wait ended ``at``; the line itself counts back to ``arrived_at``.

        A leg never seen before is new. None if it is, and the line can't say when it arrived.
        """
        legs = self._about(call, queue, at)
        found = _nearest(filter(_waits, legs), arrived_at) or _same(legs, arrived_at)
        return self._seen(found, call, queue, at, arrived_at)

    def talked(self, call: str, queue: str, at: int, arrived_at: int | None) -> OpenLeg | None:
        """Return the leg whose talk ended ``at``; otherwise as :meth:`waited`."""
        legs = self._about(call, queue, at)
        talking = (leg for leg in legs if leg.is_answered and not leg.has_ended)
        ended = [leg for leg in legs if leg.has_ended]
        found = (
            _nearest(talking, arrived_at)
            or _same(ended, arrived_at)
            or _nearest(filter(_waits, legs), arrived_at)
        )
        return self._seen(found, call, queue, at, arrived_at)

    def end_all(self) -> list[OpenLeg]:
        """Return every leg that has not ended, and forget all."""
        legs = [leg for leg in self.listed() if not leg.has_ended]
        self._legs.clear()
        return legs

    def _about(self, call: str, queue: str, at: int) -> list[OpenLeg]:
        """Return the legs a line can be about, whenever the others were last swept out."""
        if not 0 <= self._sweep_at - at < HOUR:  # time went on, or a wrong clock was put right
            self._sweep_at = at + MINUTE
            for key, legs in list(self._legs.items()):
                legs[:] = [leg for leg in legs if _is_kept(leg, at)]
                if not legs:
                    del self._legs[key]
        return [leg for leg in self._legs.get((call, queue), ()) if _is_kept(leg, at)]

    def _seen(
        self, found: OpenLeg | None, call: str, queue: str, at: int, arrived_at: int | None
    ) -> OpenLeg | None:
        if found is not None:
            found.seen_at = max(found.seen_at, at)
            return found
        return None if arrived_at is None else self._added(call, queue, arrived_at, at)

    def _added(self, call: str, queue: str, arrived_at: int, seen_at: int) -> OpenLeg:
        legs = self._legs.setdefault((call, queue), [])
        again = 0
        while any(leg.arrived_at == arrived_at + again for leg in legs):
            again += 1
        leg = OpenLeg(
            call=call, queue=queue, arrived_at=arrived_at + again, seen_at=seen_at, again=again
        )
        legs.append(leg)
        return leg


def _is_kept(leg: OpenLeg, at: int) -> bool:
    has_long_ended = leg.has_ended and not leg.has_asked
    return at - leg.seen_at <= (KEPT_ENDED if has_long_ended else KEPT_OPEN)


def _waits(leg: OpenLeg) -> bool:
    return not leg.is_answered and not leg.has_ended


def _nearest(legs: Iterable[OpenLeg], arrived_at: int | None) -> OpenLeg | None:
    """Return the leg that arrived nearest to an instant; without one, the latest to arrive."""
    if arrived_at is None:
        return max(legs, key=lambda leg: leg.arrived_at, default=None)
    return min(legs, key=lambda leg: abs(leg.arrived_at - arrived_at), default=None)


def _same(legs: Iterable[OpenLeg], arrived_at: int | None) -> OpenLeg | None:
    if arrived_at is None:
        return None
    leg = _nearest(legs, arrived_at)
    return leg if leg and abs(leg.arrived_at - arrived_at) <= SAME else None
