"""What a worker knows of itself: what it owns, whether it is ready, whether it moves."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from streams.domain.ledger import Ledger
from streams.ledgers import Ledgers
from streams.worker.recovery import Recovery
from streams.worker.rejected import BOUND, RejectedPublisher

Clock = Callable[[], float]
"""Gives now, in monotonic seconds."""

SILENT_SECONDS: Final = 15.0
"""How long figures are shown though the log is not heard from or not followed to its end.

A fetch is answered within half a second, whether there is anything new or not.
"""
AWAY_SECONDS: Final = 1.5
"""After which a log that is not heard from has lost its broker, and may be cut when it is back."""


@dataclass(slots=True)
class WorkerState:
    """The parts of a running worker, and the questions asked about them."""

    ledgers: Ledgers
    recovery: Recovery
    rejected: RejectedPublisher
    topics: tuple[str, ...]
    stuck_seconds: float
    readable_end: Callable[[str, int], int | None] = lambda _topic, _partition: None
    """The end of what can be read of a partition's log, as last heard from the broker."""
    heard: Callable[[str, int], object] = lambda _topic, _partition: object()
    """Something that is another each time the broker has told of a partition's log."""
    last_heartbeat: Callable[[], float | None] = lambda: None
    """When the group last heard from us (monotonic seconds), while we are in it."""
    session_seconds: float = 6.0
    clock: Clock = time.monotonic
    assigned: frozenset[int] | None = None
    """The partitions that are ours; None until the first assignment."""
    answered_at: float | None = None
    """When the consumer's thread last answered (monotonic seconds), once it has started."""
    is_leaving: bool = False
    commit_failures: int = 0
    _moved: dict[tuple[str, int], tuple[int | None, float]] = field(default_factory=dict)
    _heard: dict[tuple[str, int], tuple[object, float]] = field(default_factory=dict)
    _full_since: float | None = None
    _behind: set[int] = field(default_factory=set)
    """Partitions that have stood still and have not reached the log's end since."""
    _aims: dict[tuple[str, int], tuple[int | None, float]] = field(default_factory=dict)
    """The end that a log had, which its ledger is to reach, and when it had it."""

    def places(self) -> list[tuple[str, int]]:
        """Return topic and number of every partition that is ours."""
        return [(topic, p) for topic in self.topics for p in sorted(self.assigned or ())]

    def lag(self, topic: str, partition: int) -> int | None:
        """Return how far the position is from the end of what can be read, if that is known.

        An open transaction and what comes after it can't be read yet, and is no lag.
        """
        position = self.ledgers.position(topic, partition)
        end = self.readable_end(topic, partition)
        return None if position is None or end is None else max(0, end - position)

    def must_catch_up(self, partitions: Iterable[int]) -> None:
        """Show nothing of partitions until they have reached the end that their logs have now."""
        self._behind = set(partitions)

    def is_ready(self) -> bool:
        """Say whether every ledger that should be ours has been filled."""
        return not self.readiness()

    def is_member(self) -> bool:
        """Say whether the group still counts on us; a worker that doesn't know shows nothing."""
        heard = self.last_heartbeat()
        return (
            not self.is_leaving
            and heard is not None
            and self.clock() - heard < self.session_seconds
        )

    def readiness(self) -> dict[str, str]:
        """Return what keeps the worker from being ready; nothing if it is."""
        if self.is_leaving:
            return {"group": "leaving: the worker is being stopped"}
        if self.assigned is None:
            return {"assignment": "none yet: waiting for the group"}
        if not self.assigned:
            return {"assignment": "empty: more workers than partitions, or the topics are gone"}
        if not self.is_member():
            return {"group": "no heartbeat within the session timeout"}
        return self._ledgers_readiness(sorted(self.assigned))

    def _ledgers_readiness(self, assigned: Sequence[int]) -> dict[str, str]:
        if filling := [p for p in assigned if not self.ledgers.is_ready(p)]:
            return {"recovery": f"filling partitions {', '.join(map(str, filling))}"}
        if self._waits_too_long():
            return {"rejected": f"folding waits: {self.rejected.why_full()}"}
        if silent := [p for p in assigned if self._is_silent(p)]:
            return {"log": f"not heard from: partitions {', '.join(map(str, silent))}"}
        if behind := [p for p in assigned if self._is_behind(p)]:
            return {"log": f"catching up: partitions {', '.join(map(str, behind))}"}
        return {}

    def shows(self, partition: int) -> bool:
        """Say whether figures of a partition may be shown: they are of now, and ours to show."""
        return (
            self.is_member()
            and self.ledgers.is_ready(partition)
            and not self._waits_too_long()
            and not self._is_silent(partition)
            and not self._is_behind(partition)
        )

    def shown_ledgers(self, now: int) -> Iterator[tuple[int, Ledger]]:
        """Yield the partitions that may be shown, each with its ledger, pruned as of now."""
        for partition, ledger in self.ledgers.owned().items():
            if self.shows(partition):
                ledger.prune(now)
                yield partition, ledger

    def _waits_too_long(self) -> bool:
        since = self._full_since
        return since is not None and self.clock() - since > SILENT_SECONDS

    def _is_away(self, topic: str, partition: int) -> bool:
        """Say whether a log has not been heard from for a moment."""
        heard = self._heard.get((topic, partition))
        return heard is not None and self.clock() - heard[1] > AWAY_SECONDS

    def _is_silent(self, partition: int) -> bool:
        now = self.clock()
        heard = (self._heard.get((topic, partition)) for topic in self.topics)
        return any(one is not None and now - one[1] > SILENT_SECONDS for one in heard)

    def _is_behind(self, partition: int) -> bool:
        """Say whether figures of a partition would be of a while ago."""
        if partition in self._behind and all(self.lag(t, partition) == 0 for t in self.topics):
            self._behind.discard(partition)
        now = self.clock()
        aims = ((topic, self._aims.get((topic, partition))) for topic in self.topics)
        return partition in self._behind or any(
            aim is not None
            and now - aim[1] > SILENT_SECONDS
            and not self._reaches(topic, partition)
            for topic, aim in aims
        )

    def _reaches(self, topic: str, partition: int) -> bool:
        """Say whether a ledger has come to where its log ended when it last aimed at that."""
        position = self.ledgers.position(topic, partition)
        end, _ = self._aims[topic, partition]
        return position is None or end is None or position >= end

    def _listen(self, now: float) -> None:
        """Take note of which logs have been heard from, how far, and of whether folding waits."""
        before, self._heard = self._heard, {}
        aims, self._aims = self._aims, {}
        for place in self.places():
            is_filled = self.ledgers.is_ready(place[1])
            sign = self.heard(*place)
            last, since = before.get(place, (None, now))
            self.ledgers.note(*place, was_away=now - since > AWAY_SECONDS)
            if sign != last or not is_filled:
                since = now
            self._heard[place] = (sign, since)
            self._aims[place] = aims.get(place, (None, now))
            if not is_filled or self._reaches(*place):
                self._aims[place] = (self.readable_end(*place), now)
        is_full = len(self.rejected) >= BOUND
        self._full_since = (self._full_since or now) if is_full else None

    def health(self) -> dict[str, str]:
        """Return why the worker should be ended; nothing while it moves or has nothing to do.

        A broker or a rejected topic that is away is no reason: a new process could do no more.
        To be asked regularly, about once a second.
        """
        self._listen(self.clock())
        now, patience = self.clock(), self.stuck_seconds
        has_room = len(self.rejected) < BOUND
        problems = {}
        if self.answered_at is not None and now - self.answered_at > patience:
            problems["consumer"] = "its thread does not answer"
        working_since = self.recovery.moved_at
        if has_room and working_since is not None and now - working_since > patience:
            problems["recovery"] = "no progress"
        if stuck := self._stuck(now, can_move=has_room and self.is_member()):
            problems["stuck"] = f"lag, but no progress: {', '.join(stuck)}"
        return problems

    def _stuck(self, now: float, *, can_move: bool) -> list[str]:
        moved, self._moved = self._moved, {}
        # One log that is not heard from has lost its broker; if none is, our reader hangs.
        hears_nothing = all(self._is_away(*place) for place in self.places())
        for topic, partition in self.places():
            position = self.ledgers.position(topic, partition)
            last, since = moved.get((topic, partition), (None, now))
            must_move = (
                can_move
                and self.ledgers.is_ready(partition)
                and self.lag(topic, partition)
                and (hears_nothing or not self._is_away(topic, partition))
            )
            if position != last or not must_move:
                since = now
            self._moved[topic, partition] = (position, since)
        return [
            f"{topic}-{partition}"
            for (topic, partition), (_, since) in self._moved.items()
            if now - since > self.stuck_seconds
        ]
