"""Counts the legs of a queue over a window, and judges them by its promises.

Everything is computed from whole columns (numpy), exactly: counts and instants are integers, and
a percentile is a value that was waited.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Final, TypeVar

import numpy as np

from streams.domain.instants import NEVER, SECOND
from streams.domain.phone.as_of import Fate, Mask, QueueLegs, State
from streams.domain.phone.by_queue import ByQueue, sums_between
from streams.domain.phone.figures import (
    ABANDON_EDGES,
    COUNTS,
    LATEST,
    MISSES,
    ONWARD,
    WAIT_EDGES,
    Callbacks,
    Figures,
    Limit,
    Now,
    ServiceLevel,
    Share,
    Talk,
)
from streams.domain.phone.legs import Column
from streams.domain.phone.waits import WaitTimes
from streams.domain.windows import Window

SHORT_WINDOW_LIMITS: Final = 10
"""A rolling window shorter than this many limits goes by the moment of decision."""

_STATES: Final = len(COUNTS)
Judged = TypeVar("Judged")
# As plain numbers: to look a member up, and to compare an array with one, takes as long as the
# comparison itself.
_ANSWERED, _ABANDONED, _OVERFLOWED, _REFUSED, _CLOSED, _CALLBACK, _WAITING = map(int, State)
_SAVED: Final = int(Fate.SAVED)
_NO_FATE: Final = len(Fate)


def waiting_now(legs: ByQueue) -> list[Now]:
    """Return who waits this instant, of each queue."""
    waiting = legs.only(legs.legs.state == _WAITING)
    first = [*waiting.legs.arrived.tolist(), NEVER]
    return [
        Now(after - at, (legs.legs.as_of - first[at]) / SECOND if at < after else None)
        for at, after in pairwise(waiting.bounds.tolist())
    ]


def figures_of(
    legs: ByQueue,
    window: Window,
    limits: Sequence[Sequence[Limit]],
    callback_within_seconds: Sequence[int | None],
) -> list[Figures]:
    """Return the figures of each queue in a window, which must not reach beyond now.

    The legs are those that are judged; the others are counted elsewhere. What is promised is of
    each queue, in their order.
    """
    inside = legs.during(window.start, window.end)
    its = inside.legs
    counts = inside.counts(its.state, _STATES)
    ended = its.state != _WAITING
    fates = inside.counts(np.where(ended, its.fate, np.int8(_NO_FATE)), _NO_FATE + 1)
    by_partner = inside.numbers(ended & its.by_partner & (its.fate == _SAVED))
    passed_on = inside.only(its.is_passed_on)
    answered, abandoned = (WaitTimes.of(inside, state) for state in (_ANSWERED, _ABANDONED))
    found = zip(
        counts,
        fates,
        by_partner,
        passed_on.counts(passed_on.legs.onward, len(ONWARD)),
        answered.spread(),
        answered.or_never([each[_ABANDONED] for each in counts]),
        service_levels(legs, window, limits),
        talks_of(inside),
        abandoned.histograms(ABANDON_EDGES),
        _callbacks(inside, callback_within_seconds),
        strict=True,
    )
    return [
        Figures(
            counts=dict(zip(COUNTS, states, strict=True)),
            waits=waits,
            waits_or_never=or_never,
            ended=sum(states) - states[_WAITING],
            lost=lost,
            unknown=unknown,
            service_levels=levels,
            talk=talk,
            abandoned_histogram=histogram,
            saved_by={
                "own": saved - partner, "partner": partner, "lost": lost, "unknown": unknown
            },
            transfers=dict(zip(ONWARD, onward, strict=True)),
            callbacks=callbacks,
        )
        for (
            states, (saved, lost, unknown, *_), partner, onward,
            waits, or_never, levels, talk, histogram, callbacks,
        ) in found
    ]  # fmt: skip


def service_levels(
    legs: ByQueue, window: Window, limits: Sequence[Sequence[Limit]]
) -> list[dict[str, ServiceLevel]]:
    """Return how the legs of each queue did by each of its limits in a window.

    The window must not reach beyond now.
    """
    inside = legs.during(window.start, window.end)
    return _by_target(limits, lambda those: _service_levels(legs, window, those, inside))


def _by_target(
    limits: Sequence[Sequence[Limit]], judge: Callable[[Sequence[Limit | None]], list[Judged]]
) -> list[dict[str, Judged]]:
    """Return what ``judge`` says by each limit; it is given one of each queue at a time."""
    found: list[dict[str, Judged]] = [{} for _ in limits]
    for those in zip_longest(*limits):  # the first of each queue, then the second
        for its, limit, judged in zip(found, those, judge(those), strict=True):
            if limit is not None:
                its[limit.target] = judged
    return found


def wait_histograms(legs: ByQueue, window: Window) -> list[tuple[list[int], float]]:
    """Return how many answered legs waited at most each of :data:`WAIT_EDGES`, then all.

    With them, the sum of their waits in seconds; of each queue.
    """
    inside = legs.during(window.start, window.end)
    return WaitTimes.of(inside, _ANSWERED).histograms(WAIT_EDGES)


def is_decided(legs: QueueLegs, limit: Limit) -> Mask:
    """Say of each leg whether the promise has been kept or broken for it, or is not asked."""
    decided = _is_decided(legs, legs.arrived + limit.seconds * SECOND)
    if limit.exclude_short_abandons_seconds:
        decided &= ~_is_excluded(legs, limit.exclude_short_abandons_seconds * SECOND)
    return decided


def _is_decided(legs: QueueLegs, due: Column) -> Mask:
    decided: Mask = (legs.state != _WAITING) | (due < legs.as_of)
    return decided


def _is_excluded(legs: QueueLegs, at_most: Column | int) -> Mask:
    """Say of each leg whether its caller hung up so soon that the promise is not asked of it."""
    wait = legs.end - legs.arrived  # meaningless while waiting, and not used then
    excluded: Mask = (legs.state == _ABANDONED) & (at_most > 0) & (wait <= at_most)
    return excluded


def in_time(legs: QueueLegs, limit: Limit) -> Mask:
    """Say of each leg whether it was in time; of legs that are not decided it says nothing."""
    return _is_in_time(legs, legs.arrived + limit.seconds * SECOND)


def _is_in_time(legs: QueueLegs, due: Column) -> Mask:
    in_time: Mask = (legs.state == _ANSWERED) & (legs.end <= due)
    in_time |= (legs.state == _CALLBACK) & (legs.reached <= due)
    return in_time


def _service_levels(
    legs: ByQueue, window: Window, limits: Sequence[Limit | None], inside: ByQueue
) -> list[ServiceLevel]:
    """Return how the legs of each queue did by one limit; of one without any it says nothing.

    ``inside`` are those that arrived in the window.
    """
    lengths = _lengths(limits)
    asked, length = inside, inside.each(lengths)
    by_decision = [
        window.rolling and window.length < SHORT_WINDOW_LIMITS * length for length in lengths
    ]
    if any(by_decision):
        # What is decided in the window arrived in it, or no more than the limit before.
        asked = legs.during(window.start - max(lengths), window.end)
        length = asked.each(lengths)
        arrived = asked.legs.arrived
        decided_at = np.minimum(asked.legs.end, arrived + length)
        counts_at = np.where(asked.each(by_decision), decided_at, arrived)
        chosen = (counts_at >= window.start) & (counts_at < window.end)
        asked, length = asked.only(chosen), length[chosen]
    excluded = _excluded(limits)
    if any(excluded):
        kept = ~_is_excluded(asked.legs, asked.each(excluded))
        asked, length = asked.only(kept), length[kept]
    its, due = asked.legs, asked.legs.arrived + length
    # A state for those within the limit, and the same plus seven for the others: int8 holds it.
    ways = asked.counts(its.state + (its.end > due) * np.int8(_STATES), 2 * _STATES)
    called_back = asked.numbers((its.state == _CALLBACK) & (its.reached <= due))
    undecided = asked.numbers(~_is_decided(its, due))
    return [
        _level(each[:_STATES], each[_STATES:], *others)
        for each, *others in zip(ways, called_back, undecided, strict=True)
    ]


def _lengths(limits: Iterable[Limit | None]) -> list[int]:
    return [limit.seconds * SECOND if limit else 0 for limit in limits]


def _excluded(limits: Iterable[Limit | None]) -> list[int]:
    return [limit.exclude_short_abandons_seconds * SECOND if limit else 0 for limit in limits]


def _level(
    in_time: Sequence[int], late: Sequence[int], called_back: int, undecided: int
) -> ServiceLevel:
    """Return how legs did, given how many waits ended within the limit, and how many did not.

    Both by state. ``called_back`` were reached within the limit; ``undecided`` wait and have it
    before them.
    """
    misses = (
        late[_ANSWERED],
        in_time[_ABANDONED],
        late[_ABANDONED],
        in_time[_OVERFLOWED] + late[_OVERFLOWED],
        in_time[_REFUSED] + late[_REFUSED],
        in_time[_CLOSED] + late[_CLOSED],
        in_time[_CALLBACK] + late[_CALLBACK] - called_back,
        late[_WAITING] - undecided,
    )
    return ServiceLevel(
        good=in_time[_ANSWERED] + called_back,
        misses=dict(zip(MISSES, misses, strict=True)),
        answered_in_time=in_time[_ANSWERED],
        left_in_time=sum(in_time),
    )


def latest(
    legs: ByQueue, window: Window, limits: Sequence[Sequence[Limit]]
) -> list[dict[str, Share]]:
    """Return how many were in time of the :data:`LATEST` of each queue that were decided last.

    By each of its limits, of those that arrived in a window. Of legs that were decided at the same
    instant those that arrived last are, and then those that were late.
    """
    inside = legs.during(window.start, window.end)
    return _by_target(limits, lambda those: _latest(inside, those))


def _latest(legs: ByQueue, limits: Sequence[Limit | None]) -> list[Share]:
    excluded = _excluded(limits)
    due = legs.legs.arrived + legs.each(_lengths(limits))
    decided_at = np.minimum(legs.legs.end, due)
    decided = _is_decided(legs.legs, due)
    if any(excluded):
        decided &= ~_is_excluded(legs.legs, legs.each(excluded))
    # No leg was decided last that was before each of as many: those of them that arrived last.
    rows, bounds = legs.rows(decided)
    since = [
        int(decided_at[rows[max(at, after - LATEST) : after]].min(initial=NEVER))
        for at, after in pairwise(bounds.tolist())
    ]
    chosen = decided & (decided_at >= legs.each(since))
    last = legs.only(chosen)
    is_good = _is_in_time(last.legs, due[chosen])
    order = np.lexsort((~is_good, last.legs.arrived, decided_at[chosen], last.queue))
    good = is_good[order]
    return [
        Share(int(good[max(place.start, place.stop - LATEST) : place.stop].sum()), min(LATEST, n))
        for place, n in zip(last.places, last.sizes, strict=True)
    ]


def talks_of(legs: ByQueue) -> list[Talk | None]:
    """Return the talks of each queue that have ended.

    An end before its answer is a fault of the source, and none.
    """
    its = legs.legs
    is_talk = (its.state == _ANSWERED) & (its.ended != NEVER) & (its.ended >= its.end)
    rows, bounds = legs.rows(is_talk)
    totals = sums_between(bounds, its.ended[rows] - its.end[rows])
    return [
        Talk(total / (number * SECOND), number) if number else None
        for total, number in zip(totals, np.diff(bounds).tolist(), strict=True)
    ]


def _callbacks(legs: ByQueue, within_seconds: Sequence[int | None]) -> list[Callbacks]:
    """Return how many asked to be called back, were reached, and were so in time."""
    asked = legs.only(legs.legs.state == _CALLBACK)
    its = asked.legs
    due = its.end + asked.each([(seconds or 0) * SECOND for seconds in within_seconds])
    in_time = its.reached <= due
    found = zip(
        asked.sizes,
        asked.numbers(its.reached != NEVER),
        asked.numbers(in_time),
        asked.numbers(in_time | (due < its.as_of)),
        within_seconds,
        strict=True,
    )
    return [
        Callbacks(asked_for, reached, None if seconds is None else Share(kept, judged))
        for asked_for, reached, kept, judged, seconds in found
    ]
