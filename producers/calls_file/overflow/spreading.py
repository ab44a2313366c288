"""What a report by intervals says of the calls that went on: so many of these were answered. Pure.

Such a report does not say which. The calls of an interval are taken in order: the first ones are
the answered ones, and then come those that hung up. Counts over whole intervals are the partner's
own; which of an interval's calls it was is a way to write them down. What is not said of an
interval stays unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from producers.calls_file.overflow.matching import Gone, Outcome


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of the report: what came in ``[start, end)``."""

    line: int
    start: int
    end: int
    answered: int
    lost: int | None
    """How many hung up; None if the report does not say."""
    wait: int
    """How long those who were answered had waited there, on average, in microseconds."""


@dataclass(slots=True)
class Spread:
    """What came of the intervals."""

    outcomes: list[tuple[Gone, Outcome]] = field(default_factory=list)
    surplus: dict[int, int] = field(default_factory=dict)
    """Line → how many more calls the partner had than went on to it."""
    unknown: int = 0
    """How many calls that went on in an interval have no outcome."""


def spread(gone: Iterable[Gone], intervals: Sequence[Interval]) -> Spread:
    """Return an outcome for as many calls as the partner says; intervals don't overlap.

    Calls whose outcome is known count as the interval's, so that reading a report again says
    nothing more.
    """
    found = Spread()
    calls = sorted(gone, key=lambda its: (its.left_at, its.contact))
    for interval in intervals:
        its = [call for call in calls if interval.start <= call.left_at < interval.end]
        _spread(its, interval, found)
    return found


def _spread(calls: Sequence[Gone], interval: Interval, found: Spread) -> None:
    known = [its.known for its in calls if its.known is not None]
    answered = sum(its.is_answered for its in known)
    left = [its for its in calls if its.known is None]
    surplus = 0
    for told, have, is_answered in (
        (interval.answered, answered, True),
        (interval.lost or 0, len(known) - answered, False),
    ):
        more = max(0, told - have)
        found.outcomes += [(its, Outcome(is_answered, interval.wait)) for its in left[:more]]
        surplus += max(0, more - len(left))
        left = left[more:]
    if surplus:
        found.surplus[interval.line] = surplus
    found.unknown += len(left)
