"""Fuzzed messages become what a reader that is written anew says that they must."""

import itertools
import random
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from busy import MUNICIPALITIES, PARTITIONS
from conftest import TIMES
from poison import poison
from reference.messages import Where, outcomes

from streams.domain.event_types import TOPICS
from streams.domain.events import REASONS
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.ledgers import partition_of

KEPT = ("folded", "skipped", "expired")


@dataclass(frozen=True, slots=True)
class Record:
    offset: int
    timestamp: int
    value: bytes | None


@pytest.mark.parametrize("seed", range(3))
def test_every_fuzzed_message_becomes_what_it_must(seed: int) -> None:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ledgers = [
        Ledger(
            zones=dict.fromkeys(MUNICIPALITIES, UTC),
            now=micros(now),
            belongs=lambda name, p=p: partition_of(name, PARTITIONS) == p,
            topics={name: name for name in TOPICS},
        )
        for p in range(PARTITIONS)
    ]
    wrong = []
    for offset, message in enumerate(itertools.islice(poison(random.Random(seed)), 2_000 * TIMES)):
        ledger = ledgers[message.partition]
        appended = datetime.now(UTC)
        record = Record(offset, int(appended.timestamp() * 1000), message.value)
        where = Where(
            topic=message.topic,
            appended=appended,
            municipalities=MUNICIPALITIES,
            belongs=lambda name, p=message.partition: partition_of(name, PARTITIONS) == p,
            today=midnight,
        )
        before = {word: getattr(ledger.tally, word) for word in KEPT}
        refused = {r.index: r.reason for r in ledger.fold(message.topic, [record])}
        kept = [word for word in KEPT for _ in range(getattr(ledger.tally, word) - before[word])]
        may = outcomes(message.value, where)
        told = [
            refused[index] if index in refused else next(iter(its - REASONS.keys()), "kept")
            for index, its in enumerate(may)
        ]
        accounted = sorted(kept) == sorted(word for word in told if word not in REASONS)
        if not accounted or any(was not in its for was, its in zip(told, may, strict=True)):
            wrong.append((told, kept, may, message.value))
    assert wrong == []
