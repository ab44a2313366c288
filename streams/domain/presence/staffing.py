"""When a queue was staffed in a window: spans of time with so many people, day by day.

A statement holds until the next one of its queue, at most until the local midnight that follows
it: people go home, and a source states it anew each day. ::

    people          ┌──2──┐                      ┌──1
    ────────┬───────┘     └──0──┐────────┬───────┴────────▶ time
         midnight  08.00     16.30    midnight  08.00
         nothing is known, nobody     nothing is known
         is counted                   until it is stated

Source: docs/decisions/0011-opening-kept.md.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from streams.domain.presence.statements import Statements
from streams.domain.windows import Window, day_of, midnight

Span = tuple[int, int]
"""A stretch of time, ``[begins, ends)`` in microseconds."""
Stated = tuple[tuple[int, int, int], ...]
"""Spans of which it was stated how many answer: begins, ends, people; in order, apart."""
Staffed = Stated
"""Those that somebody answered in: people at least 1."""


@dataclass(frozen=True, slots=True)
class Day:
    """The part ``[start, end)`` that a window has of a local day ``[begins, ends)``."""

    begins: int
    ends: int
    start: int
    end: int


def days_of(window: Window, zone: tzinfo) -> list[Day]:
    """Return the local days that a window has any part of, in order; none if it is empty."""
    if window.start >= window.end:
        return []
    day, last, days = day_of(window.start, zone), day_of(window.end - 1, zone), []
    begins = midnight(day, zone)
    while day <= last:
        day += timedelta(days=1)
        ends = midnight(day, zone)
        days.append(Day(begins, ends, max(begins, window.start), min(ends, window.end)))
        begins = ends
    return days


def staffed_on(day: Day, statements: Statements | None) -> Staffed | None:
    """Return when somebody answered in the window's part of a day; None if nothing was stated.

    A day on which the statements are all of nobody, or not of this part, is an empty tuple.
    """
    stated = stated_on(day, statements)
    return None if stated is None else tuple(span for span in stated if span[2])


def stated_on(day: Day, statements: Statements | None) -> Stated | None:
    """Return how many answered in the window's part of a day; None if nothing was stated on it."""
    if statements is None:
        return None
    first, after = (bisect_left(statements.at, instant) for instant in (day.begins, day.ends))
    if first == after:
        return None
    at, people = statements.at[first:after], statements.people[first:after]
    return tuple(
        (max(begins, day.start), min(ends, day.end), number)
        for begins, ends, number in zip(at, (*at[1:], day.ends), people, strict=True)
        if begins < day.end and ends > day.start
    )


def people_now(statements: Statements | None, now: int, zone: tzinfo) -> int | None:
    """Return how many answer a queue now; None if nothing has been stated since midnight."""
    if statements is None or statements.at[-1] < midnight(day_of(now, zone), zone):
        return None
    return statements.people[-1]


def person_time(staffed: Staffed) -> int:
    """Return the time that people were there, each one's added up, in microseconds."""
    return sum((ends - begins) * people for begins, ends, people in staffed)


def most_people(staffed: Staffed) -> int:
    """Return the most people that were there at a time."""
    return max((people for _, _, people in staffed), default=0)


def joined(several: Iterable[Staffed]) -> Iterator[Span]:
    """Yield when anybody was there, in any of several queues: spans in order, apart."""
    begun = ended = None
    for begins, ends, _ in sorted(span for staffed in several for span in staffed):
        if begun is None or ended is None:
            begun, ended = begins, ends
        elif begins > ended:
            yield begun, ended
            begun, ended = begins, ends
        else:
            ended = max(ended, ends)
    if begun is not None and ended is not None:
        yield begun, ended


def common(first: Iterable[Span], second: Iterable[Span]) -> int:
    """Return for how many microseconds both have a span; those of each are apart."""
    others = list(second)
    return sum(
        max(0, min(ends, its_end) - max(begins, its_begin))
        for begins, ends in first
        for its_begin, its_end in others
    )
