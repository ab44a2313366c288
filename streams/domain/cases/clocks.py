"""The clocks of cases: when each started, when it is due, and what stopped it.

::

    opened ─────── handed over ──────── feedback ─────── resolved
    ├── resolved_within ("not done") ─────────────────────────▶│
                   ├── feedback_within ▶│

A clock is judged when its due time passes, whether or not anything happens then. It is never set
back: a case that is opened again goes on from its first opening.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

import numpy as np

from streams.domain.cases.frame import NOBODY, Column, Frame, Mask, Numbers
from streams.domain.cases.life import State
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import NEVER
from streams.domain.windows import midnight

RESOLVED_WITHIN: Final = "resolved_within"
FEEDBACK_WITHIN: Final = "feedback_within"
MEASURES: Final = (FEEDBACK_WITHIN, RESOLVED_WITHIN)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of one promise, a row each."""

    row: Numbers
    """The case's row in the frame."""
    version: Numbers
    """Which version of the promise it runs by."""
    started: Column
    due: Column
    stopped: Column
    """When what was promised was done; ``NEVER`` if it has not been."""
    withdrawn: Column
    """When nobody waited for it any longer; ``NEVER`` if it is waited for, or done before."""
    has_it: Numbers
    """Which administration has the case now; an index into those of the frame."""
    had_it: Numbers
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
    rows: Any,
) -> Clocks:
    """Return the clocks of all versions of a promise, over some cases (rows) of a frame.

    A clock runs by the version that holds on the local date on which it starts; by none, if none
    does.
    """
    parts = []
    for number, version in enumerate(versions):
        started, stopped, withdrawn = _bounds(version.measure, frame)
        first, after = _valid(municipality, version)
        its = rows[(started[rows] >= first) & (started[rows] < after)]
        due = municipality.due_times(queue, version).of(started[its])
        ended = np.minimum(stopped[its], withdrawn[its])
        parts.append(
            (
                its,
                np.full(len(its), number),
                started[its],
                due,
                stopped[its],
                withdrawn[its],
                frame.administration[its],
                _at(frame, its, np.minimum(ended, due)),
            )
        )
    return Clocks(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _bounds(measure: str, frame: Frame) -> tuple[Column, Column, Column]:
    """Return when the clocks of a measure started, stopped and were withdrawn, a row per case."""
    lives = frame.lives
    never = np.full(len(frame), NEVER)
    if measure == RESOLVED_WITHIN:
        return frame.opened, lives.done, never
    closed = np.where(lives.state == State.CLOSED, lives.done, NEVER)
    return lives.handed, lives.told, np.where(closed < lives.told, closed, NEVER)


def _valid(municipality: Municipality, version: ServiceTarget) -> tuple[int, int]:
    """Return the instants between which clocks start by a version: days whose holidays we know."""
    office = municipality.office
    if office is None:
        return 0, 0
    first = max(version.valid_from, date(office.days.first_year, 1, 1))
    after = min(version.valid_to or date.max, date(office.days.last_year, 1, 1))
    return midnight(first, municipality.zone), midnight(after, municipality.zone)


def _at(frame: Frame, rows: Any, instants: Column) -> Numbers:
    """Return which administration had each case at an instant."""
    handed = frame.lives.handed[rows]
    found: Numbers = np.where(handed <= instants, frame.administration[rows], NOBODY)
    for place in np.flatnonzero(np.isin(rows, list(frame.handovers))).tolist():
        before = [to for at, to in frame.handovers[int(rows[place])] if at <= instants[place]]
        found[place] = before[-1] if before else NOBODY
    return found
