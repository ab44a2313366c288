"""What fires in the benchmark of alerts fires in Prometheus, on a day that goes wrong."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from alerts_cases import HEALTHY, Key, calls, filled, loaded, series

from alerts.rendering import as_yaml, rules_file
from alerts.rules import groups_of
from benchmarks.alert_quality import (
    DAYS,
    LIMIT,
    RULES,
    SCENARIOS,
    AlertState,
    Seen,
    minutes_of,
    profile_of,
    spare_of,
)
from benchmarks.one_queue import SEED, simulate, spare_for
from stack.programs import PROMTOOL
from streams import metrics as m

EVERY = 15
"""Minutes between the instants at which both are asked."""


def values_of(seen: Seen) -> dict[Key, float | None]:
    """Return what a worker exports of the figures of a minute."""
    found: dict[Key, float | None] = {}
    for window in ("15m", "30m", "1h", "today"):
        share = seen.levels[window]
        found[calls(m.SERVICE_LEVEL, window)] = share.ratio
        found[calls(m.DECIDED, window)] = share.whole
        if window != "today":
            found[calls(m.SERVICE_LEVEL_HIGH_99, window)] = share.high_99
            found[calls(m.SERVICE_LEVEL_HIGH, window)] = share.interval and share.interval[1]
    latest = seen.levels["latest"]
    found[calls(m.LATEST_HIGH_99)] = latest.high_99
    found[calls(m.LATEST_DECIDED)] = latest.whole
    found[calls(m.NEEDED)] = seen.needed
    found[calls(m.TO_COME)] = seen.to_come
    return found


def test_what_fires_in_the_benchmark_fires_in_prometheus(tmp_path: Path) -> None:
    (scenario,) = (its for its in SCENARIOS if its.then == 0.7 and its.calls_per_hour == 155)
    spares = {share: spare_for(share, 155, LIMIT, DAYS) for share in (0.95, 0.7)}
    day = simulate(np.random.default_rng((SEED, 3)), 155, spare_of(scenario, spares))
    state, told, fires = AlertState(*RULES["Akut"]), [], []
    last_true, said_at = 0, []
    for number, (_, seen) in enumerate(minutes_of(day, profile_of(155), scenario)):
        state.step(seen)
        told.append(values_of(seen))
        fires.append(state.fires)
        last_true = number if RULES["Akut"][0](seen) else last_true
        said_at.append(last_true)  # while it is only kept firing the words stay as they were
    assert 10 < sum(fires) < len(fires) - 60, "it is a day on which it fires, and does not"
    (rule,) = (r for group in groups_of(loaded()) for r in group.rules if r.alert == "Akut")
    tests: list[dict[str, Any]] = []
    for at in range(EVERY, len(told), EVERY):
        minute = told[said_at[at]]
        both = {**HEALTHY, **minute}
        values = {its: value for its, value in both.items() if value is not None}
        expected = {
            "exp_labels": rule.labels,
            "exp_annotations": {
                name: filled(text, values) for name, text in rule.annotations.items()
            },
        }
        tests.append(
            {
                "eval_time": f"{at}m",
                "alertname": "Akut",
                "exp_alerts": [expected] if fires[at] else [],
            }
        )
    inputs = [
        {"series": series(its), "values": " ".join(_value(minute, its) for minute in told)}
        for its in HEALTHY
        if HEALTHY[its] != float("inf")
    ]
    rules = tmp_path / "rules.yml"
    rules.write_text(rules_file(groups_of(loaded())).replace("interval: 30s", "interval: 1m"))
    file = tmp_path / "tests.yml"
    whole = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": inputs, "alert_rule_test": tests}],
    }
    file.write_text(as_yaml(whole), encoding="utf-8")
    done = subprocess.run(
        [str(PROMTOOL.require()), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _value(minute: dict[Key, float | None], its: Key) -> str:
    value = minute.get(its, HEALTHY[its])
    return "stale" if value is None else f"{value}"
