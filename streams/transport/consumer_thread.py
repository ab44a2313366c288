"""The thread that reads from Kafka, and says of each batch where in the log it starts and ends.

One of the parts of :mod:`streams.transport.consumer`, which says what differs from Faust's own.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import aiokafka
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.ledgers import Batch
from streams.transport.lean_records import hand_out_lean

PATIENCE_SECONDS: Final = 5.0
"""How long a question to the group may take: the thread that asks has other things to do."""


class _JoiningError(Exception):
    """The group is being joined: nothing can be committed before it is."""


class SeekError(RuntimeError):
    """The consumer does not stand where the ledgers do. The process must end and start again."""


class Positions(Protocol):
    """Where each partition is read on, as whoever holds the state has it."""

    def is_ready(self, partition: int) -> bool:
        """Say whether that is known, so that the partition may be read."""

    def position(self, topic: str, partition: int) -> int | None:
        """Return the offset to read on from; None for a partition that isn't ours."""

    def epoch(self, partition: int) -> int:
        """Return the partition's present epoch: batches of any other are stale."""

    def renew(self, partition: int) -> None:
        """Begin a new epoch."""


class Owner(Protocol):
    """Whoever has the state, and is told what happens to the partitions."""

    @property
    def ledgers(self) -> Positions:
        """Return what decides where is read."""

    def assigned(self, partitions: frozenset[tuple[str, int]], *, was_out: bool) -> None:
        """Take it that these partitions, of each topic, are ours and no others.

        ``was_out``: the group had put us out, and others may have had what is ours again.
        """

    def outside(self, topic: str, partition: int) -> None:
        """Take it that the log does not have a ledger's position any more."""


@dataclass(slots=True)
class _Stand:
    """How far a partition has been handed on, in one assignment."""

    state: Any
    """aiokafka's, which has the consumer's position. Each assignment makes new ones, and the old
    don't move any more: nothing is handed on until the next seek."""
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
        """When the group last heard us and agreed (monotonic seconds), if it has."""
        self.is_out = True
        """Whether the group has put us out, until the owner has been told of what came then."""

    async def on_start(self) -> None:
        """Start the Kafka consumer.

        Note each heartbeat that the group answers, and commit nothing during a join: the broker
        takes a member's requests one after another, so that what is sent after a join comes with
        the generation before it. It is refused then, and aiokafka throws away the generation it
        has just got and joins anew, for which all the others have to join anew too.
        """
        await super().on_start()
        consumer = self._ensure_consumer()
        hand_out_lean(consumer)
        coordinator = consumer._coordinator
        heartbeat, commit = coordinator._do_heartbeat, coordinator._do_commit_offsets

        async def noted() -> bool:
            sent = time.monotonic()
            success = cast("bool", await heartbeat())
            if success:
                self.last_heartbeat = sent
            elif not coordinator.member_id:
                self.is_out = True
            return success

        async def between_joins(assignment: Any, offsets: Any) -> None:
            if coordinator._rejoin_needed_fut.done() or coordinator._performed_join_prepare:
                raise _JoiningError
            await commit(assignment, offsets)

        coordinator._do_heartbeat = noted
        coordinator._do_commit_offsets = between_joins

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Take an assignment, which is a sign of life from the group too."""
        now, session = time.monotonic(), self.app.conf.broker_session_timeout
        if self.last_heartbeat is None or now - self.last_heartbeat >= session:
            self.is_out = True
        self.last_heartbeat = now
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
            records, end = fetched.get(tp, ()), stand.state.position
            # Faust drops what comes of a partition that is not active. That of a full buffer is
            # kept, and may have records; a mere step over a marker can wait.
            if end > stand.offset and (records or tp in active_partitions):
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

    def heard(self, tp: tuple[str, int]) -> object:
        """Return what is another each time the broker has told of a partition's log."""
        state = None if self._consumer is None else _state(self._consumer, tp)
        return None if state is None else (id(state), state.timestamp)

    async def answer(self) -> None:
        """Raise what the group's coordination has died of, if it has; Faust never asks."""
        self._ensure_consumer()._coordinator.check_errors()

    async def commit_positions(
        self, positions: Mapping[TopicPartition, int]
    ) -> Mapping[TopicPartition, int]:
        """Commit positions of partitions that are ours, and return them; none during a join.

        Raises what aiokafka raises.
        """
        consumer = self._ensure_consumer()
        offsets = {
            tp: OffsetAndMetadata(offset, "")
            for tp, offset in positions.items()
            if tp in consumer.assignment()
        }
        if not offsets:
            return {}
        try:
            await asyncio.wait_for(consumer.commit(offsets), PATIENCE_SECONDS)
        except _JoiningError:
            return {}
        return {tp: positions[tp] for tp in offsets}

    async def committed(self, tp: TopicPartition) -> int | None:
        """Return the group's committed offset of a partition, if there is one."""
        asked = self._ensure_consumer().committed(tp)
        return cast("int | None", await asyncio.wait_for(asked, PATIENCE_SECONDS))


def _state(consumer: Any, tp: tuple[str, int]) -> Any:
    """Return aiokafka's state of a partition in the present assignment; None if not assigned."""
    subscription = consumer._subscription.subscription
    assignment = None if subscription is None else subscription.assignment
    return None if assignment is None else assignment.state_value(tp)
