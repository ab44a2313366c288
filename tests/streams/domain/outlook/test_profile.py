"""A profile says of each part of a day what days like it have had."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.instants import micros
from streams.domain.outlook.profile import (
    LEAST_DAYS,
    LEAST_SPREAD,
    QUARTERS,
    Expectation,
    Profile,
    is_ordinary,
    learn,
)
from streams.domain.working_time import Hours, Segment

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OFFICE = (Segment(8 * 60, 17 * 60),)
MONDAY = date(2026, 3, 9)
HOURS = Hours(
    zone=STOCKHOLM,
    week=(*(OFFICE,) * 5, (), ()),
    shortened=MappingProxyType({MONDAY + timedelta(days=1): 12 * 60}),
    holidays=MappingProxyType({MONDAY + timedelta(days=2): "En helgdag"}),
)
OPEN = [n for n in range(QUARTERS) if 32 <= n < 68]


def at(day: date, hour: int, minute: int = 0) -> int:
    return micros(datetime.combine(day, time(hour, minute), STOCKHOLM))


def flat(calls: float) -> tuple[float, ...]:
    """A day with so many calls, evenly spread over the office's hours."""
    return tuple(calls / len(OPEN) if n in OPEN else 0.0 for n in range(QUARTERS))


EVEN = Expectation(Profile((flat(360.0),) * 7, 0.1), HOURS)


def test_a_part_of_a_day_is_expected_to_have_its_part() -> None:
    assert EVEN.between(at(MONDAY, 0), at(MONDAY, 23)).contacts == pytest.approx(360)
    assert EVEN.between(at(MONDAY, 8), at(MONDAY, 9)).contacts == pytest.approx(40)
    assert EVEN.between(at(MONDAY, 8, 5), at(MONDAY, 8, 20)).contacts == pytest.approx(10)
    assert EVEN.between(at(MONDAY, 16, 59), at(MONDAY, 23)).contacts == pytest.approx(40 / 60)
    assert EVEN.between(at(MONDAY, 18), at(MONDAY, 23)).contacts == 0


def test_on_a_day_that_is_none_of_the_ordinary_what_is_open_is_expected() -> None:
    shortened, holiday, thursday, saturday = (MONDAY + timedelta(days=n) for n in (1, 2, 3, 5))
    assert EVEN.between(at(shortened, 0), at(shortened, 23)).contacts == pytest.approx(160)
    assert EVEN.between(at(holiday, 0), at(holiday, 23)).contacts == 0
    days = (MONDAY, shortened, holiday, thursday, saturday)
    assert [is_ordinary(HOURS, day) for day in days] == [True, False, False, True, False]


@given(st.lists(st.integers(0, 24 * 60), min_size=2, max_size=6, unique=True).map(sorted))
def test_parts_make_the_whole_on_nights_when_the_clock_is_changed_too(minutes: list[int]) -> None:
    always = Hours.always(STOCKHOLM)
    profile = Profile((tuple(float(n % 7) for n in range(QUARTERS)),) * 7, None)
    expected = Expectation(profile, always)
    for day in (date(2026, 3, 29), date(2026, 10, 25), MONDAY):
        begins = micros(datetime.combine(day, time(), STOCKHOLM))
        instants = [begins + minute * 60_000_000 for minute in minutes]
        whole = expected.between(instants[0], instants[-1])
        parts = [expected.between(*part) for part in pairwise(instants)]
        assert tuple(map(sum, zip(*parts, strict=True))) == pytest.approx(whole)


def test_squares_are_of_what_quarters_expect() -> None:
    assert EVEN.between(at(MONDAY, 0), at(MONDAY, 23)).squares == pytest.approx(3_600)
    assert EVEN.between(at(MONDAY, 8, 5), at(MONDAY, 8, 20)).squares == pytest.approx(100)


def simulated(days: int, spread: float, uneven: float = 0.0) -> dict[date, list[int]]:
    """Office days with 155 calls an hour in the mornings and half of that in the afternoons."""
    dice = np.random.default_rng(7)
    found = {}
    for number in range(days):
        day = MONDAY + timedelta(days=number)
        if day.weekday() < 5:
            busy = dice.gamma(1 / spread**2, spread**2)
            rates = [
                155 / 4 * (1 if n < 48 else 0.5) if n in OPEN else 0.0 for n in range(QUARTERS)
            ]
            uneven_rates = (
                rate * (dice.gamma(uneven**-2, uneven**2) if uneven else 1) for rate in rates
            )
            found[day] = [int(dice.poisson(busy * rate)) for rate in uneven_rates]
    return found


@pytest.mark.parametrize("uneven", [0.0, 0.2])
def test_what_is_learnt_is_what_the_days_were_made_of(uneven: float) -> None:
    profile = learn(simulated(7 * 30, 0.12, uneven))
    assert profile is not None
    assert profile.day_spread == pytest.approx(0.12, rel=0.2)
    assert profile.quarter_spread == pytest.approx(uneven, rel=0.1, abs=0.04)
    monday = profile.week[0]
    assert sum(monday) == pytest.approx(155 * 6.5, rel=0.06)
    assert sum(monday[32:48]) / sum(monday) == pytest.approx(4 / 6.5, abs=0.01)
    assert sum(monday[:32]) == 0
    assert sum(profile.week[6]) == pytest.approx(sum(monday), rel=0.2), "never seen: as others"


def test_a_day_of_a_crisis_changes_little() -> None:
    days = simulated(7 * 8, 0.1)
    usual = learn(days)
    with_one = learn(days | {MONDAY: [8 * count for count in days[MONDAY]]})
    assert usual is not None
    assert with_one is not None
    assert sum(with_one.week[0]) == pytest.approx(sum(usual.week[0]), rel=0.05)
    assert with_one.day_spread == pytest.approx(usual.day_spread, rel=0.2)


def test_of_few_days_the_shape_is_known_alone_and_of_none_nothing() -> None:
    few = learn(simulated(LEAST_DAYS - 1, 0.1))
    assert few is not None
    assert few.day_spread is None
    assert learn({}) is None
    assert learn({MONDAY: [0] * QUARTERS}) is None


def test_days_that_are_alike_to_a_call_leave_some_doubt() -> None:
    alike = {MONDAY + timedelta(weeks=n): [10 * (q in OPEN) for q in range(96)] for n in range(9)}
    profile = learn(alike)
    assert profile is not None
    assert profile.day_spread == LEAST_SPREAD
    assert profile.week[0] == pytest.approx(alike[MONDAY])
