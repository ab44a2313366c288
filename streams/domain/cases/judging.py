"""Counts clocks: those that run now, and those that were due in a window.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from streams.domain.cases.clocks import Clocks
from streams.domain.cases.figures import (
    NOT_HANDED_OVER,
    NOT_JUDGED,
    UNKNOWN_ADMINISTRATION,
    VERDICTS,
    Overdue,
    PromiseReport,
)
from streams.domain.cases.frame import Column, Frame, Numbers
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.due_times import UNDATED
from streams.domain.instants import NEVER
from streams.domain.kept import Kept, Pending, Promised, pending_of, spread
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

    def shown(self, administration: Column | Numbers) -> Column:
        """Return the places among ``names`` of administrations of the frame."""
        found: Column = self._shown[administration]
        return found

    def split(
        self, clocks: Clocks, administration: Column, count: Callable[[Clocks], T]
    ) -> dict[str, T]:
        """Return what is counted of the clocks of each administration."""
        shown = self.shown(administration)
        there = set(np.unique(shown).tolist())
        return {
            name: count(clocks.only(shown == number))
            for number, name in enumerate(self.names)
            if number in there or number < len(self.known)
        }


def promised(clocks: Clocks, now: int, ends: int, windows: Sequence[Window]) -> Promised:
    """Return how a promise is kept; today ends at the instant ``ends``."""
    return Promised(
        pending=_pending(_running(clocks), now, ends),
        kept={window.name: kept(clocks, window, now) for window in windows},
    )


def promise_report(
    clocks: Clocks,
    administrations: Administrations,
    now: int,
    ends: int,
    windows: Sequence[Window],
) -> PromiseReport:
    """Return how a promise is kept, also by administration; today ends at ``ends``."""
    running = _running(clocks)
    kept_at = {}
    for window in windows:
        inside = _inside(clocks, window)
        kept_at[window.name] = administrations.split(
            inside, inside.had_it, partial(kept, window=window, now=now)
        )
    return PromiseReport(
        promised=promised(clocks, now, ends, windows),
        pending_at=administrations.split(
            running, running.has_it, partial(_pending, now=now, ends=ends)
        ),
        kept_at=kept_at,
    )


def _running(clocks: Clocks) -> Clocks:
    return clocks.only(clocks.ended == NEVER)


def _pending(running: Clocks, now: int, ends: int) -> Pending:
    return pending_of(running.due, now, ends)


def _inside(clocks: Clocks, window: Window) -> Clocks:
    """Return the clocks that a window is about."""
    at = np.where(clocks.due == UNDATED, clocks.started, clocks.due)
    return clocks.only((at >= window.start) & (at < window.end))


def kept(clocks: Clocks, window: Window, now: int) -> Kept:
    """Return how a promise was kept in a window, which must not reach beyond now."""
    inside = _inside(clocks, window)
    dated = inside.only(inside.due != UNDATED)
    ended = dated.ended
    is_broken = ended > dated.due
    is_overdue = ended == NEVER
    is_withdrawn = ~is_broken & (dated.withdrawn < dated.stopped)
    counts = (
        ~is_broken & ~is_withdrawn,
        is_broken & ~is_overdue,
        is_overdue,
        is_withdrawn,
    )
    return Kept(
        verdicts={verdict: int(its.sum()) for verdict, its in zip(VERDICTS, counts, strict=True)},
        not_judged=NOT_JUDGED,
        late=spread(np.minimum(ended, now)[is_broken] - dated.due[is_broken]),
        undated=len(inside.due) - len(dated.due),
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
