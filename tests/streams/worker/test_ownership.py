"""What becomes of ledgers when partitions come, go, or turn out to be of another log."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from streams.ledgers import Ledgers
from streams.worker import ownership as ownership_module
from streams.worker.ownership import Ownership
from streams.worker.state import WorkerState


class Recovery:
    """Fills at once, but for partitions that wait; finds the strangers it is told."""

    moved_at = None
    records = 0

    def __init__(self, ledgers: Ledgers) -> None:
        self.ledgers = ledgers
        self.slow: set[int] = set()
        self.strange: dict[int, str] = {}
        self.looked: list[list[int]] = []
        self.filled: list[int] = []
        self.error: Exception | None = None
        self.leaderless: set[int] = set()
        self.abandoned: list[set[int]] = []
        """Those whose log had turned out to be another, at each filling."""
        self.abandoned_now: Callable[[], set[int]] = set

    async def strangers(self, partitions: Iterable[int]) -> dict[int, str]:
        self.looked.append(sorted(partitions))
        found, self.strange = self.strange, {}
        return found

    async def fill(
        self, partitions: Iterable[int], on_filled: Callable[[int], Awaitable[None]]
    ) -> set[int]:
        if self.error is not None:
            raise self.error
        self.abandoned.append(set(self.abandoned_now()))
        for partition in partitions:
            if partition in self.leaderless:
                continue
            if partition in self.slow:
                await asyncio.Event().wait()
            self.ledgers.mark_ready(partition, self.ledgers.open(partition, {"calls": 0}))
            self.filled.append(partition)
            await on_filled(partition)
        return self.leaderless & set(partitions)


class Rejected:
    def __init__(self) -> None:
        self.forgotten: list[int] = []

    def forget(self, partition: int) -> None:
        self.forgotten.append(partition)


class World:
    def __init__(self) -> None:
        self.ledgers = Ledgers({"lulea": UTC}, 8)
        self.recovery: Any = Recovery(self.ledgers)
        self.rejected: Any = Rejected()
        self.state = WorkerState(self.ledgers, self.recovery, self.rejected, ("calls",), 60)
        self.read_on: list[int] = []
        self.failures: list[Exception] = []
        self.ownership = Ownership(self.state, self._read_on, self._fail)
        self.recovery.abandoned_now = lambda: self.ownership.abandoned

    async def _read_on(self, partition: int) -> None:
        self.read_on.append(partition)

    async def _fail(self, error: Exception) -> None:
        self.failures.append(error)

    async def assign(self, *partitions: int) -> None:
        self.ownership.assigned(frozenset(("calls", p) for p in partitions))
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.ownership.close()


async def test_what_is_assigned_is_filled_and_then_read_on(world: World) -> None:
    await world.assign(0, 1)
    assert world.state.assigned == {0, 1}
    assert world.recovery.filled == world.read_on == [0, 1]


async def test_lost_ledgers_are_dropped_at_once_and_kept_ones_kept(world: World) -> None:
    await world.assign(0, 1)
    kept, epoch = world.ledgers.owned()[1], world.ledgers.epoch(1)
    world.ownership.assigned(frozenset({("calls", 1), ("calls", 2)}))
    assert world.ledgers.owned() == {1: kept}, "before anything is awaited"
    assert world.rejected.forgotten == [0]
    assert world.ledgers.is_ready(1)
    assert world.ledgers.epoch(1) > epoch
    await settle()
    assert world.recovery.filled == [0, 1, 2]
    assert world.recovery.looked[-1] == [1], "kept ones are looked at"


async def test_what_is_kept_by_who_was_put_out_of_the_group_must_catch_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[set[int]] = []
    monkeypatch.setattr(WorkerState, "must_catch_up", lambda _, kept: told.append(set(kept)))
    await world.assign(0, 1)
    assert told == []
    world.ownership.assigned(frozenset({("calls", 1), ("calls", 2)}), was_out=True)
    assert told == [{1}], "what is new is filled to the end of its log as always"


async def test_what_has_no_leader_is_tried_again_and_the_others_are_looked_at_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ownership_module, "TRY_AGAIN_SECONDS", 0.001)
    world.recovery.leaderless = {0}
    with caplog.at_level("INFO"):
        await world.assign(0, 1)
        await asyncio.sleep(0.05)
        world.recovery.strange = {1: "another"}
        await asyncio.sleep(0.05)
        assert world.recovery.filled == [1, 1], "of which the log turned out to be another"
        world.recovery.leaderless = set()
        await asyncio.sleep(0.05)
    assert world.recovery.filled == [1, 1, 0]
    assert caplog.text.count("have no leader") == 2, "and not each time it is tried"


async def test_what_was_filled_when_the_filling_was_cancelled_is_read_on_all_the_same(
    world: World,
) -> None:
    """A log that turns out to be lost while the stream is being told of another."""
    hanging = asyncio.Event()

    async def hang(partition: int) -> None:
        if not world.read_on and partition == 0:
            world.read_on.append(partition)
            await hanging.wait()
        world.read_on.append(partition)

    world.ownership.read_on = hang
    await world.assign(0, 1)
    assert world.read_on == [0], "and there it hangs"
    world.ownership.assigned(frozenset({("calls", 0), ("calls", 1)}))
    await settle()
    assert world.ledgers.is_ready(0)
    assert sorted(world.read_on[1:]) == [0, 1]


async def test_what_could_not_be_read_on_at_once_is_read_on_before_the_filling_ends(
    world: World,
) -> None:
    failing = [1]

    async def fail_once(partition: int) -> None:
        world.read_on.append(partition)
        if partition in failing:
            failing.remove(partition)
            raise KafkaError

    async def fill_in_spite(
        partitions: Iterable[int], on_filled: Callable[[int], Awaitable[None]]
    ) -> None:
        for partition in partitions:
            with contextlib.suppress(KafkaError):  # as a broker's error, tried again
                await Recovery.fill(world.recovery, [partition], on_filled)

    world.ownership.read_on = fail_once
    world.recovery.fill = fill_in_spite
    await world.assign(0, 1)
    assert world.read_on == [0, 1, 1]


async def test_partitions_of_other_topics_are_not_ours(world: World) -> None:
    world.ownership.assigned(frozenset({("calls", 1), ("other", 2)}))
    assert world.state.assigned == {1}


async def test_a_new_assignment_ends_the_filling_for_the_old_one(world: World) -> None:
    world.recovery.slow = {1}
    await world.assign(0, 1, 2)
    assert world.recovery.filled == [0]
    world.recovery.slow = set()
    await world.assign(0, 2)
    assert world.recovery.filled == [0, 2]
    tasks = [task for task in asyncio.all_tasks() if task.get_name() == "ownership"]
    assert len(tasks) == 1


async def test_a_ledger_of_another_log_is_filled_anew_and_loudly(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.assign(0, 1)
    world.recovery.strange = {1: "calls has another record at 7"}
    await world.assign(0, 1)
    assert world.recovery.filled == [0, 1, 1]
    assert world.recovery.abandoned == [set(), {1}]
    assert world.ownership.abandoned == set()
    assert world.rejected.forgotten == [], "what waits was in the log, and is told"
    assert "another log (calls has another record at 7): starting over" in caplog.text


async def test_a_position_that_left_the_log_is_filled_anew(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.assign(0, 1)
    world.ownership.outside("calls", 1)
    world.ownership.outside("calls", 5)
    await settle()
    assert world.recovery.filled == [0, 1, 1]
    assert caplog.text.count("starting over") == 1


async def test_the_logs_are_looked_at_again_every_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await (sleep(0) if len(slept) < 3 else asyncio.Event().wait())

    monkeypatch.setattr(ownership_module.asyncio, "sleep", noted)
    world.ownership.assigned(frozenset({("calls", 0)}))
    for _ in range(20):
        await sleep(0)
    assert slept == [60.0] * 3
    assert world.recovery.looked == [[], [0], [0]]


async def test_an_error_in_recovery_ends_the_worker(world: World) -> None:
    world.recovery.error = RuntimeError("a bug")
    await world.assign(0)
    assert world.failures == [world.recovery.error]
