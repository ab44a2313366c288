"""Each alert fires when it must and not otherwise, and says what it must, by Prometheus itself."""

import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from alerts_cases import CASES, CATALOGUE, Case, calls, input_series, loaded
from fired import Alert, Asked, fired

from alerts.rendering import rules_file
from alerts.rules import groups_of
from stack.programs import PROMTOOL
from streams import metrics as m
from streams.domain.catalogue import load_catalogue

GROUPS = groups_of(loaded())
RULES = {rule.alert: rule for group in GROUPS for rule in reversed(group.rules)}
"""By name; of those of several queues that of the first."""
MINUTES, FEWER_MINUTES = 60, 30
OF_LONGER = {"LarmTak", "LarmHallsTillbaka", "FragorKvar", "ArendenKvar"}
"""Alerts about more than an hour, which have tests of their own."""
OF_TASKS = {"JobbetMisslyckades", "JobbetUteblev"}
"""Alerts about no queue and no worker: they have tests of their own, in test_tasks.py."""
ALERTS = sorted(set(RULES) - {"Watchdog", *OF_TASKS})


@cache
def found() -> dict[tuple[str, int, str], list[Alert]]:
    """Return what fires at the end of each case."""
    asked = [
        Asked(case.name, input_series(case, MINUTES), [(60 * MINUTES, alert) for alert in ALERTS])
        for case in CASES
    ]
    with TemporaryDirectory() as directory:
        return fired(Path(directory), rules_file(GROUPS), "30s", asked)


LONG = "Samhällsbyggnadsnämndens kundtjänst"
WIDE = {
    calls(m.WAITING): 1234,
    calls(m.LONGEST_WAIT): 7_200,
    calls(m.STAFFED): 100,
    calls(m.PEOPLE_NEEDED): 120,
    calls(m.DECIDED, "1h"): 1_500,
    calls(m.DECIDED, "today"): 12_345,
    calls(m.TO_COME): 23_456,
}
"""Figures that are as wide as any."""


@cache
def with_long_names() -> dict[tuple[str, int, str], list[Alert]]:
    """Return what fires at the end of cases in which anything does, of queues of long names."""
    text = CATALOGUE
    for name in ("Växeln", "E-post", "Ärenden", "Telefonväxeln", "Luleå"):
        text = text.replace(f"name: {name},", f"name: {LONG},").replace(
            f"name: {name}\n", f"name: {LONG}\n"
        )
    asked = [
        Asked(
            case.name,
            input_series(replace(case, changed={**WIDE, **case.changed}), FEWER_MINUTES),
            [(60 * FEWER_MINUTES, alert) for alert in case.fires],
        )
        for case in CASES
        if case.fires and case.until is None
    ]
    with TemporaryDirectory() as directory:
        rules = rules_file(groups_of(load_catalogue(text, "long.yaml")))
        return fired(Path(directory), rules, "30s", asked)


def test_what_is_said_of_long_names_is_short_too() -> None:
    said = [words for alerts in with_long_names().values() for _, words in alerts]
    assert len(said) > 25
    for words in said:
        assert len(f"{words['summary']} (+9)") <= 60, words["summary"]
        assert len(words["sms"]) <= 160, words["sms"]
        assert words["sms"].isascii() or not set(words["sms"]) - set(OF_TEXT_MESSAGES)


OF_TEXT_MESSAGES = "".join(map(chr, range(32, 127))) + "åäöÅÄÖ"
"""Signs that let a text message have 160 of them."""


def told(case: str, alert: str) -> dict[str, str]:
    """Return the words of an alert that fires in a case."""
    ((_, words),) = found()[case, 60 * MINUTES, alert]
    return words


