"""Events published to a real broker are there once each, in order, where Java would put them."""

import contextlib
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from producers.publisher import Publisher, PublishError
from producers.queue_log import bookmark
from producers.queue_log.command import command
from producers.sinks import KafkaSink
from stack.broker import Broker
from stack.ports import free_ports
from streams.domain.event_types import CALL_PREFIX, topic_of
from streams.domain.events import CallData, CallEvent, decode, elements

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
PARTITIONS = 8
SAMPLE = Path(__file__).parents[2] / "examples" / "queue_log"

pytestmark = pytest.mark.leaves_sockets


def event(number: int, municipality: str = "lulea") -> CallEvent:
    at = NOON + timedelta(seconds=number)
    return CallEvent(
        id=f"{municipality}-{number}",
        source="/test",
        type=f"{CALL_PREFIX}offered.v1",
        subject=f"c{number}",
        time=at,
        partitionkey=municipality,
        data=CallData(queue="vaxel", arrived_at=at),
    )


def new_topic(broker: Broker) -> str:
    """A topic of calls, and beside it one of presence."""
    prefix = uuid.uuid4().hex[:8]
    made = {"num_partitions": PARTITIONS, "replication_factor": 1}
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    admin.create_topics({f"{prefix}.calls": made, f"{prefix}.presence": made})
    admin.close()
    return f"{prefix}.calls"


@pytest.fixture
def topic(broker: Broker) -> str:
    return new_topic(broker)


def messages(broker: Broker, topic: str) -> Iterator[tuple[int, str, list[CallEvent]]]:
    """Yield (partition, key, events) of every message, in order within a partition."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap_servers)
    with contextlib.closing(consumer):
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for partition, records in consumer.poll(timeout_ms=200).items():
                for record in records:
                    events = [decode(raw) for raw in elements(record.value)]
                    yield partition.partition, record.key.decode(), events  # type: ignore[misc]


def java_partition(key: bytes) -> int:
    """org.apache.kafka.common.utils.Utils.murmur2, written from its source once more."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = h * m & mask ^ k
    if rest := key[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % PARTITIONS


def test_each_event_is_there_once_in_order_where_java_puts_its_municipality(
    broker: Broker, topic: str
) -> None:
    names = [f"kommun-{number}" for number in range(20)] + ["luleå"]
    events = [event(number, names[number % len(names)]) for number in range(6000)]
    with Publisher(broker.bootstrap_servers, topic) as publisher:
        publisher.publish_many(events[:3000])
        for one in events[3000:3500]:
            publisher.publish(one)
        publisher.publish_many(events[3500:])
    assert publisher.delivered == 6000
    got: dict[str, list[CallEvent]] = {name: [] for name in names}
    sizes: Counter[int] = Counter()
    for partition, key, found in messages(broker, topic):
        assert partition == java_partition(key.encode())
        got[key] += found
        sizes[len(found)] += 1
    assert got == {name: [e for e in events if e.partitionkey == name] for name in names}
    assert sizes[1] == 500
    assert sum(sizes.values()) == 500 + 2 * len(names)


def test_a_missing_topic_says_which_command_makes_it(broker: Broker) -> None:
    with pytest.raises(PublishError, match="svarsgrad topics") as caught:
        Publisher(broker.bootstrap_servers, "no-such-topic")
    assert "no-such-topic" in str(caught.value)


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of our own, to stop and kill."""
    with Broker(tmp_path_factory.mktemp("own-kafka"), *free_ports(2)) as running:
        yield running


def test_what_was_published_while_the_broker_was_away_arrives_when_it_is_back(
    own_broker: Broker,
) -> None:
    topic = new_topic(own_broker)
    with Publisher(own_broker.bootstrap_servers, topic) as publisher:
        number = 0
        for leave in (own_broker.stop, own_broker.kill):
            for _ in range(200):
                publisher.publish(event(number := number + 1))
            leave()
            for _ in range(200):
                publisher.publish(event(number := number + 1))
            assert not publisher.wait(0.2)
            own_broker.start()
        publisher.publish(event(number := number + 1))
    ids = [one.id for _, _, events in messages(own_broker, topic) for one in events]
    assert ids == [event(n).id for n in range(1, 802)]


def test_a_followers_sink_outlives_a_broker_that_is_away_for_longer_than_a_delivery(
    own_broker: Broker,
) -> None:
    topic = new_topic(own_broker)
    made = 0

    def connect(seconds: float) -> Publisher:
        nonlocal made
        made += 1
        return Publisher(
            own_broker.bootstrap_servers, topic, patience_seconds=seconds, delivery_seconds=1
        )

    sink = KafkaSink(connect)
    sink.send([event(1), event(2)])
    assert sink.wait(10)
    own_broker.stop()
    sink.send([event(3), event(4)])
    assert not any(sink.wait(0.5) for _ in range(6)), "longer than its delivery timeout"
    sink.send([event(5)])
    own_broker.start()
    assert any(sink.wait(1) for _ in range(20))
    assert made > 1
    sink.send([event(6)])
    assert sink.wait(10)
    sink.close()
    found = [one.id for _, _, events in messages(own_broker, topic) for one in events]
    assert list(dict.fromkeys(found)) == [event(n).id for n in range(1, 7)]


def test_a_broker_that_stays_away_is_told_and_the_publisher_lets_go(own_broker: Broker) -> None:
    topic = new_topic(own_broker)
    publisher = Publisher(own_broker.bootstrap_servers, topic, delivery_seconds=1)
    publisher.publish(event(1))
    publisher.flush()
    own_broker.stop()
    publisher.publish_many([event(2), event(3)])
    with pytest.raises(PublishError, match="2 händelser"):
        publisher.flush()
    publisher.close()
    assert publisher.delivered == 1


def test_a_followed_queue_log_is_in_the_topics_and_its_place_in_the_state(
    broker: Broker, topic: str, tmp_path: Path
) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(SAMPLE.read_bytes())
    arguments = [str(log), "--municipality", "lulea", "--once"]
    prefix = topic.removesuffix(".calls")
    arguments += ["--kafka", broker.bootstrap_servers, "--topics", prefix]
    for _ in range(2):  # the second time there is nothing new
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 0, result.output
    for name, many in {topic: 52, f"{prefix}.presence": 5}.items():
        found = [one for _, _, events in messages(broker, name) for one in events]
        assert len(found) == len({one.id for one in found}) == many
        assert all(f"{prefix}.{topic_of(one)}" == name for one in found)
    mark = bookmark.load(tmp_path / ".svarsgrad-queue_log.state", "/queue_log/lulea")
    assert mark is not None
    assert mark.position.offset == len(SAMPLE.read_bytes())
