"""Who is there, by the roster of a simulated day, and which sources say that they are alive."""

import itertools
from collections import defaultdict
from datetime import UTC, date, datetime

import pytest
from whole_days import MONDAY, STOCKHOLM

from producers.simulator.calls import Day, MemberChange
from producers.simulator.presence import heartbeats, staffed
from producers.simulator.profile import lulea
from producers.simulator.simulation import simulate_day
from producers.simulator.whole_profile import skelleftea, whole_lulea
from streams.domain.event_types import PresenceEvent
from streams.domain.events import decode, encode
from streams.domain.instants import HOUR, MINUTE, SECOND, micros

PLAN = whole_lulea()
QUEUES = ("vaxel", "kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social")


@pytest.fixture(scope="module")
def monday() -> Day:
    return simulate_day(PLAN, MONDAY, STOCKHOLM, seed=1)


def by_queue(told: list[tuple[int, PresenceEvent]]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, event in told:
        assert decode(encode(event)) == event
        assert micros(event.time) == at
        assert event.subject == event.data.queue
        assert event.data.queue is not None
        assert event.data.people is not None
        found[event.data.queue].append((at, event.data.people))
    return found


def there(statements: list[tuple[int, int]], instant: int) -> int:
    """Return how many are there by what has been stated until an instant."""
    return [people for at, people in statements if at <= instant][-1]


def test_at_every_minute_as_many_are_stated_as_the_roster_has(monday: Day) -> None:
    told = by_queue(staffed(PLAN, monday))
    assert sorted(told) == sorted(QUEUES)
    for queue, statements in told.items():
        for minute in range(-5, 9 * 60 + 45):
            instant = monday.opens_at + minute * MINUTE
            phones: set[str] = set()
            for change in monday.members:
                if change.queue == queue and change.at <= instant:
                    if change.what in ("ADDMEMBER", "UNPAUSE"):
                        phones.add(change.agent)
                    else:
                        phones -= {change.agent}
            if minute < 0:
                assert statements[0][0] > instant
            else:
                assert there(statements, instant) == len(phones)


def test_it_is_stated_at_opening_and_at_each_change_and_at_last_nobody(monday: Day) -> None:
    told = staffed(PLAN, monday)
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    for statements in by_queue(told).values():
        assert statements[0][0] == monday.opens_at
        assert statements[-1][1] == 0
        assert statements[-1][0] >= monday.opens_at + 7 * HOUR
        people = [number for _, number in statements]
        assert all(one != other for one, other in itertools.pairwise(people))


def test_a_phone_that_is_left_alone_is_nobody_for_a_minute() -> None:
    opens_at = 0
    changes = [(0, "ADDMEMBER"), (60, "PAUSE"), (120, "UNPAUSE"), (180, "REMOVEMEMBER")]
    day = Day(
        municipality="lulea",
        date=MONDAY,
        opens_at=opens_at,
        callers=0,
        legs=(),
        members=tuple(MemberChange(at * SECOND, "vaxel", "PJSIP/1001", w) for at, w in changes),
    )
    assert by_queue(staffed(PLAN, day))["vaxel"] == [
        (0, 1),
        (60 * SECOND, 0),
        (120 * SECOND, 1),
        (180 * SECOND, 0),
    ]


def test_one_centre_opens_late_and_closes_at_lunch_and_the_others_do_not(monday: Day) -> None:
    told = by_queue(staffed(PLAN, monday))
    for queue, hours in (
        ("kundtjanst-social", {9, 10, 11, 13, 14}),
        ("kundtjanst-teknik", set(range(8, 17))),
        ("kundtjanst-skola", set(range(8, 17))),
        ("vaxel", set(range(8, 17))),
    ):
        half = monday.opens_at + HOUR // 2
        halves = {8 + n: half + n * HOUR for n in range(9)}
        assert {hour for hour, at in halves.items() if there(told[queue], at)} == hours
    kept = 5 / 9
    assert 0.2 < kept < 1, "20 to 100 % of the guideline in 2014"


def test_from_an_instant_on_it_begins_with_how_many_there_are_then(monday: Day) -> None:
    since = monday.opens_at + 200 * MINUTE
    whole = by_queue(staffed(PLAN, monday))
    rest = by_queue(staffed(PLAN, monday, since))
    for queue in QUEUES:
        assert rest[queue][0] == (since, there(whole[queue], since))
        assert rest[queue][1:] == [each for each in whole[queue] if each[0] > since]
    assert staffed(PLAN, monday, monday.opens_at - HOUR) == staffed(PLAN, monday)


def test_a_day_that_is_closed_has_nobody_and_says_nothing() -> None:
    sunday = simulate_day(PLAN, date(2026, 3, 1), STOCKHOLM, seed=1)
    assert staffed(PLAN, sunday) == []


@pytest.mark.parametrize(("plan", "count"), [(whole_lulea(), 3), (skelleftea(), 2)])
def test_each_source_is_alive_every_half_minute_and_they_take_turns(
    plan: object, count: int
) -> None:
    start = micros(datetime(2026, 3, 2, tzinfo=UTC))
    told = list(heartbeats(plan, start, start + HOUR, 30))  # type: ignore[arg-type]
    times = [at for at, _ in told]
    assert times == sorted(times)
    assert len(told) == len(set(times)) == 120 * count
    for source in plan.sources:  # type: ignore[attr-defined]
        its = [at for at, event in told if event.subject == source]
        assert {later - at for at, later in itertools.pairwise(its)} == {30 * SECOND}
        assert start <= its[0] < start + 30 * SECOND
    assert {event.data.queue for _, event in told} == {None}
    assert all(decode(encode(event)) == event for _, event in told[:5])


def test_a_plan_of_calls_alone_has_no_sources() -> None:
    assert list(heartbeats(lulea(), 0, HOUR, 30)) == []
