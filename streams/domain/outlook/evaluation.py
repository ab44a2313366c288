"""What the rest of today is like for each queue: what is still to come, to reach, and to staff.

Source: docs/decisions/0014-outlook.md.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from streams.domain.catalogue import Municipality, Queue, ServiceTarget, targets_on
from streams.domain.instants import SECOND
from streams.domain.outlook.profile import quarters_of
from streams.domain.outlook.rest import Reach, Rest, reach, rest
from streams.domain.outlook.staffing import Work
from streams.domain.outlook.typical import typical
from streams.domain.phone.evaluation import PhoneReport
from streams.domain.phone.figures import Figures
from streams.domain.windows import TODAY, day_of, midnight
from streams.domain.working_time import Hours, wall


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
    erlangs: float | None
    """How many people they keep busy, if that is how many there are; None if it is not known how
    long calls take."""
    people: int | None
    """How many people it takes to keep the promises; None if that is not known."""


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
    _plan: Callable[[], Iterator[Quarter]]

    @property
    def quarters(self) -> Iterator[Quarter]:
        """Yield the quarter that goes on, and those that follow while it is open.

        Computed as they are asked for: a scrape asks for the first alone. None without ``rest``.
        """
        return self._plan()


def evaluate_outlook(
    municipality: Municipality, phone: PhoneReport, now: int
) -> dict[str, QueueOutlook]:
    """Return the outlook of every queue of the catalogue where callers wait for us.

    ``phone`` is as of now, with today among its windows.
    """
    day = day_of(now, municipality.zone)
    return {
        queue.id: _outlook(
            municipality,
            queue,
            [target for target in targets_on(queue, day) if target.measure == "answered_within"],
            phone.queues[queue.id].figures[TODAY],
            now,
        )
        for queue in municipality.queues.values()
        if queue.is_answered
    }


def _outlook(
    municipality: Municipality,
    queue: Queue,
    targets: list[ServiceTarget],
    today: Figures,
    now: int,
) -> QueueOutlook:
    zone = municipality.zone
    expectation, day = municipality.expectation(queue.id), day_of(now, zone)
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
    )
    if more is None:
        return known(targets={}, _plan=lambda: iter(()))
    busyness = more.mean / to_come.contacts if to_come.contacts else 0.0
    work = Work.of(queue, targets, today.talk)
    hours = queue.promised or Hours.always(zone)

    def plan() -> Iterator[Quarter]:
        edges = quarters_of(day, zone)
        first = int(np.searchsorted(edges, now, side="right")) - 1
        for start, end in pairwise(edges[first:].tolist()):
            calls = busyness * expectation.between(start, end).contacts
            if calls:
                yield _quarter(work, start, end, calls, hours.working(start, end) / SECOND)

    return known(
        targets={
            target.id: its
            for target in targets
            if (its := _target(target, today, more)) is not None
        },
        _plan=plan,
    )


def _target(target: ServiceTarget, today: Figures, more: Rest) -> TargetOutlook | None:
    """Return what a promise can come to; None if it has no goal, or is never asked today.

    At midnight ``today`` is of the day before still, which may have had other promises.
    """
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
    return TargetOutlook(target.goal, likely, few, many)


def _quarter(work: Work | None, start: int, end: int, calls: float, seconds: float) -> Quarter:
    if work is None:
        return Quarter(start, end, calls, None, None)
    return Quarter(start, end, calls, work.erlangs(calls, seconds), work.people(calls, seconds))
