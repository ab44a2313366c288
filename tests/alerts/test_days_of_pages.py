"""What is told of more than an hour: how often a person is, and what is missed all week."""

from pathlib import Path
from typing import Any, Final

import pytest
from alerts_cases import BAD, HEALTHY, Key, calls, key, loaded, series
from fired import Asked, fired

from alerts.rendering import rules_file
from alerts.rule import Rule
from alerts.rules import groups_of
from streams import metrics as m

GROUPS = groups_of(loaded())
RULES = [rule for group in GROUPS for rule in group.rules]
INBOX: Final = {"municipality": "lulea", "queue": "inkorg", "target": "epost"}
CASES: Final = {"municipality": "lulea", "queue": "arenden", "target": "atgardat"}


def rule_of(alert: str, **labels: str) -> Rule:
    (found,) = (r for r in RULES if r.alert == alert and labels.items() <= r.labels.items())
    return found


def fires(directory: Path, every: str, inputs: list[Any], asked: list[Any]) -> None:
    """Hold what fires against what must: (minute, rule, whether it fires)."""
    rules = rules_file(GROUPS).replace("interval: 30s", f"interval: {every}")
    alerts = [(round(60 * minute), rule.alert) for minute, rule, _ in asked]
    found = fired(directory, rules, every, [Asked("it", inputs, alerts)])
    for minute, rule, fires in asked:
        labels = [its for its, _ in found["it", round(60 * minute), rule.alert]]
        wanted = {name: value for name, value in rule.labels.items() if value}
        assert (wanted in labels) is fires, (minute, rule.alert)


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
    akut, cap = rule_of("Akut"), rule_of("LarmTak")
    held = rule_of("LarmHallsTillbaka")
    assert cap.labels["team"] == "kundcenter"
    third, fourth = 2 * APART, 3 * APART
    fires(
        tmp_path,
        "30s",
        inputs,
        [
            (third + 3, akut, True),
            (third + 3, cap, False),  # so that the third goes out
            (third + 6, cap, True),
            (third + 15, held, False),  # it had been told
            (third + 50, held, False),
            (fourth + 2, held, False),
            (fourth + 5, akut, True),
            (fourth + 5, held, True),
            (fourth + 5, cap, True),
            (fourth + 50, held, False),  # it is over
            (4 * APART + 5, held, True),
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
        # Two promises of a queue are told of in one message, while one of them is broken.
        ([("Akut", "a", 9), ("Akut", "a 2", 9), ("Akut", "b", 29)], False),
        ([("Akut", "a", 9), ("Akut", "a 2", 19), ("Akut", "b", 29)], False),
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
    cap = rule_of("LarmTak")
    inputs.append({"series": series(EVALUATED), "values": "0+60x60"})
    fires(tmp_path, "1m", inputs, [(45, cap, is_often)])


def test_a_queue_that_never_closes_has_three_in_twelve_hours_and_then_more(
    tmp_path: Path,
) -> None:
    hour = "1x19 _x39 "
    inputs = [
        {
            "series": ONE_ACUTE.format(alert="Akut", queue="a", target="svar"),
            "values": "_x8 " + (hour + "_x59 ") * 12,
        },
        {"series": series(EVALUATED), "values": "0+60x1500"},
    ]
    cap = rule_of("LarmTak")
    asked = [(3 * 60, cap, False), (5 * 60, cap, True), (11 * 60, cap, True)]
    fires(tmp_path, "1m", inputs, [*asked, (13 * 60, cap, False)])


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
    fires(
        tmp_path,
        "1h",
        inputs,
        [
            (5 * day, questions, False),  # it is not known for as long
            (7 * day, questions, True),
            (11 * day, questions, False),  # there were none for a while
            (6 * day + 12 * 60, lasting, False),
            (7 * day, lasting, True),
        ],
    )


def test_the_switchboard_is_what_the_pages_are_about() -> None:
    assert rule_of("Akut").labels["queue"] == dict(calls(m.OPEN)[1])["queue"]
