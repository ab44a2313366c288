"""Legs as they stood at an instant: what had happened, how the wait ended, who was lost.

Only facts before the instant count, so the past can be asked as it was. (Who calls and from where
is known from the arrival on.)

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from operator import attrgetter, itemgetter
from typing import Any, Final, Self

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
        return QueueLegs(self.as_of, *map(itemgetter(rows), _columns(self)))

    def is_during(self, start: int, end: int) -> Mask:
        """Say of each leg whether it arrived in ``[start, end)``."""
        is_during: Mask = (self.arrived >= start) & (self.arrived < end)
        return is_during


_columns: Final = attrgetter(*(field.name for field in fields(QueueLegs)[1:]))
"""All but ``as_of``."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All legs of a municipality as of an instant, by queue, and there in order of arrival."""

    legs: QueueLegs
    rows: Mapping[str, slice]
    """Queue → where its legs stand. Every queue is there that a call has reached, though none of
    its legs may be in the frame."""
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
    # To sort twice is quicker than to sort by two: they stand nearly in order of arrival.
    rows = rows[np.argsort(frame.arrived[rows], kind="stable")]
    rows = rows[np.argsort(_small(frame.queue[rows], len(frame.queues)), kind="stable")]
    queue, contact, arrived = frame.queue[rows], frame.contact[rows], frame.arrived[rows]
    facts = _Facts.of(frame, rows, now)
    helped = facts.helped()
    is_partner = np.array([name in partners for name in frame.queues], dtype=np.bool_)[queue]
    # An instant with one bit more: of two answers at once, our own is the first.
    help_ = np.where(helped == NEVER, NEVER, helped << 1 | is_partner)
    some = np.flatnonzero(np.bincount(contact, minlength=1)[contact] > 1)
    later = Later.of(contact[some], arrived[some], facts.left[some], help_[some])
    last, first_help = np.arange(len(rows)), help_.copy()
    last[some] = some[later.last[later.own]]
    first_help[some] = later.helped[later.own]
    fate_of_last = _FATE_OF_STATE[facts.state[last]]
    onward = np.full(len(rows), Fate.UNSEEN, dtype=np.int8)
    moved = some[facts.is_passed_on[some]]
    places = later.find(contact[moved], after_answer(arrived[moved], facts.end[moved]))
    onward[moved] = _onward(places, later, fate_of_last[moved])
    bounds = np.searchsorted(queue, np.arange(len(frame.queues) + 1)).tolist()
    return Standing(
        legs=QueueLegs(
            as_of=now,
            contact=contact,
            arrived=arrived,
            end=facts.end,
            state=facts.state,
            # Who was answered, or reached, saves the legs that came no later.
            fate=np.where(first_help == NEVER, fate_of_last, Fate.SAVED).astype(np.int8),
            by_partner=np.where(facts.state == State.ANSWERED, is_partner, first_help & 1 == 1),
            reached=facts.reached,
            ended=facts.ended,
            is_passed_on=facts.is_passed_on,
            onward=onward,
            is_internal=_internal(contact, frame.origin[rows]),
        ),
        rows={
            name: slice(a, b)
            for name, first, a, b in zip(
                frame.queues, frame.earliest, bounds, bounds[1:], strict=False
            )
            if first < now
        },
        helped=helped,
        caller=frame.caller[rows],
        is_last=last == np.arange(len(rows)),
        later=later,
    )


def _small(numbers: NDArray[np.int32], below: int) -> NDArray[Any]:
    """Return numbers as short ones if they fit, which are sorted by counting."""
    return numbers.astype(np.int16) if below <= np.iinfo(np.int16).max else numbers


def after_answer(arrived: Column, answered: Column) -> Column:
    """Return from when on a contact's later legs arrive: later than the leg, from its answer on.

    What arrived while it waited came beside it, not after it.
    """
    since: Column = np.maximum(answered, arrived + 1)
    return since


def _as_of(instants: Column, now: int) -> Column:
    return np.where(instants < now, instants, NEVER)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What has happened to legs by themselves."""

    end: Column
    left: Column
    """When and how a leg left in one number, as in a frame; ``NEVER`` last of all, if it waits."""
    state: Codes
    reached: Column
    ended: Column
    is_passed_on: Mask

    @classmethod
    def of(cls, frame: Frame, rows: NDArray[np.intp], now: int) -> Self:
        """Return the facts before now of some rows."""
        left, talk = frame.left[rows], frame.ended[rows]
        answered, left_at = _as_of(frame.answered[rows], now), left >> OUTCOME_BITS
        has_left = left_at < now  # what never happened is far beyond it, shifted or not
        left, left_at = np.where(has_left, left, NEVER), np.where(has_left, left_at, NEVER)
        end = np.minimum(answered, left_at)
        state = (left & OUTCOME_MASK).astype(np.int8) + np.int8(_LEFT)
        state[answered <= left_at] = State.ANSWERED
        state[end == NEVER] = State.WAITING
        ended = _as_of(talk >> TALK_BITS, now)
        # An end before its answer is a fault of the source, and no end.
        was_talk = (state == State.ANSWERED) & (ended != NEVER) & (ended >= end)
        passed_on = was_talk & (talk & ((1 << TALK_BITS) - 1) == 0)
        return cls(end, left, state, _as_of(frame.reached[rows], now), ended, passed_on)

    def helped(self) -> Column:
        """Return when a person answered, or reached the caller on a callback; or ``NEVER``."""
        has_left = (self.state != State.ANSWERED) & (self.state != State.WAITING)
        by_callback = np.where(has_left, self.reached, NEVER)
        helped: Column = np.where(self.state == State.ANSWERED, self.end, by_callback)
        return helped


def _onward(places: NDArray[np.intp], later: Later, fate_of_last: Codes) -> Codes:
    """Return what became of callers who were passed on, given where their later legs begin."""
    helped = later.helped_at(places) != NEVER
    found = np.where(helped, Fate.SAVED, fate_of_last)
    return np.where(places < 0, Fate.UNSEEN, found).astype(np.int8)


def _internal(contact: Contact, origin: Codes) -> Mask:
    """Return which legs are of contacts whose most telling origin is internal."""
    internal: Mask = origin == ORIGINS["internal"]
    if internal.any():
        least = np.full(int(contact.max()) + 1, ORIGINS["unknown"], dtype=np.int8)
        np.minimum.at(least, contact, origin)
        internal = least[contact] == ORIGINS["internal"]
    return internal
