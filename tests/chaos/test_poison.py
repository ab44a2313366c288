"""Fuzzed messages in all codecs, in transactions and in wrong places: each is accounted for.

What must become of each is told by tests/reference/messages.py from what is in the log; where a
value has several faults, any one of them may be the one that is told.
"""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from answers import until_settled
from busy import MUNICIPALITIES, PARTITIONS
from exported import Oracle, Scrape
from poison import Message, good, poison, traces_of
from reference.messages import Where, outcomes
from reliability import SEED, Figures
from workers import Site, crew

from stack.loopback import request
from stack.own import Worker
from streams import metrics as m
from streams.domain.events import MAX_VALUE_BYTES, REASONS
from streams.ledgers import partition_of
from streams.replay.topic_log import read_topic

CODECS = (None, "gzip", "snappy", "lz4", "zstd")


async def publish(site: Site, messages: list[Message], rng: random.Random) -> int:
    """Publish in all codecs, some of it in transactions; return how many can be read."""
    readable = 0
    left = iter(messages)
    while some := list(itertools.islice(left, 500)):
        codec, is_in_transactions = rng.choice(CODECS), rng.random() < 0.3
        options = (
            {"transactional_id": f"{site.topics}-{rng.random()}"} if is_in_transactions else {}
        )
        async with AIOKafkaProducer(
            bootstrap_servers=site.kafka,
            compression_type=codec,
            linger_ms=5,
            request_timeout_ms=30_000,
            **options,
        ) as producer:
            step = 50 if is_in_transactions else len(some)
            for part in (some[at : at + step] for at in range(0, len(some), step)):
                is_aborted = is_in_transactions and rng.random() < 0.5
                if is_in_transactions:
                    await producer.begin_transaction()
                sent = [
                    await producer.send(
                        site.topic(one.topic),
                        one.value,
                        key=one.key,
                        partition=one.partition,
                        headers=one.headers,
                    )
                    for one in part
                ]
                await asyncio.gather(*sent)
                if is_aborted:
                    await producer.abort_transaction()
                elif is_in_transactions:
                    await producer.commit_transaction()
                readable += 0 if is_aborted else len(part)
    return readable


async def publish_large(site: Site, rng: random.Random) -> int:
    """Publish what is just small enough, and too large, for us; what is so for the broker is not.

    Return how many arrived.
    """
    whole = next(good(rng))
    value = whole.value or b""
    many = b"[" + b"7," * 10_000 + b"7]"
    async with AIOKafkaProducer(
        bootstrap_servers=site.kafka, compression_type="gzip", max_request_size=1 << 23
    ) as producer:
        for sent in (value.ljust(MAX_VALUE_BYTES), value.ljust(MAX_VALUE_BYTES + 1), many):
            await producer.send_and_wait(site.topic(whole.topic), sent, partition=whole.partition)
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(
                site.topic(whole.topic), rng.randbytes(2 * MAX_VALUE_BYTES)
            )
    return 3


# What must become of it.


def predicted(site: Site) -> dict[str, set[str]]:
    """Return what may become of each event in the log, by its key in the rejected topic."""
    now = datetime.now(UTC)
    found = {}
    for log in site.logs():
        assert log.key is not None
        for record in log.records:
            where = Where(
                topic=log.key,
                appended=datetime.fromtimestamp(record.timestamp / 1000, UTC),
                municipalities=MUNICIPALITIES,
                belongs=lambda name, log=log: partition_of(name, PARTITIONS) == log.partition,
                today=now.replace(hour=0, minute=0, second=0, microsecond=0),
            )
            for index, may in enumerate(outcomes(record.value, where)):
                found[f"{log.name}-{record.offset}-{index}"] = may
    return found


def rejected(site: Site) -> dict[str, str]:
    """Return the rejected topic: key → reason. No key is there twice, and nothing is told."""
    records = [
        record for log in read_topic(site.kafka, site.topic("rejected")) for record in log.records
    ]
    assert [traces for r in records if (traces := traces_of(f"{r.key!r}{r.value!r}"))] == []
    found = {record.key.decode(): json.loads(record.value)["reason"] for record in records}
    assert len(found) == len(records)
    return found


def counts(scrape: Scrape) -> tuple[Counter[str], Counter[str]]:
    """Return events by result, and rejections by reason, that there are any of."""
    results = ("folded", "skipped", "expired", "rejected")
    events = Counter({r: int(scrape.value(m.EVENTS, "_total", result=r) or 0) for r in results})
    reasons = Counter({r: int(scrape.value(m.REJECTED, "_total", reason=r) or 0) for r in REASONS})
    return +events, +reasons


@pytest.mark.parametrize(
    ("number", "seed"),
    [
        (3_000, SEED),
        *(pytest.param(60_000, SEED + n, marks=pytest.mark.long) for n in range(1, 4)),
    ],
)
@pytest.mark.timeout(900)
def test_every_message_that_can_be_read_is_folded_skipped_expired_or_rejected_as_it_must_be(
    site: Site, figures: Figures, number: int, seed: int
) -> None:
    rng = random.Random(seed)
    messages = list(itertools.islice(poison(rng), number))
    worker, consoles = site.worker("worker"), []
    with crew(worker):
        readable = asyncio.run(publish(site, messages, rng))
        readable += asyncio.run(publish_large(site, rng))
        first = until_told(site, worker)
        told = request(worker.port, "GET", "/metrics")[1].decode()
        consoles.append(worker.console.read_text("utf-8"))
        may, was = predicted(site), rejected(site)
        worker.kill()
        worker.start()
        again = until_told(site, worker)
        consoles.append(worker.console.read_text("utf-8"))
    assert sum(len(log.records) for log in site.logs()) == readable  # type: ignore[arg-type]

    wrong = {
        key: (outcome, may.get(key))
        for key in may.keys() | was.keys()
        if (outcome := was.get(key)) not in may.get(key, set())
        and (outcome is not None or may[key] <= REASONS.keys())
    }
    assert wrong == {}
    kept = Counter(word for key in may.keys() - was.keys() for word in may[key] - REASONS.keys())
    expected = Counter({**kept, "rejected": len(was)})
    assert expected.total() == len(may)
    for scrape in (first, again):
        assert counts(scrape) == (expected, Counter(was.values()))
    assert rejected(site) == was, "a worker that starts again tells nothing twice"
    assert [traces for text in (told, *consoles) if (traces := traces_of(text))] == []
    assert [text for text in consoles if '"exception"' in text] == []

    oracle = Oracle(site.catalogue, site.logs())
    found = [fault for scrape in (first, again) for fault in oracle.faults(scrape)]
    assert found == []
    figures.events, figures.faults, figures.answers = len(may), len(was), 2
    assert set(was.values()) == set(REASONS)
    assert all(expected[word] > number / 500 for word in ("folded", "skipped", "expired"))


def until_told(site: Site, worker: Worker) -> Scrape:
    """Return what a worker says when it has read all and told of all that it rejected."""
    deadline = time.monotonic() + 60
    while True:
        scrape = until_settled(site, worker, within_seconds=120)[0].scrape
        if scrape.value(m.REJECTED_PENDING) == 0:
            return scrape
        assert time.monotonic() < deadline
