"""Due times: working days of the municipality, working hours of the office, days on the wall."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.deadlines import (
    Due,
    Limit,
    Office,
    Received,
    Rule,
    UnknownHolidaysError,
    swedish_working_days,
)
from streams.domain.instants import micros, moment
from streams.domain.working_time import Hours, Segment

ZONE = ZoneInfo("Europe/Stockholm")
WEEK = ((Segment(8 * 60, 17 * 60),),) * 5 + ((), ())
DAYS = swedish_working_days(2005, 2100)
OFFICE = Office(
    DAYS,
    Hours(
        zone=ZONE,
        week=WEEK,
        shortened={date(2026, 4, 2): 15 * 60, date(2026, 4, 30): 12 * 60},
        exceptions={date(2026, 5, 15): ()},  # the bridge day: closed
        holidays=DAYS.holidays,
    ),
)


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def due(arrived: str, limit: str, rule: Rule = "arrival_day", office: Office = OFFICE) -> Due:
    return office.due(at(arrived), Limit.parse(limit), rule)


def shown(instant: int) -> str:
    return moment(instant).astimezone(ZONE).replace(tzinfo=None).isoformat(" ", "minutes")


@pytest.mark.parametrize(
    ("arrived", "limit", "rule", "expected"),
    [
        # An ordinary Monday, at any time of it, over a weekend, and on one.
        ("2026-11-23 10:00", "2wd", "arrival_day", "2026-11-25 17:00"),
        ("2026-11-23 00:00", "2wd", "arrival_day", "2026-11-25 17:00"),
        ("2026-11-23 23:59", "2wd", "arrival_day", "2026-11-25 17:00"),
        ("2026-11-20 16:59", "2wd", "arrival_day", "2026-11-24 17:00"),
        ("2026-11-21 09:00", "2wd", "arrival_day", "2026-11-25 17:00"),
        ("2026-11-22 23:59", "2wd", "arrival_day", "2026-11-25 17:00"),
        ("2026-11-20 10:00", "1wd", "arrival_day", "2026-11-23 17:00"),
        # The other rule differs only after closing.
        ("2026-11-23 17:00", "2wd", "next_opening", "2026-11-26 17:00"),
        ("2026-11-23 16:59", "2wd", "next_opening", "2026-11-25 17:00"),
        ("2026-11-23 07:00", "2wd", "next_opening", "2026-11-25 17:00"),
        ("2026-11-21 09:00", "2wd", "next_opening", "2026-11-25 17:00"),
        # Midsommarafton is no holiday by law, and no working day either.
        ("2026-06-18 18:00", "2wd", "arrival_day", "2026-06-23 17:00"),
        ("2026-06-17 12:00", "2wd", "arrival_day", "2026-06-22 17:00"),
        ("2026-12-22 12:00", "2wd", "arrival_day", "2026-12-28 17:00"),
        ("2026-12-30 12:00", "2wd", "arrival_day", "2027-01-05 17:00"),
        # A shortened day, also as the last one: the normal closing time.
        ("2026-03-31 12:00", "2wd", "arrival_day", "2026-04-02 17:00"),
        ("2026-04-02 16:00", "2wd", "arrival_day", "2026-04-08 17:00"),
        ("2026-04-02 16:00", "2wd", "next_opening", "2026-04-09 17:00"),
        # The bridge day counts, though the office is closed.
        ("2026-05-13 12:00", "1wd", "arrival_day", "2026-05-15 17:00"),
        ("2026-05-15 12:00", "1wd", "arrival_day", "2026-05-18 17:00"),
        ("2026-05-15 12:00", "1wd", "next_opening", "2026-05-19 17:00"),
        # Working hours: to the closing time itself, over a shortened day, over closed ones.
        ("2026-11-23 10:00", "7wh", "arrival_day", "2026-11-23 17:00"),
        ("2026-11-23 10:00", "8wh", "arrival_day", "2026-11-24 09:00"),
        ("2026-11-23 17:00", "8wh", "arrival_day", "2026-11-24 16:00"),
        ("2026-04-02 14:00", "2wh", "arrival_day", "2026-04-07 09:00"),
        ("2026-05-13 16:00", "2wh", "arrival_day", "2026-05-18 09:00"),
        # Days of the almanac keep the time on the wall when clocks change.
        ("2026-03-28 12:30", "3d", "arrival_day", "2026-03-31 12:30"),
        ("2026-10-24 12:30", "3d", "arrival_day", "2026-10-27 12:30"),
        ("2026-03-26 02:30", "3d", "arrival_day", "2026-03-29 03:00"),
        ("2026-12-30 00:00", "3d", "arrival_day", "2027-01-02 00:00"),
    ],
)
def test_due_times(arrived: str, limit: str, rule: Rule, expected: str) -> None:
    assert shown(due(arrived, limit, rule).at) == expected


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        ("2026-11-23 07:59", Received.BEFORE_OPENING),
        ("2026-11-23 08:00", Received.OPEN),
        ("2026-11-23 17:00", Received.AFTER_CLOSING),
        ("2026-11-22 12:00", Received.NOT_A_WORKING_DAY),
        ("2026-06-19 12:00", Received.NOT_A_WORKING_DAY),
        ("2026-05-15 12:00", Received.OFFICE_CLOSED),
        ("2026-04-30 12:00", Received.AFTER_CLOSING),
    ],
)
def test_how_an_arrival_lies_in_its_day(arrived: str, expected: Received) -> None:
    assert due(arrived, "1wd").received is expected


@pytest.mark.parametrize(
    ("arrived", "limit", "named"),
    [
        ("2026-06-18 18:00", "2wd", ["Midsommarafton"]),  # Midsommardagen is a Saturday anyhow
        ("2026-06-18 18:00", "8wh", ["Midsommarafton"]),
        ("2026-06-19 12:00", "2wd", []),  # the day of arrival is told otherwise
        ("2026-11-20 10:00", "2wd", []),
        ("2026-12-30 12:00", "2wd", ["Nyårsafton", "Nyårsdagen"]),
        ("2026-06-18 18:00", "3d", []),
    ],
)
def test_the_weekdays_on_the_way_that_do_not_count_are_named(
    arrived: str, limit: str, named: list[str]
) -> None:
    assert list(due(arrived, limit).skipped.values()) == named


@pytest.mark.parametrize(
    ("arrived", "rule", "expected"),
    [
        ("2026-11-21 09:00", "arrival_day", date(2026, 11, 23)),
        ("2026-11-20 18:00", "arrival_day", date(2026, 11, 20)),
        ("2026-11-20 18:00", "next_opening", date(2026, 11, 23)),
    ],
)
def test_the_day_that_is_counted_from(arrived: str, rule: Rule, expected: date) -> None:
    assert due(arrived, "2wd", rule).counted_from == expected


def test_seconds_are_kept_by_days_of_the_almanac() -> None:
    arrived = at("2026-03-28 12:30") + 59_123_456
    assert OFFICE.due(arrived, Limit.parse("1d")).at == at("2026-03-29 12:30") + 59_123_456


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    minute=st.integers(0, 1439),
    count=st.integers(1, 40),
)
def test_working_days_agree_with_a_walk_through_the_almanac(
    day: date, minute: int, count: int
) -> None:
    left, walked = count, day
    while not is_worked(walked):
        walked += timedelta(days=1)
    while left:
        walked += timedelta(days=1)
        left -= is_worked(walked)
    arrived = datetime(day.year, day.month, day.day, *divmod(minute, 60), tzinfo=ZONE)
    found = OFFICE.due(micros(arrived), Limit(count, "wd")).at
    assert shown(found) == f"{walked} 17:00"


def easter(year: int) -> date:
    """Easter Sunday by Gauss, as Meeus, Jones and Butcher have it."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return date(year, month, (h - m + r + month + 19) % 32)


