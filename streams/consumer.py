"""Faust's transport, with the read position in the ledgers' hands.

Four things differ from Faust's own (docs/decisions/0001):

1. one message per fetched batch and partition, so that Faust's cost per message is paid per batch;
2. a batch says truly where in the log it starts and ends, so that no gap can be folded;
3. "the committed position", to which Faust seeks after a rebalance, is the ledgers' position, and
   a partition whose ledger is not filled yet is not read;
4. the Kafka consumer is made here: committed records only, Faust's own (sticky, co-locating)
   assignor whatever the tables, no silent reset of a position that has left the log.

Nothing is acknowledged (the topics have ``acks=False``), so Faust commits nothing; the worker
commits positions itself, for monitoring. tests/streams/test_consumer.py fails when a method that
is overridden or relied on changes in Faust or aiokafka.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import aiokafka
import faust
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.ledgers import Batch, Ledgers

PATIENCE_SECONDS: Final = 5.0
"""How long a question to the group may take: the thread that asks has other things to do."""
SEEK_SECONDS: Final = 30.0


class SeekError(RuntimeError):
    """The consumer does not stand where the ledgers do. The process must end and start again."""


class Owner(Protocol):
    """Whoever has the ledgers, and is told what happens to the partitions."""

    @property
    def ledgers(self) -> Ledgers:
        """Return the ledgers, whose positions decide what is read."""

    def assigned(self, partitions: frozenset[tuple[str, int]]) -> None:
        """Take it that these partitions, of each topic, are ours and no others."""

    def outside(self, topic: str, partition: int) -> None:
        """Take it that the log does not have a ledger's position any more."""


@dataclass(slots=True)
class _Stand:
    """How far a partition has been handed on, in one assignment."""

    state: Any
    """aiokafka's, which has the consumer's position. Each assignment makes a new one."""
    offset: int


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches, in a thread of its own, and says of each batch where it starts and ends.

    A stand and aiokafka's position move together: nothing is awaited between a seek or the taking
    of fetched records and the stand's move. So a batch holds all records from its start to its
    end, whatever was sought or assigned while the fetch waited.
    """

    owner: Owner

    def __post_init__(self) -> None:
        super().__post_init__()
        self._stands: dict[TP, _Stand] = {}
        self.last_heartbeat: float | None = None

    async def on_start(self) -> None:
        """Start the Kafka consumer, and take note of each heartbeat that the group answers."""
        await super().on_start()
        coordinator = self._ensure_consumer()._coordinator
        heartbeat = coordinator._do_heartbeat

        async def noted() -> bool:
            sent = time.monotonic()
            success = cast("bool", await heartbeat())
            if success:
                self.last_heartbeat = sent
            elif not coordinator.member_id:  # the group has put us out
                self.last_heartbeat = None
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
            auto_offset_reset="none",
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
        try:
            fetched = await super()._fetch_records(
                consumer, active_partitions, timeout, max_records
            )
        except NoOffsetForPartitionError:  # just assigned; the seek is still to come
            return {}
        except OffsetOutOfRangeError as error:
            self._stand_outside(consumer, error.args[0])
            return {}
        batches: dict[TP, list[Batch]] = {}
        for tp, stand in self._stands.items():
            records = fetched.get(tp, ())
            # Faust drops what comes of a partition that is not active. That of a full buffer is
            # kept, and may have records; a mere step over a marker can wait.
            if stand.state is not _state(consumer, tp) or not (records or tp in active_partitions):
                continue
            end = stand.state.position
            if end > stand.offset:
                epoch = self.owner.ledgers.epoch(tp.partition)
                batches[tp] = [Batch(tp.topic, tp.partition, epoch, stand.offset, end, records)]
                stand.offset = end
        return batches

    def _stand_outside(self, consumer: Any, places: Iterable[Any]) -> None:
        for tp in places:
            stand = self._stands.get(tp)
            # Else it was not our position, but one that aiokafka took before the seek.
            if stand is not None and stand.state is _state(consumer, tp):
                del self._stands[tp]
                consumer.pause(tp)
                self.parent_loop.call_soon_threadsafe(self.owner.outside, tp.topic, tp.partition)

    async def _seek_wait(self, consumer: Any, partitions: Mapping[TP, int | None]) -> None:
        """Stand at these offsets; where there is none, stand still."""
        for tp, offset in partitions.items():
            place = TopicPartition(*tp)
            self._stands.pop(tp, None)
            # A position of its own for each, or aiokafka would look for a committed one.
            consumer.seek(place, offset or 0)
            if offset is None:
                consumer.pause(place)
                continue
            consumer.resume(place)
            state = _state(consumer, tp)
            if state.position != offset:
                raise SeekError(f"{tp} stands at {state.position}, not at {offset}")
            self._stands[tp] = _Stand(state, offset)

    def readable_end(self, tp: tuple[str, int]) -> int | None:
        """Return the end of what can be read of a partition, as last heard from the broker."""
        state = None if self._consumer is None else _state(self._consumer, tp)
        return None if state is None else cast("int | None", state.lso)

    async def answer(self) -> None:
        """Raise what the group's coordination has died of, if it has; Faust never asks."""
        self._ensure_consumer()._coordinator.check_errors()

    async def commit_positions(self, positions: Mapping[TopicPartition, int]) -> None:
        """Commit positions of partitions that are ours; raises what aiokafka raises."""
        consumer = self._ensure_consumer()
        offsets = {
            tp: OffsetAndMetadata(offset, "")
            for tp, offset in positions.items()
            if tp in consumer.assignment()
        }
        if offsets:
            await asyncio.wait_for(consumer.commit(offsets), PATIENCE_SECONDS)

    async def committed(self, tp: TopicPartition) -> int | None:
        """Return the group's committed offset of a partition, if there is one."""
        asked = self._ensure_consumer().committed(tp)
        return cast("int | None", await asyncio.wait_for(asked, PATIENCE_SECONDS))


