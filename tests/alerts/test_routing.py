"""Who is told of each tier of each queue, by Alertmanager's own routes; and when."""

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
import yaml
from alerts_cases import loaded
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.calendar import Times, times_of
from alerts.command import rendered
from alerts.deadlines import NEWLY_SECONDS
from alerts.rendering import EVERY_SECONDS
from alerts.routing import Mail, Told, alertmanager_config
from alerts.rules import groups_of
from stack.programs import AMTOOL
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Catalogue
from streams.domain.instants import micros
from streams.domain.working_time import Hours, Season, Segment

ROOT = Path(__file__).parents[2]
LULEA = read_catalogue(ROOT / "examples" / "lulea.yaml")
TOLD = Told(Mail("127.0.0.1:25", "svarsgrad@example.org"), "http://127.0.0.1:9/levande")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("alertmanager")
    for name, text in rendered(LULEA, TOLD, 2026).items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory / "alertmanager.yml"


def amtool(*arguments: str) -> str:
    done = subprocess.run(
        [str(AMTOOL.require()), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_amtool_takes_the_configuration(config: Path) -> None:
    assert "SUCCESS" in amtool("check-config", str(config))


FUNCTIONS = {
    "akut": "lead",
    "eskalering": "deputy",
    "over": "lead",
    "ko_vaxer": "lead",
    "drift": "supervisor",
    "dagen_i_fara": "supervisor",
    "tillbakahallet": "supervisor",
    "forfaller": "supervisor",
    "forfallet": "supervisor",
}
QUEUES = {
    "vaxel": "kundcenter",
    "kundtjanst-teknik": "teknik",
    "kundtjanst-skola": "skola",
    "kundtjanst-social": "social",
    "epost-teknik": "teknik",
    "epost-skola": "skola",
    "epost-social": "social",
    "e-tjanst": "kundcenter",
}


@pytest.mark.parametrize("queue", QUEUES)
def test_each_tier_of_each_queue_goes_to_its_function(config: Path, queue: str) -> None:
    of_deadlines = not queue.startswith(("vaxel", "kundtjanst"))
    for tier, function in FUNCTIONS.items():
        if (tier in {"forfaller", "forfallet"}) is not of_deadlines:
            continue  # no rule has it
        labels = ("municipality=lulea", f"queue={queue}", f"tier={tier}")
        told = amtool("config", "routes", "test", f"--config.file={config}", *labels)
        assert told.strip() == f"lulea-{QUEUES[queue]}-{function}"


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("tier=watchdog",), "watchdog"),
        (("tier=data_saknas", "municipality=lulea", "queue=vaxel"), "lulea-operations"),
        (("tier=data_saknas", "municipality=lulea"), "lulea-operations"),
        (("tier=arkiv", "municipality=lulea"), "lulea-operations"),
        (("tier=tak", "municipality=lulea", "team=skola"), "lulea-skola-lead"),
        (
            ("tier=veckobrev", "municipality=lulea", "queue=vaxel", "team=kundcenter"),
            "lulea-kundcenter-head",
        ),
        (
            ("tier=veckobrev", "municipality=lulea", "queue=epost-skola", "team=skola"),
            "lulea-skola-head",
        ),
        (("tier=akut", "municipality=lulea", "queue=ny-ko"), "lulea-operations"),
        (("tier=akut", "municipality=boden", "queue=vaxel"), "ingen"),
    ],
)
def test_what_is_of_no_queue_goes_to_whom_it_is_of(
    config: Path, labels: tuple[str, ...], receiver: str
) -> None:
    told = amtool("config", "routes", "test", f"--config.file={config}", *labels)
    assert told.strip() == receiver


CASES = loaded()
"""A catalogue with a promise that names who is told when it is broken."""


def test_of_a_case_that_falls_due_all_those_are_told_at_once_that_the_promise_names(
    tmp_path: Path,
) -> None:
    for name, text in rendered(CASES, TOLD, 2026).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    file = tmp_path / "alertmanager.yml"
    labels = ("municipality=lulea", "queue=arenden", "target=atgardat", "tier=besked")
    told = amtool("config", "routes", "test", f"--config.file={file}", *labels).strip()
    assert told == "lulea-kundcenter-function-1,lulea-kundcenter-function-2"
    receivers = {r["name"]: r for r in yaml.safe_load(file.read_text("utf-8"))["receivers"]}
    assert [receivers[name]["email_configs"][0]["to"] for name in told.split(",")] == [
        "handlaggare@example.org",
        "narmaste-chef@example.org",
    ]


