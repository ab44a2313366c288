"""The worker: ledgers, Faust, recovery, exposition and watchdog, wired together and run.

One Faust app of our own making; nothing is created at import. Faust moves batches from Kafka to
one processor per topic and takes part in the group; what is known and where to read on is ours.
"""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from faust.exceptions import ConsumerNotStarted

from streams.domain.catalogue import Catalogue
from streams.endpoints.security import OPEN, ListenSecurity
from streams.endpoints.serving import answering
from streams.exposition import endpoints
from streams.kafka.security import PLAINTEXT, KafkaSecurity
from streams.kafka.topics import event_topics
from streams.ledgers import Batch, Fate, Ledgers
from streams.logs import e, tell
from streams.logs.errors import described
from streams.stopping import stop_signal
from streams.transport.consumer import BatchSchema, transport_for
from streams.transport.faust_app import faust_app
from streams.transport.refused import look_for_refusal, why_refused
from streams.transport.starting import require_libraries
from streams.transport.watchdog import Watchdog
from streams.worker.admission import client_name, take_over
from streams.worker.commits import Commits
from streams.worker.ownership import Ownership
from streams.worker.recovery import Recovery
from streams.worker.rejected import RejectedPublisher
from streams.worker.settings import Settings
from streams.worker.state import WorkerState

TICK_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 15.0
"""How long the consumer's thread may be silent before that is said."""
STOP_SECONDS: Final = 12.0
"""How long leaving the group may take before the process ends without."""
log = logging.getLogger(__name__)


class NotLeftError(Exception):
    """The broker is away, or a thread of Faust's hangs. Has the code to exit with."""


