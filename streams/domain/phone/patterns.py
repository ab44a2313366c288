"""When calls come and how they then do: by weekday and hour, by interval, by how long they wait.

What a report of months shows beside the figures of the whole period. The legs are those of
:class:`~streams.domain.phone.figures.Figures`: external ones that arrived inside promised hours,
in the window in which they arrived. So the cells of a table add up to the figures beside it.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.catalogue import Municipality, Queue
from streams.domain.instants import MINUTE, NEVER, moment
from streams.domain.phone.as_of import Fate, Mask, QueueLegs, State
from streams.domain.phone.by_queue import ByQueue
from streams.domain.phone.evaluation import Judged, limits_on, phone_queues
from streams.domain.phone.figures import Limit, Share
from streams.domain.phone.legs import Column, Frame
from streams.domain.phone.service_level import in_time, is_decided, wait_histograms
from streams.domain.windows import Window, midnight

Cells = NDArray[np.intp]
DAYS: Final = 7
HOURS: Final = 24
QUARTER: Final = 15 * MINUTE
"""No zone's clock differs from another's by less."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Legs that are counted in cells: each column has a number for each cell."""

    arrived: Cells
    answered: Cells
    ended: Cells
    lost: Cells
    in_time: Mapping[str, Cells]
    """By target: those of the decided that were in time."""
    decided: Mapping[str, Cells]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How the calls of a queue come and wait in a window."""

    by_hour: Tally
    """Cell 24 × weekday + hour, Monday first, by the clock on the wall as the call arrived."""
    wait_histogram: tuple[list[int], float]
    """Answered legs that waited at most each edge, then all; and the sum of their waits."""
    a_second_beside: Mapping[str, Mapping[int, Share]]
    """By target and by −1 and +1: in time of decided, were the limit a second shorter or longer.
    Only of a queue whose source is so coarse that it matters."""


def patterns_of(
    municipality: Municipality, frame: Frame, now: int, window: Window
) -> dict[str, Pattern]:
    """Return how calls come and wait, of each telephone queue of the catalogue.

    The window does not slide and does not reach beyond now; the promises are those of the day of
    its last instant, as in :func:`~streams.domain.phone.evaluation.evaluate`.
    """
    judged = Judged.of(municipality, frame, now)
    return {
        name: _pattern(queue, judged.asked_of(name), window, municipality)
        for name, queue in phone_queues(municipality).items()
    }


def intervals_of(
    municipality: Municipality, frame: Frame, now: int, window: Window, length: int
) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Yield when each interval with a call began, its queue, and its counts, in order.

    ``length`` is in microseconds, and intervals are whole multiples of it since 1970. Keys of the
    counts as in :class:`Tally`, those of targets as ``in_time.svar-15s``. Each call is judged by
    the promise of the day on which it arrived.
    """
    judged, zone = Judged.of(municipality, frame, now), municipality.zone
    found: list[tuple[int, str, dict[str, int]]] = []
    for name, queue in phone_queues(municipality).items():
        legs = judged.asked_of(name)
        legs = legs.only(legs.is_during(window.start, window.end))
        starts, cell = np.unique(legs.arrived // length, return_inverse=True)
        tally = _tally(legs, cell, len(starts), ())
        columns = {key: getattr(tally, key) for key in ("arrived", "answered", "ended", "lost")}
        for version in queue.targets:
            if version.measure != "answered_within" or version.limit_seconds is None:
                continue
            ends = NEVER if version.valid_to is None else midnight(version.valid_to, zone)
            held = legs.arrived >= midnight(version.valid_from, zone)
            held &= legs.arrived < ends
            excluded = municipality.exclude_short_abandons_seconds
            limit = Limit(version.id, version.limit_seconds, excluded)
            its = _tally(legs.only(held), cell[held], len(starts), [limit])
            for key, counts in (("in_time", its.in_time), ("decided", its.decided)):
                before = columns.get(f"{key}.{version.id}", 0)
                columns[f"{key}.{version.id}"] = before + counts[version.id]
        for number, start in enumerate(starts.tolist()):
            found.append(
                (start * length, name, {key: int(its[number]) for key, its in columns.items()})
            )
    yield from sorted(found, key=lambda its: its[:2])


def _pattern(queue: Queue, legs: QueueLegs, window: Window, municipality: Municipality) -> Pattern:
    limits = limits_on(municipality, queue.id, window.end - 1)
    inside = legs.only(legs.is_during(window.start, window.end))
    hours = _hours_of_week(inside.arrived, municipality.zone)
    return Pattern(
        by_hour=_tally(inside, hours, DAYS * HOURS, limits),
        wait_histogram=wait_histograms(ByQueue.one(inside), window)[0],
        a_second_beside={
            limit.target: {
                step: _share(inside, replace(limit, seconds=limit.seconds + step))
                for step in (-1, 1)
            }
            for limit in limits
            if queue.resolution_seconds is not None
        },
    )


def _share(legs: QueueLegs, limit: Limit) -> Share:
    decided = is_decided(legs, limit)
    return Share(int((decided & in_time(legs, limit)).sum()), int(decided.sum()))


def _tally(legs: QueueLegs, cell: NDArray[Any], count: int, limits: Iterable[Limit]) -> Tally:
    def counted(chosen: Mask) -> Cells:
        return np.bincount(cell[chosen], minlength=count)

    judged = {limit.target: is_decided(legs, limit) for limit in limits}
    ended = legs.state != State.WAITING
    return Tally(
        arrived=np.bincount(cell, minlength=count),
        answered=counted(legs.state == State.ANSWERED),
        ended=counted(ended),
        lost=counted(ended & (legs.fate == Fate.LOST)),
        in_time={
            limit.target: counted(judged[limit.target] & in_time(legs, limit)) for limit in limits
        },
        decided={target: counted(those) for target, those in judged.items()},
    )


def _hours_of_week(arrived: Column, zone: tzinfo) -> Cells:
    """Return the hour of the week of each arrival, as a clock on the wall shows it."""
    quarters, which = np.unique(arrived // QUARTER, return_inverse=True)
    on_the_wall = [moment(quarter * QUARTER).astimezone(zone) for quarter in quarters.tolist()]
    hours = np.array([at.weekday() * HOURS + at.hour for at in on_the_wall], dtype=np.intp)
    return hours[which]
