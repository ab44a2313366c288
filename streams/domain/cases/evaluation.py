"""The figures of the cases of a municipality at an instant, judged by its promises.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from streams.domain.cases.clocks import MEASURES, clocks_of
from streams.domain.cases.figures import CasesReport, ClockReport, Overdue, QueueCases
from streams.domain.cases.frame import Frame, Mask
from streams.domain.cases.judging import Administrations, overdue_of, report_of
from streams.domain.cases.openings import opened_in, opened_of, registered_in
from streams.domain.cases.solved import solved_shares
from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, ServiceTarget
from streams.domain.event_types import Channel
from streams.domain.instants import HOUR, NEVER
from streams.domain.windows import Window, day_of, midnight

DAY: Final = 24 * HOUR
_STEPS: Final = tuple(2**power for power in range(12))
"""Days before a window at which is asked whether what begins then is due before the window."""
NO_CONTACTS: Final[Mapping[Channel, int | None]] = {}


def promises_on(municipality: Municipality, queue: str) -> dict[str, list[ServiceTarget]]:
    """Return the promises about cases of a queue: all versions of each, by id; else none."""
    known = municipality.queues.get(queue)
    found: dict[str, list[ServiceTarget]] = {}
    for target in known.targets if known else ():
        if target.measure in MEASURES:
            found.setdefault(target.id, []).append(target)
    return found


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant so early that no window needs what happened only before it.

    What was done by now, and began before then, was also due before the windows. Without windows
    nothing is needed but what is still open.
    """
    starts = [window.start for window in windows]
    if not starts:
        return NEVER
    first = min(starts)
    return min(
        [first]
        + [
            _begins_for(municipality, queue, target, first)
            for queue in municipality.queues
            for versions in promises_on(municipality, queue).values()
            for target in versions
        ]
    )


def _begins_for(municipality: Municipality, queue: str, target: ServiceTarget, first: int) -> int:
    """Return an instant such that no clock that starts before it is due at or after ``first``."""
    due_times, office = municipality.due_times(queue, target), municipality.office
    for days in _STEPS:
        start = first - days * DAY
        if office and day_of(start, municipality.zone).year <= office.days.first_year:
            break
        # What starts later is due later, but for some hours when the clock on the wall is turned.
        (due,) = due_times.of(np.array([start])).tolist()
        if due < first:
            return start - DAY
    return -NEVER


def evaluate_cases(
    municipality: Municipality,
    frame: Frame,
    now: int,
    windows: Iterable[Window],
    incoming: Mapping[Channel, int | None] = NO_CONTACTS,
) -> CasesReport:
    """Return what there is to say of the cases of a frame, which is as of now.

    The frame must have been taken since :func:`needed_since` of the windows, at the latest.
    ``incoming`` is how many contacts came in today by each channel; None, or no entry, of a
    channel that does not report.
    """
    if frame.now != now:
        raise ValueError("a frame is of one instant only")
    spans = list(windows)
    administrations = Administrations(municipality, frame)
    queues: dict[str, QueueCases] = {}
    overdue: list[Overdue] = []
    tomorrow = midnight(day_of(now, municipality.zone) + timedelta(days=1), municipality.zone)
    for queue, its in _by_queue(municipality, frame, spans).items():
        clocks: dict[str, ClockReport] = {}
        for id_, versions in promises_on(municipality, queue).items():
            all_its = clocks_of(municipality, queue, versions, frame, np.flatnonzero(its))
            clocks[id_] = report_of(all_its, administrations, now, tomorrow, spans)
            overdue += overdue_of(all_its, queue, versions, frame, administrations)
        queues[queue] = QueueCases(
            clocks=clocks,
            opened={
                window.name: opened_of(frame, its & opened_in(frame, window), administrations)
                for window in spans
            },
        )
    return CasesReport(
        queues=queues,
        opened={
            window.name: opened_of(frame, opened_in(frame, window), administrations)
            for window in spans
        },
        contacts={window.name: registered_in(frame, window) for window in spans},
        solved=solved_shares(municipality, frame, spans, incoming),
        overdue=tuple(sorted(overdue)),
    )


def _by_queue(
    municipality: Municipality, frame: Frame, windows: Sequence[Window]
) -> dict[str, Mask]:
    """Return which cases each queue has, of those queues that are shown."""
    place = {name: number for number, name in enumerate(municipality.queues)}
    unknown = len(place)
    shown = np.array([place.get(name, unknown) for name in frame.queues], dtype=np.int64)
    queue = shown[frame.queue]
    counted = frame.lives.is_open.copy()
    for window in windows:
        counted |= opened_in(frame, window)
    there = set(np.unique(queue[counted]).tolist())
    names = (*municipality.queues, UNKNOWN_QUEUE)
    return {
        name: queue == number
        for number, name in enumerate(names)
        if number in there or (number < unknown and municipality.queues[name].kind == "cases")
    }
