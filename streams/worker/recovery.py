"""Fills new ledgers from the log, from the horizon to the end it had when the filling began.

Also looks whether a log still is the one that a ledger was folded from: a topic that was deleted
and made again has other records at the same offsets.

Source: docs/decisions/0001-position-follows-ledger.md.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import (
    KafkaError,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import TopicPartition

from streams.domain.ledger import Ledger, Rejection
from streams.kafka.security import PLAINTEXT, KafkaSecurity
from streams.ledgers import Batch, Ledgers, Mark
from streams.logs import e, tell
from streams.transport.lean_records import hand_out_lean

BACKOFF_SECONDS: Final = (0.5, 1, 2, 5)
MAX_RECORDS: Final = 2_000
"""How many records are folded between two looks at the event loop."""
STALL_SECONDS: Final = 20.0
"""How long a log may give nothing before its reader is thrown away for another."""
FILL_BYTES: Final = 4 << 20
LOOK_BYTES: Final = 1 << 16
"""How much is fetched of a partition at once, to fill a ledger and to look at one record."""

Result = TypeVar("Result")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Recovery:
    """Reads logs in bulk, with readers of its own that belong to no group."""

    ledgers: Ledgers
    bootstrap_servers: str
    topics: tuple[str, ...]
    on_rejections: Callable[[str, int, list[Rejection]], Awaitable[None]]
    security: KafkaSecurity = PLAINTEXT
    recovered: int = 0
    records: int = 0
    ends: dict[tuple[str, int], int] = field(default_factory=dict, init=False)
    """Where each log ended when a ledger was last filled from it."""
    moved_at: float | None = field(default=None, init=False)
    """When it last got anywhere (monotonic seconds), while it works; None while it does not."""
    _latest: object = field(default=None, init=False)

    async def fill(
        self, partitions: Iterable[int], on_filled: Callable[[int], Awaitable[None]]
    ) -> set[int]:
        """Fill a ledger for each partition, anew; tell of each when it is ready.

        Returns those that have no leader: they are to be tried again. Broker errors are tried
        again here, with longer and longer pauses; that we may not read (any more) is raised. What
        is half filled when this is cancelled or fails is dropped; what is ready stays.
        """
        waiting = set(partitions)

        async def filled(partition: int) -> None:
            waiting.discard(partition)
            self.recovered += 1
            await on_filled(partition)

        if waiting:
            await self._patiently(lambda: self._fill(sorted(waiting), filled))
        return waiting

    async def strangers(self, partitions: Iterable[int]) -> dict[int, str]:
        """Return the partitions whose log is not the one their ledger was folded from, and why.

        Broker errors are tried again, as by :meth:`fill`. What has no leader is not looked at.
        """
        kept = [p for p in partitions if p in self.ledgers.owned()]
        return await self._patiently(lambda: self._strangers(kept)) if kept else {}

    async def _patiently(self, work: Callable[[], Awaitable[Result]]) -> Result:
        attempt = 0
        latest = self._latest = object()
        try:
            while True:
                self.moved_at = time.monotonic()
                try:
                    return await work()
                except TopicAuthorizationFailedError:
                    raise  # a right that was taken away does not come back by itself
                except (KafkaError, OSError, TimeoutError) as error:
                    pause = BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)]
                    why = type(error).__name__
                    told = f"recovery: {why}; again in {pause} s"
                    tell(log, e.RECOVERY_RETRIED, told, reason=why)
                    attempt += 1
                    await asyncio.sleep(pause)
        finally:
            if self._latest is latest:  # else it is another's, which began as we were cancelled
                self.moved_at = None

    @contextlib.asynccontextmanager
    async def _reader(self, fetch_bytes: int) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
            request_timeout_ms=int(STALL_SECONDS * 1000),
            max_partition_fetch_bytes=fetch_bytes,
            fetch_max_bytes=64 << 20,
            **self.security.options(),
        )
        try:
            await reader.start()
            hand_out_lean(reader)
            yield reader
        finally:
            await reader.stop()

    async def _assign(
        self, reader: AIOKafkaConsumer, partitions: Sequence[int]
    ) -> list[TopicPartition]:
        """Let it read the partitions that have a leader in every topic, and return them."""
        client = reader._client  # there is no public way
        await client.set_topics(self.topics)
        for topic in client.cluster.unauthorized_topics.intersection(self.topics):
            raise TopicAuthorizationFailedError(topic)  # it isn't even told whether it has leaders
        led = [client.cluster.available_partitions_for_topic(t) or set() for t in self.topics]
        places = [
            TopicPartition(topic, p)
            for topic in self.topics
            for p in partitions
            if all(p in of_topic for of_topic in led)
        ]
        reader.assign(places)
        return places

    async def _fill(self, partitions: list[int], filled: Callable[[int], Awaitable[None]]) -> None:
        async with self._reader(FILL_BYTES) as reader:
            places = await self._assign(reader, partitions)
            if places:
                await self._fill_places(reader, places, filled)

    async def _fill_places(
        self,
        reader: AIOKafkaConsumer,
        places: list[TopicPartition],
        filled: Callable[[int], Awaitable[None]],
    ) -> None:
        opened: dict[int, Ledger] = {}
        try:
            # The ends first: what is appended meanwhile is the stream's to read.
            ends: Mapping[TopicPartition, int] = await reader.end_offsets(places)
            self.ends |= ends
            opened = await self._open(reader, places, ends)
            pending = set(places)
            moved_at = time.monotonic()
            while True:
                pending = {tp for tp in pending if await reader.position(tp) < ends[tp]}
                busy = {tp.partition for tp in pending}
                for partition in sorted(opened.keys() - busy):
                    if self.ledgers.mark_ready(partition, opened.pop(partition)):
                        await filled(partition)
                if not pending:
                    return
                if await self._read(reader, pending, opened):
                    self.moved_at = moved_at = time.monotonic()
                elif time.monotonic() - moved_at > STALL_SECONDS:
                    raise TimeoutError
        finally:
            for partition, ledger in opened.items():
                self.ledgers.drop_unfilled(partition, ledger)

    async def _open(
        self,
        reader: AIOKafkaConsumer,
        places: list[TopicPartition],
        ends: Mapping[TopicPartition, int],
    ) -> dict[int, Ledger]:
        """Open a ledger for each partition where its reading starts."""
        since = {tp: self.ledgers.recovery_start_ms(tp.topic) for tp in places}
        found = await reader.offsets_for_times(since)
        starts = {tp: ends[tp] if found[tp] is None else found[tp].offset for tp in places}
        for tp in places:
            reader.seek(tp, starts[tp])
        opened = {}
        for partition in {tp.partition for tp in places}:
            positions = {tp.topic: starts[tp] for tp in places if tp.partition == partition}
            opened[partition] = self.ledgers.open(partition, positions)
        return opened

    async def _read(
        self,
        reader: AIOKafkaConsumer,
        pending: set[TopicPartition],
        opened: Mapping[int, Ledger],
    ) -> bool:
        """Read once and fold; say whether it got anywhere."""
        moved = False
        fetched = await reader.getmany(*pending, timeout_ms=200, max_records=MAX_RECORDS)
        for tp in pending:
            records, ledger = fetched.get(tp, ()), opened[tp.partition]
            # The position, not the last offset + 1: the log may end in a marker without records.
            end, start = await reader.position(tp), ledger.positions[tp.topic]
            moved |= end > start
            batch = Batch(
                tp.topic, tp.partition, self.ledgers.epoch(tp.partition), start, end, records
            )
            for part in batch.parts():
                rejections = self.ledgers.fill(
                    tp.partition, ledger, tp.topic, part.end, part.records
                )
                self.records += len(part.records)
                if rejections:
                    await self.on_rejections(tp.topic, tp.partition, rejections)
                await asyncio.sleep(0)
        return moved

    async def _strangers(self, partitions: list[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        async with self._reader(LOOK_BYTES) as reader:
            places = await self._assign(reader, partitions)
            # Looked at now: the ledger may have moved on, or be gone, since we were asked.
            positions = {tp: at for tp in places if (at := self.ledgers.position(*tp)) is not None}
            last = {tp: mark for tp in positions if (mark := self.ledgers.mark(*tp))}
            known = {tp: [*self.ledgers.anchors(*tp), mark] for tp, mark in last.items()}
            begins = await reader.beginning_offsets(list(positions)) if positions else {}
            ends = await reader.end_offsets(list(positions)) if positions else {}
            for tp, position in positions.items():
                begin, end = begins[tp], ends[tp]
                if not begin <= position <= end:
                    found[tp.partition] = (
                        f"{tp.topic} holds {begin} to {end}, the ledger stands at {position}"
                    )
            for one_of_each in zip_longest(*known.values()):
                marks = {
                    tp: mark
                    for tp, mark in zip(known, one_of_each, strict=True)
                    if mark is not None and tp.partition not in found and mark.offset >= begins[tp]
                }
                there = await self._marks_at(reader, marks)
                for tp, mark in marks.items():
                    if there.get(tp) != mark:
                        why = f"{tp.topic} has another record at {mark.offset}"
                        found.setdefault(tp.partition, why)
            for tp, mark in last.items():
                self.ledgers.looked_at(tp.topic, tp.partition, mark)
        return found

    async def _marks_at(
        self, reader: AIOKafkaConsumer, marks: Mapping[TopicPartition, Mark]
    ) -> dict[TopicPartition, Mark]:
        """Return the marks of the records where some marks are, if the logs have any there."""
        found: dict[TopicPartition, Mark] = {}
        for tp, mark in marks.items():
            reader.seek(tp, mark.offset)
        deadline = time.monotonic() + STALL_SECONDS
        while pending := [tp for tp, m in marks.items() if await reader.position(tp) <= m.offset]:
            if time.monotonic() > deadline:
                raise TimeoutError
            fetched = await reader.getmany(*pending, timeout_ms=200, max_records=MAX_RECORDS)
            found |= {tp: Mark.of(records[0]) for tp, records in fetched.items() if records}
            self.moved_at = time.monotonic()
        return found
