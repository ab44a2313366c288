"""What is told of more than an hour: how often a person is, and what is missed all week."""

import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from alerts_cases import BAD, HEALTHY, Key, calls, filled, key, loaded, series

from alerts.rendering import as_yaml, rules_file
from alerts.rule import Rule
from alerts.rules import groups_of
from stack.programs import PROMTOOL
from streams import metrics as m

GROUPS = groups_of(loaded())
RULES = [rule for group in GROUPS for rule in group.rules]
INBOX: Final = {"municipality": "lulea", "queue": "inkorg", "target": "epost"}
CASES: Final = {"municipality": "lulea", "queue": "arenden", "target": "atgardat"}


def rule_of(alert: str, **labels: str) -> Rule:
    (found,) = (r for r in RULES if r.alert == alert and labels.items() <= r.labels.items())
    return found


def promtool(directory: Path, every: str, inputs: list[Any], tests: list[Any]) -> None:
    """Ask Prometheus what fires."""
    rules = directory / "rules.yml"
    rules.write_text(rules_file(GROUPS).replace("interval: 30s", f"interval: {every}"), "utf-8")
    whole = {
        "rule_files": [str(rules)],
        "evaluation_interval": every,
        "tests": [{"interval": every, "input_series": inputs, "alert_rule_test": tests}],
    }
    file = directory / "tests.yml"
    file.write_text(as_yaml(whole), "utf-8")
    done = subprocess.run(
        [str(PROMTOOL.require()), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def at(minutes: float, rule: Rule, values: dict[Key, float] | None) -> dict[str, Any]:
    """Return what is expected of a rule at a time: its words with such values, or nothing."""
    words = (
        None
        if values is None
        else {
            "exp_labels": {name: value for name, value in rule.labels.items() if value},
            "exp_annotations": {name: filled(t, values) for name, t in rule.annotations.items()},
        }
    )
    return {
        "eval_time": f"{round(60 * minutes)}s",
        "alertname": rule.alert,
        "exp_alerts": [] if words is None else [words],
    }


EPISODE, APART = 12, 60
"""Minutes for which it is acute, and from one beginning to the next."""
WHEN_BAD = {**HEALTHY, **{its: value for its, value in BAD.items() if value is not None}}


def episodes(its: Key, number: int) -> str:
    """Return a series' values: bad for some minutes of each hour."""
    good, bad = HEALTHY[its], WHEN_BAD[its]
    return f"{bad}x{2 * EPISODE - 1} {good}x{2 * (APART - EPISODE) - 1} " * number


def test_of_the_fourth_time_in_a_day_the_supervisor_is_told_instead(tmp_path: Path) -> None:
    inputs = [
        {
            "series": series(its),
            "values": f"0+30x{2 * APART * 6}" if value == float("inf") else episodes(its, 5),
        }
        for its, value in HEALTHY.items()
    ]
    akut, cap = rule_of("Akut"), rule_of("LarmTak", function="lead")
    held = rule_of("LarmHallsTillbaka")
    assert cap.labels["team"] == "kundcenter"
    third, fourth = 2 * APART, 3 * APART
    promtool(
        tmp_path,
        "30s",
        inputs,
        [
            at(third + 3, akut, WHEN_BAD),
            at(third + 3, cap, None),  # so that the third goes out
            at(third + 6, cap, WHEN_BAD),
            at(third + 15, held, None),  # it had been told
            at(third + 50, held, None),
            at(fourth + 2, held, None),
            at(fourth + 5, akut, WHEN_BAD),
            at(fourth + 5, held, WHEN_BAD),
            at(fourth + 5, cap, WHEN_BAD),
            at(fourth + 50, held, None),  # it is over
            at(4 * APART + 5, held, WHEN_BAD),
        ],
    )


ONE_ACUTE: Final = (
    'ALERTS{{alertname="{alert}", alertstate="firing", municipality="lulea", queue="{queue}", '
    'target="{target}", team="kundcenter"}}'
)


@pytest.mark.parametrize(
    ("firing", "is_often"),
    [
        ([("Akut", "a", 9), ("Akut", "b", 19)], False),
        ([("Akut", "a", 9), ("Akut", "b", 19), ("Akut", "c", 19)], True),
        ([("Akut", "a", 9), ("KoVaxer", "b", 19), ("KoVaxer", "c", 29)], True),
        # A queue that grows is not told of while it is acute.
        ([("Akut", "a", 9), ("KoVaxer", "a", 12), ("KoVaxer", "b", 29)], False),
        # Two promises of a queue are told of in one message, if they are broken together.
        ([("Akut", "a", 9), ("Akut", "a 2", 9), ("Akut", "b", 29)], False),
        ([("Akut", "a", 9), ("Akut", "a 2", 19), ("Akut", "b", 29)], True),
    ],
)
def test_each_beginning_that_is_told_counts_once(
    tmp_path: Path, firing: list[tuple[str, str, int]], is_often: bool
) -> None:
    inputs = [
        {
            "series": ONE_ACUTE.format(alert=alert, queue=queue[0], target=f"svar{queue[1:]}"),
            "values": f"{'_ ' * minute}1x{60 - minute}",
        }
        for alert, queue, minute in firing
    ]
    cap = rule_of("LarmTak", function="lead")
    inputs.append({"series": series(EVALUATED), "values": "0+60x60"})
    promtool(tmp_path, "1m", inputs, [at(45, cap, {} if is_often else None)])


EVALUATED: Final = key(m.EVALUATED_AT, municipality="lulea")


def test_what_is_overdue_all_week_is_told_and_what_has_just_been_counted_is_not(
    tmp_path: Path,
) -> None:
    overdue = key(m.QUESTIONS_OVERDUE, **INBOX)
    cases = key(m.CASES_PENDING, **CASES, state="overdue")
    questions, lasting = rule_of("FragorKvar"), rule_of("ArendenKvar")
    day = 24 * 60
    inputs = [
        {"series": series(EVALUATED), "values": "0+3600x300"},
        {"series": series(overdue), "values": "3x250 0x3 2x40"},
        {"series": series(cases), "values": "0x20 1x300"},
    ]
    promtool(
        tmp_path,
        "1h",
        inputs,
        [
            at(5 * day, questions, None),  # it is not known for as long
            at(7 * day, questions, {overdue: 3}),
            at(11 * day, questions, None),  # there were none for a while
            at(6 * day + 12 * 60, lasting, None),
            at(7 * day, lasting, {cases: 1}),
        ],
    )


def test_the_switchboard_is_what_the_pages_are_about() -> None:
    assert rule_of("Akut").labels["queue"] == dict(calls(m.OPEN)[1])["queue"]
