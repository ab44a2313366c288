"""A group of workers as processes, a load on them, and somebody who asks them all the while."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from busy import MUNICIPALITIES, PARTITIONS, busy_catalogue, happenings
from exported import Scrape

from producers.publisher import Publisher
from producers.sinks import KafkaSink
from stack.loopback import answers_ok
from stack.own import Worker
from stack.ports import free_ports
from stack.process import Service
from streams.domain.catalogue import Catalogue, load_catalogue
from streams.domain.event_types import TOPICS
from streams.domain.events import Event
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.replay import Log
from streams.replay.topic_log import read_topic

SESSION_SECONDS = 6.0
ALL = frozenset(MUNICIPALITIES)
SABOTAGE = """
import importlib.abc, importlib.machinery, sys

class Sabotage(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "streams.worker.app":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            exec({}, vars(module))
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Sabotage())
"""
"""What a process that begins with it does to a module of ours when it is loaded."""


@dataclass(slots=True)
class Site:
    """Topics on a broker, and the catalogue of those whose events they hold."""

    kafka: str
    topics: str
    """How the topics' names begin; the workers' group is called so too."""
    directory: Path
    zone: str = "Etc/UTC"
    file: Path = field(init=False)
    catalogue: Catalogue = field(init=False)

    def __post_init__(self) -> None:
        self.file = self.directory / "catalogue.yaml"
        self.file.write_text(busy_catalogue(zone=self.zone), encoding="utf-8")
        self.catalogue = load_catalogue(self.file.read_bytes(), self.file.name)

    def make_topics(self, replication: int = 1) -> Self:
        admin = connect(self.kafka)
        create(admin, wanted(self.topics, PARTITIONS, replication=replication))
        admin.close()
        return self

    def topic(self, kind: str) -> str:
        return f"{self.topics}.{kind}"

    def worker(self, name: str, sabotage: str = "", **settings: str) -> Worker:
        """Return a worker, not started; settings are by name, without what all begin with.

        ``sabotage`` is run in its process, in :mod:`streams.worker.app`, before anything else.
        """
        directory = self.directory / name
        directory.mkdir()
        (directory / "sitecustomize.py").write_text(SABOTAGE.format(repr(sabotage)))
        environment = {
            "PYTHONPATH": f"{directory}:{os.environ.get('PYTHONPATH', '')}",
            "SVARSGRAD_TOPICS": self.topics,
            "SVARSGRAD_GROUP": self.topics,
            "SVARSGRAD_SESSION_SECONDS": str(SESSION_SECONDS),
            "SVARSGRAD_LOG_FORMAT": "json",
            **{f"SVARSGRAD_{key}": value for key, value in settings.items()},
        }
        (port,) = free_ports(1)
        return Worker(directory, port, self.kafka, self.file, environment=environment)

    def publisher(self, patience_seconds: float = 10.0, **options: Any) -> Publisher:
        topics = {kind: self.topic(kind) for kind in TOPICS}
        return Publisher(
            self.kafka,
            topics["calls"],
            topics=topics,
            patience_seconds=patience_seconds,
            **options,
        )

    def publish(self, events: list[Event]) -> None:
        """Publish events, and return when they are in the log."""
        with self.publisher() as publisher:
            publisher.publish_many(events)

    def logs(self) -> list[Log]:
        """Return all there is in the topics of events, partition by partition."""
        return [
            Log(log.name, list(log.records), log.partition, log.partitions, log.key)
            for kind in TOPICS
            for log in read_topic(self.kafka, self.topic(kind))
        ]


@contextlib.contextmanager
def crew(*workers: Worker) -> Iterator[None]:
    """Start workers together, and stop them in the end, whatever has happened to them."""
    with contextlib.ExitStack() as running:
        for worker in workers:
            running.callback(worker.stop)
            worker.launch()
        for worker in workers:
            worker.wait_ready()
        yield


@dataclass
class Load:
    """Publishes what happens, at a steady rate, from another thread, until its block ends.

    When the broker is away, what happens meanwhile is published when it is back.
    """

    site: Site
    per_second: float
    rng: random.Random
    delivery_seconds: float = 10.0
    """After which all that is not safe is sent again, by a client that begins anew."""
    published: int = 0
    error: BaseException | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Publish no more; return when all that was published is in the log."""
        self._ended.set()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            self._publish()
        except BaseException as error:
            self.error = error

    def _publish(self) -> None:
        sink = KafkaSink(
            lambda patience: self.site.publisher(patience, delivery_seconds=self.delivery_seconds)
        )
        events = happenings(self.rng)
        began = looked = time.monotonic()
        try:
            while not self._ended.wait(0.01):
                now = time.monotonic()
                due = int((now - began) * self.per_second) - self.published
                some = [next(events) for _ in range(due)]
                if some:
                    sink.send(some)
                self.published += len(some)
                if now - looked > 1:
                    sink.wait(0)
                    looked = now
            deadline = time.monotonic() + 60
            while not sink.wait(1):
                assert time.monotonic() < deadline, "not all could be published"
        finally:
            sink.close()


def suspend(worker: Service) -> None:
    """Stop a process where it stands, as a machine that is paused would; return when it has."""
    os.kill(worker.pid or 0, signal.SIGSTOP)
    threads = Path(f"/proc/{worker.pid}/task")
    wait_until(
        lambda: all(
            (thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"
            for thread in threads.iterdir()
        ),
        10,
        "all of its threads stand still",
    )


def resume(worker: Service) -> None:
    os.kill(worker.pid or 0, signal.SIGCONT)


def wait_until(
    holds: Callable[[], bool], within_seconds: float, what: str | Callable[[], str]
) -> float:
    """Return after how many seconds it came to hold."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within_seconds:
            pytest.fail(
                f"not within {within_seconds} s: {what if isinstance(what, str) else what()}"
            )
        time.sleep(0.05)
    return time.monotonic() - began


async def offsets(site: Site) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """Return the logs' ends and the group's committed offsets, by topic and partition."""
    places = [TopicPartition(site.topic(kind), n) for kind in TOPICS for n in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=site.kafka, group_id=site.topics)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        committed = {tp: await consumer.committed(tp) for tp in places}
    finally:
        await consumer.stop()
    return (
        {(tp.topic, tp.partition): end for tp, end in ends.items()},
        {(tp.topic, tp.partition): at for tp, at in committed.items() if at is not None},
    )


def said(worker: Worker) -> str:
    """Return what a worker has logged since it was started."""
    return worker.console.read_text("utf-8", errors="replace")


def is_ready(worker: Worker) -> bool:
    return answers_ok(worker.port, "/readyz")


def shown(*workers: Worker) -> set[str]:
    """Return the municipalities that some workers show."""
    found: set[str] = set()
    for worker in workers:
        with contextlib.suppress(OSError):
            found |= Scrape.of_worker(worker.port, within_seconds=3).municipalities()
    return found


def until_all_are_shown(*workers: Worker, within_seconds: float = 30) -> float:
    """Return how long it took until the workers together show every municipality."""
    return wait_until(lambda: shown(*workers) == ALL, within_seconds, "all are shown")
