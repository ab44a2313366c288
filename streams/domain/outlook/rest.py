"""Whether today's promise can still be kept: what is still to come, and what it takes from here.

How many calls are still to come is told by how many were to have come by now and in the rest of
the day, by a profile of such days, and by how many did. A day's busyness, against the profile, is
taken to vary from day to day by a gamma distribution, that of each quarter of an hour against its
day likewise, and calls to come at random given that. So what is known of today is weighed against
what is known of all days, and the number still to come is taken to have a negative binomial
distribution with the mean and the variance that follow.

Source: Avramidis, Deslauriers and L'Ecuyer, Management Science 50 (2004) 896-908, for the gamma
factor; the rest is Bayes' rule.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from streams.domain.outlook.profile import Part, Profile

OUTSIDE: Final = 0.05
"""The chance that fewer come than is said at least, and likewise that more do than at most."""
Z: Final = 1.6448536269514722
"""What a normal number exceeds with that chance, in standard deviations."""
LEAST_PART: Final = 0.02
"""Of the day's calls so many must have been due before its shape alone tells of the rest."""
MANY: Final = 10_000
"""Of more calls the interval is that of a gamma distribution: it differs by less than one in 200.
"""


@dataclass(frozen=True, slots=True)
class Rest:
    """How many calls are still to come today."""

    mean: float
    low: int
    """Fewer come in one case of twenty."""
    high: int
    """More do."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a promise can still come to, if so many are still to be judged."""

    best: float | None
    """The share in time if all that come are answered in time; None if nothing is ever judged."""
    needed: float | None
    """The share of the rest that must be answered in time; above 1 the day is lost, at 0 it is
    won. None if nothing more is to come."""
    spent: float | None
    """How much of the misses that the goal allows for the whole day have been made; above 1 the
    day is lost. None if it allows none."""


def rest(so_far: Part, left: Part, arrived: int, profile: Profile) -> Rest | None:
    """Return how many are still to come, given how many did and were to.

    Of a profile that is but a shape today alone says how busy it is, and before
    :data:`LEAST_PART` of the day there is no answer (None).
    """
    is_shape = profile.day_spread is None
    if is_shape and so_far.contacts <= LEAST_PART * (so_far.contacts + left.contacts):
        return None
    # Without any other knowledge half a call more than came: so none so far is not none ever.
    known = 0.0 if profile.day_spread is None else 1 / profile.day_spread**2
    came = arrived + 0.5 if is_shape else float(arrived)
    level = came / so_far.contacts if is_shape else 1.0
    uneven = profile.quarter_spread**2
    # Calls come in bunches: so many of them tell no more than so few that come each by itself.
    bunch = 1 + uneven * level * so_far.squares / so_far.contacts if so_far.contacts else 1.0
    shape, seen = known + came / bunch, known + so_far.contacts / bunch
    busyness = shape / seen
    mean = busyness * left.contacts
    if not mean:
        return Rest(0.0, 0, 0)
    beyond_chance = busyness**2 * (left.contacts**2 / shape + uneven * left.squares)
    return Rest(mean, *_quantiles(mean, beyond_chance))


def _quantiles(mean: float, beyond_chance: float) -> tuple[int, int]:
    """Return the quantiles of a negative binomial number.

    ``beyond_chance`` is how much larger than its mean its variance is.
    """
    if mean > MANY:
        return _of_gamma(mean, mean + beyond_chance)
    shape, scale = mean**2 / beyond_chance, beyond_chance / mean
    most = int(mean + 12 * math.sqrt(mean + beyond_chance) + 60)
    numbers = np.arange(1, most + 1)
    ratios = np.log((shape + numbers - 1) / numbers * scale / (1 + scale))
    first = -shape * math.log1p(scale)
    below = np.cumsum(np.exp(np.concatenate([[first], first + np.cumsum(ratios)])))
    low, high = np.searchsorted(below, [OUTSIDE, 1 - OUTSIDE])
    return int(low), int(high)


def _of_gamma(mean: float, variance: float) -> tuple[int, int]:
    """Return quantiles of a gamma distribution. Source: Wilson and Hilferty, PNAS 17 (1931)."""
    spread = variance / (9 * mean**2)
    low, high = (mean * (1 - spread + z * math.sqrt(spread)) ** 3 for z in (-Z, Z))
    return round(max(0.0, low)), round(high)


def share_from_here(good: int, decided: int, expected: float | None) -> float | None:
    """Return what share of all that is to come is in time if it goes on as it does.

    As of the calls of today, those of the last hour counted twice; where it is known what is to be
    ``expected`` with those who answer, that counts as much. None if neither is known.
    """
    so_far = good / decided if decided else expected
    return so_far if so_far is None or expected is None else (so_far + expected) / 2


def projected(good: int, decided: int, to_come: float, share: float | None) -> float | None:
    """Return what a promise comes to if such a share of all that is to come is in time.

    None if that is not known, or nothing is ever judged.
    """
    whole = decided + to_come
    return None if share is None or not whole else (good + share * to_come) / whole


def reach(good: int, decided: int, to_come: float, goal: float) -> Reach:
    """Return what can still be reached, of ``decided`` so far, of which ``good`` were in time.

    ``to_come`` are those that wait and are not decided, and those that have yet to call.
    """
    whole = decided + to_come
    allowed = (1 - goal) * whole
    return Reach(
        best=(good + to_come) / whole if whole else None,
        needed=max(0.0, (goal * whole - good) / to_come) if to_come else None,
        spent=(decided - good) / allowed if allowed else None,
    )
