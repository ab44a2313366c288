"""What alerts go by: how a queue usually does, and the most that its calls lately can mean.

A queue that is under its goal most days would page all day long. There an alert tells that it does
worse than usual; that it misses its goal is told once a week.

Calls are late together, when many come at once or somebody is away: thirty of one half-hour tell
less than thirty that have nothing to do with each other. So an interval is that of as many
independent calls as tell as much.

Source: docs/decisions/0015-alerts.md; for the interval L. Kish, Survey Sampling (1965), the design
effect.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from streams.domain.catalogue import Queue, ServiceTarget
from streams.domain.percentiles import Z_95, Z_99, wilson
from streams.domain.phone.evaluation import QueueReport
from streams.domain.phone.figures import Share

DAYS: Final = 10
"""So many comparable days, the last ones, tell what is usual."""
MOST_DAYS_UNDER: Final = 4
"""On more of them under its goal, a queue is so chronically."""
CLUSTERING: Final = 0.05
"""How much alike the calls of a half-hour end where it has not been learnt: about as on simulated
days (``benchmarks/alert_days.py``) of 155 and 40 calls an hour, 95 % in time: 0.044 and 0.050."""
AT_THE_GOAL: Final = 1.5
"""So many times as much alike they end in a queue that just reaches its goal, which is what it is
told apart from, as on days that it is learnt of: likewise, 1.3 at 89 % in time against 95 %, and
rounded up."""
LATEST_CALLS: Final = "latest"
"""What the span of today's few calls that were decided last is called."""
SPANS: Final[Mapping[str, float]] = MappingProxyType({"30m": Z_99, "1h": Z_95, LATEST_CALLS: Z_99})
"""Spans that alerts look at, and how sure they must be of each."""


@dataclass(frozen=True, slots=True)
class Alerting:
    """What alerts go by, of a promise of a queue."""

    level: float | None
    """What they compare with: the goal, or what is usual of a queue that is under it; None if
    there is no goal."""
    is_chronic: bool
    """Whether it is under its goal most days, as far as that has been learnt."""
    clustering: float
    """How much alike the calls of a half-hour are taken to end, in [0, 1]."""
    highest: Mapping[str, float | None]
    """By span of :data:`SPANS`: the largest share in time that what happened in it may come of;
    None of no calls."""


def alerting(queue: Queue, target: ServiceTarget, report: QueueReport) -> Alerting:
    """Return what alerts go by, of a promise that holds today."""
    learnt = queue.profile.clustering.get(target.id) if queue.profile else None
    clustering = min(1.0, AT_THE_GOAL * (CLUSTERING if learnt is None else learnt))
    return Alerting(
        level=alert_level(queue, target),
        is_chronic=is_chronic(queue, target),
        clustering=clustering,
        highest={
            span: highest(_share(report, span, target.id), clustering, z)
            for span, z in SPANS.items()
        },
    )


def _share(report: QueueReport, span: str, target: str) -> Share:
    if span == LATEST_CALLS:
        return report.latest.get(target, Share(0, 0))
    level = report.figures[span].service_levels.get(target)
    return Share(level.good, level.decided) if level else Share(0, 0)


def highest(share: Share, clustering: float, z: float) -> float | None:
    """Return the upper end of the Wilson interval of as many calls as tell as much by themselves.

    ``z`` is how many standard deviations it reaches; None of no calls.
    """
    if not share.whole:
        return None
    tells = 1 / (1 + (share.whole - 1) * clustering)
    interval = wilson(tells * share.part, tells * share.whole, z)
    return None if interval is None else interval[1]


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
