"""How a queue usually does: what alerts compare with where it is under its goal most days.

Such a queue would page all day long. There an alert tells that it does worse than usual; that it
misses its goal is told once a week.

Source: docs/decisions/0015-alerts.md.
"""

import statistics
from typing import Final

from streams.domain.catalogue import Queue, ServiceTarget

DAYS: Final = 10
"""So many comparable days, the last ones, tell what is usual."""
MOST_DAYS_UNDER: Final = 4
"""On more of them under its goal, a queue is so chronically."""


def is_chronic(queue: Queue, target: ServiceTarget) -> bool:
    """Say whether a queue is under a goal most days, as far as that has been learnt."""
    if target.goal is None:
        return False
    return sum(level < target.goal for level in _levels(queue, target)) > MOST_DAYS_UNDER


def alert_level(queue: Queue, target: ServiceTarget) -> float | None:
    """Return what alerts compare with: the goal, or what is usual of a queue that is under it.

    None if there is no goal.
    """
    if target.goal is None or not is_chronic(queue, target):
        return target.goal
    return min(target.goal, statistics.median(_levels(queue, target)))


def _levels(queue: Queue, target: ServiceTarget) -> tuple[float, ...]:
    return queue.profile.levels.get(target.id, ()) if queue.profile else ()
