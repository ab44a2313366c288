"""What alerts compare with is the goal, but for a queue that is under it most days."""

from dataclasses import replace

import pytest
from catalogues import catalogue

from streams.domain.catalogue import load_catalogue
from streams.domain.outlook.profile import QUARTERS, Profile
from streams.domain.outlook.usual import alert_level, is_chronic

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
