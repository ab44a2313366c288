"""What alerts compare with is the goal, but for a queue that is under it most days.

And they are sure of what they say, though calls are late together.
"""

from dataclasses import replace

import pytest
from catalogues import catalogue
from hypothesis import given
from hypothesis import strategies as st
from reference.outlook import highest as by_halving

from streams.domain.catalogue import load_catalogue
from streams.domain.outlook.alerting import alert_level, highest, is_chronic
from streams.domain.outlook.profile import QUARTERS, Profile
from streams.domain.percentiles import Z_95, Z_99, wilson
from streams.domain.phone.figures import Share

LULEA = load_catalogue(catalogue(["lulea"], "Europe/Stockholm"), "test").municipalities["lulea"]
VAXEL = LULEA.queues["vaxel"]
FIRST = VAXEL.targets[0]


@pytest.mark.parametrize(
    ("levels", "chronic", "level"),
    [
        (None, False, 0.9),
        ((), False, 0.9),
        ((0.7,) * 4 + (0.95,) * 6, False, 0.9),
        ((0.7,) * 5 + (0.95,) * 5, True, 0.825),
        ((0.6, 0.7, 0.8, 0.7, 0.7), True, 0.7),
        ((0.89,) * 5 + (1.0,) * 6, True, 0.9),
        ((0.9,) * 10, False, 0.9),
    ],
)
def test_a_queue_is_chronically_under_when_it_is_so_on_five_of_ten_days(
    levels: tuple[float, ...] | None, chronic: bool, level: float
) -> None:
    profile = Profile(((1.0,) * QUARTERS,) * 7, 0.1, levels={FIRST.id: levels or ()})
    queue = replace(VAXEL, profile=None if levels is None else profile)
    assert is_chronic(queue, FIRST) is chronic
    assert alert_level(queue, FIRST) == pytest.approx(level)
    of_no_goal = replace(FIRST, goal=None)
    assert not is_chronic(queue, of_no_goal)
    assert alert_level(queue, of_no_goal) is None


@given(
    st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.floats(0, 1),
    st.sampled_from((Z_95, Z_99)),
)
def test_the_most_that_it_can_mean_is_what_no_test_rejects(
    of: tuple[int, int], alike: float, z: float
) -> None:
    found = highest(Share(*of), alike, z)
    assert found == pytest.approx(by_halving(*of, alike, z), abs=1e-9)


def test_calls_that_all_end_alike_are_as_one_call_and_others_as_many_as_they_are() -> None:
    assert highest(Share(0, 0), 0.1, Z_99) is None
    assert highest(Share(40, 80), 1.0, Z_95) == pytest.approx((wilson(0.5, 1) or (0, 0))[1])
    assert highest(Share(40, 80), 0.0, Z_95) == pytest.approx((wilson(40, 80) or (0, 0))[1])
    # Forty of eighty, of which 1 + 79 · 0.05 = 4.95 tell what one does: 8.08 of 16.16.
    # z² = 6.634897: (0.5 + 0.205270 + 2.575829 √((0.25 + 0.102635) / 16.161616)) / 1.410540
    assert highest(Share(40, 80), 0.05, Z_99) == pytest.approx(0.769744, abs=2e-6)
