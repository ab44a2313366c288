"""How much of what a promise is about is measured: numbers that report, of all it covers.

A promise by telephone is about all numbers; figures are of those that report. So beside each
stands how many of how many, and which queues are silent. A quarter of an hour without a call says
nothing of a queue, so this is told of windows that do not slide.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from streams.domain.catalogue import Municipality, targets_on
from streams.domain.phone.as_of import Standing
from streams.domain.windows import Window, day_of


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many numbers a promise covers, and how many of them report."""

    numbers: int
    """Those it says it covers; no fewer than the queues of the catalogue that make it."""
    reporting: int
    """Queues that a call has reached in the window, at any hour."""
    silent: Mapping[str, str]
    """The other queues that make it: id → name."""


def heard_in(standing: Standing, window: Window, queues: Iterable[str]) -> frozenset[str]:
    """Return those of some queues that any call reached in a window, at any hour."""
    arrived = standing.legs.arrived
    is_inside = (arrived >= window.start) & (arrived < window.end)
    rows = {name: standing.rows[name] for name in queues if name in standing.rows}
    return frozenset(name for name, its in rows.items() if is_inside[its].any())


def coverage_of(
    municipality: Municipality, window: Window, heard: Collection[str]
) -> dict[str, Coverage]:
    """Return by promise how much of it is measured.

    Of the promises that telephone queues make on the day of the window's last instant.
    """
    day = day_of(window.end - 1, municipality.zone)
    covered: dict[str, int] = {}
    queues: dict[str, dict[str, str]] = {}
    for queue in municipality.queues.values():
        for target in targets_on(queue, day) if queue.is_phone else ():
            covered[target.id] = target.addresses or 0
            queues.setdefault(target.id, {})[queue.id] = queue.name
    return {
        promise: Coverage(
            numbers=max(covered[promise], len(its)),
            reporting=sum(id_ in heard for id_ in its),
            silent={id_: name for id_, name in its.items() if id_ not in heard},
        )
        for promise, its in queues.items()
    }
