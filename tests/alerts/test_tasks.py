"""What is done by the clock on a host, and fails or is not done, is told of, by its units."""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import pytest
from alerts_cases import loaded
from fired import Alert, Asked, fired
from workers import wait_until

from alerts.command import ALERTMANAGER, rendered
from alerts.rendering import EVERY_SECONDS, rules_file
from alerts.routing import TEMPLATES, Mail, Told
from alerts.rules import groups_of
from doctor.probes.asking import Service
from doctor.probes.prometheus import see_prometheus
from doctor.seen import PrometheusSeen, TasksSeen
from stack.alertmanager import Alertmanager
from stack.loopback import request
from stack.ports import free_ports
from stack.prometheus import Prometheus

HOUR = 15
"""Values of an hour: one is told each four minutes, and so often rules are evaluated."""
STATES = ("active", "activating", "failed")
BACKUP, VERIFY = "svarsgrad-backup", "svarsgrad-verify"
TOLD = {"tier": "jobb", "municipality": "lulea"}


def unit(name: str, **states: str) -> list[dict[str, str]]:
    """Return what node_exporter says of a unit, a value each four minutes; 0 where not told."""
    return [
        {
            "series": f'node_systemd_unit_state{{name="{name}", state="{state}", '
            'type="", job="node", instance="a:9100"}',
            "values": states.get(state, f"0x{10 * HOUR}"),
        }
        for state in STATES
    ]


ON = f"1x{10 * HOUR}"
WELL = [*unit(f"{BACKUP}.service"), *unit(f"{BACKUP}.timer", active=ON)]
CASES = {
    "all is well": WELL,
    "nobody says": [],
    "failed": [*unit(f"{BACKUP}.service", failed=f"0x9 1x{10 * HOUR}"), *WELL[3:]],
    "two failed": [
        *(one for name in (BACKUP, VERIFY) for one in unit(f"{name}.service", failed=ON))
    ],
    "it was mended": [*unit(f"{BACKUP}.service", failed=f"0x9 1x{8 * HOUR} 0x{2 * HOUR}")],
    "somebody else's": [*unit("certbot.service", failed=ON)],
    "it takes for ever": [*unit(f"{BACKUP}.service", activating=f"0x9 1x{10 * HOUR}")],
    "it takes five hours": [
        *unit(f"{BACKUP}.service", activating=f"0x{5 * HOUR - 1} 1x{5 * HOUR}")
    ],
    "looked at since just now": [
        *unit(f"{BACKUP}.service", activating=f"_x{9 * HOUR} 1x{HOUR}")
    ],
    "its timer is stopped": [
        *WELL[:3], *unit(f"{BACKUP}.timer", active=f"1x{9 * HOUR} 0x{HOUR}")
    ],
    "its timer is gone": [
        *WELL[:3], *({**one, "values": f"{one['values'][0]}x{9 * HOUR} _x{HOUR}"}
                     for one in WELL[3:])
    ],
    "its timer was never started": [*WELL[:3], *unit(f"{BACKUP}.timer")],
    "it failed, and its timer is gone": [
        *unit(f"{BACKUP}.service", failed=ON),
        *unit(f"{BACKUP}.timer", active=f"1x{9 * HOUR} 0x{HOUR}"),
    ],
}  # fmt: skip
FAILED, LATE = "JobbetMisslyckades", "JobbetUteblev"
FIRES = {
    "failed": {(FAILED, BACKUP)},
    "two failed": {(FAILED, BACKUP), (FAILED, VERIFY)},
    "it takes for ever": {(LATE, BACKUP)},
    "its timer is stopped": {(LATE, BACKUP)},
    "its timer is gone": {(LATE, BACKUP)},
    "it failed, and its timer is gone": {(FAILED, BACKUP)},
}


def rules() -> str:
    """Return the file of those rules alone, evaluated seldom: all take long."""
    of_all, of_lulea = groups_of(loaded())
    ours = tuple(rule for rule in of_lulea.rules if rule.alert in {FAILED, LATE})
    text = rules_file([of_all, replace(of_lulea, recordings=(), rules=ours)])
    return text.replace(f"interval: {EVERY_SECONDS}s", "interval: 4m")


