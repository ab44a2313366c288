"""When clocks are due, and how far back they matter.

A due time that can't be known is no due time: that of a clock which starts (or would be due) in a
year whose holidays nobody knows, or by the hours of a queue that does not open for as long as the
limit asks. Such a clock is *undated*: counted as that, and judged by nothing.

Source: docs/decisions/0008-working-time.md, 0010-cases.md.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from streams.domain.cases.frame import Column
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.deadlines import UnknownHolidaysError
from streams.domain.due_times import DueTimes
from streams.domain.instants import NEVER, micros
from streams.domain.windows import Window, day_of, midnight
from streams.domain.working_time import NeverOpenError

UNDATED: Final = NEVER
"""What a column of due times holds where there is none."""
RESOLVED_WITHIN: Final = "resolved_within"
FEEDBACK_WITHIN: Final = "feedback_within"
MEASURES: Final = (FEEDBACK_WITHIN, RESOLVED_WITHIN)

_FARTHEST_DAYS: Final = 1_024
_UNKNOWN: Final = (UnknownHolidaysError, NeverOpenError, OverflowError)


def versions_by_promise(targets: Iterable[ServiceTarget]) -> dict[str, list[ServiceTarget]]:
    """Return the versions of each promise of when cases are told about or resolved."""
    found: dict[str, list[ServiceTarget]] = {}
    for target in targets:
        if target.measure in MEASURES:
            found.setdefault(target.id, []).append(target)
    return found


def due_column(times: DueTimes, started: Column) -> Column:
    """Return when each clock is due; :data:`UNDATED` where that can't be known."""
    begins = datetime(times.office.days.first_year, 1, 1, tzinfo=times.office.hours.zone)
    known = started >= micros(begins)
    instants, place = np.unique(started[known], return_inverse=True)
    due = np.full(len(started), UNDATED)
    due[known] = _dated(times, instants)[place]
    return due


def _dated(times: DueTimes, started: Column) -> Column:
    """Return due times of instants in order. After one that has none, none has: time runs out."""
    try:
        return times.of(started)
    except _UNKNOWN:
        if len(started) == 1 or not _has_due_time(times, int(started[0])):
            return np.full(len(started), UNDATED)
    half = len(started) // 2
    return np.concatenate([_dated(times, started[:half]), _dated(times, started[half:])])


def _has_due_time(times: DueTimes, started: int) -> bool:
    try:
        times.of(np.array([started]))
    except _UNKNOWN:
        return False
    return True


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant such that no window needs what is resolved and was silent since.

    Without windows nothing is needed but what is open.
    """
    starts = [span.start for span in windows]
    if not starts:
        return NEVER
    start = min(starts)
    reaches = [
        _reach(municipality.due_times(queue.id, version), start)
        for queue in municipality.queues.values()
        for versions in versions_by_promise(queue.targets).values()
        for version in versions
    ]
    return min((start, *reaches))


def _reach(times: DueTimes, start: int) -> int:
    """Return a midnight: whatever started before it was due before ``start``.

    What starts later is due later, but for the hour that the clock on the wall is put back: hence
    a day to spare.
    """
    zone = times.office.hours.zone
    today = day_of(start, zone)
    back = 1
    while back <= _FARTHEST_DAYS and today.year >= times.office.days.first_year:
        due = due_column(times, np.array([midnight(today - timedelta(days=back), zone)]))
        if int(due[0]) < start:
            return midnight(today - timedelta(days=back + 1), zone)
        back *= 2
    return -NEVER