def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(rules_file(GROUPS), encoding="utf-8")
    done = subprocess.run(
        [str(PROMTOOL.require()), "check", "rules", "--lint=all", "--lint-fatal", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_alert_fires_where_it_must_and_is_silent_elsewhere(case: Case) -> None:
    fires = {alert for alert in ALERTS if found()[case.name, 60 * MINUTES, alert]}
    assert fires == case.fires
    for alert in fires:
        ((labels, _),) = found()[case.name, 60 * MINUTES, alert]
        assert labels == {n: v for n, v in RULES[alert].labels.items() if v}


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires = {alert for case in CASES for alert in case.fires}
    assert fires == set(RULES) - {"Watchdog", *OF_LONGER, *OF_TASKS}
    assert any(not case.fires for case in CASES)


FIRING = [(case.name, alert) for case in CASES for alert in sorted(case.fires)]


@pytest.mark.parametrize(("case", "alert"), FIRING)
def test_what_is_said_is_short_and_whole(case: str, alert: str) -> None:
    said = told(case, alert)
    assert len(said["summary"]) <= 60
    assert len(said["sms"]) <= 160
    assert "{{" not in "".join(said.values())
    assert "<error" not in "".join(said.values())
    assert said["runbook"] == f"https://svarsgrad.example.org/larm#{alert.lower()}"
    link = said.get("acknowledge", "")
    told_once = alert in {"AkutOver", "UnderMalet", "ArendeForfallet"}
    assert bool(link) is not told_once
    assert link.startswith("https://larm.example.org/#/silences/new?filter=") or not link


def test_the_words_of_an_acute_alert() -> None:
    said = told("acute", "Akut")
    assert said["summary"] == "Växeln: 71 % i tid, mål 90 %"
    assert said["sms"] == (
        "Växeln AKUT: 71 % av 80 i tid, mål 90 %. 2 väntar. 4 svarar. 5 behövs. Låt en till svara."
    )
    assert said["description"].splitlines() == [
        "Senaste halvtimmen besvarades 71 % av 80 samtal inom 15 s. Målet är 90 %.",
        "Just nu väntar 2, längst 9 s. 4 svarar. 5 behövs. Med dem som svarar går 93 % att hinna "
        "i tid.",
        "I dag hittills: 95 % av 300 samtal i tid. Fortsätter det så slutar dagen på 94 %. För "
        "målet måste 88 % av resten, omkring 800 samtal, besvaras i tid.",
    ]


@pytest.mark.parametrize(
    ("case", "alert", "said"),
    [
        ("a small queue fails", "Akut", "Växeln: 60 % i tid, mål 90 %"),
        ("too few answer a small queue", "AkutUtanSvar",
         "Växeln: 80 % i tid, ingen har kvitterat"),
        ("drift", "Drift", "Växeln sjunker: 84 % i tid, mål 90 %"),
        ("the day is in danger", "DagenIFara", "Växeln: på väg mot 89 %, mål 90 %"),
        ("the first in line waits long", "KoVaxer", "Växeln: 2 väntar, längst 61 s"),
        ("longer than usual", "KoVaxer", "Växeln: 2 väntar, längst 3 min"),
        ("it was acute until now", "AkutOver", "Växeln: inte längre akut, i dag 95 %"),
        ("it is under its goal most days", "UnderMalet", "Växeln: når ofta inte målet 90 %"),
        ("a source is silent", "DataSaknas", "Telefonväxeln hör inte av sig"),
        ("questions are due", "FragorForfaller", "E-post: 3 frågor ska ha svar i dag"),
        ("questions are overdue", "FragorForfallna", "E-post: 2 försenade frågor"),
        ("cases are due", "ArendenForfaller", "Ärenden: 1 ärende ska vara klart i dag"),
        ("cases are overdue", "ArendenForfallna", "Ärenden: 1 försenat ärende"),
        ("a case has just come to be overdue", "ArendeForfallet",
         "Ärenden: minst ett har passerat sin tid"),
    ],
)  # fmt: skip
def test_the_subject_of_each(case: str, alert: str, said: str) -> None:
    assert told(case, alert)["summary"] == said


def test_what_is_said_of_the_rest_of_the_day_is_never_at_odds_with_itself() -> None:
    lost = told("the day is lost", "DagenForlorad")["description"]
    assert "Målet går inte att nå i dag." in lost
    assert "För målet måste" not in lost
    unknown = told("as bad as that, and the rest is unknown", "Akut")["description"]
    assert "I dag hittills: 95 % av 300 samtal i tid." in unknown.splitlines()
    usual = told("worse than usual", "Akut")["description"]
    assert "Det är sämre än vanligt: kön brukar ligga på 83 %." in usual
    assert "vanligt" not in told("acute", "Akut")["description"]


@pytest.mark.parametrize("case", [case for case in CASES if "Akut" in case.fires])
def test_who_is_woken_is_told_of_a_share_under_the_goal(case: Case) -> None:
    share = int(told(case.name, "Akut")["summary"].split(":")[1].split()[0])
    assert share < 90


def test_the_file_is_plain_yaml() -> None:
    read = yaml.safe_load(rules_file(GROUPS))
    assert [group["name"] for group in read["groups"]] == ["svarsgrad", "svarsgrad-lulea"]


def test_an_archive_that_has_gone_is_missed_where_there_was_one() -> None:
    (ready,) = [
        one for one in input_series(CASES[0], MINUTES) if m.ARCHIVE_READY.name in one["series"]
    ]
    gone = {"series": ready["series"], "values": "1x20 _x100"}
    at = [(60 * minutes, "ArkivetStar") for minutes in (30, 50)]
    asked = [Asked("gone", [gone], at), Asked("never there", [], at)]
    with TemporaryDirectory() as directory:
        said = fired(Path(directory), rules_file(GROUPS), "30s", asked)
    assert {(name, seconds // 60) for (name, seconds, _), alerts in said.items() if alerts} == {
        ("gone", 50)
    }
