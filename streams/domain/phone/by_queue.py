"""The legs of several queues at once, to be counted for each of them in one go.

To look at a queue's columns takes as long for ten legs as for a thousand, and a municipality may
have hundreds of queues.

::

    legs     ├── switchboard ──┼── centre ──┤     a queue's together, in order of arrival
    bounds   0               812          812  1204     the second of three has none
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, starmap
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from streams.domain.phone.as_of import Mask, QueueLegs
from streams.domain.phone.legs import Column

Places = NDArray[np.intp]


@dataclass(frozen=True)
class ByQueue:
    """Legs, each queue's together and in order of arrival."""

    legs: QueueLegs
    bounds: Places
    """Where the legs of each queue begin, and where those of the last one end."""

    @classmethod
    def one(cls, legs: QueueLegs) -> Self:
        """Return the legs of a single queue."""
        return cls(legs, np.array([0, len(legs.arrived)]))

    @cached_property
    def places(self) -> list[slice]:
        """Return where the legs of each queue stand."""
        return list(starmap(slice, pairwise(self.bounds.tolist())))

    @cached_property
    def queue(self) -> Places:
        """Say of each leg which queue's it is."""
        return self._repeated(np.arange(len(self.bounds) - 1))

    @property
    def sizes(self) -> list[int]:
        """Return how many legs there are of each queue."""
        return [place.stop - place.start for place in self.places]

    def of(self, queue: int) -> QueueLegs:
        """Return the legs of one of the queues. They are not copied."""
        return self.legs.only(self.places[queue])

    def only(self, chosen: Mask) -> "ByQueue":
        """Return those of the legs that are asked for."""
        if chosen.all():
            return self
        rows, bounds = self.rows(chosen)
        return ByQueue(self.legs.only(rows), bounds)

    def rows(self, chosen: Mask) -> tuple[Places, Places]:
        """Return which legs are asked for, and the bounds of each queue among them.

        To copy all columns of very many takes long where only one or two are looked at.
        """
        rows = np.flatnonzero(chosen)
        return rows, np.searchsorted(rows, self.bounds)

    def during(self, start: int, end: int) -> "ByQueue":
        """Return the legs that arrived in ``[start, end)``."""
        return self.only(self.legs.is_during(start, end))

    def each(self, values: Collection[int]) -> Column:
        """Return a value of each queue as a column of its legs."""
        return self._repeated(np.fromiter(values, np.int64, len(values)))

    def _repeated(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.repeat(values, np.diff(self.bounds))

    def numbers(self, chosen: Mask) -> list[int]:
        """Return how many of the legs are asked for, of each queue."""
        found = np.bincount(self.queue[chosen], minlength=len(self.bounds) - 1)
        numbers: list[int] = found.tolist()
        return numbers

    def counts(self, codes: NDArray[np.integer[Any]], kinds: int) -> list[list[int]]:
        """Return how many legs there are of each code below ``kinds``, of each queue."""
        queues = len(self.bounds) - 1
        found = np.bincount(self.queue * kinds + codes, minlength=queues * kinds)
        counts: list[list[int]] = found.reshape(queues, kinds).tolist()
        return counts


def sums_between(bounds: Places, values: Column) -> list[int]:
    """Return the sum of the values between each bound and the next."""
    sums: list[int] = np.diff(np.append(0, np.cumsum(values))[bounds]).tolist()
    return sums
