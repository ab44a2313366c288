"""A morning goes wrong on the real stack: who is told of it, by mail, in what words, and when not.

The rules are the real ones but for their times: minutes are seconds.
"""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from alerts_cases import CATALOGUE
from workers import Site, wait_until

from alerts.command import ALERTMANAGER, rendered
from alerts.rendering import rules_file
from alerts.routing import TEMPLATES, Mail, Told
from alerts.rule import Group
from alerts.rules import groups_of
from stack.alertmanager import Alertmanager
from stack.loopback import request
from stack.ports import free_ports
from stack.prometheus import Prometheus
from streams.catalogue_file import read_catalogue
from streams.domain.events import CallData, CallEvent
from streams.domain.outlook.alerting import LATEST_CALLS, SPANS

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPEN = CATALOGUE.replace('{mon-fri: "08:00-16:30"}', '{mon-sun: "00:00-24:00"}, holidays: open')


@dataclass
class Inbox:
    """A mail server that keeps what it is given."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        mail["X-Told"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 OK"

    def to(self, function: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["X-Told"] == f"{function}@example.org"]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    its = Inbox(*free_ports(1))
    with serving(its):
        yield its


@contextlib.contextmanager
def serving(its: Inbox) -> Iterator[None]:
    """Take mail for as long."""
    controller = Controller(its, hostname="127.0.0.1", port=its.port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def quick(groups: list[Group]) -> list[Group]:
    """Return rules that wait for seconds where they would for minutes.

    But those about missing data: all that starts misses some at first.
    """

    def seconds(text: str) -> str:
        return re.sub(r"^(\d+)[mh]$", r"\1s", text)

    return [
        replace(
            group,
            rules=tuple(
                rule
                if rule.labels["tier"] == "data_saknas"
                else replace(
                    rule,
                    for_=seconds(rule.for_),
                    keep_firing_for=seconds(rule.keep_firing_for),
                )
                for rule in group.rules
            ),
        )
        for group in groups
    ]


@dataclass
class Morning:
    """The calls of a switchboard."""

    site: Site
    number: int = 0

    def calls(self, number: int, wait_seconds: float, minutes_ago: float = 1) -> None:
        """Publish calls that were answered after such a wait."""
        events: list[CallEvent] = []
        began = datetime.now(UTC) - timedelta(minutes=minutes_ago, seconds=wait_seconds)
        for _ in range(number):
            self.number += 1
            data: Any = CallData(queue="vaxel", arrived_at=began)
            for what, at in (("offered", 0.0), ("answered", wait_seconds)):
                events.append(
                    CallEvent(
                        id=f"{self.number}-{what}",
                        source="/test",
                        type=f"se.svarsgrad.call.{what}.v1",
                        subject=f"{self.number}",
                        time=began + timedelta(seconds=at),
                        partitionkey="lulea",
                        data=data,
                    )
                )
        self.site.publish(list(events))


def in_a_hurry(catalogue: Path, directory: Path, smtp_port: int) -> str:
    """Write the rules and the words, and return Alertmanager's configuration."""
    loaded = read_catalogue(catalogue)
    mail = Mail(f"127.0.0.1:{smtp_port}", "svarsgrad@example.org", require_tls=False)
    files = rendered(loaded, Told(mail), datetime.now(UTC).year)
    (directory / TEMPLATES).write_text(files[TEMPLATES], "utf-8")
    rules = rules_file(quick(groups_of(loaded))).replace("interval: 30s", "interval: 1s")
    (directory / "rules.yml").write_text(rules, "utf-8")
    config = files[ALERTMANAGER]
    assert "group_wait: 10s" in config
    return config.replace("group_wait: 10s", "group_wait: 1s").replace(
        "group_interval: 1m", "group_interval: 1s"
    )


