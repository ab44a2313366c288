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
ABANDON_EDGES: Final = (5, 10, 15, 20, 40, 60)
"""How long those who hung up had waited at most, in seconds."""
SAVERS: Final = ("own", "partner", "lost", "unknown")
"""Who answered the caller of a leg that ended, here or further on; or that nobody did."""
ONWARD: Final = ("answered", "lost", "unknown", "unseen")
"""What became of a caller who was passed on, in the order of ``as_of.Fate``."""
FORMULAS: Final = ("of_answered", "less_early_abandons", "early_abandons_kept", "left")
"""The other formulas for a service level that are in use (docs/decisions/0003)."""


LATEST: Final = 20
"""So many legs that were decided last tell how a small queue does."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A promise that legs are judged by: answered within ``seconds``."""

    target: str
    seconds: int
    exclude_short_abandons_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some."""

    part: int
    whole: int

    @property
    def ratio(self) -> float | None:
        """Return the share in [0, 1]; None of none."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None of none."""
        return wilson(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How many of the decided legs were in time, and why the others were not."""

    good: int
    misses: dict[str, int]
    """Count of each of :data:`MISSES`."""
    answered_in_time: int
    """Those in time but for callbacks."""
    left_in_time: int
    """Legs whose wait ended within the limit, in whatever way."""

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

    @property
    def formulas(self) -> dict[str, Share]:
        """Return the same legs by each of :data:`FORMULAS`, each of legs of its own."""
        answered = self.answered_in_time + self.misses["answered_late"]
        early, late = self.misses["abandoned_early"], self.misses["abandoned_late"]
        shares = (
            (self.answered_in_time, answered),
            (self.answered_in_time, answered + late),
            (self.answered_in_time + early, answered + early + late),
            (self.left_in_time, self.decided),
        )
        return {
            name: Share(part, whole) for name, (part, whole) in zip(FORMULAS, shares, strict=True)
        }


@dataclass(frozen=True, slots=True)
class Talk:
    """How long was talked. There is at least one talk that has ended."""

    mean: float
    """In seconds."""
    count: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of answered legs, in seconds. There is at least one."""

    mean: float
    percentiles: dict[int, float]
    maximum: float


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What became of callers who asked to be called back."""

    asked: int
    reached: int
    kept: Share | None
    """Those reached within the promised time, of those that were or whose time has passed; None
    where no time is promised."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one queue in one window: of external legs inside promised hours."""

    counts: dict[str, int]
    """Legs that arrived, by what has happened to them; keys as :data:`COUNTS`."""
    waits: Waits | None
    waits_or_never: dict[int, float | None]
    """Percentiles as of ``waits``, but with those who hung up as never answered: None where the
    rank falls among them."""
    ended: int
    lost: int
    unknown: int
    service_levels: dict[str, ServiceLevel]
    talk: Talk | None
    abandoned_histogram: tuple[list[int], float]
    """How many abandoned legs waited at most each of :data:`ABANDON_EDGES`, then all; and the sum
    of their waits in seconds."""
    saved_by: dict[str, int]
    """Legs that ended by who answered their callers; keys as :data:`SAVERS`."""
    transfers: dict[str, int]
    """Answered legs that were passed on by what then became of the caller; keys as
    :data:`ONWARD`."""
    callbacks: Callbacks
    outside_hours: int = 0
    """Legs that arrived outside promised hours: in none of the other figures."""
    internal: int = 0
    """Legs of the municipality's own calls, at any hour: in none of the other figures."""

    @property
    def arrived(self) -> int:
        """Return the number of legs that arrived in the window."""
        return sum(self.counts.values())

    @property
    def lost_in_all(self) -> Share:
        """Return how many of the legs that ended were lost."""
        return Share(self.lost, self.ended)

    @property
    def lost_high(self) -> Share:
        """Return the same with those of unknown outcome counted as lost."""
        return Share(self.lost + self.unknown, self.ended)

    @property
    def answered_in_all(self) -> Share:
        """Return how many of the legs that ended were answered, by us or by a partner."""
        return Share(self.saved_by["own"] + self.saved_by["partner"], self.ended)


@dataclass(frozen=True, slots=True)
class Now:
    """What is true of a queue this instant, in no window and at any hour."""

    waiting: int
    longest_wait_seconds: float | None
    """None if nobody waits."""
    is_open: bool = True
    """By promised hours."""
    has_incident: bool = False
    """Whether an incident that touches the queue goes on."""
