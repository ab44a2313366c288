"""Callers who call again: how many people the calls were, and whether they got through.

A caller is known by a keyed hash of the number, whose key is another every day: over a span of
several days one person is several callers. Contacts without one are left out.

Source: docs/decisions/0003-service-level-definition.md; the report of 2014 has callers who are not
answered call again.
"""

from dataclasses import dataclass

import numpy as np

from streams.domain.instants import NEVER
from streams.domain.phone.as_of import Mask
from streams.domain.phone.figures import Share
from streams.domain.phone.legs import Column


@dataclass(frozen=True, slots=True)
class Callers:
    """The known callers of the contacts of a window."""

    contacts: int
    """Contacts whose caller is known."""
    callers: int
    answered: int
    """Callers of whom some contact was answered."""
    waiting: int
    """Callers of whom none was, but one waits now."""
    calls_until_answer: int
    """Contacts of those who were answered, up to and including the first answered one."""

    @property
    def mean_calls(self) -> float | None:
        """Return how many calls one who got through made for that; None if nobody did."""
        return self.calls_until_answer / self.answered if self.answered else None

    @property
    def got_through(self) -> Share:
        """Return how many callers got through in the end, of those that do not wait now."""
        return Share(self.answered, self.callers - self.waiting)


def callers_of(caller: Column, began: Column, *, is_answered: Mask, is_waiting: Mask) -> Callers:
    """Return the callers of contacts, given who called and when each contact began.

    Of contacts of one caller that began at the same microsecond none is before the other.
    """
    rows = np.flatnonzero(caller != NEVER)
    rows = rows[np.argsort(caller[rows])]  # each caller's together
    if not len(rows):
        return Callers(0, 0, 0, 0, 0)
    caller, began = caller[rows], began[rows]
    starts = np.flatnonzero(np.append(True, caller[1:] != caller[:-1]))
    first = np.minimum.reduceat(np.where(is_answered[rows], began, NEVER), starts)
    got_through = first != NEVER
    waits = np.logical_or.reduceat(is_waiting[rows], starts)
    # Of who did not get through no call was before that.
    until = np.repeat(np.where(got_through, first, -NEVER), np.diff(starts, append=len(rows)))
    return Callers(
        contacts=len(rows),
        callers=len(starts),
        answered=int(got_through.sum()),
        waiting=int((waits & ~got_through).sum()),
        calls_until_answer=int((began < until).sum() + got_through.sum()),
    )
