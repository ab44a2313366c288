"""What Prometheus says of rules and series: which alerts fire at an instant, and in what words."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.rendering import as_yaml
from stack.programs import PROMTOOL

Alert = tuple[dict[str, str], dict[str, str]]
"""An alert's labels and its words."""


@dataclass(frozen=True)
class Asked:
    """Series, and the alerts that are asked for, each at a number of seconds after their start."""

    name: str
    inputs: Sequence[Mapping[str, str]]
    alerts: Sequence[tuple[int, str]]


def fired(
    directory: Path, rules: str, every: str, asked: Sequence[Asked]
) -> dict[tuple[str, int, str], list[Alert]]:
    """Return what fires, by name, time and alert.

    promtool tells what it got where it expected something else: so it is told to expect what
    never is.
    """
    file = directory / "rules.yml"
    file.write_text(rules, "utf-8")
    never = [{"exp_labels": {"never": "so"}, "exp_annotations": {}}]
    tests = [
        {
            "name": one.name,
            "interval": every,
            "input_series": list(one.inputs),
            "alert_rule_test": [
                {"eval_time": f"{at}s", "alertname": alert, "exp_alerts": never}
                for at, alert in one.alerts
            ],
        }
        for one in asked
    ]
    whole: dict[str, Any] = {
        "rule_files": [file.name], "evaluation_interval": every, "tests": tests,
    }  # fmt: skip
    (directory / "tests.yml").write_text(as_yaml(whole), "utf-8")
    done = subprocess.run(
        [str(PROMTOOL.require()), "test", "rules", str(directory / "tests.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout + done.stderr
    found: dict[tuple[str, int, str], list[Alert]] = {}
    name, at, alert, is_got, labels = "", 0, "", False, ""
    for line in told.splitlines():
        if match := re.match(r"\s+name: (.*),$", line):
            name = match[1]
        elif match := re.match(r"\s+alertname: (\w+), time: (\w+),", line):
            alert, at, is_got = match[1], _seconds(match[2]), False
            found[name, at, alert] = []
        elif line.strip().startswith("got:["):
            is_got = True
        elif match := re.match(r"\s+Labels:(\{.*\})", line):
            labels = match[1]
        elif is_got and (match := re.match(r"\s+Annotations:(\{.*\})", line)):
            found[name, at, alert].append((_labels(labels), _labels(match[1])))
    expected = {(one.name, at, alert) for one in asked for at, alert in one.alerts}
    assert set(found) == expected, told[-3_000:]
    return found


def _seconds(time: str) -> int:
    parts = re.findall(r"(\d+)(w|d|h|m|s)", time)
    return sum(
        int(n) * {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}[unit] for n, unit in parts
    )


def _labels(text: str) -> dict[str, str]:
    found = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text)
    escapes = {"n": "\n", "t": "\t"}
    return {
        name: re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), value)
        for name, value in found
        if name != "alertname"
    }
