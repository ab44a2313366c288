"""Counts the legs of a queue over a window, and judges them by its promises.

Everything is computed from whole columns (numpy), exactly: counts and instants are integers, and
a percentile is a value that was waited.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.as_of import Fate, QueueLegs, State
from streams.domain.figures import (
    COUNTS,
    MISSES,
    PERCENTILES,
    WAIT_EDGES,
    Figures,
    Limit,
    Now,
    ServiceLevel,
    Waits,
)
from streams.domain.instants import SECOND
from streams.domain.legs import Column
from streams.domain.percentiles import nearest_rank
from streams.domain.windows import Window

SHORT_WINDOW_LIMITS: Final = 10
"""A rolling window shorter than this many limits goes by the moment of decision."""

# State → verdict: 0 in time, else 1 + index into MISSES; and what a wait over the limit adds.
_VERDICT: Final = np.array([0, 2, 4, 5, 6, 7, 8], dtype=np.int64)
_BY_WAIT: Final = np.array([1, 1, 0, 0, 0, 0, 0], dtype=np.int64)

Mask = NDArray[np.bool_]


def waiting_now(legs: QueueLegs) -> Now:
    """Return who waits this instant."""
    waiting = legs.arrived[legs.state == State.WAITING]
    longest = (legs.as_of - int(waiting.min())) / SECOND if len(waiting) else None
    return Now(len(waiting), longest)


def figures_of(
    legs: QueueLegs,
    window: Window,
    limits: Iterable[Limit] = (),
    outside: QueueLegs | None = None,
) -> Figures:
    """Return the figures of a window, which must not reach beyond now.

    ``outside`` are legs that arrived outside promised hours: they are only counted.
    """
    inside = _arrived_in(legs, window)
    state = legs.state[inside]
    ended = legs.fate[inside][state != State.WAITING]
    fates = np.bincount(ended, minlength=3)
    counts = np.bincount(state, minlength=len(COUNTS)).tolist()
    return Figures(
        counts=dict(zip(COUNTS, counts, strict=True)),
        waits=_waits(_answered_waits(legs, inside)),
        ended=len(ended),
        lost=int(fates[Fate.LOST]),
        unknown=int(fates[Fate.UNKNOWN]),
        service_levels={
            limit.target: _service_level(legs, window, limit, inside) for limit in limits
        },
        outside_hours=int(_arrived_in(outside, window).sum()) if outside else 0,
    )


def wait_histogram(legs: QueueLegs, window: Window) -> tuple[list[int], float]:
    """Return how many answered legs waited at most each of :data:`WAIT_EDGES`, then all.

    With them, the sum of their waits in seconds.
    """
    inside = _arrived_in(legs, window)
    waits = np.sort(_answered_waits(legs, inside))
    edges = np.array(WAIT_EDGES, dtype=np.int64) * SECOND
    counts = np.searchsorted(waits, edges, side="right").tolist()
    return [*counts, len(waits)], int(waits.sum()) / SECOND


def _arrived_in(legs: QueueLegs, window: Window) -> Mask:
    return (legs.arrived >= window.start) & (legs.arrived < window.end)


def _answered_waits(legs: QueueLegs, inside: Mask) -> Column:
    answered = inside & (legs.state == State.ANSWERED)
    waits: Column = legs.end[answered] - legs.arrived[answered]
    return waits


def _service_level(
    legs: QueueLegs, window: Window, limit: Limit, arrived_inside: Mask
) -> ServiceLevel:
    length = limit.seconds * SECOND
    due = legs.arrived + length
    inside = arrived_inside
    if window.rolling and window.length < SHORT_WINDOW_LIMITS * length:
        decided_at = np.minimum(legs.end, due)
        inside = (decided_at >= window.start) & (decided_at < window.end)
    state, end, due = legs.state[inside], legs.end[inside], due[inside]
    wait = end - legs.arrived[inside]  # meaningless while waiting, and not used then
    waiting = state == State.WAITING
    kept = ~waiting | (due < legs.as_of)
    if limit.exclude_short_abandons_seconds:
        short = wait <= limit.exclude_short_abandons_seconds * SECOND
        kept &= ~((state == State.ABANDONED) & short)
    verdict = _VERDICT[state] + _BY_WAIT[state] * (end > due)
    reached_in_time = legs.reached[inside] <= np.minimum(due, legs.as_of - 1)
    verdict[(state == State.CALLBACK) & reached_in_time] = 0
    good, *misses = np.bincount(verdict[kept], minlength=len(MISSES) + 1).tolist()
    return ServiceLevel(good, dict(zip(MISSES, misses, strict=True)))


def _waits(waits: Column) -> Waits | None:
    if not len(waits):
        return None
    ordered = np.sort(waits)
    return Waits(
        mean=int(ordered.sum()) / (len(ordered) * SECOND),
        percentiles={
            percent: int(ordered[nearest_rank(percent, len(ordered))]) / SECOND
            for percent in PERCENTILES
        },
        maximum=int(ordered[-1]) / SECOND,
    )
