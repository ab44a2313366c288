"""Which promises a queue is judged by: those of the day of a window's last instant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.domain.catalogue import load_catalogue
from streams.domain.evaluation import limits_on
from streams.domain.instants import micros
from streams.domain.windows import Window
from streams.replay import fold, report

ZONE = ZoneInfo("Europe/Stockholm")
CATALOGUE = load_catalogue(
    """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, targets: [gammalt, nytt]}
    teams: {alla: {name: Alla}}
    targets:
      gammalt:
        {name: G, measure: answered_within, limit_seconds: 15, goal: 0.9, source: 2014,
         valid_from: 2014-01-01, valid_to: 2018-01-26}
      nytt:
        {name: N, measure: answered_within, limit_seconds: 300, goal: 0.9, source: 2018,
         valid_from: 2018-01-26}
""".replace("source: 2014", 'source: "2014"').replace("source: 2018", 'source: "2018"'),
    "k.yaml",
)
LULEA = CATALOGUE.municipalities["lulea"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2018-01-25T23:59:59.999999", ["gammalt"]),
        ("2018-01-26T00:00:00", ["nytt"]),
        ("2018-01-26T00:30:00", ["nytt"]),  # in UTC it is still the day before
    ],
)
def test_a_promise_changes_at_local_midnight(at: str, expected: list[str]) -> None:
    instant = micros(datetime.fromisoformat(at).replace(tzinfo=ZONE))
    assert [limit.target for limit in limits_on(LULEA, "vaxel", instant)] == expected


def test_a_window_that_ends_as_a_promise_changes_is_judged_by_the_old_one() -> None:
    start, end = (micros(datetime(2018, 1, day, tzinfo=ZONE)) for day in (25, 26))
    legs, _ = fold(CATALOGUE, [], end, (start, end))
    (found,) = report(CATALOGUE, legs, end, "asked", (start, end)).values()
    assert list(found.figures["asked"].service_levels) == ["gammalt"]


def test_an_unknown_queue_is_judged_by_nothing() -> None:
    assert limits_on(LULEA, "finns-inte", micros(datetime(2018, 1, 1, tzinfo=UTC))) == []


def test_a_windows_length_is_in_microseconds() -> None:
    assert Window("x", 3, 10, rolling=False).length == 7
