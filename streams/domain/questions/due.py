"""Which questions matter to a report: how far back they were due, by any promise.

Source: docs/decisions/0009-questions.md.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

from streams.domain.catalogue import Municipality, Queue, ServiceTarget
from streams.domain.due_times import DueTimes
from streams.domain.windows import Window, window

COVERAGE_WINDOW: Final = "30d"
"""A mailbox that has not been heard of in it does not report."""


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


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant such that figures need no question that ended and was silent since.

    Whatever was received before it was due before every window (at least one) and before the last
    30 days, in which mailboxes are to be heard of.
    """
    spans = list(windows)
    starts = [span.start for span in spans]
    starts += [window(COVERAGE_WINDOW, span.end, municipality.zone).start for span in spans]
    start = min(starts)
    return min((start, *(times.reach(start) for times in _all_due_times(municipality))))


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
