"""The log that is measured on: seeded, the same for every contender in a run."""

import asyncio
import random
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

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
GAP: Final = timedelta(minutes=20)
"""For so long nobody calls, until 20 minutes before the log's end. So the last half hour says the
same for ten minutes, whoever is asked in them."""
AFTER: Final = timedelta(minutes=20)
QUIET: Final = timedelta(minutes=5)
"""At the log's end, in which calls are answered and ended."""
MEAN_WAIT_SECONDS: Final = 12.0
TALK: Final = timedelta(seconds=60)


def calls(
    count: int, now: datetime, municipalities: tuple[str, ...], within: timedelta = WITHIN
) -> Iterator[CallEvent]:
    """Yield the events of ``count`` answered calls, three each, within the last hours."""
    chance = random.Random(SEED)
    for n in range(count):
        arrived = now - within + (within - GAP - QUIET) * (n / count)
        if arrived >= now - GAP - AFTER:
            arrived += GAP
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


def messages(events: Iterable[CallEvent], each: int) -> Iterator[tuple[str, bytes]]:
    """Yield messages of so many events of one municipality (but the last), and whose they are."""
    waiting: dict[str, list[bytes]] = {}
    for event in events:
        its = waiting.setdefault(event.partitionkey, [])
        its.append(encode(event))
        if len(its) == each:
            yield event.partitionkey, _message(its)
            its.clear()
    yield from ((name, _message(its)) for name, its in waiting.items() if its)


def _message(events: list[bytes]) -> bytes:
    return events[0] if len(events) == 1 else b"[%s]" % b",".join(events)


async def _produce(servers: str, topic: str, values: Iterable[tuple[str, bytes]]) -> int:
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, max_batch_size=1 << 18, compression_type="lz4"
    )
    await producer.start()
    batches: dict[int, Any] = {}
    sent = 0
    try:
        for name, value in values:
            sent += 1
            partition, key = partition_of(name, PARTITIONS), name.encode()
            batch = batches.get(partition)
            if batch is None or not batch.append(key=key, value=value, timestamp=None):
                if batch is not None:
                    await producer.send_batch(batch, topic, partition=partition)
                batch = batches[partition] = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        for partition, batch in batches.items():
            await producer.send_batch(batch, topic, partition=partition)
        return sent
    finally:
        await producer.stop()


def produce(
    servers: str,
    topic: str,
    count: int,
    municipalities: tuple[str, ...] = MUNICIPALITIES,
    *,
    now: datetime | None = None,
    each: int = 1,
    within: timedelta = WITHIN,
) -> int:
    """Write the events of ``count`` calls until now; return how many messages that is.

    ``each`` is how many events there are in one; a call has three.
    """
    events = calls(count, now or datetime.now(UTC), municipalities, within)
    return asyncio.run(_produce(servers, topic, messages(events, each)))


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
