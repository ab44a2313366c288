"""Asks Prometheus how it is, what it scrapes of ours, and which rules it has."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from alerts import tasks
from doctor.probes.asking import Service, UnansweredError
from doctor.seen import ClockSeen, Down, Failed, LoadedRule, PrometheusSeen, TasksSeen
from streams import metrics as m

A_DAY: Final = "1d"
MOST_WRITTEN: Final = 400
"""So many expressions are asked for at most: a catalogue of a region has fewer."""


def see_prometheus(service: Service, wanted: Iterable[str]) -> PrometheusSeen | Failed:
    """Return what Prometheus says.

    ``wanted`` are expressions that its rules should have: of those that it has not word for word,
    and of what it has, it is asked how it writes them.
    """
    try:
        return _see(service, frozenset(wanted))
    except UnansweredError as error:
        return Failed(str(error))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return Failed(f"{service.address} svarar inte som Prometheus: ange en annan --prometheus")


def _see(service: Service, wanted: frozenset[str]) -> PrometheusSeen:
    version = _data(service, "/api/v1/status/buildinfo")["version"]
    state = _data(service, "/api/v1/status/runtimeinfo")
    groups = {its["name"]: _rules(its) for its in _data(service, "/api/v1/rules")["groups"]}
    has = {rule.expression for rules in groups.values() for rule in rules}
    return PrometheusSeen(
        version=str(version),
        clock=_clock(service),
        is_as_configured=bool(state["reloadConfigSuccess"]),
        retention=str(state.get("storageRetention", "")),
        workers=_count(service, m.READY),
        archives=_count(service, m.ARCHIVE_READY),
        down=_down(service),
        alertmanagers=len(_data(service, "/api/v1/alertmanagers")["activeAlertmanagers"]),
        groups=groups,
        tasks=_tasks(service),
        written=_written(service, [*sorted(wanted - has), *sorted(has - wanted)]),
    )


def _data(service: Service, path: str, **form: str) -> Any:
    return service.ask_data(path, form or None)["data"]


def _query(service: Service, expression: str) -> list[tuple[Mapping[str, str], float]]:
    """Return the series of an expression, now."""
    result = _data(service, "/api/v1/query", query=expression)["result"]
    return [(its["metric"], float(its["value"][1])) for its in result]


def _count(service: Service, metric: m.Metric) -> int:
    return len(_query(service, m.PREFIX + metric.name))


def _clock(service: Service) -> ClockSeen:
    """Return what its clock shows; it tells milliseconds."""
    began = time.time()
    (_, shown), *_ = _query(service, "vector(time())")
    ended = time.time()
    return ClockSeen("Prometheus", shown - (began + ended) / 2, (ended - began) / 2 + 0.001)


def _down(service: Service) -> list[Down]:
    """Return the targets that have been ours within a day and can't be scraped, and why."""
    gone = [
        (_named(labels), metric is m.READY)
        for metric in (m.READY, m.ARCHIVE_READY)
        for labels, _ in _query(service, _gone(metric))
    ]
    if not gone:
        return []
    targets = _data(service, "/api/v1/targets?state=active")["activeTargets"]
    why = {_named(its["labels"]): str(its["lastError"]) for its in targets}
    return [Down(name[1], why.get(name, ""), is_worker) for name, is_worker in gone]


def _tasks(service: Service) -> TasksSeen:
    """Return what is done by the clock, as it is recorded for the alerts."""
    failed, late = (
        _query(service, f"max by (task) ({its})") for its in (tasks.FAILED, tasks.LATE)
    )
    known = {labels["task"] for labels, _ in (*failed, *late)}
    return TasksSeen(
        sorted(known),
        *(sorted(labels["task"] for labels, value in its if value) for its in (failed, late)),
    )


def _gone(metric: m.Metric) -> str:
    return f"up == 0 and on (job, instance) last_over_time({m.PREFIX}{metric.name}[{A_DAY}])"


def _named(labels: Mapping[str, str]) -> tuple[str, str]:
    return labels["job"], labels["instance"]


def _rules(group: Mapping[str, Any]) -> list[LoadedRule]:
    return [
        LoadedRule(
            name=its["name"],
            labels=its.get("labels") or {},
            annotations=its.get("annotations") or {},
            expression=its["query"],
            for_seconds=float(its.get("duration", 0)),
            keep_seconds=float(its.get("keepFiringFor", 0)),
            error=its.get("lastError", ""),
        )
        for its in group["rules"]
    ]


def _written(service: Service, expressions: Sequence[str]) -> dict[str, str]:
    """Return expressions as it writes them; none where it can't be asked for that."""
    found: dict[str, str] = {}
    for expression in expressions[:MOST_WRITTEN]:
        try:
            told = service.ask_data("/api/v1/format_query", {"query": expression})
        except UnansweredError:
            return found
        found[expression] = str(told["data"])
    return found
