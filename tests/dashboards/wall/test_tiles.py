"""A queue's tile: what it says in each state, in good Swedish."""

import pytest
from wall_cases import ODD, Figures, catalogue_text, municipality, ordinary

from dashboards.wall.facts import duration
from dashboards.wall.reading import Alert
from dashboards.wall.standing import State
from dashboards.wall.tiles import Tile, shown, tile
from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.instants import HOUR, SECOND

LULEA = municipality()
NOW = 1_773_133_200 * SECOND  # 10 March 2026, 10.00 in Luleå
NBSP = "\N{NO-BREAK SPACE}"


def tile_of(figures: Figures, queue: str, missing: str = "", *alerts: Alert) -> Tile:
    return tile(LULEA, LULEA.queues[queue], figures.reading(), alerts, NOW, missing)


def facts(figures: Figures, queue: str) -> dict[str, str]:
    return {name: value.replace(NBSP, " ") for name, value in tile_of(figures, queue).facts}


def test_each_queue_with_a_promise_has_a_tile_and_no_other_has() -> None:
    ids = [queue.id for queue in shown(LULEA, NOW)]
    assert ids == ["vaxel", "kundtjanst", "bygg", "inkorg", "arenden"]


@pytest.mark.parametrize(
    ("queue", "state"),
    [
        ("vaxel", State.UNDER),
        ("kundtjanst", State.WITHIN),
        ("bygg", State.UNSURE),
        ("inkorg", State.UNSURE),
        ("arenden", State.NONE),
    ],
)
def test_a_queue_stands_as_its_first_promise_does(queue: str, state: State) -> None:
    expected = State.WITHIN if queue == "inkorg" else state  # all of ten, where all is the goal
    assert tile_of(ordinary(), queue).state == expected


def test_what_is_shown_large_is_the_share_and_not_what_stands_beside_it() -> None:
    its = tile_of(ordinary(), "vaxel").as_data()
    large = {name: str(value).replace(NBSP, " ") for name, value in its["promise"].items()}
    assert large["name"] == "svar inom 15 s"
    assert (large["value"], large["goal"]) == ("83,6 %", "mål 90 %")
    assert (large["of"], large["span"]) == ("av 1 412 samtal", "81,5–85,4 %")
    (mean,) = its["others"]
    assert mean["name"] == "väntan i medel"
    assert mean["value"].replace(NBSP, " ") == "31,4 s"
    assert mean["goal"].replace(NBSP, " ") == "mål högst 50 s"
    assert mean["span"] == ""


def test_a_tile_says_who_waits_what_can_be_reached_and_how_many_answer() -> None:
    assert facts(ordinary(), "vaxel") == {
        "Väntar nu": "2",
        "Längsta väntan": "42 s",
        "Senaste 30 min": "84 % av 1 412",
        "Kan nå som bäst": "95,3 %",
        "Krävs härifrån": "88 %",
        "Bemanning": "3 av 4",
    }
    assert facts(ordinary(), "kundtjanst")["Längsta väntan"] == "–"


def test_a_day_that_is_lost_and_one_that_is_won_are_said_to_be() -> None:
    figures = ordinary()
    figures.calls("vaxel", "svar-15s", 1180, 1412, best=0.863, needed=1.2)
    lost = facts(figures, "vaxel")
    assert (lost["Kan nå som bäst"], lost["Dagens mål"]) == ("86,3 %", "kan inte nås")
    assert "Krävs härifrån" not in lost
    figures.calls("vaxel", "svar-15s", 1180, 1412, best=0.99, needed=0.0)
    assert facts(figures, "vaxel")["Dagens mål"] == "är nått"


@pytest.mark.parametrize(
    ("people", "needed", "said"),
    [(3, 4, "3 av 4"), (3, None, "3"), (None, 4, "behövs 4"), (None, None, None)],
)
def test_how_many_answer_is_said_beside_how_many_it_takes_as_far_as_they_are_known(
    people: int | None, needed: int | None, said: str | None
) -> None:
    figures = ordinary()
    figures.set(m.STAFFED, people, queue="vaxel")
    figures.set(m.PEOPLE_NEEDED, needed, queue="vaxel")
    assert facts(figures, "vaxel").get("Bemanning") == said


