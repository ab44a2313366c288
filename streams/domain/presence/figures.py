"""What there is to know of people at work in a window: opening kept, calls per staffed hour.

Times are whole microseconds until a ratio is taken of them. A share of time has no interval: its
seconds are not so many independent draws; how long the promised time was stands beside it instead.

Source: docs/decisions/0011-opening-kept.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from streams.domain.instants import HOUR, SECOND
from streams.domain.percentiles import wilson

TOLERANCE: Final = 60 * SECOND
"""How much of a local day's guideline may be unstaffed, in all, and it is kept all the same.

People log in by hand, and sources look every so often: one who sits there at 08.00 is stated at
08.00.01. To the microsecond every real source would break what every caller found kept.
"""
SEVERAL: Final = 2
"""So many people must have been there at a time for a figure of their work to be shown."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How much of the promised time somebody was there, in microseconds."""

    staffed: int
    """With at least one person, inside the promised time."""
    promised: int

    @property
    def ratio(self) -> float | None:
        """Return staffed / promised in [0, 1]; None if nothing was promised yet."""
        return self.staffed / self.promised if self.promised else None

    @property
    def unstaffed(self) -> int:
        """Return for how much of the promised time nobody was there."""
        return self.promised - self.staffed


@dataclass(frozen=True, slots=True)
class QueueStaffing:
    """Who answers a queue. All but ``arrived`` is None if nothing was stated of it."""

    people: int | None
    """Now."""
    opening: Opening | None
    """None also for a queue without promised hours."""
    person_time: int | None
    """The time of all who answered, each one's added up, inside promised hours or not."""
    most_people: int | None
    """The most that were there at a time in the window."""
    arrived: int | None
    """Calls that arrived in the window inside promised hours; None for a queue that has no calls.
    """

    @property
    def calls_per_hour(self) -> float | None:
        """Return calls for each hour of a person; None if nobody was there or is known to be.

        None too if there was never more than one person at a time: it would be about that one.
        """
        if self.arrived is None or not self.person_time or (self.most_people or 0) < SEVERAL:
            return None
        return self.arrived * HOUR / self.person_time


def pooled_calls_per_hour(queues: Iterable[QueueStaffing]) -> float | None:
    """Return calls for each hour of a person, of all queues with calls that report staffing.

    All their calls over all their hours, never a mean of ratios. Queues of one person count too;
    None if nobody was there, or only one person in one of all the queues.
    """
    both = [
        (queue.arrived, queue.person_time, queue.most_people or 0)
        for queue in queues
        if queue.arrived is not None and queue.person_time is not None
    ]
    hours = sum(person_time for _, person_time, _ in both)
    if not hours or sum(most for _, _, most in both) < SEVERAL:
        return None
    return sum(arrived for arrived, _, _ in both) * HOUR / hours


class Standing(StrEnum):
    """How an administration stands with its guideline in a window."""

    KEPT = "kept"
    """It had a staffed number all of the guideline's time, but for :data:`TOLERANCE` a day."""
    BROKEN = "broken"
    """It did not, on some day that was reported."""
    UNREPORTED = "unreported"
    """It may have: nothing was stated of any queue of it on some day with such time."""
    NOT_YET = "not_yet"
    """The guideline had no time in the window so far, as before opening or on a Sunday."""
    NO_GUIDELINE = "no_guideline"


@dataclass(frozen=True, slots=True)
class AdministrationOpening:
    """How an administration keeps the guideline's hours with its telephone queues together."""

    standing: Standing
    opening: Opening | None
    """Over the days on which anything was stated; None if nothing was, or it has no guideline."""


@dataclass(frozen=True, slots=True)
class PresenceReport:
    """What there is to say of people at work as of an instant."""

    queues: Mapping[str, QueueStaffing]
    """All queues of the catalogue, and those it doesn't have as one, if anything is stated."""
    calls_per_hour: float | None
    """Of the catalogue's queues together."""
    administrations: Mapping[str, AdministrationOpening]
    goals: Mapping[str, float]
    """Promise that all keep their hours → its goal."""
    seconds_since_heartbeat: Mapping[str, float | None]
    """All sources of the catalogue, and those it doesn't have as one, if any has been heard."""
    silent: Mapping[str, tuple[str, ...]]
    """Queue → its sources that have fallen silent; only queues of which a source has been heard.
    """

    def standing(self, standing: Standing) -> list[str]:
        """Return the administrations that stand so."""
        return [key for key, its in self.administrations.items() if its.standing is standing]

    @property
    def asked(self) -> int:
        """Return of how many administrations the guideline has asked any time so far."""
        return sum(
            its.standing in {Standing.KEPT, Standing.BROKEN, Standing.UNREPORTED}
            for its in self.administrations.values()
        )

    @property
    def kept_ratio(self) -> float | None:
        """Return kept / asked in [0, 1]; None if none is asked, or all of those are unreported.

        One that doesn't report is asked, and has not kept it: silence must not pay.
        """
        reporting = self.asked - len(self.standing(Standing.UNREPORTED))
        return len(self.standing(Standing.KEPT)) / self.asked if reporting else None

    @property
    def kept_interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of that ratio; None where it is."""
        if self.kept_ratio is None:
            return None
        return wilson(len(self.standing(Standing.KEPT)), self.asked)

    def keeps(self, promise: str) -> bool | None:
        """Say whether a promise that all keep their hours is kept; None if nothing is known."""
        ratio = self.kept_ratio
        return None if ratio is None else ratio >= self.goals[promise]
