"""How promises with a due time are kept: what runs now, and what was due in a window.

Questions and cases have this in common. The breach is counted when the due time has passed, not
when what was promised is done at last.

Source: docs/decisions/0009-questions.md, 0010-cases.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.domain.due_times import UNDATED, Column
from streams.domain.instants import SECOND
from streams.domain.percentiles import nearest_rank, wilson

PERCENTILES: Final = (50, 90)
IN_TIME: Final = "in_time"


@dataclass(frozen=True, slots=True)
class Spread:
    """How some lengths of time, in seconds, are spread. There is at least one."""

    count: int
    mean: float
    percentiles: Mapping[int, float]
    """Exact, nearest rank, for each of :data:`PERCENTILES`."""
    maximum: float


@dataclass(frozen=True, slots=True)
class Pending:
    """What a promise is about that is not done, this instant."""

    open: int
    """All of it: what is due later, too."""
    due_soon: int
    """Not overdue yet, but due by the midnight that ends the day."""
    overdue: int
    longest_overdue_seconds: float | None
    """None if nothing is overdue."""
    last_overdue_seconds: float | None
    """How long ago the last of it came to be so; None likewise."""
    undated: int
    """What has no due time that can be known."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a promise was kept by what was due in a window, and whose due time has passed."""

    verdicts: Mapping[str, int]
    """What each of it has come to."""
    not_judged: str
    """The verdict that says neither that the promise was kept nor that it was broken."""
    late: Spread | None
    """How long after their due times the late ones were done, or are by now; None if none is."""
    undated: int
    """What began in the window and has no due time that can be known: in no other figure."""

    @property
    def due(self) -> int:
        """Return how many were due."""
        return sum(self.verdicts.values())

    @property
    def decided(self) -> int:
        """Return the number that the promise has been kept or broken for."""
        return self.due - self.verdicts[self.not_judged]

    @property
    def ratio(self) -> float | None:
        """Return the share in time, in [0, 1]; None if nothing is decided."""
        return self.verdicts[IN_TIME] / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if nothing is decided."""
        return wilson(self.verdicts[IN_TIME], self.decided)

    @property
    def not_judged_ratio(self) -> float | None:
        """Return the share of all that were due that is not judged; None if none was due."""
        return self.verdicts[self.not_judged] / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class Promised:
    """How a promise is kept, as of an instant."""

    pending: Pending
    kept: Mapping[str, Kept]
    """By name of window."""

    @property
    def has_any(self) -> bool:
        """Say whether there is anything to count in it."""
        return self.pending.open > 0 or any(
            kept.undated or kept.due for kept in self.kept.values()
        )


def pending_of(due: Column, now: int, ends: int) -> Pending:
    """Return what is not done, given when it is due; today ends at the instant ``ends``."""
    dated = due[due != UNDATED]
    overdue = dated[dated < now]
    return Pending(
        open=len(due),
        due_soon=int(((dated >= now) & (dated <= ends)).sum()),
        overdue=len(overdue),
        longest_overdue_seconds=(now - int(overdue.min())) / SECOND if len(overdue) else None,
        last_overdue_seconds=(now - int(overdue.max())) / SECOND if len(overdue) else None,
        undated=len(due) - len(dated),
    )


def spread(lengths: Column) -> Spread | None:
    """Return how some lengths of time, in microseconds, are spread; None of none."""
    if not len(lengths):
        return None
    ordered = sorted(lengths.tolist())
    return Spread(
        count=len(ordered),
        mean=sum(ordered) / (len(ordered) * SECOND),
        percentiles={
            percent: ordered[nearest_rank(percent, len(ordered))] / SECOND
            for percent in PERCENTILES
        },
        maximum=ordered[-1] / SECOND,
    )
