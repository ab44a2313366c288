"""Bad input on a real broker: each gets its reason, the worker goes on, nothing leaks.

One worker meets every kind of bad input among good events. It is killed and started again, and
another one starts when all is in the log already.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from catalogues import catalogue
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from poison import PERSON, traces_of
from prometheus_client.parser import text_string_to_metric_families

from stack.broker import Broker
from stack.loopback import answers_ok, request
from stack.own import Worker
from stack.ports import free_ports
from streams.domain.catalogue import UNKNOWN_QUEUE
from streams.domain.event_types import CALL_PREFIX
from streams.domain.events import REASONS
from streams.domain.ledger import SKEW_COUNTED, SKEW_REFUSED
from streams.domain.masking import mask
from streams.kafka.administration import connect, create
from streams.kafka.topics import Topic, wanted
from streams.ledgers import partition_of
from streams.replay.topic_log import read_topic

PARTITIONS = 3
CALLS, REJECTED, COLD = "bad.calls", "bad.rejected", "bad.rejected.cold"
MUNICIPALITIES = ("lulea", "boden", "pitea")
CODECS = ("gzip", "snappy", "lz4", "zstd")
TEN_MEGABYTES = 10_000_000


@cache
def arrival() -> datetime:
    """When all calls came: two minutes before the first question."""
    return datetime.now(UTC) - timedelta(minutes=2)


def event(
    what: str = "offered", subject: str = PERSON, queue: object = "vaxel", **changed: Any
) -> dict[str, Any]:
    """An event of a call as data; what is ``...`` is left out."""
    at = arrival() + timedelta(seconds=0 if what == "offered" else 10)
    made = {
        "specversion": "1.0",
        "id": f"{subject}-{what}",
        "source": "/prov",
        "type": f"{CALL_PREFIX}{what}.v1",
        "subject": subject,
        "time": at.isoformat(),
        "partitionkey": "lulea",
        "data": {"queue": queue, "arrived_at": arrival().isoformat()},
    } | changed
    return {key: value for key, value in made.items() if value is not ...}


def as_json(**changed: Any) -> bytes:
    return json.dumps(event(**changed), ensure_ascii=False).encode()


def instant(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def bad_input() -> dict[str, tuple[str, bytes | None]]:
    """Every kind of bad input: name → its reason, and the message."""
    whole = as_json()
    person = json.dumps(PERSON).encode()
    return {
        "text": ("not_json", PERSON.encode()),
        "a question": (
            "wrong_topic",
            whole.replace(b"call.offered", b"email.received").replace(
                b"arrived_at", b"received_at"
            ),
        ),
        "nothing": ("not_json", b""),
        "not UTF-8": ("not_json", b'{"subject":"\xff\xfe"}' + person),
        "half an event": ("not_json", whole[: len(whole) // 2]),
        "NaN": ("not_json", whole.replace(b'"vaxel"', b"NaN")),
        "NaN where nobody looks": ("not_json", whole[:-1] + b',"spare":NaN}'),
        "deep array": ("not_json", b"[" * 50_000 + person + b"]" * 50_000),
        "deep object": ("not_json", whole[:-1] + b',"x":' + b'{"a":' * 900 + b"1" + b"}" * 901),
        "a number": ("invalid", b"84650041708"),
        "a string": ("invalid", person),
        "an empty object": ("invalid", b"{}"),
        "wrong type": ("invalid", as_json(queue=[PERSON])),
        "a value in the place of the version": (
            "invalid",
            as_json(specversion="2.0 - at `$.08-465 004 17"),
        ),
        "missing field": ("invalid", as_json(partitionkey=...)),
        "missing data": ("invalid", as_json(data=...)),
        "wrong zone": ("invalid", as_json(time=datetime.now(UTC).isoformat()[:19])),
        "no such day": ("invalid", as_json(time="2026-02-30T10:00:00Z")),
        "too long": ("invalid", as_json(subject=PERSON * 10)),
        "duplicate keys": (
            "duplicate_keys",
            whole.replace(b'"queue"', b'"queue" :"kundtjanst-skola","queue"'),
        ),
        "of a version to come": ("newer_version", as_json(type="se.svarsgrad.call.offered.v2")),
        "before arrival": ("before_arrival", as_json(time=instant(minutes=-3))),
        "far future": ("from_the_future", as_json(time=instant(hours=2))),
        "unknown municipality": ("unknown_municipality", as_json(partitionkey=PERSON)),
        "10 MB": ("too_large", b'{"subject":' + person.ljust(TEN_MEGABYTES, b"1") + b"}"),
        "bytes as an array of numbers": ("too_many", b"[" + b"48," * 300_000 + b"48]"),
        "tombstone": ("no_value", None),
    }


@dataclass
class Sent:
    """What has been published, and what must become of it."""

    reasons: dict[str, str] = field(default_factory=dict)
    """Key in the rejected topic → reason."""
    values: dict[str, bytes | None] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    """Events by result."""
    arrived: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls by municipality and queue."""

    def good(self, municipality: str = "lulea", queue: str = "vaxel", facts: int = 1) -> None:
        self.events["folded"] += facts
        self.arrived[municipality, queue] += 1

    def bad(self, at: Any, reason: str, value: bytes | None, index: int = 0) -> None:
        key = f"{at.topic}-{at.partition}-{at.offset}-{index}"
        self.reasons[key], self.values[key] = reason, value
        self.events["rejected"] += 1


