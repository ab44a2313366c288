"""Opening hours: when a queue is open, and how much of a stretch of time that is.

Hours are what a wall clock shows, segments ``[opens, closes)`` of each day; everything else is
instants. One primitive turns the one into the other, :meth:`Hours.spans`, and all questions are
asked of spans, so that they can't disagree::

    wall     ┌08───12┐ ┌13───17┐        ┌08───12┐ ┌13───17┐
    ─────────┴───────┴─┴───────┴────────┴───────┴─┴───────┴──▶ time
                            ▲ arrived        ▲ 5 working hours later

A time of day stands for the first instant at which the wall shows it or a later one: what opens at
02.30 opens at 03.00 on the night when 02.30 does not exist, and at the first of two 02.30.

Source: the definitions of hours in docs/decisions/0008-working-time.md.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Final, NamedTuple

from streams.domain.instants import micros, moment

MINUTES_A_DAY: Final = 24 * 60
FARTHEST_DAYS: Final = 1_500
"""How far ahead an opening is looked for: a queue that is closed so long never opens."""

_ONE_DAY: Final = timedelta(days=1)


class NeverOpenError(ValueError):
    """Asked for an opening that doesn't come; whoever wrote the hours must act."""


class Segment(NamedTuple):
    """A part of a day, ``[opens, closes)`` in minutes after midnight as a wall clock has them."""

    opens: int
    closes: int
    """At most 1,440: midnight at the end of the day."""


Segments = tuple[Segment, ...]
Week = tuple[Segments, ...]
"""Seven days' segments, Monday first."""

WHOLE_DAY: Final[Segments] = (Segment(0, MINUTES_A_DAY),)


