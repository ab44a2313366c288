"""A CronJob that fails, or isn't done, is told of: by the chart's rules and the catalogue's."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from alerts_cases import loaded
from charted import NAMESPACE, RELEASE, Data, changed, of_kind, rendered, variant
from fired import Asked, fired

from alerts.rendering import rules_file
from alerts.rules import groups_of

NAME = f"{RELEASE}-cronjobs"
VERIFY, REPORT = f"{RELEASE}-verify", f"{RELEASE}-report"
FAILED, LATE = "JobbetMisslyckades", "JobbetUteblev"
HOUR, DAY = 3600, 24 * 3600
LENGTH = 2 * DAY
"""How long each case goes on; the clock of a test begins at 0."""


def rules_of(values: Data) -> Data:
    """Return the chart's rules of its CronJobs."""
    return of_kind(rendered(values), "PrometheusRule")[NAME]


def with_rules(**more: object) -> Data:
    values = changed(variant("default"), "monitoring.rules", {"enabled": True, "content": RULES})
    for path, value in more.items():
        values = changed(values, path.replace("__", "."), value)
    return values


def alerts_only() -> str:
    """Return the catalogue's rules of tasks: the others take long to evaluate."""
    read = yaml.safe_load(rules_file(groups_of(loaded())))
    for group in read["groups"]:
        group["rules"] = [r for r in group["rules"] if r.get("alert") in {FAILED, LATE}]
    return yaml.safe_dump(read)


RULES = alerts_only()


def series(name: str, value: object, **labels: str) -> dict[str, str]:
    told = ", ".join(f'{key}="{its}"' for key, its in ({"namespace": NAMESPACE} | labels).items())
    return {"series": f'{name}{{{told}, instance="ksm:8080"}}', "values": f"{value}x{LENGTH}"}


def cronjob(name: str, succeeded: int | None = None, **labels: str) -> list[dict[str, str]]:
    """Return what kube-state-metrics says of a CronJob that was made at 0; times in seconds."""
    found = [series("kube_cronjob_created", 0, cronjob=name, **labels)]
    if succeeded is not None:
        found.append(
            series("kube_cronjob_status_last_successful_time", succeeded, cronjob=name, **labels)
        )
    return found


def job(of: str, began: int, *, failed: bool = True, **labels: str) -> list[dict[str, str]]:
    """Return what kube-state-metrics says of a Job."""
    its = {"job_name": f"{of}-{began}", **labels}
    owner = {"owner_kind": "CronJob", "owner_name": of, "owner_is_controller": "true"}
    found = [
        series("kube_job_status_start_time", began, **its),
        series("kube_job_owner", 1, **its, **owner),
    ]
    if failed:
        found.append(series("kube_job_failed", 1, **its, condition="true"))
        found.append(series("kube_job_failed", 0, **its, condition="false"))
    return found


NOW = LENGTH
LATELY = cronjob(VERIFY, NOW - HOUR)
CASES = {
    "all is well": [*LATELY, *cronjob(REPORT, NOW - DAY), *job(VERIFY, NOW - HOUR, failed=False)],
    "no kube-state-metrics": [],
    "it failed": [*cronjob(VERIFY, NOW - DAY), *job(VERIFY, NOW - HOUR)],
    "the first one failed": [*cronjob(REPORT), *job(REPORT, NOW - HOUR)],
    "it failed, and then succeeded": [*LATELY, *job(VERIFY, NOW - DAY)],
    "it failed twice": [
        *cronjob(VERIFY, NOW - 2 * DAY), *job(VERIFY, NOW - DAY), *job(VERIFY, NOW - HOUR)
    ],
    "it has long not been done": [*cronjob(VERIFY, NOW - 31 * HOUR)],
    "it has never been done": [*cronjob(VERIFY)],
    "a month has not gone": [*cronjob(REPORT)],
    "another's failed": [
        *LATELY, *cronjob("annan-verify", NOW - DAY), *job("annan-verify", NOW - HOUR)
    ],
    "another namespace's failed": [
        *LATELY,
        *cronjob(VERIFY, 0, namespace="prov"), *job(VERIFY, NOW - HOUR, namespace="prov"),
    ],
}  # fmt: skip
FIRES = {
    "it failed": {(FAILED, VERIFY)},
    "the first one failed": {(FAILED, REPORT)},
    "it failed twice": {(FAILED, VERIFY)},
    "it has long not been done": {(LATE, VERIFY)},
    "it has never been done": {(LATE, VERIFY)},
}


@cache
def said() -> dict[str, set[tuple[str, str]]]:
    """Return which alerts fire at the end of each case, and of what."""
    resources = of_kind(rendered(with_rules()), "PrometheusRule").values()
    groups = [group for its in resources for group in its["spec"]["groups"]]
    # Each half minute is not needed of two days; what is recorded is looked for five minutes back.
    for group in groups:
        group["interval"] = "4m"
    asked = [
        Asked(name, inputs(its), [(LENGTH, FAILED), (LENGTH, LATE)]) for name, its in CASES.items()
    ]
    with TemporaryDirectory() as directory:
        found = fired(Path(directory), json.dumps({"groups": groups}), "4m", asked)
    return {
        name: {
            (alert, labels["task"])
            for alert in (FAILED, LATE)
            for labels, _ in found[name, LENGTH, alert]
        }
        for name in CASES
    }


def inputs(its: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return series with a value each four minutes."""
    return [{**one, "values": one["values"].replace(f"x{LENGTH}", "x720")} for one in its]


@pytest.mark.parametrize("name", CASES)
def test_each_cronjob_is_told_of_where_it_must_be_and_no_other(name: str) -> None:
    assert said()[name] == FIRES.get(name, set())


def test_the_cronjobs_that_are_looked_at_are_those_that_there_are() -> None:
    for name in ("default", "full"):
        values = changed(variant(name), "monitoring.rules", {"enabled": True, "content": RULES})
        there = set(of_kind(rendered(values), "CronJob"))
        expressions = {
            r["record"]: r["expr"] for r in rules_of(values)["spec"]["groups"][0]["rules"]
        }
        known = expressions["svarsgrad:task_known_since"]
        assert set(known.split('cronjob=~"')[1].split('"')[0].split("|")) == there
        for one in there:
            assert f'task_succeeded_at{{task="{one}"}}' in expressions["svarsgrad:task_late"]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [("15 3 * * *", 30), ("0 7 * * 1", 174), ("0 6 3 * *", 750), ("0 6 3 1 *", 8790),
     ("@daily", 30), ("@weekly", 174), ("@monthly", 750), ("*/30 * * * *", 30)],
)  # fmt: skip
def test_late_is_by_the_schedule(schedule: str, hours: int) -> None:
    rules = rules_of(with_rules(jobs__verify__schedule=schedule))
    (late,) = (r["expr"] for r in rules["spec"]["groups"][0]["rules"] if "_late" in r["record"])
    of_verify = late.split(f'task="{VERIFY}"', 1)[1]
    assert of_verify.split("> bool ", 1)[1].startswith(f"{hours} * 3600")


def test_there_are_none_where_there_are_no_rules_or_no_jobs() -> None:
    assert NAME not in of_kind(rendered(variant("default")), "PrometheusRule")
    off = {f"jobs__{name}__enabled": False for name in ("verify", "report", "keepOpen")}
    assert NAME not in of_kind(rendered(with_rules(**off)), "PrometheusRule")
