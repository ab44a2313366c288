"""The contacts of a municipality: a caller's whole way through the queues is one.

A contact belongs to the window in which its first leg arrived, if that was inside its queue's
promised hours, and if it is none of the municipality's own. Its outcome is that of its last leg,
its wait runs from its first arrival to the first answer by a person who could help: in a leg that
was not passed on.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER
from streams.domain.phone.as_of import Codes, Fate, Mask, Standing, State
from streams.domain.phone.callers import Callers, callers_of
from streams.domain.phone.figures import Share, Waits
from streams.domain.phone.kkik import Kkik, Transfers, after_transfers, kkik_of
from streams.domain.phone.legs import Column
from streams.domain.phone.waits import WaitTimes
from streams.domain.windows import Window

CONTACTS: Final = ("answered", "lost", "unknown", "waiting")
"""What has become of a contact, in the order of :class:`Outcome`."""


class Outcome(IntEnum):
    """What has become of a contact: as :class:`Fate`, but that it may wait."""

    ANSWERED = Fate.SAVED
    LOST = Fate.LOST
    UNKNOWN = Fate.UNKNOWN
    WAITING = 3


@dataclass(frozen=True, slots=True)
class ContactFigures:
    """The figures of a municipality's contacts in one window."""

    counts: dict[str, int]
    """Contacts by outcome; keys as :data:`CONTACTS`."""
    at_centre: int
    """Those that have reached a customer centre by now, whatever came of it."""
    at_centre_answered: int
    """Those of them whose outcome is answered."""
    legs: int
    """How many legs they have had by now."""
    waits: Waits | None
    """From the first arrival to the first answer in a leg that was not passed on; None of none."""
    helped: int
    """How many waits that is: some may have been lost since."""
    kkik: Kkik
    callers: Callers
    outside_hours: int
    """Contacts that began outside promised hours: in none of the other figures."""
    internal: int
    """The municipality's own, at any hour: in none of the other figures."""

    @property
    def contacts(self) -> int:
        """Return the number of contacts that began in the window."""
        return sum(self.counts.values())

    @property
    def legs_per_contact(self) -> float | None:
        """Return the mean number of legs; None of no contacts."""
        return self.legs / self.contacts if self.contacts else None

    @property
    def ended(self) -> int:
        """Return the number of contacts that do not wait any more."""
        return self.contacts - self.counts["waiting"]

    @property
    def lost(self) -> Share:
        """Return how many of those that ended were lost."""
        return Share(self.counts["lost"], self.ended)

    @property
    def lost_high(self) -> Share:
        """Return the same with those of unknown outcome counted as lost."""
        return Share(self.counts["lost"] + self.counts["unknown"], self.ended)


@dataclass(frozen=True, slots=True)
class Contacts:
    """All contacts of a municipality as of an instant, a row each."""

    as_of: int
    began: Column
    answered: Column
    """The first answer by a person in any leg; ``NEVER`` if there is none."""
    helped: Column
    """The first in a leg that was not passed on; ``NEVER`` likewise."""
    outcome: Codes
    """Of :class:`Outcome`."""
    is_at_centre: Mask
    """Whether any leg was in a customer centre."""
    legs: NDArray[np.intp]
    caller: Column
    is_promised: Mask
    """Whether it began inside promised hours."""
    is_internal: Mask
    transfers: Transfers

    def figures(self, window: Window) -> ContactFigures:
        """Return the figures of a window, which must not reach beyond now."""
        began = (self.began >= window.start) & (self.began < window.end)
        external = began & ~self.is_internal
        chosen = np.flatnonzero(external & self.is_promised)
        outcome, began_at = self.outcome[chosen], self.began[chosen]
        answered, helped = self.answered[chosen], self.helped[chosen]
        counts = np.bincount(outcome, minlength=len(CONTACTS)).tolist()
        is_helped = helped != NEVER
        (waits,) = WaitTimes.one(helped[is_helped] - began_at[is_helped]).spread()
        is_at_centre = self.is_at_centre[chosen]
        return ContactFigures(
            counts=dict(zip(CONTACTS, counts, strict=True)),
            at_centre=int(is_at_centre.sum()),
            at_centre_answered=int((is_at_centre & (outcome == Outcome.ANSWERED)).sum()),
            legs=int(self.legs[chosen].sum()),
            waits=waits,
            helped=int(is_helped.sum()),
            kkik=kkik_of(
                np.where(answered == NEVER, NEVER, answered - began_at),
                is_waiting=outcome == Outcome.WAITING,
                waited=self.as_of - began_at,
                transfers=self.transfers.of(chosen, self.as_of),
            ),
            callers=callers_of(
                self.caller[chosen],
                began_at,
                is_answered=outcome == Outcome.ANSWERED,
                is_waiting=outcome == Outcome.WAITING,
            ),
            outside_hours=int((external & ~self.is_promised).sum()),
            internal=int((began & self.is_internal).sum()),
        )


def contacts_of(standing: Standing, is_promised: Mask, centres: Collection[str] = ()) -> Contacts:
    """Return the contacts of legs, given which legs arrived inside promised hours.

    ``centres`` are the queues that are customer centres.
    """
    legs = standing.legs
    is_at_centre = np.zeros(len(legs.arrived), dtype=np.bool_)
    for queue in standing.rows.keys() & set(centres):
        is_at_centre[standing.rows[queue]] = True
    is_there = np.zeros(int(legs.contact.max(initial=-1)) + 1, dtype=np.bool_)
    is_there[legs.contact] = True
    number = np.cumsum(is_there) - 1
    row = number[legs.contact]  # of each leg's contact
    count = int(is_there.sum())
    number_of_legs = np.bincount(row, minlength=count)
    several = np.flatnonzero(number_of_legs[row] > 1)

    def least(values: Column) -> Column:
        found = np.empty(count, dtype=np.int64)
        found[row] = values
        # Few contacts have several legs, and to look for the least of all takes long.
        np.minimum.at(found, row[several], values[several])
        return found

    began = least(legs.arrived)
    last = standing.is_last
    outcome = np.zeros(count, dtype=np.int8)
    outcome[row[last]] = np.where(
        (legs.fate[last] != Fate.SAVED) & (legs.state[last] == State.WAITING),
        Outcome.WAITING,
        legs.fate[last],
    )
    return Contacts(
        as_of=legs.as_of,
        began=began,
        answered=least(standing.helped),
        # Who only passes a call on has not helped; a talk that goes on may yet.
        helped=least(np.where(legs.is_passed_on, NEVER, standing.helped)),
        outcome=outcome,
        is_at_centre=_any(count, row, is_at_centre),
        legs=number_of_legs,
        caller=least(standing.caller),
        # Of several legs that arrived first, one inside is enough.
        is_promised=_any(count, row, is_promised & (legs.arrived == began[row])),
        is_internal=_any(count, row, legs.is_internal),
        transfers=after_transfers(standing, row, outcome == Outcome.LOST),
    )


def _any(count: int, row: NDArray[np.integer[Any]], values: Mask) -> Mask:
    found = np.zeros(count, dtype=np.bool_)
    found[row[values]] = True
    return found
