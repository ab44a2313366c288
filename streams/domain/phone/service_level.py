"""Counts the legs of a queue over a window, and judges them by its promises.

Everything is computed from whole columns (numpy), exactly: counts and instants are integers, and
a percentile is a value that was waited.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from streams.domain.instants import NEVER, SECOND
from streams.domain.percentiles import nearest_rank
from streams.domain.phone.as_of import Codes, Fate, Mask, QueueLegs, State
from streams.domain.phone.figures import (
    ABANDON_EDGES,
    COUNTS,
    LATEST,
    MISSES,
    ONWARD,
    PERCENTILES,
    WAIT_EDGES,
    Callbacks,
    Figures,
    Limit,
    Now,
    ServiceLevel,
    Share,
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
# As plain numbers: to look a member up, and to compare an array with one, takes as long as the
# comparison itself.
_ANSWERED, _ABANDONED, _CALLBACK, _WAITING = map(
    int, (State.ANSWERED, State.ABANDONED, State.CALLBACK, State.WAITING)
)
_SAVED: Final = int(Fate.SAVED)


def waiting_now(legs: QueueLegs) -> Now:
    """Return who waits this instant."""
    waiting = legs.arrived[legs.state == _WAITING]
    longest = (legs.as_of - int(waiting.min())) / SECOND if len(waiting) else None
    return Now(len(waiting), longest)


def figures_of(
    legs: QueueLegs,
    window: Window,
    limits: Iterable[Limit] = (),
    callback_within_seconds: int | None = None,
) -> Figures:
    """Return the figures of a window, which must not reach beyond now.

    The legs are those that are judged; the others are counted elsewhere. They stand in order of
    arrival, as they do in all of these functions.
    """
    inside = legs.during(window.start, window.end)
    ended = inside.state != _WAITING
    counts = np.bincount(inside.state, minlength=len(COUNTS)).tolist()
    saved, lost, unknown, _ = np.bincount(inside.fate[ended], minlength=len(Fate)).tolist()
    by_partner = int((inside.by_partner & ended & (inside.fate == _SAVED)).sum())
    onward = np.bincount(inside.onward[inside.is_passed_on], minlength=len(ONWARD)).tolist()
    answered = np.sort(_waits_of(inside, _ANSWERED))
    return Figures(
        counts=dict(zip(COUNTS, counts, strict=True)),
        waits=waits(answered),
        waits_or_never=_waits_or_never(answered, counts[_ABANDONED]),
        ended=sum(counts) - counts[_WAITING],
        lost=lost,
        unknown=unknown,
        service_levels=service_levels(legs, window, limits),
        talk=talk_of(inside),
        abandoned_histogram=_histogram(_waits_of(inside, _ABANDONED), ABANDON_EDGES),
        saved_by={
            "own": saved - by_partner, "partner": by_partner, "lost": lost, "unknown": unknown
        },
        transfers=dict(zip(ONWARD, onward, strict=True)),
        callbacks=_callbacks(inside, callback_within_seconds),
    )  # fmt: skip


def service_levels(
    legs: QueueLegs, window: Window, limits: Iterable[Limit]
) -> dict[str, ServiceLevel]:
    """Return how the legs did by each limit in a window, which must not reach beyond now."""
    inside = legs.during(window.start, window.end)
    return {limit.target: _service_level(legs, window, limit, inside) for limit in limits}


def wait_histogram(legs: QueueLegs, window: Window) -> tuple[list[int], float]:
    """Return how many answered legs waited at most each of :data:`WAIT_EDGES`, then all.

    With them, the sum of their waits in seconds.
    """
    inside = legs.during(window.start, window.end)
    return _histogram(_waits_of(inside, _ANSWERED), WAIT_EDGES)


def arrived_in(legs: QueueLegs, window: Window) -> Mask:
    """Say of each leg whether it arrived in a window, in whatever order they stand."""
    return (legs.arrived >= window.start) & (legs.arrived < window.end)


def _waits_of(legs: QueueLegs, state: int) -> Column:
    chosen = legs.state == state
    waits: Column = legs.end[chosen] - legs.arrived[chosen]
    return waits


def is_decided(legs: QueueLegs, limit: Limit) -> Mask:
    """Say of each leg whether the promise has been kept or broken for it, or is not asked."""
    waiting = legs.state == _WAITING
    kept: Mask = ~waiting | (legs.arrived + limit.seconds * SECOND < legs.as_of)
    if limit.exclude_short_abandons_seconds:
        wait = legs.end - legs.arrived  # meaningless while waiting, and not used then
        short = wait <= limit.exclude_short_abandons_seconds * SECOND
        kept &= ~((legs.state == _ABANDONED) & short)
    return kept


def _service_level(
    legs: QueueLegs, window: Window, limit: Limit, asked: QueueLegs
) -> ServiceLevel:
    """Return how legs did; ``asked`` are those that arrived in the window."""
    length = limit.seconds * SECOND
    if window.rolling and window.length < SHORT_WINDOW_LIMITS * length:
        # What is decided in the window arrived in it, or no more than the limit before.
        asked = legs.during(window.start - length, window.end)
        decided_at = np.minimum(asked.end, asked.arrived + length)
        asked = asked.only((decided_at >= window.start) & (decided_at < window.end))
    due = asked.arrived + length
    kept = is_decided(asked, limit)
    verdict = _verdicts(asked.state, asked.end, due, asked.reached, legs.as_of)
    good, *misses = np.bincount(verdict[kept], minlength=len(MISSES) + 1).tolist()
    ended_in_time = kept & (asked.end <= due)
    return ServiceLevel(
        good,
        dict(zip(MISSES, misses, strict=True)),
        answered_in_time=int(np.count_nonzero(ended_in_time & (asked.state == _ANSWERED))),
        left_in_time=int(np.count_nonzero(ended_in_time)),
    )


def in_time(legs: QueueLegs, limit: Limit) -> Mask:
    """Say of each leg whether it was in time; of legs that are not decided it says nothing."""
    due = legs.arrived + limit.seconds * SECOND
    found: Mask = _verdicts(legs.state, legs.end, due, legs.reached, legs.as_of) == 0
    return found


def _verdicts(state: Codes, end: Column, due: Column, reached: Column, as_of: int) -> Column:
    """Return of each decided leg 0 if it was in time, else 1 + its index into ``MISSES``."""
    verdict: Column = _VERDICT[state] + _BY_WAIT[state] * (end > due)
    reached_in_time = reached <= np.minimum(due, as_of - 1)
    verdict[(state == _CALLBACK) & reached_in_time] = 0
    return verdict


def latest(legs: QueueLegs, window: Window, limit: Limit) -> Share:
    """Return how many were in time of the :data:`LATEST` that were decided last.

    Of those that arrived in a window. Of legs that were decided at the same instant those that
    arrived last are, and then those that were late.
    """
    inside = legs.during(window.start, window.end)
    asked = inside.only(is_decided(inside, limit))
    due = asked.arrived + limit.seconds * SECOND
    decided_at = np.minimum(asked.end, due)
    if len(decided_at) > LATEST:
        last = np.partition(decided_at, -LATEST)[-LATEST]
        asked = asked.only(decided_at >= last)
        due = asked.arrived + limit.seconds * SECOND
        decided_at = np.minimum(asked.end, due)
    in_time = (asked.state == _ANSWERED) & (asked.end <= due)
    in_time |= (asked.state == _CALLBACK) & (asked.reached <= due)
    order = np.lexsort((~in_time, asked.arrived, decided_at))[-LATEST:]
    return Share(int(in_time[order].sum()), len(order))


def talk_of(legs: QueueLegs) -> Talk | None:
    """Return the talks that have ended; an end before its answer is a fault of the source."""
    talked = (legs.state == _ANSWERED) & (legs.ended != NEVER)
    talked &= legs.ended >= legs.end
    number = int(np.count_nonzero(talked))
    if not number:
        return None
    total = int((legs.ended[talked] - legs.end[talked]).sum())
    return Talk(total / (number * SECOND), number)


def _histogram(waits: Column, edges: Sequence[int]) -> tuple[list[int], float]:
    """Return how many waits are at or under each edge in seconds, then all; and their sum."""
    limits = np.array(edges, dtype=np.int64) * SECOND
    counts = np.searchsorted(np.sort(waits), limits, side="right").tolist()
    return [*counts, len(waits)], int(waits.sum()) / SECOND


def waits(ordered: Column) -> Waits | None:
    """Return what there is to say of waits in rising order, in microseconds; None of none."""
    if not len(ordered):
        return None
    return Waits(
        mean=int(ordered.sum()) / (len(ordered) * SECOND),
        percentiles={
            percent: int(ordered[nearest_rank(percent, len(ordered))]) / SECOND
            for percent in PERCENTILES
        },
        maximum=int(ordered[-1]) / SECOND,
    )


def _waits_or_never(ordered: Column, never: int) -> dict[int, float | None]:
    """Return percentiles of waits and of so many that never end; None where it is one of those."""
    count = len(ordered) + never
    ranks = {percent: nearest_rank(percent, count) if count else 0 for percent in PERCENTILES}
    return {
        percent: int(ordered[rank]) / SECOND if rank < len(ordered) else None
        for percent, rank in ranks.items()
    }


def _callbacks(legs: QueueLegs, within_seconds: int | None) -> Callbacks:
    """Return how many asked to be called back, were reached, and were so in time."""
    asked = legs.state == _CALLBACK
    reached = legs.reached[asked]
    kept = None
    if within_seconds is not None:
        due = legs.end[asked] + within_seconds * SECOND
        in_time = reached <= due
        kept = Share(int(in_time.sum()), int((in_time | (due < legs.as_of)).sum()))
    return Callbacks(len(reached), int((reached != NEVER).sum()), kept)
