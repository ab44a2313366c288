"""Every figure equals the one that SQL computes, which shares no code with ours."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone import HOURS, INCIDENTS, ZONE, How, flat, ours, theirs
from strategies import NOON, logs, overflowing

from streams.domain.events import CallEvent
from streams.domain.windows import NAMES, midnight


def assert_equal(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    assert found.keys() == expected.keys()
    for queue, figures in expected.items():
        mine, other = flat(found[queue]), flat(figures)
        assert mine.keys() == other.keys()
        different = {
            path: (mine[path], value) for path, value in other.items() if mine[path] != value
        }
        # Everything is equal to the last bit, but for the interval's rounding.
        for path, (ours_, theirs_) in different.items():
            assert "wilson" in path, (queue, different)
            assert ours_ == pytest.approx(theirs_, rel=1e-12, abs=1e-15), (queue, path)


@pytest.mark.parametrize("window", NAMES)
@given(
    events=logs(NOON),
    late=st.integers(0, 1000),
    how=st.builds(
        How,
        short=st.sampled_from([0, 5, 15]),
        hours=st.sampled_from(sorted(HOURS)),
        incidents=st.sampled_from(sorted(INCIDENTS)),
    ),
)
def test_figures_of_every_window_equal_the_reference(
    window: str, events: list[CallEvent], late: int, how: How
) -> None:
    now = NOON + timedelta(seconds=late)
    assert_equal(ours(events, now, window, how), theirs(events, now, window, how))


@given(events=logs(NOON), minutes=st.integers(1, 180), late=st.sampled_from([0, 0, 1, 100]))
def test_figures_of_an_asked_span_equal_the_reference(
    events: list[CallEvent], minutes: int, late: int
) -> None:
    now, span = NOON + timedelta(seconds=late), (NOON - timedelta(minutes=minutes), NOON)
    assert_equal(ours(events, now, span), theirs(events, now, span))


@settings(max_examples=60)
@given(events=overflowing(NOON), short=st.sampled_from([0, 5]))
def test_what_another_limit_of_overflow_would_give_equals_the_reference(
    events: list[CallEvent], short: int
) -> None:
    how = How(short=short)
    assert_equal(ours(events, NOON, "today", how), theirs(events, NOON, "today", how))


# Around both changes of the clock, around midnight, and around New Year.
EDGES = [
    datetime(2026, 3, 29, 0, 30, tzinfo=ZONE),
    datetime(2026, 3, 29, 4, 0, tzinfo=ZONE),
    datetime(2026, 10, 25, 0, 30, tzinfo=ZONE),
    datetime(2026, 10, 25, 4, 0, tzinfo=ZONE),
    datetime(2026, 10, 26, 0, 0, tzinfo=ZONE),
    datetime(2027, 1, 1, 0, 0, 1, tzinfo=ZONE),
]


@pytest.mark.parametrize("now", EDGES)
@settings(max_examples=20)
@given(data=st.data())
def test_figures_of_today_equal_the_reference_where_days_are_odd(
    now: datetime, data: st.DataObject
) -> None:
    events = list(data.draw(logs(now)))
    assert_equal(ours(events, now, "today"), theirs(events, now, "today"))


def test_a_day_has_23_or_25_hours_twice_a_year() -> None:
    days = [date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25), date(2026, 10, 26)]
    lengths = [(midnight(b, ZONE) - midnight(a, ZONE)) / 3_600_000_000 for a, b in pairwise(days)]
    assert lengths[0] == 23
    assert lengths[2] == 25
