"""Working time by counting minutes: the oracle that ``streams.domain.working_time`` is held to.

It imports nothing of ours. It walks through every minute of the stretch with a door in mind: at
each minute it looks at the clock on the wall, and opens and closes the door as a caretaker would.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

Segments = list[tuple[int, int]]
"""Of a day: minutes after midnight on the wall, from the one on which it opens."""

MINUTE = timedelta(minutes=1)


def open_minutes(
    segments_of: Callable[[date], Segments], zone: tzinfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, bool]]:
    """Yield each whole minute of ``[start, end)`` and whether it is open then."""
    at = start.astimezone(UTC) - timedelta(days=2)  # before that day's midnight, in every zone
    today: date | None = None
    opened: set[int] = set()
    closed: set[int] = set()
    segments: Segments = []
    while at < end:
        shown = at.astimezone(zone)
        if today is None or shown.date() > today:  # a new day: every door is shut
            today, opened, closed = shown.date(), set(), set()
            segments = segments_of(today)
        minute = shown.hour * 60 + shown.minute
        for number, (opens, closes) in enumerate(segments):
            if minute >= opens:
                opened.add(number)
            if minute >= closes:
                closed.add(number)
        if at >= start:
            yield at, bool(opened - closed)
        at += MINUTE


def count(
    segments_of: Callable[[date], Segments], zone: tzinfo, start: datetime, end: datetime
) -> int:
    """Return how many minutes of ``[start, end)`` are open ones."""
    return sum(is_open for _, is_open in open_minutes(segments_of, zone, start, end))


def moment_after(
    segments_of: Callable[[date], Segments], zone: tzinfo, start: datetime, minutes: int
) -> datetime | None:
    """Return the end of the ``minutes``-th open minute from ``start`` on; None within 30 days."""
    for at, is_open in open_minutes(segments_of, zone, start, start + timedelta(days=30)):
        minutes -= is_open
        if not minutes:
            return at + MINUTE
    return None


def opening(
    segments_of: Callable[[date], Segments], zone: tzinfo, start: datetime
) -> datetime | None:
    """Return the first open minute from ``start`` on; None within 30 days."""
    for at, is_open in open_minutes(segments_of, zone, start, start + timedelta(days=30)):
        if is_open:
            return at
    return None
