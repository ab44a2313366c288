"""What happens when partitions become ours, or their logs turn out to be others.

Kept ledgers are exported and follow the log while new ones are filled beside them. One task does
the filling: a new assignment cancels it and starts another for what is still missing. The same
task looks, at each assignment and then every minute, whether the logs still are the ones that the
ledgers were folded from.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from streams.ledgers import Ledgers
from streams.logs import e, tell
from streams.worker.state import WorkerState

LOOK_AGAIN_SECONDS: Final = 60.0
TRY_AGAIN_SECONDS: Final = 5.0
"""How often it is tried to fill what has no leader."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ownership:
    """Has the ledgers of the partitions that are ours."""

    state: WorkerState
    read_on: Callable[[int], Awaitable[None]]
    """Lets the stream read a partition on from its ledger's positions."""
    fail: Callable[[Exception], Awaitable[None]]
    """Ends the worker."""
    _work: asyncio.Task[None] | None = field(default=None, init=False)
    _unread: set[int] = field(default_factory=set, init=False)
    """Filled, but the stream has not been told for certain to read on."""
    _without_leader: set[int] = field(default_factory=set, init=False)
    abandoned: set[int] = field(default_factory=set, init=False)
    """Those whose log is another than before, and not read yet: no offset of theirs was
    committed of this one."""

    @property
    def ledgers(self) -> Ledgers:
        """Return the ledgers."""
        return self.state.ledgers

    def assigned(self, partitions: frozenset[tuple[str, int]], *, was_out: bool = False) -> None:
        """Take it that these partitions, of each topic, are ours and no others.

        Nothing is awaited: when this returns, no ledger of a lost partition is left. If we were
        put out of the group, what we kept has stood still, and is not shown until it follows.
        """
        ours = frozenset(p for topic, p in partitions if topic in self.state.topics)
        for lost in set(self.ledgers.owned()) - ours:
            self.ledgers.drop(lost)
            self.state.rejected.forget(lost)
        for partition in ours:
            self.ledgers.renew(partition)
        self.state.assigned = ours
        if was_out:
            self.state.must_catch_up(self.ledgers.owned())
        tell(log, e.ASSIGNED, f"assigned partitions {sorted(ours)}", partitions=sorted(ours))
        self._begin()

    def outside(self, topic: str, partition: int) -> None:
        """Take it that the log does not have a ledger's position any more."""
        if self.ledgers.is_ready(partition):
            self._abandon(partition, f"{topic} no longer has its position", topic)
            self._begin()

    def close(self) -> None:
        """Fill no more."""
        if self._work is not None:
            self._work.cancel()

    def _begin(self) -> None:
        self.close()
        self._work = asyncio.create_task(self._tend(), name="ownership")

    async def _tend(self) -> None:
        try:
            while True:
                await self._look()
                without_leader = await self._fill()
                await asyncio.sleep(TRY_AGAIN_SECONDS if without_leader else LOOK_AGAIN_SECONDS)
        except Exception as error:
            tell(log, e.RECOVERY_FAILED, "recovery failed", error=error)
            await self.fail(error)

    async def _look(self) -> None:
        kept = [p for p in self.state.assigned or () if self.ledgers.is_ready(p)]
        for partition, why in (await self.state.recovery.strangers(kept)).items():
            self._abandon(partition, why)

    async def _fill(self) -> set[int]:
        """Fill what is missing; return what could not be, since it has no leader."""
        without_leader: set[int] = set()
        new = sorted(p for p in self.state.assigned or () if not self.ledgers.is_ready(p))
        if new:
            is_news = set(new) != self._without_leader
            if is_news:
                tell(log, e.FILLING, f"filling partitions {new} from the log", partitions=new)
            without_leader = await self.state.recovery.fill(new, self._read_on)
            if without_leader != set(new):
                records = self.state.recovery.records
                tell(log, e.READY, f"ready: {records} records read so far", records=records)
            if is_news and without_leader:
                lone = sorted(without_leader)
                told = f"partitions {lone} have no leader: waiting"
                tell(log, e.NO_LEADER, told, partitions=lone)
        self._without_leader = without_leader
        # A task that was cancelled here, or an error, may have left some behind.
        for partition in sorted(self._unread):
            if self.ledgers.is_ready(partition):
                await self._read_on(partition)
        self._unread.clear()
        return without_leader

    async def _read_on(self, partition: int) -> None:
        self._unread.add(partition)
        self.abandoned.discard(partition)
        await self.read_on(partition)
        self._unread.discard(partition)

    def _abandon(self, partition: int, why: str, topic: str | None = None) -> None:
        told = f"partition {partition} is folded from another log ({why}): starting over"
        tell(log, e.OTHER_LOG, told, topic=topic, partition=partition)
        self.ledgers.drop(partition)
        self.abandoned.add(partition)
