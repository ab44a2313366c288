"""Counts the legs of a queue over a window, and judges them by its promises.

Everything is computed from whole columns (numpy), exactly: counts and instants are integers, and
a percentile is a value that was waited.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER, SECOND
from streams.domain.percentiles import nearest_rank
from streams.domain.phone.as_of import Fate, QueueLegs, State
from streams.domain.phone.figures import (
    ABANDON_EDGES,
    COUNTS,
    MISSES,
    PERCENTILES,
    WAIT_EDGES,
    Figures,
    Limit,
    Now,
    ServiceLevel,
    Talk,
    Waits,
)
from streams.domain.phone.legs import Column
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
        waits=_waits(_waits_of(legs, inside, State.ANSWERED)),
        ended=len(ended),
        lost=int(fates[Fate.LOST]),
        unknown=int(fates[Fate.UNKNOWN]),
        service_levels=service_levels(legs, window, limits),
        talk=_talk(legs, inside),
        abandoned_histogram=_histogram(_waits_of(legs, inside, State.ABANDONED), ABANDON_EDGES),
        outside_hours=int(_arrived_in(outside, window).sum()) if outside else 0,
    )


def service_levels(
    legs: QueueLegs, window: Window, limits: Iterable[Limit]
) -> dict[str, ServiceLevel]:
    """Return how the legs did by each limit in a window, which must not reach beyond now."""
    inside = _arrived_in(legs, window)
    return {limit.target: _service_level(legs, window, limit, inside) for limit in limits}


def wait_histogram(legs: QueueLegs, window: Window) -> tuple[list[int], float]:
    """Return how many answered legs waited at most each of :data:`WAIT_EDGES`, then all.

    With them, the sum of their waits in seconds.
    """
    inside = _arrived_in(legs, window)
    return _histogram(_waits_of(legs, inside, State.ANSWERED), WAIT_EDGES)


def _arrived_in(legs: QueueLegs, window: Window) -> Mask:
    return (legs.arrived >= window.start) & (legs.arrived < window.end)


def _waits_of(legs: QueueLegs, inside: Mask, state: State) -> Column:
    chosen = inside & (legs.state == state)
    waits: Column = legs.end[chosen] - legs.arrived[chosen]
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
    ended_in_time = kept & (end <= due)
    return ServiceLevel(
        good,
        dict(zip(MISSES, misses, strict=True)),
        answered_in_time=int((ended_in_time & (state == State.ANSWERED)).sum()),
        left_in_time=int(ended_in_time.sum()),
    )


def _talk(legs: QueueLegs, inside: Mask) -> Talk | None:
    """Return the talks that have ended; an end before its answer is a fault of the source."""
    talked = inside & (legs.state == State.ANSWERED) & (legs.ended != NEVER)
    talked &= legs.ended >= legs.end
    number = int(talked.sum())
    if not number:
        return None
    total = int((legs.ended[talked] - legs.end[talked]).sum())
    return Talk(total / (number * SECOND), number)


def _histogram(waits: Column, edges: Sequence[int]) -> tuple[list[int], float]:
    """Return how many waits are at or under each edge in seconds, then all; and their sum."""
    limits = np.array(edges, dtype=np.int64) * SECOND
    counts = np.searchsorted(np.sort(waits), limits, side="right").tolist()
    return [*counts, len(waits)], int(waits.sum()) / SECOND


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
