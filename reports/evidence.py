"""What a report is of: the figures of its period, of its months and of periods to compare with.

They are read from the archive into the books that live figures are of, and the same code judges
them. So each figure of the period is the one that ``svarsgrad replay`` has of the same events, as
of the same instant.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from reports.figures import Figures
from reports.periods import ASKED, Period
from streams.archive import schema
from streams.archive.reading import CALLS, ITEMS, books_as_of
from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.phone.evaluation import needed_since
from streams.domain.phone.legs import Frame as CallsFrame
from streams.domain.phone.patterns import Pattern, patterns_of
from streams.domain.report import Frames, Spans, frames_of, report_of
from streams.domain.windows import Window, day_of
from streams.figures import as_data

Progress = Callable[[str], None]
QUIET: Final = timedelta(days=14)
"""So long may nothing have come at the beginning of a period that the archive has whole."""


class NothingToReportError(Exception):
    """There is nothing of the period in the archive; whoever asked must act. One line."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a report is drawn from."""

    municipality: Municipality
    period: Period
    as_of: int
    figures: Figures
    """Of the whole period."""
    months: Mapping[str, Figures]
    """By name of month; none of a period that is one."""
    versions: Mapping[tuple[date, date], Figures]
    """Of the part of the period in which a promise held that held in no more of it."""
    patterns: Mapping[str, Pattern]
    before: Figures | None
    """Of the period before; None if there is none, or nothing in it."""
    year_before: Figures | None
    """Of the same period of the year before; None likewise."""
    rest_of_last_year: Figures | None
    """Of the months of the year before that are to come of this one; None likewise."""
    gaps: int
    """Stretches of the log that the archive has lost."""
    erased: tuple[tuple[date, str], ...]
    """Decisions by which some of the period has been erased: all before a day, and which."""
    complete_from: Mapping[str, date]
    """By queue: from which day on the archive has what came to it, and nothing is erased."""
    strangers: tuple[tuple[str, int], ...]
    """Queues of calls that the catalogue doesn't have, with how many legs; the most first."""

    def target(self, id_: str) -> ServiceTarget:
        """Return a promise as it read last in the period, or else as it reads last."""
        held = [its for its in held_in(self.municipality, self.period) if its.id == id_]
        return (held or list(self.municipality.targets[id_]))[-1]

    def has_whole(self, period: Period, queues: Iterable[str] = ()) -> bool:
        """Say whether the archive has all of a period, of some queues or else of any.

        Days may pass at its beginning, on which nobody calls.
        """
        known = [self.complete_from.get(queue, date.max) for queue in queues] or [
            min(self.complete_from.values(), default=date.max)
        ]
        return max(known) <= period.first + QUIET

    def of(self, target: ServiceTarget) -> Figures:
        """Return the figures of the part of the period in which a version of a promise held."""
        return self.versions.get(span_of(target, self.period), self.figures)


def span_of(target: ServiceTarget, period: Period) -> tuple[date, date]:
    """Return in which part of a period a version of a promise held, ``[first, after)``."""
    until = period.after if target.valid_to is None else min(period.after, target.valid_to)
    return max(period.first, target.valid_from), until


def held_in(municipality: Municipality, period: Period) -> list[ServiceTarget]:
    """Return the versions of promises that held at any time of a period, in order."""
    return [
        version
        for versions in municipality.targets.values()
        for version in versions
        if (span := span_of(version, period))[0] < span[1]
    ]


