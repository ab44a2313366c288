"""Logs that lose records which workers have read, or have yet to read: the workers start over.

Loudly, and what they show then is a fold of what the logs have now.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest
from answers import hold_against_replay, until_settled
from busy import PARTITIONS, happenings
from kafka import KafkaAdminClient
from kafka.structs import TopicPartition
from rejections import poison, rejected, until_nothing_is_pending
from reliability import Figures
from workers import Site, crew, offsets, resume, said, shown, suspend, wait_until

from stack.broker import Broker
from stack.own import Worker
from stack.ports import free_ports
from streams.domain.events import Event
from streams.kafka.administration import connect
from streams.worker.ownership import LOOK_AGAIN_SECONDS

LOUD = "is folded from another log"


@dataclass
class Loss:
    """A worker that has read all there is, and what its logs then lose."""

    site: Site
    worker: Worker
    figures: Figures
    events: Iterator[Event]
    began: float = field(default_factory=time.monotonic)

    @property
    def calls(self) -> str:
        return self.site.topic("calls")

    def publish(self, count: int) -> None:
        """Publish so many events, each as a record of its own."""
        with self.site.publisher() as publisher:
            for event in islice(self.events, count):
                publisher.publish(event)

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        admin = connect(self.site.kafka)
        yield admin
        admin.close()

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Let what happens meanwhile happen between two looks of the worker's, as it were."""
        suspend(self.worker)
        yield
        self.began = time.monotonic()
        resume(self.worker)

    def delete_topic(self) -> None:
        with self.admin() as admin:
            admin.delete_topics([self.calls])
            wait_until(lambda: self.calls not in admin.list_topics(), 20, "it is gone")

    def is_told(self, why: str, within_seconds: float = 30) -> None:
        """Wait for the line in the worker's log, and hold what it shows then against replay."""
        wait_until(lambda: self._has_said(why), within_seconds, f"it says: {why}")
        assert until_settled(self.site, self.worker)
        self.figures.recovered.append(time.monotonic() - self.began)
        self.figures.faults += 1
        self.publish(200)
        last = until_settled(self.site, self.worker)
        hold_against_replay(self.site, None, last, self.figures)

    def _has_said(self, why: str) -> bool:
        return any(LOUD in line and why in line for line in said(self.worker).splitlines())


@contextmanager
def loss_of(site: Site, rng: random.Random, figures: Figures) -> Iterator[Loss]:
    worker = site.worker("one")
    with crew(worker):
        made = Loss(site, worker, figures, happenings(rng))
        made.publish(1_000)
        until_settled(site, worker)
        process = worker.pid
        yield made
        assert worker.pid == process, "it starts over by itself"


@pytest.fixture
def loss(site: Site, rng: random.Random, figures: Figures) -> Iterator[Loss]:
    with loss_of(site, rng, figures) as made:
        yield made


def test_a_worker_that_retention_has_overtaken_starts_over_loudly(loss: Loss) -> None:
    with loss.unseen():
        loss.publish(300)
        ends, _ = asyncio.run(offsets(loss.site))
        with loss.admin() as admin:
            admin.delete_records(
                {TopicPartition(loss.calls, p): ends[loss.calls, p] for p in range(PARTITIONS)}
            )
        loss.publish(100)
    loss.is_told("no longer has its position")


def test_a_topic_that_is_made_again_with_fewer_records_is_read_anew_loudly(loss: Loss) -> None:
    with loss.unseen():
        loss.delete_topic()
        loss.site.make_topics()
        loss.publish(100)
    loss.is_told(loss.calls)


@pytest.mark.long
def test_a_topic_that_is_made_again_with_more_records_is_read_anew_within_a_minute_or_so(
    loss: Loss,
) -> None:
    with loss.unseen():
        loss.delete_topic()
        loss.site.make_topics()
        loss.publish(2_000)
    loss.is_told("has another record at", within_seconds=LOOK_AGAIN_SECONDS + 30)


@pytest.mark.long
def test_a_topic_that_is_missed_before_it_is_made_again_is_not_shown_meanwhile(
    loss: Loss,
) -> None:
    loss.delete_topic()
    wait_until(lambda: not shown(loss.worker), 60, "nothing is shown")
    loss.began = time.monotonic()
    loss.site.make_topics()
    loss.publish(100)
    loss.is_told(loss.calls, within_seconds=60)


@pytest.mark.long
@pytest.mark.leaves_sockets
def test_logs_whose_last_writes_a_disk_has_lost_are_read_anew_within_a_minute_or_so(
    rng: random.Random, figures: Figures, tmp_path: Path
) -> None:
    with Broker(tmp_path / "own-kafka", *free_ports(2)) as broker:
        site = Site(broker.bootstrap_servers, "cut", tmp_path).make_topics()
        with loss_of(site, rng, figures) as loss:
            before, _ = asyncio.run(offsets(site))
            with loss.unseen():
                broker.kill()
                for log in (broker.directory / "data").glob(f"{loss.calls}-*/*.log"):
                    os.truncate(log, log.stat().st_size * 2 // 3)
                broker.start()
                poison(site)  # below what had been committed
                cut, _ = asyncio.run(offsets(site))
                assert all(cut[loss.calls, p] < before[loss.calls, p] for p in range(PARTITIONS))
                loss.publish(2_000)
                again, _ = asyncio.run(offsets(site))
                assert all(again[loss.calls, p] > before[loss.calls, p] for p in range(PARTITIONS))
            loss.is_told("has another record at", within_seconds=LOOK_AGAIN_SECONDS + 30)
            until_nothing_is_pending(loss.worker)
            assert len(rejected(site)) == PARTITIONS
