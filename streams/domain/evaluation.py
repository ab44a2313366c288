"""The figures of a municipality at an instant: its legs judged by its promises, queue by queue.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, targets_on
from streams.domain.instants import SECOND
from streams.domain.phone.as_of import QueueLegs, by_queue, pooled
from streams.domain.phone.figures import Figures, Limit, Now, ServiceLevel
from streams.domain.phone.legs import Frame
from streams.domain.phone.service_level import (
    figures_of,
    service_levels,
    wait_histogram,
    waiting_now,
)
from streams.domain.windows import TODAY, Window, day_of
from streams.domain.working_time import Hours


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What there is to say of one queue as of an instant."""

    now: Now
    figures: Mapping[str, Figures]
    """By name of window."""
    wait_histogram: tuple[list[int], float] | None
    """Of today's answered legs, where today is among the windows."""
    published: Mapping[str, Mapping[str, ServiceLevel]]
    """By name of window and target: over the legs that arrived inside published hours. Empty for a
    queue that publishes no hours of its own."""


def limits_on(municipality: Municipality, queue: str, instant: int) -> list[Limit]:
    """Return what a queue's calls are judged by on the day of an instant; unknown queues: none."""
    known = municipality.queues.get(queue)
    if known is None:
        return []
    return [
        Limit(target.id, target.limit_seconds, municipality.exclude_short_abandons_seconds)
        for target in targets_on(known, day_of(instant, municipality.zone))
        if target.measure == "answered_within" and target.limit_seconds is not None
    ]


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant: legs that arrived before it are in no window, but that they may wait now.

    A leg that a rolling window has by the moment of decision arrived at most a limit before it.
    There is at least one window.
    """
    longest = max(
        (
            target.limit_seconds
            for queue in municipality.queues.values()
            for target in queue.targets
            if target.measure == "answered_within" and target.limit_seconds is not None
        ),
        default=0,
    )
    return min(window.start - (longest * SECOND if window.rolling else 0) for window in windows)


def evaluate(
    municipality: Municipality, frame: Frame, now: int, windows: Iterable[Window]
) -> dict[str, QueueReport]:
    """Return a report per queue: all queues of the catalogue, and the unknown ones as one.

    A queue that no call has reached is reported with zero counts and no values. The promises are
    those of the day of each window's last instant.
    """
    known: dict[str, QueueLegs] = {}
    unknown: list[QueueLegs] = []
    for queue, its_legs in by_queue(frame, now).items():
        if queue in municipality.queues:
            known[queue] = its_legs
        else:
            unknown.append(its_legs)
    if unknown:
        known[UNKNOWN_QUEUE] = pooled(unknown)
    nothing = QueueLegs.none(now)
    queues = [*municipality.queues, *([UNKNOWN_QUEUE] if unknown else [])]
    spans = list(windows)
    return {
        queue: _report(municipality, queue, known.get(queue, nothing), spans) for queue in queues
    }


def _report(
    municipality: Municipality, queue: str, legs: QueueLegs, windows: list[Window]
) -> QueueReport:
    today = next((window for window in windows if window.name == TODAY), None)
    known = municipality.queues.get(queue)
    hours, published = (known.promised, known.published) if known else (None, None)
    inside, outside = (legs, None) if hours is None else _by_hours(legs, hours)
    in_published = None if published is None else _by_hours(legs, published)[0]
    now = waiting_now(legs)
    limits = {window.name: limits_on(municipality, queue, window.end - 1) for window in windows}
    return QueueReport(
        now=now if hours is None else replace(now, is_open=hours.is_open(legs.as_of)),
        figures={
            window.name: figures_of(inside, window, limits[window.name], outside)
            for window in windows
        },
        wait_histogram=wait_histogram(inside, today) if today else None,
        published={}
        if in_published is None
        else {
            window.name: service_levels(in_published, window, limits[window.name])
            for window in windows
        },
    )


def _by_hours(legs: QueueLegs, hours: Hours) -> tuple[QueueLegs, QueueLegs]:
    """Return the legs that arrived while it was open, and the others."""
    if not len(legs.arrived):
        return legs, legs
    edges = hours.edges(int(legs.arrived.min()), int(legs.arrived.max()) + 1)
    is_inside = np.searchsorted(edges, legs.arrived, side="right") % 2 == 1
    return legs.only(is_inside), legs.only(~is_inside)