def gather(
    connection: Connection,
    municipality: Municipality,
    period: Period,
    as_of: int,
    progress: Progress = lambda _: None,
) -> Evidence:
    """Return what there is to report on a period, as of an instant at or after its end.

    Raises :class:`NothingToReportError` if nothing has happened in it.
    """
    zone = municipality.zone
    asked = period.window(zone)
    require_any(connection, municipality, period)
    parts = {
        span: Period(*span, "part").window(zone, f"{span[0]}/{span[1]}")
        for version in held_in(municipality, period)
        if (span := span_of(version, period)) != (period.first, period.after)
    }
    months = [] if period.kind == "month" else period.months
    windows = [asked, *(month.window(zone, month.name) for month in months), *parts.values()]
    others = [
        (other, other.window(zone))
        for other in {period.before, period.year_before, rest_of_last_year(period)} - {None}
        if other is not None and _has_any(connection, municipality, other.window(zone))
    ]
    # Each of the others as of its own end, as its own report has it.
    spans = [((window,), window.end) for _, window in sorted(others, key=_start_of_other)]
    read = _read(connection, municipality, [*spans, (windows, as_of)], progress)
    earlier = {}
    for other, _ in sorted(others, key=_start_of_other):
        frames = next(read)
        progress(f"räknar {other.said}")
        earlier[other] = Figures(as_data(report_of(municipality, frames), ASKED))
        del frames
    frames = next(read)
    read.close()
    progress(f"räknar {period.said}")
    report = report_of(municipality, frames)
    return Evidence(
        municipality=municipality,
        period=period,
        as_of=as_of,
        figures=Figures(as_data(report, ASKED)),
        months={month.name: Figures(as_data(report, month.name), month.name) for month in months},
        versions={
            span: Figures(as_data(report, window.name), window.name)
            for span, window in parts.items()
        },
        patterns=patterns_of(municipality, frames.calls, as_of, asked),
        before=None if period.before is None else earlier.get(period.before),
        year_before=earlier.get(period.year_before),
        rest_of_last_year=earlier.get(rest_of_last_year(period) or period),
        gaps=len(connection.execute(select(schema.gap.c.topic)).all()),
        erased=_erased(connection, municipality, asked),
        complete_from=_complete_from(connection, municipality),
        strangers=_strangers(municipality, frames, asked),
    )


def _start_of_other(other: tuple[Period, Window]) -> int:
    return other[1].start


def rest_of_last_year(period: Period) -> Period | None:
    """Return those months of the year before that are to come of a part of a year."""
    rest = period.rest_of_year if period.kind == "part" else []
    if not rest:
        return None
    return Period(rest[0].year_before.first, rest[-1].year_before.after, "part")


def _read(
    connection: Connection,
    municipality: Municipality,
    asked: Sequence[tuple[Sequence[Window], int]],
    progress: Progress,
) -> Generator[Frames]:
    """Yield the frames of some windows as of an instant at or after their end, for each asked.

    They stand in order of time. Calls are read first, one time after the other, so that they are
    never in memory beside the rest. That is read once: most of what one needs, the next one does
    too, and what its horizons don't keep is let go of, as replay does.
    """
    zone = municipality.zone
    calls = []
    for windows, now in asked:
        start = min(window.start for window in windows)
        progress(f"läser samtal från {day_of(start, zone)}")
        calls.append(read_calls(connection, municipality, windows, now))
    first = min(window.start for windows, _ in asked for window in windows)
    progress("läser frågor och ärenden")
    items = books_as_of(connection, municipality, first, asked[-1][1], ITEMS)
    for (windows, now), (frame, how_many) in zip(asked, calls, strict=True):
        items.prune(min(window.start for window in windows), zone)
        by_length = tuple(sorted(windows, key=lambda window: window.length))
        frames = frames_of(municipality, items, now, Spans(tuple(windows), by_length))
        yield replace(frames, calls=frame, sizes={**frames.sizes, "calls": how_many})


def read_calls(
    connection: Connection, municipality: Municipality, windows: Sequence[Window], now: int
) -> tuple[CallsFrame, int]:
    """Return the calls of some windows as of now, and how many the archive has there."""
    start = min(window.start for window in windows)
    books = books_as_of(connection, municipality, start, now, CALLS)
    return books.calls.recent(needed_since(municipality, windows), now), len(books.calls)


