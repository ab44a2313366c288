"""The parts of Faust and aiokafka that are overridden or relied on, and what is made of them."""

import asyncio
import hashlib
import inspect
import operator
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.types import TP

from streams.ledgers import Batch, Ledgers
from streams.transport import pins
from streams.transport.consumer import BatchSchema, Consumer, transport_for
from streams.transport.consumer_thread import ConsumerThread
from streams.transport.faust_app import faust_app
from streams.worker.settings import Settings

GUARDED = {
    "overridden in streams/transport (but watchdog.py)": """
    365dd25fbc0e faust.tables.manager:TableManager.on_start
    88e3941facc9 faust.tables.manager:TableManager._update_channels
    bf21ecb7e0f2 aiokafka.consumer.fetcher:Fetcher.__init__
    913dc7c0d957 faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.__post_init__
    38b4e8bd1e10 faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_start
    c2701bfc3e6f faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer
    364c9c9c6852 faust.transport.drivers.aiokafka:credentials_to_aiokafka_auth
    39a2c6c79fc1 faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records
    9d221e816d94 faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._seek_wait
    26fc5fc9f3b6 faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.getmany
    0870ec53dea7 faust.transport.drivers.aiokafka:Consumer._new_consumer_thread
    7c24f6511b2f faust.transport.drivers.aiokafka:Consumer._to_message
    f3d04f29dfb3 faust.transport.drivers.aiokafka:ConsumerRebalanceListener
    302410d59e69 faust.transport.consumer:Consumer.__init__
    29ce96596f05 faust.transport.consumer:Consumer.on_partitions_assigned
    d04b7ae72c6f faust.transport.consumer:Consumer.on_partitions_revoked
    e59e8dda4372 faust.transport.consumer:ConsumerThread.on_partitions_assigned
    f1d483b861b0 faust.transport.consumer:ThreadDelegateConsumer.seek_to_committed
    a9f571c3b04a faust.app.base:App._create_directories
    d46eec5ce319 faust.serializers.schemas:Schema.compile
""",
    "how a batch travels, or is dropped, and what a crash does": """
    44a2500309e8 faust.transport.consumer:Consumer._drain_messages
    4b168d84882a faust.transport.consumer:Consumer.getmany
    6218e1969a63 faust.transport.consumer:Consumer._wait_next_records
    0e8c130ff4b0 faust.transport.consumer:Consumer.perform_seek
    cc094614d22c faust.transport.consumer:Consumer.force_commit
    f6f923977423 faust.transport.consumer:Consumer._filter_tps_with_pending_acks
    de932b7927db faust.app.base:App._on_partitions_assigned
    d5c895bbe57d faust.app.base:App._on_partitions_revoked
    d986a6710c1a faust.tables.recovery:Recovery._resume_streams
    c750b828d2bd faust.agents.agent:Agent._execute_actor
    479edda75b54 mode.threads:QueueServiceThread.call_thread
    d21c54e20ac6 mode.threads:MethodQueue
    14980000465d mode.services:Service.crash
""",
    "what moves a position, and what the group says": """
    be4348896b9b aiokafka.consumer.fetcher:Fetcher.fetched_records
    f0ba6aba6c22 aiokafka.consumer.fetcher:Fetcher.seek_to
    d7db13f06de8 aiokafka.consumer.fetcher:FetchResult
    94aa0da0dbec aiokafka.consumer.fetcher:PartitionRecords
    59bf948fff47 aiokafka.consumer.fetcher:Fetcher._proc_fetch_request
    2b83334afadf aiokafka.consumer.subscription_state:TopicPartitionState
    3300d8f0023c aiokafka.consumer.subscription_state:Assignment.__init__
    61d010289522 aiokafka.consumer.group_coordinator:GroupCoordinator._heartbeat_routine
    dc1d6632aaa6 aiokafka.consumer.group_coordinator:GroupCoordinator._do_heartbeat
    537aa37c531b aiokafka.consumer.group_coordinator:GroupCoordinator.reset_generation
    ba6ca51ad348 aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors
    33c84c1a9301 aiokafka.consumer.group_coordinator:GroupCoordinator.ensure_active_group
    5cbe31af28d6 aiokafka.consumer.group_coordinator:GroupCoordinator.commit_offsets
    c3a3ea5613f3 aiokafka.consumer.group_coordinator:GroupCoordinator._do_commit_offsets
""",
}
RELIED_ON = {
    line.split()[1]: (line.split()[0], why)
    for why, lines in GUARDED.items()
    for line in lines.strip().splitlines()
}
"""Twelve digits of the SHA-256 of each source that matters, and why it does."""