FIXED = {"01-01", "01-06", "05-01", "06-06", "12-24", "12-25", "12-26", "12-31"}


def is_worked(day: date) -> bool:
    """Whether a Swedish office works, from the law (1989:253) and the three eves."""
    if day.weekday() >= 5:
        return False
    if f"{day:%m-%d}" in FIXED:
        return False
    if day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4:
        return False  # midsommarafton
    return (day - easter(day.year)).days not in {-2, 1, 39}


def test_the_librarys_working_days_are_those_of_the_law() -> None:
    day = date(2005, 1, 1)
    while day.year < 2100:
        assert DAYS.is_working(day) == is_worked(day), day
        day += timedelta(days=1)


def test_a_day_beyond_the_known_years_is_refused_and_says_which_are_known() -> None:
    few = Office(swedish_working_days(2026, 2026), OFFICE.hours)
    with pytest.raises(UnknownHolidaysError, match="from 2026 to 2026"):
        due("2026-12-31 12:00", "1wd", office=few)
    with pytest.raises(ValueError, match="known from"):
        swedish_working_days(2026, 2200)


@pytest.mark.parametrize("text", ["", "2", "wd", "0wd", "2 wd", "2w", "-1d", "2wd ", "99999d"])
def test_a_limit_is_a_count_and_a_unit(text: str) -> None:
    with pytest.raises(ValueError, match="no limit"):
        Limit.parse(text)
    assert Limit.parse("2wd") == Limit(2, "wd")


@settings(max_examples=200)
@given(
    arrived=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001 - given a zone
    limit=st.sampled_from(["1wd", "2wd", "8wh", "3d"]),
    later=st.integers(0, 10**12),
)
def test_what_arrives_later_is_never_due_earlier(
    arrived: datetime, limit: str, later: int
) -> None:
    first = micros(arrived.replace(tzinfo=ZONE))
    due_first = OFFICE.due(first, Limit.parse(limit)).at
    assert first < due_first <= OFFICE.due(first + later, Limit.parse(limit)).at
