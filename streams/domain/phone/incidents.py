"""Crises and outages, which figures are shown with and without.

An incident touches a queue if it names it, or names none. Where one overlaps a window, the figures
of the window are also taken without the legs that arrived inside it.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable

import numpy as np

from streams.domain.catalogue import Incident
from streams.domain.phone.as_of import QueueLegs
from streams.domain.windows import Window


def touching(incidents: Iterable[Incident], queue: str) -> list[Incident]:
    """Return the incidents that touch a queue."""
    return [incident for incident in incidents if queue in incident.queues or not incident.queues]


def is_ongoing(incidents: Iterable[Incident], instant: int) -> bool:
    """Say whether any of some incidents goes on at an instant."""
    return any(incident.begins <= instant < incident.ends for incident in incidents)


def without(legs: QueueLegs, window: Window, incidents: Iterable[Incident]) -> QueueLegs | None:
    """Return the legs that arrived in none of the incidents that overlap a window.

    None if no incident overlaps it.
    """
    overlapping = [
        incident
        for incident in incidents
        if incident.begins < window.end and window.start < incident.ends
    ]
    if not overlapping:
        return None
    kept = np.ones(len(legs.arrived), dtype=np.bool_)
    for incident in overlapping:
        kept &= (legs.arrived < incident.begins) | (legs.arrived >= incident.ends)
    return legs.only(kept)