def publish_all(servers: str) -> Sent:
    return asyncio.run(_publish_all(servers))


async def _publish_all(servers: str) -> Sent:
    sent = Sent()
    async with AIOKafkaProducer(
        bootstrap_servers=servers, max_request_size=2 * TEN_MEGABYTES, request_timeout_ms=30_000
    ) as producer:

        async def send(value: bytes | None, partition: int | None = None) -> Any:
            lulea = partition_of("lulea", PARTITIONS)
            return await producer.send_and_wait(
                CALLS,
                value,
                key=PERSON.encode(),
                partition=lulea if partition is None else partition,
                headers=[("caller", PERSON.encode())],
            )

        for n, (name, (reason, value)) in enumerate(bad_input().items()):
            subject = f"efter {name}"
            # Its skew is looked at where the event belongs; what is no event may be anywhere.
            anywhere = None if reason == "from_the_future" else n % PARTITIONS
            sent.bad(await send(value, anywhere), reason, value)
            municipality = MUNICIPALITIES[n % len(MUNICIPALITIES)]
            for what in ("offered", "answered"):
                good = as_json(what=what, subject=subject, partitionkey=municipality)
                await send(good, partition_of(municipality, PARTITIONS))
            sent.good(municipality, facts=2)
        await _odd_but_right(send, sent)
        elsewhere = as_json()
        at = await send(elsewhere, (partition_of("lulea", PARTITIONS) + 1) % PARTITIONS)
        sent.bad(at, "misplaced", elsewhere)
        broken = as_json(queue=None)
        array = [as_json(subject="först"), broken, b"7", as_json(subject="sist")]
        at = await send(b"[" + b", ".join(array) + b"]")
        sent.bad(at, "invalid", broken, index=1)
        sent.bad(at, "invalid", b"7", index=2)
        sent.good()
        sent.good()
    for codec in CODECS:
        await _compressed(servers, codec, sent)
    await _in_transactions(servers, sent)
    return sent


async def _odd_but_right(send: Callable[..., Any], sent: Sent) -> None:
    """What is unusual, and no fault: counted as what it is."""
    await send(as_json(type="se.svarsgrad.call.whispered.v1", queue=PERSON))
    sent.events["skipped"] += 1
    await send(as_json(subject="okänd", queue="finns-inte"))
    sent.good(queue=UNKNOWN_QUEUE)
    old = (datetime.now(UTC) - timedelta(days=4)).isoformat()
    await send(as_json(subject="gammal", time=old, data={"queue": "vaxel", "arrived_at": old}))
    sent.events["expired"] += 1
    ahead = SKEW_COUNTED / 1e6 + 60
    assert ahead < SKEW_REFUSED / 1e6
    await send(as_json(what="answered", subject="snart", time=instant(seconds=ahead)))
    sent.good()  # it has arrived; its answer lies ahead
    await send(b"[]")


async def _compressed(servers: str, codec: str, sent: Sent) -> None:
    """One record batch in a codec: good events around a bad one."""
    broken = as_json(id=7)
    async with AIOKafkaProducer(bootstrap_servers=servers, compression_type=codec) as producer:
        batch = producer.create_batch()
        for n in range(20):
            good = as_json(subject=f"{codec} {n}", partitionkey="boden")
            assert batch.append(key=None, value=broken if n == 7 else good, timestamp=None)
        batch.close()
        partition = partition_of("boden", PARTITIONS)
        at = await (await producer.send_batch(batch, CALLS, partition=partition))
        sent.bad(at._replace(offset=at.offset + 7), "invalid", broken)
        for _ in range(19):
            sent.good("boden")


async def _in_transactions(servers: str, sent: Sent) -> None:
    """A good and a bad event that are committed, and as many that are not."""
    partition = partition_of("pitea", PARTITIONS)
    async with AIOKafkaProducer(
        bootstrap_servers=servers, transactional_id="bad-input", request_timeout_ms=30_000
    ) as producer:
        for fate in ("committed", "aborted", "committed", "aborted"):
            await producer.begin_transaction()
            good = as_json(subject=f"{fate} {monotonic()}", partitionkey="pitea")
            broken = as_json(partitionkey=7)
            await producer.send_and_wait(CALLS, good, partition=partition)
            at = await producer.send_and_wait(CALLS, broken, partition=partition)
            if fate == "committed":
                await producer.commit_transaction()
                sent.good("pitea")
                sent.bad(at, "invalid", broken)
            else:
                await producer.abort_transaction()