def digest(place: str) -> str:
    module, _, name = place.partition(":")
    source = inspect.getsource(operator.attrgetter(name)(import_module(module)))
    return hashlib.sha256(source.encode()).hexdigest()[:12]


@pytest.mark.parametrize("place", RELIED_ON)
def test_what_is_overridden_or_relied_on_is_as_it_was(place: str) -> None:
    known, why = RELIED_ON[place]
    assert digest(place) == known, (
        f"{place} has changed ({why}): read it again beside streams/transport, and run "
        "tests/stack, before the new digest is entered here"
    )


def test_the_libraries_are_the_pinned_ones_and_compiled() -> None:
    assert pins.faults() == []


def test_other_versions_and_uncompiled_parts_are_faults() -> None:
    wrong = pins.faults({"aiokafka": "0.1"}, {"faust.streams": None, "x": Ledgers})
    assert wrong == [
        "aiokafka är 0.14.0, ska vara 0.1",
        "faust.streams är inte kompilerad",
        "x är inte kompilerad",
    ]


class Owner:
    """Has ledgers, and takes note of what it is told."""

    def __init__(self) -> None:
        self.ledgers = Ledgers({"lulea": UTC}, 4)
        self.told: list[Any] = []

    def assigned(self, partitions: frozenset[tuple[str, int]], *, was_out: bool) -> None:
        self.told.append((partitions, was_out))

    def outside(self, topic: str, partition: int) -> None:
        self.told.append((topic, partition))


@pytest.fixture
def app(tmp_path: Any) -> Any:
    settings = Settings(catalogue=tmp_path, kafka="127.0.0.1:1", group="g", session_seconds=8)
    made = faust_app(settings, 4)
    made.transport = transport_for(Owner())(made.conf.broker_consumer, made)
    return made


