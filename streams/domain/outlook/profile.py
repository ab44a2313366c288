"""How many contacts come to a queue in each quarter of an hour: learnt from days like each other.

A profile is of a queue, by weekday and by what a wall clock shows. Days are comparable if the
queue was open as it ordinarily is: holidays, shortened days and exceptions tell of themselves
alone. What is expected of any day, of those too, is what the profile has while the queue is open.

Source: docs/decisions/0014-outlook.md.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import moment
from streams.domain.working_time import Hours, wall

QUARTERS: Final = 96
"""Of an hour, in a day; those that a clock skips or shows twice on two nights are as others."""
LEAST_DAYS: Final = 5
"""Of fewer comparable days only the shape is believed, not how many contacts there are."""
LEAST_SPREAD: Final = 0.03
"""No queue is so much alike from day to day that today's calls tell nothing of today."""
SHARED_DAYS: Final = 2.0
"""So many days' worth of the shape of all weekdays is mixed into the shape of each."""

DEVIATION_OF_NORMAL: Final = 1.4826
"""A normal distribution's standard deviation, in its median deviations."""
MOST_DEVIATIONS: Final = 4.0
"""A day that is farther from its weekday's level, in standard deviations, is no ordinary one."""

DAYS_KEPT: Final = 8
"""Of so many days a queue's expectations are kept: those of today are asked for again and again.
"""

Instants = NDArray[np.int64]
Counts = Sequence[int]
"""Contacts of a day by quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What comes to a queue on days on which it is open as it ordinarily is."""

    week: tuple[tuple[float, ...], ...]
    """Contacts by quarter, of each weekday, Monday first."""
    day_spread: float | None
    """The standard deviation of how busy a day is, against the profile; None if of the profile
    the shape alone is known."""
    days: int = 0
    """Of how many it was learnt; 0 of one that was not."""
    talk_seconds: float | None = None
    """The mean talk; None if it is not known."""
    patience_seconds: float | None = None
    """The mean time after which who waits hangs up; None if it is not known."""


class Expectation:
    """How many contacts a profile expects of a queue with its hours: those while it is open."""

    def __init__(self, profile: Profile, hours: Hours) -> None:
        self._profile = profile
        self._hours = hours
        self._known: dict[date, tuple[Instants, NDArray[np.float64]]] = {}

    def between(self, start: int, end: int) -> float:
        """Return how many are to come in ``[start, end)`` (microseconds)."""
        expected = 0.0
        if start < end:
            day, last = (moment(at).astimezone(self._hours.zone).date() for at in (start, end - 1))
            while day <= last:
                edges, reached = self._day(day)
                first, after = np.interp([start, end], edges, reached)  # flat beyond its ends
                expected += float(after - first)
                day += timedelta(days=1)
        return expected

    def _day(self, day: date) -> tuple[Instants, NDArray[np.float64]]:
        """Return instants of a day between which they come evenly, and how many have by each."""
        known = self._known.get(day)
        if known is None:
            quarters = quarters_of(day, self._hours.zone)
            # A quarter that a clock skips has no time for what comes in it.
            counts = np.where(np.diff(quarters) > 0, self._profile.week[day.weekday()], 0.0)
            whole = np.concatenate([[0.0], np.cumsum(counts)])
            edges, reached = [quarters[:1]], [np.zeros(1)]
            for opens, closes in self._hours.spans_of(day):
                inside = quarters[(quarters > opens) & (quarters < closes)]
                at = np.concatenate([[opens], inside, [closes]])
                by_then = np.interp(at, quarters, whole)
                edges.append(at)
                reached.append(reached[-1][-1] + by_then - by_then[0])
            if len(self._known) >= DAYS_KEPT:
                self._known.clear()
            known = self._known[day] = np.concatenate(edges), np.concatenate(reached)
        return known


def quarters_of(day: date, zone: tzinfo) -> Instants:
    """Return when the quarters of a day begin, and when the last one ends."""
    edges = [wall(day, 15 * quarter, zone) for quarter in range(QUARTERS + 1)]
    return np.array(edges, dtype=np.int64)


def is_ordinary(hours: Hours, day: date) -> bool:
    """Say whether a queue was open, and as it ordinarily is: such days can be learnt from."""
    segments = hours.segments(day)
    return bool(segments) and segments == hours.ordinary(day)


def learn(days: Mapping[date, Counts]) -> Profile | None:
    """Return the profile of comparable days; None if nothing came on any.

    How many come on a weekday is the median of such days, so that one of a crisis changes little;
    when they come is told by all contacts together. A weekday that there is no such day of is as
    the others.
    """
    totals: dict[int, list[int]] = {weekday: [] for weekday in range(7)}
    sums = {weekday: [0] * QUARTERS for weekday in range(7)}
    for day, counts in days.items():
        totals[day.weekday()].append(sum(counts))
        sums[day.weekday()] = [
            so_far + count for so_far, count in zip(sums[day.weekday()], counts, strict=True)
        ]
    together = [sum(column) for column in zip(*sums.values(), strict=True)]
    if not sum(together):
        return None
    all_totals = [total for its in totals.values() for total in its]
    usual = statistics.median(all_totals) or statistics.mean(all_totals)
    shared = [count / sum(together) for count in together]
    week = []
    for weekday in range(7):
        level = statistics.median(totals[weekday]) if totals[weekday] else usual
        weight = SHARED_DAYS * usual
        mixed = [own + weight * share for own, share in zip(sums[weekday], shared, strict=True)]
        week.append(tuple(level * part / sum(mixed) for part in mixed))
    return Profile(tuple(week), _spread(totals), days=len(days))


def _spread(totals: Mapping[int, Sequence[int]]) -> float | None:
    """Return how much days vary against their weekday's level, beyond what chance alone does.

    Days that are very far from it are left out: a crisis says nothing of how ordinary days vary.
    """
    deviations: list[float] = []
    by_chance: list[float] = []
    for its in totals.values():
        level = statistics.median(its) if its else 0
        if level:
            deviations += [abs(total - level) / level for total in its]
            by_chance.append(1 / level)
    if len(deviations) < LEAST_DAYS:
        return None
    far = MOST_DEVIATIONS * DEVIATION_OF_NORMAL * statistics.median(deviations)
    near = [deviation for deviation in deviations if deviation <= far]
    own_levels = min(len(by_chance), len(near) - 1)  # each was chosen to be in their middle
    square = sum(deviation**2 for deviation in near) / (len(near) - own_levels)
    return max(LEAST_SPREAD, math.sqrt(max(0.0, square - statistics.mean(by_chance))))
