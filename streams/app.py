"""The worker: ledgers, Faust, recovery, exposition and watchdog, wired together and run.

One Faust app of our own making; nothing is created at import. Faust moves batches from Kafka to
one processor per topic and tells of rebalances; what is known and where to read on is ours.
"""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import faust
from aiohttp import web
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faust.exceptions import ConsumerNotStarted

from streams import consumer
from streams.domain.catalogue import Catalogue
from streams.exposition import web_application
from streams.ledgers import Batch, Fate, Ledgers
from streams.recovery import Recovery, SupersededError
from streams.rejected import RejectedPublisher
from streams.settings import Settings
from streams.watchdog import Watchdog
from streams.worker_state import WorkerState

COMMIT_SECONDS: Final = 1.0
BUFFERED_BATCHES: Final = 8
MAX_POLL_RECORDS: Final = 5_000
NOT_SERVED: Final = {
    errno.EADDRINUSE: "porten är upptagen",
    errno.EADDRNOTAVAIL: "maskinen har ingen sådan adress",
    errno.EACCES: "porten kräver högre rättigheter",
    socket.EAI_NONAME: "namnet är okänt",
}
"""Why an address can't be listened on, in words."""

log = logging.getLogger(__name__)


class WorkerError(RuntimeError):
    """The worker can't start; the operator must act. The message is one line."""


class DisklessApp(faust.App):
    """A Faust app that makes no directories: there is nothing to keep on a disk."""

    def _create_directories(self) -> None:
        pass


