"""What is written is there at once in a file, and comes to Kafka whole or is told."""

import sys
import time
import types
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from producers import following
from producers.simulator import outputs
from producers.simulator.outputs import MOST_GATHERED, PARTING_SECONDS, Outputs
from streams.domain.event_types import CALL_PREFIX
from streams.domain.events import CallData, CallEvent
from streams.kafka.security import PLAINTEXT

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


def event(number: int) -> CallEvent:
    at = NOON + timedelta(seconds=number)
    return CallEvent(
        id=f"e{number}",
        source="/test",
        type=f"{CALL_PREFIX}offered.v1",
        subject=f"c{number}",
        time=at,
        partitionkey="lulea",
        data=CallData(queue="vaxel", arrived_at=at),
    )


class PublishError(Exception):
    """As the publisher's own."""


class Publisher:
    """The publisher, where outputs meet it: keeps batches, delivers while there is a broker."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.waits: list[float] = []
        self.published = self.delivered = self.lost = 0
        self.is_up = True
        self.on_wait: Callable[[], None] = lambda: None

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(self, *_: object) -> None:
        self.batches.append(["closed"])

    def publish_many(self, events: list[CallEvent]) -> None:
        if events:
            self.batches.append([e.id for e in events])
        self.published += len(events)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.on_wait()
        if self.is_up:
            self.delivered = self.published - self.lost
        return self.delivered == self.published - self.lost

    def flush(self) -> None:
        self.wait(135)


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Publisher:
    made = Publisher()
    module = types.ModuleType("producers.publisher")
    module.Publisher = lambda *_, **__: made  # type: ignore[attr-defined]
    module.PublishError = PublishError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "producers.publisher", module)
    return made


def write_to_kafka(count: int, *, then: BaseException | None = None, flush_at: int = -1) -> None:
    """Write so many events, and perhaps be stopped then."""
    target = Outputs()
    with ExitStack() as stack:
        target.open_kafka("a:1", {"calls": "calls"}, stack)
        for number in range(count):
            target.write((0, event(number)))
            if number == flush_at:
                target.flush()
        if then is not None:
            raise then


def test_a_line_of_a_queue_log_is_in_the_file_at_once(tmp_path: Path) -> None:
    target, log = Outputs(), tmp_path / "queue_log"
    with ExitStack() as stack:
        target.open_queue_log(log, stack, append=False)
        for line in ("1|NONE|NONE|NONE|QUEUESTART|", "2|1.1|växel|NONE|ENTERQUEUE|||1"):
            target.write((0, line))
            assert log.read_text("utf-8").splitlines()[-1] == line


def test_kafka_is_told_the_topic_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    def connect(
        servers: str, topic: str, *, topics: dict[str, str], security: object
    ) -> Publisher:
        told.extend((servers, topic, topics, security))
        return Publisher()

    module = types.ModuleType("producers.publisher")
    module.Publisher = connect  # type: ignore[attr-defined]
    module.PublishError = PublishError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "producers.publisher", module)
    topics = {"emails": "svarsgrad.emails", "cases": "svarsgrad.cases"}
    with ExitStack() as stack:
        Outputs().open_kafka("a:1", topics, stack)
    assert told == ["a:1", "svarsgrad.emails", topics, PLAINTEXT], "no topic that nothing goes to"


def test_no_more_events_are_gathered_than_agreed(publisher: Publisher) -> None:
    write_to_kafka(2 * MOST_GATHERED + 1)
    assert [len(batch) for batch in publisher.batches] == [MOST_GATHERED, MOST_GATHERED, 1, 1]
    assert publisher.batches[-1] == ["closed"]


def test_what_is_gathered_is_sent_and_delivered_when_interrupted(publisher: Publisher) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_to_kafka(5, then=KeyboardInterrupt(), flush_at=2)
    assert publisher.batches == [["e0", "e1", "e2"], ["e3", "e4"], ["closed"]]
    assert publisher.delivered == 5


def test_it_parts_from_a_dead_broker_soon_and_tells_how_many_events_it_did_not_take(
    publisher: Publisher,
) -> None:
    publisher.is_up = False
    with pytest.raises(click.ClickException, match="Avbruten: 5 händelser hann inte levereras"):
        write_to_kafka(5, then=KeyboardInterrupt(), flush_at=2)
    assert publisher.waits == [PARTING_SECONDS]
    assert publisher.batches == [["e0", "e1", "e2"], ["closed"]]


def test_all_waits_at_parting_together_take_no_longer_than_agreed(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 100.0

    def pass_time() -> None:
        nonlocal clock
        clock += 3

    monkeypatch.setattr(time, "monotonic", lambda: clock)
    publisher.on_wait = pass_time
    with pytest.raises(KeyboardInterrupt):
        write_to_kafka(1, then=KeyboardInterrupt())
    assert publisher.waits == [PARTING_SECONDS, PARTING_SECONDS - 3]


def test_an_interruption_while_the_last_events_are_waited_for_is_a_parting_too(
    publisher: Publisher,
) -> None:
    publisher.is_up = False

    def interrupt() -> None:
        publisher.on_wait = lambda: None
        raise KeyboardInterrupt

    publisher.on_wait = interrupt
    with pytest.raises(click.ClickException, match="1 händelse hann inte"):
        write_to_kafka(1)
    assert publisher.waits == [135, PARTING_SECONDS]


def test_a_second_interruption_ends_the_parting_at_once(publisher: Publisher) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    publisher.on_wait = interrupt
    with pytest.raises(click.ClickException, match="3 händelser hann inte"):
        write_to_kafka(3, then=KeyboardInterrupt())


@pytest.mark.parametrize("is_up", [True, False])
def test_an_interruption_within_a_batch_sends_all_of_it_again_and_counts_none_twice(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, is_up: bool
) -> None:
    def publish_half(events: list[CallEvent]) -> None:
        monkeypatch.undo()
        publisher.published += len(events) // 2
        publisher.lost += 1  # interrupted between counting and sending
        raise KeyboardInterrupt

    monkeypatch.setattr(publisher, "publish_many", publish_half)
    publisher.is_up = is_up
    stopped = pytest.raises(KeyboardInterrupt if is_up else click.ClickException)
    with stopped as told:
        write_to_kafka(4, flush_at=3)
    if is_up:
        assert publisher.batches == [["e0", "e1", "e2", "e3"], ["closed"]]
    else:
        assert "4 händelser hann inte" in str(told.value)


def test_a_full_disk_does_not_keep_the_events_from_kafka(publisher: Publisher) -> None:
    with pytest.raises(click.ClickException, match="disken är full"):
        write_to_kafka(3, then=click.ClickException("disken är full"))
    assert publisher.delivered == 3


def test_it_parts_as_soon_as_the_follower() -> None:
    assert outputs.PARTING_SECONDS == following.PARTING_SECONDS
