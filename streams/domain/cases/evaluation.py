"""The figures of a municipality's cases at an instant: by inbox, by promise, and in all.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np

from streams.domain.cases.clocks import Clocks, clocks_of, pooled
from streams.domain.cases.due import versions_by_promise
from streams.domain.cases.figures import CasesReport, Overdue, QueueCases
from streams.domain.cases.frame import Frame, Mask
from streams.domain.cases.judging import Administrations, overdue_of, promise_report, promised
from streams.domain.cases.openings import opened_in, opened_of, registered_in
from streams.domain.cases.solved import solved_shares
from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, Queue, ServiceTarget
from streams.domain.event_types import Channel
from streams.domain.kept import Promised
from streams.domain.windows import Window, day_of, midnight

NO_CONTACTS: Final[Mapping[str, Mapping[Channel, int | None]]] = MappingProxyType({})


def evaluate_cases(
    municipality: Municipality,
    frame: Frame,
    now: int,
    windows: Iterable[Window],
    incoming: Mapping[str, Mapping[Channel, int | None]] = NO_CONTACTS,
) -> CasesReport:
    """Return what there is to say of a municipality's cases as of now.

    ``frame`` is as of now and has what matters since
    :func:`~streams.domain.cases.due.needed_since` of the windows, none of which reaches beyond
    now; ValueError for a frame of another instant. ``incoming`` is how many contacts came in by
    each channel, by name of window: None, or no entry, of a channel that does not report.
    """
    if frame.now != now:
        raise ValueError("a frame is of one instant only")
    spans = list(windows)
    today = day_of(now - 1, municipality.zone)
    ends = midnight(day_of(now, municipality.zone) + timedelta(days=1), municipality.zone)
    administrations = Administrations(municipality, frame)
    queues: dict[str, QueueCases] = {}
    parts: dict[str, list[Clocks]] = {}
    overdue: list[Overdue] = []
    for id_, cases in _by_queue(municipality, frame, spans).items():
        known, promises = municipality.queues.get(id_), dict[str, Promised]()
        for promise, versions in versions_by_promise(known.targets if known else ()).items():
            clocks = clocks_of(municipality, id_, versions, frame, cases)
            parts.setdefault(promise, []).append(clocks)
            overdue += overdue_of(clocks, id_, versions, frame, administrations)
            its = promised(clocks, now, ends, spans)
            if its.has_any or _holds(versions, today):
                promises[promise] = its
        queues[id_] = QueueCases(
            open=int((cases & frame.lives.is_open).sum()),
            promises=promises,
            opened={
                window.name: opened_of(frame, cases & opened_in(frame, window), administrations)
                for window in spans
            },
        )
    reports = {
        promise: promise_report(pooled(clocks), administrations, now, ends, spans)
        for promise, clocks in parts.items()
    }
    return CasesReport(
        queues=queues,
        promises={
            promise: report
            for promise, report in reports.items()
            if report.promised.has_any or _holds(municipality.targets[promise], today)
        },
        opened={
            window.name: opened_of(frame, opened_in(frame, window), administrations)
            for window in spans
        },
        contacts={window.name: registered_in(frame, window) for window in spans},
        solved=solved_shares(municipality, frame, spans, incoming),
        overdue=tuple(sorted(overdue)),
    )


def _holds(versions: Iterable[ServiceTarget], day: date) -> bool:
    return any(version.is_valid_on(day) for version in versions)


def _by_queue(
    municipality: Municipality, frame: Frame, windows: Sequence[Window]
) -> dict[str, Mask]:
    """Return which cases each queue has, of those queues that are shown."""
    place = {id_: number for number, id_ in enumerate(municipality.queues)}
    unknown = len(place)
    shown = np.array([place.get(name, unknown) for name in frame.queues], dtype=np.int64)
    queue = shown[frame.queue]
    counted = frame.lives.is_open
    for window in windows:
        counted |= opened_in(frame, window)
    there = set(np.unique(queue[counted]).tolist())
    found = {
        id_: queue == number
        for id_, number in place.items()
        if number in there or is_inbox(municipality.queues[id_])
    }
    if unknown in there:
        found[UNKNOWN_QUEUE] = queue == unknown
    return found


def is_inbox(queue: Queue) -> bool:
    """Say whether a queue is one of cases."""
    return queue.kind == "cases"
