"""Legs as they stood at an instant: what had happened, how the wait ended, who was lost.

Only facts before the instant count, so the past can be asked as it was. (Who calls and from where
is known from the arrival on.)

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER
from streams.domain.phone.later import Later
from streams.domain.phone.legs import (
    ORIGINS,
    OUTCOME_BITS,
    OUTCOME_MASK,
    TALK_BITS,
    Column,
    Frame,
    Outcome,
)

Codes = NDArray[np.int8]
Contact = NDArray[np.int32]
Mask = NDArray[np.bool_]
Rows = Mask | NDArray[np.intp] | slice


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
    UNSEEN = 3
    """Passed on to where we see nothing."""


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


@dataclass(frozen=True, slots=True)
class QueueLegs:
    """Some legs as of an instant, a row each, ready to be counted over any window."""

    as_of: int
    contact: Contact
    arrived: Column
    end: Column
    """When the wait ended; ``NEVER`` while waiting."""
    state: Codes
    """Of :class:`State`."""
    fate: Codes
    """Of :class:`Fate`; while waiting it is saved or unknown."""
    by_partner: Mask
    """Of a leg whose caller was saved: whether a partner did it."""
    reached: Column
    ended: Column
    """When the talk ended or was passed on; ``NEVER`` if that is not known."""
    is_passed_on: Mask
    """Whether it was answered, and then passed on."""
    onward: Codes
    """Of a leg that was passed on: what then became of the caller, of :class:`Fate`."""
    is_internal: Mask
    """Whether one of the municipality's own calls."""

    def only(self, rows: Rows) -> "QueueLegs":
        """Return those of the legs that are asked for, in that order."""
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_ and rows.all():
            return self
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS: Final = tuple(field.name for field in fields(QueueLegs) if field.name != "as_of")


@dataclass(frozen=True, slots=True)
class Standing:
    """All legs of a municipality as of an instant."""

    legs: QueueLegs
    rows: Mapping[str, slice]
    """Queue → where its legs stand."""
    helped: Column
    """When a person answered the leg or reached its caller on a callback from it; or ``NEVER``."""
    caller: Column
    """Who calls, as a number; ``NEVER`` where that is not known."""
    is_last: Mask
    """Whether it is its contact's last leg."""
    later: Later
    """The legs of contacts that have several. Its ``helped`` are instants with one bit more."""


def legs_as_of(frame: Frame, now: int, partners: Collection[str] = ()) -> Standing:
    """Return the legs as of now: those that arrived before it, facts before it.

    ``partners`` are the queues that others answer for the municipality. The frame holds whole
    contacts: all legs of one or none.
    """
    rows = np.flatnonzero((frame.arrived < now) & (frame.arrived >= frame.horizon))
    rows = rows[np.argsort(frame.queue[rows], kind="stable")]
    queue, contact, arrived = frame.queue[rows], frame.contact[rows], frame.arrived[rows]
    answered, reached = _as_of(frame.answered[rows], now), _as_of(frame.reached[rows], now)
    talk = frame.ended[rows]
    ended = _as_of(np.where(talk == NEVER, NEVER, talk >> TALK_BITS), now)
    left_at, outcome, left = _leaving(frame, rows, now)
    end = np.minimum(answered, left_at)
    state = np.where(
        end == NEVER,
        State.WAITING,
        np.where(answered <= left_at, State.ANSWERED, _LEFT + outcome),
    ).astype(np.int8)
    waiting = state == State.WAITING
    # An end before its answer is a fault of the source, and no end.
    passed_on = (state == State.ANSWERED) & (ended != NEVER) & (talk & 1 == 0) & (ended >= end)
    helped = np.where(state == State.ANSWERED, end, np.where(waiting, NEVER, reached))
    is_partner = np.array([name in partners for name in frame.queues], dtype=np.bool_)[queue]
    help_ = np.where(helped == NEVER, NEVER, helped << 1 | is_partner)
    several = np.bincount(contact, minlength=1)[contact] > 1
    some = np.flatnonzero(several)
    later = Later.of(
        contact[some], arrived[some], np.where(waiting, NEVER, left)[some], help_[some]
    )
    places = later.find(contact[some], arrived[some])
    last, first_help = np.arange(len(rows)), help_.copy()
    last[some] = some[later.last[places]]
    first_help[some] = later.helped_at(places)
    moved = np.flatnonzero(passed_on & several)
    fate_of_last = _FATE_OF_STATE[state[last]]
    bounds = np.searchsorted(queue, np.arange(len(frame.queues) + 1)).tolist()
    return Standing(
        legs=QueueLegs(
            as_of=now,
            contact=contact,
            arrived=arrived,
            end=end,
            state=state,
            # Who was answered, or reached, saves the legs that came no later.
            fate=np.where(first_help == NEVER, fate_of_last, Fate.SAVED).astype(np.int8),
            by_partner=np.where(state == State.ANSWERED, is_partner, first_help & 1 == 1),
            reached=reached,
            ended=ended,
            is_passed_on=passed_on,
            onward=_onward(contact, after_answer(arrived, end), moved, later, fate_of_last),
            is_internal=_internal(contact, frame.origin[rows]),
        ),
        rows={
            name: slice(a, b)
            for name, a, b in zip(frame.queues, bounds, bounds[1:], strict=False)
            if a < b
        },
        helped=helped,
        caller=frame.caller[rows],
        is_last=last == np.arange(len(rows)),
        later=later,
    )


def after_answer(arrived: Column, answered: Column) -> Column:
    """Return from when on a contact's later legs arrive: later than the leg, from its answer on.

    What arrived while it waited came beside it, not after it.
    """
    since: Column = np.maximum(answered, arrived + 1)
    return since


def _as_of(instants: Column, now: int) -> Column:
    return np.where(instants < now, instants, NEVER)


def _leaving(frame: Frame, rows: NDArray[np.intp], now: int) -> tuple[Column, Column, Column]:
    """Return when, how, and both in one number, the legs left before now."""
    left = frame.left[rows]
    left = np.where(left >> OUTCOME_BITS < now, left, NEVER)
    at = np.where(left == NEVER, NEVER, left >> OUTCOME_BITS)
    return at, left & OUTCOME_MASK, left


def _onward(
    contact: Contact, since: Column, moved: NDArray[np.intp], later: Later, fate_of_last: Codes
) -> Codes:
    """Return what became of the callers of legs that were passed on, in legs from then on.

    ``moved`` are those of contacts that have several legs: of the others nothing is seen.
    """
    onward = np.full(len(contact), Fate.UNSEEN, dtype=np.int8)
    places = later.find(contact[moved], since[moved])
    helped = later.helped_at(places) != NEVER
    found = np.where(helped, Fate.SAVED, fate_of_last[moved])
    onward[moved] = np.where(places < 0, Fate.UNSEEN, found)
    return onward


def _internal(contact: Contact, origin: Codes) -> Mask:
    """Return which legs are of contacts whose most telling origin is internal."""
    internal: Mask = origin == ORIGINS["internal"]
    if internal.any():
        least = np.full(int(contact.max()) + 1, ORIGINS["unknown"], dtype=np.int8)
        np.minimum.at(least, contact, origin)
        internal = least[contact] == ORIGINS["internal"]
    return internal
