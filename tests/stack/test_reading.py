"""One worker's reading, seen from inside, on a real broker: what is lost on the way is read again,
what is not ours any more is dropped, and the position is always where the figures are true."""

import asyncio
import contextlib
import gc
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import TopicPartition
from catalogues import catalogue
from exported import Scrape, faults
from kafka import KafkaAdminClient
from mode.threads import WorkerThread

from stack.broker import Broker
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import TOPICS
from streams.domain.events import CallData, CallEvent, encode
from streams.exposition import snapshot
from streams.kafka.administration import connect, create
from streams.kafka.topics import wanted
from streams.ledgers import Batch, Fate, Ledgers, partition_of
from streams.replay import Log
from streams.replay.topic_log import _read as read_log
from streams.transport import watchdog
from streams.transport.consumer_thread import ConsumerThread, SeekError
from streams.worker import app as app_module
from streams.worker.app import NotLeftError, Worker
from streams.worker.recovery import Recovery
from streams.worker.settings import Settings

pytestmark = pytest.mark.leaves_sockets

PARTITIONS = 2
NAMES = tuple(
    next(n for n in (f"k{i}" for i in range(40)) if partition_of(n, PARTITIONS) == partition)
    for partition in range(PARTITIONS)
)
"""A municipality of each partition."""
_numbers = itertools.count()
CATALOGUE = load_catalogue(catalogue(NAMES, "Etc/UTC").encode(), "catalogue.yaml")


def events(count: int, names: Iterable[str] = NAMES, first: int = 0) -> Iterator[CallEvent]:
    """Yield so many calls that have just arrived, for each municipality."""
    for n in range(first, first + count):
        for name in names:
            now = datetime.now(UTC)
            yield CallEvent(
                id=f"{name}-{n}",
                source="/test",
                type="se.svarsgrad.call.offered.v1",
                subject=f"c{n}",
                time=now,
                partitionkey=name,
                data=CallData(queue="vaxel", arrived_at=now),
            )


@dataclass
class Ground:
    """A topic of a real broker, and the workers on it, in this process."""

    broker: Broker
    topic: str
    path: Path
    workers: list[Worker] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return self.topic.removesuffix(".calls")

    @property
    def servers(self) -> str:
        return self.broker.bootstrap_servers

    def make_topic(self) -> None:
        admin = connect(self.servers)
        create(admin, wanted(self.prefix, PARTITIONS, replication=1))
        admin.close()

    async def delete_topic(self) -> None:
        with self.admin() as admin:
            admin.delete_topics([self.topic])
            await until(lambda: self.topic not in admin.list_topics())

    @contextlib.contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        admin = connect(self.servers)
        yield admin
        admin.close()

    @contextlib.asynccontextmanager
    async def worker(self, code: int = 0) -> AsyncIterator[Worker]:
        """A worker that is ready, unless it is to end with another code than 0."""
        (port,) = free_ports(1)
        settings = Settings(
            catalogue=self.path,
            kafka=self.servers,
            group=self.topic,
            topics=self.prefix,
            listen=f"127.0.0.1:{port}",
        )
        worker = Worker(settings, CATALOGUE, PARTITIONS)
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        try:
            await until(lambda: running.done() or hasattr(worker, "state"))
            self.workers.append(worker)
            yield worker
            if code == 0:
                stop.set()
            await asyncio.wait({running}, timeout=15)
            assert running.done(), "still running"
            assert running.result() == code
        finally:
            self.workers.remove(worker)
            stop.set()
            await asyncio.wait({running}, timeout=15)

    async def publish(self, some: Iterable[CallEvent], *, at_once: int = 10_000) -> None:
        """Publish in Kafka batches of so many events, each in the log before the next."""
        async with producer(self.servers) as client:
            sent = []
            for event in some:
                sent.append(await send(client, self.topic, event))
                if len(sent) >= at_once:
                    await asyncio.gather(*sent)
                    sent.clear()
            await asyncio.gather(*sent)

    async def logs(self) -> list[Log]:
        read = await read_log(self.servers, self.topic, PARTITIONS, None)
        return [
            Log(f"{self.topic}-{p}", records, p, PARTITIONS) for p, records in sorted(read.items())
        ]

    async def settled(self) -> None:
        """Wait for the workers to have no lag; all they export is what replay says."""

        def is_settled() -> bool:
            lags = [w.state.lag(*place) for w in self.workers for place in w.state.places()]
            return len(lags) == PARTITIONS * len(TOPICS) and not any(
                lag is None or lag > 0 for lag in lags
            )

        await until(is_settled)
        # Known to be the end only if the broker has been asked since the last was published.
        await asyncio.sleep(0.6)
        await until(is_settled)
        logs = await self.logs()
        exported: set[str] = set()
        for worker in self.workers:
            assert worker.state.readiness() == {}
            scrape = Scrape.of((await snapshot(CATALOGUE, worker.state)).text().decode())
            assert faults(scrape, CATALOGUE, logs) == []
            assert not exported & scrape.municipalities()
            exported |= scrape.municipalities()
        assert exported == set(NAMES)
        folded = sum(legs_of(worker) for worker in self.workers)
        assert folded == sum(len(list(log.records)) for log in logs)