def figures_by_month(
    connection: Connection, municipality: Municipality, period: Period
) -> dict[str, Figures]:
    """Return the figures of each month of a period, as of its end."""
    asked = period.window(municipality.zone)
    windows = [month.window(municipality.zone, month.name) for month in period.months]
    (frames,) = _read(connection, municipality, [((asked, *windows), asked.end)], lambda _: None)
    report = report_of(municipality, frames)
    return {its.name: Figures(as_data(report, its.name), its.name) for its in windows}


def require_any(connection: Connection, municipality: Municipality, period: Period) -> None:
    """See that anything of a period is there. Raises :class:`NothingToReportError`."""
    if not _has_any(connection, municipality, period.window(municipality.zone)):
        raise NothingToReportError(
            f"arkivet har inget från {period.said} för {municipality.name}: "
            f"{_what_there_is(connection, municipality)}"
        )


def _has_any(connection: Connection, municipality: Municipality, window: Window) -> bool:
    """Say whether anything that is counted began in a window."""
    return any(
        connection.execute(
            select(began)
            .where(table.c.municipality == municipality.id)
            .where(began >= window.start)
            .where(began < window.end)
            .limit(1)
        ).first()
        for table, began in _COUNTED
    )


_COUNTED = [
    (table, schema.BEGAN[table])
    for table in (schema.leg, schema.question, schema.case, schema.survey_answer)
]


def _what_there_is(connection: Connection, municipality: Municipality) -> str:
    days = sorted(
        day
        for table, began in _COUNTED
        for order in (began.asc(), began.desc())
        for day in connection.scalars(
            select(began).where(table.c.municipality == municipality.id).order_by(order).limit(1)
        )
    )
    if not days:
        return "det är tomt; kör svarsgrad archive först"
    first, last = (day_of(at, municipality.zone) for at in (days[0], days[-1]))
    return f"det har händelser från {first} till {last}"


def _complete_from(connection: Connection, municipality: Municipality) -> dict[str, date]:
    """Return the day of the first thing that came to each queue; later, if more is erased.

    What is told of cases and questions with hindsight began before anybody told of it: where there
    are calls, nothing is taken to have begun before them.
    """
    zone, found = municipality.zone, dict[str, date]()
    kinds = {"mailbox": schema.question, "cases": schema.case}
    for queue in sorted(municipality.queues.values(), key=lambda its: not its.is_phone):
        table = kinds.get(queue.kind, schema.leg)
        began = schema.BEGAN[table]
        first = connection.scalar(  # the tables stand in order of time: it is soon found
            select(began)
            .where(table.c.municipality == municipality.id)
            .where(table.c.queue == queue.id)
            .order_by(began)
            .limit(1)
        )
        if first is not None:
            of_calls = date.min if queue.is_phone else min(found.values(), default=date.min)
            found[queue.id] = max(of_calls, day_of(first, zone))
    its = schema.erasure.c
    erased = connection.scalar(
        select(func.max(its.before)).where(its.municipality == municipality.id)
    )
    until = date.min if erased is None else day_of(erased, zone)
    return {queue: max(first, until) for queue, first in found.items()}


def _erased(
    connection: Connection, municipality: Municipality, window: Window
) -> tuple[tuple[date, str], ...]:
    its = schema.erasure.c
    found = connection.execute(
        select(its.before, its.decision)
        .where(its.municipality == municipality.id)
        .where(its.before > window.start)
        .order_by(its.before)
    )
    return tuple((day_of(before, municipality.zone), decision) for before, decision in found)


def _strangers(
    municipality: Municipality, frames: Frames, window: Window
) -> tuple[tuple[str, int], ...]:
    calls = frames.calls
    inside = calls.queue[(calls.arrived >= window.start) & (calls.arrived < window.end)]
    legs = np.bincount(inside, minlength=len(calls.queues)).tolist()
    counts = {
        name: count
        for name, count in zip(calls.queues, legs, strict=True)
        if count and name not in municipality.queues
    }
    return tuple(sorted(counts.items(), key=lambda its: (-its[1], its[0])))
