"""What a worker knows of itself: what it owns, whether it is ready, whether it moves."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streams.ledgers import Ledgers
from streams.recovery import Recovery
from streams.rejected import RejectedPublisher


@dataclass(slots=True)
class WorkerState:
    """The parts of a running worker, and the questions asked about them."""

    ledgers: Ledgers
    recovery: Recovery
    rejected: RejectedPublisher
    topics: tuple[str, ...]
    stuck_seconds: float
    highwater: Callable[[str, int], int | None] = lambda _topic, _partition: None
    """The end of a partition's log, as last heard from the broker."""
    last_heartbeat: Callable[[], float | None] = lambda: None
    """When the group last heard from us (monotonic seconds), while we are in it."""
    session_seconds: float = 6.0
    assigned: frozenset[int] | None = None
    """The partitions that are ours; None until the first assignment."""
    commit_failures: int = 0
    _moved: dict[tuple[str, int], tuple[int | None, float]] = field(default_factory=dict)

    def places(self) -> list[tuple[str, int]]:
        """Return topic and number of every partition that is ours."""
        return [(topic, p) for topic in self.topics for p in sorted(self.assigned or ())]

    def lag(self, topic: str, partition: int) -> int | None:
        """Return how many records are not folded yet, if the log's end is known."""
        position = self.ledgers.position(topic, partition)
        end = self.highwater(topic, partition)
        return None if position is None or end is None else max(0, end - position)

    def is_ready(self) -> bool:
        """Say whether every ledger that should be ours has been filled."""
        return not self.readiness()

    def is_member(self) -> bool:
        """Say whether the group still counts on us; a worker that doesn't know shows nothing."""
        heard = self.last_heartbeat()
        return heard is not None and time.monotonic() - heard < self.session_seconds

    def readiness(self) -> dict[str, str]:
        """Return what keeps the worker from being ready; nothing if it is."""
        if self.assigned is None:
            return {"assignment": "none yet: waiting for the group"}
        if not self.assigned:
            return {"assignment": "empty: more workers than partitions, or the topics are gone"}
        if not self.is_member():
            return {"group": "no heartbeat within the session timeout"}
        filling = sorted(p for p in self.assigned if not self.ledgers.is_ready(p))
        if filling:
            return {"recovery": f"filling partitions {', '.join(map(str, filling))}"}
        return {}

    def health(self) -> dict[str, str]:
        """Return why the worker should be ended; nothing while it moves or has nothing to do.

        To be asked regularly, at least once in ``stuck_seconds``.
        """
        now = time.monotonic()
        stuck = []
        for topic, partition in self.places():
            position = self.ledgers.position(topic, partition)
            last, since = self._moved.get((topic, partition), (None, now))
            if position != last or not self.lag(topic, partition):
                since = now
            self._moved[topic, partition] = (position, since)
            if now - since > self.stuck_seconds:
                stuck.append(f"{topic}-{partition}")
        return {"stuck": f"lag, but no progress: {', '.join(stuck)}"} if stuck else {}