@dataclass(slots=True)
class Worker:
    """One worker process. ``run`` returns its exit code."""

    settings: Settings
    catalogue: Catalogue
    partitions: int
    state: WorkerState = field(init=False)
    app: Any = field(init=False)
    _committed: dict[TopicPartition, int] = field(init=False, default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(init=False, default_factory=list)

    async def run(self) -> int:
        """Run until a signal or a crash; return the exit code."""
        self._build()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with self._serving():
            self.state.rejected.start()
            self._start(Watchdog(self.state.health, self.settings.stuck_seconds).watch())
            try:
                await self.app.start()
                self._start(self._commit_regularly())
                return await self._until(stop)
            finally:
                await self._commit()
                await self.state.rejected.stop()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.app.stop(), timeout=15)
                for task in self._tasks:
                    task.cancel()

    def _build(self) -> None:
        settings = self.settings
        ledgers = Ledgers(
            zones={m.id: m.zone for m in self.catalogue.municipalities.values()},
            partitions=self.partitions,
        )
        topics = (settings.calls_topic,)
        rejected = RejectedPublisher(settings.kafka, settings.rejected_topic)
        self.state = WorkerState(
            ledgers=ledgers,
            rejected=rejected,
            recovery=Recovery(ledgers, settings.kafka, topics, self._reject_recovered),
            topics=topics,
            stuck_seconds=settings.stuck_seconds,
            highwater=self._highwater,
            last_heartbeat=self._last_heartbeat,
            session_seconds=settings.session_seconds,
        )
        self.app = self._faust_app(ledgers)
        for topic in topics:
            channel = self.app.topic(topic, schema=consumer.BatchSchema(), acks=False)
            self.app.agent(channel, name=f"fold-{topic}", concurrency=1)(self._fold)
        self.app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        self.app.on_rebalance_complete.connect(self._on_rebalanced, weak=False)

    def _faust_app(self, ledgers: Ledgers) -> Any:
        settings = self.settings
        app = DisklessApp(
            settings.group,
            broker=[f"kafka://{address.strip()}" for address in settings.kafka.split(",")],
            store="memory://",
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            topic_partitions=self.partitions,
            stream_buffer_maxsize=BUFFERED_BATCHES,
            stream_wait_empty=False,
            broker_max_poll_records=MAX_POLL_RECORDS,
            broker_max_poll_interval=3600.0,  # a long recovery; the watchdog sees to the rest
            broker_session_timeout=settings.session_seconds,
            broker_heartbeat_interval=settings.session_seconds / 4,
            broker_rebalance_timeout=30.0,
            consumer_max_fetch_size=4 << 20,
            consumer_metadata_max_age_ms=10_000,
        )
        app.transport = consumer.transport_with(ledgers)(app.conf.broker_consumer, app)
        return app

    @contextlib.asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        host, port = self.settings.address
        runner = web.AppRunner(web_application(self.catalogue, self.state), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            why = NOT_SERVED.get(error.errno or 0, error.strerror)
            raise WorkerError(
                f"kan inte lyssna på {host}:{port} ({why}): ange en annan adress med --listen"
            ) from None
        log.info("serving metrics on %s:%s", host, port)
        try:
            yield
        finally:
            await runner.cleanup()

    async def _until(self, stop: asyncio.Event) -> int:
        crashed = asyncio.create_task(self.app.wait_until_stopped())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({crashed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (crashed, stopped):
            task.cancel()
        if stop.is_set():
            log.info("stopping: leaving the group")
            return 0
        log.critical("the worker crashed: %r", self.app.crash_reason)
        return 1

    def _start(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))

    # From here on: what Faust calls.

    async def _fold(self, stream: Any) -> None:
        async for batch in stream:
            await self._fold_batch(batch)

    async def _fold_batch(self, batch: Batch) -> None:
        fate, rejections = self.state.ledgers.fold(batch)
        if fate is Fate.GAP:
            log.warning("gap in %s-%s: reading again", batch.topic, batch.partition)
            await self.app.consumer.return_to(batch.topic, batch.partition)
        if rejections:
            await self.state.rejected.put(batch.topic, batch.partition, rejections)

    async def _on_assigned(self, _: Any, assigned: set[Any], **_kwargs: Any) -> None:
        ours = frozenset(tp.partition for tp in assigned if tp.topic in self.state.topics)
        for partition in set(self.state.ledgers.owned()) - ours:
            self.state.ledgers.drop(partition)
            self.state.rejected.forget(partition)
        for partition in ours:
            self.state.ledgers.renew(partition)
        self._committed = {tp: at for tp, at in self._committed.items() if tp.partition in ours}
        self.state.assigned = ours
        log.info("assigned partitions %s", sorted(ours))

    async def _on_rebalanced(self, _: Any, **_kwargs: Any) -> None:
        generation = self.app.consumer_generation_id
        new = [p for p in self.state.assigned or () if not self.state.ledgers.is_ready(p)]

        def superseded() -> bool:
            return bool(self.app.consumer_generation_id != generation or self.app.should_stop)

        if not new:
            return
        log.info("filling partitions %s from the log", sorted(new))
        try:
            await self.state.recovery.fill(new, superseded)
        except SupersededError:
            log.info("another rebalance: recovery begins again")
        except Exception as error:
            log.exception("recovery failed")
            await self.app.crash(error)
            raise
        else:
            log.info("ready: %s records read so far", self.state.recovery.records)

    async def _reject_recovered(self, topic: str, partition: int, rejections: list[Any]) -> None:
        """Publish what a recovery rejects, unless it was published before."""
        try:
            published = await self.app.consumer.committed(topic, partition) or 0
        except KafkaError:
            published = 0
        await self.state.rejected.put(
            topic, partition, [r for r in rejections if r.offset >= published]
        )

    # Positions and signs of life.

    def _highwater(self, topic: str, partition: int) -> int | None:
        try:
            end = self.app.consumer.highwater(TopicPartition(topic, partition))
        except Exception:  # not started, or just revoked
            return None
        return None if end is None else int(end)

    def _last_heartbeat(self) -> float | None:
        try:
            heard: float | None = self.app.consumer.last_heartbeat()
        except (AttributeError, ConsumerNotStarted):
            return None
        return heard

    async def _commit_regularly(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        """Commit the positions that have changed. For monitoring: failing is only logged."""
        state = self.state
        changed: dict[TopicPartition, int] = {}
        for topic, partition in state.places():
            position = state.ledgers.position(topic, partition)
            if position is None or not state.ledgers.is_ready(partition):
                continue
            waiting = state.rejected.first_waiting(topic, partition)
            tp = TopicPartition(topic, partition)
            safe = position if waiting is None else min(position, waiting)
            if self._committed.get(tp) != safe:
                changed[tp] = safe
        if not changed:
            return
        try:
            await asyncio.wait_for(self.app.consumer.commit_positions(changed), timeout=5)
            self._committed |= changed
        except Exception as error:  # whatever it is, it must not stop the folding
            state.commit_failures += 1
            log.warning("commit failed: %s", type(error).__name__)


def run_worker(settings: Settings, catalogue: Catalogue, partitions: int) -> int:
    """Run a worker in this process until it is told to stop; return its exit code."""
    return asyncio.run(Worker(settings, catalogue, partitions).run())
