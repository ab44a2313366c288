"""Filling ledgers, with a reader of our own making; tests/stack/test_reading.py has a real one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import TopicPartition
from lines import NOW, Line, call

from streams.domain.instants import micros
from streams.ledgers import Batch, Fate, Ledgers, Mark
from streams.worker import recovery as recovery_module
from streams.worker.recovery import BACKOFF_SECONDS, Recovery

TOPICS = ("calls", "emails")
CALLS = TopicPartition("calls", 0)


@dataclass
class Log:
    """A partition: its records, and where it begins and ends."""

    records: Sequence[Line]
    end: int
    begin: int = 0
    since: int | None = 0
    """The first offset at or after the horizon; None if there is none."""


@dataclass
class Cluster:
    """The logs, what readers have asked of them, and what goes wrong."""

    logs: dict[TopicPartition, Log]
    leaderless: set[TopicPartition] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    """Topics that we may not even see."""
    made: list[dict[str, Any]] = field(default_factory=list)
    stopped: int = 0
    on_read: Callable[[], None] = lambda: None

    def log(self, tp: TopicPartition) -> Log:
        return self.logs.get(tp, Log([], 0, since=None))

    def reader(self, **options: Any) -> "Reader":
        self.made.append(options)
        return Reader(self)


@dataclass
class Reader:
    cluster: Cluster
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    _fetcher: Any = field(default_factory=lambda: SimpleNamespace(_records={}))

    @property
    def _client(self) -> Any:
        async def set_topics(_: Sequence[str]) -> None: ...

        def led(topic: str) -> set[int]:
            return {p for p in range(2) if TopicPartition(topic, p) not in self.cluster.leaderless}

        known = SimpleNamespace(
            available_partitions_for_topic=led, unauthorized_topics=self.cluster.hidden
        )
        return SimpleNamespace(set_topics=set_topics, cluster=known)

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.cluster.stopped += 1

    def assign(self, places: Sequence[TopicPartition]) -> None: ...

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {tp: self.cluster.log(tp).end for tp in places}

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> Any:
        return {tp: self.cluster.log(tp).begin for tp in places}

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[Any, Any]:
        found = {tp: self.cluster.log(tp).since for tp in times}
        return {tp: None if at is None else SimpleNamespace(offset=at) for tp, at in found.items()}

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.positions[tp] = offset

    async def position(self, tp: TopicPartition) -> int:
        return self.positions[tp]

    async def getmany(self, *places: TopicPartition, max_records: int, **_: Any) -> Any:
        self.cluster.on_read()
        fetched = {}
        for tp in places:
            log = self.cluster.log(tp)
            records = [r for r in log.records if r.offset >= self.positions[tp]][:max_records]
            full = len(records) == max_records
            self.positions[tp] = records[-1].offset + 1 if full else log.end
            if records:
                fetched[tp] = records
        return fetched


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster({})
    monkeypatch.setattr(recovery_module, "AIOKafkaConsumer", made.reader)
    return made


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, which take no time."""
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if seconds:
            pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(recovery_module.asyncio, "sleep", noted)
    return pauses


@dataclass
class Filling:
    """A recovery, and what it has told."""

    ledgers: Ledgers = field(
        default_factory=lambda: Ledgers({"lulea": UTC}, 1, clock=lambda: micros(NOW))
    )
    rejected: list[Any] = field(default_factory=list)
    filled: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recovery = Recovery(self.ledgers, "127.0.0.1:1", TOPICS, self._reject)

    async def _reject(self, topic: str, partition: int, rejections: list[Any]) -> None:
        self.rejected += [(topic, partition, r.offset) for r in rejections]

    async def _filled(self, partition: int) -> None:
        assert self.ledgers.is_ready(partition)
        self.filled.append(partition)

    async def fill(self, *partitions: int) -> None:
        await self.recovery.fill(partitions, self._filled)

    def legs(self) -> int:
        owned = self.ledgers.owned().values()
        return sum(len(its.calls) for ledger in owned for its in ledger.books.values())


