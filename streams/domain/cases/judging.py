"""Counts clocks: those that run now, and those that were due in a window.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from streams.domain.cases.clocks import Clocks
from streams.domain.cases.figures import (
    LATE_PERCENTILES,
    NOT_HANDED_OVER,
    UNKNOWN_ADMINISTRATION,
    ClockReport,
    Due,
    Lateness,
    Overdue,
    Running,
)
from streams.domain.cases.frame import Column, Frame, Numbers
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import NEVER, SECOND
from streams.domain.percentiles import nearest_rank
from streams.domain.windows import Window

T = TypeVar("T")


class Administrations:
    """The names that administrations are shown by, and which of them each one in a frame has."""

    def __init__(self, municipality: Municipality, frame: Frame) -> None:
        self.known = tuple(municipality.administrations)
        self.names = (*self.known, UNKNOWN_ADMINISTRATION, NOT_HANDED_OVER)
        place = {name: number for number, name in enumerate(self.known)}
        unknown = len(self.known)
        shown = [place.get(name, unknown) for name in frame.administrations]
        self._shown = np.array([*shown, unknown + 1])  # the last is that of NOBODY, which is -1

    def shown(self, administration: Numbers) -> Numbers:
        """Return the places among ``names`` of administrations of the frame."""
        found: Numbers = self._shown[administration]
        return found

    def split(
        self, clocks: Clocks, administration: Numbers, count: Callable[[Clocks], T]
    ) -> dict[str, T]:
        """Return what is counted of the clocks of each administration."""
        shown = self.shown(administration)
        there = set(np.unique(shown).tolist())
        return {
            name: count(clocks.only(shown == number))
            for number, name in enumerate(self.names)
            if number in there or number < len(self.known)
        }


def report_of(
    clocks: Clocks,
    administrations: Administrations,
    now: int,
    tomorrow: int,
    windows: Sequence[Window],
) -> ClockReport:
    """Return how a promise is kept: ``tomorrow`` begins at the next midnight on the wall."""

    def running(some: Clocks) -> Running:
        return running_now(some, now, tomorrow)

    going = clocks.only(clocks.ended == NEVER)
    judged = {window.name: due_in(clocks, window) for window in windows}
    return ClockReport(
        now=running(going),
        now_at=administrations.split(going, going.has_it, running),
        due={name: due_of(its) for name, its in judged.items()},
        due_at={
            name: administrations.split(its, its.had_it, due_of) for name, its in judged.items()
        },
    )


def running_now(clocks: Clocks, now: int, tomorrow: int) -> Running:
    """Return how many of some clocks that run are due soon, and how many are overdue."""
    is_overdue = clocks.due < now
    is_soon = ~is_overdue & (clocks.due < tomorrow)
    return Running(len(clocks.due), int(is_soon.sum()), int(is_overdue.sum()))


def due_in(clocks: Clocks, window: Window) -> Clocks:
    """Return those that were due in a window, which must not reach beyond now."""
    return clocks.only((clocks.due >= window.start) & (clocks.due < window.end))


def due_of(clocks: Clocks) -> Due:
    """Return what became of clocks whose due time has passed."""
    is_late = clocks.ended > clocks.due
    is_withdrawn = ~is_late & (clocks.withdrawn < clocks.stopped)
    is_overdue = clocks.ended == NEVER
    late = clocks.ended[is_late & ~is_overdue] - clocks.due[is_late & ~is_overdue]
    return Due(
        in_time=int((~is_late & ~is_withdrawn).sum()),
        late=len(late),
        overdue=int(is_overdue.sum()),
        withdrawn=int(is_withdrawn.sum()),
        lateness=_lateness(late),
    )


def _lateness(late: Column) -> Lateness | None:
    if not len(late):
        return None
    ordered = np.sort(late)
    return Lateness(
        mean=int(ordered.sum()) / (len(ordered) * SECOND),
        percentiles={
            percent: int(ordered[nearest_rank(percent, len(ordered))]) / SECOND
            for percent in LATE_PERCENTILES
        },
        maximum=int(ordered[-1]) / SECOND,
    )


def overdue_of(
    clocks: Clocks,
    queue: str,
    versions: Sequence[ServiceTarget],
    frame: Frame,
    administrations: Administrations,
) -> Iterator[Overdue]:
    """Yield the clocks that have run past their due time as of the frame's now."""
    late = clocks.only((clocks.ended == NEVER) & (clocks.due < frame.now))
    shown = administrations.shown(late.has_it)
    for row, version, started, due, place in zip(
        late.row.tolist(),
        late.version.tolist(),
        late.started.tolist(),
        late.due.tolist(),
        shown.tolist(),
        strict=True,
    ):
        target = versions[version]
        yield Overdue(
            due=due,
            case=frame.cases[row],
            queue=queue,
            target=target.id,
            administration=administrations.names[place],
            since=started,
            tells=target.tells,
        )