def legs_of(worker: Worker) -> int:
    """How many events that each are a call of its own a worker's ledgers hold."""
    owned = worker.state.ledgers.owned().values()
    return sum(len(its.calls) for ledger in owned for its in ledger.books.values())


@contextlib.asynccontextmanager
async def producer(servers: str, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    client = AIOKafkaProducer(bootstrap_servers=servers, **options)
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def send(client: AIOKafkaProducer, topic: str, event: CallEvent) -> Awaitable[Any]:
    place = partition_of(event.partitionkey, PARTITIONS)
    sent: Awaitable[Any] = await client.send(
        topic, encode(event), key=event.partitionkey.encode(), partition=place
    )
    return sent


async def until(holds: Callable[[], bool], within_seconds: float = 20) -> None:
    async with asyncio.timeout(within_seconds):
        while not holds():  # noqa: ASYNC110 # what is waited for has no event
            await asyncio.sleep(0.02)


def is_ready(worker: Worker) -> Callable[[], bool]:
    return worker.state.is_ready


@pytest.fixture
def ground(broker: Broker, tmp_path: Path) -> Ground:
    made = Ground(broker, f"reading.{next(_numbers)}.calls", tmp_path / "c.yaml")
    made.make_topic()
    return made


@pytest.fixture(autouse=True)
def threads_that_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose test has failed must not keep the process for ever."""

    class LetsGo(WorkerThread):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.daemon = True

    monkeypatch.setattr(ConsumerThread, "Worker", LetsGo)


@pytest.fixture(autouse=True)
def what_a_crash_leaves_behind() -> Iterator[None]:
    """A worker that crashes leaves its sockets to the end of the process, which here goes on."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Why a watchdog would have ended the process, which is ours; not at all is right."""
    reasons: list[str] = []
    monkeypatch.setattr(watchdog, "_end", reasons.append)
    yield reasons
    assert reasons == []


async def test_a_batch_that_is_lost_on_the_way_is_read_again(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[Batch] = []
    fold = Ledgers.fold

    def lossy(self: Ledgers, batch: Batch) -> Any:
        if len(lost) < 3 and batch.records and batch.start % 5 == 0:
            lost.append(batch)
            return Fate.STALE, []
        return fold(self, batch)

    monkeypatch.setattr(Ledgers, "fold", lossy)
    # So that what is read again comes in smaller batches than what came after the lost one.
    monkeypatch.setattr("streams.transport.faust_app.MAX_POLL_RECORDS", 3)
    async with ground.worker() as worker:
        await until(is_ready(worker))
        await ground.publish(events(60), at_once=5)
        await ground.publish(events(5, first=60), at_once=1)
        await ground.settled()
    assert lost
    assert worker.state.ledgers.batches[Fate.GAP] > 0


async def test_a_rebalance_while_all_buffers_are_full_loses_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()
    gate.set()
    fold_batch = Worker._fold_batch

    async def held(self: Worker, batch: Batch) -> None:
        await gate.wait()
        await fold_batch(self, batch)

    monkeypatch.setattr(Worker, "_fold_batch", held)
    async with ground.worker() as first:
        await until(is_ready(first))
        await ground.publish(events(3))
        await ground.settled()
        gate.clear()
        async with asyncio.timeout(15):
            while len(first.app.consumer._buffered_partitions) < PARTITIONS:
                await ground.publish(events(1, first=len(await of_one(ground))))
        async with ground.worker() as second:
            await until(lambda: bool(second.state.assigned) and is_ready(second)())
            await ground.publish(events(5, first=len(await of_one(ground))), at_once=1)
            assert len(first.state.assigned or ()) == 1
            gate.set()
            await ground.settled()
            await ground.publish(events(5, first=len(await of_one(ground))), at_once=1)
            await ground.settled()
    assert first.state.ledgers.batches[Fate.STALE] > 0


async def of_one(ground: Ground) -> list[Any]:
    """The records of the first partition; each municipality has had as many calls."""
    return list((await ground.logs())[0].records)


async def test_what_holds_no_records_at_the_end_of_a_log_is_no_lag(ground: Ground) -> None:
    await ground.publish(events(3))
    async with (
        ground.worker() as worker,
        producer(ground.servers, transactional_id=ground.topic) as client,
    ):
        await until(is_ready(worker))
        places = [place for place in worker.state.places() if place[0] == ground.topic]
        await client.begin_transaction()
        await asyncio.gather(*[await send(client, ground.topic, e) for e in events(2, first=3)])
        await asyncio.sleep(1)  # for the worker to hear of it
        assert [worker.state.lag(*place) for place in places] == [0, 0], "it can't be read yet"
        await client.abort_transaction()
        await until(lambda: [worker.state.ledgers.position(*p) for p in places] == [6, 6])
        await ground.settled()
        async with client.transaction():
            await asyncio.gather(
                *[await send(client, ground.topic, e) for e in events(2, first=5)]
            )
        await ground.settled()
    assert legs_of(worker) == 2 * 5


async def test_a_cold_start_on_a_log_that_ends_without_records_becomes_ready(
    ground: Ground,
) -> None:
    async with producer(ground.servers, transactional_id=ground.topic) as client:
        for _ in range(2):
            await client.begin_transaction()
            await asyncio.gather(*[await send(client, ground.topic, e) for e in events(3)])
            await client.abort_transaction()
        await client.begin_transaction()
        await asyncio.gather(*[await send(client, ground.topic, e) for e in events(4)])
        async with ground.worker() as worker:
            await until(is_ready(worker), 10)
            assert legs_of(worker) == 0
            await client.commit_transaction()
            await ground.settled()
            assert legs_of(worker) == 8


async def test_an_idle_worker_commits_its_positions_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ground.publish(events(3, NAMES[:1]))
    commits: list[dict[TopicPartition, int]] = []
    commit = Worker._commit_positions

    async def noted(self: Worker, positions: Any) -> Any:
        commits.append(dict(positions))
        return await commit(self, positions)

    monkeypatch.setattr(Worker, "_commit_positions", noted)
    async with ground.worker() as worker:
        await until(is_ready(worker))
        await asyncio.sleep(2.5)
        places = worker.state.places()
        expected = {TopicPartition(*place): 3 * (place == (ground.topic, 0)) for place in places}
        assert commits == [expected]
        assert await worker.app.consumer.committed(ground.topic, 0) == 3
        assert await worker.app.consumer.committed(ground.topic, 1) == 0


async def test_nothing_is_committed_by_faust(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[Any] = []

    async def noted(_: ConsumerThread, offsets: Any) -> bool:
        committed.append(offsets)
        return True

    monkeypatch.setattr(ConsumerThread, "_commit", noted)
    async with ground.worker() as worker:
        await until(is_ready(worker))
        await ground.publish(events(5), at_once=1)
        await ground.settled()
        await worker.app.consumer.commit()
        assert worker.app.topics.acking_topics == set()
        assert not worker.app.consumer._acked
    assert committed == []


async def test_another_log_at_the_same_offsets_is_known_by_its_last_record(
    ground: Ground,
) -> None:
    ledgers = Ledgers(dict.fromkeys(NAMES, UTC), PARTITIONS)
    recovery = Recovery(ledgers, ground.servers, (ground.topic,), nothing)
    await ground.publish(events(5))
    await recovery.fill(range(PARTITIONS), nothing)
    assert await recovery.strangers(range(PARTITIONS)) == {}

    await ground.delete_topic()
    ground.make_topic()
    await ground.publish(events(7, NAMES[:1]))
    await ground.publish(events(2, NAMES[1:]))
    assert await recovery.strangers(range(PARTITIONS)) == {
        0: f"{ground.topic} has another record at 4",
        1: f"{ground.topic} holds 0 to 2, the ledger stands at 5",
    }


async def test_a_log_that_has_lost_its_oldest_records_is_the_same_log(ground: Ground) -> None:
    ledgers = Ledgers(dict.fromkeys(NAMES, UTC), PARTITIONS)
    recovery = Recovery(ledgers, ground.servers, (ground.topic,), nothing)
    await ground.publish(events(5))
    await recovery.fill(range(PARTITIONS), nothing)
    with ground.admin() as admin:
        admin.delete_records(
            {TopicPartition(ground.topic, 0): 3, TopicPartition(ground.topic, 1): 5}
        )
    assert await recovery.strangers(range(PARTITIONS)) == {}


async def nothing(*_: object) -> None:
    pass


async def test_a_position_that_has_left_the_log_is_no_silent_reset(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    await ground.publish(events(5))
    async with ground.worker() as worker:
        await until(is_ready(worker))
        worker.state.ledgers.owned()[0].positions[ground.topic] = 1_000
        await worker.app.consumer.return_to(0)
        await until(lambda: worker.state.recovery.recovered == PARTITIONS + 1)
        assert "starting over" in caplog.text
        await ground.publish(events(2, first=5))
        await ground.settled()


async def test_a_bug_in_the_fold_ends_the_worker(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    async with ground.worker(code=1) as worker:
        await until(is_ready(worker))
        monkeypatch.setattr(Ledgers, "fold", broken)
        await ground.publish(events(1))


async def test_a_bug_in_what_runs_by_the_clock_ends_the_worker_and_is_said(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a bug")

    async with ground.worker(code=1) as worker:
        await until(is_ready(worker))
        monkeypatch.setattr(Ledgers, "prune", broken)
    assert "the worker crashed: RuntimeError" in caplog.text


@pytest.mark.parametrize("method", ["_fill", "_strangers"])
async def test_a_bug_in_recovery_ends_the_worker(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Recovery, method, broken)
    async with ground.worker(code=1) as worker:
        if method == "_strangers":
            await until(is_ready(worker))
            async with ground.worker(code=0) as _second:
                await until(lambda: worker.app.crashed)


async def test_a_seek_that_fails_ends_the_worker(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def astray(*_: object) -> None:
        raise SeekError("elsewhere")

    monkeypatch.setattr(ConsumerThread, "_seek_wait", astray)
    async with ground.worker(code=1):
        pass


async def test_a_broker_that_is_away_while_ledgers_are_filled_is_waited_for(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []
    read = Recovery._read

    async def away(self: Recovery, *arguments: Any) -> bool:
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise KafkaConnectionError
        return await read(self, *arguments)

    monkeypatch.setattr(Recovery, "_read", away)
    await ground.publish(events(5))
    async with ground.worker() as worker:
        # The reader is closed first; what is half filled is gone before the next try.
        await until(lambda: len(tries) == 1 and worker.state.ledgers.owned() == {})
        assert "recovery" in worker.state.readiness()
        await until(is_ready(worker))
        await ground.settled()
    assert tries[2] - tries[1] > tries[1] - tries[0] > 0.4


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """Recovery reads record by record; partition 1 waits for this event."""
    go_on = asyncio.Event()
    read = Recovery._read

    async def slowed(self: Recovery, reader: Any, pending: Any, opened: Any) -> bool:
        others = {tp for tp in pending if tp.partition != 1}
        if not others:
            await go_on.wait()
        return await read(self, reader, others or pending, opened)

    monkeypatch.setattr(Recovery, "_read", slowed)
    monkeypatch.setattr("streams.worker.recovery.MAX_RECORDS", 1)
    return go_on


async def test_a_ledger_that_is_filled_follows_the_log_while_others_are_filled(
    ground: Ground, slow: asyncio.Event
) -> None:
    await ground.publish(events(4))
    async with ground.worker() as worker:
        state = worker.state
        await until(lambda: state.ledgers.is_ready(0))
        await ground.publish(events(3, first=4))
        await until(lambda: state.ledgers.position(ground.topic, 0) == 7)
        assert state.readiness() == {"recovery": "filling partitions 1"}
        exported = Scrape.of((await snapshot(CATALOGUE, state)).text().decode())
        assert exported.municipalities() == {NAMES[0]}
        assert exported.value(m.READY) == 0
        slow.set()
        await ground.settled()


async def test_a_rebalance_while_ledgers_are_filled_keeps_what_is_filled_and_no_half_ledger(
    ground: Ground, slow: asyncio.Event
) -> None:
    await ground.publish(events(4))
    async with ground.worker() as first:
        await until(lambda: first.state.ledgers.is_ready(0))
        kept = first.state.ledgers.owned()[0]
        assert 1 in first.state.ledgers.owned(), "half filled"
        async with ground.worker() as second:
            await until(lambda: bool(second.state.assigned))
            await until(lambda: len(first.state.assigned or ()) == 1)
            ours = first.state.assigned or frozenset()
            await until(lambda: set(first.state.ledgers.owned()) == set(ours))
            if 0 in ours:
                assert first.state.ledgers.owned()[0] is kept
            slow.set()
            await ground.settled()
        await ground.publish(events(2, first=4))
        await ground.settled()  # and all is the first's again


async def test_a_worker_whose_leaving_hangs_says_so(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_in_order = Worker._leave_in_order

    async def hang(self: Worker, code: int) -> None:
        await leave_in_order(self, code)
        await asyncio.sleep(60)

    monkeypatch.setattr(Worker, "_leave_in_order", hang)
    monkeypatch.setattr(app_module, "STOP_SECONDS", 2.0)
    with pytest.raises(NotLeftError):
        async with ground.worker() as worker:
            await until(is_ready(worker))
