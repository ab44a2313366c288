"""What can't be used goes to the rejected topic: where it was, why, and its shape, masked.

A rejection is keyed by the place of the event in the log, so publishing it again is harmless.
While the topic can't be written, rejections wait here and folding goes on; past a bound it waits
too. The position that is committed stays at the first rejection that waits, so that after a crash
a rebuilt ledger knows which ones may be unpublished.
"""

import asyncio
import contextlib
import logging
from collections import deque
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.domain.events import REASONS
from streams.domain.ledger import Rejection
from streams.domain.masking import mask

BOUND: Final = 10_000
"""Rejections that may wait before folding waits for them."""
RETRY_SECONDS: Final = 1.0

log = logging.getLogger(__name__)


def message(topic: str, partition: int, rejection: Rejection) -> tuple[bytes, bytes]:
    """Return the key and the value under which a rejection is published."""
    place = f"{topic}-{partition}-{rejection.offset}-{rejection.index}"
    value = {
        "topic": topic,
        "partition": partition,
        "offset": rejection.offset,
        "index": rejection.index,
        "reason": rejection.reason,
        "path": rejection.path,
        "hint": REASONS[rejection.reason],
        "bytes": len(rejection.raw),
        "masked": mask(rejection.raw),
    }
    return place.encode(), orjson.dumps(value)


class RejectedPublisher:
    """Publishes rejections in order, for as long as it takes."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self._servers = bootstrap_servers
        self._topic = topic
        self._waiting: deque[tuple[str, int, Rejection]] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        """Begin to publish, on the running event loop."""
        self._task = asyncio.create_task(self._run(), name="rejected publisher")

    async def stop(self, patience: float = 5.0) -> None:
        """Publish what waits, for at most ``patience`` seconds, and end."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), patience)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def put(self, topic: str, partition: int, rejections: list[Rejection]) -> None:
        """Take rejections to publish; waits for room if too many wait already."""
        self._waiting.extend((topic, partition, rejection) for rejection in rejections)
        if self._waiting:
            self._idle.clear()
            self._changed.set()
        if len(self._waiting) >= BOUND:
            self._room.clear()
            log.error("the rejected topic can't be written: folding waits until it can")
            await self._room.wait()

    def forget(self, partition: int) -> None:
        """Let go of the rejections of a partition that is another worker's now."""
        kept = [waiting for waiting in self._waiting if waiting[1] != partition]
        self._waiting.clear()
        self._waiting.extend(kept)

    def first_waiting(self, topic: str, partition: int) -> int | None:
        """Return the offset of the first rejection of a partition that waits, if one does."""
        return next(
            (
                rejection.offset
                for of_topic, of_partition, rejection in self._waiting
                if (of_topic, of_partition) == (topic, partition)
            ),
            None,
        )

    async def _run(self) -> None:
        while True:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers, acks="all", enable_idempotence=True
            )
            try:
                await producer.start()
                await self._publish(producer)
            except (KafkaError, OSError) as error:
                log.warning("rejected topic: %s; trying again", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                await producer.stop()

    async def _publish(self, producer: AIOKafkaProducer) -> None:
        while True:
            while self._waiting:
                batch = list(self._waiting)[:500]
                sent = [
                    await producer.send(self._topic, key=key, value=value)
                    for key, value in (message(*waiting) for waiting in batch)
                ]
                await asyncio.gather(*sent)
                done = {id(waiting) for waiting in batch}
                while self._waiting and id(self._waiting[0]) in done:
                    self._waiting.popleft()
                if len(self._waiting) < BOUND:
                    self._room.set()
            self._idle.set()
            self._changed.clear()
            await self._changed.wait()
