"""Days of several municipalities in the order in which things happen, as events and as lines."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import TypeAlias

from producers import asterisk_log, calls
from producers.profile import Plan, is_open
from producers.simulation import simulate_day
from streams.domain.events import CallEvent
from streams.domain.instants import micros

Item: TypeAlias = tuple[int, CallEvent | str]
"""When something is written, and what: an event, or a line of a queue_log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Simulated days of some municipalities, as items to write in order of time."""

    plans: tuple[Plan, ...]
    zone: tzinfo
    seed: int
    has_events: bool = True
    has_lines: bool = False
    whole_seconds: bool = False
    like: date | None = None
    """The date whose calls every day has; without one, each day has its own."""

    def is_open(self, day: date) -> bool:
        """Return whether anything happens on a day.

        Raises :class:`streams.domain.deadlines.UnknownHolidaysError`.
        """
        return any(is_open(plan, self.like or day) for plan in self.plans)

    def of(self, day: date, *, is_restarted: bool = False, since: int | None = None) -> list[Item]:
        """Return a day's items; only of contacts that begin at ``since`` or later, if it is given.

        ``is_restarted``: a queue_log says that it starts, at ``since`` or before opening.
        """
        parts: list[Iterable[Item]] = []
        for plan in self.plans:
            simulated = simulate_day(plan, day, self.zone, self.seed, self.like)
            if since is not None:
                simulated = calls.from_arrival(simulated, since)
            if self.has_lines:
                lines = asterisk_log.lines(simulated, is_restarted=is_restarted, since=since)
                parts.append(lines)
            if self.has_events:
                if self.whole_seconds:
                    simulated = calls.in_whole_seconds(simulated)
                key = calls.pseudonym_key(self.seed, day)
                parts.append((micros(e.time), e) for e in calls.events(simulated, key))
        return list(heapq.merge(*parts, key=lambda item: item[0]))