@dataclass(slots=True)
class Worker:
    """One worker process. ``run`` returns its exit code."""

    settings: Settings
    catalogue: Catalogue
    partitions: int
    security: KafkaSecurity = PLAINTEXT
    listen_security: ListenSecurity = OPEN
    predecessors: Sequence[str] = ()
    """Members of the group that answered on its address, which can be no more if it is free."""
    started: Callable[[], None] = lambda: None
    """Is called when it answers on its address, before it reads anything."""
    state: WorkerState = field(init=False)
    app: Any = field(init=False)
    ownership: Ownership = field(init=False)
    commits: Commits = field(init=False)
    _tasks: list[asyncio.Task[Any]] = field(init=False, default_factory=list)
    _broken: asyncio.Future[BaseException] = field(init=False)
    """The first error that ended a part of it."""

    async def run(self, stop: asyncio.Event) -> int:
        """Run until it is told to stop, or crashes; return the exit code.

        Raises :class:`~streams.endpoints.ListenError` if it can't answer on its address, and
        :class:`NotLeftError` if threads of it are left that would keep the process from ending.
        """
        self._broken = asyncio.get_running_loop().create_future()
        self._build()
        pages = endpoints(self.catalogue, self.state)
        async with answering(pages, self.settings.address, self.listen_security):
            self.started()
            address = "{}:{}".format(*self.settings.address)
            tell(log, e.SERVING, f"serving metrics on {address}", address=address)
            if self.predecessors:
                await asyncio.to_thread(take_over, self.settings, self.security, self.predecessors)
            self.state.rejected.start()
            self._start(Watchdog(self.state.health, self.settings.stuck_seconds).watch())
            code = await self._run_until(stop)
            await self._leave(code)
        return code

    def _build(self) -> None:
        settings = self.settings
        ledgers = Ledgers(
            zones={m.id: m.zone for m in self.catalogue.municipalities.values()},
            partitions=self.partitions,
            topics=event_topics(settings.topics),
        )
        topics = tuple(ledgers.topics)
        self.state = WorkerState(
            ledgers=ledgers,
            rejected=RejectedPublisher(settings.kafka, settings.rejected, self.security),
            recovery=Recovery(
                ledgers, settings.kafka, topics, self._reject_recovered, self.security
            ),
            topics=topics,
            stuck_seconds=settings.stuck_seconds,
            readable_end=self._readable_end,
            heard=self._heard,
            last_heartbeat=self._last_heartbeat,
            session_seconds=settings.session_seconds,
        )
        self.ownership = Ownership(self.state, self._read_on, self._fail)
        self.commits = Commits(self.state, self._commit_positions)
        self.app = faust_app(
            settings, self.partitions, self.security, client_name(settings.listen)
        )
        self.app.transport = transport_for(self.ownership)(self.app.conf.broker_consumer, self.app)
        for topic in topics:
            channel = self.app.topic(topic, schema=BatchSchema(), acks=False)
            self.app.agent(channel, name=f"fold-{topic}", concurrency=1)(self._fold)

    async def _run_until(self, stop: asyncio.Event) -> int:
        """Start, and return 0 at a signal, 1 at a crash, whenever it comes."""
        stopped = self._start(stop.wait())
        running = self._start(self._run_app())
        waited = {running, stopped, self._broken}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            tell(log, e.STOPPING, "stopping: leaving the group")
            return 0
        why = self.app.crash_reason or (self._broken.result() if self._broken.done() else None)
        if (refused := why_refused(why, self.security)) is not None:
            tell(log, e.CANNOT_RUN, refused)
        else:
            tell(log, e.CRASHED, f"the worker crashed: {described(why)}", error=why)
        return 1

    async def _run_app(self) -> None:
        self._start(self._tick())
        self._start(
            look_for_refusal(self.settings.kafka, self.security, self.state.is_ready, self._fail)
        )
        await self.app.start()  # which waits for the first assignment
        await self.app.wait_until_stopped()

    async def _leave(self, code: int) -> None:
        """Let go of all there is. Raises :class:`NotLeftError` if that can't be done in time."""
        self.state.is_leaving = True
        self.ownership.close()
        leaving = self._start(self._leave_in_order(code))
        # Not cancelled when it takes too long: Faust swallows that.
        await asyncio.wait({leaving}, timeout=STOP_SECONDS)
        if not leaving.done() or leaving.cancelled() or leaving.exception():
            raise NotLeftError(code)
        for task in self._tasks:
            task.cancel()

    async def _leave_in_order(self, code: int) -> None:
        if code == 0:
            await self.commits.now()
        await self.app.stop()
        await self.state.rejected.stop()

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """End the worker if a part of it broke: it would be half of one, unseen."""
        if task.cancelled() or self._broken.done() or (error := task.exception()) is None:
            return
        self._broken.set_result(error)

    # What Faust calls.

    async def _fold(self, stream: Any) -> None:
        try:
            async for batch in stream:
                await self._fold_batch(batch)
        except Exception as error:
            # Faust would go on without a processor, or with another after what this one took.
            await self._fail(error)

    async def _fold_batch(self, batch: Batch) -> None:
        for part in batch.parts():
            fate, rejections = self.state.ledgers.fold(part)
            if fate is Fate.GAP:
                await self._read_again(part)
            if rejections:
                await self.state.rejected.put(part.topic, part.partition, rejections)
            await asyncio.sleep(0)

    async def _read_again(self, part: Batch) -> None:
        told = f"gap in {part.topic}-{part.partition}: reading again"
        tell(log, e.GAP, told, topic=part.topic, partition=part.partition)
        await self._read_on(part.partition)

    # What the parts are given.

    async def _fail(self, error: Exception) -> None:
        await self.app.crash(error)

    async def _read_on(self, partition: int) -> None:
        await self.app.consumer.return_to(partition)

    async def _commit_positions(self, positions: Any) -> Any:
        return await self.app.consumer.commit_positions(positions)

    async def _reject_recovered(self, topic: str, partition: int, rejections: list[Any]) -> None:
        """Publish what a recovery rejects, unless it was published before.

        What was committed beyond the log's end, or before it was found to be another, says nothing
        of this log.
        """
        try:
            published = await self.app.consumer.committed(topic, partition) or 0
        except Exception as error:  # then it is published again, under the same key
            why = type(error).__name__
            tell(log, e.COMMITTED_UNKNOWN, f"committed offset unknown: {why}", reason=why)
            published = 0
        is_of_another = published > self.state.recovery.ends[topic, partition]
        if is_of_another or partition in self.ownership.abandoned:
            published = 0
        unpublished = [r for r in rejections if r.offset >= published]
        await self.state.rejected.put(topic, partition, unpublished)

    def _readable_end(self, topic: str, partition: int) -> int | None:
        end: int | None = self.app.consumer.readable_end(topic, partition)
        return end

    def _heard(self, topic: str, partition: int) -> object:
        return self.app.consumer.heard(topic, partition)

    def _last_heartbeat(self) -> float | None:
        heard: float | None = self.app.consumer.last_heartbeat()
        return heard

    async def _tick(self) -> None:
        """See that the consumer's thread answers and its group is well; commit."""
        while not self.state.is_leaving:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.app.consumer.answer()
                self.state.answered_at = self.state.clock()
            except ConsumerNotStarted:
                pass
            except TimeoutError:
                tell(log, e.CONSUMER_SILENT, "the consumer's thread does not answer")
            except Exception as error:
                await self._fail(error)
                return
            await self.commits.now()
            self.state.ledgers.prune()
            await asyncio.sleep(TICK_SECONDS)


def run_worker(worker: Worker) -> int:
    """Run a worker in this process until it is told to stop; return its exit code."""
    require_libraries()
    # What is imported stays. The collector would look through it again and again, and nothing else
    # happens meanwhile: of a stall of 94 ms while a worker was scraped that was 57.
    gc.freeze()

    async def run() -> int:
        try:
            return await worker.run(stop_signal())
        except NotLeftError as error:
            tell(log, e.NOT_LEFT, "could not leave the group in good order: ending all the same")
            sys.stderr.flush()
            os._exit(error.args[0])  # its threads would keep the process for ever

    return asyncio.run(run())
