"""What is still to come today, and what it takes to keep the promise all the same."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.outlook import still_to_come

from streams.domain.outlook.profile import QUARTERS, Part, Profile
from streams.domain.outlook.rest import MANY, OUTSIDE, Rest, reach, rest

COUNTS = st.integers(0, 5_000)
GOALS = st.sampled_from([0.5, 0.9, 0.99])


def told(
    so_far: float,
    left: float,
    arrived: int,
    spread: float | None,
    uneven: float = 0.0,
) -> Rest | None:
    """What is told of two parts of a day, each of twenty quarters."""
    profile = Profile(((0.0,) * QUARTERS,) * 7, spread, uneven)
    parts = (Part(contacts, contacts**2 / 20) for contacts in (so_far, left))
    return rest(*parts, arrived, profile)


def known(its: Rest | None) -> Rest:
    assert its is not None
    return its


def test_a_day_like_all_days_goes_on_like_them() -> None:
    found = known(told(400, 600, 400, 0.1))
    assert found.mean == pytest.approx(600)
    assert found.low < 600 < found.high


def test_what_is_known_of_today_weighs_more_the_more_there_is_of_it() -> None:
    early, later = known(told(10, 990, 20, 0.1)), known(told(500, 500, 1_000, 0.1))
    assert early.mean == pytest.approx(990 * 120 / 110)
    assert later.mean == pytest.approx(500 * 1_100 / 600)


def test_calls_that_come_in_bunches_tell_less_of_today() -> None:
    even, uneven = known(told(400, 600, 800, 0.1)), known(told(400, 600, 800, 0.1, 0.3))
    assert even.mean == pytest.approx(600 * 900 / 500)
    bunch = 1 + 0.09 * 400 / 20
    assert uneven.mean == pytest.approx(600 * (100 + 800 / bunch) / (100 + 400 / bunch))
    assert uneven.high - uneven.low > even.high - even.low


def test_of_a_shape_alone_today_says_how_busy_it_is() -> None:
    assert told(0, 1.0, 0, None) is None, "nothing was to have come yet"
    assert told(0.02, 0.98, 1_000, None) is None, "too little of it was"
    assert told(0.0, 0.0, 0, None) is None, "it is closed all day"
    assert known(told(0.25, 0.75, 100, None)).mean == pytest.approx(3 * 100.5)
    assert known(told(0.25, 0.75, 100, None, 0.2)).mean == pytest.approx(3 * 100.5)
    assert known(told(0.25, 0.75, 0, None)).mean == pytest.approx(1.5)


def test_of_the_last_microsecond_of_a_quiet_day_there_is_an_answer() -> None:
    found = known(told(3.0, 1e-13, 2, 0.001, 0.1))
    assert (found.low, found.high) == (0, 0)
    assert found.mean == pytest.approx(1e-13)


def test_when_nothing_is_expected_nothing_comes() -> None:
    assert told(100, 0, 90, 0.1) == Rest(0.0, 0, 0)
    assert told(1.0, 0, 90, None) == Rest(0.0, 0, 0)


@pytest.mark.parametrize(
    ("so_far", "left", "arrived", "spread"),
    [(100, 300, 120, 0.1), (3, 40, 1, 0.3), (0, 900, 0, 0.15), (0.4, 0.6, 50, None)],
)
def test_as_many_come_as_is_said_in_nine_cases_of_ten(
    so_far: float, left: float, arrived: int, spread: float | None
) -> None:
    found = known(told(so_far, left, arrived, spread))
    dice = np.random.default_rng(14)
    before = 0 if spread is None else 1 / spread**2
    busyness = dice.gamma(before + arrived + (not before) * 0.5, 1 / (before + so_far), 200_000)
    came = dice.poisson(busyness * left)
    assert came.mean() == pytest.approx(found.mean, rel=0.01)
    assert (came < found.low).mean() <= OUTSIDE + 0.003
    assert (came <= found.low).mean() >= OUTSIDE - 0.003
    assert (came > found.high).mean() <= OUTSIDE + 0.003
    assert (came >= found.high).mean() >= OUTSIDE - 0.003


@pytest.mark.parametrize(("day", "quarter", "calls"), [(0.1, 0.15, 40), (0.2, 0.3, 8)])
def test_on_days_of_uneven_quarters_it_is_as_sure_as_it_says(
    day: float, quarter: float, calls: float
) -> None:
    dice = np.random.default_rng(7)
    busyness = dice.gamma(day**-2, day**2, (4_000, 1))
    rates = calls * busyness * dice.gamma(quarter**-2, quarter**2, (4_000, 36))
    came = dice.poisson(rates)
    inside, errors = 0, []
    for its in came:
        so_far, left = int(its[:10].sum()), int(its[10:].sum())
        profile = Profile(((0.0,) * QUARTERS,) * 7, day, quarter)
        parts = (Part(n * calls, n * calls**2) for n in (10, 26))
        found = known(rest(*parts, so_far, profile))
        inside += found.low <= left <= found.high
        errors.append(left - found.mean)
    assert inside / len(came) == pytest.approx(0.9, abs=0.015)
    assert abs(np.mean(errors)) < 0.01 * 26 * calls


@pytest.mark.parametrize(
    ("so_far", "left", "arrived", "spread", "uneven"),
    [
        (10, 11_000, 9, 0.3, 0.0),
        (500, 30_000, 460, 0.08, 0.2),
        (0.3, 0.7, 9_000, None, 0.15),
        (0, 12_000, 0, 0.5, 0.1),
    ],
)
def test_of_very_many_the_interval_is_nearly_the_exact_one(
    so_far: float, left: float, arrived: int, spread: float | None, uneven: float
) -> None:
    found = known(told(so_far, left, arrived, spread, uneven))
    squares = (so_far**2 / 20, left**2 / 20)
    exact = still_to_come((so_far, left), squares, arrived, spread, uneven)
    assert exact is not None
    mean, low, high = exact
    assert found.mean == pytest.approx(mean)
    assert mean > MANY
    assert found.low == pytest.approx(low, rel=0.005)
    assert found.high == pytest.approx(high, rel=0.005)


@given(COUNTS, COUNTS, COUNTS, GOALS)
def test_a_day_is_lost_by_all_three_signs_or_by_none(
    good: int, late: int, to_come: int, goal: float
) -> None:
    found = reach(good, good + late, to_come, goal)
    whole = good + late + to_come
    if not whole:
        assert (found.best, found.needed, found.spent) == (None, None, None)
        return
    exact = Fraction(str(goal))
    assert found.best == pytest.approx(float(Fraction(good + to_come, whole)))
    spent = Fraction(late) / ((1 - exact) * whole)
    assert found.spent == pytest.approx(float(spent))
    if not to_come:
        assert found.needed is None
        return
    needed = (exact * whole - good) / to_come
    assert found.needed == pytest.approx(max(0.0, float(needed)), abs=1e-9)
    is_lost = Fraction(good + to_come, whole) < exact
    assert is_lost == (needed > 1) == (spent > 1)


def test_a_goal_of_all_allows_no_miss() -> None:
    assert reach(5, 6, 4, 1.0).spent is None
    assert reach(5, 6, 4, 1.0).needed == pytest.approx(1.25)
