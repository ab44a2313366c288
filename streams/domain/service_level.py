"""Figures of queues: legs × targets × window × now → counts, waits, lost, service levels.

Everything is computed from whole columns (numpy), exactly: counts and instants are integers, a
percentile is a value that was waited, and only facts before now count.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER, SECOND
from streams.domain.legs import OUTCOME_BITS, OUTCOME_MASK, Column, Frame, Outcome
from streams.domain.percentiles import nearest_rank, wilson
from streams.domain.windows import Window

PERCENTILES: Final = (50, 80, 90, 95, 99)
SHORT_WINDOW_LIMITS: Final = 10
"""A rolling window shorter than this many limits goes by the moment of decision."""
WAIT_EDGES: Final = (15, 20, 40, 50, 60, 120, 300, 600, 1200)
"""Upper edges of the histogram of waits in seconds: every limit promised, and some above."""

_SAVED, _LOST, _UNKNOWN = 0, 1, 2
_FATE_OF_OUTCOME: Final = np.array(
    [
        {Outcome.OVERFLOWED: _UNKNOWN, Outcome.CALLBACK: _UNKNOWN}.get(outcome, _LOST)
        for outcome in Outcome
    ],
    dtype=np.int8,
)

COUNTS: Final = (
    "answered", "abandoned", "overflowed", "refused", "closed", "callback", "waiting",
)  # fmt: skip
"""What has happened to a leg, in the order of its code in ``_Waits.state``."""
_ANSWERED, _WAITING = 0, 6
_STATE_OF_OUTCOME: Final = 1  # outcomes follow the answer

MISSES: Final = (
    "answered_late", "abandoned_early", "abandoned_late",
    "overflowed", "refused", "closed", "callback", "waiting",
)  # fmt: skip
"""Why a decided leg was not in time."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A promise that legs are judged by: answered within ``seconds``."""

    target: str
    seconds: int
    exclude_short_abandons_seconds: int = 0


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How many of the decided legs were in time, and why the others were not."""

    good: int
    misses: dict[str, int]
    """Count of each of :data:`MISSES`."""

    @property
    def decided(self) -> int:
        """Return the number of legs that the promise has been kept or broken for."""
        return self.good + sum(self.misses.values())

    @property
    def ratio(self) -> float | None:
        """Return the share in time, in [0, 1]; None if nothing is decided."""
        return self.good / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if nothing is decided."""
        return wilson(self.good, self.decided)


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of answered legs, in seconds. There is at least one."""

    mean: float
    percentiles: dict[int, float]
    maximum: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one queue in one window."""

    counts: dict[str, int]
    """Legs that arrived, by what has happened to them; keys as :data:`COUNTS`."""
    waits: Waits | None
    ended: int
    lost: int
    unknown: int
    service_levels: dict[str, ServiceLevel]

    @property
    def arrived(self) -> int:
        """Return the number of legs that arrived in the window."""
        return sum(self.counts.values())

    @property
    def lost_ratio(self) -> float | None:
        """Return lost / ended in [0, 1]; None if no leg ended."""
        return self.lost / self.ended if self.ended else None

    @property
    def lost_ratio_high(self) -> float | None:
        """Return (lost + unknown outcome) / ended in [0, 1]; None if no leg ended."""
        return (self.lost + self.unknown) / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class Now:
    """What is true of a queue this instant, in no window."""

    waiting: int
    longest_wait_seconds: float | None
    """None if nobody waits."""


@dataclass(frozen=True, slots=True)
class QueueLegs:
    """The legs of one queue as of an instant, a row each, ready to be counted over any window."""

    as_of: int
    arrived: Column
    end: Column
    """When the wait ended; ``NEVER`` while waiting."""
    state: NDArray[np.int8]
    """Index into :data:`COUNTS`."""
    fate: NDArray[np.int8]
    """Whether it was saved (or answered), is lost, or has an unknown outcome."""
    reached: Column

    @classmethod
    def none(cls, as_of: int) -> "QueueLegs":
        """Return the legs of a queue that no call has reached."""
        instants, codes = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8)
        return cls(as_of, instants, instants, codes, codes, instants)

    def now(self) -> Now:
        """Return who waits this instant."""
        waiting = self.arrived[self.state == _WAITING]
        longest = (self.as_of - int(waiting.min())) / SECOND if len(waiting) else None
        return Now(len(waiting), longest)

    def figures(self, window: Window, limits: Iterable[Limit] = ()) -> Figures:
        """Return the figures of a window, which must not reach beyond now."""
        inside = (self.arrived >= window.start) & (self.arrived < window.end)
        state = self.state[inside]
        ended = self.fate[inside][state != _WAITING]
        fates = np.bincount(ended, minlength=3)
        counts = np.bincount(state, minlength=len(COUNTS)).tolist()
        return Figures(
            counts=dict(zip(COUNTS, counts, strict=True)),
            waits=_waits(self._answered_waits(inside)),
            ended=len(ended),
            lost=int(fates[_LOST]),
            unknown=int(fates[_UNKNOWN]),
            service_levels={
                limit.target: self._service_level(window, limit, inside) for limit in limits
            },
        )

    def wait_histogram(self, window: Window) -> tuple[list[int], float]:
        """Return how many answered legs waited at most each of :data:`WAIT_EDGES`, then all.

        With them, the sum of their waits in seconds.
        """
        inside = (self.arrived >= window.start) & (self.arrived < window.end)
        waits = np.sort(self._answered_waits(inside))
        edges = np.array(WAIT_EDGES, dtype=np.int64) * SECOND
        counts = np.searchsorted(waits, edges, side="right").tolist()
        return [*counts, len(waits)], int(waits.sum()) / SECOND

    def _answered_waits(self, inside: NDArray[np.bool_]) -> Column:
        answered = inside & (self.state == _ANSWERED)
        waits: Column = self.end[answered] - self.arrived[answered]
        return waits

    def _service_level(
        self, window: Window, limit: Limit, arrived_inside: NDArray[np.bool_]
    ) -> ServiceLevel:
        length = limit.seconds * SECOND
        due = self.arrived + length
        inside = arrived_inside
        if window.rolling and window.length < SHORT_WINDOW_LIMITS * length:
            decided_at = np.minimum(self.end, due)
            inside = (decided_at >= window.start) & (decided_at < window.end)
        state, end, due = self.state[inside], self.end[inside], due[inside]
        wait = end - self.arrived[inside]  # meaningless while waiting, and not used then
        waiting = state == _WAITING
        kept = ~waiting | (due < self.as_of)
        if limit.exclude_short_abandons_seconds:
            short = wait <= limit.exclude_short_abandons_seconds * SECOND
            kept &= ~((state == _STATE_OF_OUTCOME + Outcome.ABANDONED) & short)
        verdict = _VERDICT[state] + _BY_WAIT[state] * (end > due)
        reached_in_time = self.reached[inside] <= np.minimum(due, self.as_of - 1)
        verdict[(state == _STATE_OF_OUTCOME + Outcome.CALLBACK) & reached_in_time] = 0
        good, *misses = np.bincount(verdict[kept], minlength=len(MISSES) + 1).tolist()
        return ServiceLevel(good, dict(zip(MISSES, misses, strict=True)))


