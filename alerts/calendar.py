"""Working time as Alertmanager's time intervals: a second belt round the rules' own.

A week that repeats, and days that are not as their week has it. Alertmanager knows no exceptions:
what is closed on such days is written as when to keep still, what is open then beside the week.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.domain.catalogue import Municipality
from streams.domain.working_time import MINUTES_A_DAY, Hours, Segment, Segments

YEARS: Final = 2
"""For so many years closed days are written; the file is made anew before they are over."""
MINUTES_TO_END: Final = 60
"""So long after closing Alertmanager hears that alerts end: the longest that any is kept firing.

If it didn't, it would take what begins the next day for what it has told."""
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Times:
    """One of a municipality's hours: when something may be told, and when not."""

    name: str
    hours: Hours
    first_year: int

    @property
    def closed_name(self) -> str:
        """Return what the days are called on which it is closed out of the ordinary."""
        return f"{self.name}-stangt"

    def opened(self) -> dict[str, Any]:
        """Return the interval in which it is open, or has just closed.

        Its weeks, and days on which it is longer.
        """
        intervals = [
            {"weekdays": days, "times": _times(_with_what_ends(segments))}
            for segments, days in self._week().items()
            if segments
        ]
        intervals += [
            {**_on(day), "times": _times(_with_what_ends(segments))}
            for day, segments in self._special()
            if segments
        ]
        return self._named(self.name, intervals)

    def closed(self) -> dict[str, Any] | None:
        """Return when it is closed on days that are not as their week; None if there are none."""
        intervals = [
            {**_on(day), "times": _times(shut)}
            for day, segments in self._special()
            if (shut := _complement(_with_what_ends(segments)))
        ]
        return self._named(self.closed_name, intervals) if intervals else None

    def _named(self, name: str, intervals: Sequence[dict[str, Any]]) -> dict[str, Any]:
        where = {"location": str(self.hours.zone)}
        return {"name": name, "time_intervals": [{**its, **where} for its in intervals]}

    def _week(self) -> dict[Segments, list[str]]:
        found: dict[Segments, list[str]] = {}
        for weekday, segments in zip(WEEKDAYS, self.hours.week, strict=True):
            found.setdefault(segments, []).append(weekday)
        return found

    def _special(self) -> Iterator[tuple[date, Segments]]:
        day = date(self.first_year, 1, 1)
        while day.year < self.first_year + YEARS:
            segments = self.hours.segments(day)
            if segments != self.hours.week[day.weekday()]:
                yield day, segments
            day += timedelta(days=1)


def weekly_name(municipality: str) -> str:
    """Return what the time of a municipality's weekly letter is called."""
    return f"{municipality}-veckobrev"


def weekly(municipality: Municipality) -> dict[str, Any]:
    """Return when a municipality's weekly letter is sent; without a zone with a name, in UTC."""
    zone = municipality.zone
    where = {"location": str(zone)} if isinstance(zone, ZoneInfo) else {}
    times = [{"start_time": "08:00", "end_time": "08:30"}]
    interval = {"weekdays": ["monday"], "times": times, **where}
    return {"name": weekly_name(municipality.id), "time_intervals": [interval]}


def times_of(municipality: Municipality, first_year: int) -> dict[str, Times]:
    """Return the times of each queue that has hours, by queue: others' are the office's.

    Of a municipality whose zone has no name there are none: Alertmanager knows names alone.
    """
    if not isinstance(municipality.zone, ZoneInfo):
        return {}
    known: list[Hours] = []
    found = {}
    for queue in municipality.queues.values():
        # What falls due in writing is told of in office hours: it is to be done by then.
        office = municipality.office.hours if municipality.office else None
        hours = queue.promised if queue.is_phone else office
        if hours is not None and queue.targets:
            if hours not in known:
                known.append(hours)
            name = f"{municipality.id}-oppet-{known.index(hours) + 1}"
            found[queue.id] = Times(name, hours, first_year)
    return found


def _with_what_ends(segments: Segments) -> Segments:
    """Return segments until what fires at their end has ended, joined where they overlap."""
    found: list[Segment] = []
    for segment in segments:
        closes = min(segment.closes + MINUTES_TO_END, MINUTES_A_DAY)
        if found and segment.opens <= found[-1].closes:
            found[-1] = Segment(found[-1].opens, closes)
        else:
            found.append(Segment(segment.opens, closes))
    return tuple(found)


def _times(segments: Segments) -> list[dict[str, str]]:
    return [
        {"start_time": _clock(segment.opens), "end_time": _clock(segment.closes)}
        for segment in segments
    ]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _on(day: date) -> dict[str, list[str]]:
    return {
        "years": [str(day.year)],
        "months": [str(day.month)],
        "days_of_month": [str(day.day)],
    }


def _complement(segments: Segments) -> Segments:
    """Return the rest of a day."""
    edges = [0, *(edge for segment in segments for edge in segment), MINUTES_A_DAY]
    return tuple(
        Segment(opens, closes)
        for opens, closes in zip(edges[::2], edges[1::2], strict=True)
        if opens < closes
    )
