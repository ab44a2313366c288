"""Each alert fires when it must and not otherwise, by Prometheus' own arithmetic; its words."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from alerts_cases import CASES, Case, filled, input_series, loaded

from alerts.rendering import as_yaml, rules_file
from alerts.rule import Rule
from alerts.rules import groups_of
from stack.programs import PROMTOOL

GROUPS = groups_of(loaded())
RULES = {rule.alert: rule for group in GROUPS for rule in reversed(group.rules)}
"""By name; of those of several queues that of the first."""
MINUTES = 60


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.yml"
    file.write_text(rules_file(GROUPS), encoding="utf-8")
    return file


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROMTOOL.require()), *arguments], capture_output=True, text=True, check=False
    )


def expected(rule: Rule, case: Case) -> dict[str, Any]:
    return {
        "exp_labels": {name: value for name, value in rule.labels.items() if value},
        "exp_annotations": {
            name: filled(text, case.values) for name, text in rule.annotations.items()
        },
    }


def test_promtool_takes_the_rules(rules: Path) -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", str(rules))
    assert done.returncode == 0, done.stderr


def test_each_alert_fires_where_it_must_and_is_silent_elsewhere(rules: Path) -> None:
    tests = [
        {
            "name": case.name,
            "interval": "30s",
            "input_series": input_series(case, MINUTES),
            "alert_rule_test": [
                {
                    "eval_time": f"{MINUTES}m",
                    "alertname": rule.alert,
                    "exp_alerts": [expected(rule, case)] if rule.alert in case.fires else [],
                }
                for rule in RULES.values()
                if rule.alert != "Watchdog"
            ],
        }
        for case in CASES
    ]
    file = rules.parent / "tests.yml"
    whole = {"rule_files": [str(rules)], "evaluation_interval": "30s", "tests": tests}
    file.write_text(as_yaml(whole), encoding="utf-8")
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


OF_LONGER = {"LarmTak", "LarmHallsTillbaka", "FragorKvar", "ArendenKvar"}
"""Alerts about more than an hour, which have tests of their own."""


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fired = {alert for case in CASES for alert in case.fires}
    assert fired == set(RULES) - {"Watchdog", *OF_LONGER}
    assert any(not case.fires for case in CASES)


FIRING = [(case, alert) for case in CASES for alert in sorted(case.fires)]


@pytest.mark.parametrize(("case", "alert"), FIRING, ids=lambda its: getattr(its, "name", its))
def test_what_is_said_is_short_and_whole(case: Case, alert: str) -> None:
    said = {name: filled(text, case.values) for name, text in RULES[alert].annotations.items()}
    assert len(said["summary"]) <= 60
    assert len(said["sms"]) <= 160
    assert "{{" not in "".join(said.values())
    assert said["runbook"] == f"https://svarsgrad.example.org/larm#{alert.lower()}"
    link = said.get("acknowledge", "")
    told_once = alert in {"AkutOver", "UnderMalet", "ArendeForfallet"}
    assert bool(link) is not told_once
    assert link.startswith("https://larm.example.org/#/silences/new?filter=") or not link


def test_the_words_of_an_acute_alert() -> None:
    (case,) = (case for case in CASES if case.name == "acute")
    said = {name: filled(text, case.values) for name, text in RULES["Akut"].annotations.items()}
    assert said["summary"] == "Växeln: 71 % i tid, mål 90 %"
    assert said["sms"] == ("Växeln: 71 % av 80 i tid, mål 90 %. Väntar 2. Svarar: 4. Behövs: 5.")
    assert said["description"] == (
        "Senaste halvtimmen: 71 % av 80 samtal besvarades inom 15 s; målet är 90 %, och larmet "
        "jämför med 90 %. I dag: 95 % av 300. Som bäst kan dagen nå 96 %; av de 800 samtal som "
        "väntas krävs 88 %. Går det som nu blir det 94 %. Nu väntar 2, längst 9 s. Svarar: 4. "
        "Behövs: 5. De som svarar hinner 93 % i tid."
    )


def test_the_file_is_plain_yaml() -> None:
    read = yaml.safe_load(rules_file(GROUPS))
    assert [group["name"] for group in read["groups"]] == ["svarsgrad", "svarsgrad-lulea"]
