"""Positions are committed when they have moved, once; never beyond a rejection that waits."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.ledgers import Ledgers
from streams.worker.commits import Commits
from streams.worker.state import WorkerState

PLACE = TopicPartition("calls", 0)


class Rejected:
    """A publisher with one rejection that waits."""

    waits_at: int | None = None

    def first_waiting(self) -> dict[tuple[str, int], int]:
        return {} if self.waits_at is None else {tuple(PLACE): self.waits_at}


@pytest.fixture
def rejected() -> Rejected:
    return Rejected()


@pytest.fixture
def state(rejected: Any) -> WorkerState:
    ledgers = Ledgers({"lulea": UTC}, 4)
    recovery: Any = None
    made = WorkerState(ledgers, recovery, rejected, ("calls",), 60)
    made.assigned = frozenset({0})
    ledgers.mark_ready(0, ledgers.open(0, {"calls": 5}))
    return made


@pytest.fixture
def done() -> list[dict[TopicPartition, int]]:
    return []


@pytest.fixture
def commits(state: WorkerState, done: list[dict[TopicPartition, int]]) -> Commits:
    async def commit(positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        done.append(dict(positions))
        return positions

    return Commits(state, commit)


async def test_a_position_is_committed_once_and_again_when_it_has_moved(
    commits: Commits, state: WorkerState, done: list[Any]
) -> None:
    await commits.now()
    await commits.now()
    assert done == [{PLACE: 5}]
    state.ledgers.owned()[0].positions["calls"] = 6
    await commits.now()
    assert done == [{PLACE: 5}, {PLACE: 6}]


async def test_nothing_is_committed_beyond_the_first_rejection_that_waits(
    commits: Commits, rejected: Rejected, done: list[Any]
) -> None:
    rejected.waits_at = 3
    await commits.now()
    rejected.waits_at = None
    await commits.now()
    assert done == [{PLACE: 3}, {PLACE: 5}]


async def test_a_ledger_that_is_not_filled_is_not_committed(
    commits: Commits, state: WorkerState, done: list[Any]
) -> None:
    state.ledgers.open(0, {"calls": 2})
    await commits.now()
    assert done == []


async def test_a_partition_that_came_back_is_committed_again(
    commits: Commits, state: WorkerState, done: list[Any]
) -> None:
    await commits.now()
    state.assigned = frozenset()
    await commits.now()
    state.assigned = frozenset({0})
    await commits.now()
    assert done == [{PLACE: 5}, {PLACE: 5}]


@pytest.mark.parametrize("error", [KafkaError(), TimeoutError(), RuntimeError()])
async def test_a_failure_is_counted_and_tried_again(
    state: WorkerState, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[Any] = []

    async def commit(positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        tries.append(positions)
        raise error

    commits = Commits(state, commit)
    await commits.now()
    await commits.now()
    assert tries == [{PLACE: 5}] * 2
    assert state.commit_failures == 2
    assert f"commit failed: {type(error).__name__}" in caplog.text


async def test_what_was_not_ours_to_commit_any_more_is_committed_when_it_is_again(
    state: WorkerState,
) -> None:
    tries: list[Any] = []

    async def commit(positions: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        tries.append(positions)
        return {} if len(tries) == 1 else positions

    commits = Commits(state, commit)
    for _ in range(3):
        await commits.now()
    assert tries == [{PLACE: 5}] * 2