def test_a_case_that_falls_due_soon_after_another_is_told_too() -> None:
    (municipality,) = alertmanager_config(CASES, TOLD, 2026)["route"]["routes"][1:]
    its = [route for route in municipality["routes"] if 'tier="besked"' in route["matchers"]]
    assert len(its) == 2
    for route in its:
        wait, interval, again = (
            int(route[name].removesuffix("s"))
            for name in ("group_wait", "group_interval", "repeat_interval")
        )
        assert interval <= NEWLY_SECONDS, "what came after the first telling is new at the next"
        assert wait + interval > NEWLY_SECONDS + 2 * EVERY_SECONDS, "what was told is not"
        assert again < interval


def test_the_weekly_letter_is_sent_on_mondays_and_is_one(config: Path) -> None:
    data = yaml.safe_load(config.read_text("utf-8"))
    (interval,) = (its for its in data["time_intervals"] if its["name"] == "lulea-veckobrev")
    monday = date(2026, 3, 9)
    assert is_active(interval, monday, 8 * 60)
    assert not is_active(interval, monday, 8 * 60 + 30)
    assert not is_active(interval, monday + timedelta(days=1), 8 * 60)
    (lulea,) = (r for r in data["route"]["routes"] if r["matchers"] == ['municipality="lulea"'])
    letters = [r for r in lulea["routes"] if 'tier="veckobrev"' in r["matchers"]]
    assert len(letters) == len(LULEA.municipalities["lulea"].teams)
    for letter in letters:
        assert letter["active_time_intervals"] == ["lulea-veckobrev"]
        assert letter["group_by"] == ["municipality", "team", "tier"]


def test_who_has_been_told_enough_is_told_no_more(config: Path) -> None:
    inhibited = [
        (its["source_matchers"], its["target_matchers"], its["equal"])
        for its in yaml.safe_load(config.read_text("utf-8"))["inhibit_rules"]
        if 'alertname="LarmTak"' in its["source_matchers"]
    ]
    assert inhibited == [
        (['alertname="LarmTak"'], ['tier=~"akut|ko_vaxer"'], ["municipality", "team"])
    ]


def test_who_leads_two_teams_is_told_once_that_it_is_enough() -> None:
    lulea = LULEA.municipalities["lulea"]
    assert lulea.alerts is not None
    teams = {
        **lulea.alerts.teams,
        "skola": replace(lulea.alerts.teams["skola"], lead=lulea.alerts.teams["teknik"].lead),
    }
    told = replace(lulea, alerts=replace(lulea.alerts, teams=MappingProxyType(teams)))
    catalogue = Catalogue(municipalities={"lulea": told})
    (route,) = (
        its
        for its in alertmanager_config(catalogue, TOLD, 2026)["route"]["routes"]
        if its["matchers"] == ['municipality="lulea"']
    )
    receivers = {
        its["matchers"][1]: its["receiver"]
        for its in route["routes"]
        if 'tier="tak"' in its["matchers"]
    }
    assert receivers['team="teknik"'] == "lulea-teknik-lead"
    assert receivers['team="skola"'] == "ingen"
    (cap,) = (
        rule.expr
        for group in groups_of(catalogue)
        for rule in group.rules
        if rule.alert == "LarmTak" and rule.labels["team"] == "teknik"
    )
    assert 'team=~"teknik|skola"' in cap


def test_every_rule_has_a_receiver_with_a_way_to_it(config: Path) -> None:
    receivers = {
        its["name"]: its for its in yaml.safe_load(config.read_text("utf-8"))["receivers"]
    }
    for group in groups_of(LULEA):
        for rule in group.rules:
            labels = [f"{name}={value}" for name, value in rule.labels.items() if value]
            told = amtool("config", "routes", "test", f"--config.file={config}", *labels).strip()
            assert len(receivers[told]) > 1, rule


