"""Days of one queue, whose waits cluster as real ones do: people answer who comes, in order.

Calls come by a Poisson process whose rate has the shape of a typical day, times a gamma factor for
the day and one for each quarter of an hour. Talks are lognormal; who waits hangs up when their
patience ends. How many answer follows the expected load by the square-root rule, with ``spare``
above it, and may change in the middle of the day: that is what makes a day go wrong. Part people
are there in some quarters and not in others, as people have breaks.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from producers.simulator.profile import quarter_weights
from streams.domain.instants import SECOND

OPENS: Final = 8 * 3600
CLOSES: Final = 17 * 3600
QUARTER: Final = 900
TALK_MEAN: Final = 46.0
TALK_SIGMA: Final = 0.75
PATIENCE: Final = 85.0
SEED: Final = 2014
DAY_SPREAD: Final = 0.10
QUARTER_SPREAD: Final = 0.15

Times = NDArray[np.float64]
Spare = Callable[[float], float]
"""How much more than the load answers, in square roots of it, by the part of the day (0 to 1)."""
Busy = Callable[[float], float]
"""How many times as many call as usual, likewise."""


@dataclass(frozen=True)
class CallsOfDay:
    """The calls of a day in order; times in seconds after midnight."""

    arrived: Times
    ended: Times
    """When the wait ended."""
    answered: NDArray[np.bool_]
    people: NDArray[np.int64]
    """How many answer in each quarter from opening on."""

    def in_time(self, limit: float) -> NDArray[np.bool_]:
        """Say of each call whether it was answered within a limit."""
        found: NDArray[np.bool_] = self.answered & (self.ended - self.arrived <= limit)
        return found


def expected_by_quarter(calls_per_hour: float) -> Times:
    """Return how many calls are expected in each quarter from opening on."""
    return np.array(quarter_weights()) * calls_per_hour * (CLOSES - OPENS) / 3600


def simulate(
    dice: np.random.Generator,
    calls_per_hour: float,
    spare: Spare,
    busy: Busy = lambda _: 1.0,
) -> CallsOfDay:
    """Return a day."""
    expected = expected_by_quarter(calls_per_hour)
    parts = np.arange(len(expected)) / len(expected)
    rates = expected * dice.gamma(DAY_SPREAD**-2, DAY_SPREAD**2)
    rates *= dice.gamma(QUARTER_SPREAD**-2, QUARTER_SPREAD**2, len(rates))
    rates *= [busy(part) for part in parts]
    numbers = dice.poisson(rates)
    starts = OPENS + QUARTER * np.repeat(np.arange(len(expected)), numbers)
    arrived = np.sort(starts + dice.uniform(0, QUARTER, int(numbers.sum())))
    mu = math.log(TALK_MEAN) - TALK_SIGMA**2 / 2
    talks = dice.lognormal(mu, TALK_SIGMA, len(arrived))
    patience = dice.exponential(PATIENCE, len(arrived))
    ended, answered = np.empty(len(arrived)), np.zeros(len(arrived), dtype=np.bool_)
    people = _people(dice, expected, [spare(part) for part in parts])
    free = _shifts(people)
    for number, at in enumerate(arrived.tolist()):
        while free and max(at, free[0][0]) >= free[0][1]:
            heapq.heappop(free)  # has gone home
        begins = max(at, free[0][0]) if free else math.inf
        if begins - at > patience[number]:
            ended[number] = at + patience[number]
            continue
        ended[number], answered[number] = begins, True
        _, goes = free[0]
        heapq.heapreplace(free, (begins + talks[number], goes))
    return CallsOfDay(arrived, ended, answered, people)


def _people(dice: np.random.Generator, expected: Times, spare: list[float]) -> NDArray[np.int64]:
    """Return how many answer in each quarter: all day as many as it is staffed for, rounded."""
    load = expected * TALK_MEAN / QUARTER
    wanted = np.maximum(0, load + np.array(spare) * np.sqrt(load))
    whole = np.floor(np.cumsum(wanted) + dice.uniform()).astype(np.int64)
    return np.diff(whole, prepend=0)


def _shifts(people: NDArray[np.int64]) -> list[tuple[float, float]]:
    """Return when each person is free first, and goes, soonest first."""
    free: list[tuple[float, float]] = []
    for tier in range(int(people.max(initial=0))):
        is_there = people > tier
        quarter = 0
        while quarter < len(people):
            if is_there[quarter]:
                last = quarter
                while last < len(people) and is_there[last]:
                    last += 1
                ends = OPENS + QUARTER * last
                free.append((OPENS + QUARTER * quarter, math.inf if last == len(people) else ends))
                quarter = last
            quarter += 1
    heapq.heapify(free)
    return free


def spare_for(share: float, calls_per_hour: float, limit: float, days: int) -> float:
    """Return the spare with which such a share of the calls of some days is answered in time."""
    low, high = -3.0, 8.0
    for _ in range(14):
        middle = (low + high) / 2
        if level(middle, calls_per_hour, limit, days) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def level(spare: float, calls_per_hour: float, limit: float, days: int) -> float:
    """Return the share that is answered in time of some days, always the same."""
    good = whole = 0
    for day in range(days):
        calls = simulate(np.random.default_rng((SEED, day)), calls_per_hour, lambda _: spare)
        good += int(calls.in_time(limit).sum())
        whole += len(calls.arrived)
    return good / whole


def micros(seconds: Times) -> NDArray[np.int64]:
    """Return times in microseconds, as the domain has them."""
    return np.round(seconds * SECOND).astype(np.int64)