@pytest.fixture
def filling() -> Filling:
    return Filling()


async def test_readers_read_committed_records_without_a_group_or_a_silent_reset(
    cluster: Cluster, filling: Filling
) -> None:
    await filling.fill(0)
    (options,) = cluster.made
    assert options["isolation_level"] == "read_committed"
    assert options["auto_offset_reset"] == "none"
    assert "group_id" not in options
    assert cluster.stopped == 1


async def test_a_ledger_is_filled_from_the_horizon_to_the_end(
    cluster: Cluster, filling: Filling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery_module, "MAX_RECORDS", 2)
    cluster.logs[CALLS] = Log([call(n) for n in range(9)], end=9, since=4)
    await filling.fill(0)
    assert filling.legs() == 5
    assert filling.filled == [0]
    assert filling.ledgers.position("calls", 0) == 9
    assert filling.ledgers.mark("calls", 0) == Mark.of(call(8))
    assert (filling.recovery.records, filling.recovery.recovered) == (5, 1)
    assert filling.recovery.moved_at is None


async def test_a_log_without_records_since_the_horizon_is_filled_at_its_end(
    cluster: Cluster, filling: Filling
) -> None:
    cluster.logs[CALLS] = Log([call(n) for n in range(9)], end=9, since=None)
    await filling.fill(0)
    assert filling.legs() == 0
    assert filling.ledgers.owned()[0].positions == {"calls": 9, "emails": 0}


async def test_a_log_that_ends_in_a_marker_is_filled_to_its_end(
    cluster: Cluster, filling: Filling
) -> None:
    cluster.logs[CALLS] = Log([call(0)], end=4)
    await filling.fill(0)
    assert filling.ledgers.position("calls", 0) == 4
    batch = Batch("calls", 0, filling.ledgers.epoch(0), 4, 5, [call(4)])
    assert filling.ledgers.fold(batch)[0] is Fate.FOLDED


async def test_what_cannot_be_used_is_told_with_its_place(
    cluster: Cluster, filling: Filling
) -> None:
    cluster.logs[CALLS] = Log([call(0), Line(1, b"{")], end=2)
    await filling.fill(0)
    assert filling.rejected == [("calls", 0, 1)]


@pytest.mark.parametrize("error", [KafkaConnectionError(), OffsetOutOfRangeError(), OSError()])
async def test_a_broker_error_is_tried_again_from_the_start_with_longer_pauses(
    cluster: Cluster, filling: Filling, slept: list[float], error: Exception
) -> None:
    reads = iter(range(100))

    def fail_at_first() -> None:
        if next(reads) in {1, 2, 3, 4, 5, 6, 7}:
            raise error

    cluster.on_read = fail_at_first
    cluster.logs[CALLS] = Log([call(0)], end=1)
    cluster.logs[TopicPartition("calls", 1)] = Log([call(0)], end=1)
    await filling.fill(0)
    assert slept == []
    await filling.fill(1)
    assert slept == [*BACKOFF_SECONDS, *[BACKOFF_SECONDS[-1]] * (7 - len(BACKOFF_SECONDS))]
    assert filling.filled == [0, 1]
    assert len(cluster.made) == cluster.stopped == 9


@pytest.mark.parametrize("is_hidden", [False, True])
async def test_a_right_that_is_taken_away_is_not_waited_for(
    cluster: Cluster, filling: Filling, slept: list[float], is_hidden: bool
) -> None:
    def refuse() -> None:
        raise TopicAuthorizationFailedError("calls")

    cluster.on_read = refuse
    cluster.hidden = {"calls"} if is_hidden else set()
    cluster.logs[CALLS] = Log([call(0)], end=1)
    with pytest.raises(TopicAuthorizationFailedError):
        await filling.fill(0)
    assert slept == []
    assert filling.ledgers.owned() == {}