async def test_our_consumer_reads_committed_records_with_fausts_assignor(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("aiokafka.AIOKafkaConsumer", lambda **options: asked.update(options))
    thread = ConsumerThread.__new__(ConsumerThread)
    thread.app = app
    thread._create_worker_consumer(app.transport)
    assert asked["isolation_level"] == "read_committed"
    assert asked["partition_assignment_strategy"] == [app.assignor]
    assert asked["auto_offset_reset"] == "none"
    assert asked["enable_auto_commit"] is False
    assert "group_instance_id" not in asked, "a static member would never leave its group"
    assert asked["metadata_max_age_ms"] <= 10_000
    assert asked["rebalance_timeout_ms"] + asked["heartbeat_interval_ms"] <= 8_000
    assert asked["session_timeout_ms"] == 8_000


async def test_the_transport_makes_our_consumer_and_no_topic_is_acknowledged(app: Any) -> None:
    assert issubclass(app.transport.Consumer, Consumer)
    topic = app.topic("calls", schema=BatchSchema(), acks=False)
    app.topics.add(topic)
    await app.topics._update_indices()
    assert app.topics.acking_topics == set()
    assert not app.topics.acks_enabled_for("calls")


class Cluster:
    def __init__(self, partitions: int) -> None:
        self.partitions = set(range(partitions))

    def partitions_for_topic(self, _: str) -> set[int]:
        return self.partitions


def assign(members: dict[str, Any], partitions: int = 8) -> dict[str, dict[str, set[int]]]:
    """Let the first member assign, and tell all. Return partitions by member and topic."""
    topics = {"calls", "emails", "cases"}
    metadata = {
        name: ConsumerProtocolMemberMetadata.decode(made.assignor.metadata(topics).encode())
        for name, made in members.items()
    }
    first = next(iter(members.values()))
    given = first.assignor.assign(Cluster(partitions), metadata)
    for name, made in members.items():
        made.assignor.on_assignment(given[name])
    return {
        name: {topic: set(numbers) for topic, numbers in of_one.assignment}
        for name, of_one in given.items()
    }


def test_the_assignor_puts_the_same_numbers_of_all_topics_on_one_worker_and_keeps_them(
    tmp_path: Any,
) -> None:
    settings = Settings(catalogue=tmp_path, group="g")
    members = {name: faust_app(settings, 8) for name in "abc"}
    before = assign(members)
    for of_one in before.values():
        assert len({frozenset(numbers) for numbers in of_one.values()}) == 1
        assert 2 <= len(of_one["calls"]) <= 3
    del members["c"]
    after = assign(members)
    for name, of_one in after.items():
        assert len({frozenset(numbers) for numbers in of_one.values()}) == 1
        assert before[name]["calls"] <= of_one["calls"], "nothing moves from a worker that stays"


def test_the_assignor_leaves_no_worker_idle(tmp_path: Any) -> None:
    settings = Settings(catalogue=tmp_path, group="g")
    members = {name: faust_app(settings, 4) for name in "ab"}
    assert [len(of_one["calls"]) for of_one in assign(members, 4).values()] == [2, 2]
    members["c"] = faust_app(settings, 4)
    assert sorted(len(of_one["calls"]) for of_one in assign(members, 4).values()) == [1, 1, 2]


CALLS = TP("calls", 0)
PLACE = TopicPartition("calls", 0)


class Kafka:
    """A Kafka consumer with aiokafka's own bookkeeping, and no broker."""

    def __init__(self, *places: TopicPartition) -> None:
        self._subscription = SubscriptionState(asyncio.get_running_loop())
        self._subscription.subscribe({"calls"})
        self.assign(*places)
        self._closed = False
        self._coordinator = SimpleNamespace(check_errors=lambda: None)
        self._fetcher = SimpleNamespace(
            _closed=False, _subscriptions=self._subscription, fetched_records=self._fetched
        )
        self.seek = self._subscription.seek
        self.pause = self._subscription.pause
        self.resume = self._subscription.resume
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.drained: dict[TopicPartition, tuple[Iterable[Any], int]] = {}
        self.error: Exception | None = None

    def assign(self, *places: TopicPartition) -> None:
        self._subscription.assign_from_subscribed(places)

    def state(self, place: TopicPartition = PLACE) -> Any:
        return self._subscription.subscription.assignment.state_value(place)

    async def _fetched(self, *_: Any, **__: Any) -> Any:
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.error is not None:
            raise self.error
        for place, (_, position) in self.drained.items():
            self.state(place).consumed_to(position)
        return {place: records for place, (records, _) in self.drained.items() if records}


@pytest.fixture
async def thread() -> Any:
    made = ConsumerThread.__new__(ConsumerThread)
    made._stands = {}
    made.owner = Owner()
    made.consumer = SimpleNamespace(flow_active=True)
    made.parent_loop = asyncio.get_running_loop()
    return made


async def fetch(thread: Any, kafka: Kafka, *active: TP) -> list[Batch]:
    fetched = await thread._fetch_records(kafka, set(active))
    return [batch for batches in fetched.values() for batch in batches]


async def test_a_batch_says_where_it_starts_and_ends(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.drained = {PLACE: (["a", "b"], 14)}
    assert await fetch(thread, kafka, CALLS) == [Batch("calls", 0, 0, 10, 14, ["a", "b"])]
    kafka.drained = {PLACE: (["c"], 15)}
    assert await fetch(thread, kafka, CALLS) == [Batch("calls", 0, 0, 14, 15, ["c"])]


async def test_a_step_over_what_holds_no_records_is_a_batch_of_none(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.drained = {PLACE: ([], 12)}
    assert await fetch(thread, kafka, CALLS) == [Batch("calls", 0, 0, 10, 12, ())]
    assert await fetch(thread, kafka, CALLS) == []


async def test_a_step_that_faust_would_drop_waits_and_what_was_read_does_not(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.drained = {PLACE: ([], 12)}
    assert await fetch(thread, kafka) == []
    kafka.drained = {PLACE: (["a"], 13)}
    assert await fetch(thread, kafka) == [Batch("calls", 0, 0, 10, 13, ["a"])]


async def test_a_seek_while_a_fetch_waits_moves_the_start_with_it(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.meanwhile = lambda: thread._seek_wait(kafka, {CALLS: 5})
    kafka.drained = {PLACE: (["a"], 6)}
    assert await fetch(thread, kafka, CALLS) == [Batch("calls", 0, 0, 5, 6, ["a"])]


async def test_what_is_read_between_an_assignment_and_the_seek_is_not_handed_on(
    thread: Any,
) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})

    async def assigned_again() -> None:
        kafka.assign(PLACE)
        kafka.seek(PLACE, 40)  # as to a committed offset

    kafka.meanwhile = assigned_again
    kafka.drained = {PLACE: (["a"], 41)}
    assert await fetch(thread, kafka, CALLS) == []
    kafka.meanwhile = None
    assert await fetch(thread, kafka, CALLS) == []
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.drained = {PLACE: (["b"], 11)}
    assert await fetch(thread, kafka, CALLS) == [Batch("calls", 0, 0, 10, 11, ["b"])]


async def test_a_batch_is_of_the_epoch_in_which_it_was_fetched(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    thread.owner.ledgers.renew(0)
    kafka.drained = {PLACE: (["a"], 11)}
    assert [batch.epoch for batch in await fetch(thread, kafka, CALLS)] == [1]


async def test_a_partition_whose_ledger_is_not_filled_stands_still(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: None})
    assert kafka.state().paused
    assert kafka.state().has_valid_position, "or aiokafka would look for a committed offset"
    kafka.drained = {PLACE: (["a"], 1)}
    assert await fetch(thread, kafka, CALLS) == []
    await thread._seek_wait(kafka, {CALLS: 10})
    assert not kafka.state().paused
    assert kafka.state().position == 10


async def test_a_position_outside_the_log_is_told_once_and_not_read_on(thread: Any) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.error = OffsetOutOfRangeError({PLACE: 10})
    assert await fetch(thread, kafka, CALLS) == []
    await asyncio.sleep(0)
    assert thread.owner.told == [("calls", 0)]
    assert kafka.state().paused
    kafka.error, kafka.drained = None, {PLACE: (["a"], 3)}
    assert await fetch(thread, kafka, CALLS) == []


@pytest.mark.parametrize(
    "error", [NoOffsetForPartitionError(PLACE), OffsetOutOfRangeError({PLACE: 99})]
)
async def test_what_is_wrong_with_a_position_before_the_seek_is_no_concern_of_ours(
    thread: Any, error: Exception
) -> None:
    kafka = Kafka(PLACE)
    await thread._seek_wait(kafka, {CALLS: 10})
    kafka.assign(PLACE)
    kafka.error = error
    assert await fetch(thread, kafka, CALLS) == []
    await asyncio.sleep(0)
    assert thread.owner.told == []


async def test_the_readable_end_is_that_of_finished_transactions(thread: Any) -> None:
    thread._consumer = None
    assert thread.readable_end(CALLS) is None
    thread._consumer = kafka = Kafka(PLACE)
    kafka.state().highwater, kafka.state().lso = 9, 7
    assert thread.readable_end(CALLS) == 7
    assert thread.readable_end(TP("calls", 1)) is None, "not ours"


def coordinator_of(**given: Any) -> SimpleNamespace:
    """Return a member's coordinator as aiokafka has it, between two joins."""
    usual = {
        "_rejoin_needed_fut": asyncio.Future(),
        "_performed_join_prepare": False,
        "_do_heartbeat": None,
        "_do_commit_offsets": None,
    }
    return SimpleNamespace(**usual | given)


@pytest.mark.parametrize(
    ("success", "member", "after"),
    [(True, "m", (100.0, False)), (False, "m", (50.0, False)), (False, "", (50.0, True))],
)
async def test_a_heartbeat_counts_from_when_it_was_sent_and_an_expulsion_at_once(
    thread: Any,
    monkeypatch: pytest.MonkeyPatch,
    success: bool,
    member: str,
    after: tuple[float, bool],
) -> None:
    async def started(_: Any) -> None:
        pass

    async def heartbeat() -> bool:
        now[0] += 3
        return success

    now = [100.0]
    coordinator = coordinator_of(_do_heartbeat=heartbeat, member_id=member)
    monkeypatch.setattr(
        "streams.transport.consumer_thread.driver.AIOKafkaConsumerThread.on_start", started
    )
    monkeypatch.setattr("streams.transport.consumer_thread.time.monotonic", lambda: now[0])
    thread._consumer = SimpleNamespace(
        _coordinator=coordinator, _fetcher=SimpleNamespace(_records={})
    )
    thread.last_heartbeat, thread.is_out = 50.0, False
    await thread.on_start()
    assert await coordinator._do_heartbeat() is success
    assert (thread.last_heartbeat, thread.is_out) == after


@pytest.mark.parametrize("joining", [None, "is to begin", "is under way"])
async def test_nothing_is_committed_while_the_group_is_being_joined(
    thread: Any, monkeypatch: pytest.MonkeyPatch, joining: str | None
) -> None:
    async def started(_: Any) -> None:
        pass

    async def to_broker(_: Any, offsets: Any) -> None:
        sent.append(offsets)

    async def commit(offsets: Any) -> None:
        await coordinator._do_commit_offsets(None, offsets)

    sent: list[Any] = []
    coordinator = coordinator_of(_do_commit_offsets=to_broker)
    monkeypatch.setattr(
        "streams.transport.consumer_thread.driver.AIOKafkaConsumerThread.on_start", started
    )
    ours = lambda: {CALLS}  # noqa: E731
    thread._consumer = SimpleNamespace(
        _coordinator=coordinator,
        _fetcher=SimpleNamespace(_records={}),
        commit=commit,
        assignment=ours,
    )
    await thread.on_start()
    if joining == "is to begin":
        coordinator._rejoin_needed_fut.set_result(None)
    coordinator._performed_join_prepare = joining == "is under way"
    committed = await thread.commit_positions({CALLS: 7})
    assert committed == ({} if joining else {CALLS: 7})
    assert sent == ([] if joining else [{CALLS: OffsetAndMetadata(7, "")}])


@pytest.mark.parametrize(
    ("heard", "is_out"), [(None, True), (92.0, True), (92.1, False), (100.0, False)]
)
async def test_who_was_not_heard_for_a_session_has_been_put_out_when_the_next_assignment_comes(
    thread: Any, monkeypatch: pytest.MonkeyPatch, heard: float | None, is_out: bool
) -> None:
    async def assigned(*_: Any) -> None:
        pass

    place = (
        "streams.transport.consumer_thread.driver.AIOKafkaConsumerThread.on_partitions_assigned"
    )
    monkeypatch.setattr(place, assigned)
    monkeypatch.setattr("streams.transport.consumer_thread.time.monotonic", lambda: 100.0)
    thread.app = SimpleNamespace(conf=SimpleNamespace(broker_session_timeout=8.0))
    thread.last_heartbeat, thread.is_out = heard, False
    await thread.on_partitions_assigned({CALLS}, 3)
    assert (thread.last_heartbeat, thread.is_out) == (100.0, is_out)


async def test_a_batch_travels_as_one_message_at_its_last_offset() -> None:
    consumer = Consumer.__new__(Consumer)
    consumer.app = SimpleNamespace(consumer_generation_id=3)
    batch = Batch("calls", 0, 1, 10, 14, ["a"])  # type: ignore[list-item]
    message = consumer._to_message(CALLS, batch)
    assert (message.tp, message.offset, message.value) == (CALLS, 13, batch)
    assert message.generation_id == 3


async def test_the_owner_is_told_of_an_assignment_before_faust_makes_anything_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = Owner()

    async def assigned(*_: Any) -> None:
        owner.told.append("Faust")

    monkeypatch.setattr(
        "streams.transport.consumer.driver.Consumer.on_partitions_assigned", assigned
    )
    consumer = Consumer.__new__(Consumer)
    consumer.owner = owner
    consumer._thread = SimpleNamespace(is_out=True, last_heartbeat=7.0)  # type: ignore[assignment]
    assert consumer.last_heartbeat() is None
    await consumer.on_partitions_assigned({CALLS}, 3)
    assert owner.told == [({("calls", 0)}, True), "Faust"]
    assert consumer.last_heartbeat() == 7.0
    await consumer.on_partitions_assigned({CALLS}, 4)
    assert owner.told[2] == ({("calls", 0)}, False)
