"""The rejected topic is away: the worker goes on, then waits and says so, and loses nothing."""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from answers import until_settled
from busy import MUNICIPALITIES, PARTITIONS, happenings
from exported import Oracle, Scrape
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from reliability import Figures
from workers import Site, crew, offsets, wait_until

from stack.broker import Broker
from stack.loopback import request
from stack.own import Worker
from stack.ports import free_ports
from streams import metrics as m
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.ledgers import partition_of
from streams.replay.topic_log import read_topic
from streams.worker.rejected import BOUND
from streams.worker.state import SILENT_SECONDS

EACH = 1_000
"""Rejections a message."""
PARTITION = partition_of(MUNICIPALITIES[0], PARTITIONS)


# What makes it away, and brings it back.


def deleted(admin: KafkaAdminClient, site: Site) -> Callable[[], object]:
    admin.delete_topics([site.topic("rejected")])
    return lambda: create(admin, wanted(site.topics, PARTITIONS, replication=1))


def unwritable(admin: KafkaAdminClient, site: Site) -> Callable[[], object]:
    """Let the topic take no record. (With min.insync.replicas above the copies Kafka 4 does.)"""

    def take(most_bytes: int) -> None:
        limit = {"max.message.bytes": str(most_bytes)}
        topic = site.topic("rejected")
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, limit)])

    take(1)
    return lambda: take(1 << 20)


@contextmanager
def admin_of(site: Site) -> Iterator[KafkaAdminClient]:
    admin = connect(site.kafka)
    try:
        yield admin
    finally:
        admin.close()


# What is sent, and what is seen.


def reject(site: Site, messages: int) -> set[str]:
    """Publish so many messages of a thousand bad events; return their keys as rejections."""

    async def publish() -> list[int]:
        async with AIOKafkaProducer(bootstrap_servers=site.kafka) as producer:
            value = b"[" + b",".join([b"7"] * EACH) + b"]"
            return [
                (
                    await producer.send_and_wait(site.topic("calls"), value, partition=PARTITION)
                ).offset
                for _ in range(messages)
            ]

    place = f"{site.topic('calls')}-{PARTITION}"
    return {f"{place}-{at}-{n}" for at in asyncio.run(publish()) for n in range(EACH)}


def told(site: Site) -> Counter[str]:
    """Return the keys in the rejected topic, and how often each is there."""
    logs = read_topic(site.kafka, site.topic("rejected"))
    return Counter(record.key.decode() for log in logs for record in log.records)


def of(worker: Worker) -> Scrape:
    return Scrape.of_worker(worker.port)


def ready(worker: Worker) -> tuple[int, dict[str, object]]:
    status, body = request(worker.port, "GET", "/readyz")
    return status, json.loads(body)


def lag(worker: Worker) -> float:
    return sum(of(worker).by_place(m.LAG).values())


def until_nothing_waits(site: Site, worker: Worker) -> Scrape:
    wait_until(lambda: not of(worker).value(m.REJECTED_PENDING), 60, "all is told")
    return until_settled(site, worker)[0].scrape


