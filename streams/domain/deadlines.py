"""When an answer is due: in N working days, working hours or calendar days from its arrival.

Working days belong to the municipality, opening hours to a queue. A bridge day on which the office
is closed is a working day all the same, and a mailbox that is open round the clock makes no
Saturday one.

Source: the definitions of working days and due times in docs/decisions/0008; Swedish holidays by
the library ``holidays``, with the three eves that nobody works (midsommarafton, julafton,
nyårsafton).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import Final, Literal

import holidays

from streams.domain.instants import HOUR, SECOND, moment
from streams.domain.working_time import Hours, wall

Rule = Literal["arrival_day", "next_opening"]
Unit = Literal["wd", "wh", "d"]

FIRST_YEAR: Final = 2005
"""Since then Sweden has had the holidays it has now."""
LAST_YEAR: Final = 2100
"""The last that the library knows."""
SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)
MOST: Final = 9_999
"""The largest number of a limit."""
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,3})(wd|wh|d)")


class UnknownHolidaysError(ValueError):
    """Asked of a day for which no holidays are known; ``first`` and ``last`` year are."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"holidays are known from {first} to {last}")
        self.first = first
        self.last = last


class Received(Enum):
    """When on day 0 something arrived, as the office sees it."""

    BEFORE_OPENING = "before opening"
    OPEN = "while it is open"
    CLOSED_FOR_A_WHILE = "between two segments of a day"
    AFTER_CLOSING = "after closing"
    OFFICE_CLOSED = "on a working day on which the office is closed"
    NOT_A_WORKING_DAY = "on a day that is no working day"


@dataclass(frozen=True, slots=True)
class Limit:
    """A time to answer within: ``2wd`` (working days), ``8wh`` (working hours), ``3d`` (days)."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Return the limit that a text like ``2wd`` states; else ValueError."""
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise ValueError(f"no limit: {text!r}")
        unit: Unit = match[2]  # type: ignore[assignment] # the pattern has no others
        return cls(int(match[1]), unit)


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, and what the way there was."""

    at: int
    """An answer at this very instant is in time."""
    received: Received
    counted_from: date
    """Day 0 of working days; else the day of arrival."""
    skipped: Mapping[date, str]
    """Weekdays on the way that don't count, with their names; the day of arrival is none."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days a municipality works: Monday to Friday but for Sweden's holidays and eves."""

    first_year: int
    last_year: int
    holidays: Mapping[date, str]

    def name_of_day_off(self, day: date) -> str | None:
        """Return why a day is no working day (``"lördag"``, ``"Midsommarafton"``); None if it is.

        A holiday's name comes before that of the weekday. :class:`UnknownHolidaysError` beyond
        the years that are known.
        """
        if not self.first_year <= day.year <= self.last_year:
            raise UnknownHolidaysError(self.first_year, self.last_year)
        name = self.holidays.get(day)
        if name is None and day.weekday() >= SATURDAY:
            return "lördag" if day.weekday() == SATURDAY else "söndag"
        return name

    def is_working(self, day: date) -> bool:
        """Say whether a day is a working day."""
        return self.name_of_day_off(day) is None

    def day_zero(self, day: date) -> date:
        """Return the day itself if it is a working day, else the next one."""
        while not self.is_working(day):
            day += _ONE_DAY
        return day

    def after(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after a day, which itself need not be one."""
        for _ in range(count):
            day = self.day_zero(day + _ONE_DAY)
        return day


@cache
def swedish_working_days(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> WorkingDays:
    """Return the working days of a Swedish municipality in these years, both included.

    ValueError for years the library does not know.
    """
    known = holidays.country_holidays("SE")
    if not known.start_year <= first_year <= last_year <= known.end_year:
        raise ValueError(f"holidays are known from {known.start_year} to {known.end_year}")
    found = holidays.country_holidays(
        "SE",
        categories=("public", "de_facto"),
        language="sv",
        include_sundays=False,
        years=range(first_year, last_year + 1),
    )
    return WorkingDays(first_year, last_year, dict(sorted(found.items())))


@dataclass(frozen=True, slots=True)
class Office:
    """A municipality's working days, and the hours that close a day."""

    days: WorkingDays
    hours: Hours

    def due(
        self,
        arrived: int,
        limit: Limit,
        rule: Rule = "arrival_day",
        queue_hours: Hours | None = None,
    ) -> Due:
        """Return when something that arrived at an instant is due.

        - ``wd``: at the office's normal closing time of the N-th working day after day 0, also
          when that day is shortened. Day 0 is the day of arrival, or the next working day; with
          the rule ``next_opening``, the working day on which the office next is open.
        - ``wh``: when the queue (without ``queue_hours``: the office) has been open for N hours.
        - ``d``: N days later at the same time on the wall.

        Raises what :class:`WorkingDays` and :class:`Hours` raise.
        """
        zone = self.hours.zone
        on_the_wall = moment(arrived).astimezone(zone)
        first = begins = on_the_wall.date()
        hours = self.hours
        skipped: Mapping[date, str] = {}
        match limit.unit:
            case "d":
                minutes = on_the_wall.hour * 60 + on_the_wall.minute
                rest = on_the_wall.second * SECOND + on_the_wall.microsecond
                at = wall(first + limit.count * _ONE_DAY, minutes, zone) + rest
            case "wh":
                hours = queue_hours or hours
                at = hours.after(arrived, limit.count * HOUR)
                last = moment(at - 1).astimezone(zone).date()
                skipped = self._skipped(first, last, lambda day: not hours.segments(day))
            case "wd":
                counted = arrived if rule == "arrival_day" else hours.next_opening(arrived)
                begins = self.days.day_zero(moment(counted).astimezone(zone).date())
                last = self.days.after(begins, limit.count)
                at, skipped = self.closing(last), self._skipped(first, last, lambda _: True)
        return Due(at, self.received(arrived, hours), begins, skipped)

    def closing(self, day: date) -> int:
        """Return when a day normally closes, whatever its special hours; midnight if never."""
        segments = self.hours.ordinary(day)
        return wall(day, segments[-1].closes if segments else 24 * 60, self.hours.zone)

    def received(self, arrived: int, hours: Hours) -> Received:
        """Return how an arrival lies in its day, as somebody with these hours sees it."""
        day = moment(arrived).astimezone(hours.zone).date()
        spans = hours.spans_of(day)
        if hours.is_open(arrived):
            return Received.OPEN
        if not self.days.is_working(day):
            return Received.NOT_A_WORKING_DAY
        if not spans:
            return Received.OFFICE_CLOSED
        if arrived < spans[0][0]:
            return Received.BEFORE_OPENING
        if arrived >= spans[-1][1]:
            return Received.AFTER_CLOSING
        return Received.CLOSED_FOR_A_WHILE

    def _skipped(
        self, first: date, last: date, is_off: Callable[[date], bool]
    ) -> Mapping[date, str]:
        days = (first + n * _ONE_DAY for n in range(1, (last - first).days + 1))
        return {
            day: self.days.holidays[day]
            for day in days
            if day in self.days.holidays and day.weekday() < SATURDAY and is_off(day)
        }
