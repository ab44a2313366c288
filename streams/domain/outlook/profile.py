"""How many contacts come to a queue in each quarter of an hour: learnt from days like each other.

A profile is of a queue, by weekday and by what a wall clock shows. Days are comparable if the
queue was open as it ordinarily is: holidays, shortened days and exceptions tell of themselves
alone. What is expected of any day, of those too, is what the profile has while the queue is open.

Source: docs/decisions/0014-outlook.md.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

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

QUARTER_SPREAD: Final = 0.15
"""How much quarters of an hour vary where it has not been learnt: assumed."""
DAYS_KEPT: Final = 8
"""Of so many days a queue's expectations are kept: those of today are asked for again and again.
"""

Instants = NDArray[np.int64]
Sums = NDArray[np.float64]
"""Two rows: of contacts, and of their squares."""
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
    quarter_spread: float = QUARTER_SPREAD
    """Likewise, of how busy a quarter of an hour is against its day."""
    days: int = 0
    """Of how many it was learnt; 0 of one that was not."""
    talk_seconds: float | None = None
    """The mean talk; None if it is not known."""
    patience_seconds: float | None = None
    """The mean time after which who waits hangs up; None if it is not known."""
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The service levels of the last days, by target, the last day last."""
    clustering: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """How much alike calls of the same half-hour end, by target: the intraclass correlation of
    being in time, in [0, 1]. 0: no more than by chance; 1: all alike."""


class Part(NamedTuple):
    """What is expected of a part of a day."""

    contacts: float
    squares: float
    """The squares of what each of its quarters expects, added up."""


class Expectation:
    """How many contacts a profile expects of a queue with its hours: those while it is open."""

    def __init__(self, profile: Profile, hours: Hours) -> None:
        self._profile = profile
        self._hours = hours
        self._known: dict[date, tuple[Instants, Sums]] = {}

    def between(self, start: int, end: int) -> Part:
        """Return what is to come in ``[start, end)`` (microseconds)."""
        found = np.zeros(2)
        if start < end:
            day, last = (moment(at).astimezone(self._hours.zone).date() for at in (start, end - 1))
            while day <= last:
                edges, sums = self._day(day)
                for row, its in enumerate(sums):
                    first, after = np.interp([start, end], edges, its)  # flat beyond the day
                    found[row] += after - first
                day += timedelta(days=1)
        return Part(*found.tolist())

    def _day(self, day: date) -> tuple[Instants, Sums]:
        """Return instants of a day between which they come evenly, and the sums up to each."""
        known = self._known.get(day)
        if known is None:
            quarters = quarters_of(day, self._hours.zone)
            # A quarter that a clock skips has no time for what comes in it.
            counts = np.where(np.diff(quarters) > 0, self._profile.week[day.weekday()], 0.0)
            whole = np.pad(np.cumsum([counts, counts**2], axis=1), ((0, 0), (1, 0)))
            edges, sums = [quarters[:1]], [np.zeros((2, 1))]
            for opens, closes in self._hours.spans_of(day):
                inside = quarters[(quarters > opens) & (quarters < closes)]
                at = np.concatenate([[opens], inside, [closes]])
                by_then = np.array([np.interp(at, quarters, its) for its in whole])
                edges.append(at)
                sums.append(sums[-1][:, -1:] + by_then - by_then[:, :1])
            if len(self._known) >= DAYS_KEPT:
                self._known.clear()
            known = self._known[day] = np.concatenate(edges), np.concatenate(sums, axis=1)
        return known


@lru_cache(DAYS_KEPT)
def quarters_of(day: date, zone: tzinfo) -> Instants:
    """Return when the quarters of a day begin, and when the last one ends; not to be changed."""
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
    counts = {day: np.array(its, dtype=np.float64) for day, its in days.items()}
    totals: dict[int, list[float]] = {weekday: [] for weekday in range(7)}
    sums = np.zeros((7, QUARTERS))
    for day, its in counts.items():
        totals[day.weekday()].append(float(its.sum()))
        sums[day.weekday()] += its
    together = sums.sum(axis=0)
    if not together.sum():
        return None
    all_totals = [total for its in totals.values() for total in its]
    usual = statistics.median(all_totals) or statistics.mean(all_totals)
    mixed = sums + SHARED_DAYS * usual * together / together.sum()
    shapes = mixed / mixed.sum(axis=1, keepdims=True)
    levels = {weekday: statistics.median(its) if its else usual for weekday, its in totals.items()}
    found = Profile(
        tuple(
            tuple((level * shape).tolist())
            for level, shape in zip(levels.values(), shapes, strict=True)
        ),
        day_spread=None,
        days=len(days),
    )
    if len(days) < LEAST_DAYS:
        return found
    quarter_spread = _quarter_spread(
        [(its, shapes[day.weekday()]) for day, its in counts.items() if its.any()]
    )
    beyond = quarter_spread**2 * float((shapes**2).sum(axis=1).mean())
    return replace(found, day_spread=_day_spread(totals, beyond), quarter_spread=quarter_spread)


def _quarter_spread(days: Sequence[tuple[Sums, Sums]]) -> float:
    """Return how much quarters vary against their days, beyond what chance alone does.

    ``days`` are counts and shapes. The median of all days: one of a crisis says little.
    """
    squares = []
    for counts, shape in days:
        expected = counts.sum() * shape
        by_chance = expected * (1 - shape)  # a multinomial's, of the day's contacts
        excess = ((counts - expected) ** 2 - by_chance).sum()
        squares.append(float(excess / (expected**2).sum()))
    return math.sqrt(max(0.0, statistics.median(squares)))


def _day_spread(totals: Mapping[int, Sequence[float]], of_quarters: float) -> float | None:
    """Return how much days vary against their weekday's level, beyond what chance alone does.

    ``of_quarters`` is the square of how much they do since their quarters do. Days that are very
    far from it are left out: a crisis says nothing of how ordinary days vary.
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
    chance = statistics.mean(by_chance) + of_quarters
    # A day that is none of them is farther from their level: a median of a few is not the truth.
    few = len(deviations) / len(by_chance)
    return max(LEAST_SPREAD, math.sqrt(max(0.0, square - chance) * (1 + math.pi / 2 / few)))
