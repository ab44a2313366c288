"""The log that is measured on: seeded, the same for every contender in a run."""

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka import AIOKafkaProducer

from producers.publisher import Publisher
from streams.domain.event_types import Kind, type_of
from streams.domain.events import CallData, CallEvent, encode
from streams.ledgers import partition_of

MUNICIPALITIES: Final = tuple(f"kommun-{n}" for n in range(32))
QUEUES: Final = ("vaxel", "kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social")
PARTITIONS: Final = 8
SEED: Final = 2014
WITHIN: Final = timedelta(hours=3)
MEAN_WAIT_SECONDS: Final = 12.0
TALK: Final = timedelta(seconds=60)


def calls(count: int, now: datetime, municipalities: tuple[str, ...]) -> Iterator[CallEvent]:
    """Yield the events of ``count`` answered calls, three each, within the last hours."""
    chance = random.Random(SEED)
    for n in range(count):
        arrived = now - WITHIN + (WITHIN - timedelta(minutes=5)) * (n / count)
        answered = arrived + timedelta(seconds=min(120, chance.expovariate(1 / MEAN_WAIT_SECONDS)))
        data = CallData(queue=chance.choice(QUEUES), arrived_at=arrived)
        municipality, contact = chance.choice(municipalities), f"{1_764_000_000 + n}.{n}"
        for what, at in (
            ("offered", arrived),
            ("answered", answered),
            ("completed", answered + TALK),
        ):
            yield CallEvent(
                id=f"{contact}-{what}",
                source="/benchmark",
                type=type_of(Kind.CALL, what),
                subject=contact,
                time=at,
                partitionkey=municipality,
                data=data,
            )


async def _produce(servers: str, topic: str, count: int, municipalities: tuple[str, ...]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, linger_ms=20, max_batch_size=1 << 18, compression_type="lz4"
    )
    await producer.start()
    try:
        for event in calls(count, datetime.now(UTC), municipalities):
            await producer.send(
                topic,
                encode(event),
                key=event.partitionkey.encode(),
                partition=partition_of(event.partitionkey, PARTITIONS),
            )
    finally:
        await producer.stop()


def produce(
    servers: str, topic: str, count: int, municipalities: tuple[str, ...] = MUNICIPALITIES
) -> int:
    """Write the events of ``count`` calls, one a message; return how many events that is."""
    asyncio.run(_produce(servers, topic, count, municipalities))
    return 3 * count


def send_at(
    rate: int, servers: str, topic: str, count: int, municipalities: tuple[str, ...]
) -> list[float]:
    """Publish the events of ``count`` calls, so many a second; return when each was sent.

    In seconds of ``time.perf_counter``, which is the same clock in every process.
    """
    sent: list[float] = []
    with Publisher(servers, topic) as publisher:
        events = list(calls(count, datetime.now(UTC), municipalities))
        began = time.perf_counter()
        for n, event in enumerate(events):
            time.sleep(max(0.0, began + n / rate - time.perf_counter()))
            sent.append(time.perf_counter())
            publisher.publish(event)
        publisher.flush()
    return sent
