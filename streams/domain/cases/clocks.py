"""The clocks of cases: when each started, when it is due, and what stopped it.

::

    opened ─────── handed over ──────── feedback ─────── resolved
    ├── resolved_within ("not done") ─────────────────────────▶│
                   ├── feedback_within ▶│

A clock is judged when its due time passes, whether or not anything happens then. It is never set
back: a case that is opened again goes on from its first opening.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from streams.domain.cases.due import RESOLVED_WITHIN
from streams.domain.cases.frame import NOBODY, Column, Frame, Mask
from streams.domain.cases.life import State
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import NEVER
from streams.domain.windows import midnight


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one promise, a row each."""

    row: Column
    """The case's row in the frame."""
    version: Column
    """Which version of the promise it runs by."""
    started: Column
    due: Column
    """``UNDATED`` where that can't be known."""
    stopped: Column
    """When what was promised was done; ``NEVER`` if it has not been."""
    withdrawn: Column
    """When nobody waited for it any longer; ``NEVER`` if it is waited for, or done before."""
    has_it: Column
    """Which administration has the case now; an index into those of the frame."""
    had_it: Column
    """Which had it when the clock was stopped or, if that came first, due."""

    @property
    def ended(self) -> Column:
        """Return when each stopped or was withdrawn; ``NEVER`` while it runs."""
        return np.minimum(self.stopped, self.withdrawn)

    def only(self, rows: Mask) -> "Clocks":
        """Return those that a mask has."""
        return Clocks(*(getattr(self, column.name)[rows] for column in fields(self)))


def clocks_of(
    municipality: Municipality,
    queue: str,
    versions: Sequence[ServiceTarget],
    frame: Frame,
    cases: Mask,
) -> Clocks:
    """Return the clocks of all versions of a promise, over those cases of a frame in a queue.

    A clock runs by the version that holds on the local date on which it starts; by none, if none
    does.
    """
    parts = []
    for number, version in enumerate(versions):
        started, stopped, withdrawn = _bounds(version.measure, frame)
        begins = midnight(version.valid_from, municipality.zone)
        ends = midnight(version.valid_to, municipality.zone) if version.valid_to else NEVER
        rows = np.flatnonzero(cases & (started >= begins) & (started < ends))
        due = municipality.due_times(queue, version).known_of(started[rows])
        ended = np.minimum(stopped[rows], withdrawn[rows])
        parts.append(
            Clocks(
                row=rows,
                version=np.full(len(rows), number),
                started=started[rows],
                due=due,
                stopped=stopped[rows],
                withdrawn=withdrawn[rows],
                has_it=frame.administration[rows].astype(np.int64),
                had_it=_had(frame, rows, np.minimum(ended, due)),
            )
        )
    return pooled(parts)


def pooled(parts: Iterable[Clocks]) -> Clocks:
    """Return the clocks of several queues, or several versions, as if of one."""
    nothing = np.empty(0, dtype=np.int64)
    several = [Clocks(*(nothing for _ in fields(Clocks))), *parts]
    return Clocks(
        *(np.concatenate([getattr(part, at.name) for part in several]) for at in fields(Clocks))
    )


def _bounds(measure: str, frame: Frame) -> tuple[Column, Column, Column]:
    """Return when the clocks of a measure started, stopped and were withdrawn, a row per case."""
    lives = frame.lives
    never = np.full(len(frame), NEVER)
    if measure == RESOLVED_WITHIN:
        return frame.opened, lives.done, never
    closed = np.where(lives.state == State.CLOSED, lives.done, NEVER)
    return lives.handed, lives.told, np.where(closed < lives.told, closed, NEVER)


def _had(frame: Frame, rows: Any, instants: Column) -> Column:
    """Return which administration had each case at an instant."""
    handed = frame.lives.handed[rows]
    found = np.where(handed <= instants, frame.administration[rows], NOBODY).astype(np.int64)
    for place in np.flatnonzero(np.isin(rows, list(frame.handovers))).tolist():
        before = [to for at, to in frame.handovers[int(rows[place])] if at <= instants[place]]
        found[place] = before[-1] if before else NOBODY
    return found