# What a worker says.


class Metrics:
    """One scrape: samples by name and labels."""

    def __init__(self, port: int) -> None:
        status, body = request(port, "GET", "/metrics")
        assert status == 200
        self.samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
        ]

    def sum(self, name: str, **labels: str) -> float:
        return sum(
            value
            for of_name, found, value in self.samples
            if of_name == f"svarsgrad_{name}" and labels.items() <= found.items()
        )

    def of_the_process(self) -> dict[str, float]:
        """What to show when something is not as it should be."""
        return {
            " ".join([name, *labels.values()]): value
            for name, labels, value in self.samples
            if "municipality" not in labels and value
        }

    def by(self, label: str, name: str) -> dict[str, float]:
        return {
            found[label]: value
            for of_name, found, value in self.samples
            if of_name == f"svarsgrad_{name}" and value
        }


def eventually(worker: Worker, is_so: Callable[[Metrics], bool], seconds: float = 30) -> Metrics:
    """The first scrape of which it is so; the worker must be ready the whole time."""
    deadline = monotonic() + seconds
    while True:
        assert answers_ok(worker.port, "/readyz")
        metrics = Metrics(worker.port)
        if is_so(metrics):
            return metrics
        assert monotonic() < deadline, str(metrics.of_the_process())
        sleep(0.1)


def published(broker: Broker, topic: str) -> list[tuple[str, bytes]]:
    """All that is in a rejected topic, repeats too."""
    return [
        (record.key.decode(), record.value)
        for log in read_topic(broker.bootstrap_servers, topic)
        for record in log.records
    ]


@contextmanager
def admin_of(broker: Broker) -> Iterator[KafkaAdminClient]:
    admin = connect(broker.bootstrap_servers)
    try:
        yield admin
    finally:
        admin.close()


def committed(admin: KafkaAdminClient, group: str) -> dict[int, int]:
    """What a group has committed of the topic of calls, by partition."""
    found = admin.list_group_offsets([group])[group]
    return {tp.partition: at.offset for tp, at in found.items() if tp.topic.endswith("calls")}


def worker_on(broker: Broker, directory: Path, group: str, calls: str, rejected: str) -> Worker:
    directory.mkdir(exist_ok=True)
    file = directory / "katalog.yaml"
    file.write_text(catalogue(MUNICIPALITIES, "Europe/Stockholm"), encoding="utf-8")
    (port,) = free_ports(1)
    return Worker(
        directory,
        port,
        broker.bootstrap_servers,
        file,
        environment={
            "SVARSGRAD_GROUP": group,
            "SVARSGRAD_TOPICS": calls.removesuffix(".calls"),
            "SVARSGRAD_REJECTED_TOPIC": rejected,
            "SVARSGRAD_LOG_FORMAT": "json",
        },
    )


# One worker meets it all, is killed, and comes back; another one comes late.


@dataclass
class Story:
    """What was published, and what was seen of it at each stage."""

    sent: Sent
    live: Metrics
    live_rejected: list[tuple[str, bytes]]
    committed: dict[int, int]
    again: Metrics
    again_rejected: list[tuple[str, bytes]]
    cold: Metrics
    cold_rejected: list[tuple[str, bytes]]
    consoles: list[str]


@pytest.fixture(scope="module")
def story(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Story:
    directory = tmp_path_factory.mktemp("bad")
    with admin_of(broker) as admin:
        topics = wanted("bad", PARTITIONS, 1)
        create(admin, [*topics, Topic(COLD, PARTITIONS, 1, 30, "compact,delete")])
        allow_large(admin, CALLS)
        with worker_on(broker, directory / "live", "bad", CALLS, REJECTED) as worker:
            sent = publish_all(broker.bootstrap_servers)
            read = sum(sent.events.values())
            live = eventually(worker, lambda m: m.sum("events_total") >= read and all_is_told(m))
            ends = {p: int(live.sum("ledger_next_offset", partition=str(p))) for p in range(3)}
            eventually(worker, lambda _: committed(admin, "bad") == ends)
            live_rejected = published(broker, REJECTED)
            consoles = [worker.console.read_text()]
            worker.kill()
        late = worker_on(broker, directory / "cold", "bad-cold", CALLS, COLD)
        with worker_on(broker, directory / "live", "bad", CALLS, REJECTED) as worker, late:
            again, cold = (eventually(w, all_is_told) for w in (worker, late))
            consoles += [w.console.read_text() for w in (worker, late)]
            return Story(
                sent=sent,
                live=live,
                live_rejected=live_rejected,
                committed=ends,
                again=again,
                again_rejected=published(broker, REJECTED),
                cold=cold,
                cold_rejected=published(broker, COLD),
                consoles=consoles,
            )


def allow_large(admin: KafkaAdminClient, topic: str) -> None:
    limit = {"max.message.bytes": str(2 * TEN_MEGABYTES)}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, limit)])