def test_a_closed_queue_is_closed_whatever_its_day_came_to_and_has_no_facts_of_now() -> None:
    figures = ordinary()
    figures.calls("kundtjanst", "svar-5min", 970, 1000, open=0)
    its = tile_of(figures, "kundtjanst")
    assert (its.state, its.facts) == (State.CLOSED, ())
    assert {line.standing.state for line in its.lines} == {State.CLOSED}
    assert its.lines[0].value == f"97,0{NBSP}%"


@pytest.mark.parametrize(
    ("hours", "said"), [(-3, "öppnar 08.00"), (8, "öppnar i morgon 08.00"), (0, "")]
)
def test_a_closed_queue_says_when_it_opens(hours: int, said: str) -> None:
    """At 07.00 and 18.00; at 10.00 it is open."""
    figures = ordinary()
    figures.set(m.OPEN, int(not hours), queue="vaxel")
    now = NOW + hours * HOUR
    assert tile(LULEA, LULEA.queues["vaxel"], figures.reading(), (), now, "").note == said


def test_a_queue_that_is_closed_over_the_week_end_says_which_day_it_opens() -> None:
    text = catalogue_text().replace('dagtid: {week: {mon-sun: "08', 'dagtid: {week: {mon-fri: "08')
    its = load_catalogue(text, "k").municipalities["lulea"]
    figures = ordinary()
    figures.set(m.OPEN, 0, queue="vaxel")
    friday_evening = NOW + (3 * 24 + 10) * HOUR
    found = tile(its, its.queues["vaxel"], figures.reading(), (), friday_evening, "")
    assert found.note == "öppnar måndag 08.00"


@pytest.mark.parametrize("queue", ["vaxel", "kundtjanst", "bygg", "inkorg", "arenden"])
def test_what_can_not_be_trusted_shows_no_figure_at_all(queue: str) -> None:
    its = tile_of(ordinary(), queue, "Siffrorna är 5 minuter gamla")
    assert (its.state, its.note, its.facts) == (State.MISSING, "Siffrorna är 5 minuter gamla", ())
    for line in (its.as_data()["promise"], *its.as_data()["others"]):
        assert (line["value"], line["of"], line["span"]) == ("–", "", "")
        assert line["state"] == State.MISSING


def test_a_silent_source_is_missing_data_while_the_queue_is_open() -> None:
    figures = ordinary()
    figures.set(m.SILENT, 1, queue="kundtjanst")
    its = tile_of(figures, "kundtjanst")
    assert (its.state, its.note) == (State.MISSING, "Källan har tystnat")
    assert its.facts == ()
    assert its.lines[0].value == "–"
    figures.set(m.OPEN, 0, queue="kundtjanst")
    assert tile_of(figures, "kundtjanst").state == State.CLOSED


def test_a_queue_that_no_worker_shows_is_missing_and_not_closed() -> None:
    its = tile_of(Figures(), "kundtjanst")
    assert (its.state, its.note) == (State.MISSING, "Inga siffror om kön")


def test_a_queue_of_which_it_is_not_known_whether_it_is_open_is_not_closed() -> None:
    figures = ordinary()
    figures.set(m.OPEN, None, queue="kundtjanst")
    its = tile_of(figures, "kundtjanst")
    assert (its.state, its.note) == (State.MISSING, "Inga siffror om kön")


def test_what_is_overdue_is_never_green_whatever_the_goal() -> None:
    figures = ordinary()
    figures.items("arenden", "klart", 100, 100, overdue=312)
    its = tile_of(figures, "arenden")
    assert (its.state, its.note) == (State.UNSURE, "312 ärenden har förfallit")


def test_that_another_promise_is_broken_is_said() -> None:
    figures = ordinary()
    figures.calls("kundtjanst", "svar-5min", 970, 1000, lost=0.3)
    its = tile_of(figures, "kundtjanst")
    assert (its.state, its.note) == (State.WITHIN, "Ett annat löfte hålls inte")


