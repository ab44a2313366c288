"""A group of workers as processes, a load on them, and somebody who asks them all the while."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from busy import MUNICIPALITIES, PARTITIONS, busy_catalogue, happenings
from exported import Oracle, Scrape
from reliability import Figures

from producers.publisher import Publisher
from producers.sinks import KafkaSink
from stack.loopback import answers_ok
from stack.own import Worker
from stack.ports import free_ports
from stack.process import Service
from streams import metrics as m
from streams.domain.catalogue import Catalogue, load_catalogue
from streams.domain.event_types import TOPICS
from streams.domain.events import Event
from streams.ledgers import partition_of
from streams.replay import Log
from streams.replay.topic_log import read_topic
from streams.topics import connect, create, wanted

SESSION_SECONDS = 6.0
ALL = frozenset(MUNICIPALITIES)
SABOTAGE = """
import importlib.abc, importlib.machinery, sys

class Sabotage(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "streams.app":
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

        ``sabotage`` is run in its process, in :mod:`streams.app`, before anything else is done.
        """
        directory = self.directory / name
        directory.mkdir()
        (directory / "sitecustomize.py").write_text(SABOTAGE.format(repr(sabotage)))
        environment = {
            "PYTHONPATH": f"{directory}:{os.environ.get('PYTHONPATH', '')}",
            "SVARSGRAD_TOPICS": self.topics,
            "SVARSGRAD_GROUP": self.topics,
            "SVARSGRAD_SESSION_SECONDS": str(SESSION_SECONDS),
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said of itself at an instant."""

    worker: str
    scrape: Scrape
    at: float
    """When it was so, in seconds since 1970: of figures by the worker's own clock."""
    process: int | None = None
    """Which it was: it may have been started anew."""

    def __str__(self) -> str:
        return f"{self.worker} ({self.process}) at {self.at:.2f}"


def answer(worker: str, scrape: Scrape, process: int | None = None) -> Answer:
    """Return what a worker has just said."""
    evaluated = {at for name in ALL if (at := scrape.value(m.EVALUATED_AT, municipality=name))}
    return Answer(worker, scrape, max(evaluated, default=time.time()), process)


@dataclass
class Observer:
    """Asks the workers again and again, from another thread, and keeps what they answer."""

    workers: Mapping[str, Worker]
    every_seconds: float = 0.25
    answers: list[Answer] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        # A thread for each: one that is paused must not keep us from the others.
        self._threads = [
            threading.Thread(target=self._observe, args=one) for one in self.workers.items()
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.answers.sort(key=lambda answer: answer.at)

    def _observe(self, name: str, worker: Worker) -> None:
        while not self._ended.wait(self.every_seconds):
            process = worker.pid
            with contextlib.suppress(OSError):
                scrape = Scrape.of_worker(worker.port, within_seconds=3)
                self.answers.append(answer(name, scrape, process))


@contextlib.contextmanager
def under_load(
    site: Site,
    workers: Mapping[str, Worker],
    rng: random.Random,
    per_second: float,
    *,
    asked_every: float = 0.25,
    **load: float,
) -> Iterator[tuple[Load, Observer]]:
    """Start workers, publish at a steady rate, and ask them again and again, all of the block."""
    with (
        crew(*workers.values()),
        Load(site, per_second, rng, **load) as its,
        Observer(workers, asked_every) as observer,
    ):
        yield its, observer


def suspend(worker: Service) -> None:
    """Stop a process where it stands, as a machine that is paused would."""
    os.kill(worker.pid or 0, signal.SIGSTOP)


def resume(worker: Service) -> None:
    os.kill(worker.pid or 0, signal.SIGCONT)


def wait_until(holds: Callable[[], bool], within_seconds: float, what: str) -> float:
    """Return after how many seconds it came to hold."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_seconds, f"not within {within_seconds} s: {what}"
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


def until_settled(site: Site, *workers: Worker, within_seconds: float = 30) -> list[Answer]:
    """Return what the workers say, and hold, when they have read all there is."""
    ends, _ = asyncio.run(offsets(site))
    found: dict[str, Scrape] = {}

    def is_settled() -> bool:
        with contextlib.suppress(OSError):
            found.update({w.directory.name: Scrape.of_worker(w.port) for w in workers})
        return reached(*found.values()) == ends

    wait_until(is_settled, within_seconds, "all is read")
    return [
        answer(w.directory.name, found[w.directory.name].with_statement(w.port)) for w in workers
    ]


def reached(*scrapes: Scrape) -> dict[tuple[str, int], float]:
    """Return the next offsets of all partitions that some workers have."""
    return {
        place: at for scrape in scrapes for place, at in scrape.by_place(m.NEXT_OFFSET).items()
    }


def hold_against_replay(
    site: Site, load: Load | None, answers: Sequence[Answer], figures: Figures, most: int = 150
) -> None:
    """Assert that answers were right, figure by figure, and that nothing published is missing.

    Those of workers that had settled are held leg by leg: all that is in their ledgers is right.
    Of more answers than ``most`` those are taken that are the first after a change of who shows
    what, and others evenly spread.
    """
    logs = site.logs()
    ids = [id_ for log in logs for record in log.records for id_ in ids_in(record.value or b"")]
    figures.events = len(ids)
    if load is not None:
        assert {f"e{n + 1}" for n in range(load.published)} <= set(ids)
    oracle = Oracle(site.catalogue, logs)
    picked = chosen(answers, most)
    figures.answers += len(picked)
    found = [
        f"{answer.worker} at {answer.at:.1f}: {fault}"
        for answer in picked
        for fault in oracle.faults(answer.scrape)
    ]
    figures.differences += len(found)
    assert found == []
    assert not_as_the_group_says(answers) == []
    assert double_owners(answers) == []


def ids_in(value: bytes) -> list[str]:
    """Return the ids of the events of a message."""
    read = orjson.loads(value)
    return [event["id"] for event in (read if isinstance(read, list) else [read])]


def chosen(answers: Sequence[Answer], most: int) -> list[Answer]:
    """Return so many answers at most that show anything; first those where something changed."""
    last: dict[str, set[str]] = {}
    changes, others = [], []
    for answer in answers:
        names = answer.scrape.municipalities()
        is_change = last.get(answer.worker) != names
        last[answer.worker] = names
        if names:
            (changes if is_change else others).append(answer)
    left = max(0, most - len(changes))
    step = max(1, -(-len(others) // left)) if left else len(others) + 1
    return sorted(changes[:most] + others[::step], key=lambda answer: answer.at)


def not_as_the_group_says(answers: Sequence[Answer]) -> list[str]:
    """Return where a ready worker shows less, or more, than the partitions that are its own."""
    return [
        f"{answer.worker} at {answer.at:.1f}"
        for answer in answers
        if answer.scrape.value(m.READY)
        and answer.scrape.municipalities() != _of_partitions(answer.scrape)
    ]


def _of_partitions(scrape: Scrape) -> set[str]:
    owned = scrape.by_partition(m.OWNED)
    return {name for name in MUNICIPALITIES if partition_of(name, PARTITIONS) in owned}


def double_owners(answers: Sequence[Answer]) -> list[str]:
    """Return where a municipality was shown by a worker between two answers of another.

    Both of these showed it, and came too soon after each other for the group to have put that
    worker out and taken it in again.
    """
    found = []
    for worker in {answer.worker for answer in answers}:
        its = [answer for answer in answers if answer.worker == worker]
        others = [answer for answer in answers if answer.worker != worker]
        for before, after in itertools.pairwise(its):
            if after.at - before.at < SESSION_SECONDS and before.process == after.process:
                names = before.scrape.municipalities() & after.scrape.municipalities()
                found += [
                    f"{other}, but {before} and {after}"
                    for other in others
                    if before.at < other.at < after.at and names & other.scrape.municipalities()
                ]
    return found


def regressions(answers: Sequence[Answer]) -> list[str]:
    """Return where what was shown of a partition had been read less far than before."""
    reached: dict[tuple[str, int], float] = {}
    found = []
    for answer in answers:
        partitions = {partition_of(n, PARTITIONS) for n in answer.scrape.municipalities()}
        for place, offset in answer.scrape.by_place(m.NEXT_OFFSET).items():
            if place[1] in partitions:
                if offset < reached.get(place, 0):
                    found.append(f"{answer.worker} at {answer.at:.2f}: {place} is at {offset}")
                reached[place] = max(offset, reached.get(place, 0))
    return found
