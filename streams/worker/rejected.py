"""What can't be used goes to the rejected topic: where it was, why, and its shape, masked.

A rejection is keyed by the place of the event in the log, so publishing it again is harmless.
While the topic can't be written, rejections wait here and folding goes on; past a bound it waits
too. The position that is committed stays at the first rejection that waits, so that after a crash
a rebuilt ledger knows which ones may be unpublished.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    LeaderNotAvailableError,
    TopicAuthorizationFailedError,
)

from streams.domain.events import REASONS
from streams.domain.ledger import Rejection
from streams.domain.masking import SHOWN_BYTES, mask
from streams.kafka.security import PLAINTEXT, KafkaSecurity
from streams.logs import e, tell

BOUND: Final = 10_000
"""Rejections that may wait before folding waits for them; what was being folded comes on top."""
AT_ONCE: Final = 500
"""How many are sent together."""
RETRY_SECONDS: Final = 1.0
DELIVERY_SECONDS: Final = 10.0
"""How long the client tries by itself; then it begins anew, with a fresh look at the cluster."""
CLOSE_SECONDS: Final = 2.0
LOGGED_SECONDS: Final = 60.0
"""How often the log says what has been rejected: a wrong sender is wrong in every event."""
FORBIDDEN: Final = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
"""Who may write nothing at all is refused as a producer, before any topic is looked at."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rejected event stands in the log."""

    topic: str
    partition: int
    offset: int
    index: int

    @property
    def key(self) -> str:
        """Return the key in the rejected topic, by which the same rejection is the same."""
        return f"{self.topic}-{self.partition}-{self.offset}-{self.index}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rejection that is not published yet. It has only the beginning of what was received.

    10,000 large messages would not fit in memory; 10,000 beginnings do.
    """

    reason: str
    path: str
    size: int
    beginning: bytes


def message(place: Place, waiting: Waiting) -> tuple[bytes, bytes]:
    """Return the key and the value under which a rejection is published."""
    value = {
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
        "index": place.index,
        "reason": waiting.reason,
        "path": waiting.path,
        "hint": REASONS[waiting.reason],
        "bytes": waiting.size,
        "masked": mask(waiting.beginning),
    }
    return place.key.encode(), orjson.dumps(value)


class RejectedPublisher:
    """Publishes rejections in order, for as long as it takes.

    Everything here happens on one event loop. What waits can be asked for at any moment; the
    three events only say what follows from it.
    """

    def __init__(
        self, bootstrap_servers: str, topic: str, security: KafkaSecurity = PLAINTEXT
    ) -> None:
        self._servers = bootstrap_servers
        self._topic = topic
        self._security = security
        self._waiting: dict[Place, Waiting] = {}
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unlogged: Counter[str] = Counter()
        self._logged_at: float | None = None
        self._is_well = False
        """Whether what was sent last has arrived."""
        self._tell()

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self) -> None:
        """Begin to publish, on the running event loop."""
        self._task = asyncio.create_task(self._run(), name="rejected publisher")

    async def stop(self, patience: float = 5.0) -> None:
        """Publish what waits, for at most ``patience`` seconds, and end."""
        if self._task is None:
            return
        task, self._task = self._task, None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._idle.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def put(self, topic: str, partition: int, rejections: Iterable[Rejection]) -> None:
        """Take rejections to publish; waits for room if too many wait already.

        They count as waiting from the call on, before anything is awaited. One that waits already
        is not taken twice.
        """
        for rejection in rejections:
            self._unlogged[rejection.reason] += 1
            place = Place(topic, partition, rejection.offset, rejection.index)
            self._waiting[place] = Waiting(
                rejection.reason,
                rejection.path,
                len(rejection.raw),
                rejection.raw[:SHOWN_BYTES],
            )
        self._tell()
        self._log_reasons()
        if not self._room.is_set():
            why = self.why_full()
            tell(log, e.REJECTED_FULL, f"{why}: folding waits until it can", reason=why)
            await self._room.wait()

    def forget(self, partition: int) -> None:
        """Let go of the rejections of a partition that is another worker's now."""
        for place in [place for place in self._waiting if place.partition == partition]:
            del self._waiting[place]
        self._tell()

    def first_waiting(self) -> dict[tuple[str, int], int]:
        """Return the least offset of the rejections that wait, by topic and partition."""
        found: dict[tuple[str, int], int] = {}
        for place in self._waiting:
            log_ = (place.topic, place.partition)
            found[log_] = min(place.offset, found.get(log_, place.offset))
        return found

    def why_full(self) -> str:
        """Return why no more can be taken."""
        if self._is_well:
            return "more is rejected than can be told"
        return "the rejected topic can't be written"

    def _log_reasons(self) -> None:
        now = time.monotonic()
        is_due = self._logged_at is None or now - self._logged_at >= LOGGED_SECONDS
        if self._unlogged and is_due:
            reasons = ", ".join(f"{n} × {reason}" for reason, n in self._unlogged.most_common())
            told = f"rejected: {reasons}; see the rejected topic"
            tell(log, e.REJECTED, told, reasons=dict(self._unlogged))
            self._unlogged.clear()
            self._logged_at = now

    def _tell(self) -> None:
        for event, holds in (
            (self._some, bool(self._waiting)),
            (self._idle, not self._waiting),
            (self._room, len(self._waiting) < BOUND),
        ):
            if holds:
                event.set()
            else:
                event.clear()

    async def _run(self) -> None:
        """Publish for ever. A client that fails, however it does, is replaced by a new one."""
        while True:
            await self._some.wait()
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=int(DELIVERY_SECONDS * 1000),
                retry_backoff_ms=int(RETRY_SECONDS * 1000),
                **self._security.options(),
            )
            try:
                await producer.start()
                await self._publish(producer)
            except Exception as error:  # whatever it is, publishing must not end unseen
                self._is_well = False
                name = type(error).__name__
                why = f"no right to write it ({name})" if isinstance(error, FORBIDDEN) else name
                told = f"rejected topic: {why}; trying again"
                tell(log, e.REJECTED_UNWRITABLE, told, reason=why)
            finally:
                await _close(producer)
            await asyncio.sleep(RETRY_SECONDS)

    async def _publish(self, producer: AIOKafkaProducer) -> None:
        while True:
            await self._some.wait()
            await self._find_leaders(producer)
            await self._send(producer, dict(islice(self._waiting.items(), AT_ONCE)))

    async def _find_leaders(self, producer: AIOKafkaProducer) -> None:
        """Raise while a partition has no leader: the client would ask for it without a pause."""
        partitions = await producer.partitions_for(self._topic)
        led = producer.client.cluster.available_partitions_for_topic(self._topic) or set()
        if set(partitions) != set(led):
            raise LeaderNotAvailableError

    async def _send(self, producer: AIOKafkaProducer, batch: dict[Place, Waiting]) -> None:
        """Send some, and let go of those that arrived; raise the first error if others didn't."""
        failure: BaseException | None = None
        futures: list[asyncio.Future[object]] = []
        try:
            for place, waiting in batch.items():
                key, value = message(place, waiting)
                futures.append(await producer.send(self._topic, key=key, value=value))
        except Exception as error:
            failure = error
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        # Fewer outcomes than places if sending was broken off.
        for (place, waiting), outcome in zip(batch.items(), outcomes, strict=False):
            if isinstance(outcome, BaseException):
                failure = failure or outcome
                continue
            self._is_well = True
            if self._waiting.get(place) is waiting:
                del self._waiting[place]
        self._tell()
        if failure is not None:
            raise failure


async def _close(producer: AIOKafkaProducer) -> None:
    """End a producer within reason; what it has not delivered is still kept here."""
    # Its own stop() would wait for all that is undelivered, for as long as the broker is away.
    # (And wait_for() may swallow a cancellation that comes as it ends; timeout() doesn't.)
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.flush()
            await producer.stop()
            return
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):  # there is no public way
            producer._closed = True
            await producer.client.close()
            await producer._sender.close()
