"""Rejections reach their topic, in order and without loss, whatever the cluster does meanwhile.

The client is a fake at the edge of the process, so that it can fail at any point; what a real
broker makes of it is in tests/stack/test_bad_input.py.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.events import REASONS
from streams.domain.ledger import Rejection
from streams.domain.masking import SHOWN_BYTES
from streams.worker import rejected
from streams.worker.rejected import Place, RejectedPublisher, Waiting, message

TOPIC = "svarsgrad.calls"


@dataclass
class Cluster:
    """What the fake clients talk to, and how it behaves."""

    arrived: list[str] = field(default_factory=list)
    """Keys, in order of arrival."""
    is_up: bool = True
    has_leaders: bool = True
    acknowledges: bool = True
    failures: list[Exception | None] = field(default_factory=list)
    """What becomes of the next messages; of those after them, nothing special."""
    send_failures: list[Exception | None] = field(default_factory=list)
    stop_hangs: bool = False
    clients: int = 0
    closed_hard: int = 0
    unacknowledged: list[asyncio.Future[None]] = field(default_factory=list)

    def acknowledge(self) -> None:
        for future in self.unacknowledged:
            if not future.done():
                future.set_result(None)
        self.unacknowledged.clear()


CLUSTER = Cluster()


class Client:
    """Stands for AIOKafkaProducer."""

    def __init__(self, **_settings: object) -> None:
        self.client = self.cluster = self._sender = self
        CLUSTER.clients += 1

    async def start(self) -> None:
        await asyncio.sleep(0)
        if not CLUSTER.is_up:
            raise KafkaConnectionError

    async def partitions_for(self, _topic: str) -> set[int]:
        return {0}

    def available_partitions_for_topic(self, _topic: str) -> set[int] | None:
        return {0} if CLUSTER.has_leaders else None

    async def send(self, _topic: str, *, key: bytes, value: bytes) -> asyncio.Future[None]:
        await asyncio.sleep(0)
        assert orjson.loads(value)["offset"] == int(key.split(b"-")[-2])
        if not CLUSTER.is_up:
            raise KafkaTimeoutError
        if CLUSTER.send_failures and (error := CLUSTER.send_failures.pop(0)):
            raise error
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failure = CLUSTER.failures.pop(0) if CLUSTER.failures else None
        if failure is not None:
            future.set_exception(failure)
            return future
        CLUSTER.arrived.append(key.decode())
        if CLUSTER.acknowledges:
            future.set_result(None)
        else:
            CLUSTER.unacknowledged.append(future)
        return future

    async def stop(self) -> None:
        assert not CLUSTER.stop_hangs, "what can't be flushed can't be stopped"

    async def flush(self) -> None:
        if CLUSTER.stop_hangs:
            await asyncio.Event().wait()

    async def close(self) -> None:
        CLUSTER.closed_hard += 1  # client and sender, each


@pytest.fixture(autouse=True)
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(rejected, "AIOKafkaProducer", Client)
    monkeypatch.setattr(rejected, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(rejected, "CLOSE_SECONDS", 0.05)
    CLUSTER.__init__()  # type: ignore[misc] # as new
    return CLUSTER  # type: ignore[return-value]


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[RejectedPublisher]:
    publisher = RejectedPublisher("127.0.0.1:1", "rejected")
    publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop(0)


def rejections(*offsets: int, raw: bytes = b"hej") -> list[Rejection]:
    return [Rejection(offset, 0, "not_json", "", raw) for offset in offsets]


def keys(*offsets: int, partition: int = 0) -> list[str]:
    return [f"{TOPIC}-{partition}-{offset}-0" for offset in offsets]


async def until(condition: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - of a fake, which sets no events
            await asyncio.sleep(0.001)


# What is said.


def test_a_message_says_where_why_and_what_would_be_right() -> None:
    raw = b'{"subject":"08-465 004 17"}'
    key, value = message(Place(TOPIC, 3, 17, 2), Waiting("invalid", "$.data.queue", len(raw), raw))
    assert key == b"svarsgrad.calls-3-17-2"
    assert orjson.loads(value) == {
        "topic": TOPIC,
        "partition": 3,
        "offset": 17,
        "index": 2,
        "reason": "invalid",
        "path": "$.data.queue",
        "hint": REASONS["invalid"],
        "bytes": 27,
        "masked": '{"subject":"99-999 999 99"}',
    }


async def test_of_a_large_message_only_the_beginning_is_kept_while_it_waits(
    cluster: Cluster,
) -> None:
    cluster.is_up = False
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1, raw=b"x" * 10_000_000))
        (waiting,) = publisher._waiting.values()
        assert (waiting.size, len(waiting.beginning)) == (10_000_000, SHOWN_BYTES)


# Order, and nothing lost.


async def test_rejections_are_published_in_order(cluster: Cluster) -> None:
    async with running() as publisher:
        for start in range(0, 3000, 600):
            await publisher.put(TOPIC, 0, rejections(*range(start, start + 600)))
        await until(lambda: len(publisher) == 0)
    assert cluster.arrived == keys(*range(3000))
    assert cluster.clients == 1


async def test_without_rejections_no_client_is_made(cluster: Cluster) -> None:
    async with running() as publisher:
        await publisher.put(TOPIC, 0, [])
        await asyncio.sleep(0.01)
    assert cluster.clients == 0


async def test_after_an_error_in_the_middle_only_what_did_not_arrive_is_sent_again(
    cluster: Cluster,
) -> None:
    cluster.failures = [None] * 20 + [KafkaTimeoutError()] * 5
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(*range(50)))
        await until(lambda: len(publisher) == 0)
    assert cluster.arrived == keys(*range(20), *range(25, 50), *range(20, 25))
    assert cluster.clients == 2


async def test_a_send_that_is_refused_in_the_middle_loses_nothing(cluster: Cluster) -> None:
    cluster.send_failures = [None] * 20 + [KafkaTimeoutError()]
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(*range(50)))
        await until(lambda: len(publisher) == 0)
    assert cluster.arrived == keys(*range(50))


@pytest.mark.parametrize("error", [KafkaTimeoutError(), OSError(), RuntimeError(), KeyError()])
async def test_publishing_goes_on_after_an_error_of_any_kind(
    cluster: Cluster, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.failures = [error]
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1))
        await until(lambda: cluster.arrived == keys(1))
    assert f"rejected topic: {type(error).__name__}; trying again" in caplog.messages


async def test_a_cluster_that_is_away_at_first_gets_all_when_it_comes(cluster: Cluster) -> None:
    cluster.is_up = False
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1, 2))
        await until(lambda: cluster.clients > 5)
        assert len(publisher) == 2
        cluster.is_up = True
        await until(lambda: cluster.arrived == keys(1, 2))


async def test_nothing_is_sent_while_a_partition_has_no_leader(cluster: Cluster) -> None:
    cluster.has_leaders = False
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1))
        await until(lambda: cluster.clients > 5)
        assert cluster.arrived == []
        cluster.has_leaders = True
        await until(lambda: cluster.arrived == keys(1))


# The bound.


async def test_folding_goes_on_below_the_bound_and_waits_at_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejected, "BOUND", 10)
    cluster.is_up = False
    async with running() as publisher:
        await asyncio.wait_for(publisher.put(TOPIC, 0, rejections(*range(9))), 1)
        last = asyncio.create_task(publisher.put(TOPIC, 0, rejections(9)))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(last), 0.05)
        assert len(publisher) == 10, "what waits for room counts already"
        cluster.is_up = True
        await asyncio.wait_for(last, 5)
        await until(lambda: cluster.arrived == keys(*range(10)))


async def test_forgetting_makes_room(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejected, "BOUND", 10)
    cluster.is_up = False
    async with running() as publisher:
        waiting = asyncio.create_task(publisher.put(TOPIC, 0, rejections(*range(12))))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        publisher.forget(0)
        await asyncio.wait_for(waiting, 1)
        assert len(publisher) == 0


async def test_what_waits_already_is_not_taken_twice(cluster: Cluster) -> None:
    cluster.is_up = False
    async with running() as publisher:
        for _ in range(3):  # as a recovery does that begins again and again
            await publisher.put(TOPIC, 0, rejections(5, 6, 7))
        assert len(publisher) == 3


# The first that waits, which the commit must not pass.


async def test_the_first_that_waits_is_the_least_offset_of_that_partition(
    cluster: Cluster,
) -> None:
    cluster.is_up = False
    async with running() as publisher:
        assert (TOPIC, 0) not in publisher.first_waiting()
        await publisher.put(TOPIC, 0, rejections(10, 11))
        await publisher.put(TOPIC, 0, rejections(5))  # a rebuilt ledger goes over it again
        await publisher.put(TOPIC, 1, rejections(2))
        await publisher.put("other", 0, rejections(1))
        assert publisher.first_waiting()[TOPIC, 0] == 5
        cluster.is_up = True
        await until(lambda: len(publisher) == 0)
        assert (TOPIC, 0) not in publisher.first_waiting()


async def test_what_is_sent_but_not_acknowledged_still_waits(cluster: Cluster) -> None:
    cluster.acknowledges = False
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1, 2))
        await until(lambda: cluster.arrived == keys(1, 2))
        assert publisher.first_waiting()[TOPIC, 0] == 1
        cluster.acknowledge()
        await until(lambda: (TOPIC, 0) not in publisher.first_waiting())


async def test_it_is_told_whether_no_rejection_can_be_written_or_they_come_too_fast(
    cluster: Cluster,
) -> None:
    async with running() as publisher:
        assert publisher.why_full() == "the rejected topic can't be written"
        await publisher.put(TOPIC, 0, rejections(1))
        await until(lambda: len(publisher) == 0)
        assert publisher.why_full() == "more is rejected than can be told"
        cluster.is_up = False
        await publisher.put(TOPIC, 0, rejections(2))
        await until(lambda: publisher.why_full() == "the rejected topic can't be written")


# Partitions that go to another worker, and come back.


async def test_forgetting_while_a_send_is_in_flight_keeps_all_others(cluster: Cluster) -> None:
    cluster.acknowledges = False
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1, 2))
        await publisher.put(TOPIC, 1, rejections(7, 8))
        await until(lambda: len(cluster.arrived) == 4)
        await publisher.put(TOPIC, 1, rejections(9))
        publisher.forget(0)
        cluster.acknowledge()
        await until(lambda: len(cluster.arrived) == 5)
        cluster.acknowledge()
        await until(lambda: len(publisher) == 0)
    assert cluster.arrived == keys(1, 2) + keys(7, 8, 9, partition=1)


async def test_what_comes_back_while_its_first_life_is_in_flight_is_published_anew(
    cluster: Cluster,
) -> None:
    cluster.acknowledges = False
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1))
        await until(lambda: cluster.arrived == keys(1))
        publisher.forget(0)
        await publisher.put(TOPIC, 0, rejections(1))
        cluster.acknowledges = True
        cluster.acknowledge()
        await until(lambda: len(publisher) == 0)
    assert cluster.arrived == keys(1, 1)


# The end.


async def test_stopping_publishes_what_waits(cluster: Cluster) -> None:
    publisher = RejectedPublisher("127.0.0.1:1", "rejected")
    publisher.start()
    await publisher.put(TOPIC, 0, rejections(*range(1200)))
    await publisher.stop()
    assert cluster.arrived == keys(*range(1200))
    await publisher.stop()


async def test_stopping_with_nothing_that_waits_takes_no_time_though_the_cluster_is_away(
    cluster: Cluster,
) -> None:
    cluster.is_up = False
    publisher = RejectedPublisher("127.0.0.1:1", "rejected")
    publisher.start()
    await publisher.put(TOPIC, 0, rejections(1))
    await until(lambda: cluster.clients > 2)
    publisher.forget(0)
    await asyncio.wait_for(publisher.stop(patience=30), 1)


@pytest.mark.parametrize("hangs", [False, True])
async def test_stopping_is_given_up_after_the_patience(cluster: Cluster, hangs: bool) -> None:
    cluster.acknowledges, cluster.stop_hangs = False, hangs
    publisher = RejectedPublisher("127.0.0.1:1", "rejected")
    publisher.start()
    await publisher.put(TOPIC, 0, rejections(1))
    await asyncio.wait_for(publisher.stop(patience=0.05), 1)
    assert len(publisher) == 1
    assert cluster.closed_hard == 2 * hangs


async def test_a_client_that_will_not_stop_is_replaced_all_the_same(cluster: Cluster) -> None:
    cluster.stop_hangs, cluster.failures = True, [KafkaTimeoutError()]
    async with running() as publisher:
        await publisher.put(TOPIC, 0, rejections(1))
        await until(lambda: cluster.arrived == keys(1))


async def test_stopping_before_starting_is_nothing() -> None:
    await RejectedPublisher("127.0.0.1:1", "rejected").stop()


# All of it at once.

steps = st.lists(
    st.tuples(st.just("put"), st.integers(0, 2), st.integers(1, 8))
    | st.tuples(st.just("forget"), st.integers(0, 2), st.just(0))
    | st.tuples(st.just("fail"), st.integers(0, 4), st.integers(1, 3))
    | st.tuples(st.sampled_from(["refuse", "down", "up", "hold", "release", "turn"]),
                st.just(0), st.integers(1, 9)),
    max_size=40,
)  # fmt: skip


@given(steps)
def test_whatever_happens_all_that_is_not_forgotten_arrives_and_none_is_passed(
    script: list[tuple[str, int, int]],
) -> None:
    CLUSTER.__init__()  # type: ignore[misc] # anew for each example
    asyncio.run(play(script))


async def play(script: list[tuple[str, int, int]]) -> None:
    offsets = [0, 0, 0]
    owed: set[str] = set()

    def check(publisher: RejectedPublisher) -> None:
        waiting = {place.key for place in publisher._waiting}
        assert owed - waiting <= set(CLUSTER.arrived), "gone, but never arrived"
        for partition in range(3):
            first = publisher.first_waiting().get((TOPIC, partition))
            for key in owed - set(CLUSTER.arrived):
                if key.startswith(f"{TOPIC}-{partition}-"):
                    assert first is not None
                    assert first <= int(key.split("-")[-2])

    async with running() as publisher:
        for step, n, m in script:
            if step == "put":
                new = range(offsets[n], offsets[n] + m)
                offsets[n] += m
                owed |= set(keys(*new, partition=n))
                await publisher.put(TOPIC, n, rejections(*new))
            elif step == "forget":
                publisher.forget(n)
                owed = {key for key in owed if not key.startswith(f"{TOPIC}-{n}-")}
            elif step == "fail":
                CLUSTER.failures = [None] * n + [KafkaTimeoutError() for _ in range(m)]
            elif step == "refuse":
                CLUSTER.send_failures = [None] * m + [KafkaTimeoutError()]
            elif step in {"down", "up"}:
                CLUSTER.is_up = step == "up"
            elif step == "hold":
                CLUSTER.acknowledges = False
            elif step == "release":
                CLUSTER.acknowledges = True
                CLUSTER.acknowledge()
            for _ in range(m if step == "turn" else 0):
                await asyncio.sleep(0)
            check(publisher)
        CLUSTER.is_up = CLUSTER.acknowledges = True
        CLUSTER.acknowledge()
        await until(lambda: len(publisher) == 0)
        check(publisher)


async def test_the_log_says_reasons_and_counts_at_once_and_then_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1_000.0
    monkeypatch.setattr(rejected.time, "monotonic", lambda: now)
    publisher = RejectedPublisher("a:1", "rejected")

    async def put(*reasons: str) -> None:
        await publisher.put(
            TOPIC, 0, [Rejection(1, 0, each, "", b"0846500400") for each in reasons]
        )

    await put("unknown_municipality", "invalid", "unknown_municipality")
    await put("unknown_municipality")
    now += rejected.LOGGED_SECONDS
    await put("not_json")
    await put("not_json")
    assert [record.getMessage() for record in caplog.records] == [
        "rejected: 2 × unknown_municipality, 1 × invalid; see the rejected topic",
        "rejected: 1 × unknown_municipality, 1 × not_json; see the rejected topic",
    ]