@dataclass(frozen=True, slots=True)
class Season:
    """A stretch of dates, ``[valid_from, valid_to)``, with a week of its own."""

    valid_from: date
    valid_to: date
    week: Week


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a queue is open. Segments of a day are in order and do not touch.

    What decides a day, first come first: an exception (open or closed out of the ordinary), a
    public holiday (closed), a listed shortened day (its ordinary segments, cut), a season, the
    week. Raises ValueError for segments out of order and seasons that overlap.
    """

    zone: tzinfo
    week: Week
    seasons: tuple[Season, ...] = ()
    shortened: Mapping[date, int] = field(default_factory=lambda: MappingProxyType({}))
    """Date → minute of the day at which it closes early."""
    exceptions: Mapping[date, Segments] = field(default_factory=lambda: MappingProxyType({}))
    holidays: Mapping[date, str] = field(default_factory=lambda: MappingProxyType({}))
    """Days on which it is closed whatever the week says; date → name."""
    _known: dict[date, tuple[tuple[int, int], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if any(len(week) != 7 for week in (self.week, *(season.week for season in self.seasons))):
            raise ValueError("a week has seven days")
        for week in (self.week, *(season.week for season in self.seasons)):
            for segments in week:
                _check(segments)
        for segments in self.exceptions.values():
            _check(segments)
        ordered = sorted(self.seasons, key=lambda season: season.valid_from)
        for season in ordered:
            if season.valid_to <= season.valid_from:
                raise ValueError("a season ends after it begins")
        for earlier, later in itertools.pairwise(ordered):
            if later.valid_from < earlier.valid_to:
                raise ValueError("seasons don't overlap")

    @classmethod
    def always(cls, zone: tzinfo) -> "Hours":
        """Return hours that never close."""
        return cls(zone=zone, week=(WHOLE_DAY,) * 7)

    # A day.

    def ordinary(self, day: date) -> Segments:
        """Return what a day of that weekday and season has, were it no special day."""
        for season in self.seasons:
            if season.valid_from <= day < season.valid_to:
                return season.week[day.weekday()]
        return self.week[day.weekday()]

    def segments(self, day: date) -> Segments:
        """Return the segments of a day; none if it is closed."""
        exception = self.exceptions.get(day)
        if exception is not None:
            return exception
        if day in self.holidays:
            return ()
        closes = self.shortened.get(day, MINUTES_A_DAY)
        return tuple(
            Segment(segment.opens, min(segment.closes, closes))
            for segment in self.ordinary(day)
            if segment.opens < closes
        )

    def spans_of(self, day: date) -> Sequence[tuple[int, int]]:
        """Return a day's segments as half-open spans of instants, in order; none empty."""
        known = self._known.get(day)
        if known is None:
            spans = (
                (wall(day, segment.opens, self.zone), wall(day, segment.closes, self.zone))
                for segment in self.segments(day)
            )
            known = self._known[day] = tuple((a, b) for a, b in spans if a < b)
        return known

    # Any stretch of time.

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield when it is open in ``[start, end)``: half-open spans in order, cut at both ends.

        Spans that touch, as at midnight, are not joined.
        """
        if start >= end:
            return
        day, last = self._day(start), self._day(end - 1)
        while day <= last:
            for opens, closes in self.spans_of(day):
                if opens < end and closes > start:
                    yield max(opens, start), min(closes, end)
            day += _ONE_DAY

    def edges(self, start: int, end: int) -> list[int]:
        """Return when it opens, closes, opens … in ``[start, end)``; spans that touch are one."""
        edges: list[int] = []
        for opens, closes in self.spans(start, end):
            if edges and edges[-1] == opens:
                edges[-1] = closes
            else:
                edges += [opens, closes]
        return edges

    def is_open(self, instant: int) -> bool:
        """Say whether it is open at an instant."""
        return any(True for _ in self.spans(instant, instant + 1))

    def next_opening(self, instant: int) -> int:
        """Return the first instant, at or after this one, at which it is open.

        Raises :class:`NeverOpenError` if there is none within some years.
        """
        for opens, _ in self._ahead(instant):
            return opens
        raise NeverOpenError(f"it does not open within {FARTHEST_DAYS} days")

    def working(self, start: int, end: int) -> int:
        """Return for how many microseconds it is open in ``[start, end)``; 0 if they cross."""
        return sum(closes - opens for opens, closes in self.spans(start, end))

    def after(self, instant: int, working: int) -> int:
        """Return the first instant by which it has been open for ``working`` microseconds.

        With 0 that is the instant itself. Raises :class:`NeverOpenError`, and ValueError for a
        negative amount.
        """
        if working < 0:
            raise ValueError("working time is not negative")
        if not working:
            return instant
        for opens, closes in self._ahead(instant):
            if working <= closes - opens:
                return opens + working
            working -= closes - opens
        raise NeverOpenError(f"it is not open for so long within {FARTHEST_DAYS} days")

    def _ahead(self, instant: int) -> Iterator[tuple[int, int]]:
        day = self._day(instant)
        for _ in range(FARTHEST_DAYS):
            for opens, closes in self.spans_of(day):
                if closes > instant:
                    yield max(opens, instant), closes
            day += _ONE_DAY

    def _day(self, instant: int) -> date:
        return moment(instant).astimezone(self.zone).date()


def wall(day: date, minutes: int, zone: tzinfo) -> int:
    """Return the first instant at which the wall shows this time of the day, or a later one.

    ``minutes`` are those of the wall after midnight, 0 to 1,440.
    """
    if minutes == MINUTES_A_DAY:
        day, minutes = day + _ONE_DAY, 0
    at = datetime.combine(day, time(*divmod(minutes, 60)), zone)
    found, shown = micros(at), at.replace(tzinfo=None)
    if _shown(found, zone) == shown:
        return found
    before, after = micros(at.replace(fold=1)), found  # the clock jumps over it, between these
    while after - before > 1:
        middle = (before + after) // 2
        if _shown(middle, zone) < shown:
            before = middle
        else:
            after = middle
    return after


def _shown(instant: int, zone: tzinfo) -> datetime:
    return moment(instant).astimezone(zone).replace(tzinfo=None)


def _check(segments: Segments) -> None:
    ended = -1
    for segment in segments:
        if not ended < segment.opens < segment.closes <= MINUTES_A_DAY:
            raise ValueError("a day's segments are in order, not empty, and don't touch")
        ended = segment.closes
