"""When many things are due at once: columns of arrivals in, columns of due times out.

A due time is found once and remembered. By working days it is the same for all that arrive within
a minute, since a wall clock opens and closes on whole minutes; otherwise each arrival has its own.

A due time that can't be known is no due time: that of what comes (or would be due) in a year whose
holidays nobody knows yet, or to a queue that does not open for as long as the limit asks. It is
*undated*: counted as that, and judged by nothing.

Source: docs/decisions/0008-working-time.md.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.deadlines import Limit, Office, Rule, UnknownHolidaysError
from streams.domain.instants import MINUTE, NEVER
from streams.domain.windows import day_of, midnight
from streams.domain.working_time import Hours, NeverOpenError

MOST_REMEMBERED: Final = 200_000
UNDATED: Final = NEVER
"""What a column of due times holds where there is none."""
BEFORE_ALL: Final = -NEVER

_FARTHEST_DAYS: Final = 1_024
_UNKNOWN: Final = (UnknownHolidaysError, NeverOpenError, OverflowError)

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

    def known_of(self, arrived: Column) -> Column:
        """Return when each of the arrivals is due; :data:`UNDATED` where that can't be known."""
        days, zone = self.office.days, self.office.hours.zone
        begins, ends = (
            midnight(date(year, 1, 1), zone) for year in (days.first_year, days.last_year + 1)
        )
        known = (arrived >= begins) & (arrived < ends)
        instants, place = np.unique(arrived[known], return_inverse=True)
        due = np.full(len(arrived), UNDATED)
        due[known] = self._dated(instants)[place]
        return due

    def _dated(self, arrived: Column) -> Column:
        """Return due times of instants in order. After one that has none, none has: time is up."""
        try:
            return self.of(arrived)
        except _UNKNOWN:
            if len(arrived) == 1 or not self._has_due_time(int(arrived[0])):
                return np.full(len(arrived), UNDATED)
        half = len(arrived) // 2
        return np.concatenate([self._dated(arrived[:half]), self._dated(arrived[half:])])

    def _has_due_time(self, arrived: int) -> bool:
        try:
            self.of(np.array([arrived]))
        except _UNKNOWN:
            return False
        return True

    def reach(self, start: int) -> int:
        """Return a midnight: whatever came before it was due before ``start``.

        What comes later is due later, but for the hour that the clock on the wall is put back:
        hence a day to spare. :data:`BEFORE_ALL` if there is no such midnight.
        """
        zone = self.office.hours.zone
        today = day_of(start, zone)
        back = 1
        while back <= _FARTHEST_DAYS and today.year >= self.office.days.first_year:
            due = self.known_of(np.array([midnight(today - timedelta(days=back), zone)]))
            if int(due[0]) < start:
                return midnight(today - timedelta(days=back + 1), zone)
            back *= 2
        return BEFORE_ALL
