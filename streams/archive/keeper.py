"""What the archive has read and not written yet, and where it stands: the transport's other end.

Everything is done on one event loop, but for the database, which is written in a thread. While it
is, nothing more is taken in: a database that is away makes the log wait, and nothing is lost.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from aiokafka.errors import KafkaError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from streams.archive import writing
from streams.archive.database import transaction
from streams.archive.forgetting import CALLERS_DAYS, DAY, drop_callers
from streams.archive.logs import Log
from streams.archive.writing import OvertakenError, Place, Position, Unwritten
from streams.ledgers import Batch, system_clock
from streams.logs import e, tell

MOST_RECORDS: Final = 50_000
"""So much is written at once …"""
MOST_SECONDS: Final = 1.0
"""… and nothing waits for longer than this, give or take a tick."""
PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""After an error, before it is tried again (seconds); the last one from then on."""
LOOK_AGAIN_SECONDS: Final = 60.0

Look = Callable[[Mapping[Place, Position | None]], Awaitable[dict[Place, Log]]]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Written:
    """What has been written since the start."""

    records: int = 0
    transactions: int = 0
    failures: int = 0
    """Times that the database could not be written."""
    at: float | None = None
    """When last (Unix time)."""


@dataclass(slots=True)
class Keeper:
    """Holds the positions in the database, as the transport asks for them."""

    engine: Engine
    zones: Mapping[str, tzinfo]
    partitions: int
    topics: Mapping[str, str]
    look: Look
    read_on: Callable[[int], Awaitable[None]]
    """Lets the stream read a partition on from its positions."""
    fail: Callable[[Exception], Awaitable[None]]
    """Ends the process."""
    callers_days: int = CALLERS_DAYS
    """For how long callers' pseudonyms are kept."""
    written: Written = field(default_factory=Written)
    troubles: dict[str, str] = field(default_factory=dict)
    """What is hindered now, and by what."""
    ours: frozenset[int] | None = None
    """The partitions that are ours; None until the first assignment."""
    _epochs: Counter[int] = field(default_factory=Counter)
    _positions: dict[Place, int] = field(default_factory=dict)
    _ready: set[int] = field(default_factory=set)
    _unwritten: Unwritten = field(init=False)
    _since: float | None = None
    """Since when something is unwritten (monotonic seconds)."""
    _taking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _work: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Throw away what has not been written: it is read again."""
        self._unwritten = Unwritten(self.zones, self.partitions, self.topics)
        self._since = None

    # What the transport asks.

    @property
    def ledgers(self) -> "Keeper":
        """Return what has the positions."""
        return self

    def is_ready(self, partition: int) -> bool:
        """Say whether it is known where to read a partition."""
        return partition in self._ready

    def position(self, topic: str, partition: int) -> int | None:
        """Return the offset to read on from, as the database has it."""
        return self._positions.get((topic, partition))

    def epoch(self, partition: int) -> int:
        """Return the partition's present epoch."""
        return self._epochs[partition]

    def renew(self, partition: int) -> None:
        """Begin a new epoch: batches fetched before now are stale."""
        self._epochs[partition] += 1

    def assigned(self, partitions: frozenset[Place], *, was_out: bool = False) -> None:
        """Take it that these partitions, of each topic, are ours and no others."""
        del was_out  # where we stand is asked of the database, each time
        self.ours = frozenset(p for topic, p in partitions if topic in self.topics)
        ours = sorted(self.ours)
        tell(log, e.ASSIGNED, f"assigned partitions {ours}", partitions=ours)
        self._begin_anew()

    def outside(self, topic: str, partition: int) -> None:
        """Take it that the log does not have our position any more."""
        told = f"{topic}-{partition} no longer has the archive's position"
        tell(log, e.POSITION_LOST, told, topic=topic, partition=partition)
        self._begin_anew()

    # Where to read.

    def _begin_anew(self) -> None:
        self._forget()
        for partition in self._ready | (self.ours or frozenset()):
            self.renew(partition)
        self._ready.clear()
        self._positions.clear()
        self.troubles.pop("positions", None)  # another looks for them from now on
        self.close()
        self._work = asyncio.create_task(self._tend(), name="positions")

    def close(self) -> None:
        """Look no more."""
        if self._work is not None:
            self._work.cancel()

    async def _tend(self) -> None:
        try:
            while True:
                await self._patiently("positions", self._take_up)
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        except Exception as error:
            told = "the archive's positions can't be had"
            tell(log, e.POSITIONS_FAILED, told, error=error)
            await self.fail(error)

    async def _patiently(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do something, again and again while Kafka or the database is away."""
        for attempt in range(1_000_000_000):
            try:
                await work()
            except (KafkaError, DBAPIError, OvertakenError, OSError, TimeoutError) as error:
                self._told(what, error)
                await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            else:
                if self.troubles.pop(what, None):
                    tell(log, e.ARCHIVE_GOES_ON, f"the archive goes on: {what}", work=what)
                return

    def _told(self, what: str, error: Exception) -> None:
        """Say what hinders, once."""
        why = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        if self.troubles.get(what) != why:
            told = f"the archive waits: {what}: {why}"
            tell(log, e.ARCHIVE_WAITS, told, work=what, reason=why)
        self.troubles[what] = why

    async def _take_up(self) -> None:
        """See where each of our partitions is read on, and let it be read."""
        new = sorted((self.ours or frozenset()) - self._ready)
        kept = sorted(self._ready)
        known = await asyncio.to_thread(self._load)
        places = {
            (topic, p): known.get((topic, p)) for topic in self.topics for p in (*new, *kept)
        }
        found = await self.look(places) if places else {}
        strangers = {place for place, its in found.items() if not its.is_known}
        if any(number in self._ready for _, number in strangers):
            told = "a log is another than it was: reading it from its beginning"
            tell(log, e.OTHER_LOG, told)
            self._ready.clear()
            self._forget()
            new = sorted(self.ours or frozenset())
        for number in new:
            self.renew(number)
            for topic in self.topics:
                place = (topic, number)
                position, its = known.get(place), found[place]
                start = its.start(position)
                await asyncio.to_thread(self._stand, place, position, start)
                self._positions[place] = start
            self._ready.add(number)
            await self.read_on(number)

    def _load(self) -> dict[Place, Position]:
        with self.engine.connect() as connection:
            return writing.positions(connection)

    def _stand(self, place: Place, position: Position | None, start: int) -> None:
        """Put in the database where a partition is read on, if that is another than it has."""
        if position is not None and position.next_offset == start:
            return
        with transaction(self.engine) as connection:
            if position is None:
                writing.begin(connection, place, start)
            elif start > position.next_offset:
                _tell_missed(place, position.next_offset, start)
                writing.skip(connection, place, position.next_offset, start, system_clock())
            else:
                topic, partition = place
                told = f"{topic}-{partition} is another log than it was"
                tell(log, e.OTHER_LOG, told, topic=topic, partition=partition)
                writing.restart(connection, place, position.next_offset, start)

    # Reading and writing.

    async def take(self, batch: Batch) -> None:
        """Take in a batch, if it is of this life and leaves no gap; write when there is much."""
        for part in batch.parts():
            async with self._taking:
                if part.epoch != self.epoch(part.partition) or not self.is_ready(part.partition):
                    return
                expected = self._unwritten.end(part.topic, part.partition)
                if expected is None:
                    expected = self._positions[part.topic, part.partition]
                if part.start != expected:
                    told = f"gap in {part.topic}-{part.partition}: reading again"
                    tell(log, e.GAP, told, topic=part.topic, partition=part.partition)
                    self._begin_anew()
                    return
                self._unwritten.fold(part)
                self._since = self._since or time.monotonic()
                if self._unwritten.records >= MOST_RECORDS:
                    await self._write()
            await asyncio.sleep(0)

    async def tick(self) -> None:
        """Write what has waited long enough. To be called regularly."""
        async with self._taking:
            since = self._since
            if since is not None and time.monotonic() - since >= MOST_SECONDS:
                await self._write()

    async def flush(self) -> None:
        """Write all there is, once; a failure leaves it to be read again."""
        async with self._taking:
            if self._since is not None:
                await asyncio.to_thread(self._unwritten.write, self.engine, self.callers_since())
                self._is_written(self._unwritten)

    async def _write(self) -> None:
        """Write what there is, however long that takes; unless it is no longer ours to write."""
        its = self._unwritten

        async def write() -> None:
            if its is not self._unwritten:
                return
            try:
                await asyncio.to_thread(its.write, self.engine, self.callers_since())
            except OvertakenError as error:
                tell(log, e.OVERTAKEN, f"{error}: reading on from there")
                if its is self._unwritten:
                    self._begin_anew()
                return
            except DBAPIError:
                self.written.failures += 1
                raise
            self._is_written(its)

        await self._patiently("writing", write)

    def _is_written(self, its: Unwritten) -> None:
        self.written.records += its.records
        self.written.transactions += 1
        self.written.at = time.time()
        if its is self._unwritten:
            self._positions |= {place: stretch.end for place, stretch in its.read.items()}
            self._forget()

    def callers_since(self) -> int:
        """Return the instant from which callers are kept now."""
        return system_clock() - self.callers_days * DAY

    async def forget_callers(self) -> None:
        """Let go of the callers that have been kept for long enough. To be called daily."""

        def forget() -> int:
            with transaction(self.engine) as connection:
                return drop_callers(connection, self.callers_since())

        async def forgotten() -> None:
            if dropped := await asyncio.to_thread(forget):
                told = f"let go of {dropped} callers' pseudonyms"
                tell(log, e.CALLERS_FORGOTTEN, told, count=dropped)

        await self._patiently("forgetting", forgotten)

    def positions(self) -> dict[Place, int]:
        """Return how far the database has got in each partition that is ours."""
        return {place: at for place, at in self._positions.items() if place[1] in self._ready}


def _tell_missed(place: Place, since: int, until: int) -> None:
    topic, partition = place
    told = f"offsets {since} to {until} had left the log before they were archived"
    tell(
        log,
        e.ARCHIVE_MISSED,
        f"{topic}-{partition}: {told}",
        topic=topic,
        partition=partition,
        from_offset=since,
        to_offset=until,
    )
