"""Faust's transport, with the read position in the ledgers' hands.

Four things differ from Faust's own (docs/decisions/0001):

1. one message per fetched batch and partition, so that Faust's cost per message is paid per batch;
2. a batch carries the positions before and after it and its epoch, so that no gap can be folded;
3. "the committed position", to which Faust seeks after a rebalance, is the ledgers' position;
4. the Kafka consumer is made here: committed records only, Faust's own (sticky, co-locating)
   assignor whatever the tables, and a quick look for changed topics.

Nothing is acknowledged (the topics have ``acks=False``), so Faust commits nothing; the worker
commits positions itself, for monitoring. tests/streams/test_consumer.py fails when an overridden
method changes in Faust.
"""

import time
from collections.abc import Mapping
from typing import Any, cast

import aiokafka
import faust
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.ledgers import Batch, Ledgers


class SeekError(RuntimeError):
    """The consumer does not stand where the ledger does. The process must end and start again."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches, in a thread of its own, and stamps what it has fetched."""

    ledgers: Ledgers

    def __post_init__(self) -> None:
        super().__post_init__()
        self._fetched_to: dict[tuple[str, int], int] = {}
        self.last_heartbeat: float | None = None

    async def on_start(self) -> None:
        """Start the Kafka consumer, and take note of each heartbeat that the group answers."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        heartbeat = coordinator._do_heartbeat

        async def noted() -> bool:
            success = cast("bool", await heartbeat())
            if success:
                self.last_heartbeat = time.monotonic()
            return success

        coordinator._do_heartbeat = noted

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Take an assignment, which is a sign of life from the group too."""
        self.last_heartbeat = time.monotonic()
        await super().on_partitions_assigned(assigned, generation_id)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = self.app.assignor
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=500,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
        )

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: Any = None,  # noqa: ASYNC109 - Faust's signature
        max_records: Any = None,
    ) -> Any:
        before = {tp: self.ledgers.epoch(tp.partition) for tp in consumer.assignment()}
        fetched = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        batches: dict[Any, list[Batch]] = {}
        for tp in consumer.assignment():
            start = self._fetched_to.get(tp)
            epoch = self.ledgers.epoch(tp.partition)
            if start is None or epoch != before.get(tp):
                continue
            end = await consumer.position(tp)
            records = fetched.get(tp, ())
            # Also without records: aborted ones and transaction markers are passed over unseen,
            # and a ledger that never passed them would lag for ever.
            if records or end > start:
                self._fetched_to[tp] = end
                batches[tp] = [Batch(tp.topic, tp.partition, epoch, start, end, records)]
        return batches

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int]) -> None:
        for tp in partitions:
            self._fetched_to.pop(tp, None)
        await super()._seek_wait(consumer, partitions)
        for tp, offset in partitions.items():
            if (stands := await consumer.position(tp)) != offset:
                raise SeekError(f"{tp.topic}-{tp.partition} stands at {stands}, not at {offset}")
            self._fetched_to[tp] = offset

    async def commit_positions(self, positions: Mapping[TopicPartition, int]) -> None:
        """Commit positions; raises what aiokafka raises."""
        offsets = {tp: OffsetAndMetadata(offset, "") for tp, offset in positions.items()}
        await self.call_thread(self._ensure_consumer().commit, offsets)

    async def committed(self, tp: TopicPartition) -> int | None:
        """Return the group's committed offset of a partition, if there is one."""
        return cast("int | None", await self.call_thread(self._ensure_consumer().committed, tp))


class Consumer(driver.Consumer):
    """Hands each batch to the stream as one message, and seeks where the ledgers stand."""

    ledgers: Ledgers
    _thread: ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        thread = ConsumerThread(self, loop=self.loop, beacon=self.beacon)
        thread.ledgers = self.ledgers
        return thread

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        last = record.records[-1] if record.records else None
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.end - 1,
            last.timestamp / 1000 if last else 0.0,
            last.timestamp_type if last else 0,
            [],
            None,
            record,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every owned partition to its ledger's position."""
        positions = {}
        for tp in self.assignment():
            position = self.ledgers.position(tp.topic, tp.partition)
            if position is not None:
                positions[tp] = position
        await self.seek_wait(positions)
        return positions

    async def return_to(self, topic: str, partition: int) -> None:
        """Read on from the ledger's position, after a gap."""
        position = self.ledgers.position(topic, partition)
        if position is not None:
            await self.seek_wait({TP(topic, partition): position})

    def last_heartbeat(self) -> float | None:
        """Return when the group last answered (monotonic seconds), if it has."""
        return self._thread.last_heartbeat

    async def commit_positions(self, positions: Mapping[TopicPartition, int]) -> None:
        """Commit positions, for monitoring; raises what aiokafka raises."""
        await self._thread.commit_positions(positions)

    async def committed(self, topic: str, partition: int) -> int | None:
        """Return the group's committed offset of a partition, if there is one."""
        return await self._thread.committed(TopicPartition(topic, partition))


class BatchSchema(faust.Schema[Any, Any]):
    """Lets batches through to the processor as they are."""

    def compile(  # type: ignore[override] # Faust's own types are narrower than its calls
        self,
        app: Any,
        *,
        on_key_decode_error: Any,
        on_value_decode_error: Any,
        default_propagate: bool = False,
    ) -> Any:
        """Return Faust's decoding function: it decodes nothing."""
        del on_key_decode_error, on_value_decode_error, default_propagate

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            del propagate
            return app.create_event(None, message.value, message.headers, message)

        return decode


def transport_with(ledgers: Ledgers) -> type[driver.Transport]:
    """Return a Faust transport whose consumer stands where these ledgers do."""

    class LedgerConsumer(Consumer):
        pass

    LedgerConsumer.ledgers = ledgers

    class Transport(driver.Transport):
        Consumer = LedgerConsumer

    return Transport