async def test_a_log_that_gives_nothing_gets_another_reader(
    cluster: Cluster, filling: Filling, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(recovery_module.time, "monotonic", lambda: now[0])
    getmany = Reader.getmany

    async def silent(self: Reader, *places: TopicPartition, **options: Any) -> Any:
        now[0] += 5
        return await getmany(self, *places, **options) if now[0] > 30 else {}

    monkeypatch.setattr(Reader, "getmany", silent)
    cluster.logs[CALLS] = Log([call(0)], end=1)
    await filling.fill(0)
    assert len(cluster.made) == 2
    assert slept == [BACKOFF_SECONDS[0]]
    assert filling.legs() == 1


async def test_cancelled_it_keeps_what_is_filled_and_drops_what_is_half_filled(
    cluster: Cluster, filling: Filling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery_module, "MAX_RECORDS", 1)
    cluster.logs[CALLS] = Log([call(0)], end=1)
    cluster.logs[TopicPartition("calls", 1)] = Log([call(n) for n in range(1_000)], end=1_000)
    task = asyncio.create_task(filling.fill(0, 1))
    for _ in range(100):
        await asyncio.sleep(0)
    assert filling.filled == [0]
    assert set(filling.ledgers.owned()) == {0, 1}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(filling.ledgers.owned()) == {0}
    assert filling.ledgers.is_ready(0)
    assert cluster.stopped == 1
    assert filling.recovery.moved_at is None


async def test_a_filling_that_was_overtaken_marks_nothing_ready_and_drops_nothing(
    cluster: Cluster, filling: Filling
) -> None:
    later: list[Any] = []
    cluster.on_read = lambda: later.append(filling.ledgers.open(0, {"calls": 0, "emails": 0}))
    cluster.logs[CALLS] = Log([call(0)], end=1)
    await filling.fill(0)
    assert filling.filled == []
    assert not filling.ledgers.is_ready(0)
    assert filling.ledgers.owned() == {0: later[-1]}


async def test_any_other_error_is_raised(cluster: Cluster, filling: Filling) -> None:
    def bug() -> None:
        raise RuntimeError("a bug")

    cluster.on_read = bug
    cluster.logs[CALLS] = Log([call(0)], end=1)
    with pytest.raises(RuntimeError, match="a bug"):
        await filling.fill(0)
    assert filling.ledgers.owned() == {}


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (Log([call(0), call(1), call(2)], end=3), None),
        (Log([call(0), call(1), call(2), call(3)], end=4), None),
        (Log([call(2)], end=3, begin=2), None),
        (Log([], end=3, begin=3), None),
        (Log([call(0)], end=1), "calls holds 0 to 1, the ledger stands at 3"),
        (Log([], end=9, begin=9), "calls holds 9 to 9, the ledger stands at 3"),
        (Log([call(0), call(1), Line(2, b"x")], end=3), "calls has another record at 2"),
        (Log([call(0), call(1), call(3)], end=4), "calls has another record at 2"),
        (Log([call(0), call(1)], end=4), "calls has another record at 2"),
    ],
    ids=str,
)
async def test_a_log_is_known_again_by_its_bounds_and_the_last_record_folded(
    cluster: Cluster, filling: Filling, log: Log, why: str | None
) -> None:
    cluster.logs[CALLS] = Log([call(0), call(1), call(2)], end=3)
    await filling.fill(0)
    cluster.logs[CALLS] = log
    assert await filling.recovery.strangers([0, 1]) == ({0: why} if why else {})


async def test_a_ledger_that_has_folded_nothing_is_known_by_its_bounds_alone(
    cluster: Cluster, filling: Filling
) -> None:
    await filling.fill(0)
    cluster.logs[CALLS] = Log([call(0)], end=1)
    assert await filling.recovery.strangers([0]) == {}


