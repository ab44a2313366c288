"""Things that have an instant, let through when their time comes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, tzinfo
from typing import Final, TypeVar

from streams.domain.instants import SECOND, moment

T = TypeVar("T")

LONGEST_REST_SECONDS: Final = 1.0
"""Longest sleep before the clock is looked at again, so that a clock that is set is followed."""


def paced(
    items: Iterable[T],
    at: Callable[[T], int],
    clock: Callable[[], int],
    rest: Callable[[float], None],
) -> Iterator[T]:
    """Yield each item as soon as its instant is not after the clock's; late ones at once.

    ``rest`` is called with the seconds to sleep, and may do other things first.
    """
    for item in items:
        while (left := at(item) - clock()) > 0:
            rest(min(left / SECOND, LONGEST_REST_SECONDS))
        yield item


def clock_at_speed(start: int, speed: float, wall: Callable[[], float]) -> Callable[[], int]:
    """Return a clock that shows ``start`` now and goes ``speed`` times as fast as ``wall``."""
    began = wall()
    return lambda: start + int((wall() - began) * speed * SECOND)


def local_date(instant: int, zone: tzinfo) -> date:
    """Return the date that it is in a zone."""
    return moment(instant).astimezone(zone).date()
