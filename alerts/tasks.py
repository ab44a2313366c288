"""The rules about what is done by the clock: that it failed, and that it was not done.

Alerts read two recorded series, for each task: ``svarsgrad:task_failed`` and
``svarsgrad:task_late`` (1 or 0). Here they are recorded from what node_exporter says of systemd's
units; the chart records the same from what kube-state-metrics says. Where there is neither, there
is nothing to read.

Source: docs/decisions/0024-what-runs-by-the-clock.md.
"""

from collections.abc import Iterator
from typing import Final

from alerts import wording
from alerts.expressions import RECORDED, Place, any_of
from alerts.rule import Recording, Rule
from streams.domain.catalogue import Alerts, Municipality

FAILED: Final = f"{RECORDED}task_failed"
LATE: Final = f"{RECORDED}task_late"
LONGEST: Final = "6h"
"""So long nothing that is done by the clock takes."""
MISSED_FOR: Final = "7d"
"""So long a timer that has gone is missed; then it is taken that there should be none."""


def of_systemd() -> tuple[Recording, ...]:
    """Return what is recorded of systemd's units on the hosts whose node_exporter is scraped."""
    failed, running = (_state("service", state) for state in ("failed", "activating"))
    waiting = _state("timer", "active")
    endless = f"min_over_time({running}[{LONGEST}]) == 1\nand {running} offset {LONGEST}"
    there = f"{waiting} == 1"
    gone = f"max_over_time({waiting}[{MISSED_FOR}]) == 1\nunless {there}"
    on_time = f"0 * {_state('(service|timer)', 'active')}"
    return (
        Recording(FAILED, _by_task(failed)),
        Recording(LATE, _by_task(any_of(endless, gone, on_time))),
    )


def rules(municipality: Municipality, alerts: Alerts) -> Iterator[Rule]:
    """Yield what operations are told of each task that is done by the clock."""
    labels = {"tier": "jobb", **Place(municipality.id).labels}
    failed, late = (f"max by (task) ({recorded}) == 1" for recorded in (FAILED, LATE))
    for alert, expr, for_ in (
        ("JobbetMisslyckades", failed, "1m"),
        ("JobbetUteblev", f"{late}\nunless {failed}", "30m"),
    ):
        words = wording.of_task(alert, municipality, alerts)
        yield Rule(alert, expr, for_, "5m", labels, words)


def _state(kind: str, state: str) -> str:
    return f'node_systemd_unit_state{{name=~"svarsgrad-.+[.]{kind}", state="{state}"}}'


def _by_task(expr: str) -> str:
    """Return a figure of units as one of tasks: a timer's task is that of its service."""
    indented = "\n".join(f"    {line}" for line in expr.splitlines())
    named = f'label_replace(\n{indented},\n    "task", "$1", "name", "(.+)[.](service|timer)"\n  )'
    return f"max by (task) (\n  {named}\n)"
