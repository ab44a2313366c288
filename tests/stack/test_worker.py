"""Workers as processes on a real broker: killed, started again and stopped under a steady load.

Every answer that any of them gave meanwhile must be what replay says, up to its own offsets and at
its own instant; and in the end all of the log is in it.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from catalogues import catalogue
from exported import Scrape, faults
from kafka import KafkaConsumer

from producers.publisher import Publisher
from stack.broker import Broker
from stack.own import Worker
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.catalogue import Catalogue, load_catalogue
from streams.domain.events import CallData, CallEvent
from streams.ledgers import partition_of
from streams.replay.topic_log import read_topic
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.yaml"
    path.write_text(catalogue(MUNICIPALITIES, "Etc/UTC"), encoding="utf-8")
    return path


@pytest.fixture
def loaded(file: Path) -> Catalogue:
    return load_catalogue(file.read_bytes(), file.name)


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
            for event in calls(seed=1):
                publisher.publish(event)
                if ended.wait(1 / per_second):
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


def test_killed_started_and_stopped_under_load_workers_never_tell_a_wrong_figure(
    broker: Broker, file: Path, loaded: Catalogue
) -> None:
    topic = make_topic(broker, "worker.faults")
    first, second = (make_worker(broker, topic, file, name) for name in ("first", "second"))
    with contextlib.ExitStack() as running:
        running.callback(first.stop)
        running.callback(second.stop)
        first.launch()
        second.launch()
        first.wait_ready()
        second.wait_ready()
        with load(broker, topic, per_second=300), Observer([first, second]) as observer:
            time.sleep(2)
            first.kill()
            taken = wait_until(lambda: exports_all(second), 20, "the other has all after a kill")
            assert taken < SESSION_SECONDS + 4
            first.start()
            wait_until(
                lambda: len(Scrape.of_worker(first.port).municipalities()) > 0, 10, "a part"
            )
            time.sleep(2)
            stopping = threading.Thread(target=second.stop)
            stopping.start()
            taken = wait_until(lambda: exports_all(first), 10, "the other has all after a stop")
            stopping.join()
            assert taken < 4, "a worker that is stopped leaves the group at once"
            second.start()
            wait_until(
                lambda: len(Scrape.of_worker(second.port).municipalities()) > 0, 10, "again"
            )
            time.sleep(1)

        def settled() -> bool:
            scrapes = [Scrape.of_worker(w.port) for w in (first, second)]
            lags = [lag for scrape in scrapes for lag in scrape.by_partition(m.LAG).values()]
            return len(lags) == PARTITIONS and not any(lags)

        wait_until(settled, 10, "no lag")
        time.sleep(1.5)  # the commit that follows
        last = [Scrape.of_worker(worker.port) for worker in (first, second)]

    logs = read_topic(broker.bootstrap_servers, topic)
    assert sum(len(list(log.records)) for log in logs) > 3_000
    for scrape in (*observer.answers, *last):
        assert faults(scrape, loaded, logs) == []
        if scrape.value(m.READY):
            assert scrape.municipalities() == {
                name
                for name in MUNICIPALITIES
                if partition_of(name, PARTITIONS) in scrape.by_partition(m.OWNED)
            }
    assert len(observer.answers) > 30

    assert [scrape.value(m.READY) for scrape in last] == [1, 1]
    owned = [scrape.municipalities() for scrape in last]
    assert owned[0] | owned[1] == set(MUNICIPALITIES)
    assert owned[0] & owned[1] == set()
    ends, committed = asyncio.run(offsets(broker, topic, topic))
    assert last[0].by_partition(m.NEXT_OFFSET) | last[1].by_partition(m.NEXT_OFFSET) == ends
    assert committed == ends


def test_a_worker_that_is_stopped_while_it_fills_its_ledgers_ends_at_once(
    broker: Broker, file: Path
) -> None:
    topic = make_topic(broker, "worker.stopped")
    with Publisher(broker.bootstrap_servers, topic) as publisher:
        events = calls(seed=2)
        for _ in range(60_000):
            publisher.publish(next(events))
    worker = make_worker(broker, topic, file, "stopped")
    worker.launch()
    try:
        wait_until(lambda: "filling partitions" in worker.console.read_text(), 20, "filling")
        worker.stop(within_seconds=8)
        assert worker._process is not None
        assert worker._process.returncode == 0
        assert "ready:" not in worker.console.read_text()
    finally:
        worker.kill()


def test_a_group_that_refuses_the_worker_ends_it(broker: Broker, file: Path) -> None:
    topic = make_topic(broker, "worker.refused")
    worker = make_worker(broker, topic, file, "refused")
    # Another program in the group, which shares out partitions by a rule we don't have.
    other = KafkaConsumer(topic, group_id=topic, bootstrap_servers=broker.bootstrap_servers)
    try:
        wait_until(lambda: bool(other.poll(200) or other.assignment()), 20, "the other's share")
        worker.launch()
        wait_until(lambda: worker.pid is None, 20, "the end of a worker that can't join")
        assert worker._process is not None
        assert worker._process.returncode == 1
        assert "InconsistentGroupProtocol" in worker.console.read_text()
    finally:
        other.close()
        worker.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_worker_that_hangs_in_leaving(
    broker: Broker, file: Path, number: signal.Signals, tmp_path: Path
) -> None:
    topic = make_topic(broker, f"worker.twice.{number}")
    (tmp_path / "sitecustomize.py").write_text(HANGS_IN_LEAVING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
        worker = make_worker(broker, topic, file, "twice")
        worker.start()
    try:
        os.kill(worker.pid or 0, number)
        wait_until(lambda: "leaving the group" in worker.console.read_text(), 5, "leaving")
        time.sleep(0.5)
        assert worker.pid is not None
        os.kill(worker.pid, number)
        wait_until(lambda: worker.pid is None, 2, "the end")
        assert worker._process is not None
        assert worker._process.returncode == -number
    finally:
        worker.kill()


HANGS_IN_LEAVING = """
import asyncio, importlib.abc, importlib.machinery, sys

class Sabotage(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "streams.app":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            async def hang(self, code):
                await asyncio.sleep(60)
            module.Worker._leave_in_order = hang
            module.STOP_SECONDS = 60
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Sabotage())
"""


def test_a_worker_ends_though_the_broker_is_away(
    tmp_path_factory: pytest.TempPathFactory, file: Path
) -> None:
    port, controller_port = free_ports(2)
    with Broker(tmp_path_factory.mktemp("away"), port, controller_port) as broker:
        topic = make_topic(broker, "worker.away")
        worker = make_worker(broker, topic, file, "away")
        worker.start()
        broker.kill()
        try:
            wait_until(lambda: not is_ready(worker), SESSION_SECONDS + 3, "not ready")
            assert Scrape.of_worker(worker.port).municipalities() == set()
            worker.stop(within_seconds=14)
            assert worker._process is not None
            assert worker._process.returncode == 0
        finally:
            worker.kill()


def test_a_worker_without_the_compiled_parts_says_so_in_one_line(
    broker: Broker, file: Path
) -> None:
    topic = make_topic(broker, "worker.slow")
    done = subprocess.run(
        [sys.executable, "-m", "streams", "worker", "--catalogue", str(file),
         "--kafka", broker.bootstrap_servers],
        env={**os.environ, "NO_CYTHON": "1", "SVARSGRAD_TOPICS": topic.removesuffix(".calls")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "Fel: fel bibliotek (faust.streams är inte kompilerad; "
        "faust.transport.conductor är inte kompilerad): kör make setup"
    )
