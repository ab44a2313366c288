"""What no rule may be: unexplained, of no metric, dividing by nothing, labelled with figures."""

import json
import re
from pathlib import Path

import pytest
from alerts_cases import loaded

from alerts import tasks
from alerts.rule import Rule
from alerts.rules import groups_of
from dashboards.boards.rendering import BOARDS, as_data
from streams import metrics as m
from streams.catalogue_file import read_catalogue

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "larm.md").read_text("utf-8")
LULEA = read_catalogue(ROOT / "examples" / "lulea.yaml")
GROUPS = [*groups_of(loaded()), *groups_of(LULEA)]
RULES = [rule for group in GROUPS for rule in group.rules]
NAMES = {metric.name: metric for metric in m.BUSINESS}


def texts(rule: Rule) -> list[str]:
    return [rule.expr, *rule.annotations.values()]


@pytest.mark.parametrize("alert", sorted({rule.alert for rule in RULES}))
def test_every_alert_has_its_section_in_the_runbook(alert: str) -> None:
    assert re.search(rf"^## {alert}$", RUNBOOK, re.MULTILINE)


def test_the_runbook_has_no_other_sections() -> None:
    assert set(re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)) == {r.alert for r in RULES}


OF_ARCHIVE = {m.PREFIX + its.name for its in m.ARCHIVE}
"""Of no municipality, and a largest or smallest of all there is."""


def test_every_figure_is_recorded_in_its_group_and_is_a_metric_with_such_labels() -> None:
    for group in GROUPS:
        recorded = {its.record for its in group.recordings}
        for its in group.recordings:
            if its.record in {tasks.FAILED, tasks.LATE}:
                continue  # of no municipality, and of none of our metrics
            metric = NAMES[its.record.removeprefix("svarsgrad:")]
            assert f"{m.PREFIX}{metric.name}{{" in its.expr
        for rule in group.rules:
            for text in texts(rule):
                for name, labels in re.findall(r"svarsgrad:(\w+)\{([^}]*)\}", text):
                    assert f"svarsgrad:{name}" in recorded
                    used = re.findall(r'(\w+)="', labels)
                    assert set(used) <= set(NAMES[name].labels)
                plain = set(re.findall(r"svarsgrad_\w+", text))
                assert plain <= OF_ARCHIVE, "only what is recorded is read of a municipality"


def test_each_alert_links_to_a_board_that_there_is_and_that_tells_of_its_queue() -> None:
    boards = {module.UID: json.dumps(as_data(module.board())) for module in BOARDS}
    seen = set()
    for rule in RULES:
        found = re.search(r"/d/([\w-]+)\?(\S+)", rule.annotations.get("dashboard", ""))
        if found is None:
            continue
        board, variables = found.groups()
        kind = "cases|mailbox" if board == "epost-arenden" else board
        seen.add(kind)
        if board != "systemet":
            for name in re.findall(r"var-(\w+)=", variables):
                assert f'"name": "{name}"' in boards[board]
    assert seen == {"arbetsledare", "cases|mailbox", "systemet"}


def test_labels_are_constant_and_all_have_a_tier() -> None:
    for rule in RULES:
        assert rule.labels["tier"]
        assert "{{" not in "".join(rule.labels.values())


def test_nothing_is_divided_by_what_may_be_nothing() -> None:
    for rule in RULES:
        for _, divisor in re.findall(r"(\S+) / (?:on \([^)]*\) )?(\S+)", rule.expr):
            assert divisor.startswith("(svarsgrad:") or divisor.rstrip(")").isdecimal()
        if " / on " in rule.expr:
            assert re.search(r"/ on \([^)]*\) \(\S+\{[^}]*\} > 0\)", rule.expr)


def test_rules_about_calls_look_at_whether_the_queue_is_open() -> None:
    of_calls = {
        "Akut",
        "AkutOver",
        "AkutUtanSvar",
        "Drift",
        "DagenIFara",
        "DagenForlorad",
        "KoVaxer",
        "LarmHallsTillbaka",
    }
    for rule in RULES:
        if rule.alert in of_calls:
            assert rule.expr.count("svarsgrad:open{") >= 1
            assert all(
                "svarsgrad:open{" in part
                for part in re.split(r"^or$", rule.expr, flags=re.MULTILINE)
            ) or re.sub(r"\nunless [^\n]*$", "", rule.expr).endswith("== 1")