def _state(consumer: Any, tp: tuple[str, int]) -> Any:
    """Return aiokafka's state of a partition in the present assignment; None if not assigned."""
    subscription = consumer._subscription.subscription
    assignment = None if subscription is None else subscription.assignment
    return None if assignment is None else assignment.state_value(tp)


class _NoReadOffsets(dict[Any, Any]):
    """In the place of Faust's own positions, by which it drops what it has read before."""

    def __getitem__(self, key: Any) -> None:
        return None

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def update(self, *args: Any, **kwargs: Any) -> None:
        pass


class Consumer(driver.Consumer):
    """Hands each batch to the stream as one message, and seeks where the ledgers stand."""

    owner: Owner
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _NoReadOffsets()

    def _new_consumer_thread(self) -> ConsumerThread:
        thread = ConsumerThread(self, loop=self.loop, beacon=self.beacon)
        thread.owner = self.owner
        return thread

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        """Return the message that carries a batch."""
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.end - 1,
            time.time(),
            0,
            [],
            None,
            record,
            None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Tell the owner before anything else happens to the new partitions."""
        self.owner.assigned(frozenset((tp.topic, tp.partition) for tp in assigned))
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Stand where the ledgers do, in every partition that is ours."""
        return await self._stand_at_ledgers(self.assignment())

    async def return_to(self, partition: int) -> None:
        """Read all topics of a partition number on from its ledger's positions."""
        places = {tp for tp in self.assignment() if tp.partition == partition}
        with contextlib.suppress(IllegalStateError):  # a rebalance came between, and will seek
            await self._stand_at_ledgers(places)

    async def _stand_at_ledgers(self, places: Iterable[TP]) -> Mapping[TP, int]:
        ledgers = self.owner.ledgers
        positions: dict[TP, int | None] = {}
        for tp in places:
            ready = ledgers.is_ready(tp.partition)
            positions[tp] = ledgers.position(*tp) if ready else None
        for partition in {tp.partition for tp in positions}:
            ledgers.renew(partition)
        try:
            await asyncio.wait_for(
                self.seek_wait(cast("Mapping[TP, int]", positions)), SEEK_SECONDS
            )
        except TimeoutError:
            raise SeekError(f"the consumer's thread did not seek in {SEEK_SECONDS} s") from None
        return {tp: offset for tp, offset in positions.items() if offset is not None}

    def readable_end(self, topic: str, partition: int) -> int | None:
        """Return the end of what can be read of a partition, as last heard from the broker."""
        return self._thread.readable_end((topic, partition))

    def last_heartbeat(self) -> float | None:
        """Return when the group last heard us and agreed (monotonic seconds), if it has."""
        return self._thread.last_heartbeat

    async def answer(self) -> None:
        """Return when the consumer's thread answers; raises what its group has died of."""
        await self._in_thread(self._thread.answer)

    async def commit_positions(self, positions: Mapping[TopicPartition, int]) -> None:
        """Commit positions, for monitoring; raises what aiokafka raises."""
        await self._in_thread(self._thread.commit_positions, positions)

    async def committed(self, topic: str, partition: int) -> int | None:
        """Return the group's committed offset of a partition, if there is one."""
        place = TopicPartition(topic, partition)
        return cast("int | None", await self._in_thread(self._thread.committed, place))

    async def _in_thread(self, method: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        try:
            return await self._thread.call_thread(method, *arguments)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise ConsumerStoppedError from None  # the thread's task was cancelled, not ours


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


def transport_for(owner: Owner) -> type[driver.Transport]:
    """Return a Faust transport whose consumer stands where the owner's ledgers do."""

    class OwnersConsumer(Consumer):
        pass

    OwnersConsumer.owner = owner

    class Transport(driver.Transport):
        Consumer = OwnersConsumer

    return Transport
