"""Brokers that are stopped, killed, and lose what they had, while workers read and events come.

What is acknowledged is in the log once; workers find their way back with no help, and every answer
they gave meanwhile is what replay says.
"""

import asyncio
import contextlib
import itertools
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from answers import Answer, hold_against_replay, ids_in, regressions, under_load, until_settled
from busy import MUNICIPALITIES, PARTITIONS, happenings
from cluster import Cluster
from exported import Scrape
from msgspec.structs import replace
from rejections import pending, poison, rejected, until_nothing_is_pending
from reliability import Figures
from workers import ALL, Load, Site, crew, offsets, said, shown, wait_until

from producers.publisher import PublishError
from stack.broker import Broker
from stack.loopback import request
from stack.own import Worker
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.events import Event
from streams.kafka.topics import wanted
from streams.ledgers import partition_of

DELIVERY_SECONDS = 120.0
"""Longer than any broker is away: the client tries again by itself, and so without copies."""
SILENT_SECONDS = 15.0
"""After which a log that is not heard from is not shown (docs/decisions/0005)."""
pytestmark = pytest.mark.leaves_sockets
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that is ours to stop."""
    with Broker(tmp_path_factory.mktemp("kafka"), *free_ports(2)) as running:
        yield running


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster.of_three(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def wide_site(cluster: Cluster, topics: str, tmp_path: Path) -> Site:
    """A site whose topics are copied to three brokers."""
    made = Site(cluster.bootstrap_servers, topics, tmp_path).make_topics(replication=3)
    cluster.until_whole()
    return made


def until_followed(site: Site, *workers: Worker, within_seconds: float = 60) -> float:
    """Return how long it took until all is shown, up to what the logs hold now at the least."""
    ends, _ = asyncio.run(offsets(site))

    def follow() -> bool:
        names: set[str] = set()
        reached: dict[tuple[str, int], float] = {}
        for worker in workers:
            scrape = Scrape.of_worker(worker.port)
            names |= scrape.municipalities()
            reached |= scrape.by_place(m.NEXT_OFFSET)
        return names == ALL and all(reached.get(at, -1) >= end for at, end in ends.items())

    return wait_until(follow, within_seconds, "all is read and shown")


def copies(site: Site) -> dict[str, int]:
    """Return the ids that stand in the logs more than once, and how often."""
    records = (record for log in site.logs() for record in log.records)
    counted = Counter(id_ for record in records for id_ in ids_in(record.value or b""))
    return {id_: number for id_, number in counted.items() if number > 1}


def why_not_ready(worker: Worker) -> str:
    """Return what a worker says that it waits for; nothing if it doesn't answer."""
    with contextlib.suppress(OSError):
        return request(worker.port, "GET", "/readyz")[1].decode()
    return ""


def test_a_broker_that_is_stopped_or_killed_and_started_again_is_waited_for_and_nothing_is_lost(
    broker: Broker, site: Site, rng: random.Random, figures: Figures
) -> None:
    workers = {name: site.worker(name) for name in ("first", "second")}
    with under_load(
        site, workers, rng, 100, asked_every=0.5, delivery_seconds=DELIVERY_SECONDS
    ) as (load, observer):
        processes = [worker.pid for worker in workers.values()]
        for end in (broker.stop, broker.kill):
            time.sleep(1.5)
            began = time.monotonic()
            end()
            time.sleep(1)
            broker.start()
            until_followed(site, *workers.values())
            figures.recovered.append(time.monotonic() - began)
            figures.faults += 1
        load.end()
        last = until_settled(site, *workers.values())
        assert [worker.pid for worker in workers.values()] == processes
    hold_against_replay(site, load, [*observer.answers, *last], figures, most=20)
    assert regressions(observer.answers) == []
    assert copies(site) == {}


