"""The limit for Python: an aiokafka loop, orjson and a dict.

Checked are just the fields that are used, by hand. Nothing is kept if the process ends.
"""

import asyncio
from datetime import datetime
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from benchmarks.peers.work import PARTITIONS, Job, Leg, micros

COLUMN = {
    "se.svarsgrad.call.offered.v1": 0,
    "se.svarsgrad.call.answered.v1": 1,
    "se.svarsgrad.call.completed.v1": 2,
}


def fold(legs: dict[tuple[str, str], list[int | None]], event: Any) -> None:
    """Take an event down on its leg."""
    data = event["data"]
    queue, subject, municipality = data["queue"], event["subject"], event["partitionkey"]
    if not (isinstance(queue, str) and isinstance(subject, str) and isinstance(municipality, str)):
        raise TypeError("not an event")
    leg = legs.setdefault((subject, f"{municipality}/{queue}"), [None, None, None])
    leg[COLUMN[event["type"]]] = micros(datetime.fromisoformat(event["time"]))


async def main(job: Job) -> None:
    """Read the log to its end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=job.servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    consumer.assign([TopicPartition(job.topic, n) for n in range(PARTITIONS)])
    legs: dict[tuple[str, str], list[int | None]] = {}
    while not job.is_done:
        for records in (await consumer.getmany(timeout_ms=500, max_records=5_000)).values():
            for record in records:
                value = orjson.loads(record.value)
                events = value if isinstance(value, list) else [value]
                for event in events:
                    fold(legs, event)
                job.take(len(events))
    told: list[Leg] = [(queue, leg[0] or 0, leg[1]) for (_, queue), leg in legs.items()]
    job.tell(told)
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(main(Job.from_arguments()))
