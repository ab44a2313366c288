"""Random draws that are the same for a key on every Python.

Of the standard library's random numbers only ``random()`` promises the same sequence for a seed in
later versions, and numpy's generators promise nothing; so every draw here is made from it.
"""

import hashlib
import math
import random


class Chance:
    """A stream of draws that its key decides. Streams of different keys are independent.

    Give each caller a stream of their own, and a change to one thing (the staffing, say) leaves
    everything else that was drawn as it was.
    """

    def __init__(self, *key: object) -> None:
        digest = hashlib.sha256("/".join(str(part) for part in key).encode()).digest()
        seed = int.from_bytes(digest[:16], "big")
        self._random = random.Random(seed).random  # noqa: S311 - a simulation, no secrets

    def happens(self, probability: float) -> bool:
        """Return whether something of this probability happens."""
        return self._random() < probability

    def uniform(self, low: float, high: float) -> float:
        """Return a draw from [low, high)."""
        return low + (high - low) * self._random()

    def exponential(self, mean: float) -> float:
        """Return a draw from the exponential distribution."""
        return -mean * math.log1p(-self._random())

    def normal(self) -> float:
        """Return a draw from the standard normal distribution. Source: Box and Muller, 1958."""
        radius = math.sqrt(-2 * math.log1p(-self._random()))
        return radius * math.cos(2 * math.pi * self._random())

    def lognormal(self, median: float, mean: float) -> float:
        """Return a draw from the lognormal distribution; ``mean`` is at least ``median``."""
        sigma = math.sqrt(2 * math.log(mean / median))
        return median * math.exp(sigma * self.normal())

    def gamma(self, variation: float) -> float:
        """Return a draw from the gamma distribution with mean 1.

        ``variation`` is the standard deviation, 0 (always 1) to 1.
        Source: Marsaglia and Tsang, ACM TOMS 26 (2000), for shapes of 1 and above.
        """
        if not variation:
            return 1.0
        shape = 1 / variation**2
        d = shape - 1 / 3
        while True:
            x = self.normal()
            v = (1 + x / math.sqrt(9 * d)) ** 3
            if v > 0 and math.log1p(-self._random()) < 0.5 * x * x + d * (1 - v + math.log(v)):
                return d * v / shape
