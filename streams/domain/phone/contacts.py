"""The contacts of a municipality: a caller's whole way through the queues is one.

A contact belongs to the window in which its first leg arrived, if that was inside its queue's
promised hours, and if it is none of the municipality's own. Its outcome is that of its last leg,
its wait runs from its first arrival to the first answer by a person.

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
from streams.domain.phone.service_level import waits
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
    legs: int
    """How many legs they have had by now."""
    waits: Waits | None
    """From the first arrival to the first answer by a person; None if nobody was answered."""
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
    helped: Column
    """The first answer by a person in any leg; ``NEVER`` if there is none."""
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
        chosen = external & self.is_promised
        outcome, helped = self.outcome[chosen], self.helped[chosen]
        wait = np.where(helped == NEVER, NEVER, helped - self.began[chosen])
        counts = np.bincount(outcome, minlength=len(CONTACTS)).tolist()
        answered = np.sort(wait[helped != NEVER])
        return ContactFigures(
            counts=dict(zip(CONTACTS, counts, strict=True)),
            at_centre=int(self.is_at_centre[chosen].sum()),
            legs=int(self.legs[chosen].sum()),
            waits=waits(answered),
            helped=len(answered),
            kkik=kkik_of(
                wait,
                is_waiting=outcome == Outcome.WAITING,
                waited=self.as_of - self.began[chosen],
                transfers=self.transfers.of(chosen, self.as_of),
            ),
            callers=callers_of(
                self.caller[chosen],
                self.began[chosen],
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
    began = _least(count, row, legs.arrived)
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
        helped=_least(count, row, standing.helped),
        outcome=outcome,
        is_at_centre=_any(count, row, is_at_centre),
        legs=np.bincount(row, minlength=count),
        caller=_least(count, row, standing.caller),
        # Of several legs that arrived first, one inside is enough.
        is_promised=_any(count, row, is_promised & (legs.arrived == began[row])),
        is_internal=_any(count, row, legs.is_internal),
        transfers=after_transfers(standing, row, outcome == Outcome.LOST),
    )


def _least(count: int, row: NDArray[np.integer[Any]], values: Column) -> Column:
    least = np.full(count, NEVER, dtype=np.int64)
    np.minimum.at(least, row, values)
    return least


def _any(count: int, row: NDArray[np.integer[Any]], values: Mask) -> Mask:
    found = np.zeros(count, dtype=np.bool_)
    found[row[values]] = True
    return found
