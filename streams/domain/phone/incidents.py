"""Crises and outages, which figures are shown with and without.

An incident touches a queue if it names it, or names none. Where one overlaps a window, the figures
of the window are also taken without the legs that arrived inside it.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable

import numpy as np

from streams.domain.catalogue import Incident
from streams.domain.phone.by_queue import ByQueue
from streams.domain.windows import Window


def touching(incidents: Iterable[Incident], queue: str) -> list[Incident]:
    """Return the incidents that touch a queue."""
    return [incident for incident in incidents if queue in incident.queues or not incident.queues]


def is_ongoing(incidents: Iterable[Incident], instant: int) -> bool:
    """Say whether any of some incidents goes on at an instant."""
    return any(incident.begins <= instant < incident.ends for incident in incidents)


def overlapping(incidents: Iterable[Incident], window: Window) -> list[Incident]:
    """Return the incidents that overlap a window."""
    return [its for its in incidents if its.begins < window.end and window.start < its.ends]


def without(legs: ByQueue, incidents: Iterable[Iterable[Incident]]) -> ByQueue:
    """Return the legs that arrived in none of the incidents of their queue."""
    kept = np.ones(len(legs.legs.arrived), dtype=np.bool_)
    for place, its in zip(legs.places, incidents, strict=True):
        arrived = legs.legs.arrived[place]
        for incident in its:
            kept[place] &= (arrived < incident.begins) | (arrived >= incident.ends)
    return legs.only(kept)
