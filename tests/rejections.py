"""Events that can't be used, and the topic that they are told in."""

import contextlib
import itertools
from collections.abc import Iterator

from busy import PARTITIONS
from exported import Scrape
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from workers import Site, wait_until

from stack.own import Worker
from streams import metrics as m
from streams.kafka.administration import administered
from streams.replay.topic_log import read_topic

POISON = b'{"id": "poison%d"}'
_numbers = itertools.count(1)


def poison(site: Site) -> None:
    """Publish something that can't be used, to each partition of calls."""
    producer = KafkaProducer(bootstrap_servers=site.kafka.split(","), acks="all")
    for partition in range(PARTITIONS):
        value = POISON % next(_numbers)
        producer.send(site.topic("calls"), value, partition=partition)
    producer.flush(timeout=30)
    producer.close()


def pending(*workers: Worker) -> float:
    """Return how many rejections wait to be published."""
    return sum(Scrape.of_worker(w.port).value(m.REJECTED_PENDING) or 0 for w in workers)


def until_nothing_is_pending(*workers: Worker) -> float:
    """Return how long it took until what can't be used was in the topic for it."""
    return wait_until(lambda: not pending(*workers), 60, "what can't be used is told")


def rejected(site: Site) -> set[bytes]:
    """Return the keys in the topic of what can't be used: a rejection's place in the log."""
    keys: set[bytes] = set()
    for log in read_topic(site.kafka, site.topic("rejected")):
        keys |= {record.key for record in log.records}
    return keys


@contextlib.contextmanager
def unwritable(site: Site) -> Iterator[None]:
    """Let the topic take no record. (With min.insync.replicas above the copies Kafka 4 does.)"""

    def take(most_bytes: int) -> None:
        limit = {"max.message.bytes": str(most_bytes)}
        resource = ConfigResource(ConfigResourceType.TOPIC, site.topic("rejected"), limit)
        with administered(site.kafka) as admin:
            admin.alter_configs([resource])

    take(1)
    try:
        yield
    finally:
        take(1 << 20)
