"""Faust's transport, with the read position in the ledgers' hands.

Four things differ from Faust's own (docs/decisions/0001):

1. one message per fetched batch and partition, so that Faust's cost per message is paid per batch;
2. a batch says truly where in the log it starts and ends, so that no gap can be folded;
3. "the committed position", to which Faust seeks after a rebalance, is the ledgers' position, and
   a partition whose ledger is not filled yet is not read;
4. the Kafka consumer is made here: committed records only, Faust's own (sticky, co-locating)
   assignor whatever the tables, no silent reset of a position that has left the log.

Nothing is acknowledged (the topics have ``acks=False``), so Faust commits nothing; the worker
commits positions itself, for monitoring. tests/streams/transport/test_consumer.py fails when a
method that is overridden or relied on changes in Faust or aiokafka.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, cast

import faust
from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.transport.consumer_thread import ConsumerThread, Owner, SeekError

SEEK_SECONDS: Final = 30.0


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
        places = frozenset((tp.topic, tp.partition) for tp in assigned)
        self.owner.assigned(places, was_out=self._thread.is_out)
        self._thread.is_out = False
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

    def heard(self, topic: str, partition: int) -> object:
        """Return what is another each time the broker has told of a partition's log."""
        return self._thread.heard((topic, partition))

    def last_heartbeat(self) -> float | None:
        """Return when the group last heard us and agreed (monotonic seconds), while we are in."""
        return None if self._thread.is_out else self._thread.last_heartbeat

    async def answer(self) -> None:
        """Return when the consumer's thread answers; raises what its group has died of."""
        await self._in_thread(self._thread.answer)

    async def commit_positions(
        self, positions: Mapping[TopicPartition, int]
    ) -> Mapping[TopicPartition, int]:
        """Commit positions of partitions that are ours, for monitoring, and return them.

        Raises what aiokafka raises.
        """
        done = await self._in_thread(self._thread.commit_positions, positions)
        return cast("Mapping[TopicPartition, int]", done)

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
