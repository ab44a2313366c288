"""Workers as processes, a load on them, and somebody who asks them all the while."""

import contextlib
import random
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from catalogues import catalogue
from exported import Scrape

from producers.publisher import Publisher
from stack.broker import Broker
from stack.own import Worker
from stack.ports import free_ports
from streams.domain.events import CallData, CallEvent
from streams.ledgers import partition_of
from streams.topics import connect, create, wanted

PARTITIONS = 4
MUNICIPALITIES = tuple(
    name
    for partition in range(PARTITIONS)
    for name in [
        n for n in (f"k{i}" for i in range(40)) if partition_of(n, PARTITIONS) == partition
    ][:2]
)
"""Two of each partition."""
ENDINGS = ("answered", "answered", "answered", "abandoned", "overflowed")
SESSION_SECONDS = 6.0


def written(directory: Path) -> Path:
    """Write a catalogue of them all, and return where."""
    path = directory / "catalogue.yaml"
    path.write_text(catalogue(MUNICIPALITIES, "Etc/UTC"), encoding="utf-8")
    return path


def make_topic(broker: Broker, name: str) -> str:
    admin = connect(broker.bootstrap_servers)
    create(admin, wanted(name, PARTITIONS, replication=1))
    admin.close()
    return f"{name}.calls"


def make_worker(broker: Broker, topic: str, file: Path, name: str, **settings: str) -> Worker:
    directory = file.parent / name
    directory.mkdir()
    environment = {
        "SVARSGRAD_TOPICS": topic.removesuffix(".calls"),
        "SVARSGRAD_GROUP": topic,
        "SVARSGRAD_SESSION_SECONDS": str(SESSION_SECONDS),
        **{f"SVARSGRAD_{key}": value for key, value in settings.items()},
    }
    (port,) = free_ports(1)
    return Worker(directory, port, broker.bootstrap_servers, file, environment=environment)


def calls(seed: int) -> Iterator[CallEvent]:
    """Yield events as they happen now: calls that arrive, and the ends of some that wait."""
    rng = random.Random(seed)
    waiting: list[CallEvent] = []
    for n in range(1_000_000):
        now = datetime.now(UTC)
        if waiting and rng.random() < 0.49:
            began = waiting.pop(rng.randrange(len(waiting)))
            kind, contact, data = rng.choice(ENDINGS), began.subject, began.data
            municipality = began.partitionkey
        else:
            kind, contact, data = "offered", f"c{n}", CallData(queue="vaxel", arrived_at=now)
            municipality = rng.choice(MUNICIPALITIES)
        yield CallEvent(
            id=f"e{n}",
            source="/test",
            type=f"se.svarsgrad.call.{kind}.v1",
            subject=contact,
            time=now,
            partitionkey=municipality,
            data=data,
        )
        if kind == "offered":
            waiting.append(CallEvent(
                id="", source="", type="", subject=contact, time=now,
                partitionkey=municipality, data=data,
            ))  # fmt: skip


@contextlib.contextmanager
def load(broker: Broker, topic: str, per_second: float) -> Iterator[None]:
    """Publish at a steady rate, from another thread, until the block ends."""
    ended = threading.Event()

    def publish() -> None:
        with Publisher(broker.bootstrap_servers, topic) as publisher:
            began = time.monotonic()
            for n, event in enumerate(calls(seed=1), start=1):
                publisher.publish(event)
                if ended.wait(max(0.0, began + n / per_second - time.monotonic())):
                    return

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def is_ready(worker: Worker) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/readyz", timeout=5):
            return True
    except OSError:
        return False


@dataclass
class Observer:
    """Asks the workers again and again, from another thread, and keeps what they answer."""

    workers: list[Worker]
    answers: list[Scrape] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Observer":
        self._thread = threading.Thread(target=self._observe)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _observe(self) -> None:
        while not self._ended.wait(0.25):
            for worker in self.workers:
                with contextlib.suppress(OSError):
                    self.answers.append(Scrape.of_worker(worker.port))


def wait_until(holds: Callable[[], bool], within_seconds: float, what: str) -> float:
    """Return after how many seconds it came to hold."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_seconds, f"not within {within_seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def exports_all(worker: Worker) -> bool:
    try:
        return Scrape.of_worker(worker.port).municipalities() == set(MUNICIPALITIES)
    except OSError:
        return False


async def offsets(broker: Broker, topic: str, group: str) -> tuple[dict[int, int], dict[int, int]]:
    """Return the log's ends and the committed offsets, by partition."""
    places = [TopicPartition(topic, n) for n in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers, group_id=group)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
        committed = {tp: await consumer.committed(tp) for tp in places}
    finally:
        await consumer.stop()
    return (
        {tp.partition: end for tp, end in ends.items()},
        {tp.partition: at for tp, at in committed.items() if at is not None},
    )
