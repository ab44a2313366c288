"""Durations are read as they are written, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.tables.durations import duration
from streams.domain.instants import SECOND


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("75", 75), ("75,5", 75.5), ("75.25", 75.25), ("75 s", 75), ("1:15", 75),
        ("90:00", 5400), ("00:01:15", 75), ("1:1:15", 3675), ("26:00:00", 93_600),
        ("00:00:15.5", 15.5), ("-350", -350), ("-00:05", -5), ("-0:00:05", -5),
    ],
)  # fmt: skip
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert duration(text) == round(seconds * SECOND)


@pytest.mark.parametrize(
    "text", ["", "1:75", "1:2", "00:60:00", "1h", "1e3", "١٥", "1 000", ":15"]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None


def test_the_catalogue_says_which_it_is_where_it_is_not_seen() -> None:
    assert duration("1500", ("milliseconds",)) == 1_500_000
    assert duration("0,0015625", ("days",)) == 135 * SECOND
    assert duration("1:15", ("seconds",)) is None
    assert duration("75", ("mm:ss",)) is None
    assert duration("00:01:15", ("mm:ss",)) is None


@given(st.integers(0, 10**9))
def test_what_is_written_in_hours_minutes_and_seconds_is_that_many_seconds(seconds: int) -> None:
    seconds %= 9_999 * 3600
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    assert duration(text) == seconds * SECOND == duration(str(seconds))


@given(st.text(max_size=20))
def test_no_text_is_anything_but_a_duration_or_none(text: str) -> None:
    assert isinstance(duration(text), int | None)
