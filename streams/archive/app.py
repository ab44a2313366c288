"""The archive's process: a Faust app in a group of its own, that writes what it reads into SQL.

Its positions are the database's. Nothing else is kept: killed at any moment and started again, it
goes on where the last transaction ended.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from aiokafka.structs import TopicPartition
from faust.exceptions import ConsumerNotStarted
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine

from streams import metrics as m
from streams.archive.database import MigratedError
from streams.archive.forgetting import CALLERS_DAYS
from streams.archive.keeper import Keeper
from streams.archive.logs import look
from streams.domain.catalogue import Catalogue
from streams.endpoints.door import Page
from streams.endpoints.security import OPEN, ListenSecurity
from streams.endpoints.serving import answering
from streams.exposition.sheet import Sheet
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import event_topics
from streams.ledgers import Batch
from streams.logs import e, tell
from streams.logs.errors import described
from streams.release import release
from streams.stopping import stop_signal
from streams.transport.consumer import BatchSchema, transport_for
from streams.transport.faust_app import faust_app
from streams.transport.refused import look_for_refusal, why_refused
from streams.transport.starting import require_libraries
from streams.transport.watchdog import Watchdog

TICK_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 15.0
FORGET_SECONDS: Final = 86_400.0
"""How often callers that are old are looked for: that reads all legs."""
STOP_SECONDS: Final = 12.0
STUCK_SECONDS: Final = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the archive is told."""

    kafka: str
    topics: str
    listen: tuple[str, int]
    group: str
    listen_security: ListenSecurity = OPEN
    session_seconds: float = 6.0
    callers_days: int = CALLERS_DAYS


