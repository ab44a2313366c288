"""What comes to a queue that nothing has been learnt of yet: the shape of a typical day.

Only the shape: how busy a day is, is told by the day itself. It is a beginning, until
``svarsgrad learn-profile`` has seen the municipality's own days.
"""

from functools import cache
from itertools import pairwise
from typing import Final

from streams.domain.outlook.profile import QUARTERS, Profile

HOUR_WEIGHTS: Final = (
    *(0.3, 0.2, 0.2, 0.2, 0.2, 0.5, 1.5, 4.0),
    *(12.0, 15.5, 14.5, 12.0, 7.5, 10.5, 10.5, 9.5, 8.0),
    *(4.0, 3.0, 2.5, 2.0, 1.5, 1.0, 0.5),
)
"""How the calls of a day spread over its hours from midnight, in parts of any whole.

Most in the mornings (Luleå's customer-service report for 2014); the figures are assumed, in office
hours as in ``producers/simulator/profile.py``.
"""
WEEKDAY_FACTORS: Final = (1.14, 1.03, 1.00, 0.99, 0.84, 0.5, 0.5)
"""Monday to Sunday: assumed, likewise."""


@cache
def typical() -> Profile:
    """Return the profile: of its level nothing is known."""
    quarters = _quarters()
    return Profile(
        tuple(tuple(factor * part for part in quarters) for factor in WEEKDAY_FACTORS), None
    )


def _quarters() -> list[float]:
    """Return how much comes in each quarter: hours are joined by lines between their middles."""
    middles = (HOUR_WEIGHTS[0], *HOUR_WEIGHTS, HOUR_WEIGHTS[-1])  # from half an hour before
    lines = list(pairwise(middles))
    found = []
    for quarter in range(QUARTERS):
        hour, part = divmod((quarter + 0.5) / 4 + 0.5, 1)
        before, after = lines[int(hour)]
        found.append(before + (after - before) * part)
    whole = sum(found)
    return [weight / whole for weight in found]
