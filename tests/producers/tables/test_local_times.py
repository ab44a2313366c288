"""Local times become the instants that a clock on the wall showed them at."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.tables.local_times import LocalTimes, TimeError, day_of, joined
from streams.domain.catalogue.tables_form import format_codes
from streams.domain.instants import MINUTE, SECOND, micros

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Turns its clock by half an hour."""
TURNS = {
    STOCKHOLM: (datetime(2025, 3, 30, tzinfo=UTC), datetime(2025, 10, 26, tzinfo=UTC)),
    LORD_HOWE: (datetime(2025, 4, 5, tzinfo=UTC), datetime(2025, 10, 4, tzinfo=UTC)),
}


def shown_at(zone: ZoneInfo, day: datetime) -> dict[str, list[int]]:
    """Return at which instants the wall shows each minute of some days: looked at one by one."""
    found: dict[str, list[int]] = {}
    for minute in range(-24 * 60, 48 * 60):
        at = day + timedelta(minutes=minute)
        found.setdefault(f"{at.astimezone(zone):%Y-%m-%d %H:%M}", []).append(micros(at))
    return found


@pytest.mark.parametrize(
    ("zone", "day"), [(zone, day) for zone, days in TURNS.items() for day in days]
)
def test_every_minute_round_a_turn_of_the_clock_is_when_the_wall_showed_it(
    zone: ZoneInfo, day: datetime
) -> None:
    times, shown = LocalTimes(zone), shown_at(zone, day)
    skipped = twice = 0
    for minute in range(-12 * 60, 36 * 60):
        text = (
            f"{datetime(day.year, day.month, day.day) + timedelta(minutes=minute):%Y-%m-%d %H:%M}"  # noqa: DTZ001
        )
        instants = shown.get(text, [])
        if not instants:
            skipped += 1
            with pytest.raises(TimeError, match="skipped_time"):
                times.instant(text)
            continue
        twice += len(instants) > 1
        assert times.instant(text) == instants[0]
        assert times.instant(f"{text}:07", not_before=instants[-1]) == instants[-1] + 7 * SECOND
    assert skipped + twice in {30, 60}


def test_of_an_hour_shown_twice_the_first_is_meant_unless_the_row_says_that_it_is_later() -> None:
    times = LocalTimes(STOCKHOLM)
    arrived = times.instant("2025-10-26 02:55:00")
    assert times.instant("2025-10-26 02:58:00", arrived) - arrived == 3 * MINUTE
    assert times.instant("2025-10-26 02:05:00", arrived) - arrived == 10 * MINUTE
    assert times.instant("2025-10-26 02:05:00") < arrived
    assert times.instant("2025-10-26 02:05:00+01:00") == times.instant("2025-10-26 01:05:00Z")


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("10/03/2025 09:15", "%d/%m/%Y %H:%M"),
        ("3/10/25 09:15", "%m/%d/%y %H:%M"),
        ("20250310 091500", "%Y%m%d %H%M%S"),
        ("10.3.2025 kl. 9.15", "%d.%m.%Y kl. %H.%M"),
        ("2025-03-10T09:15:00.000", "%d/%m/%Y %H:%M"),
        ("2025-03-10   09:15:00,000000", "%Y-%m-%d %H:%M:%S,%f"),
        ("2025-03-10 08:15 +0000", "%Y-%m-%d %H:%M %z"),
    ],
)
def test_a_time_is_read_as_the_catalogue_says_that_it_is_written(written: str, form: str) -> None:
    assert format_codes(form)
    at = LocalTimes(STOCKHOLM, (form,)).instant(written)
    assert at == micros(datetime(2025, 3, 10, 8, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    ["", "i går", "2025-02-29 10:00", "2025-03-10", "2025-03-10 24:00", "2025-03-10 10:60",
     "1889-03-10 10:00", "2025-03-10 10:00:60", "0000-00-00 00:00", "10/03/2025 09:15",
     "45726.5", "2025-03-10 10:00+25:00", "٢٠٢٥-٠٣-١٠ ١٠:٠٠"],
)  # fmt: skip
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(TimeError, match="impossible_time"):
        LocalTimes(STOCKHOLM).instant(text)


@given(st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001
def test_a_workbooks_number_of_days_is_the_time_to_the_thousandth(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    days = (at - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
    utc = ZoneInfo("UTC")
    assert LocalTimes(utc, has_serials=True).instant(repr(days)) == micros(at.replace(tzinfo=UTC))


@given(st.text(max_size=30), st.booleans())
def test_no_text_is_anything_but_a_time_or_none(text: str, has_serials: bool) -> None:
    times = LocalTimes(STOCKHOLM, ("%d/%m/%y %H.%M",), has_serials=has_serials)
    try:
        assert isinstance(times.instant(text), int)
    except TimeError as error:
        assert error.fault in {"impossible_time", "skipped_time"}  # noqa: PT017


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("2025-03-10", "09:15:00"),
        ("2025-03-10 00:00:00", "09:15:00"),
        ("45726", "0.3854166666666667"),
        ("45726", "09:15"),
    ],
)
def test_a_date_and_a_time_of_day_in_two_cells_are_one_time(day: str, clock: str) -> None:
    at = LocalTimes(STOCKHOLM, has_serials=True).instant(joined(day, clock))
    assert at == micros(datetime(2025, 3, 10, 8, 15, tzinfo=UTC))


def test_the_day_of_an_instant_is_the_local_one() -> None:
    midnight = micros(datetime(2025, 3, 9, 23, 0, tzinfo=UTC))
    assert day_of(midnight, STOCKHOLM) == date(2025, 3, 10)
    assert day_of(midnight - 1, STOCKHOLM) == date(2025, 3, 9)
