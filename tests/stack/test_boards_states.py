"""Grafana's boards and the wall say the same of a promise, by Prometheus's word."""

import json
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from wall_cases import Feed, Figures, catalogue_text, ordinary, served

from dashboards.boards import promql
from dashboards.boards.rendering import rendered
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
    promql.NONE: State.NONE,
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
        prometheus = make_prometheus(f"127.0.0.1:{feed.port}", scrape_interval_seconds=0.3)
        told = {queue: NUMBERS[state] for queue, state in awaited(prometheus).items()}
    expected = {}
    for id_ in ("vaxel", "kundtjanst", "bygg", "ko-1", "ko-2", "ko-3", "ko-4"):
        queue = municipality.queues[id_]
        now = micros(datetime.now(UTC))
        state = tile(municipality, queue, figures.reading(), (), now, "").state
        expected[id_] = state
    assert told == expected
    assert set(expected.values()) == set(State)


def test_a_goal_of_all_is_kept_by_all_and_broken_by_one(
    make_prometheus: Callable[..., Prometheus],
) -> None:
    figures = Figures()
    for queue, good in (("ko-1", 10), ("ko-2", 9)):
        figures.calls(queue, "svar", good, 10)
        figures.set(m.GOAL, 1.0, queue=queue, target="svar")
        measure = {"name": "Svar", "measure": "answered_within"}
        figures.set(m.TARGET_INFO, 1, queue=queue, target="svar", **measure)
    with served(Feed(figures)) as feed:
        found = awaited(make_prometheus(f"127.0.0.1:{feed.port}", scrape_interval_seconds=0.3))
    assert found == {"ko-1": promql.WITHIN, "ko-2": promql.UNDER}


def test_when_the_worker_has_gone_all_is_missing_and_no_value_is_left(
    municipality: Municipality, make_prometheus: Callable[..., Prometheus]
) -> None:
    with served(Feed(figures_of(municipality))) as feed:
        prometheus = make_prometheus(f"127.0.0.1:{feed.port}", scrape_interval_seconds=0.3)
        level = promql.while_known(
            promql.promises(promql.figure(m.SERVICE_LEVEL, window="today"), "answered_within")
        )
        before = awaited(prometheus)
        shown = {its.labels["queue"]: its.value for its in prometheus.query(filled(level))}
        assert shown["vaxel"] == 1180 / 1412
        assert math.isnan(shown["ko-2"]), "its source is silent"
        feed.is_up = False
        deadline = time.monotonic() + 30
        while set(found := awaited(prometheus).values()) != {promql.MISSING}:
            assert time.monotonic() < deadline
            time.sleep(0.3)
        assert len(found) == len(before)
        assert all(math.isnan(its.value) for its in prometheus.query(filled(level)))


def filled(expression: str) -> str:
    return expression.replace("$municipality", "lulea").replace("$queue", ".*")


def awaited(prometheus: Prometheus) -> dict[str, int]:
    """The state of each queue, once there are any."""
    deadline = time.monotonic() + 30
    while not (found := prometheus.query(filled(promql.state()))):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert all(sample.value == round(sample.value) for sample in found)
    return {sample.labels["queue"]: round(sample.value) for sample in found}


def test_figures_that_are_old_are_missing_on_the_board_too(
    municipality: Municipality, make_prometheus: Callable[..., Prometheus]
) -> None:
    with served(Feed(figures_of(municipality), ahead_seconds=-100)) as feed:
        found = awaited(make_prometheus(f"127.0.0.1:{feed.port}", scrape_interval_seconds=0.3))
    assert set(found.values()) == {promql.MISSING}


RULES = """
groups:
  - name: test
    rules:
      - {alert: KoVaxer, expr: 'svarsgrad_waiting{queue="vaxel"} > 20', labels: {tier: ko_vaxer}}
      - {alert: DataSaknas, expr: 'vector(1)', labels: {tier: data_saknas, municipality: lulea}}
      - {alert: Brev, expr: 'vector(1)', labels: {tier: veckobrev, municipality: lulea}}
"""


def test_an_alert_is_told_on_boards_by_its_word_and_its_queue_s_name(
    municipality: Municipality, make_prometheus: Callable[..., Prometheus], tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES, encoding="utf-8")
    figures = figures_of(municipality)
    figures.calls("vaxel", "svar-15s", 10, 100, waiting=30)
    for queue in municipality.queues.values():
        of = {"kind": queue.kind, "team": "", "team_name": "", "administration": ""}
        figures.set(m.QUEUE_INFO, 1, queue=queue.id, name=queue.name, **of)
    asked = json.loads(rendered()["arbetsledare.json"])["annotations"]["list"][0]
    with served(Feed(figures)) as feed:
        prometheus = make_prometheus(
            f"127.0.0.1:{feed.port}", rule_files=[rules], scrape_interval_seconds=0.3
        )
        deadline = time.monotonic() + 30
        while len(found := prometheus.query(filled(asked["expr"]))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.3)
        others = prometheus.query(filled(asked["expr"]).replace('queue=~".*|"', 'queue=~"bygg|"'))
    told = {(its.labels["word"], its.labels.get("name")) for its in found}
    assert told == {("Kön växer", "Växeln"), ("Data saknas", None)}
    assert [its.labels["word"] for its in others] == ["Data saknas"], "of the queues chosen"