def the_bounds_are_those_of_promql(prometheus: Prometheus) -> None:
    """Hold the worker's bounds against the formula, as Prometheus computes it of what it has."""
    for span, z in SPANS.items():
        of = f'{{queue="vaxel", target="svar-15s", window="{span}"}}'
        known = f"scalar(svarsgrad_alert_high_ratio{of})"
        if span == LATEST_CALLS:
            share, calls = "scalar(svarsgrad_latest_ratio)", "scalar(svarsgrad_latest_decided)"
        else:
            share = f"scalar(svarsgrad_service_level_ratio{of})"
            calls = f"scalar(svarsgrad_service_level_decided{of})"
        alike = 'scalar(svarsgrad_alert_clustering_ratio{queue="vaxel"})'
        tells = f"({calls} / (1 + ({calls} - 1) * {alike}))"
        error = f"({share} * (1 - {share}) / {tells} + {z * z / 4} / {tells} ^ 2) ^ 0.5"
        bound = f"({share} + {z * z / 2} / {tells} + {z} * {error}) / (1 + {z * z} / {tells})"
        # Both are of one scrape, since they are asked for at once.
        ((_, off),) = prometheus.query(f"({bound}) - {known}")
        assert abs(off) < 1e-9
        ((_, high),) = prometheus.query(known)
        assert 0 < high < 0.9


def test_what_can_not_be_sent_is_kept_and_arrives_later(
    site: Site, make_prometheus: Callable[..., Prometheus], tmp_path: Path
) -> None:
    site.file.write_text(OPEN, "utf-8")
    directory = tmp_path / "alertmanager"
    directory.mkdir()
    inbox = Inbox(*free_ports(1))
    config = in_a_hurry(site.file, directory, inbox.port)
    alertmanager = Alertmanager(directory, *free_ports(1), config)
    with site.worker("open") as worker:
        prometheus = make_prometheus(
            f"127.0.0.1:{worker.port}",
            rule_files=[directory / "rules.yml"],
            alertmanager_url=alertmanager.url,
            resend_delay_seconds=2,
        )
        Morning(site).calls(30, wait_seconds=60)
        firing = 'ALERTS{alertname="Akut", alertstate="firing"}'
        wait_until(lambda: bool(prometheus.query(firing)), 60, "it is acute")
        time.sleep(3)  # so that Prometheus has tried to tell an Alertmanager that isn't there
        with alertmanager:
            wait_until(lambda: "Akut" in told_to(alertmanager), 100, "Prometheus tells it again")
            time.sleep(3)  # and Alertmanager a mail server that isn't
            assert inbox.mails == []
            with serving(inbox):
                wait_until(lambda: bool(inbox.to("gruppledare")), 60, "the mail arrives")
                assert inbox.to("gruppledare")[0]["Subject"] == "Växeln: 0 % i tid, mål 90 %"


def test_what_begins_anew_after_a_silence_is_told_again(inbox: Inbox, tmp_path: Path) -> None:
    catalogue = tmp_path / "k.yaml"
    catalogue.write_text(OPEN, "utf-8")
    config = in_a_hurry(catalogue, tmp_path, inbox.port)
    assert config.count("repeat_interval: 1h") == 2, "of the lead and the deputy"
    config = config.replace("repeat_interval: 1h", "repeat_interval: 6s")
    with Alertmanager(tmp_path, *free_ports(1), config) as alertmanager:
        begin(alertmanager, minutes=5)
        wait_until(lambda: len(inbox.to("gruppledare")) == 1, 30, "the lead is told")
        silence = {
            "matchers": [
                {"name": "tier", "value": "akut|eskalering", "isRegex": True, "isEqual": True}
            ],
            **lasting(5),
            "createdBy": "gruppledaren",
            "comment": "kvitterat",
        }
        (id_,) = sent(alertmanager, "/api/v2/silences", silence).values()
        begin(alertmanager, minutes=0)  # it ends while it is silenced
        time.sleep(4)  # so that Alertmanager has looked at it meanwhile: it does so each second
        request(alertmanager.port, "DELETE", f"/api/v2/silence/{id_}")
        begin(alertmanager, minutes=5)
        wait_until(lambda: len(inbox.to("gruppledare")) == 2, 30, "of the new one too")


def begin(alertmanager: Alertmanager, minutes: float) -> None:
    """Say that it is acute in the switchboard for so long from now on, or not any more."""
    labels = {
        "alertname": "Akut", "tier": "akut", "municipality": "lulea", "queue": "vaxel",
        "target": "svar-15s", "team": "kundcenter",
    }  # fmt: skip
    words = {"summary": "Växeln", "description": "–", "to_do": "–", "municipality_name": "Luleå"}
    sent(
        alertmanager,
        "/api/v2/alerts",
        [{"labels": labels, "annotations": words, **lasting(minutes)}],
    )


