"""Fills new ledgers from the log, from the horizon to the end it had when the filling began.

Also looks whether a log still is the one that a ledger was folded from: a topic that was deleted
and made again has other records at the same offsets.

Source: docs/decisions/0001-position-follows-ledger.md.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.domain.ledger import Ledger, Rejection
from streams.ledgers import Batch, Ledgers, Mark

BACKOFF_SECONDS: Final = (0.5, 1, 2, 5)
MAX_RECORDS: Final = 2_000
"""How many records are folded between two looks at the event loop."""
STALL_SECONDS: Final = 20.0
"""How long a log may give nothing before its reader is thrown away for another."""

Result = TypeVar("Result")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Recovery:
    """Reads logs in bulk, with readers of its own that belong to no group."""

    ledgers: Ledgers
    bootstrap_servers: str
    topics: tuple[str, ...]
    on_rejections: Callable[[str, int, list[Rejection]], Awaitable[None]]
    recovered: int = 0
    records: int = 0
    moved_at: float | None = field(default=None, init=False)
    """When it last got anywhere (monotonic seconds), while it works; None while it does not."""

    async def fill(
        self, partitions: Iterable[int], on_filled: Callable[[int], Awaitable[None]]
    ) -> None:
        """Fill a ledger for each partition, anew; tell of each when it is ready.

        Broker errors are tried again, with longer and longer pauses. What is half filled when
        this is cancelled or fails is dropped; what is ready stays.
        """
        waiting = set(partitions)

        async def filled(partition: int) -> None:
            waiting.discard(partition)
            self.recovered += 1
            await on_filled(partition)

        if waiting:
            await self._patiently(lambda: self._fill(sorted(waiting), filled))

    async def strangers(self, partitions: Iterable[int]) -> dict[int, str]:
        """Return the partitions whose log is not the one their ledger was folded from, and why.

        Broker errors are tried again, as by :meth:`fill`.
        """
        places = [
            tp
            for tp in (TopicPartition(t, p) for p in partitions for t in self.topics)
            if self.ledgers.position(tp.topic, tp.partition) is not None
        ]
        return await self._patiently(lambda: self._strangers(places)) if places else {}

    async def _patiently(self, work: Callable[[], Awaitable[Result]]) -> Result:
        attempt = 0
        try:
            while True:
                self.moved_at = time.monotonic()
                try:
                    return await work()
                except (KafkaError, OSError, TimeoutError) as error:
                    pause = BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)]
                    log.warning("recovery: %s; again in %s s", type(error).__name__, pause)
                    attempt += 1
                    await asyncio.sleep(pause)
        finally:
            self.moved_at = None

    @contextlib.asynccontextmanager
    async def _reader(self, places: list[TopicPartition]) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
            request_timeout_ms=int(STALL_SECONDS * 1000),
            max_partition_fetch_bytes=4 << 20,
            fetch_max_bytes=64 << 20,
        )
        try:
            await reader.start()
            reader.assign(places)
            yield reader
        finally:
            await reader.stop()

    async def _fill(self, partitions: list[int], filled: Callable[[int], Awaitable[None]]) -> None:
        places = [TopicPartition(topic, p) for topic in self.topics for p in partitions]
        opened: dict[int, Ledger] = {}
        try:
            async with self._reader(places) as reader:
                # The ends first: what is appended meanwhile is the stream's to read.
                ends: Mapping[TopicPartition, int] = await reader.end_offsets(places)
                opened = await self._open(reader, places, ends)
                pending = set(places)
                moved_at = time.monotonic()
                while True:
                    pending = {tp for tp in pending if await reader.position(tp) < ends[tp]}
                    busy = {tp.partition for tp in pending}
                    for partition in [p for p in partitions if p in opened and p not in busy]:
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

    async def _strangers(self, places: list[TopicPartition]) -> dict[int, str]:
        found: dict[int, str] = {}
        async with self._reader(places) as reader:
            for tp in places:
                # Looked at now: the ledger may have moved on, or be gone, since we were asked.
                position = self.ledgers.position(tp.topic, tp.partition)
                mark = self.ledgers.mark(tp.topic, tp.partition)
                if position is None:
                    continue
                begin = (await reader.beginning_offsets([tp]))[tp]
                end = (await reader.end_offsets([tp]))[tp]
                if not begin <= position <= end:
                    found[tp.partition] = (
                        f"{tp.topic} holds {begin} to {end}, the ledger stands at {position}"
                    )
                elif (
                    mark and mark.offset >= begin and await self._mark_at(reader, tp, mark) != mark
                ):
                    found[tp.partition] = f"{tp.topic} has another record at {mark.offset}"
                self.moved_at = time.monotonic()
        return found

    async def _mark_at(
        self, reader: AIOKafkaConsumer, tp: TopicPartition, mark: Mark
    ) -> Mark | None:
        """Return the mark of the record at an offset; None if the log has none there."""
        reader.seek(tp, mark.offset)
        deadline = time.monotonic() + STALL_SECONDS
        while await reader.position(tp) <= mark.offset:
            if time.monotonic() > deadline:
                raise TimeoutError
            for record in (await reader.getmany(tp, timeout_ms=200, max_records=1)).get(tp, ()):
                return Mark.of(record)
        return None
