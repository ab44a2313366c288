"""What a publisher hands to Kafka's client, and what it says of what became of it."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.errors import KafkaTimeoutError
from kafka.future import Future
from kafka.partitioner.default import murmur2

from producers import publisher as module
from producers.measures.command import recorded
from producers.publisher import MAX_BYTES, MAX_EVENTS, Publisher, PublishError
from stack.ports import free_ports
from streams.domain.event_types import (
    CALL_PREFIX,
    CallData,
    CallEvent,
    MeasureData,
    QuestionData,
    QuestionEvent,
)
from streams.domain.events import decode, elements, encode

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


def event(number: int, municipality: str = "lulea", queue: str = "vaxel") -> CallEvent:
    at = NOON + timedelta(seconds=number)
    return CallEvent(
        id=f"e{number}",
        source="/test",
        type=f"{CALL_PREFIX}offered.v1",
        subject=f"c{number}",
        time=at,
        partitionkey=municipality,
        data=CallData(queue=queue, arrived_at=at),
    )


class Client:
    """Kafka's client, where it meets us: keeps what it is sent, and answers when told to."""

    def __init__(self, **config: Any) -> None:
        self.config = config
        self.topics = {"calls", "emails", "cases", "measures"}
        self.sent: list[tuple[bytes, bytes]] = []
        self.sent_to: list[str] = []
        self.futures: list[Any] = []

    def partitions_for(self, topic: str) -> set[int]:
        if topic not in self.topics:
            raise KafkaTimeoutError
        return {0}

    def send(self, topic: str, value: bytes, key: bytes) -> Any:
        self.sent_to.append(topic)
        self.sent.append((key, value))
        self.futures.append(Answer())
        return self.futures[-1]

    def close(self, timeout: float) -> None:
        pass


class Answer(Future):
    def get(self, timeout: float) -> Any:  # noqa: ARG002 # as Kafka's client names it
        if not self.is_done:
            raise KafkaTimeoutError
        if self.failed():
            raise self.exception
        return self.value


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()

    def make(**config: Any) -> Client:
        made.config = config
        return made

    monkeypatch.setattr(module, "KafkaProducer", make)
    return made


def test_the_client_is_told_to_lose_and_repeat_nothing(client: Client) -> None:
    Publisher("a:1,b:2", "calls")
    told = client.config
    assert told["bootstrap_servers"] == ["a:1", "b:2"]
    assert (told["acks"], told["enable_idempotence"]) == ("all", True)
    assert told["max_in_flight_requests_per_connection"] <= 5
    assert "retries" not in told  # the default: for ever, within the delivery timeout
    assert told["allow_auto_create_topics"] is False
    assert told["linger_ms"] <= 20


def test_a_single_event_is_a_message_of_its_own_keyed_by_municipality(client: Client) -> None:
    publisher = Publisher("a:1", "calls")
    publisher.publish(event(1, "luleå"))
    publisher.publish_many([event(2, "luleå")])
    assert client.sent == [
        ("luleå".encode(), encode(event(1, "luleå"))),
        ("luleå".encode(), encode(event(2, "luleå"))),
    ]


def test_an_event_of_another_kind_is_published_like_a_call(client: Client) -> None:
    data = MeasureData(measure="nojda", value=0.64, on=NOON.date(), document="SCB")
    measure = recorded("boden", data, NOON)
    Publisher("x:1", "measures").publish(measure)
    assert client.sent == [(b"boden", encode(measure))]


def test_many_events_are_arrays_of_one_municipality_each_in_order(client: Client) -> None:
    events = [event(n, random.Random(n).choice("abc")) for n in range(3000)]
    Publisher("a:1", "calls").publish_many(iter(events))
    got: dict[str, list[CallEvent]] = {"a": [], "b": [], "c": []}
    for key, value in client.sent:
        parts = [decode(raw) for raw in elements(value)]
        assert len(parts) <= MAX_EVENTS
        assert len(value) <= MAX_BYTES
        assert {part.partitionkey.encode() for part in parts} == {key}
        got[key.decode()] += parts  # type: ignore[arg-type]
    assert len(client.sent) < 15
    assert got == {key: [e for e in events if e.partitionkey == key] for key in "abc"}


def question(number: int, municipality: str = "lulea") -> QuestionEvent:
    at = NOON + timedelta(seconds=number)
    return QuestionEvent(
        id=f"q{number}",
        source="/test",
        type="se.svarsgrad.email.received.v1",
        subject=f"q{number}",
        time=at,
        partitionkey=municipality,
        data=QuestionData(queue="epost", received_at=at),
    )