def others(rng: random.Random, count: int) -> list[Event]:
    """Return so many events that are none of a load's."""
    some = itertools.islice(happenings(rng), count)
    return [replace(event, id=f"other-{event.id}-{next(_numbers)}") for event in some]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_topic_whose_disk_is_lost_is_read_anew_loudly_and_only_what_it_has_now_is_shown(
    broker: Broker, site: Site, rng: random.Random, figures: Figures
) -> None:
    workers = {name: site.worker(name) for name in ("first", "second")}
    with crew(*workers.values()):
        with Load(site, 300, rng) as load:
            time.sleep(5)
            load.end()
        before = legs_shown(until_settled(site, *workers.values()))
        began = time.monotonic()
        broker.kill()
        for directory in (broker.directory / "data").glob(f"{site.topic('calls')}-*"):
            shutil.rmtree(directory)
        broker.start()
        poison(site)  # below what had been committed of the old log
        for worker in workers.values():
            wait_until(lambda w=worker: "starting over" in said(w), 60, "it says so")
        until_followed(site, *workers.values())
        figures.recovered.append(time.monotonic() - began)
        figures.faults = 1
        site.publish(others(rng, 400))
        last = until_settled(site, *workers.values())
        until_nothing_is_pending(*workers.values())
    assert len(rejected(site)) == PARTITIONS
    assert 0 < legs_shown(last) < before, "lost with the disk, until its source states it again"
    hold_against_replay(site, None, last, figures)


def legs_shown(answers: list[Answer]) -> float:
    """Return how many calls of today are shown."""
    name = m.PREFIX + m.ARRIVED.name
    return sum(
        value
        for answer in answers
        for (at, labels), value in answer.scrape.samples.items()
        if at == name and ("window", "today") in labels
    )


@pytest.mark.long
@pytest.mark.timeout(900)
def test_three_brokers_are_killed_in_turn_and_restarted_and_every_event_is_in_the_log_once(
    cluster: Cluster, wide_site: Site, rng: random.Random, figures: Figures
) -> None:
    site = wide_site
    workers = {name: site.worker(name) for name in ("first", "second")}
    with under_load(
        site, workers, rng, 100, asked_every=1.0, delivery_seconds=DELIVERY_SECONDS
    ) as (load, observer):
        processes = [worker.pid for worker in workers.values()]
        for part_of in (
            lambda: cluster.leader(site.topic("calls"), 0),
            lambda: cluster.coordinator(site.topics),
            cluster.controller,
        ):
            time.sleep(3)
            poison(site)
            victim = cluster.brokers[part_of()]
            began = time.monotonic()
            victim.kill()
            poison(site)
            until_followed(site, *workers.values())
            figures.recovered.append(time.monotonic() - began)
            figures.faults += 1
            victim.start()
            cluster.until_whole()
        for broker in cluster.brokers.values():
            began = time.monotonic()
            broker.stop()
            broker.start()
            cluster.until_whole()
            until_followed(site, *workers.values())
            figures.recovered.append(time.monotonic() - began)
            figures.faults += 1
        load.end()
        last = until_settled(site, *workers.values())
        until_nothing_is_pending(*workers.values())
        assert [worker.pid for worker in workers.values()] == processes
    hold_against_replay(site, load, [*observer.answers, *last], figures, most=60)
    assert regressions(observer.answers) == []
    assert copies(site) == {}
    assert len(rejected(site)) == 6 * PARTITIONS


@pytest.mark.long
@pytest.mark.timeout(900)
def test_with_two_of_three_brokers_gone_nothing_is_acknowledged_or_shown_until_they_are_back(
    cluster: Cluster, wide_site: Site, rng: random.Random, figures: Figures
) -> None:
    site = wide_site
    workers = {name: site.worker(name) for name in ("first", "second")}
    with under_load(
        site, workers, rng, 100, asked_every=1.0, delivery_seconds=DELIVERY_SECONDS
    ) as (load, observer):
        time.sleep(3)
        left = cluster.coordinator(site.topics)
        gone = [broker for node, broker in cluster.brokers.items() if node != left]
        for broker in gone:
            broker.kill()
        with pytest.raises(PublishError), site.publisher(delivery_seconds=5) as publisher:
            publisher.publish_many(others(rng, 50))
        wait_until(lambda: not shown(*workers.values()), SILENT_SECONDS + 15, "all is silent")
        said_by = {name: why_not_ready(worker) for name, worker in workers.items()}
        time.sleep(10)
        assert not shown(*workers.values()), "and stays so"
        for broker in gone:
            broker.launch()
        back = time.monotonic()
        for broker in gone:
            broker.wait_ready()
        cluster.until_whole()
        until_followed(site, *workers.values())
        figures.recovered.append(time.monotonic() - back)
        figures.faults = 2
        load.end()
        last = until_settled(site, *workers.values())
    # The coordinator that is left hears no heartbeats for long: it can't write what it decides.
    why = ("not heard from", "no heartbeat")
    assert all(any(one in text for one in why) for text in said_by.values()), said_by
    hold_against_replay(site, load, [*observer.answers, *last], figures, most=40)
    assert regressions(observer.answers) == []


