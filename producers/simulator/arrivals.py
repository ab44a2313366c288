"""When people call: a Poisson process whose rate itself is random.

Source: the shape of a day and a week in ``profile.py``; a gamma factor for a day's
rate: Avramidis, Deslauriers and L'Ecuyer, Management Science 50 (2004) 896-908.
"""

from collections.abc import Iterator

from producers.simulator.chance import Chance
from producers.simulator.profile import (
    CLOSES_HOUR,
    DAY_VARIATION,
    OPENS_HOUR,
    OUTSIDE_RATIO,
    QUARTER_VARIATION,
    Plan,
    QueuePlan,
    quarter_weights,
    weekday_factor,
)
from streams.domain.instants import MINUTE

QUARTER = 15 * MINUTE


def first_attempts(
    plan: Plan, queue: QueuePlan, weekday: int, opens_at: int, key: tuple[object, ...]
) -> Iterator[int]:
    """Yield when each of a queue's callers first calls, as instants; nothing on a closed day.

    ``key`` names the day: the busyness of the day is drawn from it, and is the same for every
    queue; the callers are drawn from it and the queue's name.
    """
    chance = Chance(*key, queue.name, "arrivals")
    calls = queue.calls_per_day * plan.scale * weekday_factor(plan, weekday)
    calls *= Chance(*key, "busyness").gamma(DAY_VARIATION)
    half_hour = 30 * MINUTE
    closes_at = opens_at + 60 * (CLOSES_HOUR - OPENS_HOUR) * MINUTE
    for start in (opens_at - half_hour, closes_at):
        yield from poisson(chance, calls * OUTSIDE_RATIO / 2, start, half_hour)
    for quarter, weight in enumerate(quarter_weights()):
        expected = calls * (1 - OUTSIDE_RATIO) * weight * chance.gamma(QUARTER_VARIATION)
        yield from poisson(chance, expected, opens_at + quarter * QUARTER, QUARTER)


def poisson(chance: Chance, expected: float, start: int, length: int) -> Iterator[int]:
    """Yield, in order, the instants of a Poisson process in [start, start + length)."""
    if expected <= 0:
        return
    at = chance.exponential(length / expected)
    while at < length:
        yield start + int(at)
        at += chance.exponential(length / expected)
