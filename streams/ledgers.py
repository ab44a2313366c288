"""The ledgers a worker owns, one per partition number, and the batches that are folded into them.

A batch is folded only if it belongs to this life of the partition (its *epoch*) and begins at or
before the ledger's position. So nothing can be skipped: a batch that waited out a rebalance in
some buffer, or came after a lost one, is dropped, and the log is read again from the position.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from typing import Final

from aiokafka.partitioner import murmur2

from streams.domain.instants import MINUTE
from streams.domain.ledger import SKEW_REFUSED, Ledger, Record, Rejection, Tally
from streams.domain.windows import horizon

Clock = Callable[[], int]
"""Gives now, in microseconds since 1970."""

MARGIN: Final = SKEW_REFUSED + MINUTE
"""How long before the horizon a fact inside it can have been appended: its greatest skew."""


def system_clock() -> int:
    """Return now by the machine's clock."""
    return time.time_ns() // 1000


def partition_of(municipality: str, partitions: int) -> int:
    """Return the partition that a municipality's records belong to (murmur2, as Java's client)."""
    return int(murmur2(municipality.encode()) & 0x7FFFFFFF) % partitions


class Fate(StrEnum):
    """What became of a batch."""

    FOLDED = "folded"
    STALE = "stale"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records fetched together from one partition, and the positions before and after them."""

    topic: str
    partition: int
    epoch: int
    start: int
    end: int
    records: Sequence[Record]


@dataclass(slots=True)
class Ledgers:
    """The ledgers of one worker. Everything here happens on the worker's event loop."""

    zones: Mapping[str, tzinfo]
    partitions: int
    """How many each topic has."""
    clock: Clock = system_clock
    tally: Tally = field(default_factory=Tally)
    batches: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(Fate, 0)))
    _owned: dict[int, Ledger] = field(default_factory=dict)
    _ready: set[int] = field(default_factory=set)
    _epochs: Counter[int] = field(default_factory=Counter)
    _appended: dict[tuple[str, int], int] = field(default_factory=dict)

    def open(self, partition: int, positions: Mapping[str, int]) -> Ledger:
        """Make an empty ledger for a partition, to be filled from ``positions`` (by topic)."""
        self.drop(partition)
        ledger = self._owned[partition] = Ledger(
            zones=self.zones,
            now=self.clock(),
            positions=positions,
            belongs=lambda name: partition_of(name, self.partitions) == partition,
            tally=self.tally,
        )
        return ledger

    def drop(self, partition: int) -> None:
        """Forget a partition that is another worker's now, with all that was read of it."""
        self._owned.pop(partition, None)
        self._ready.discard(partition)
        self.renew(partition)
        for key in [key for key in self._appended if key[1] == partition]:
            del self._appended[key]

    def renew(self, partition: int) -> None:
        """Begin a new epoch: batches fetched before now are stale."""
        self._epochs[partition] += 1

    def epoch(self, partition: int) -> int:
        """Return the partition's present epoch."""
        return self._epochs[partition]

    def mark_ready(self, partition: int) -> None:
        """Say that a ledger has reached the end the log had when the partition was assigned."""
        self._ready.add(partition)

    def is_ready(self, partition: int) -> bool:
        """Say whether a ledger may be exported."""
        return partition in self._ready

    def owned(self) -> dict[int, Ledger]:
        """Return the ledgers by partition, ready or not."""
        return dict(self._owned)

    def municipalities(self, partition: int) -> list[str]:
        """Return the municipalities of the catalogue that belong to a partition."""
        return [name for name in self.zones if partition_of(name, self.partitions) == partition]

    def position(self, topic: str, partition: int) -> int | None:
        """Return the offset to read on from; None for a partition without a ledger."""
        ledger = self._owned.get(partition)
        return None if ledger is None else ledger.positions.get(topic)

    def last_append(self, topic: str, partition: int) -> int | None:
        """Return the append time of the last record folded, in milliseconds since 1970."""
        return self._appended.get((topic, partition))

    def fold(self, batch: Batch) -> tuple[Fate, list[Rejection]]:
        """Fold a batch if it is of this life and leaves no gap; say what became of it."""
        ledger = self._owned.get(batch.partition)
        if ledger is None or batch.epoch != self._epochs[batch.partition]:
            fate, rejections = Fate.STALE, list[Rejection]()
        elif batch.start > ledger.positions.get(batch.topic, -1):
            fate, rejections = Fate.GAP, []
        else:
            fate, rejections = Fate.FOLDED, ledger.fold(batch.topic, batch.records)
            ledger.advance(batch.topic, batch.end)
            if batch.records:
                self._appended[batch.topic, batch.partition] = batch.records[-1].timestamp
        self.batches[fate] += 1
        return fate, rejections

    def recovery_start_ms(self) -> int:
        """Return the append time from which the log holds all facts inside every horizon."""
        now = self.clock()
        starts: Iterable[int] = (horizon(now, zone) for zone in self.zones.values())
        return (min(starts, default=now) - MARGIN) // 1000