def test_what_is_overdue_of_a_promise_of_all_is_under_its_goal_since_whatever_day() -> None:
    figures = ordinary()
    figures.items("inkorg", "epost", 10, 10, overdue=3)
    its = tile_of(figures, "inkorg")
    assert (its.state, its.note) == (
        State.UNDER,
        f"3{NBSP}frågor har förfallit".replace(NBSP, " "),
    )
    assert facts(figures, "inkorg") == {
        "Förfallna": "3",
        "Förfaller i dag": "4",
        "Öppna nu": "17",
        "Mest försenad": "2 h 1 min",
        "Äldsta öppna": "1 d 1 h",
    }


def test_what_is_short_of_its_goal_is_told_so_however_it_is_rounded() -> None:
    figures = ordinary()
    figures.items("inkorg", "epost", 2999, 3000)
    assert tile_of(figures, "inkorg").lines[0].value == f"99,9{NBSP}%"
    figures.items("inkorg", "epost", 3000, 3000)
    assert tile_of(figures, "inkorg").lines[0].value == f"100,0{NBSP}%"
    figures.calls("vaxel", "svar-15s", 1180, 1412, best=0.8996, needed=1.01)
    assert facts(figures, "vaxel")["Kan nå som bäst"] == "89,9 %"


def test_what_is_above_what_it_may_be_is_told_so_however_it_is_rounded() -> None:
    figures = ordinary()
    figures.calls("kundtjanst", "svar-5min", 9700, 10_000, lost=0.1003)
    (lost,) = tile_of(figures, "kundtjanst").lines[1:]
    assert lost.value == f"10,1{NBSP}%"
    figures.calls("kundtjanst", "svar-5min", 9700, 10_000, lost=0.1)
    assert tile_of(figures, "kundtjanst").lines[1].value == f"10,0{NBSP}%"
    figures.calls("vaxel", "svar-15s", 1180, 1412, mean=50.01)
    (mean,) = tile_of(figures, "vaxel").lines[1:]
    assert (mean.value, mean.word) == (f"50,1{NBSP}s", "Över mål")


def test_what_there_should_be_little_of_is_over_its_goal_and_not_under_it() -> None:
    figures = ordinary()
    figures.calls("kundtjanst", "svar-5min", 970, 1000, lost=0.3)
    its = tile_of(figures, "kundtjanst").as_data()
    (lost,) = its["others"]
    assert (lost["state"], lost["word"]) == ("under", "Över mål")
    assert its["word"] == "Inom mål"


def test_how_many_are_overdue_is_said_of_each_promise() -> None:
    figures = ordinary()
    figures.items("inkorg", "epost", 10, 10, overdue=1)
    figures.items("arenden", "klart", 10, 10, overdue=3)
    assert tile_of(figures, "inkorg").as_data()["promise"]["overdue"] == "1 förfallen"
    assert tile_of(figures, "arenden").as_data()["promise"]["overdue"] == "3 förfallna"
    for queue, missing in (("vaxel", ""), ("inkorg", "Inga siffror")):
        its = tile_of(figures, queue, missing).as_data()
        assert {line["overdue"] for line in (its["promise"], *its["others"])} == {""}


def test_a_name_is_told_as_it_is() -> None:
    assert tile_of(ordinary(), "bygg").as_data()["name"] == ODD


def test_of_alerts_a_tile_has_its_own_that_are_for_the_wall() -> None:
    alerts = (
        Alert("akut", "vaxel", "Växeln: akut"),
        Alert("akut", "kundtjanst", "en annan kö"),
        Alert("veckobrev", "vaxel", "för chefen"),
    )
    its = tile_of(ordinary(), "vaxel", "", *alerts).as_data()
    assert its["alerts"] == ["Akut"]


def test_an_incident_is_said_to_go_on() -> None:
    figures = ordinary()
    figures.set(m.INCIDENT, 1, queue="kundtjanst")
    its = tile_of(figures, "kundtjanst")
    assert (its.state, its.note) == (State.WITHIN, "Händelse pågår")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "–"), (0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3600, "1 h 0 min"),
     (2 * 86400 + 4 * 3600 + 1, "2 d 4 h")],
)  # fmt: skip
def test_durations_are_read_at_a_glance(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


def test_the_hour_of_the_tests_is_within_opening() -> None:
    assert LULEA.queues["vaxel"].promised is not None
    assert LULEA.queues["vaxel"].promised.is_open(NOW)
    assert not LULEA.queues["vaxel"].promised.is_open(NOW + 12 * HOUR)
