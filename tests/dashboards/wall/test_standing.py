"""How a promise stands, in one word: by its interval, never by looks, and never without data."""

import pytest
from wall_cases import Figures, municipality

from dashboards.wall.standing import Standing, State, is_judged, standing
from streams.domain.catalogue import ServiceTarget

LULEA = municipality()


def target(id_: str) -> ServiceTarget:
    return LULEA.targets[id_][0]


def stands(figures: Figures, queue: str, id_: str) -> Standing:
    return standing(figures.reading(), "lulea", queue, target(id_))


@pytest.mark.parametrize(
    ("good", "decided", "state"),
    [
        (970, 1000, State.WITHIN),
        (910, 1000, State.UNSURE),  # above the goal, but it may be chance
        (890, 1000, State.UNSURE),
        (800, 1000, State.UNDER),
        (10, 10, State.UNSURE),  # all of few
        (0, 0, State.NONE),
    ],
)
def test_a_share_is_within_or_under_its_goal_when_all_of_its_interval_is(
    good: int, decided: int, state: State
) -> None:
    figures = Figures()
    figures.calls("kundtjanst", "svar-5min", good, decided)
    its = stands(figures, "kundtjanst", "svar-5min")
    assert its.state == state
    assert its.value == (good / decided if decided else None)
    assert its.n == decided


@pytest.mark.parametrize(
    ("lost", "state"), [(0.01, State.WITHIN), (0.1, State.UNSURE), (0.3, State.UNDER)]
)
def test_of_the_lost_fewer_is_better(lost: float, state: State) -> None:
    figures = Figures()
    figures.calls("kundtjanst", "svar-5min", 1000, 1000, lost=lost)
    assert stands(figures, "kundtjanst", "forlorade").state == state


@pytest.mark.parametrize(("good", "state"), [(10, State.WITHIN), (9, State.UNDER)])
def test_a_goal_of_all_has_no_room_for_a_miss(good: int, state: State) -> None:
    figures = Figures()
    figures.items("inkorg", "epost", good, 10)
    assert stands(figures, "inkorg", "epost").state == state


@pytest.mark.parametrize(("mean", "state"), [(50.0, State.WITHIN), (50.1, State.UNDER)])
def test_a_mean_is_within_its_limit_or_over_it(mean: float, state: State) -> None:
    figures = Figures()
    figures.calls("vaxel", "svar-15s", 5, 10, mean=mean)
    its = stands(figures, "vaxel", "svarstid")
    assert (its.state, its.value, its.n) == (state, mean, 10)


@pytest.mark.parametrize(
    ("queue", "id_"),
    [("vaxel", "svar-15s"), ("vaxel", "svarstid"), ("inkorg", "epost"), ("arenden", "klart")],
)
def test_what_is_not_exported_is_missing_and_not_nothing(queue: str, id_: str) -> None:
    its = stands(Figures(), queue, id_)
    assert (its.state, its.value, its.n) == (State.MISSING, None, 0)


def test_a_share_without_its_interval_is_missing() -> None:
    figures = Figures()
    figures.calls("kundtjanst", "svar-5min", 970, 1000)
    figures.values = {
        key: value for key, value in figures.values.items() if "wilson" not in key[0].name
    }
    assert stands(figures, "kundtjanst", "svar-5min").state == State.MISSING


def test_of_few_it_is_an_indication() -> None:
    for decided, is_indication in ((0, False), (1, True), (29, True), (30, False)):
        figures = Figures()
        figures.calls("kundtjanst", "svar-5min", decided, decided)
        assert stands(figures, "kundtjanst", "svar-5min").is_indication is is_indication


def test_only_promises_of_figures_of_the_day_are_judged() -> None:
    assert all(is_judged(its) for versions in LULEA.targets.values() for its in versions)
