"""Grafana's boards and the wall say the same of a promise, by Prometheus's word."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from wall_cases import Feed, Figures, catalogue_text, ordinary, served

from dashboards.boards import promql
from dashboards.wall.standing import State
from dashboards.wall.tiles import tile
from stack.demo import MORNING, zone_where_it_is
from stack.prometheus import Prometheus
from streams import metrics as m
from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.instants import micros

NUMBERS = {
    promql.UNDER: State.UNDER,
    promql.UNSURE: State.UNSURE,
    promql.WITHIN: State.WITHIN,
    promql.CLOSED: State.CLOSED,
    promql.MISSING: State.MISSING,
}


@pytest.fixture(scope="module")
def municipality() -> Municipality:
    text = catalogue_text(zone_where_it_is(MORNING, datetime.now(UTC)), more=4)
    return load_catalogue(text, "k").municipalities["lulea"]


def figures_of(municipality: Municipality) -> Figures:
    """A queue in each state that there is, with their names and goals."""
    figures = ordinary()
    figures.calls("ko-1", "svar-5min", 970, 1000, open=0)
    figures.calls("ko-2", "svar-5min", 970, 1000)
    figures.set(m.SILENT, 1, queue="ko-2")
    figures.calls("ko-3", "svar-5min", 0, 0)
    figures.calls("ko-4", "svar-5min", 9, 10, open=0)
    figures.set(m.SILENT, 1, queue="ko-4")
    for queue in municipality.queues.values():
        for target in queue.targets:
            labels = {"queue": queue.id, "target": target.id}
            figures.set(m.GOAL, target.goal, **labels)
            figures.set(m.TARGET_INFO, 1, name=target.name, measure=target.measure, **labels)
    return figures


def test_a_board_has_the_state_that_the_wall_has(
    municipality: Municipality, make_prometheus: Callable[..., Prometheus]
) -> None:
    figures = figures_of(municipality)
    with served(Feed(figures)) as feed:
        prometheus = make_prometheus(f"127.0.0.1:{feed.port}")
        expression = promql.state().replace("$municipality", "lulea").replace("$queue", ".*")
        deadline = time.monotonic() + 30
        while not (found := prometheus.query(expression)):
            assert time.monotonic() < deadline
            time.sleep(0.3)
    told = {sample.labels["queue"]: NUMBERS[round(sample.value)] for sample in found}
    assert all(sample.value == round(sample.value) for sample in found)
    expected = {}
    for id_ in ("vaxel", "kundtjanst", "bygg", "ko-1", "ko-2", "ko-3", "ko-4"):
        queue = municipality.queues[id_]
        now = micros(datetime.now(UTC))
        state = tile(municipality, queue, figures.reading(), (), now, "").state
        if state != State.NONE:
            expected[id_] = state
    assert told == expected
    assert set(expected.values()) == set(State) - {State.NONE}


def test_figures_that_are_old_are_missing_on_the_board_too(
    municipality: Municipality, make_prometheus: Callable[..., Prometheus]
) -> None:
    with served(Feed(figures_of(municipality), ahead_seconds=-100)) as feed:
        prometheus = make_prometheus(f"127.0.0.1:{feed.port}")
        expression = promql.state().replace("$municipality", "lulea").replace("$queue", ".*")
        deadline = time.monotonic() + 30
        while not (found := prometheus.query(expression)):
            assert time.monotonic() < deadline
            time.sleep(0.3)
    assert {round(sample.value) for sample in found} == {promql.MISSING}
