"""What there is to know of a queue in a window: counts, waits, lost, service levels.

Source: docs/decisions/0003-service-level-definition.md.
"""

from dataclasses import dataclass
from typing import Final

from streams.domain.percentiles import wilson

PERCENTILES: Final = (50, 80, 90, 95, 99)
WAIT_EDGES: Final = (15, 20, 40, 50, 60, 120, 300, 600, 1200)
"""Upper edges of the histogram of waits in seconds: every limit promised, and some above."""
COUNTS: Final = (
    "answered", "abandoned", "overflowed", "refused", "closed", "callback", "waiting",
)  # fmt: skip
"""What has happened to a leg, in the order of ``as_of.State``."""
MISSES: Final = (
    "answered_late", "abandoned_early", "abandoned_late",
    "overflowed", "refused", "closed", "callback", "waiting",
)  # fmt: skip
"""Why a decided leg was not in time."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A promise that legs are judged by: answered within ``seconds``."""

    target: str
    seconds: int
    exclude_short_abandons_seconds: int = 0


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How many of the decided legs were in time, and why the others were not."""

    good: int
    misses: dict[str, int]
    """Count of each of :data:`MISSES`."""

    @property
    def decided(self) -> int:
        """Return the number of legs that the promise has been kept or broken for."""
        return self.good + sum(self.misses.values())

    @property
    def ratio(self) -> float | None:
        """Return the share in time, in [0, 1]; None if nothing is decided."""
        return self.good / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if nothing is decided."""
        return wilson(self.good, self.decided)


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of answered legs, in seconds. There is at least one."""

    mean: float
    percentiles: dict[int, float]
    maximum: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one queue in one window, of legs that arrived inside promised hours."""

    counts: dict[str, int]
    """Legs that arrived, by what has happened to them; keys as :data:`COUNTS`."""
    waits: Waits | None
    ended: int
    lost: int
    unknown: int
    service_levels: dict[str, ServiceLevel]
    outside_hours: int = 0
    """Legs that arrived outside promised hours: in none of the other figures."""

    @property
    def arrived(self) -> int:
        """Return the number of legs that arrived in the window."""
        return sum(self.counts.values())

    @property
    def lost_ratio(self) -> float | None:
        """Return lost / ended in [0, 1]; None if no leg ended."""
        return self.lost / self.ended if self.ended else None

    @property
    def lost_ratio_high(self) -> float | None:
        """Return (lost + unknown outcome) / ended in [0, 1]; None if no leg ended."""
        return (self.lost + self.unknown) / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class Now:
    """What is true of a queue this instant, in no window and at any hour."""

    waiting: int
    longest_wait_seconds: float | None
    """None if nobody waits."""
    is_open: bool = True
    """By promised hours."""
