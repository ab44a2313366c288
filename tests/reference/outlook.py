"""The rest of a day counted the slow way: minute by minute, and chance by chance."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Week = Sequence[Sequence[float]]
"""Contacts of each quarter of an hour, of each weekday."""


def expected(
    week: Week,
    open_minutes: Sequence[tuple[int, int]],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> tuple[float, float]:
    """Return how many are to come in some seconds of the open minutes of each day.

    And the squares of what quarters have, as much of each as of the quarter is in it. It is a day
    that has every minute of the wall once.
    """
    total = squares = 0.0
    at = start
    while at < end:
        shown = at.astimezone(zone)
        minute = 60 * shown.hour + shown.minute
        until = min(end, at.replace(second=0, microsecond=0) + timedelta(minutes=1))
        if any(opens <= minute < closes for opens, closes in open_minutes):
            share = (until - at) / timedelta(minutes=15)
            count = week[shown.weekday()][minute // 15]
            total += count * share
            squares += count * count * share
        at = until
    return total, squares


def still_to_come(
    calls: tuple[float, float],
    squares: tuple[float, float],
    arrived: int,
    spread: float | None,
    uneven: float,
) -> tuple[float, int, int] | None:
    """Return the mean, and what fewer and more come than with a chance of 5 % each.

    Of calls (and squares) so far and still to come by the profile. The day's rate is gamma with
    mean 1, each quarter's is so again; as many calls as are in a bunch tell what one tells.
    """
    so_far, left = calls
    if spread is None and so_far / max(so_far + left, 1e-12) <= 0.02:
        return None
    alpha = beta = 0.0 if spread is None else spread**-2
    if so_far:
        come = arrived if spread is not None else arrived + 0.5
        scale = 1 if spread is not None else come / so_far
        variance = so_far * scale + uneven**2 * squares[0] * scale**2  # of what was to come
        in_bunch = variance / (so_far * scale)
        alpha += come / in_bunch
        beta += so_far / in_bunch
    mean = alpha / beta * left
    if not left:
        return 0.0, 0, 0
    variance = mean + (alpha / beta) ** 2 * uneven**2 * squares[1] + left**2 * alpha / beta**2
    low = high = None
    below = 0.0
    for number, chance in enumerate(_chances(mean, variance)):
        below += chance
        if low is None and below >= 0.05:
            low = number
        if below >= 0.95:
            high = number
            break
    return mean, low or 0, high or 0


def _chances(mean: float, variance: float) -> Iterator[float]:
    """Yield the chances of 0, 1, 2 … by a negative binomial distribution."""
    size, success = mean**2 / (variance - mean), mean / variance
    number = 0
    while True:
        yield math.exp(
            math.lgamma(size + number)
            - math.lgamma(size)
            - math.lgamma(number + 1)
            + size * math.log(success)
            + number * math.log(1 - success)
        )
        number += 1


def highest(good: int, decided: int, alike: float, z: float) -> float:
    """Return the largest share that a test would not reject, found by halving.

    Of calls of which any two end alike with such a correlation, the variance of how many are in
    time is so many times as large as that of independent ones.
    """
    share = good / decided
    design = 1 + (decided - 1) * alike
    low, high = share, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        error = math.sqrt(middle * (1 - middle) * design / decided)
        if middle - share <= z * error:
            low = middle
        else:
            high = middle
    return low


def midnights(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the day of an instant begins and ends."""
    day = now.astimezone(zone).date()
    begins, ends = (
        datetime(each.year, each.month, each.day, tzinfo=zone).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return begins, ends