@cache
def said() -> dict[str, list[tuple[str, Alert]]]:
    """Return what fires at the end of each case."""
    at = 10 * 3_600
    asked = [Asked(name, series, [(at, FAILED), (at, LATE)]) for name, series in CASES.items()]
    with TemporaryDirectory() as directory:
        found = fired(Path(directory), rules(), "4m", asked)
    return {
        name: [(alert, one) for alert in (FAILED, LATE) for one in found[name, at, alert]]
        for name in CASES
    }


@pytest.mark.parametrize("name", CASES)
def test_each_task_is_told_of_where_it_must_be_and_no_other(name: str) -> None:
    found = {(alert, labels["task"]) for alert, (labels, _) in said()[name]}
    assert found == FIRES.get(name, set())
    for _, (labels, _) in said()[name]:
        assert {key: labels[key] for key in labels if key != "task"} == TOLD


@pytest.mark.parametrize("name", FIRES)
def test_what_is_said_names_the_task_and_fits(name: str) -> None:
    for _, (labels, words) in said()[name]:
        assert labels["task"] in words["summary"]
        assert len(words["summary"]) <= 60
        assert len(words["sms"]) <= 160
        assert "{{" not in "".join(words.values())


def test_to_acknowledge_one_is_not_to_acknowledge_others() -> None:
    _, (_, words) = said()["failed"][0]
    assert unquote(words["acknowledge"]).endswith(
        f'{{alertname="{FAILED}",municipality="lulea",task="{BACKUP}"}}'
    )


def test_the_words_of_one_that_failed() -> None:
    _, (_, words) = said()["failed"][0]
    assert words["sms"] == (
        "svarsgrad-backup misslyckades. Läs loggen, åtgärda felet och kör jobbet igen."
    )


@contextlib.contextmanager
def node_exporter(states: dict[str, str]) -> Iterator[str]:
    """Answer as node_exporter does of our units, each in its state; its `host:port`."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            for name, now in states.items():
                for state in STATES:
                    labels = f'name="{name}",state="{state}",type="oneshot"'
                    line = f"node_systemd_unit_state{{{labels}}} {int(now == state)}\n"
                    self.wfile.write(line.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


def told_by(alertmanager: Alertmanager) -> set[tuple[str, str, str]]:
    """Return what is told, of what, and to whom."""
    alerts = json.loads(request(alertmanager.port, "GET", "/api/v2/alerts")[1])
    return {
        (its["labels"]["alertname"], its["labels"]["task"], receiver["name"])
        for its in alerts
        for receiver in its["receivers"]
        if "task" in its["labels"]
    }


def test_operations_are_told_by_prometheus_and_alertmanager_and_the_doctor_sees_it(
    tmp_path: Path, make_prometheus: Callable[..., Prometheus]
) -> None:
    """With the real rules and routes, but that minutes are seconds."""
    files = rendered(loaded(), Told(Mail("127.0.0.1:25", "larm@example.org")), 2026)
    (tmp_path / TEMPLATES).write_text(files[TEMPLATES], "utf-8")
    quick = re.sub(r"(for|keep_firing_for|interval): \w+", r"\1: 1s", rules())
    (tmp_path / "rules.yml").write_text(quick, "utf-8")
    states = {f"{BACKUP}.service": "active", f"{VERIFY}.service": "active"}
    with (
        node_exporter(states) as at,
        Alertmanager(tmp_path, *free_ports(1), files[ALERTMANAGER]) as alertmanager,
    ):
        prometheus = make_prometheus(
            at, rule_files=[tmp_path / "rules.yml"], alertmanager_url=alertmanager.url
        )
        service = Service.told("Prometheus", prometheus.url, "SVARSGRAD_PROMETHEUS", {})

        def tasks() -> TasksSeen:
            seen = see_prometheus(service, [])
            assert isinstance(seen, PrometheusSeen), seen
            return seen.tasks

        wait_until(lambda: tasks() == TasksSeen([BACKUP, VERIFY], [], []), 20, "they are known")
        assert told_by(alertmanager) == set()
        states[f"{BACKUP}.service"] = "failed"
        expected = {(FAILED, BACKUP, "lulea-operations")}
        wait_until(lambda: told_by(alertmanager) == expected, 30, "operations are told")
        assert tasks().failed == [BACKUP]
        states[f"{BACKUP}.service"] = "active"
        wait_until(lambda: tasks().failed == [], 20, "it went well again")