@dataclass(slots=True)
class Archiver:
    """One process of the archive. ``run`` returns its exit code."""

    settings: Settings
    catalogue: Catalogue
    partitions: int
    engine: Engine
    security: KafkaSecurity
    started: Callable[[], None] = lambda: None
    """Is called when it answers on its address, before it reads anything."""
    keeper: Keeper = field(init=False)
    app: Any = field(init=False)
    _is_leaving: bool = field(init=False, default=False)
    _tasks: list[asyncio.Task[Any]] = field(init=False, default_factory=list)

    async def run(self, stop: asyncio.Event) -> int:
        """Run until it is told to stop, or crashes; return the exit code."""
        self._build()
        its = self.settings
        async with answering(self._endpoints(), its.listen, its.listen_security):
            self.started()
            address = "{}:{}".format(*its.listen)
            tell(log, e.SERVING, f"serving metrics on {address}", address=address)
            self._start(Watchdog(dict, STUCK_SECONDS).watch())
            code = await self._run_until(stop)
            await self._leave(code)
        return code

    def _build(self) -> None:
        topics = event_topics(self.settings.topics)
        self.keeper = Keeper(
            engine=self.engine,
            zones={its.id: its.zone for its in self.catalogue.municipalities.values()},
            partitions=self.partitions,
            topics=topics,
            look=lambda places: look(self.settings.kafka, self.security, places),
            read_on=self._read_on,
            fail=self._fail,
            callers_days=self.settings.callers_days,
        )
        self.app = faust_app(self.settings, self.partitions, self.security)
        self.app.transport = transport_for(self.keeper)(self.app.conf.broker_consumer, self.app)
        for topic in topics:
            channel = self.app.topic(topic, schema=BatchSchema(), acks=False)
            self.app.agent(channel, name=f"archive-{topic}", concurrency=1)(self._archive)

    async def _archive(self, stream: Any) -> None:
        try:
            async for batch in stream:
                taken: Batch = batch
                await self.keeper.take(taken)
        except Exception as error:
            # Faust would go on without a processor, or with another after what this one took.
            await self._fail(error)

    async def _read_on(self, partition: int) -> None:
        await self.app.consumer.return_to(partition)

    async def _fail(self, error: Exception) -> None:
        await self.app.crash(error)

    async def _run_until(self, stop: asyncio.Event) -> int:
        stopped = self._start(stop.wait())
        running = self._start(self._run_app())
        await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            tell(log, e.STOPPING, "stopping: writing what has been read")
            return 0
        why = self.app.crash_reason or running.exception()
        if (refused := why_refused(why, self.security)) is not None:
            tell(log, e.CANNOT_RUN, refused)
        elif isinstance(why, MigratedError):
            tell(log, e.CANNOT_RUN, str(why))
        else:
            tell(log, e.CRASHED, f"the archive crashed: {described(why)}", error=why)
        return 1

    async def _run_app(self) -> None:
        self._start(self._tick())
        self._start(self._forget_callers())
        self._start(
            look_for_refusal(self.settings.kafka, self.security, self._is_reading, self._fail)
        )
        await self.app.start()  # which waits for the first assignment
        await self.app.wait_until_stopped()

    async def _tick(self) -> None:
        """Write what has waited, and commit where the database stands: for monitoring only."""
        committed: dict[TopicPartition, int] = {}
        while not self._is_leaving:
            await self._see_that_it_answers()
            await self.keeper.tick()
            places = {TopicPartition(*p): at for p, at in self.keeper.positions().items()}
            if due := {tp: at for tp, at in places.items() if committed.get(tp) != at}:
                try:
                    committed |= await self.app.consumer.commit_positions(due)
                except Exception as error:
                    why = type(error).__name__
                    tell(log, e.COMMIT_FAILED, f"commit failed: {why}", reason=why)
            await asyncio.sleep(TICK_SECONDS)

    async def _see_that_it_answers(self) -> None:
        """End the process if the group has died of something: Faust never asks."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.app.consumer.answer()
        except ConsumerNotStarted:
            pass
        except TimeoutError:
            tell(log, e.CONSUMER_SILENT, "the consumer's thread does not answer")
        except Exception as error:
            if not self._is_leaving:
                await self._fail(error)

    async def _forget_callers(self) -> None:
        while True:
            await self.keeper.forget_callers()
            await asyncio.sleep(FORGET_SECONDS)

    async def _leave(self, code: int) -> None:
        """Write what there is, leave the group, and end; the process ends in time in any case."""
        self._is_leaving = True
        self.keeper.close()
        leaving = self._start(self._leave_in_order(code))
        await asyncio.wait({leaving}, timeout=STOP_SECONDS)
        if not leaving.done() or leaving.exception():
            tell(log, e.NOT_LEFT, "could not leave the group in good order: ending all the same")
            sys.stderr.flush()
            os._exit(code)  # Faust's threads would keep the process
        for task in self._tasks:
            task.cancel()

    async def _leave_in_order(self, code: int) -> None:
        if code == 0:
            try:
                await self.keeper.flush()
            except Exception as error:  # then it is read again
                why = type(error).__name__
                tell(log, e.NOT_FLUSHED, f"not all was written: {why}", reason=why)
        await self.app.stop()

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """End the process if a part of it has ended by a mistake: it would stand still, unseen."""
        if task.cancelled() or self._is_leaving or (error := task.exception()) is None:
            return
        if isinstance(error, Exception):
            self._tasks.append(asyncio.create_task(self._fail(error)))

    # What is told.

    def _endpoints(self) -> dict[str, Page]:
        return {"/metrics": self._metrics, "/healthz": self._healthz, "/readyz": self._readyz}

    def lags(self) -> dict[tuple[str, int], int]:
        """Return how far the database is from each log's end, where both are known."""
        ends = {place: self.app.consumer.readable_end(*place) for place in self.keeper.positions()}
        return {
            place: max(0, ends[place] - at)
            for place, at in self.keeper.positions().items()
            if ends[place] is not None
        }

    def _why_not_ready(self) -> str:
        if troubles := self.keeper.troubles:
            return f"waits: {', '.join(f'{what}: {why}' for what, why in troubles.items())}"
        return self._why_not_reading()

    def _why_not_reading(self) -> str:
        """Return what keeps Kafka from us; a database that is away is none of its doing."""
        ours = self.keeper.ours
        if ours is None:
            return "no assignment yet"
        heard: float | None = self.app.consumer.last_heartbeat()
        if heard is None or time.monotonic() - heard >= self.settings.session_seconds:
            return "no heartbeat within the session timeout"
        missing = [p for p in sorted(ours) if not self.keeper.is_ready(p)]
        return f"not reading partitions {missing}" if missing else ""

    def _is_reading(self) -> bool:
        return not self._why_not_reading()

    async def _metrics(self) -> web.Response:
        sheet, written = Sheet(), self.keeper.written
        sheet.add(m.BUILD, 1, release())
        sheet.add(m.ARCHIVE_READY, float(not self._why_not_ready()))
        for (topic, partition), lag in self.lags().items():
            sheet.add(m.ARCHIVE_LAG, lag, topic, str(partition))
        sheet.add(m.ARCHIVE_RECORDS, written.records)
        sheet.add(m.ARCHIVE_TRANSACTIONS, written.transactions)
        sheet.add(m.ARCHIVE_FAILURES, written.failures)
        sheet.add(m.ARCHIVE_WRITTEN, written.at)
        return web.Response(
            body=generate_latest(sheet), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def _healthz(self) -> web.Response:
        return web.json_response({"ok": True})

    async def _readyz(self) -> web.Response:
        why = self._why_not_ready()
        return web.json_response({"ready": not why, "why": why}, status=503 if why else 200)


def run_archiver(archiver: Archiver) -> int:
    """Run the archive in this process until it is told to stop; return its exit code."""
    require_libraries()

    async def run() -> int:
        return await archiver.run(stop_signal())

    return asyncio.run(run())
