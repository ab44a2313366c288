"""What is on its way to Kafka: shared, bounded, and known to be safe or not."""

import asyncio
import json

import pytest

from producers.intake import outbox
from producers.intake.limits import MAX_EVENTS
from producers.intake.outbox import Outbox, UndeliveredError

PLACE = ("samtal", "lulea")
OTHER = ("arenden", "lulea")


class Kafka:
    """What is sent, and whether it is acknowledged yet; or refused."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[int]]] = []
        self.may_answer = asyncio.Event()
        self.failure: Exception | None = None

    async def send(self, topic: str, _municipality: str, value: bytes) -> None:
        said = json.loads(value)
        self.sent.append((topic, said if isinstance(said, list) else [said]))
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure


class Site:
    def __init__(self) -> None:
        self.kafka = Kafka()
        self.failures: list[Exception] = []
        self.outbox = Outbox(self.kafka.send, self.failures.append)
        self.tasks: list[asyncio.Task[None]] = []

    async def give(self, *numbers: int, place: tuple[str, str] = PLACE) -> asyncio.Task[None]:
        values = [str(number).encode() for number in numbers]
        task = asyncio.create_task(self.outbox.deliver({place: values}))
        self.tasks.append(task)
        for _ in range(3):
            await asyncio.sleep(0)
        return task


@pytest.fixture
async def site() -> Site:
    return Site()


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "DELIVERY_SECONDS", 0.3)
    monkeypatch.setattr(outbox, "STALLED_SECONDS", 0.1)


async def test_an_event_goes_at_once_and_what_comes_meanwhile_goes_together(site: Site) -> None:
    for numbers in ([1], [2], [3, 4], [5]):
        await site.give(*numbers)
    assert site.kafka.sent == [("samtal", [1])]
    site.kafka.may_answer.set()
    await asyncio.gather(*site.tasks)
    assert site.kafka.sent == [("samtal", [1]), ("samtal", [2, 3, 4, 5])]
    assert site.outbox.held_bytes == 0


async def test_nobody_is_told_before_kafka_has_acknowledged(site: Site) -> None:
    first, second = await site.give(1), await site.give(2)
    assert not first.done()
    site.kafka.may_answer.set()
    await asyncio.gather(first, second)


async def test_another_place_does_not_wait(site: Site) -> None:
    await site.give(1)
    await site.give(2, place=OTHER)
    assert [topic for topic, _ in site.kafka.sent] == ["samtal", "arenden"]
    site.kafka.may_answer.set()
    await asyncio.gather(*site.tasks)


async def test_a_request_is_never_divided_and_a_message_has_no_more_than_it_may(
    site: Site,
) -> None:
    await site.give(0)
    for start in (1, 301, 601):
        await site.give(*range(start, start + 300))
    site.kafka.may_answer.set()
    await asyncio.gather(*site.tasks)
    assert [len(said) for _, said in site.kafka.sent] == [1, 300, 300, 300]
    assert all(len(said) <= MAX_EVENTS for _, said in site.kafka.sent)


async def test_what_fails_is_told_to_all_who_wait_and_the_next_is_tried_anew(site: Site) -> None:
    tasks = [await site.give(1), await site.give(2)]
    site.kafka.failure = OSError("borta")
    site.kafka.may_answer.set()
    for task in tasks:
        with pytest.raises(UndeliveredError):
            await task
    assert site.failures == [site.kafka.failure]
    assert site.outbox.is_failing
    assert site.outbox.held_bytes == 0
    site.kafka.failure = None
    await (await site.give(3))
    assert not site.outbox.is_failing


@pytest.mark.usefixtures("_quick")
async def test_when_kafka_is_silent_new_ones_are_turned_away_until_it_has_been_given_up(
    site: Site,
) -> None:
    first = await site.give(1)
    await asyncio.sleep(0.15)
    assert site.outbox.is_stalled
    turned_away = await site.give(2)
    assert turned_away.done()
    for task in (turned_away, first):
        with pytest.raises(UndeliveredError):
            await task
    assert isinstance(site.failures[0], TimeoutError)
    assert not site.outbox.is_stalled
    site.kafka.may_answer.set()
    await (await site.give(3))


async def test_no_more_is_held_than_may_be(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_HELD_BYTES", 10)
    await site.give(1234)
    with pytest.raises(UndeliveredError):
        await (await site.give(12345))
    site.kafka.may_answer.set()
    await site.tasks[0]
    await (await site.give(12345))


async def test_at_the_end_what_is_on_its_way_is_waited_for_and_then_given_up(site: Site) -> None:
    first, second = await site.give(1), await site.give(2)
    await site.outbox.close(0.05)
    for task in (first, second):
        with pytest.raises(UndeliveredError):
            await task
    assert site.outbox.held_bytes == 0


async def test_a_request_that_is_cancelled_leaves_the_others_that_share_its_message(
    site: Site,
) -> None:
    await site.give(0)
    gone, stays = await site.give(1), await site.give(2)
    gone.cancel()
    await asyncio.sleep(0)
    site.kafka.may_answer.set()
    await stays
    assert site.kafka.sent[-1] == ("samtal", [1, 2])
    assert site.outbox.held_bytes == 0
