"""A promise covers all numbers, its figures those that report: how many of how many is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from phone import ZONE
from strategies import NOON

from streams.domain.catalogue import CatalogueError, load_catalogue
from streams.domain.events import CallData, CallEvent, encode
from streams.domain.instants import micros
from streams.figures import as_data
from streams.replay import Log, fold, whole_report

TEXT = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours: {stangt: {week: {mon-sun: "00:00-00:01"}, holidays: open}}
    teams: {alla: {name: Alla}}
    targets:
      tappade: {name: T, measure: lost, goal: 0.1, addresses: 40, valid_from: 2014-01-01,
        valid_to: 2026-03-11, source: S}
      svarstid: {name: M, measure: mean_wait, limit_seconds: 50, addresses: 1,
        valid_from: 2014-01-01, source: S}
      samtal: {name: L, measure: mean_talk, limit_seconds: 50, valid_from: 2026-03-11, source: S}
      svar: {name: V, measure: answered_within, limit_seconds: 15, goal: 0.9,
        valid_from: 2014-01-01, source: S}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, targets: [tappade, svarstid, samtal],
        promised_hours: stangt}
      kundtjanst: {name: Kundtjänst, kind: customer_centre, team: alla, targets: [svarstid]}
"""
LOADED = load_catalogue(TEXT, "k.yaml")


def call(arrived: float, queue: str = "vaxel", origin: Any = "unknown") -> CallEvent:
    """A call that arrived so many seconds after noon."""
    at = NOON + timedelta(microseconds=round(arrived * 1e6))
    return CallEvent(
        id="1", source="/test", type="se.svarsgrad.call.offered.v1", subject="c1", time=at,
        partitionkey="lulea", data=CallData(queue=queue, arrived_at=at, origin=origin),
    )  # fmt: skip


def coverage(
    *calls: CallEvent, name: str = "today", now: datetime = NOON, asked: Any = None
) -> dict[str, Any]:
    """The coverage that replay tells."""
    lines = [encode(event) for event in calls]
    log = Log("file", [Record(n, line) for n, line in enumerate(lines)])
    books, _ = fold(LOADED, [log], micros(now), asked)
    report = whole_report(LOADED, books, micros(now), name, asked)["lulea"]
    told: dict[str, Any] = as_data(report, name)["phone_coverage"]
    return told


class Record:
    """A line of a file."""

    def __init__(self, offset: int, value: bytes) -> None:
        self.offset, self.value, self.timestamp = offset, value, micros(NOON) // 1000


def test_without_a_call_all_are_silent_and_a_promise_that_no_queue_makes_is_not_told() -> None:
    both = {"vaxel": "Växeln", "kundtjanst": "Kundtjänst"}
    assert coverage() == {
        "tappade": {"numbers": 40, "numbers_reporting": 0, "silent": {"vaxel": "Växeln"}},
        "svarstid": {"numbers": 2, "numbers_reporting": 0, "silent": both},
    }


@pytest.mark.parametrize(
    ("arrived", "reports"),
    [
        (-10.0, True),  # outside promised hours
        (-43_200.0, True),  # local midnight is 12 hours ago
        (-43_200.000001, False),
        (-0.000001, True),
        (0.0, False),  # not before now
    ],
)
@pytest.mark.parametrize("origin", ["internal", "external"])
def test_a_queue_that_any_call_reached_today_before_now_reports(
    arrived: float, reports: bool, origin: str
) -> None:
    found = coverage(call(arrived, origin=origin))["svarstid"]
    assert (found["numbers"], found["numbers_reporting"]) == (2, int(reports))
    assert ("vaxel" in found["silent"]) is not reports
    assert "kundtjanst" in found["silent"]


def test_a_call_to_another_queue_says_nothing_of_this_one() -> None:
    strange = call(-10, queue="finns-inte")
    assert coverage(strange)["svarstid"]["numbers_reporting"] == 0


def test_the_promises_are_those_of_the_day_of_the_last_instant() -> None:
    midnight = datetime(2026, 3, 11, tzinfo=ZONE)
    last = midnight - timedelta(microseconds=1)
    day = tuple(map(micros, (midnight - timedelta(days=1), midnight)))
    assert coverage(now=last).keys() == {"tappade", "svarstid"}
    assert coverage(now=midnight, name="dag", asked=day).keys() == {"tappade", "svarstid"}
    assert coverage(now=midnight + timedelta(hours=1)).keys() == {"svarstid", "samtal"}


def test_of_a_span_it_is_the_calls_of_the_span_and_of_a_sliding_window_nothing() -> None:
    an_hour_ago = call(-3_600)
    for minutes, reporting in ((59, 0), (60, 1)):
        span = (micros(NOON - timedelta(minutes=minutes)), micros(NOON))
        assert (
            coverage(an_hour_ago, name="s", asked=span)["tappade"]["numbers_reporting"]
            == reporting
        )
    assert coverage(an_hour_ago, name="1h") == {}


def test_a_promise_of_the_whole_has_no_use_for_a_number_of_addresses() -> None:
    text = TEXT.replace("mean_wait, limit_seconds: 50", "external")
    with pytest.raises(CatalogueError, match="external har ingen nytta av addresses"):
        load_catalogue(text, "k.yaml")
