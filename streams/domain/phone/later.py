"""What came after a leg: the legs of each contact that has several, in order of arrival.

::

    contact   c1          c1      c1        c2          c2
    arrived   09.00       09.01   09.05     09.00       09.02
    helped    ◀── the first answer by a person in that leg or one further to the right

Most contacts have one leg, so that what is asked of a later one is asked of few.

Source: docs/decisions/0003-service-level-definition.md.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Later:
    """Legs by contact and arrival, to be asked what came at or after an instant."""

    contact: NDArray[np.int32]
    arrived: Column
    helped: Column
    """The least ``help_`` of the contact's legs from this one on; ``NEVER`` if there is none."""
    last: NDArray[np.intp]
    """The number of the contact's last leg, among those that were given."""
    own: NDArray[np.intp]
    """Of each leg as they were given: where the first of its contact stands that arrived when it
    did."""

    @classmethod
    def of(
        cls, contact: NDArray[np.int32], arrived: Column, last_by: Column, help_: Column
    ) -> Self:
        """Return the legs in order.

        ``last_by`` says which of a contact's legs that arrived at one instant is the last,
        ``help_`` when a person answered a leg, or anything that is in the order of that.
        """
        order = np.lexsort((last_by, arrived, contact))
        contact, arrived = contact[order], arrived[order]
        ends = np.searchsorted(contact, contact, side="right") - 1
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = (contact[1:] != contact[:-1]) | (arrived[1:] != arrived[:-1])
        own = np.empty(len(order), dtype=np.intp)
        own[order] = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
        return cls(contact, arrived, _least_from(contact, help_[order]), order[ends], own)

    def find(self, contact: NDArray[np.integer[Any]], instant: Column) -> NDArray[np.intp]:
        """Return where the first leg of each contact that arrived at or after an instant stands.

        It is -1 where there is none.
        """
        low = np.searchsorted(self.contact, contact, side="left")
        end = high = np.searchsorted(self.contact, contact, side="right")
        while (open_ := low < high).any():
            middle = (low + high) // 2
            early = open_.copy()
            early[open_] = self.arrived[middle[open_]] < instant[open_]
            low = np.where(early, middle + 1, low)
            high = np.where(open_ & ~early, middle, high)
        return np.where(low < end, low, -1)

    def helped_at(self, places: NDArray[np.intp]) -> Column:
        """Return the ``helped`` of places as :meth:`find` gives them."""
        found = np.full(len(places), NEVER, dtype=np.int64)
        is_there = places >= 0
        found[is_there] = self.helped[places[is_there]]
        return found


def _least_from(contact: NDArray[np.int32], values: Column) -> Column:
    """Return the least value of each leg and those of the same contact after it."""
    least = values.copy()
    step = 1
    # After each round a leg knows the least of twice as many.
    while step < len(contact) and (same := contact[step:] == contact[:-step]).any():
        least[:-step] = np.where(same, np.minimum(least[:-step], least[step:]), least[:-step])
        step *= 2
    return least
