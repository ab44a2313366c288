"""Legs as they stood at an instant: what had happened, how the wait ended, who was lost.

Only facts before the instant count, so the past can be asked as it was.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER
from streams.domain.phone.legs import OUTCOME_BITS, OUTCOME_MASK, TALK_BITS, Column, Frame, Outcome

Codes = NDArray[np.int8]


class State(IntEnum):
    """What has happened to a leg. The leavings stand in the order of ``Outcome``, from 1."""

    ANSWERED = 0
    ABANDONED = 1
    OVERFLOWED = 2
    REFUSED = 3
    CLOSED = 4
    CALLBACK = 5
    WAITING = 6


class Fate(IntEnum):
    """What became of the caller of a leg."""

    SAVED = 0
    """Answered, here or in a later leg."""
    LOST = 1
    UNKNOWN = 2


_LEFT: Final = State.ABANDONED - Outcome.ABANDONED
_FATE_OF_STATE: Final = np.array(
    [
        {
            State.ANSWERED: Fate.SAVED,
            State.OVERFLOWED: Fate.UNKNOWN,
            State.CALLBACK: Fate.UNKNOWN,
            State.WAITING: Fate.UNKNOWN,
        }.get(state, Fate.LOST)
        for state in State
    ],
    dtype=np.int8,
)
"""What becomes of a contact whose last leg is in this state."""


_COLUMNS: Final = ("arrived", "end", "state", "fate", "reached", "ended")


@dataclass(frozen=True, slots=True)
class QueueLegs:
    """The legs of one queue as of an instant, a row each, ready to be counted over any window."""

    as_of: int
    arrived: Column
    end: Column
    """When the wait ended; ``NEVER`` while waiting."""
    state: Codes
    """Of :class:`State`."""
    fate: Codes
    """Of :class:`Fate`; of no meaning while waiting."""
    reached: Column
    ended: Column
    """When the talk ended or was passed on; ``NEVER`` if that is not known."""

    def only(self, rows: NDArray[np.bool_]) -> "QueueLegs":
        """Return those of the legs that a mask has."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    @classmethod
    def none(cls, as_of: int) -> "QueueLegs":
        """Return the legs of a queue that no call has reached."""
        instants, codes = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8)
        return cls(as_of, instants, instants, codes, codes, instants, instants)


def by_queue(frame: Frame, now: int) -> dict[str, QueueLegs]:
    """Return the legs of each queue as of now: those that arrived before it, facts before it.

    A queue is there once a call has reached it, though no leg of it may be in the frame.
    """
    rows = np.flatnonzero((frame.arrived < now) & (frame.arrived >= frame.horizon))
    rows = rows[np.argsort(frame.queue[rows], kind="stable")]
    queue, arrived = frame.queue[rows], frame.arrived[rows]
    answered, reached = _as_of(frame.answered[rows], now), _as_of(frame.reached[rows], now)
    ended = frame.ended[rows]
    ended = _as_of(np.where(ended == NEVER, NEVER, ended >> TALK_BITS), now)
    left_at, outcome, left = _leaving(frame, rows, now)
    end = np.minimum(answered, left_at)
    state = np.where(
        end == NEVER,
        State.WAITING,
        np.where(answered <= left_at, State.ANSWERED, _LEFT + outcome),
    ).astype(np.int8)
    fate = _fates(frame.contact[rows], arrived, left, state, reached)
    bounds = np.searchsorted(queue, np.arange(len(frame.queues) + 1)).tolist()
    return {
        name: QueueLegs(
            now, arrived[a:b], end[a:b], state[a:b], fate[a:b], reached[a:b], ended[a:b]
        )
        for name, first, a, b in zip(
            frame.queues, frame.earliest, bounds, bounds[1:], strict=False
        )
        if first < now
    }


def pooled(parts: Sequence[QueueLegs]) -> QueueLegs:
    """Return the legs of several queues as if of one; at least one, all as of one instant."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS
    }
    return replace(parts[0], **columns)


def _as_of(instants: Column, now: int) -> Column:
    return np.where(instants < now, instants, NEVER)


def _leaving(frame: Frame, rows: NDArray[np.intp], now: int) -> tuple[Column, Column, Column]:
    """Return when, how, and both in one number, the legs left before now."""
    left = frame.left[rows]
    left = np.where(left >> OUTCOME_BITS < now, left, NEVER)
    at = np.where(left == NEVER, NEVER, left >> OUTCOME_BITS)
    return at, left & OUTCOME_MASK, left


def _fates(
    contact: NDArray[np.int32], arrived: Column, left: Column, state: Codes, reached: Column
) -> Codes:
    """Return of each leg whether its caller was saved, is lost, or has an unknown outcome."""
    # The contact's last leg decides for all its legs that no later answer saved.
    waiting = state == State.WAITING
    order = np.lexsort((np.where(waiting, NEVER, left), arrived, contact))
    last_of = np.zeros(int(contact.max(initial=-1)) + 1, dtype=np.int64)
    last_of[contact[order]] = order
    fate: Codes = _FATE_OF_STATE[state[last_of[contact]]]
    # A leg that was answered, or whose caller was reached, saves those that came no later.
    answered = state == State.ANSWERED
    helped = answered | (~waiting & (reached != NEVER))
    last_help = np.full(len(last_of), -1, dtype=np.int64)
    np.maximum.at(last_help, contact[helped], arrived[helped])
    fate[(last_help[contact] >= arrived) | answered] = Fate.SAVED
    return fate
