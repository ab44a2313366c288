"""Fills new ledgers from the log: from the horizon to the end it had when recovery began.

Source: docs/decisions/0001-position-follows-ledger.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.domain.ledger import Rejection
from streams.ledgers import Batch, Fate, Ledgers

BACKOFF_SECONDS: Final = (0.5, 1, 2, 5, 10)
MAX_RECORDS: Final = 2_000
"""How many records are folded between two looks at the event loop."""

log = logging.getLogger(__name__)


class SupersededError(Exception):
    """Another rebalance has begun; what is half filled has been dropped."""


@dataclass(slots=True)
class Recovery:
    """Reads logs in bulk into ledgers."""

    ledgers: Ledgers
    bootstrap_servers: str
    topics: tuple[str, ...]
    on_rejections: Callable[[str, int, list[Rejection]], Awaitable[None]]
    recovered: int = 0
    records: int = 0

    async def fill(self, partitions: Iterable[int], superseded: Callable[[], bool]) -> None:
        """Fill ledgers for partitions, anew, and mark each ready when it has reached the end.

        Broker errors are tried again, with longer and longer pauses. Raises
        :class:`SupersededError` when ``superseded`` says so; ready ledgers stay.
        """
        wanted = sorted(partitions)
        attempt = 0
        try:
            while wanted := [p for p in wanted if not self.ledgers.is_ready(p)]:
                try:
                    await self._fill(wanted, superseded)
                except (KafkaError, OSError) as error:
                    pause = BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)]
                    log.warning("recovery: %s; again in %s s", type(error).__name__, pause)
                    attempt += 1
                    await asyncio.sleep(pause)
        finally:
            for partition in wanted:
                if not self.ledgers.is_ready(partition):
                    self.ledgers.drop(partition)

    async def _fill(self, partitions: list[int], superseded: Callable[[], bool]) -> None:
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_bytes=64 << 20,
        )
        await reader.start()
        try:
            places = [TopicPartition(t, p) for t in self.topics for p in partitions]
            reader.assign(places)
            ends = await self._open(reader, places)
            pending = set(places)
            while pending := {tp for tp in pending if await reader.position(tp) < ends[tp]}:
                if superseded():
                    raise SupersededError
                await self._read(reader, pending)
                self._mark(partitions, pending)
            self._mark(partitions, pending)
        finally:
            await reader.stop()

    async def _open(
        self, reader: AIOKafkaConsumer, places: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Open a ledger per partition where its reading starts; return where it ends."""
        ends: dict[TopicPartition, int] = await reader.end_offsets(places)
        since = self.ledgers.recovery_start_ms()
        found = await reader.offsets_for_times(dict.fromkeys(places, since))
        starts = {tp: ends[tp] if found[tp] is None else found[tp].offset for tp in places}
        for partition in {tp.partition for tp in places}:
            positions = {tp.topic: starts[tp] for tp in places if tp.partition == partition}
            self.ledgers.open(partition, positions)
        for tp in places:
            reader.seek(tp, starts[tp])
        return ends

    async def _read(self, reader: AIOKafkaConsumer, pending: set[TopicPartition]) -> None:
        fetched = await reader.getmany(*pending, timeout_ms=200, max_records=MAX_RECORDS)
        for tp, records in fetched.items():
            start = self.ledgers.position(tp.topic, tp.partition)
            if start is None:
                raise SupersededError
            end = await reader.position(tp)
            epoch = self.ledgers.epoch(tp.partition)
            fate, rejections = self.ledgers.fold(
                Batch(tp.topic, tp.partition, epoch, start, end, records)
            )
            if fate is not Fate.FOLDED:
                raise SupersededError
            self.records += len(records)
            if rejections:
                await self.on_rejections(tp.topic, tp.partition, rejections)
        await asyncio.sleep(0)

    def _mark(self, partitions: list[int], pending: set[TopicPartition]) -> None:
        for partition in partitions:
            done = all(tp.partition != partition for tp in pending)
            if done and not self.ledgers.is_ready(partition):
                self.ledgers.mark_ready(partition)
                self.recovered += 1