@pytest.mark.long
@pytest.mark.parametrize("make_away", [unwritable, deleted])
def test_at_ten_thousand_rejections_the_worker_waits_says_so_and_goes_on_by_itself(
    site: Site,
    rng: random.Random,
    figures: Figures,
    make_away: Callable[[KafkaAdminClient, Site], Callable[[], object]],
) -> None:
    some = happenings(rng, MUNICIPALITIES[:1])

    def publish() -> None:
        site.publish(list(itertools.islice(some, 100)))

    worker = site.worker("worker")
    with crew(worker), admin_of(site) as admin:
        keys = reject(site, 1)
        until_nothing_waits(site, worker)
        come_back = make_away(admin, site)
        keys |= reject(site, BOUND // EACH - 1)
        publish()
        scrape = until_settled(site, worker)[0].scrape
        assert scrape.value(m.REJECTED_PENDING) == BOUND - EACH
        assert scrape.value(m.EVENTS, "_total", result="folded") == 100
        assert ready(worker) == (200, {"ok": True})
        assert "folding waits" not in worker.console.read_text()

        keys |= reject(site, 3)
        publish()
        wait_until(lambda: "folding waits until it can" in worker.console.read_text(), 20, "said")
        assert of(worker).municipalities() == set(MUNICIPALITIES), "for a while it may be chance"
        wait_until(lambda: ready(worker)[0] == 503, SILENT_SECONDS + 5, "not ready")
        problem = {"rejected": "folding waits: the rejected topic can't be written"}
        assert ready(worker)[1] == {"ok": False, **problem}
        scrape = of(worker)
        assert scrape.municipalities() == set(), "what it knows is of a while ago"
        assert BOUND <= (scrape.value(m.REJECTED_PENDING) or 0) <= BOUND + 2 * EACH
        assert lag(worker) > 0
        assert request(worker.port, "GET", "/healthz")[0] == 200, "a new process could do no more"

        began = time.monotonic()
        come_back()
        wait_until(lambda: ready(worker)[0] == 200, 60, "ready")
        last = until_nothing_waits(site, worker)
        figures.recovered.append(time.monotonic() - began)
    found = told(site)
    assert found.keys() | lost_with_the_topic(make_away, keys) == keys
    assert last.value(m.EVENTS, "_total", result="folded") == 200
    assert last.value(m.EVENTS, "_total", result="rejected") == len(keys)
    faults = Oracle(site.catalogue, site.logs()).faults(last)
    assert faults == []
    figures.events, figures.faults, figures.answers = len(keys) + 200, 1, 1


def lost_with_the_topic(make_away: object, keys: set[str]) -> set[str]:
    """Return what was in the topic when it was deleted."""
    first = min(int(key.split("-")[2]) for key in keys)
    return {key for key in keys if make_away is deleted and int(key.split("-")[2]) == first}


@pytest.mark.long
def test_a_worker_that_is_killed_while_rejections_wait_tells_each_of_them_once(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    worker = site.worker("worker")
    with crew(worker), admin_of(site) as admin:
        keys = reject(site, 2)
        ends = until_nothing_waits(site, worker).by_place(m.NEXT_OFFSET)
        wait_until(lambda: asyncio.run(offsets(site))[1] == ends, 10, "it is committed")
        come_back = unwritable(admin, site)
        for kill in range(3):
            keys |= reject(site, 2)
            site.publish(list(itertools.islice(happenings(rng, MUNICIPALITIES[:1]), 50)))
            waiting = (kill + 1) * 2 * EACH
            wait_until(
                lambda w=waiting: of(worker).value(m.REJECTED_PENDING) == w, 30, "they wait"
            )
            time.sleep(rng.uniform(0, 2.5))  # commits go on
            worker.kill()
            worker.start()
            assert of(worker).value(m.REJECTED_PENDING) == waiting
        assert told(site).total() == 2 * EACH
        come_back()
        last = until_nothing_waits(site, worker)
    assert told(site) == dict.fromkeys(keys, 1)
    assert last.value(m.EVENTS, "_total", result="rejected") == len(keys)
    figures.events, figures.faults = len(keys), 3
    figures.beside = "each rejection is in the topic once"


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of our own, to kill."""
    with Broker(tmp_path / "own-kafka", *free_ports(2)) as running:
        yield running


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_broker_that_is_killed_while_rejections_are_told_costs_none_of_them(
    own_broker: Broker, tmp_path: Path, rng: random.Random, figures: Figures
) -> None:
    site = Site(own_broker.bootstrap_servers, "killed", tmp_path).make_topics()
    worker = site.worker("worker")
    keys: set[str] = set()
    with crew(worker):
        process = worker.pid
        for _ in range(4):
            keys |= reject(site, 6)
            time.sleep(rng.uniform(0, 1.5))
            own_broker.kill()
            figures.faults += 1
            time.sleep(rng.uniform(0, 5))
            own_broker.start()
            began = time.monotonic()
            wait_until(lambda: ready(worker)[0] == 200, 60, "ready")
            until_nothing_waits(site, worker)
            figures.recovered.append(time.monotonic() - began)
        last = until_nothing_waits(site, worker)
        assert worker.pid == process
        assert told(site).keys() == keys
    assert last.value(m.EVENTS, "_total", result="rejected") == len(keys)
    figures.events = len(keys)
    figures.beside = "each rejection is in the topic"
