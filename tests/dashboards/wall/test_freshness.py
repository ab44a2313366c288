"""Old figures are never taken for new ones, whatever clocks say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.wall.freshness import APART_SECONDS, Freshness, seen

STALE = 90.0


def fault(lag: float, since_it_moved: float) -> str:
    return Freshness(1000.0, lag, 50.0).fault(50.0 + since_it_moved, STALE)


@pytest.mark.parametrize(
    ("lag", "since_it_moved", "said"),
    [
        (5, 0, ""),
        (5, 80, ""),
        (5, 86, "Siffrorna står stilla"),
        (-30, 0, ""),
        (-300, 0, "Räknarens och Prometheus klockor går olika"),
        (300, 0, "Siffrorna är för gamla"),
    ],
)
def test_it_is_said_why_figures_are_not_shown(
    lag: float, since_it_moved: float, said: str
) -> None:
    assert fault(lag, since_it_moved) == said


@given(lag=st.floats(-1e6, 1e6), since=st.floats(0, 1e6))
def test_what_is_shown_is_never_older_than_it_may_be_nor_from_another_time(
    lag: float, since: float
) -> None:
    if not fault(lag, since):
        assert since <= STALE
        assert -APART_SECONDS <= lag <= STALE


def test_only_an_instant_that_moves_on_makes_figures_new() -> None:
    first = seen(None, 1000.0, 1004.0, tick=50.0)
    assert first is not None
    assert first.age(50.0) == 4.0
    assert seen(first, 1000.0, 1034.0, tick=80.0) is first, "the same figures, half a minute later"
    assert first.age(80.0) == 34.0
    moved = seen(first, 1030.0, 1035.0, tick=81.0)
    assert moved is not None
    assert moved.age(81.0) == 5.0


def test_figures_that_prometheus_no_longer_has_are_not_remembered() -> None:
    first = seen(None, 1000.0, 1004.0, tick=50.0)
    assert seen(first, None, 1010.0, tick=56.0) is None
