"""Days of several municipalities in the order in which things happen, as events and as lines."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import Final, TypeAlias

from producers.simulator import asterisk_log, call_list, calls, measures, presence
from producers.simulator.call_list import ListedCall
from producers.simulator.history import History
from producers.simulator.presence import HEARTBEAT_SECONDS
from producers.simulator.profile import Plan, is_open
from streams.domain.events import Event
from streams.domain.instants import micros
from streams.domain.windows import midnight

Item: TypeAlias = tuple[int, Event | str | ListedCall]
"""When something is written, and what: an event, a line of a queue_log, or a row of a list."""

ROUND_THE_CLOCK: Final = frozenset({"emails", "cases", "presence", "measures"})
"""Kinds of events that there are on every day, also when the municipality is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Simulated days of some municipalities, as items to write in order of time."""

    plans: tuple[Plan, ...]
    zone: tzinfo
    seed: int
    has_events: bool = True
    has_lines: bool = False
    has_rows: bool = False
    """Whether there is a list of calls too."""
    whole_seconds: bool = False
    like: date | None = None
    """The date whose calls every day has; without one, each day has its own."""
    kinds: frozenset[str] = frozenset({"calls"})
    """Of what there are events: of ``routing.KINDS``."""
    closed: frozenset[date] = frozenset()
    """Days on which it is closed, and nobody works, although others are open."""
    heartbeat_seconds: int = HEARTBEAT_SECONDS
    begins: date | None = None
    """The day on which measures are typed in; without one, they never are."""
    _histories: tuple[History, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        histories = tuple(
            History(plan, self.zone, self.seed, self.closed, self.like) for plan in self.plans
        )
        object.__setattr__(self, "_histories", histories)  # the one thing that is worked out

    def is_open(self, day: date) -> bool:
        """Return whether anybody can be called on a day.

        Raises :class:`streams.domain.deadlines.UnknownHolidaysError`.
        """
        is_working = any(is_open(plan, self.like or day) for plan in self.plans)
        return is_working and day not in self.closed

    def has(self, day: date) -> bool:
        """Return whether anything happens on a day: nothing on one like a day that is closed.

        Raises as :meth:`is_open` does.
        """
        is_like_closed = self.like is not None and not any(
            is_open(plan, self.like) for plan in self.plans
        )
        return self.is_open(day) or (bool(self.kinds & ROUND_THE_CLOCK) and not is_like_closed)

    def of(self, day: date, *, is_restarted: bool = False, since: int | None = None) -> list[Item]:
        """Return a day's items; only of calls that begin at ``since`` or later, if it is given.

        Of all but calls, what happens from then on, also to what came before it.
        ``is_restarted``: a queue_log says that it starts, at ``since`` or before opening.
        """
        parts: list[Iterable[Item]] = []
        for history in self._histories:
            if self.has_lines or self.has_rows or "calls" in self.kinds:
                parts += self._of_calls(history, day, is_restarted=is_restarted, since=since)
            if self.has_events:
                for told in self._besides(history, day, since):
                    parts.append([item for item in told if since is None or item[0] >= since])
        return list(heapq.merge(*parts, key=lambda item: item[0]))

    def _of_calls(
        self, history: History, day: date, *, is_restarted: bool, since: int | None
    ) -> Iterator[Iterable[Item]]:
        simulated = history.calls(day)
        if since is not None:
            simulated = calls.from_arrival(simulated, since)
        if self.has_lines:
            yield asterisk_log.lines(simulated, is_restarted=is_restarted, since=since)
        if self.has_rows:
            yield call_list.listed(simulated, self.zone)
        if self.has_events and "calls" in self.kinds:
            if self.whole_seconds:
                simulated = calls.in_whole_seconds(simulated)
            key = calls.pseudonym_key(self.seed, day)
            yield [(micros(e.time), e) for e in calls.events(simulated, key)]

    def _besides(self, history: History, day: date, since: int | None) -> Iterator[Iterable[Item]]:
        """Yield, by kind, what there is besides calls; each in order of time."""
        plan = history.plan
        if "emails" in self.kinds:
            yield history.questions(day)
        if "cases" in self.kinds:
            yield history.cases(day)
        if "presence" in self.kinds:
            start, end = (midnight(day + timedelta(days=n), self.zone) for n in (0, 1))
            yield presence.staffed(plan, history.calls(day), since)
            yield presence.heartbeats(plan, start, end, self.heartbeat_seconds)
        if "measures" in self.kinds and day == self.begins:
            yield measures.recorded(plan, day, history.calls(day).opens_at)
