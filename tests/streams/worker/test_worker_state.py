"""A worker is ready, a member, stuck or well: what it says of itself, at which moment."""

from datetime import UTC
from typing import Any

import pytest
from lines import Line

from streams.ledgers import Batch, Ledgers, Mark
from streams.worker.rejected import BOUND
from streams.worker.state import WorkerState

TOPIC = "calls"


class World:
    """A worker's parts, at a time of our choosing."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.ends: dict[tuple[str, int], int] = {}
        self.heard: float | None = None
        self.waiting: list[int] = []
        self.moved_at: float | None = None
        self.silent: set[int] = set()
        self.ledgers = Ledgers({"lulea": UTC}, 4)
        parts: Any = self
        self.state = WorkerState(
            ledgers=self.ledgers,
            recovery=parts,
            rejected=parts,
            topics=(TOPIC,),
            stuck_seconds=60,
            readable_end=lambda *place: self.ends.get(place),
            heard=lambda _, partition: 0 if partition in self.silent else self.now,
            last_heartbeat=lambda: self.heard,
            session_seconds=6,
            clock=lambda: self.now,
        )

    def __len__(self) -> int:  # of the rejected publisher: how many wait
        return len(self.waiting)

    def why_full(self) -> str:
        return "it is full"

    def give(self, *partitions: int, filled: bool = True, position: int = 0) -> None:
        self.state.assigned = frozenset(partitions)
        self.heard = self.now
        for partition in partitions:
            ledger = self.ledgers.open(partition, {TOPIC: position})
            if filled:
                self.ledgers.mark_ready(partition, ledger)

    def go_on(self, seconds: int, heard: bool = True) -> dict[str, str]:
        """Let time pass, and ask for the health each second, as the watchdog does."""
        problems: dict[str, str] = {}
        for _ in range(seconds):
            self.now += 1
            self.heard = self.now if heard else self.heard
            problems = self.state.health()
        return problems


@pytest.fixture
def world() -> World:
    return World()


def test_before_the_first_assignment_a_worker_is_not_ready(world: World) -> None:
    assert "assignment" in world.state.readiness()
    assert world.state.places() == []


def test_an_empty_assignment_is_not_ready(world: World) -> None:
    world.give()
    assert "empty" in world.state.readiness()["assignment"]


def test_a_worker_is_ready_when_all_its_ledgers_are_filled(world: World) -> None:
    world.give(0, 2)
    assert world.state.readiness() == {}
    assert world.state.is_ready()
    assert world.state.places() == [(TOPIC, 0), (TOPIC, 2)]
    world.ledgers.open(2, {})
    assert world.state.readiness() == {"recovery": "filling partitions 2"}


def test_a_worker_that_the_group_has_not_heard_for_a_session_is_no_member(world: World) -> None:
    world.give(0)
    world.now += 5.9
    assert world.state.is_member()
    world.now += 0.1
    assert not world.state.is_member()
    assert "group" in world.state.readiness()


def test_a_worker_that_has_been_put_out_of_the_group_is_no_member(world: World) -> None:
    world.give(0)
    world.heard = None
    assert not world.state.is_member()


def test_a_worker_that_is_leaving_is_no_member_and_not_ready(world: World) -> None:
    world.give(0)
    world.state.is_leaving = True
    assert not world.state.is_member()
    assert "stopped" in world.state.readiness()["group"]


def test_lag_is_what_can_be_read_and_is_not_folded(world: World) -> None:
    world.give(0, position=5)
    assert world.state.lag(TOPIC, 0) is None, "not heard from the broker yet"
    world.ends = {(TOPIC, 0): 9, (TOPIC, 1): 9}
    assert world.state.lag(TOPIC, 0) == 4
    assert world.state.lag(TOPIC, 1) is None, "not ours"
    world.ends[TOPIC, 0] = 3
    assert world.state.lag(TOPIC, 0) == 0, "what we heard last is older than the position"


def test_lag_without_progress_is_stuck_after_a_while(world: World) -> None:
    world.give(0, 1)
    world.ends = {(TOPIC, 0): 1, (TOPIC, 1): 0}
    assert world.go_on(60) == {}
    assert world.go_on(2) == {"stuck": "lag, but no progress: calls-0"}


def test_a_log_that_lost_its_broker_does_not_end_a_worker_that_follows_the_others(
    world: World,
) -> None:
    world.give(0, 1)
    world.ends = {(TOPIC, 1): 7}
    world.silent = {1}
    assert world.go_on(600) == {}
    world.silent = {0, 1}
    assert world.go_on(64) == {"stuck": "lag, but no progress: calls-1"}, "it reads nothing"


def test_progress_or_no_lag_is_not_stuck(world: World) -> None:
    world.give(0)
    world.ends = {(TOPIC, 0): 10}
    world.go_on(59)
    world.ledgers.owned()[0].positions[TOPIC] = 9
    assert world.go_on(59) == {}
    world.ledgers.owned()[0].positions[TOPIC] = 10
    assert world.go_on(300) == {}
    world.ends[TOPIC, 0] = 11
    assert world.go_on(59) == {}, "counted from when there was lag"


def test_a_partition_that_is_being_filled_is_not_stuck(world: World) -> None:
    world.give(0, filled=False)
    world.ends = {(TOPIC, 0): 10}
    assert world.go_on(300) == {}


def test_a_partition_that_was_given_back_and_came_again_starts_from_new(world: World) -> None:
    world.give(0)
    world.ends = {(TOPIC, 0): 1}
    world.go_on(50)
    world.give(1)
    world.go_on(1)
    world.give(0)
    assert world.go_on(30) == {}


def test_a_broker_that_is_away_is_no_reason_to_end(world: World) -> None:
    world.give(0)
    world.ends = {(TOPIC, 0): 10}
    assert world.go_on(600, heard=False) == {}


def test_a_rejected_topic_that_is_away_is_no_reason_to_end(world: World) -> None:
    world.give(0)
    world.ends = {(TOPIC, 0): 10}
    world.moved_at = world.now
    world.waiting = [0] * BOUND
    assert world.go_on(600) == {}


def test_a_recovery_without_progress_is_a_reason_to_end(world: World) -> None:
    world.give(0, filled=False)
    world.moved_at = world.now
    assert world.go_on(60) == {}
    assert world.go_on(1) == {"recovery": "no progress"}
    world.moved_at = None
    assert world.go_on(1) == {}


def test_a_consumer_thread_that_does_not_answer_is_a_reason_to_end(world: World) -> None:
    assert world.go_on(100) == {}, "not started yet"
    world.state.answered_at = world.now
    assert world.go_on(60) == {}
    assert world.go_on(1) == {"consumer": "its thread does not answer"}


def test_a_partition_whose_log_is_not_heard_from_is_not_shown_and_not_ready(world: World) -> None:
    world.give(0, 1)
    world.silent = {1}
    assert world.go_on(15) == {}
    assert world.state.shows(0)
    assert world.state.shows(1), "for a while it may be chance"
    assert world.go_on(2) == {}, "a new process could do no more"
    assert world.state.shows(0)
    assert not world.state.shows(1)
    assert world.state.readiness() == {"log": "not heard from: partitions 1"}
    world.silent = set()
    world.go_on(1)
    assert world.state.shows(1)
    assert world.state.is_ready()


def test_what_was_last_of_a_log_before_it_was_away_is_remembered(world: World) -> None:
    world.give(0)

    def read(offset: int) -> Mark:
        line = Line(offset, b"x")
        epoch = world.ledgers.epoch(0)
        world.ledgers.fold(Batch(TOPIC, 0, epoch, offset, offset + 1, [line]))
        return Mark.of(line)

    first = read(0)
    read(1)
    world.go_on(9)
    assert world.ledgers.anchors(TOPIC, 0) == (first,)
    before = read(2)
    world.go_on(1)
    world.silent = {0}
    world.go_on(2)
    world.silent = set()
    read(3)
    world.go_on(9)
    assert world.ledgers.anchors(TOPIC, 0) == (first, before)


def test_a_partition_that_stood_still_is_not_shown_until_it_is_at_the_end_of_its_log(
    world: World,
) -> None:
    world.give(0, 1, position=5)
    world.ends = {(TOPIC, 0): 5, (TOPIC, 1): 9}
    world.state.must_catch_up([0, 1])
    assert world.state.shows(0)
    assert not world.state.shows(1)
    assert world.state.readiness() == {"log": "catching up: partitions 1"}
    world.ledgers.owned()[1].advance(TOPIC, 9)
    assert world.state.shows(1)
    world.ends[TOPIC, 1] = 10
    assert world.state.shows(1), "it follows again, as closely as it can"


def test_where_the_log_ends_must_be_heard_before_what_stood_still_is_shown(world: World) -> None:
    world.give(0, position=5)
    world.state.must_catch_up([0])
    assert not world.state.shows(0)
    world.ends[TOPIC, 0] = 5
    assert world.state.shows(0)


def test_a_partition_that_lags_behind_for_a_while_is_not_shown(world: World) -> None:
    world.give(0, 1, position=5)
    world.ends = {(TOPIC, 0): 5, (TOPIC, 1): 5}
    world.go_on(1)
    world.ends = {(TOPIC, 0): 9, (TOPIC, 1): 9}
    ledger = world.ledgers.owned()[1]
    for _ in range(20):  # one that always has more to read, but reaches what there was
        world.go_on(1)
        ledger.advance(TOPIC, world.ends[TOPIC, 1])
        world.ends[TOPIC, 1] += 3
    assert not world.state.shows(0)
    assert world.state.shows(1)
    assert world.state.readiness() == {"log": "catching up: partitions 0"}
    assert world.go_on(1) == {}, "not stuck yet"
    world.ledgers.owned()[0].advance(TOPIC, 9)
    assert world.state.shows(0)


def test_a_lag_is_shown_for_as_long_as_it_may_be_chance(world: World) -> None:
    world.give(0, position=5)
    world.ends = {(TOPIC, 0): 6}
    world.go_on(15)
    assert world.state.shows(0)
    world.go_on(2)
    assert not world.state.shows(0)


def test_while_folding_waits_for_the_rejected_topic_nothing_is_shown_after_a_while(
    world: World,
) -> None:
    world.give(0)
    world.waiting = list(range(BOUND))
    world.go_on(15)
    assert world.state.shows(0)
    world.go_on(2)
    assert not world.state.shows(0)
    assert world.state.readiness() == {"rejected": "folding waits: it is full"}
    world.waiting.clear()
    world.go_on(1)
    assert world.state.shows(0)
    assert world.state.is_ready()


def test_a_partition_that_is_filled_late_is_not_silent_for_the_time_it_took(world: World) -> None:
    world.give(0, filled=False)
    world.silent = {0}
    world.go_on(100)
    ledger = world.ledgers.owned()[0]
    world.ledgers.mark_ready(0, ledger)
    assert world.state.shows(0)


def test_what_is_no_members_is_not_shown(world: World) -> None:
    world.give(0)
    assert world.state.shows(0)
    world.go_on(7, heard=False)
    assert not world.state.shows(0)
