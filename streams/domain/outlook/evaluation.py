"""What the rest of today is like for each queue: what is still to come, to reach, and to staff.

Source: docs/decisions/0014-outlook.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np

from streams.domain.catalogue import Municipality, Queue, ServiceTarget, targets_on
from streams.domain.instants import MINUTE, SECOND
from streams.domain.outlook.alerting import Alerting, alerting
from streams.domain.outlook.profile import Expectation, quarters_of
from streams.domain.outlook.rest import Reach, Rest, projected, reach, rest, share_from_here
from streams.domain.outlook.staffing import Work
from streams.domain.outlook.typical import typical
from streams.domain.phone.evaluation import PhoneReport, QueueReport
from streams.domain.presence.staffing import days_of, stated_on
from streams.domain.presence.statements import Frame as PresenceFrame
from streams.domain.presence.statements import Statements
from streams.domain.windows import TODAY, Window, day_of, midnight
from streams.domain.working_time import Hours, wall

LATELY: Final = 30 * MINUTE
"""Who answered in that time is taken to be who answers: people come and go."""
LAST_HOUR: Final = "1h"


@dataclass(frozen=True, slots=True)
class TargetOutlook:
    """What a promise can still come to today, of at least one call."""

    goal: float
    likely: Reach
    """If as many come as is expected."""
    of_few: Reach
    """If no more come than in one case of twenty."""
    of_many: Reach
    """If as many come as in one case of twenty."""
    expected: float | None
    """The share in time to be expected this quarter, with those who answered lately; None if it
    is not known how many did, or how long calls take, or if nothing is to come."""
    projected: float | None
    """What today comes to if it goes on as so far and lately, and as is expected if that is known;
    None if nothing is known."""

    @property
    def is_lost(self) -> bool:
        """Say whether the goal is out of reach, if no more come than is likely."""
        return self.likely.best is not None and self.likely.best < self.goal


@dataclass(frozen=True, slots=True)
class Quarter:
    """What is expected of a quarter of an hour."""

    start: int
    end: int
    calls: float
    seconds: float
    """For how long of it the queue is open."""
    _work: Work | None

    @property
    def erlangs(self) -> float | None:
        """Return how many people the calls keep busy, if that is how many there are.

        None if it is not known how long calls take.
        """
        return None if self._work is None else self._work.erlangs(self.calls, self.seconds)

    @property
    def people(self) -> int | None:
        """Return how many people it takes to keep the promises; None if that is not known."""
        return None if self._work is None else self._work.people(self.calls, self.seconds)

    def level(self, people: int, limit_seconds: int) -> float | None:
        """Return the share that so many people answer within a time; None likewise."""
        if self._work is None:
            return None
        return self._work.level(self.calls, self.seconds, people, limit_seconds)


@dataclass(frozen=True, slots=True)
class QueueOutlook:
    """What there is to say of the rest of today."""

    days: int
    """Of how many days its profile was learnt; 0 if nothing was, and a typical one is used."""
    arrived: int
    """So far, inside promised hours."""
    usual: float | None
    """So many come by now on such a day; None if that is not known."""
    rest: Rest | None
    """How many more; None if nothing is known: a day that has just begun, by its shape alone."""
    targets: Mapping[str, TargetOutlook]
    """By target, of those of a share in time that hold today; empty if ``rest`` is None."""
    alerting: Mapping[str, Alerting]
    """Likewise, whatever is known of the rest of the day."""
    _plan: Callable[[], Iterator[Quarter]]

    @property
    def quarters(self) -> Iterator[Quarter]:
        """Yield the quarter that goes on, and those that follow while it is open.

        Computed as they are asked for: a scrape asks for the first alone. None without ``rest``.
        """
        return self._plan()


def evaluate_outlook(
    municipality: Municipality, phone: PhoneReport, people: PresenceFrame, now: int
) -> dict[str, QueueOutlook]:
    """Return the outlook of every queue of the catalogue where callers wait for us.

    ``phone`` and ``people`` are as of now, the former with all windows of the live system.
    """
    return {
        queue.id: _outlook(
            municipality, queue, phone.queues[queue.id], people.staffed.get(queue.id), now
        )
        for queue in municipality.queues.values()
        if queue.is_answered
    }


def _outlook(
    municipality: Municipality,
    queue: Queue,
    report: QueueReport,
    people: Statements | None,
    now: int,
) -> QueueOutlook:
    zone, today = municipality.zone, report.figures[TODAY]
    expectation, day = municipality.expectation(queue.id), day_of(now, zone)
    targets = [its for its in targets_on(queue, day) if its.measure == "answered_within"]
    begins, ends = midnight(day, zone), wall(day, 24 * 60, zone)
    so_far, to_come = expectation.between(begins, now), expectation.between(now, ends)
    profile = queue.profile or typical()
    more = rest(so_far, to_come, today.arrived, profile)
    known = partial(
        QueueOutlook,
        days=profile.days,
        arrived=today.arrived,
        usual=None if profile.day_spread is None else so_far.contacts,
        rest=more,
        alerting={target.id: alerting(queue, target, report) for target in targets},
    )
    if more is None:
        return known(targets={}, _plan=lambda: iter(()))
    hours = queue.promised or Hours.always(zone)
    busyness = more.mean / to_come.contacts if to_come.contacts else 0.0
    work = Work.of(queue, targets, today.talk)
    quarters = partial(_plan, expectation, busyness, work, hours, now)
    crew = _crew(people, hours, now)
    return known(
        targets={
            target.id: its
            for target in targets
            if (its := _target(target, report, more, _expected(target, quarters(), crew, now)))
            is not None
        },
        _plan=quarters,
    )


def _plan(
    expectation: Expectation, busyness: float, work: Work | None, hours: Hours, now: int
) -> Iterator[Quarter]:
    """Yield the quarters of the day of an instant that something is expected in, from then on.

    As many times what the profile expects as ``busyness``.
    """
    edges = quarters_of(day_of(now, hours.zone), hours.zone)
    first = int(np.searchsorted(edges, now, side="right")) - 1
    for start, end in pairwise(edges[first:].tolist()):
        calls = busyness * expectation.between(start, end).contacts
        if calls:
            yield Quarter(start, end, calls, hours.working(start, end) / SECOND, work)


def _crew(people: Statements | None, hours: Hours, now: int) -> Mapping[int, int]:
    """Return for how long so many answered lately while the queue was open (microseconds).

    Of today only; nothing if nobody has stated it today, or it has just opened.
    """
    found: dict[int, int] = {}
    *_, day = days_of(Window("lately", now - LATELY, now, rolling=True), hours.zone)
    for begins, ends, number in stated_on(day, people) or ():
        found[number] = found.get(number, 0) + hours.working(begins, ends)
    return {number: time for number, time in found.items() if time}


def _expected(
    target: ServiceTarget, quarters: Iterator[Quarter], crew: Mapping[int, int], now: int
) -> float | None:
    """Return the share in time that is to be expected this quarter, with those who answer."""
    limit = target.limit_seconds
    quarter = next(quarters, None) if crew and limit is not None else None
    if limit is None or quarter is None or quarter.start > now:
        return None
    found = 0.0
    for number, time in crew.items():
        level = quarter.level(number, limit)
        if level is None:
            return None
        found += time * level
    return found / sum(crew.values())


def _target(
    target: ServiceTarget, report: QueueReport, more: Rest, expected: float | None
) -> TargetOutlook | None:
    """Return what a promise can come to; None if it has no goal, or is never asked today.

    At midnight today's figures are of the day before still, which may have had other promises.
    """
    today = report.figures[TODAY]
    level = today.service_levels.get(target.id)
    if level is None:
        return None
    waiting = today.counts["waiting"] - level.misses["waiting"]
    if target.goal is None or not level.decided + waiting + more.high:
        return None
    few, likely, many = (
        reach(level.good, level.decided, waiting + to_come, target.goal)
        for to_come in (more.low, more.mean, more.high)
    )
    hour = report.figures[LAST_HOUR].service_levels.get(target.id)
    good = level.good + (hour.good if hour else 0)
    share = share_from_here(good, level.decided + (hour.decided if hour else 0), expected)
    return TargetOutlook(
        target.goal,
        likely,
        few,
        many,
        expected,
        projected(level.good, level.decided, waiting + more.mean, share),
    )
