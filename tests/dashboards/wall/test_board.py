"""The whole wall: its age in plain sight, its lines since opening, what hinders it."""

from typing import Any

import orjson
from wall_cases import Figures, municipality, ordinary

from dashboards.wall.board import NO_FIGURES, Known, board, lines
from dashboards.wall.freshness import Freshness
from dashboards.wall.reading import ASKED, Alert, Reading, expression
from streams import metrics as m
from streams.domain.instants import HOUR, MINUTE, SECOND

LULEA = municipality()
NOW = 1_773_133_200 * SECOND  # Tuesday 10 March 2026, 10.00 in Luleå
FRESH = Freshness(evaluated_at=NOW / SECOND - 2, lag_seconds=2.0, moved_at=50.0)


def drawn(figures: Figures, *alerts: Alert, fresh: Freshness | None = FRESH, **more: Any) -> Any:
    known = Known(figures.reading(), alerts, fresh)
    data = board(LULEA, known, NOW, tick=60.0, stale_seconds=90.0, **more)
    return orjson.loads(orjson.dumps(data))


def states(data: Any) -> list[str]:
    return [its["state"] for its in data["tiles"]]


def test_a_wall_says_whose_it_is_what_the_time_is_there_and_how_old_it_is() -> None:
    data = drawn(ordinary())
    assert data["municipality"] == {"id": "lulea", "name": "Luleå"}
    assert (data["day"], data["clock"], data["age"]) == ("tisdag 10 mars", "10.00", 12.0)
    assert data["trouble"] == ""
    assert states(data) == ["under", "within", "unsure", "within", "none"]


def test_old_figures_are_on_no_tile() -> None:
    data = drawn(ordinary(), fresh=Freshness(NOW / SECOND - 112, 2.0, moved_at=-50.0))
    assert states(data) == ["missing"] * 5
    assert data["trouble"] == "Siffrorna står stilla"


def test_no_figures_are_no_tile_of_nothing_but_missing_and_it_is_said_why() -> None:
    data = drawn(Figures(), fresh=None)
    assert states(data) == ["missing"] * 5
    assert (data["trouble"], data["age"]) == (NO_FIGURES, None)
    data = drawn(Figures(), fresh=None, trouble="Prometheus går inte att nå")
    assert data["trouble"] == data["tiles"][0]["note"] == "Prometheus går inte att nå"


def test_what_hinders_asking_is_said_at_once_and_figures_are_shown_until_they_are_old() -> None:
    data = drawn(ordinary(), trouble="Prometheus svarar inte i tid")
    assert data["trouble"] == "Prometheus svarar inte i tid"
    assert states(data) == states(drawn(ordinary()))


def test_alerts_are_told_with_their_queue_and_only_those_for_the_wall() -> None:
    akut = Alert("akut", "bygg", "för få svar i tid")
    data = drawn(ordinary(), akut, Alert("watchdog", None, "lever"), Alert("tak", None, "tak"))
    assert data["alerts"] == [{"word": "Akut", "queue": "bygg", "text": "för få svar i tid"}]


def test_the_most_urgent_alert_comes_first() -> None:
    tiers = ("forfaller", "drift", "akut")
    data = drawn(ordinary(), *(Alert(tier, "vaxel", tier) for tier in tiers))
    assert [its["text"] for its in data["alerts"]] == ["akut", "drift", "forfaller"]


def test_yesterday_is_not_shown_as_if_it_were_today() -> None:
    before_midnight = NOW / SECOND - 10 * 3600 - 20
    known = Known(ordinary().reading(), (), Freshness(before_midnight, 2.0, moved_at=50.0))
    at = NOW - 10 * HOUR + 30 * SECOND
    data = orjson.loads(orjson.dumps(board(LULEA, known, at, tick=60.0, stale_seconds=90.0)))
    assert (data["day"], data["trouble"]) == ("tisdag 10 mars", "Siffrorna är från en annan dag")
    assert set(states(data)) == {"missing"}


def test_a_line_goes_from_opening_to_closing_and_has_its_goal() -> None:
    opens = NOW - 2 * HOUR
    at = [opens - MINUTE, opens, opens + 9 * HOUR // 2, opens + 9 * HOUR, opens + 10 * HOUR]
    points = {"vaxel": [(instant / SECOND, 0.9) for instant in at]}
    found = lines(LULEA, points, NOW)
    points_of = [(0, 900), (500, 900), (1000, 900)]
    assert found["vaxel"] == {"goal": 900, "points": points_of, "gap": 25}
    assert found["inkorg"] == {"goal": None, "points": [], "gap": 25}


def test_a_line_is_broken_where_points_are_further_apart_than_they_come() -> None:
    opens = NOW - 2 * HOUR
    every = [(opens / SECOND + 1800 * n, 0.9) for n in range(4)]
    found = lines(LULEA, {"vaxel": every}, NOW)["vaxel"]
    apart = found["points"][1][0] - found["points"][0][0]
    assert apart < found["gap"] < 3 * apart


def test_one_question_asks_for_all_that_tiles_read() -> None:
    asked = expression("lulea")
    for metric in ASKED:
        assert m.PREFIX + metric.name in asked
        assert all(label in asked for label in metric.labels)
    assert 'municipality="lulea"' in asked


def test_a_municipality_with_quotes_in_its_id_asks_for_no_other() -> None:
    assert r'municipality="a\"} or up{x=\"b"' in expression('a"} or up{x="b')


def test_values_that_are_no_numbers_are_none() -> None:
    labels = {"__name__": "svarsgrad_open", "municipality": "lulea", "queue": "vaxel"}
    for odd in ("NaN", "+Inf", "-Inf"):
        reading = Reading.of_samples([(labels, float(odd))])
        assert reading.of(m.OPEN, municipality="lulea", queue="vaxel") is None
