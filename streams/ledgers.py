"""The ledgers a worker owns, one per partition number, and the batches that are folded into them.

A batch says where in the log it starts and ends, and holds every record between. It is folded only
if it starts at or before the ledger's position and belongs to this life of the partition (its
*epoch*). So nothing can be skipped: a batch that waited out a rebalance in some buffer, or came
after one that was lost, is dropped, and the log is read again from the position.
"""

import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from enum import StrEnum
from typing import Final, Self

from aiokafka.partitioner import murmur2

from streams.domain.books import STARTS
from streams.domain.instants import MINUTE
from streams.domain.ledger import SKEW_REFUSED, Ledger, Record, Rejection, Tally

Clock = Callable[[], int]
"""Gives now, in microseconds since 1970."""

MARGIN: Final = SKEW_REFUSED + MINUTE
"""How long before the horizon a fact inside it can have been appended: its greatest skew."""


PART_BYTES: Final = 1 << 20
"""How much is folded at once, give or take a record …"""
PART_COMMAS: Final = 100_000
"""… with so many commas at most, more than its events have: that bounds what can be rejected."""


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
    """All records of one partition from one position up to another. There may be none."""

    topic: str
    partition: int
    epoch: int
    start: int
    end: int
    records: Sequence[Record]

    def parts(self) -> Iterator[Self]:
        """Yield the batch in parts of bounded size: nothing else happens while one is folded."""
        start, size, commas, first = self.start, 0, 0, 0
        for number, record in enumerate(self.records):
            value = record.value or b""
            size += len(value)
            commas += value.count(b",")
            is_full = size >= PART_BYTES or commas >= PART_COMMAS
            if is_full and number + 1 < len(self.records):
                end = record.offset + 1
                yield replace(self, start=start, end=end, records=self.records[first : number + 1])
                start, size, commas, first = end, 0, 0, number + 1
        yield replace(self, start=start, records=self.records[first:])


