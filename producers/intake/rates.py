"""How much each token may send: a bucket that fills by so many events a second."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from producers.intake.limits import MAX_EVENTS

SECONDS: Final = 10.0
"""A bucket holds what is allowed in so long, and a whole batch at the least."""


@dataclass(slots=True)
class Bucket:
    """What one token has left to send."""

    per_second: float
    clock: Callable[[], float]
    """Seconds that never go back."""
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.most
        self._at = self.clock()

    @property
    def most(self) -> float:
        """Return how many events may be sent at once after a rest."""
        return max(MAX_EVENTS, self.per_second * SECONDS)

    def take(self, events: int) -> int:
        """Return 0 if so many may be sent now, else after how many whole seconds to try again."""
        now = self.clock()
        self._left = min(self.most, self._left + (now - self._at) * self.per_second)
        self._at = now
        if events <= self._left:
            self._left -= events
            return 0
        return math.ceil((events - self._left) / self.per_second)

    def put_back(self, events: int) -> None:
        """Give back what was taken for something that is not let in after all."""
        self._left += events
