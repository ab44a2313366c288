"""Pacing: what has happened at once, the rest when its time comes."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from producers.pacing import LONGEST_REST_SECONDS, clock_at_speed, local_date, paced
from streams.domain.instants import SECOND, micros

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Clock:
    """A clock that moves only when somebody rests, and sometimes a little too far."""

    def __init__(self, now: int, late: int = 0) -> None:
        self.now = now
        self.late = late
        self.rests: list[float] = []

    def __call__(self) -> int:
        return self.now

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += round(seconds * SECOND) + self.late


@pytest.mark.parametrize("late", [0, 17_000])
def test_nothing_comes_before_its_time_and_late_things_come_at_once(late: int) -> None:
    clock = Clock(10 * SECOND, late)
    instants = [3 * SECOND, 10 * SECOND, 10 * SECOND + 1, 14 * SECOND, 14 * SECOND]
    seen = [(clock.now, at) for at in paced(instants, int, clock, clock.rest)]
    assert [at for _, at in seen] == instants
    assert seen[:2] == [(10 * SECOND, 3 * SECOND), (10 * SECOND, 10 * SECOND)]
    assert all(0 <= now - at <= late for now, at in seen[2:])


def test_it_looks_at_the_clock_at_least_every_second() -> None:
    clock = Clock(0)
    list(paced([5 * SECOND], int, clock, clock.rest))
    assert max(clock.rests) <= LONGEST_REST_SECONDS


def test_a_clock_at_speed_60_goes_a_minute_in_a_second() -> None:
    wall = Clock(1_000)
    clock = clock_at_speed(5 * SECOND, 60, lambda: wall.now / SECOND)
    assert clock() == 5 * SECOND
    wall.now += SECOND
    assert clock() == pytest.approx(65 * SECOND, abs=60)


def test_the_local_date_is_that_of_the_zone() -> None:
    assert local_date(micros(datetime(2026, 3, 2, 0, 30, tzinfo=STOCKHOLM)), STOCKHOLM) == date(
        2026, 3, 2
    )