# State → verdict: 0 in time, else 1 + index into MISSES; and what a wait over the limit adds.
_VERDICT: Final = np.array([0, 2, 4, 5, 6, 7, 8], dtype=np.int64)
_BY_WAIT: Final = np.array([1, 1, 0, 0, 0, 0, 0], dtype=np.int64)


def by_queue(frame: Frame, now: int) -> dict[str, QueueLegs]:
    """Return the legs of each queue as of now: those that arrived before it, facts before it."""
    rows = np.flatnonzero((frame.arrived < now) & (frame.arrived >= frame.horizon))
    rows = rows[np.argsort(frame.queue[rows], kind="stable")]
    queue, arrived = frame.queue[rows], frame.arrived[rows]
    answered, reached = _as_of(frame.answered[rows], now), _as_of(frame.reached[rows], now)
    left_at, outcome, left = _leaving(frame, rows, now)
    end = np.minimum(answered, left_at)
    state = np.where(
        end == NEVER,
        _WAITING,
        np.where(answered <= left_at, _ANSWERED, _STATE_OF_OUTCOME + outcome),
    ).astype(np.int8)
    fate = _fates(frame.contact[rows], arrived, left, state, reached)
    bounds = np.searchsorted(queue, np.arange(len(frame.queues) + 1)).tolist()
    return {
        name: QueueLegs(now, arrived[a:b], end[a:b], state[a:b], fate[a:b], reached[a:b])
        for name, a, b in zip(frame.queues, bounds, bounds[1:], strict=False)
        if a < b
    }


def pooled(parts: Sequence[QueueLegs]) -> QueueLegs:
    """Return the legs of several queues as if of one; at least one, all as of one instant."""
    return QueueLegs(
        parts[0].as_of,
        np.concatenate([part.arrived for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.state for part in parts]),
        np.concatenate([part.fate for part in parts]),
        np.concatenate([part.reached for part in parts]),
    )


def _as_of(instants: Column, now: int) -> Column:
    return np.where(instants < now, instants, NEVER)


def _leaving(frame: Frame, rows: NDArray[np.intp], now: int) -> tuple[Column, Column, Column]:
    """Return when, how, and both in one number, the legs left before now."""
    left = frame.left[rows]
    left = np.where(left >> OUTCOME_BITS < now, left, NEVER)
    at = np.where(left == NEVER, NEVER, left >> OUTCOME_BITS)
    return at, left & OUTCOME_MASK, left


def _fates(
    contact: NDArray[np.int32],
    arrived: Column,
    left: Column,
    state: NDArray[np.int8],
    reached: Column,
) -> NDArray[np.int8]:
    """Return of each leg whether it was saved (or answered), lost, or has an unknown outcome."""
    answered = state == _ANSWERED
    waiting = state == _WAITING
    own = np.where(waiting, _UNKNOWN, _FATE_OF_OUTCOME[np.clip(state - _STATE_OF_OUTCOME, 0, 4)])
    own[answered] = _SAVED
    # The contact's last leg decides for all its legs that no later answer saved.
    order = np.lexsort((np.where(waiting, NEVER, left), arrived, contact))
    last_of = np.zeros(int(contact.max(initial=-1)) + 1, dtype=np.int64)
    last_of[contact[order]] = order
    fate = own[last_of[contact]]
    # A leg that was answered, or whose caller was reached, saves those that came no later.
    helped = answered | (~waiting & (reached != NEVER))
    last_help = np.full(len(last_of), -1, dtype=np.int64)
    np.maximum.at(last_help, contact[helped], arrived[helped])
    fate[(last_help[contact] >= arrived) | answered] = _SAVED
    return fate.astype(np.int8)


def _waits(waits: Column) -> Waits | None:
    if not len(waits):
        return None
    ordered = np.sort(waits)
    return Waits(
        mean=int(ordered.sum()) / len(ordered) / SECOND,
        percentiles={
            percent: int(ordered[nearest_rank(percent, len(ordered))]) / SECOND
            for percent in PERCENTILES
        },
        maximum=int(ordered[-1]) / SECOND,
    )
