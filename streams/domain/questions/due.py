"""When questions are due, and how far back they matter.

A due time that can't be known is no due time: that of a question which comes (or would be due) in
a year whose holidays nobody knows yet, or to a mailbox that does not open for as long as the limit
asks. Such a question is *undated*: counted as that, and judged by nothing.

Source: docs/decisions/0008-working-time.md, 0009-questions.md.
"""

import itertools
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from streams.domain.catalogue import Municipality, Queue, ServiceTarget
from streams.domain.deadlines import UnknownHolidaysError
from streams.domain.due_times import DueTimes
from streams.domain.instants import NEVER
from streams.domain.questions.frame import Column
from streams.domain.windows import Window, day_of, midnight, window
from streams.domain.working_time import NeverOpenError

UNDATED: Final = NEVER
"""What a column of due times holds where there is none."""
COVERAGE_WINDOW: Final = "30d"
"""A mailbox that has not been heard of in it does not report."""

_EVERYTHING: Final = -(2**62)
_FARTHEST_DAYS: Final = 1_024
_UNKNOWN: Final = (UnknownHolidaysError, NeverOpenError)


def is_mailbox(queue: Queue) -> bool:
    """Say whether a queue is one of questions by e-mail and e-service."""
    return queue.kind == "mailbox"


def versions_by_promise(targets: Iterable[ServiceTarget]) -> dict[str, list[ServiceTarget]]:
    """Return the versions of each promise that questions are answered within a limit."""
    found: dict[str, list[ServiceTarget]] = {}
    for target in targets:
        if target.measure == "question_answered_within":
            found.setdefault(target.id, []).append(target)
    return found


def due_column(times: DueTimes, received: Column) -> Column:
    """Return when each question is due; :data:`UNDATED` where that can't be known."""
    days, zone = times.office.days, times.office.hours.zone
    begins, ends = (
        midnight(date(year, 1, 1), zone) for year in (days.first_year, days.last_year + 1)
    )
    known = (received >= begins) & (received < ends)
    instants, place = np.unique(received[known], return_inverse=True)
    due = np.full(len(received), UNDATED)
    due[known] = _dated(times, instants)[place]
    return due


def _dated(times: DueTimes, received: Column) -> Column:
    """Return due times of instants in order. After one that has none, none has: time runs out."""
    try:
        return times.of(received)
    except _UNKNOWN:
        if len(received) == 1 or not _has_due_time(times, int(received[0])):
            return np.full(len(received), UNDATED)
    half = len(received) // 2
    return np.concatenate([_dated(times, received[:half]), _dated(times, received[half:])])


def _has_due_time(times: DueTimes, received: int) -> bool:
    try:
        times.of(np.array([received]))
    except _UNKNOWN:
        return False
    return True


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant such that figures need no question that ended and was silent since.

    Whatever was received before it was due before every window (at least one) and before the last
    30 days, in which mailboxes are to be heard of.
    """
    spans = list(windows)
    zone = municipality.zone
    starts = [span.start for span in spans]
    starts += [window(COVERAGE_WINDOW, span.end, zone).start for span in spans]
    start = min(starts)
    return min((start, *(_reach(times, start) for times in _all_due_times(municipality))))


def _reach(times: DueTimes, start: int) -> int:
    """Return a midnight: whatever was received before it was due before ``start``.

    Who comes later is due later, but for the hour that a clock is put back: hence a day to spare.
    """
    zone = times.office.hours.zone
    today = day_of(start, zone)
    back = 1
    while back <= _FARTHEST_DAYS and today.year >= times.office.days.first_year:
        due = due_column(times, np.array([midnight(today - timedelta(days=back), zone)]))
        if int(due[0]) < start:
            return midnight(today - timedelta(days=back + 1), zone)
        back *= 2
    return _EVERYTHING


def _all_due_times(municipality: Municipality) -> Iterator[DueTimes]:
    """Yield what says when questions are due by every promise there is, each way just once."""
    seen: set[Any] = set()
    for queue in filter(is_mailbox, municipality.queues.values()):
        for target in itertools.chain(*versions_by_promise(queue.targets).values()):
            times = municipality.due_times(queue.id, target)
            # Working days and days are the same for all mailboxes.
            key = (target.limit, target.rule, id(queue.promised) if _goes_by_hours(target) else 0)
            if key not in seen:
                seen.add(key)
                yield times


def _goes_by_hours(target: ServiceTarget) -> bool:
    return target.limit is not None and target.limit.unit == "wh"
