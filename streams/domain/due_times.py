"""When many things are due at once: columns of arrivals in, columns of due times out.

A due time is found once and remembered. By working days it is the same for all that arrive within
a minute, since a wall clock opens and closes on whole minutes; otherwise each arrival has its own.

Source: docs/decisions/0008-working-time.md.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.deadlines import Limit, Office, Rule
from streams.domain.instants import MINUTE
from streams.domain.working_time import Hours

MOST_REMEMBERED: Final = 200_000

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DueTimes:
    """Says when things are due by one limit, one rule and one queue's hours."""

    office: Office
    limit: Limit
    rule: Rule
    hours: Hours
    _known: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, arrived: Column) -> Column:
        """Return when each of the arrivals is due; an answer at that instant is in time.

        Raises what :meth:`~streams.domain.deadlines.Office.due` raises.
        """
        step = MINUTE if self.limit.unit == "wd" else 1
        keys, place = np.unique(arrived // step, return_inverse=True)
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()
        due = np.array([self._due(key * step) for key in keys.tolist()], dtype=np.int64)
        return due[place]

    def _due(self, arrived: int) -> int:
        found = self._known.get(arrived)
        if found is None:
            found = self.office.due(arrived, self.limit, self.rule, self.hours).at
            self._known[arrived] = found
        return found