async def test_a_log_that_was_made_again_is_known_though_more_of_it_has_been_folded(
    cluster: Cluster, filling: Filling
) -> None:
    cluster.logs[CALLS] = Log([call(0), call(1)], end=2)
    await filling.fill(0)
    assert await filling.recovery.strangers([0]) == {}
    again = [Line(n, b"x") for n in range(4)]
    cluster.logs[CALLS] = Log(again, end=4)
    fold(filling, 2, again[2:])
    assert await filling.recovery.strangers([0]) == {0: "calls has another record at 1"}


async def test_a_log_is_looked_at_from_where_it_was_last_looked_at(
    cluster: Cluster, filling: Filling
) -> None:
    cluster.logs[CALLS] = Log([call(0), call(1)], end=2)
    await filling.fill(0)
    assert filling.ledgers.anchors("calls", 0) == (Mark.of(call(0)),)
    assert await filling.recovery.strangers([0]) == {}
    assert filling.ledgers.anchors("calls", 0) == (Mark.of(call(1)),)
    filling.ledgers.drop(0)
    assert filling.ledgers.anchors("calls", 0) == ()


async def test_a_log_that_was_cut_while_it_was_away_is_known_though_more_of_it_has_been_folded(
    cluster: Cluster, filling: Filling
) -> None:
    lines = [call(n) for n in range(3)]
    cluster.logs[CALLS] = Log(lines, end=3)
    await filling.fill(0)
    filling.ledgers.note("calls", 0, was_away=True)
    assert await filling.recovery.strangers([0]) == {}
    lines += [call(n) for n in range(3, 6)]
    fold(filling, 3, lines[3:])
    for was_away in (False, True, True):
        filling.ledgers.note("calls", 0, was_away=was_away)
    lines[4:] = [Line(n, b"x") for n in range(4, 8)]
    fold(filling, 6, lines[6:])
    filling.ledgers.note("calls", 0, was_away=False)
    cluster.logs[CALLS] = Log(lines, end=8)
    assert filling.ledgers.anchors("calls", 0) == (Mark.of(call(2)), Mark.of(call(5)))
    assert await filling.recovery.strangers([0]) == {0: "calls has another record at 5"}


def fold(filling: Filling, start: int, lines: list[Line]) -> None:
    end = start + len(lines)
    batch = Batch("calls", 0, filling.ledgers.epoch(0), start, end, lines)
    assert filling.ledgers.fold(batch)[0] is Fate.FOLDED


async def test_a_partition_without_a_leader_holds_up_no_other(
    cluster: Cluster, filling: Filling, slept: list[float]
) -> None:
    cluster.logs[CALLS] = Log([call(0)], end=1)
    cluster.leaderless = {TopicPartition("emails", 0)}
    assert await filling.recovery.fill([0, 1], filling._filled) == {0}
    assert filling.filled == [1]
    assert slept == []
    cluster.leaderless.clear()
    assert await filling.recovery.fill([0], filling._filled) == set()
    assert filling.filled == [1, 0]
    assert filling.legs() == 1


async def test_a_log_without_a_leader_is_not_looked_at(cluster: Cluster, filling: Filling) -> None:
    await filling.fill(0, 1)
    for partition in (0, 1):
        cluster.logs[TopicPartition("calls", partition)] = Log([], end=9, begin=9)
    cluster.leaderless = {TopicPartition("emails", 0)}
    assert set(await filling.recovery.strangers([0, 1])) == {1}


async def test_an_error_after_one_is_filled_reads_only_the_others_again(
    cluster: Cluster, filling: Filling, slept: list[float]
) -> None:
    cluster.logs[CALLS] = Log([call(0)], end=1)
    cluster.logs[TopicPartition("calls", 1)] = Log([call(n) for n in range(9)], end=9)
    is_first = True

    async def filled(partition: int) -> None:
        nonlocal is_first
        filling.filled.append(partition)
        if is_first:
            is_first = False
            raise KafkaConnectionError

    await filling.recovery.fill([0, 1], filled)
    assert sorted(filling.filled) == [0, 1], "each is told once"
    assert len(slept) == 1
