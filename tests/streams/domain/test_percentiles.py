"""Percentiles agree with their definition; the Wilson interval with what has been published."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.domain.percentiles import Z_95, difference, nearest_rank, percentile, wilson

waits = st.lists(st.integers(0, 50).map(float) | st.floats(0, 1e6), min_size=1, max_size=120).map(
    sorted
)
percents = st.integers(1, 100)
samples = st.tuples(st.integers(0, 3000), st.integers(1, 3000)).map(
    lambda pair: (min(pair), max(pair))
)


@given(waits, percents)
def test_a_percentile_is_the_least_value_with_that_share_at_or_under_it(
    ordered: list[float], percent: int
) -> None:
    slow = next(
        value
        for value in ordered
        if 100 * sum(other <= value for other in ordered) >= percent * len(ordered)
    )
    assert percentile(percent, ordered) == slow


@given(percents, st.integers(1, 10**15))
def test_a_rank_is_exact_however_many_values_there_are(percent: int, count: int) -> None:
    rank = nearest_rank(percent, count)
    assert 0 <= rank < count
    assert 100 * rank < percent * count <= 100 * (rank + 1)


@pytest.mark.parametrize(
    ("percent", "expected"), [(5, 15), (30, 20), (40, 20), (50, 35), (100, 50)]
)
def test_the_textbook_example_of_nearest_rank(percent: int, expected: int) -> None:
    assert percentile(percent, [15, 20, 35, 40, 50]) == expected


def test_no_values_have_no_percentile_and_one_value_is_all_of_them() -> None:
    assert percentile(90, []) is None
    assert {percentile(p, [7.0]) for p in range(1, 101)} == {7.0}


@given(waits, percents, percents)
def test_a_higher_percentile_is_never_less(ordered: list[float], one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert percentile(low, ordered) <= percentile(high, ordered)  # type: ignore[operator]
    assert percentile(100, ordered) == ordered[-1]


# R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
@pytest.mark.parametrize(
    ("good", "decided", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_has_its_published_values(
    good: int, decided: int, low: float, high: float
) -> None:
    interval = wilson(good, decided)
    assert interval is not None
    assert [round(end, 4) for end in interval] == [low, high]


@given(samples)
def test_the_interval_holds_the_share_and_lies_within_0_and_1(sample: tuple[int, int]) -> None:
    good, decided = sample
    low, high = wilson(good, decided)  # type: ignore[misc]
    assert 0 <= low <= good / decided <= high <= 1
    assert low < high
    assert (low == 0) == (good == 0)
    assert (high == 1) == (good == decided)


@given(samples)
def test_the_interval_of_what_was_missed_is_its_mirror(sample: tuple[int, int]) -> None:
    good, decided = sample
    low, high = wilson(good, decided)  # type: ignore[misc]
    other_low, other_high = wilson(decided - good, decided)  # type: ignore[misc]
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low), abs=1e-12)


@given(samples)
def test_its_ends_are_the_shares_that_the_sample_just_does_not_refute(
    sample: tuple[int, int],
) -> None:
    good, decided = sample
    assume(0 < good < decided)
    for end in wilson(good, decided):  # type: ignore[union-attr]
        deviation = abs(good / decided - end) / math.sqrt(end * (1 - end) / decided)
        assert deviation == pytest.approx(Z_95, rel=1e-6)


@given(samples, st.integers(2, 50))
def test_more_of_the_same_narrows_it(sample: tuple[int, int], times: int) -> None:
    good, decided = sample
    low, high = wilson(good, decided)  # type: ignore[misc]
    narrow_low, narrow_high = wilson(good * times, decided * times)  # type: ignore[misc]
    assert narrow_high - narrow_low < high - low


def test_nothing_decided_has_no_interval() -> None:
    assert wilson(0, 0) is None


def test_z_is_that_of_95_percent() -> None:
    assert math.erf(Z_95 / math.sqrt(2)) == pytest.approx(0.95, abs=1e-15)


def test_none_in_time_is_0_to_the_last_bit_and_all_in_time_is_1() -> None:
    for decided in range(1, 3_000):
        low, _ = wilson(0, decided)  # type: ignore[misc]
        _, high = wilson(decided, decided)  # type: ignore[misc]
        assert (low, high) == (0.0, 1.0), decided


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_paper(
    now: tuple[int, int], before: tuple[int, int], expected: tuple[float, float]
) -> None:
    """Newcombe (1998), table II, method 10."""
    assert difference(*now, *before) == pytest.approx(expected, abs=5e-5)
    low, high = expected
    assert difference(*before, *now) == pytest.approx((-high, -low), abs=5e-5)


def test_there_is_no_difference_from_nothing() -> None:
    assert difference(1, 2, 0, 0) is None
    assert difference(0, 0, 1, 2) is None
