"""Judges questions by a promise: due, kept or broken, and how late.

The breach is counted when the due time has passed, not when an answer comes at last.

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.due_times import UNDATED
from streams.domain.kept import Kept, Pending, pending_of, spread
from streams.domain.questions.as_of import AskedColumns, State
from streams.domain.questions.figures import NOT_JUDGED, VERDICTS
from streams.domain.questions.frame import Column
from streams.domain.windows import Window, midnight

# State → verdict if it ended by the due time, and if it did not (or has not).
_IN_TIME: Final = np.array([3, 0, 0, 4], dtype=np.int64)
_LATE: Final = np.array([3, 1, 1, 2], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Judged:
    """Questions that one promise is about, a row each."""

    received: Column
    due: Column
    """``UNDATED`` where that can't be known."""
    end: Column
    state: NDArray[np.int8]


def judged(
    municipality: Municipality,
    mailbox: str,
    versions: Iterable[ServiceTarget],
    questions: AskedColumns,
) -> Judged:
    """Return the questions of a mailbox that a promise is about, junk left out.

    Each is judged by the version of the promise that holds on the day it was received.
    """
    zone = municipality.zone
    parts = []
    for version in versions:
        is_judged = ~questions.is_junk
        is_judged &= questions.received >= midnight(version.valid_from, zone)
        if version.valid_to is not None:
            is_judged &= questions.received < midnight(version.valid_to, zone)
        its = questions.only(is_judged)
        due = municipality.due_times(mailbox, version).known_of(its.received)
        parts.append(Judged(its.received, due, its.end, its.state))
    return pooled(parts)


def pooled(parts: Iterable[Judged]) -> Judged:
    """Return what is judged of several mailboxes as if of one."""
    nothing = np.empty(0, dtype=np.int64)
    several = [Judged(nothing, nothing, nothing, nothing.astype(np.int8)), *parts]
    return Judged(
        *(np.concatenate([getattr(part, at.name) for part in several]) for at in fields(Judged))
    )


def kept(those: Judged, window: Window, now: int) -> Kept:
    """Return how a promise was kept in a window, which must not reach beyond now, by due times."""
    is_undated = those.due == UNDATED
    received_inside = (those.received >= window.start) & (those.received < window.end)
    inside = ~is_undated & (those.due >= window.start) & (those.due < window.end)
    due, end, state = those.due[inside], those.end[inside], those.state[inside]
    verdict = np.where(end <= due, _IN_TIME[state], _LATE[state])
    counts = np.bincount(verdict, minlength=len(VERDICTS)).tolist()
    is_late = end > due
    return Kept(
        verdicts=dict(zip(VERDICTS, counts, strict=True)),
        not_judged=NOT_JUDGED,
        late=spread(np.minimum(end, now)[is_late] - due[is_late]),
        undated=int((is_undated & received_inside).sum()),
    )


def pending(those: Judged, ends: int, now: int) -> Pending:
    """Return the open questions that a promise is about; today ends at the instant ``ends``."""
    return pending_of(those.due[those.state == State.OPEN], now, ends)
