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
) -> float:
    """Return how many are to come in some seconds of the open minutes of each day.

    Of a day that has every minute of the wall once.
    """
    total, at = 0.0, start
    while at < end:
        shown = at.astimezone(zone)
        minute = 60 * shown.hour + shown.minute
        until = min(end, at.replace(second=0, microsecond=0) + timedelta(minutes=1))
        if any(opens <= minute < closes for opens, closes in open_minutes):
            share = (until - at) / timedelta(minutes=15)
            total += week[shown.weekday()][minute // 15] * share
        at = until
    return total


def still_to_come(
    so_far: float, left: float, arrived: int, spread: float | None
) -> tuple[float, int, int] | None:
    """Return the mean, and what fewer and more come than with a chance of 5 % each.

    A gamma rate whose mean is 1 before anything came, a Poisson number given the rate.
    """
    before = 0.0 if spread is None else spread**-2
    if spread is None and so_far / max(so_far + left, 1e-12) <= 0.02:
        return None
    alpha = before + arrived if before else arrived + 0.5
    beta = before + so_far
    if not left:
        return 0.0, 0, 0
    low = high = None
    below = 0.0
    for number, chance in enumerate(_chances(alpha, beta, left)):
        below += chance
        if low is None and below >= 0.05:
            low = number
        if below >= 0.95:
            high = number
            break
    return alpha / beta * left, low or 0, high or 0


def _chances(alpha: float, beta: float, left: float) -> Iterator[float]:
    number = 0
    while True:
        yield math.exp(
            math.lgamma(alpha + number)
            - math.lgamma(alpha)
            - math.lgamma(number + 1)
            + alpha * math.log(beta / (beta + left))
            + number * math.log(left / (beta + left))
        )
        number += 1


def midnights(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the day of an instant begins and ends."""
    day = now.astimezone(zone).date()
    begins, ends = (
        datetime(each.year, each.month, each.day, tzinfo=zone).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return begins, ends