def lasting(minutes: float) -> dict[str, str]:
    """Return when something begins that begins now, and when it ends."""
    now = datetime.now(UTC)
    ends = now + timedelta(minutes=minutes)
    return {"startsAt": now.isoformat(), "endsAt": ends.isoformat()}


def sent(alertmanager: Alertmanager, path: str, data: Any) -> dict[str, str]:
    """Send JSON to Alertmanager, and return its answer."""
    status, body = request(
        alertmanager.port, "POST", path, json.dumps(data), content_type="application/json"
    )
    assert status == 200, body
    return dict(json.loads(body or b"{}"))


def told_to(alertmanager: Alertmanager) -> set[str]:
    """Return the names of the alerts that Alertmanager has."""
    _, body = request(alertmanager.port, "GET", "/api/v2/alerts")
    return {alert["labels"]["alertname"] for alert in json.loads(body)}


def test_a_morning_that_goes_wrong_is_told_in_time_and_nothing_after_closing(
    site: Site, inbox: Inbox, make_prometheus: Callable[..., Prometheus], tmp_path: Path
) -> None:
    site.file.write_text(OPEN, "utf-8")
    directory = tmp_path / "alertmanager"
    directory.mkdir()
    config = in_a_hurry(site.file, directory, inbox.port)
    worker = site.worker("open")
    (port,) = free_ports(1)
    with Alertmanager(directory, port, config) as alertmanager, worker:
        prometheus = make_prometheus(
            f"127.0.0.1:{worker.port}",
            rule_files=[directory / "rules.yml"],
            alertmanager_url=alertmanager.url,
        )
        morning = Morning(site)
        morning.calls(30, wait_seconds=60)
        wait_until(lambda: bool(inbox.to("gruppledare")), 60, "the team lead is told")
        the_bounds_are_those_of_promql(prometheus)
        (first,) = inbox.to("gruppledare")
        assert first["Subject"] == "Växeln: 0 % i tid, mål 90 %"
        plain = first.get_body(("plain",))
        assert plain is not None
        text = plain.get_content().replace("\r\n", "\n")
        assert "Senaste halvtimmen besvarades 0 % av 30 samtal inom 15 s. Målet är 90 %." in text
        assert "Gör så här: Låt en person till svara i kön." in text
        assert "trycker Create): https://larm.example.org/#/silences/new?filter=" in text
        assert re.search(r"^Luleå, sedan \d{4}-\d\d-\d\d kl\. \d\d\.\d\d$", text, re.MULTILINE)
        wait_until(lambda: bool(inbox.to("ersattare")), 60, "nobody has taken it")
        (deputy,) = inbox.to("ersattare")
        assert deputy["Subject"] == "Växeln: 0 % i tid, ingen har kvitterat"
        morning.calls(900, wait_seconds=3)
        wait_until(lambda: len(inbox.to("gruppledare")) > 1, 60, "it is over")
        assert inbox.to("gruppledare")[1]["Subject"] == "Växeln: inte längre akut, i dag 96 %"
        assert inbox.to("drift") == [], "no data were missing"

        # It closes, in the middle of another one.
        morning.calls(900, wait_seconds=60)
        wait_until(lambda: len(inbox.to("gruppledare")) > 2, 60, "it is acute again")
        worker.stop()
        other_day = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
        closed_now = CATALOGUE.replace('mon-fri: "08:00-16:30"', f'{other_day}: "08:00-16:30"')
        site.file.write_text(closed_now, "utf-8")
        alertmanager.reload(in_a_hurry(site.file, directory, inbox.port))
        closed = site.worker("closed")
        with closed:
            prometheus.set_targets([f"127.0.0.1:{closed.port}"])
            told = len(inbox.mails)
            morning.calls(100, wait_seconds=60)
            time.sleep(15)  # nothing is what is waited for: a mail took seconds before
            assert len(inbox.mails) == told
