"""Commits the ledgers' positions, once a second where they have moved. For monitoring only.

Nothing reads them to decide where to start, but two things use them: lag as others see it, and
what a rebuilt ledger need not publish to the rejected topic again. So a position is committed at
most up to the first rejection that still waits.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiokafka.structs import TopicPartition

from streams.logs import e, tell
from streams.worker.state import WorkerState

Commit = Callable[[Mapping[TopicPartition, int]], Awaitable[Mapping[TopicPartition, int]]]
"""Commits positions of partitions that are ours still, and returns those that it committed."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Commits:
    """What has been committed, and what is to be."""

    state: WorkerState
    commit: Commit
    _committed: dict[TopicPartition, int] = field(default_factory=dict, init=False)

    def due(self) -> dict[TopicPartition, int]:
        """Return the positions that have not been committed; those of filled ledgers only."""
        state = self.state
        safe: dict[TopicPartition, int] = {}
        first_waiting = state.rejected.first_waiting()
        for topic, partition in state.places():
            position = state.ledgers.position(topic, partition)
            if position is not None and state.ledgers.is_ready(partition):
                waiting = first_waiting.get((topic, partition))
                place = TopicPartition(topic, partition)
                safe[place] = position if waiting is None else min(position, waiting)
        # A partition that comes back to us is committed again: another worker may have been there.
        self._committed = {tp: at for tp, at in self._committed.items() if tp in safe}
        return {tp: at for tp, at in safe.items() if self._committed.get(tp) != at}

    async def now(self) -> None:
        """Commit what is due. A failure is counted and logged, and never more than that."""
        due = self.due()
        if not due:
            return
        try:
            self._committed |= await self.commit(due)
        except Exception as error:
            self.state.commit_failures += 1
            why = type(error).__name__
            tell(log, e.COMMIT_FAILED, f"commit failed: {why}", reason=why)
