"""Questions, heartbeats and metrics reach where they are looked for."""

import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from dovecot import deliver
from mail_sites import Site, until
from workers import Site as KafkaSite

from stack.ports import free_ports
from streams.domain.events import decode, elements
from streams.replay.topic_log import read_topic

NOW = datetime.now(UTC).replace(microsecond=0)


def in_topic(site: KafkaSite, kind: str) -> list[str]:
    logs = read_topic(site.kafka, site.topic(kind))
    values = [record.value for log in logs for record in log.records]
    return [decode(raw).type for value in values for raw in elements(value)]


@pytest.mark.leaves_sockets
def test_questions_and_heartbeats_reach_their_topics(site: KafkaSite, mail: Site) -> None:
    raw = b"Message-ID: <a%d@example.net>\r\nFrom: fragare@example.net\r\n\r\nx\r\n"
    deliver(mail.box(), "INBOX", raw % 1, NOW - timedelta(hours=1))
    (port,) = free_ports(1)
    arguments = ["--kafka", site.kafka, "--topics", site.topics, "--listen", f"127.0.0.1:{port}"]
    with mail.start(*arguments, to_kafka=True) as running:
        until(lambda: in_topic(site, "emails") != [], 20, lambda: running.said)
        until(lambda: in_topic(site, "presence") != [], 20, lambda: running.said)
        assert set(in_topic(site, "emails")) == {"se.svarsgrad.email.received.v1"}
        assert set(in_topic(site, "presence")) == {"se.svarsgrad.presence.heartbeat.v1"}
        metrics = _metrics(port)
        assert 'svarsgrad_source_read_total{municipality="lulea",source="epost"} 1.0' in metrics
        assert "svarsgrad_source_checked_seconds{" in metrics
        assert running.stop() == 0
    assert mail.state.exists()


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()