def all_is_told(metrics: Metrics) -> bool:
    return metrics.sum("lag_records") == metrics.sum("rejected_pending") == 0


def test_every_bad_input_is_in_the_rejected_topic_with_its_reason(story: Story) -> None:
    values = {key: json.loads(value) for key, value in story.live_rejected}
    assert {key: value["reason"] for key, value in values.items()} == story.sent.reasons
    assert set(story.sent.reasons.values()) == set(REASONS), "every reason is met"
    for key, value in values.items():
        received = story.sent.values[key] or b""
        assert key == "{topic}-{partition}-{offset}-{index}".format(**value)
        assert value["hint"] == REASONS[value["reason"]]
        assert value["bytes"] == len(received)
        assert value["masked"] == mask(received)


def test_while_nothing_fails_each_is_published_once(story: Story) -> None:
    assert len(story.live_rejected) == len(story.sent.reasons)


def test_every_event_read_is_counted_as_one_thing(story: Story) -> None:
    assert story.live.by("result", "events_total") == dict(story.sent.events)
    assert story.live.by("reason", "rejected_total") == Counter(story.sent.reasons.values())
    assert story.live.sum("skewed_total") == 1


def test_every_good_event_among_them_is_in_the_figures(story: Story) -> None:
    for metrics in (story.live, story.again, story.cold):
        for (municipality, queue), calls in story.sent.arrived.items():
            labels = {"municipality": municipality, "queue": queue, "window": "15m"}
            assert metrics.sum("arrived", **labels) == calls
        assert metrics.sum("arrived", window="15m") == story.sent.arrived.total()
        answered = metrics.sum("calls", window="15m", outcome="answered")
        assert answered == len(bad_input()), "one after each bad message"


def test_after_kill_9_nothing_below_the_committed_offset_is_published_again(
    story: Story,
) -> None:
    assert story.again_rejected == story.live_rejected
    assert story.again.by("reason", "rejected_total") == Counter(story.sent.reasons.values())


def test_a_worker_that_starts_when_all_is_in_the_log_rejects_the_same(story: Story) -> None:
    assert sorted(story.cold_rejected) == sorted(story.live_rejected)
    assert story.cold.by("result", "events_total") == dict(story.sent.events)


def test_nothing_of_what_was_received_is_in_a_log_or_in_the_rejected_topic(
    story: Story,
) -> None:
    rejected = [key + value.decode() for key, value in story.live_rejected + story.cold_rejected]
    for text in story.consoles + rejected:
        assert traces_of(text) == []


def test_every_line_of_a_workers_log_is_json_and_none_is_a_traceback(story: Story) -> None:
    for console in story.consoles:
        lines = [json.loads(line) for line in console.splitlines()]
        assert [line for line in lines if "exception" in line] == []


# While the rejected topic is away.


def test_folding_goes_on_without_the_rejected_topic_and_no_rejection_is_lost(
    broker: Broker, tmp_path: Path
) -> None:
    calls, *others, rejected = wanted("away", 1, 1)

    def publish(*values: bytes) -> int:
        return asyncio.run(_publish(broker.bootstrap_servers, calls.name, values))

    with admin_of(broker) as admin:
        create(admin, [calls, *others, rejected])
        with worker_on(broker, tmp_path, "away", calls.name, rejected.name) as worker:
            publish(b"innan")  # its client knows the topic
            eventually(worker, lambda m: m.sum("rejected_total") == 1 and all_is_told(m))
            admin.delete_topics([rejected.name])
            first = publish(b"under", as_json(subject="a"), b"under", as_json(subject="b"))
            eventually(worker, lambda m: m.sum("events_total", result="folded") == 2)
            sleep(2.5)  # two commits, and two attempts to publish
            metrics = eventually(worker, lambda m: m.sum("lag_records") == 0)
            assert metrics.sum("rejected_pending") == 2
            assert metrics.sum("arrived", window="15m") == 2
            assert committed(admin, "away") == {0: first}
            create(admin, [rejected])
            eventually(worker, all_is_told)
            assert {key for key, _ in published(broker, rejected.name)} == {
                f"{calls.name}-0-{first}-0",
                f"{calls.name}-0-{first + 2}-0",
            }
            eventually(worker, lambda _: committed(admin, "away") == {0: first + 4})


async def _publish(servers: str, topic: str, values: tuple[bytes, ...]) -> int:
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        sent = [await producer.send_and_wait(topic, value) for value in values]
    return int(sent[0].offset)
