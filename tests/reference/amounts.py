"""Numbers that all parts of the oracle write the same way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from statistics import NormalDist
from typing import Any


def micros(at: datetime) -> int:
    """Return whole microseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def seconds(instant: int | None) -> float | None:
    """Return microseconds in seconds."""
    return None if instant is None else instant / 1e6


def ratio(part: int, whole: int) -> float | None:
    """Return a share; none of none."""
    return part / whole if whole else None


def share(part: int, whole: int) -> dict[str, Any]:
    """How many of how many, the ratio and its interval."""
    low, high = wilson(part, whole) if whole else (None, None)
    return {
        "count": part,
        "n": whole,
        "ratio": ratio(part, whole),
        "wilson_low": low,
        "wilson_high": high,
    }


def wilson(good: int, n: int, sure: float = 0.95) -> tuple[float, float]:
    """(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n), in more digits than a float has."""
    with localcontext() as context:
        context.prec = 60
        z = Decimal(NormalDist().inv_cdf((1 + sure) / 2))
        p = Decimal(good) / n
        middle = p + z * z / (2 * n)
        spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).sqrt()
        bounds = [(middle + sign * spread) / (1 + z * z / n) for sign in (-1, 1)]
        low, high = (float(round(bound, 40)) for bound in bounds)
    return low, high
