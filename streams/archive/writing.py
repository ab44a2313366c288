"""Writes what a part of the log says into the archive, and where the next part begins.

Both are in one transaction: killed at any moment, the archive has all of a part or nothing of it,
and reads on where it stands. What it reads twice changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from sqlalchemy import Engine, and_, insert, select, update
from sqlalchemy.engine import Connection

from streams.archive import schema
from streams.archive.database import transaction
from streams.archive.forgetting import Kept
from streams.archive.merging import merge
from streams.archive.rows import rows_of
from streams.domain.ledger import Ledger
from streams.ledgers import Batch, Mark, partition_of

BEFORE_ALL: Final = 0
"""An instant whose horizons keep everything that has happened since 1970."""
Place = tuple[str, int]
"""A topic, and the number of a partition."""


class OvertakenError(Exception):
    """Somebody else has written the archive further on: what we have is to be thrown away."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the archive reads on in a partition, and what it read last there."""

    next_offset: int
    mark: Mark | None = None


@dataclass(slots=True)
class _Stretch:
    """How far a partition has been read since it was last written."""

    start: int
    end: int
    mark: Mark | None


class Unwritten:
    """What has been read, and is not in the archive yet.

    ``topics`` says which of :data:`~streams.domain.event_types.TOPICS` each topic is.
    """

    def __init__(
        self, zones: Mapping[str, tzinfo], partitions: int, topics: Mapping[str, str]
    ) -> None:
        self._zones = zones
        self._partitions = partitions
        self._topics = topics
        self.records = 0
        self._ledgers: dict[int, Ledger] = {}
        self.read: dict[Place, _Stretch] = {}

    def fold(self, batch: Batch) -> None:
        """Take in a batch, which begins where the one before it ended in its partition."""
        number, place = batch.partition, (batch.topic, batch.partition)
        stretch = self.read.get(place)
        if stretch is None:
            stretch = self.read[place] = _Stretch(batch.start, batch.start, None)
        if batch.start != stretch.end:
            raise ValueError(f"{batch.topic}-{number}: {batch.start} is not {stretch.end}")
        ledger = self._ledgers.get(number)
        if ledger is None:
            ledger = self._ledgers[number] = Ledger(
                zones=self._zones,
                now=BEFORE_ALL,
                topics=self._topics,
                belongs=lambda name: partition_of(name, self._partitions) == number,
            )
        ledger.fold(batch.topic, batch.records)  # what is rejected, the workers have told
        stretch.end = batch.end
        if batch.records:
            stretch.mark = Mark.of(batch.records[-1])
        self.records += len(batch.records)

    def end(self, topic: str, partition: int) -> int | None:
        """Return how far a partition has been read; None if nothing of it is unwritten."""
        stretch = self.read.get((topic, partition))
        return None if stretch is None else stretch.end

    def write(self, engine: Engine, callers_since: int = BEFORE_ALL) -> None:
        """Write all of it, but for callers of legs that arrived before an instant.

        Raises :class:`OvertakenError` or :class:`~streams.archive.database.MigratedError`, with
        nothing written.
        """
        with transaction(engine) as connection:
            for place, stretch in self.read.items():
                _move(connection, place, stretch)
            kept = Kept.of(connection, callers_since)
            for ledger in self._ledgers.values():
                for municipality, books in ledger.books.items():
                    merge(connection, kept.rows(rows_of(municipality, books)))


def positions(connection: Connection) -> dict[Place, Position]:
    """Return where the archive reads on, in each partition it has begun."""
    found = {}
    for topic, partition, next_offset, *mark in connection.execute(select(schema.position)):
        known = None if mark[0] is None else Mark(*mark)
        found[topic, partition] = Position(next_offset, known)
    return found


def begin(connection: Connection, place: Place, offset: int) -> None:
    """Note where a partition is read from for the first time."""
    topic, partition = place
    connection.execute(
        insert(schema.position).values(topic=topic, partition=partition, next_offset=offset)
    )


def skip(connection: Connection, place: Place, before: int, after: int, now: int) -> None:
    """Note that what stood between two offsets had left the log before it was read."""
    topic, partition = place
    connection.execute(
        insert(schema.gap).values(
            topic=topic, partition=partition, from_offset=before, to_offset=after, found=now
        )
    )
    _set(connection, place, before, next_offset=after)


def restart(connection: Connection, place: Place, before: int, start: int) -> None:
    """Note that a partition's log is another than it was, and is read from its beginning."""
    nothing = {"mark_offset": None, "mark_appended_ms": None, "mark_crc": None}
    _set(connection, place, before, next_offset=start, **nothing)


def _move(connection: Connection, place: Place, stretch: _Stretch) -> None:
    values: dict[str, int] = {"next_offset": stretch.end}
    if (mark := stretch.mark) is not None:
        values |= {
            "mark_offset": mark.offset,
            "mark_appended_ms": mark.appended_ms,
            "mark_crc": mark.crc,
        }
    _set(connection, place, stretch.start, **values)


def _set(connection: Connection, place: Place, before: int, **values: int | None) -> None:
    its, (topic, partition) = schema.position.c, place
    is_there = and_(its.topic == topic, its.partition == partition, its.next_offset == before)
    done = connection.execute(update(schema.position).where(is_there).values(**values))
    if done.rowcount != 1:
        raise OvertakenError(f"{topic}-{partition} no longer stands at {before}")
