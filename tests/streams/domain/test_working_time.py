"""Opening hours agree with a caretaker who looks at the clock every minute."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import working_time as reference

from streams.domain.instants import HOUR, MINUTE, micros, moment
from streams.domain.working_time import (
    MINUTES_A_DAY,
    WHOLE_DAY,
    Hours,
    NeverOpenError,
    Season,
    Segment,
    Segments,
    wall,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WEEKDAYS = ((Segment(8 * 60, 17 * 60),),) * 5 + ((), ())
LUNCH = ((Segment(8 * 60, 12 * 60), Segment(13 * 60, 17 * 60)),) * 5 + ((), ())
CHANGES = {
    "Europe/Stockholm": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),  # by half an hour
    "America/Santiago": (date(2026, 4, 4), date(2026, 9, 6)),  # at midnight
    "Asia/Kathmandu": (date(2026, 3, 29),),  # never, and 5 h 45 min ahead
    "+14:00": (date(2026, 3, 29),),
}


def zone_of(name: str) -> tzinfo:
    return timezone(timedelta(hours=14)) if name == "+14:00" else ZoneInfo(name)


@st.composite
def segments(draw: st.DrawFn) -> Segments:
    """A day's hours: coarse, and often around the hours at which clocks are changed."""
    edges = sorted(draw(st.sets(
        st.sampled_from([0, 30, 60, 90, 120, 121, 150, 180, 210, 480, 720, 780, 1020, 1439, 1440]),
        max_size=6,
    )))  # fmt: skip
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Segment(opens, closes) for opens, closes in pairs)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, datetime]:
    """Hours, and a whole minute near a change of the clock."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    zone, change = zone_of(name), draw(st.sampled_from(CHANGES[name]))
    days = st.integers(-3, 3).map(lambda n: change + timedelta(days=n))
    season = Season(change - timedelta(days=1), change + timedelta(days=2),
                    tuple(draw(segments()) for _ in range(7)))  # fmt: skip
    hours = Hours(
        zone=zone,
        week=tuple(draw(segments()) for _ in range(7)),
        seasons=(season,) if draw(st.booleans()) else (),
        shortened=draw(st.dictionaries(days, st.sampled_from([150, 720, 900]), max_size=2)),
        exceptions=draw(st.dictionaries(days, segments(), max_size=2)),
        holidays=draw(st.dictionaries(days, st.just("helg"), max_size=2)),
    )
    midnight = datetime(change.year, change.month, change.day, tzinfo=UTC)
    return hours, midnight + draw(st.integers(-60, 60)) * timedelta(minutes=61)


def plain(hours: Hours, day: date) -> list[tuple[int, int]]:
    """The hours of a day again, from the parts that were given."""
    if day in hours.exceptions:
        return [tuple(segment) for segment in hours.exceptions[day]]
    if day in hours.holidays:
        return []
    week = hours.week
    for season in hours.seasons:
        if season.valid_from <= day < season.valid_to:
            week = season.week
    closes = hours.shortened.get(day, 1440)
    return [(a, min(b, closes)) for a, b in week[day.weekday()] if a < closes]


@settings(max_examples=150)
@given(case=cases(), minutes=st.integers(0, 3 * MINUTES_A_DAY))
def test_the_time_open_between_two_instants_is_the_number_of_open_minutes(
    case: tuple[Hours, datetime], minutes: int
) -> None:
    hours, start = case
    end = start + timedelta(minutes=minutes)
    counted = reference.count(lambda day: plain(hours, day), hours.zone, start, end)
    assert hours.working(micros(start), micros(end)) == counted * MINUTE


@settings(max_examples=60)
@given(case=cases())
def test_it_is_open_at_an_instant_if_the_door_is(case: tuple[Hours, datetime]) -> None:
    hours, start = case
    walked = reference.open_minutes(
        lambda day: plain(hours, day), hours.zone, start, start + timedelta(hours=30)
    )
    for at, is_open in walked:
        assert hours.is_open(micros(at)) == is_open, at
        assert hours.is_open(micros(at) + MINUTE - 1) == is_open, at


@settings(max_examples=60)
@given(case=cases(), minutes=st.integers(1, 2_000))
def test_the_instant_after_so_much_working_time_ends_the_last_of_so_many_open_minutes(
    case: tuple[Hours, datetime], minutes: int
) -> None:
    hours, start = case
    expected = reference.moment_after(lambda day: plain(hours, day), hours.zone, start, minutes)
    if expected is None:
        return
    found = hours.after(micros(start), minutes * MINUTE)
    assert found == micros(expected)
    assert hours.working(micros(start), found) == minutes * MINUTE
    assert hours.working(micros(start), found - 1) == minutes * MINUTE - 1


@settings(max_examples=60)
@given(case=cases())
def test_the_next_opening_is_the_first_open_minute(case: tuple[Hours, datetime]) -> None:
    hours, start = case
    expected = reference.opening(lambda day: plain(hours, day), hours.zone, start)
    if expected is not None:
        assert hours.next_opening(micros(start)) == micros(expected)


@given(
    case=cases(),
    parts=st.lists(st.integers(0, 5_000_000_000), min_size=1, max_size=5),
)
def test_working_time_is_additive_to_the_microsecond(
    case: tuple[Hours, datetime], parts: list[int]
) -> None:
    hours, start = case
    at = whole = 0
    for part in parts:
        whole += hours.working(micros(start) + at, micros(start) + at + part)
        at += part
    assert whole == hours.working(micros(start), micros(start) + at)


def test_what_is_always_open_is_open_for_23_and_25_hours_when_clocks_change() -> None:
    hours = Hours.always(STOCKHOLM)
    for day, length in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)):
        start, end = wall(day, 0, STOCKHOLM), wall(day, MINUTES_A_DAY, STOCKHOLM)
        assert hours.working(start, end) == length * HOUR


def test_the_closing_time_itself_is_closed_and_the_opening_time_open() -> None:
    hours = Hours(zone=STOCKHOLM, week=LUNCH)
    at = {text: micros(datetime.fromisoformat(f"2026-03-10T{text}+01:00")) for text in
          ("07:59:59", "08:00:00", "11:59:59", "12:00:00", "13:00:00", "17:00:00")}  # fmt: skip
    assert [hours.is_open(instant) for instant in at.values()] == [
        False, True, True, False, True, False,
    ]  # fmt: skip
    assert hours.next_opening(at["12:00:00"]) == at["13:00:00"]
    assert hours.next_opening(at["08:00:00"]) == at["08:00:00"]


def test_what_opens_at_an_hour_that_does_not_exist_opens_when_the_clock_has_jumped() -> None:
    night = (Segment(150, 360),)
    hours = Hours(zone=STOCKHOLM, week=(night,) * 7)
    ((opens, closes),) = hours.spans_of(date(2026, 3, 29))
    assert moment(opens).astimezone(STOCKHOLM).isoformat() == "2026-03-29T03:00:00+02:00"
    assert closes - opens == 3 * HOUR
    ((opens, closes),) = hours.spans_of(date(2026, 10, 25))
    assert moment(opens).astimezone(STOCKHOLM).isoformat() == "2026-10-25T02:30:00+02:00"
    assert closes - opens == 4.5 * HOUR


def test_a_queue_that_never_opens_says_so() -> None:
    never = Hours(zone=STOCKHOLM, week=((),) * 7)
    for question in (lambda: never.next_opening(0), lambda: never.after(0, 1)):
        with pytest.raises(NeverOpenError):
            question()
    assert never.after(7, 0) == 7
    assert never.working(0, 10**15) == 0


@pytest.mark.parametrize(
    "day",
    [
        (Segment(60, 60),),
        (Segment(0, 1441),),
        (Segment(60, 120), Segment(120, 180)),
        (Segment(60, 120), Segment(90, 180)),
        (Segment(-1, 60),),
    ],
)
def test_a_days_segments_are_in_order_and_do_not_touch(day: Segments) -> None:
    for week, exceptions in ((((day,) + ((),) * 6), {}), (((),) * 7, {date(2026, 1, 5): day})):
        with pytest.raises(ValueError, match="segments"):
            Hours(zone=STOCKHOLM, week=week, exceptions=exceptions)


def test_seasons_that_overlap_are_refused() -> None:
    week = (WHOLE_DAY,) * 7
    spring = Season(date(2026, 3, 1), date(2026, 6, 1), week)
    with pytest.raises(ValueError, match="overlap"):
        Hours(zone=STOCKHOLM, week=week,
              seasons=(Season(date(2026, 5, 31), date(2026, 7, 1), week), spring))  # fmt: skip
    Hours(zone=STOCKHOLM, week=week,
          seasons=(Season(date(2026, 6, 1), date(2026, 7, 1), week), spring))  # fmt: skip


def test_an_exception_beats_a_holiday_and_a_holiday_beats_a_shortened_day() -> None:
    day = date(2026, 6, 19)
    hours = Hours(
        zone=STOCKHOLM, week=WEEKDAYS, shortened={day: 720}, holidays={day: "Midsommarafton"}
    )
    assert hours.segments(day) == ()
    open_all_the_same = Hours(
        zone=STOCKHOLM, week=WEEKDAYS, shortened={day: 720},
        holidays={day: "Midsommarafton"}, exceptions={day: (Segment(600, 660),)},
    )  # fmt: skip
    assert open_all_the_same.segments(day) == (Segment(600, 660),)
    assert open_all_the_same.ordinary(day) == WEEKDAYS[4]
