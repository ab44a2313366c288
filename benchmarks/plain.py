"""The limit for Python: an aiokafka loop, orjson and a dict. Nothing is checked, little kept."""

import asyncio
import time

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition


async def _read(servers: str, topic: str, partitions: int) -> tuple[int, float]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for n in range(partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        contacts: dict[str, dict[str, str]] = {}
        began, seen, wanted = time.perf_counter(), 0, sum(ends.values())
        while seen < wanted:
            for records in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
                for record in records:
                    event = orjson.loads(record.value)
                    contacts.setdefault(event["subject"], {})[event["type"]] = event["time"]
                seen += len(records)
        return seen, time.perf_counter() - began
    finally:
        await consumer.stop()


def read(servers: str, topic: str, partitions: int) -> float:
    """Return how many events a second the loop reads."""
    seen, seconds = asyncio.run(_read(servers, topic, partitions))
    return seen / seconds
