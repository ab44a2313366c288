"""Exact percentiles and the Wilson interval."""

import math
from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Count = TypeVar("Count", int, NDArray[np.int64])

Z_95: Final = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""
Z_99: Final = 2.5758293035489004
"""Two-sided 99 % of it."""


def nearest_rank(percent: int, count: Count) -> Count:
    """Return the 0-based rank of the ``percent``-th percentile among ``count`` sorted values.

    -1 of none. Of several counts at once, that of each.

    It is the smallest value with at least ``percent`` % of the values at or under it.
    ``percent`` is 1–100. Whole numbers only, so no rounding can shift it.
    Source: nearest-rank definition; ``domain`` decision 0003.
    """
    return -(-percent * count // 100) - 1


def percentile(percent: int, ordered: Sequence[float]) -> float | None:
    """Return the exact percentile of values in rising order; none of no values."""
    return ordered[nearest_rank(percent, len(ordered))] if len(ordered) else None


def wilson(good: float, decided: float, z: float = Z_95) -> tuple[float, float] | None:
    """Return the Wilson score interval of ``good`` in ``decided``, within [0, 1]; none of none.

    Source: E. B. Wilson, JASA 22 (1927) 209–212.
    """
    if not decided:
        return None
    share = good / decided
    spread = z * z / decided
    centre = share + spread / 2
    half = z * math.sqrt((share * (1 - share) + spread / 4) / decided)
    low = 0.0 if good == 0 else (centre - half) / (1 + spread)
    high = 1.0 if good == decided else (centre + half) / (1 + spread)
    return max(0.0, low), min(1.0, high)


def difference(
    good: float, decided: float, good_before: float, decided_before: float
) -> tuple[float, float] | None:
    """Return the 95 % interval of how much a share has risen since before; None if one is of none.

    Both in [−1, 1]. A rise that the interval doesn't reach below 0 of is hardly chance.
    Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890, method 10.
    """
    now, before = wilson(good, decided), wilson(good_before, decided_before)
    if now is None or before is None:
        return None
    share, share_before = good / decided, good_before / decided_before
    rise = share - share_before
    low = math.hypot(share - now[0], before[1] - share_before)
    high = math.hypot(now[1] - share, share_before - before[0])
    return rise - low, rise + high