@dataclass(frozen=True, slots=True)
class Mark:
    """What a record is known by when it is read again."""

    offset: int
    appended_ms: int
    crc: int

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return the mark of a record."""
        return cls(record.offset, record.timestamp, zlib.crc32(record.value or b""))


@dataclass(slots=True)
class Ledgers:
    """The ledgers of one worker. All is done on the worker's event loop; any thread may look."""

    zones: Mapping[str, tzinfo]
    partitions: int
    """How many each topic has."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Topic → which of :data:`~streams.domain.event_types.TOPICS` it is."""
    clock: Clock = system_clock
    tally: Tally = field(default_factory=Tally)
    batches: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(Fate, 0)))
    _owned: dict[int, Ledger] = field(default_factory=dict)
    _ready: set[int] = field(default_factory=set)
    _epochs: Counter[int] = field(default_factory=Counter)
    _marks: dict[tuple[str, int], Mark] = field(default_factory=dict)
    _anchors: dict[tuple[str, int], list[Mark]] = field(default_factory=dict)
    _noted: dict[tuple[str, int], Mark] = field(default_factory=dict)

    def open(self, partition: int, positions: Mapping[str, int]) -> Ledger:
        """Make an empty ledger for a partition, to be filled from ``positions`` (by topic)."""
        self.drop(partition)
        ledger = self._owned[partition] = Ledger(
            zones=self.zones,
            now=self.clock(),
            positions=positions,
            topics=self.topics,
            belongs=lambda name: partition_of(name, self.partitions) == partition,
            tally=self.tally,
        )
        return ledger

    def fill(
        self, partition: int, ledger: Ledger, topic: str, end: int, records: Sequence[Record]
    ) -> list[Rejection]:
        """Fold records that were read up to ``end`` into a ledger that is being filled."""
        rejections = ledger.fold(topic, records)
        ledger.advance(topic, end)
        if records and self._owned.get(partition) is ledger:
            self._marks[topic, partition] = Mark.of(records[-1])
            self._anchors.setdefault((topic, partition), [Mark.of(records[0])])
        return rejections

    def mark_ready(self, partition: int, ledger: Ledger) -> bool:
        """Say that a ledger has been filled. False if it no longer is the partition's ledger."""
        if self._owned.get(partition) is not ledger:
            return False
        self._ready.add(partition)
        return True

    def drop(self, partition: int) -> None:
        """Forget a partition, with all that was read of it."""
        self._owned.pop(partition, None)
        self._ready.discard(partition)
        self.renew(partition)
        for key in [key for key in self._marks if key[1] == partition]:
            del self._marks[key], self._anchors[key]
            self._noted.pop(key, None)

    def drop_unfilled(self, partition: int, ledger: Ledger) -> None:
        """Forget a partition if this still is its ledger, and half filled."""
        if self._owned.get(partition) is ledger and partition not in self._ready:
            self.drop(partition)

    def renew(self, partition: int) -> None:
        """Begin a new epoch: batches fetched before now are stale."""
        self._epochs[partition] += 1

    def epoch(self, partition: int) -> int:
        """Return the partition's present epoch."""
        return self._epochs[partition]

    def is_ready(self, partition: int) -> bool:
        """Say whether a ledger is filled: it follows the log, and may be exported."""
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

    def mark(self, topic: str, partition: int) -> Mark | None:
        """Return the mark of the last record folded, if one was."""
        return self._marks.get((topic, partition))

    def anchors(self, topic: str, partition: int) -> tuple[Mark, ...]:
        """Return the marks by which a log is known again, the oldest first.

        A log that was made again, or cut, may have grown past our position before we noticed.
        Then the last record folded is one of its own, but one of these is not: the last that was
        folded when the log was last looked at, or before it was away for a while since.
        """
        return tuple(self._anchors.get((topic, partition), ()))

    def note(self, topic: str, partition: int, *, was_away: bool) -> None:
        """Take note of the last record folded. To be called regularly.

        ``was_away``: since the last note the log may have been cut, after the record noted then.
        """
        place = (topic, partition)
        noted, anchors = self._noted.get(place), self._anchors.get(place, [])
        if was_away and noted is not None and anchors[-1].offset < noted.offset:
            anchors.append(noted)
        if place in self._marks:
            self._noted[place] = self._marks[place]

    def looked_at(self, topic: str, partition: int, mark: Mark) -> None:
        """Take it that a log had all records of ours up to this one when it was looked at."""
        anchors = self._anchors.get((topic, partition), [])
        if anchors:  # else it has been dropped meanwhile
            anchors[:] = [mark, *(later for later in anchors if later.offset > mark.offset)]

    def last_append(self, topic: str, partition: int) -> int | None:
        """Return the append time of the last record folded, in milliseconds since 1970."""
        mark = self.mark(topic, partition)
        return None if mark is None else mark.appended_ms

    def fold(self, batch: Batch) -> tuple[Fate, list[Rejection]]:
        """Fold a batch if it is of this life and leaves no gap; say what became of it.

        A ledger that is being filled takes none.
        """
        ledger = self._owned.get(batch.partition)
        ready = batch.partition in self._ready
        rejections: list[Rejection] = []
        if ledger is None or not ready or batch.epoch != self._epochs[batch.partition]:
            fate = Fate.STALE
        elif batch.start > ledger.positions.get(batch.topic, -1):
            fate = Fate.GAP
        else:
            fate = Fate.FOLDED
            rejections = self.fill(batch.partition, ledger, batch.topic, batch.end, batch.records)
        self.batches[fate] += 1
        return fate, rejections

    def prune(self) -> None:
        """Let go of what lies behind the horizon now, in every ledger that is filled."""
        now = self.clock()
        for partition in self._ready:
            self._owned[partition].prune(now)

    def recovery_start_ms(self, topic: str) -> int:
        """Return the append time from which a log holds all facts inside every horizon."""
        now = self.clock()
        start = STARTS[self.topics.get(topic, "calls")]
        starts: Iterable[int] = (start(now, zone) for zone in self.zones.values())
        return max(0, min(starts, default=now) - MARGIN) // 1000