def test_teams_is_written_only_where_it_is_asked_for() -> None:
    lulea = LULEA.municipalities["lulea"]
    assert lulea.alerts is not None
    of_team = lulea.alerts.teams["skola"]
    teams = {
        **lulea.alerts.teams,
        "skola": replace(of_team, lead=replace(of_team.lead, teams="https://teams.example.org/1")),
    }
    told = replace(lulea, alerts=replace(lulea.alerts, teams=MappingProxyType(teams)))
    catalogue = Catalogue(municipalities={"lulea": told})
    for with_teams in (False, True):
        data = alertmanager_config(catalogue, replace(TOLD, with_teams=with_teams), 2026)
        (lead,) = (its for its in data["receivers"] if its["name"] == "lulea-skola-lead")
        assert ("msteamsv2_configs" in lead) is with_teams


@pytest.mark.parametrize("example", ["lulea", "skelleftea"])
def test_the_committed_files_are_those_of_the_example(example: str) -> None:
    told = Told(Mail("127.0.0.1:25", "svarsgrad@example.org"))
    catalogue = read_catalogue(ROOT / "examples" / f"{example}.yaml")
    for name, text in rendered(catalogue, told, 2026).items():
        committed = (ROOT / "examples" / example / name).read_text("utf-8")
        assert committed == text, (
            f"run: svarsgrad rules render --catalogue examples/{example}.yaml"
        )


# Times.


def is_active(interval: dict, day: date, minute: int) -> bool:  # type: ignore[type-arg]
    """Say whether a time interval holds at a time of the wall, as Alertmanager documents it."""
    return any(
        day.strftime("%A").lower() in its.get("weekdays", [day.strftime("%A").lower()])
        and str(day.day) in its.get("days_of_month", [str(day.day)])
        and str(day.month) in its.get("months", [str(day.month)])
        and str(day.year) in its.get("years", [str(day.year)])
        and any(
            _minutes(t["start_time"]) <= minute < _minutes(t["end_time"]) for t in its["times"]
        )
        for its in interval["time_intervals"]
    )


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


OFFICE = (Segment(480, 1020),)
LUNCH = (Segment(480, 720), Segment(780, 960))
ODD = Hours(
    zone=STOCKHOLM,
    week=(*(OFFICE,) * 4, LUNCH, (), ()),
    seasons=(Season(date(2026, 6, 1), date(2026, 8, 15), (*(LUNCH,) * 5, (), ())),),
    shortened=MappingProxyType({date(2026, 4, 2): 720}),
    exceptions=MappingProxyType({date(2026, 10, 3): OFFICE, date(2026, 10, 5): ()}),
    holidays=MappingProxyType({date(2026, 12, 25): "Juldagen", date(2027, 1, 1): "Nyårsdagen"}),
)


@settings(max_examples=200)
@given(st.integers(0, 729), st.integers(0, 1439))
def test_something_is_told_while_it_is_open_and_until_that_has_ended(
    number: int, minute: int
) -> None:
    times = Times("t", ODD, 2026)
    day = date(2026, 1, 1) + timedelta(days=number)
    closed = times.closed()
    assert closed is not None
    told = is_active(times.opened(), day, minute) and not is_active(closed, day, minute)
    at = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=STOCKHOLM)
    shown = at.astimezone(UTC).astimezone(STOCKHOLM)
    if (shown.hour, shown.minute) == divmod(minute, 60):  # not skipped by the clock
        # Until what fired at closing has ended, too: an hour on.
        earlier = (at - timedelta(minutes=n) for n in range(61))  # of the wall
        assert told is any(ODD.is_open(micros(its)) for its in earlier if its.date() == day)


def test_a_year_without_odd_days_has_nothing_to_keep_still() -> None:
    plain = Times("t", Hours(zone=STOCKHOLM, week=(OFFICE,) * 7), 2026)
    assert plain.closed() is None


def test_queues_share_the_times_of_the_same_hours_and_zones_need_names() -> None:
    lulea = LULEA.municipalities["lulea"]
    assert {its.name for its in times_of(lulea, 2026).values()} == {"lulea-oppet-1"}
    assert set(times_of(lulea, 2026)) == {
        its.id for its in lulea.queues.values() if its.targets and its.kind != "partner"
    }, "those in writing have the office's"
    assert times_of(replace(lulea, zone=UTC), 2026) == {}
    assert set(times_of(loaded().municipalities["lulea"], 2026)) == {"vaxel", "inkorg", "arenden"}
