"""Reads what was rejected: where it stands in its topic, and what stands there now."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from itertools import groupby
from typing import Any, Final, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from streams.kafka.administration import administered, partition_count, require_readable
from streams.kafka.security import PLAINTEXT, KafkaSecurity
from streams.kafka.topics import TopicError

PATIENCE_SECONDS: Final = 30.0
"""How long a topic may give nothing at all before the reader gives up."""
T = TypeVar("T")


class Rejected(msgspec.Struct, frozen=True):
    """What the rejected topic says of one event, as far as it is looked at."""

    topic: str
    partition: int
    offset: int
    index: int
    reason: str


def read_rejected(
    bootstrap_servers: str,
    topic: str,
    reasons: Collection[str],
    security: KafkaSecurity = PLAINTEXT,
) -> list[Rejected]:
    """Return what was rejected for some reasons, each once, in the order of its topic.

    Raises :class:`~streams.kafka.topics.TopicError`.
    """
    with administered(bootstrap_servers, security) as admin:
        partitions = partition_count(admin, [topic])
        require_readable(admin, [topic])
    found: set[Rejected] = set()

    async def read(reader: AIOKafkaConsumer) -> None:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        reader.assign(places)
        ends = await reader.end_offsets(places)
        await reader.seek_to_beginning(*places)
        async for record in _records(reader, ends):
            with_reason = _rejected(record.value)
            if with_reason is not None and with_reason.reason in reasons:
                found.add(with_reason)

    _run(bootstrap_servers, topic, security, read)
    return sorted(found, key=lambda its: (its.topic, its.partition, its.offset, its.index))


def _rejected(value: bytes | None) -> Rejected | None:
    """Return what a record of the rejected topic says; None if it is no such record."""
    try:
        return msgspec.json.decode(value or b"", type=Rejected)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def originals(
    bootstrap_servers: str,
    wanted: Collection[Rejected],
    security: KafkaSecurity = PLAINTEXT,
) -> Iterator[tuple[Rejected, bytes | None]]:
    """Yield each rejected event with the value that it stands in; None if that is gone.

    A partition's values are held at a time. Raises :class:`~streams.kafka.topics.TopicError`.
    """
    by_log = groupby(wanted, key=lambda its: TopicPartition(its.topic, its.partition))
    for log, group in by_log:
        these = list(group)
        values = _values(bootstrap_servers, log, {its.offset for its in these}, security)
        for its in these:
            yield its, values.get(its.offset)


def _values(
    servers: str, log: TopicPartition, offsets: Collection[int], security: KafkaSecurity
) -> dict[int, bytes | None]:
    found: dict[int, bytes | None] = {}

    async def read(reader: AIOKafkaConsumer) -> None:
        reader.assign([log])
        begin = (await reader.beginning_offsets([log]))[log]
        end = (await reader.end_offsets([log]))[log]
        for offset in sorted(offsets):
            if not begin <= offset < end or offset in found:
                continue
            if await reader.position(log) != offset:
                reader.seek(log, offset)
            async for record in _records(reader, {log: offset + 1}):
                if record.offset in offsets:
                    found[record.offset] = record.value

    with administered(servers, security) as admin:
        require_readable(admin, [log.topic])
    _run(servers, log.topic, security, read)
    return found


async def _records(
    reader: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> AsyncIterator[ConsumerRecord]:
    """Yield records from where the reader stands until each log's end; maybe some more."""
    heard_at = time.monotonic()
    while pending := [tp for tp in ends if await reader.position(tp) < ends[tp]]:
        fetched = await reader.getmany(*pending, timeout_ms=500, max_records=500)
        now = time.monotonic()
        heard_at = now if fetched else heard_at
        if now - heard_at > PATIENCE_SECONDS:
            raise TimeoutError
        for records in fetched.values():
            for record in records:
                yield record


def _run(
    servers: str,
    topic: str,
    security: KafkaSecurity,
    read: Callable[[AIOKafkaConsumer], Coroutine[Any, Any, T]],
) -> T:
    async def run() -> T:
        reader = AIOKafkaConsumer(
            bootstrap_servers=servers,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            **security.options(),
        )
        await reader.start()
        try:
            return await read(reader)
        finally:
            await reader.stop()

    try:
        return asyncio.run(run())
    except (KafkaError, OSError, TimeoutError) as error:
        raise TopicError(
            f"{topic} kan inte läsas från {servers}: svarar Kafka? ({type(error).__name__})"
        ) from None