def test_events_at_hand_are_arrays_of_one_topic_and_municipality_each(client: Client) -> None:
    events = [make(n, key) for n in range(40) for make in (event, question) for key in "ab"]
    publisher = Publisher("a:1", "calls", topics={"emails": "emails"})
    publisher.publish_many(events)
    assert sorted(zip(client.sent_to, (key for key, _ in client.sent), strict=True)) == [
        *(("calls", b"a"), ("calls", b"b"), ("emails", b"a"), ("emails", b"b")),
    ]
    for topic, (key, value) in zip(client.sent_to, client.sent, strict=True):
        form = QuestionEvent if topic == "emails" else CallEvent
        assert [decode(raw) for raw in elements(value)] == [
            e for e in events if isinstance(e, form) and e.partitionkey.encode() == key
        ]
    publisher.publish(question(41))
    assert client.sent_to[-1] == "emails"
    for future in client.futures:
        future.success(None)
    assert publisher.wait(0)
    assert publisher.published == publisher.delivered == 161


def test_a_topic_of_one_kind_that_is_missing_is_told_by_its_name(client: Client) -> None:
    with pytest.raises(PublishError, match="Ämnet presence finns inte"):
        Publisher("a:1", "calls", topics={"emails": "emails", "presence": "presence"})
    assert client.sent == []


def test_what_is_lost_is_told_with_all_topics(client: Client) -> None:
    publisher = Publisher("a:1", "calls", topics={"calls": "calls", "emails": "emails"})
    publisher.publish(question(1))
    client.futures[0].failure(KafkaTimeoutError())
    with pytest.raises(PublishError, match="fram till calls, emails på a:1"):
        publisher.flush()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 60_000)), max_size=12))
def test_no_message_is_larger_than_agreed(
    sizes: list[tuple[str, int]],
) -> None:
    made = Client()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KafkaProducer", lambda **_: made)
        events = [event(n, key, "q" * size) for n, (key, size) in enumerate(sizes)]
        Publisher("a:1", "calls").publish_many(events)
    values = [value for _, value in made.sent]
    assert all(len(value) <= MAX_BYTES for value in values)
    assert sum(len(elements(value)) for value in values) == len(events)


def test_what_is_delivered_is_counted_from_the_first_without_a_gap(client: Client) -> None:
    publisher = Publisher("a:1", "calls")
    for number in range(3):
        publisher.publish(event(number))
    client.futures[0].success(None)
    client.futures[2].success(None)
    assert publisher.wait(0) is False
    assert (publisher.published, publisher.delivered) == (3, 1)
    client.futures[1].success(None)
    assert publisher.wait(0) is True
    assert publisher.delivered == 3


def test_a_failed_delivery_is_told_by_flush_and_by_every_call_after_it(client: Client) -> None:
    publisher = Publisher("a:1", "calls")
    for number in range(3):
        publisher.publish(event(number))
    client.futures[0].success(None)
    client.futures[1].failure(KafkaTimeoutError())
    client.futures[2].success(None)
    with pytest.raises(PublishError, match=r"2 händelser .* calls på a:1") as caught:
        publisher.flush()
    assert "\n" not in str(caught.value)
    with pytest.raises(PublishError):
        publisher.publish(event(4))
    with pytest.raises(PublishError):
        publisher.flush()
    assert publisher.delivered == 1


def test_leaving_the_block_flushes_but_does_not_hide_another_error(client: Client) -> None:
    def fail(*, otherwise: bool) -> None:
        with Publisher("a:1", "calls") as publisher:
            publisher.publish(event(1))
            client.futures[-1].failure(KafkaTimeoutError())
            if otherwise:
                raise ZeroDivisionError

    with pytest.raises(PublishError):
        fail(otherwise=False)
    with pytest.raises(ZeroDivisionError):
        fail(otherwise=True)


def test_publishing_waits_when_too_much_is_undelivered(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 1000)
    publisher = Publisher("a:1", "calls")
    with pytest.raises(PublishError):  # the answer never comes
        publisher.publish_many(event(number, str(number)) for number in range(9))
    assert len(client.sent) < 6


@pytest.mark.leaves_sockets
def test_an_absent_broker_is_one_line_within_the_time_given() -> None:
    (port,) = free_ports(1)
    began = time.monotonic()
    with pytest.raises(PublishError, match=f"127.0.0.1:{port}: starta den") as caught:
        Publisher(f"127.0.0.1:{port}", "calls", patience_seconds=0.5)
    assert time.monotonic() - began < 5
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # org.apache.kafka.common.utils.UtilsTest.testMurmur2
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_client_places_keys_as_java_does(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected % 2**32


def test_what_is_delivered_makes_room_for_more(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_BYTES", 1000)
    publisher = Publisher("a:1", "calls")
    for number in range(20):  # far more than there is room for at once
        publisher.publish(event(number))
        client.futures[-1].success(None)
    assert publisher.wait(0)
    assert publisher.delivered == 20


def test_after_a_failure_nothing_more_reaches_the_client(client: Client) -> None:
    publisher = Publisher("a:1", "calls")
    publisher.publish(event(1))
    client.futures[0].failure(KafkaTimeoutError())
    with pytest.raises(PublishError):
        publisher.flush()
    with pytest.raises(PublishError):
        publisher.publish(event(2))
    assert len(client.sent) == 1
