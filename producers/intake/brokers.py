"""Kafka, as what is pushed is put into it: acknowledged by all copies, or not at all.

The client is not idempotent: what it sends twice after a lost answer has the same ids, which count
once, and a producer that must be can end for good on a broker's restart.
"""

import asyncio
import contextlib
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import LeaderNotAvailableError

from producers.intake.limits import DELIVERY_SECONDS
from streams.kafka.security import KafkaSecurity

LOOK_SECONDS: Final = 3.0
"""How long a broker has to answer whether it is there."""
MAX_REQUEST_BYTES: Final = 2 * 1_048_576
"""The client's own limit counts what is not compressed yet."""
CLOSE_SECONDS: Final = 2.0


class Brokers:
    """A producer, from :meth:`start` to :meth:`stop`."""

    def __init__(self, servers: str, topics: list[str], security: KafkaSecurity) -> None:
        self._topics = topics
        self._options: dict[str, Any] = {
            "bootstrap_servers": servers,
            "client_id": "svarsgrad-intake",
            "acks": "all",
            "compression_type": "lz4",
            "max_batch_size": MAX_REQUEST_BYTES,
            "max_request_size": MAX_REQUEST_BYTES,
            "request_timeout_ms": int(DELIVERY_SECONDS * 1000),
            **security.options(),
        }
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises what the client does."""
        self._producer = AIOKafkaProducer(**self._options)
        await self._producer.start()

    async def send(self, topic: str, municipality: str, value: bytes) -> None:
        """Put a value into a topic; return when it is safe. Raises what the client does."""
        assert self._producer is not None  # noqa: S101 # started
        client = self._producer.client
        if not _is_led(client.cluster, topic):
            await client.force_metadata_update()
            if not _is_led(client.cluster, topic):
                # The client itself would ask again and again without a pause.
                raise LeaderNotAvailableError
        acknowledged = await self._producer.send(topic, value, key=municipality.encode())
        await acknowledged

    async def are_there(self) -> bool:
        """Say whether a broker answers, and has a leader for every partition."""
        assert self._producer is not None  # noqa: S101 # started
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                cluster = await self._producer.client.fetch_all_metadata()
        except Exception:  # whatever it is, it is no answer
            return False
        return all(
            cluster.partitions_for_topic(topic) and _is_led(cluster, topic)
            for topic in self._topics
        )

    async def stop(self) -> None:
        """Let go of the connection, within reason."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await producer.stop()


def _is_led(cluster: Any, topic: str) -> bool:
    """Say whether every partition of a topic has a leader, of those that are known."""
    led = cluster.available_partitions_for_topic(topic)
    return bool(led == cluster.partitions_for_topic(topic))
