"""Which rows can matter to what is asked of the present, found without looking at all of them.

Rows are added nearly in order of arrival, and a leg that arrived before every window matters only
while it waits, or if a later leg of its contact matters. So a mark moves over the rows as the
windows move on, each row once; those it passes that still wait are set aside, and looked at again
each time until their wait has ended::

    rows   ├──── arrived before `since` ────┼──── arrived at or after it, ────▶ added last
                ended: not asked again      │     but for stragglers
                waiting: set aside        mark
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Waits = Callable[[Rows], NDArray[np.bool_]]
"""Says of rows whether they wait as of now. One that waits no longer never waits again."""

_LONG_CHAIN: Final = 32
"""Legs of one contact that are followed one by one."""


class Recent:
    """The mark, and what was set aside. Should ``since`` or now move back, it starts over."""

    def __init__(self) -> None:
        self._start_over()

    def _start_over(self) -> None:
        self._mark = self._since = self._now = 0
        self._aside: Rows = np.empty(0, dtype=np.int64)

    def rows(self, arrived: NDArray[np.int64], since: int, now: int, waits: Waits) -> Rows:
        """Return the rows that arrived at or after ``since``, and the earlier ones that wait.

        ``arrived`` has all rows, those of the last time first; what comes back is in their order.
        """
        if since < self._since or now < self._now:
            self._start_over()
        self._since, self._now = since, now
        is_wanted = arrived[self._mark :] >= since
        early = np.flatnonzero(~is_wanted)
        late = len(is_wanted) - len(early)
        mark = self._mark + int(is_wanted.argmax()) if late else len(arrived)
        is_wanted[early] = waits(early + self._mark)
        rows: Rows = np.concatenate(
            [self._aside[waits(self._aside)], np.flatnonzero(is_wanted) + self._mark]
        )
        self._mark, self._aside = mark, rows[rows < mark]
        return rows


def of_same_contacts(rows: Rows, first: NDArray[Any], following: NDArray[Any]) -> Rows:
    """Return all rows of those contacts among some rows that have several, each once.

    ``first`` says of every row which is the first of its contact, ``following`` which comes next;
    -1 after the last.
    """
    contacts = np.unique(first[rows[(first[rows] != rows) | (following[rows] >= 0)]])
    found, at = [], contacts
    for _ in range(_LONG_CHAIN):
        found.append(at)
        at = following[at]
        at = at[at >= 0]
        if not len(at):
            return np.concatenate(found).astype(np.int64)
    # No person calls so often, but a source gave all its calls one id.
    return np.flatnonzero(np.isin(first, contacts))
