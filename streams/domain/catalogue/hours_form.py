"""Opening hours as people write them: ``mon-fri: "08:00-12:00, 13:00-17:00"``."""

import re
from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from streams.domain.catalogue.fields import Form, Text
from streams.domain.working_time import MINUTES_A_DAY, Hours, Season, Segment, Segments, Week

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED: Final = "closed"

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


def minute(text: str) -> int:
    """Return a time of day (``08:00`` to ``24:00``) in minutes after midnight; else ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return MINUTES_A_DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def day_and_minute(text: str) -> tuple[date, int]:
    """Return the day and the minute of it in ``2026-03-10 08:00``; else ValueError."""
    day, _, time = text.replace("T", " ", 1).partition(" ")
    return date.fromisoformat(day), minute(time)


def segments(text: str) -> Segments:
    """Return the segments in ``08:00-12:00, 13:00-17:00``, none for ``closed``.

    ValueError for what isn't that, is out of order, overlaps or touches.
    """
    if text == CLOSED:
        return ()
    found: list[Segment] = []
    for part in text.split(","):
        opens, dash, closes = part.strip().partition("-")
        segment = Segment(minute(opens), minute(closes))
        after = found[-1].closes if found else -1
        if not dash or not after < segment.opens < segment.closes:
            raise ValueError(text)
        found.append(segment)
    return tuple(found)


def weekdays(text: str) -> range:
    """Return the weekdays (Monday is 0) of ``mon`` or ``mon-fri``; else ValueError."""
    first, dash, last = text.partition("-")
    begin = WEEKDAYS.index(first)
    end = WEEKDAYS.index(last) if dash else begin
    if end < begin:
        raise ValueError(text)
    return range(begin, end + 1)


def _checked(kind: str, read: Any) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str):
            try:
                read(value)
            except ValueError:
                raise PydanticCustomError(kind, "not as it is written") from None
        return value

    return BeforeValidator(check)


Weekdays = Annotated[str, _checked("weekdays", weekdays)]
SegmentsText = Annotated[str, _checked("segments", segments)]
TimeText = Annotated[str, _checked("time", minute)]
InstantText = Annotated[str, _checked("instant", day_and_minute)]
Days = Annotated[list[date], Field(min_length=1)]
WeekForm = Annotated[dict[Weekdays, SegmentsText], Field(min_length=1)]


class SeasonForm(Form):
    """Some dates with a week of their own, such as summer hours."""

    name: Text
    valid_from: date
    valid_to: date
    week: WeekForm


class ShortenedForm(Form):
    """Days on which it closes early."""

    days: Days
    closes: TimeText


class ExceptionForm(Form):
    """Days on which it is open, or closed, out of the ordinary."""

    days: Days
    hours: SegmentsText


class HoursForm(Form):
    """When something is open. A weekday that isn't named is closed."""

    week: WeekForm
    holidays: Literal["closed", "open"] = "closed"
    seasons: list[SeasonForm] = Field(default=[])
    shortened: list[ShortenedForm] = Field(default=[])
    exceptions: list[ExceptionForm] = Field(default=[])


def hours(form: HoursForm, zone: tzinfo, holidays: Mapping[date, str]) -> Hours:
    """Return the hours that a form states, which has been reviewed."""
    return Hours(
        zone=zone,
        week=_week(form.week),
        seasons=tuple(
            Season(season.valid_from, season.valid_to, _week(season.week))
            for season in form.seasons
        ),
        shortened={day: minute(each.closes) for each in form.shortened for day in each.days},
        exceptions={day: segments(each.hours) for each in form.exceptions for day in each.days},
        holidays=holidays if form.holidays == CLOSED else {},
    )


def _week(written: Mapping[str, str]) -> Week:
    week: list[Segments] = [()] * len(WEEKDAYS)
    for days, text in written.items():
        for day in weekdays(days):
            week[day] = segments(text)
    return tuple(week)
