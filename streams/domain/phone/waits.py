"""How long callers waited, of each of several queues: exact percentiles and histograms.

Source: docs/decisions/0003-service-level-definition.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from streams.domain.instants import SECOND
from streams.domain.percentiles import nearest_rank
from streams.domain.phone.by_queue import ByQueue, Places, sums_between
from streams.domain.phone.figures import PERCENTILES, Waits
from streams.domain.phone.legs import Column


@dataclass(frozen=True, slots=True)
class WaitTimes:
    """Waits in microseconds, each queue's together and in rising order."""

    waits: Column
    bounds: Places
    """Where the waits of each queue begin, and where those of the last one end."""

    @classmethod
    def of(cls, legs: ByQueue, state: int) -> Self:
        """Return the waits of the legs of a state, in which they wait no longer."""
        rows, bounds = legs.rows(legs.legs.state == state)
        return cls._sorted(legs.legs.end[rows] - legs.legs.arrived[rows], bounds)

    @classmethod
    def one(cls, waits: Column) -> Self:
        """Return some waits, as if of one queue. They are sorted where they stand."""
        return cls._sorted(waits, np.array([0, len(waits)]))

    @classmethod
    def _sorted(cls, waits: Column, bounds: Places) -> Self:
        for at, after in pairwise(bounds.tolist()):
            waits[at:after].sort()
        return cls(waits, bounds)

    def spread(self) -> list[Waits | None]:
        """Return what there is to say of the waits of each queue; None of none."""
        numbers = np.diff(self.bounds)
        found = zip(
            numbers.tolist(),
            sums_between(self.bounds, self.waits),
            self._percentiles(numbers),
            self._last(),
            strict=True,
        )
        return [
            Waits(whole / (number * SECOND), percentiles, last / SECOND) if number else None
            for number, whole, percentiles, last in found
        ]

    def or_never(self, never: Sequence[int]) -> list[dict[int, Any]]:
        """Return percentiles of waits and, of each queue, so many that never end.

        None where it is one of those.
        """
        return self._percentiles(np.diff(self.bounds) + np.array(never, dtype=np.int64))

    def _percentiles(self, counts: Column) -> list[dict[int, Any]]:
        """Return percentiles of so many waits, of which the shortest are known.

        None where it is one of the others, or there is none.
        """
        starts, ends = self.bounds[:-1], self.bounds[1:]
        places = np.array([starts + nearest_rank(percent, counts) for percent in PERCENTILES])
        is_known = (places >= starts) & (places < ends)
        seconds = np.full(places.shape, None)
        seconds[is_known] = self.waits[places[is_known]] / SECOND
        return [dict(zip(PERCENTILES, its, strict=True)) for its in seconds.T.tolist()]

    def histograms(self, edges: Sequence[int]) -> list[tuple[list[int], float]]:
        """Return how many waits are at or under each edge in seconds, then all; and their sum.

        The sum in seconds; of each queue.
        """
        limits = np.array(edges, dtype=np.int64) * SECOND
        found = []
        for (at, after), whole in zip(
            pairwise(self.bounds.tolist()), sums_between(self.bounds, self.waits), strict=True
        ):
            counts = self.waits[at:after].searchsorted(limits, side="right").tolist()
            found.append(([*counts, after - at], whole / SECOND))
        return found

    def _last(self) -> list[int]:
        """Return the longest wait of each queue; anything where there is none."""
        last: list[int] = np.append(self.waits, 0)[self.bounds[1:] - 1].tolist()
        return last
