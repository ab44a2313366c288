"""Reads a topic's partitions from beginning to end, in bulk, and then stops."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from streams.domain.event_types import TOPICS
from streams.kafka.administration import administered, partition_count, require_readable
from streams.kafka.security import PLAINTEXT, KafkaSecurity
from streams.kafka.topics import TopicError
from streams.replay import Log

PATIENCE_SECONDS: Final = 30.0
"""How long a topic may give nothing at all before the reader gives up."""


class PastEndError(TopicError):
    """A partition ends before the offset that it was to be read to."""

    def __init__(self, log: str, end: int, offset: int) -> None:
        super().__init__(f"{log} slutar vid {end}, före {offset}: ange högst dit den går")
        self.end = end
        self.offset = offset


def read_topic(
    bootstrap_servers: str,
    topic: str,
    until: Mapping[int, int] | None = None,
    security: KafkaSecurity = PLAINTEXT,
) -> list[Log]:
    """Return a log per partition, named ``topic-partition``, of all committed records.

    ``until`` has the offset to stop before, by partition; without it, the log's present end.
    Raises :class:`~streams.kafka.topics.TopicError` if the broker or the topic can't be reached.
    """
    with administered(bootstrap_servers, security) as admin:
        partitions = partition_count(admin, [topic])
        require_readable(admin, [topic])
    try:
        records = asyncio.run(_read(bootstrap_servers, topic, partitions, until, security))
    except (KafkaError, OSError, TimeoutError) as error:
        raise TopicError(
            f"{topic} kan inte läsas från {bootstrap_servers}: svarar Kafka? "
            f"({type(error).__name__})"
        ) from None
    suffix = topic.rpartition(".")[2]
    key = suffix if suffix in TOPICS else None
    return [
        Log(f"{topic}-{partition}", of_one, partition, len(records), key)
        for partition, of_one in sorted(records.items())
    ]


def reader_of(bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT) -> AIOKafkaConsumer:
    """Return a reader of committed records, in no group, that has yet to be started."""
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        **security.options(),
    )


async def _read(
    bootstrap_servers: str,
    topic: str,
    partitions: int,
    until: Mapping[int, int] | None,
    security: KafkaSecurity = PLAINTEXT,
) -> dict[int, list[ConsumerRecord]]:
    reader = reader_of(bootstrap_servers, security)
    await reader.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        reader.assign(places)
        ends = await reader.end_offsets(places)
        if until is not None:
            _refuse_what_is_not_there(topic, until, {tp.partition: ends[tp] for tp in places})
            ends = {tp: until.get(tp.partition, 0) for tp in places}
        records: dict[int, list[ConsumerRecord]] = {tp.partition: [] for tp in places}
        async for record in records_until(reader, ends):
            if record.offset < ends[TopicPartition(topic, record.partition)]:
                records[record.partition].append(record)
        return records
    finally:
        await reader.stop()


def _refuse_what_is_not_there(
    topic: str, until: Mapping[int, int], ends: Mapping[int, int]
) -> None:
    for partition, offset in until.items():
        if partition not in ends:
            raise TopicError(f"{topic} har ingen partition {partition}, bara 0–{max(ends)}")
        if offset > ends[partition]:
            raise PastEndError(f"{topic}-{partition}", ends[partition], offset)


async def records_until(
    reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[ConsumerRecord]:
    """Yield what there is from the beginning of partitions that a reader has to their ends.

    Some may come from beyond an end. Raises KafkaError, and TimeoutError if nothing comes at all.
    """
    await reader.seek_to_beginning(*ends)
    waited = 0.0
    while pending := [tp for tp in ends if await reader.position(tp) < ends[tp]]:
        fetched = await reader.getmany(*pending, timeout_ms=500, max_records=5_000)
        waited = 0.0 if fetched else waited + 0.5
        if waited > PATIENCE_SECONDS:
            raise TimeoutError
        for records in fetched.values():
            for record in records:
                yield record