def put_on_a_node_alone(cluster: Cluster, site: Site, *places: tuple[str, int]) -> int:
    """Make a site's topics, one copy of each, with some partitions on a node of their own."""
    lone, *rest = cluster.brokers
    with cluster.admin() as admin:
        admin.create_topics(
            {
                topic.name: {
                    "assignments": {
                        p: [lone if (topic.name, p) in places else rest[p % 2]]
                        for p in range(topic.partitions)
                    },
                    "configs": topic.config,
                }
                for topic in wanted(site.topics, PARTITIONS, replication=1)
            }
        )
    return lone


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_partition_without_a_leader_keeps_nobody_from_the_others(
    cluster: Cluster, topics: str, tmp_path: Path, rng: random.Random, figures: Figures
) -> None:
    site = Site(cluster.bootstrap_servers, topics, tmp_path)
    lone = put_on_a_node_alone(cluster, site, (site.topic("calls"), 0))
    site.publish(others(rng, 500))
    rest = {name for name in MUNICIPALITIES if partition_of(name, PARTITIONS) != 0}
    first, second = site.worker("first"), site.worker("second")
    cluster.brokers[lone].kill()
    wait_until(lambda: cluster.leader(site.topic("calls"), 0) == -1, 30, "it has no leader")
    try:
        first.launch()
        figures.recovered.append(wait_until(lambda: shown(first) == rest, 30, "the others"))
        assert "filling partitions 0" in why_not_ready(first)
        second.launch()
        figures.recovered.append(wait_until(lambda: len(shown(second)) > 1, 30, "a part"))
        second.kill()
        figures.recovered.append(wait_until(lambda: shown(first) == rest, 30, "all again"))
        cluster.brokers[lone].start()
        figures.recovered.append(wait_until(lambda: shown(first) == ALL, 60, "it is back"))
        cluster.brokers[lone].kill()  # a filled partition now, of a group that is well
        wait_until(lambda: shown(first) == rest, SILENT_SECONDS + 15, "it is left out")
        assert "not heard from: partitions 0" in why_not_ready(first)
        cluster.brokers[lone].start()
        figures.recovered.append(wait_until(lambda: shown(first) == ALL, 60, "it is back again"))
        figures.faults = 2
        last = until_settled(site, first)
    finally:
        first.stop()
        second.stop()
    hold_against_replay(site, None, last, figures)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_rejected_topic_without_a_leader_stops_no_figure_and_loses_no_rejection(
    cluster: Cluster, topics: str, tmp_path: Path, rng: random.Random, figures: Figures
) -> None:
    site = Site(cluster.bootstrap_servers, topics, tmp_path)
    lone = put_on_a_node_alone(
        cluster, site, *((site.topic("rejected"), p) for p in range(PARTITIONS))
    )
    worker = site.worker("one")
    with crew(worker):
        poison(site)
        until_settled(site, worker)
        until_nothing_is_pending(worker)
        cluster.brokers[lone].kill()
        figures.faults = 1
        wait_until(lambda: cluster.leader(site.topic("rejected"), 0) == -1, 30, "it has no leader")
        poison(site)
        site.publish(others(rng, 500))
        meanwhile = until_settled(site, worker, within_seconds=60)
        assert pending(worker) == PARTITIONS
        assert shown(worker) == ALL
        cluster.brokers[lone].start()
        figures.recovered.append(until_nothing_is_pending(worker))
        site.publish(others(rng, 100))
        last = until_settled(site, worker)
    assert len(rejected(site)) == 2 * PARTITIONS
    hold_against_replay(site, None, [*meanwhile, *last], figures)
