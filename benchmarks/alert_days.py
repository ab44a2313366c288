"""The days that alerts are measured on: what a worker would show of each in every minute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.alert_conditions import GOAL, LIMIT, Seen
from benchmarks.one_queue import (
    CLOSES,
    OPENS,
    PATIENCE,
    QUARTER,
    SEED,
    TALK_MEAN,
    Busy,
    CallsOfDay,
    Spare,
    expected_by_quarter,
    micros,
    simulate,
    spare_for,
)
from streams.domain.instants import MINUTE, NEVER, SECOND
from streams.domain.outlook.alerting import AT_THE_GOAL, SPANS, highest
from streams.domain.outlook.learning import clustering_of
from streams.domain.outlook.profile import QUARTERS, Expectation, Profile
from streams.domain.outlook.rest import projected, reach, rest, share_from_here
from streams.domain.outlook.staffing import Work
from streams.domain.phone.as_of import Fate, QueueLegs, State
from streams.domain.phone.by_queue import ByQueue
from streams.domain.phone.figures import Limit, Share
from streams.domain.phone.service_level import latest, service_levels
from streams.domain.windows import Window, midnight
from streams.domain.working_time import Hours, Segment

DAYS: Final = 60
MANY_DAYS: Final = 240
"""Of days on which little happens, since it is to be rare."""
ZONE: Final = ZoneInfo("Europe/Stockholm")
DAY: Final = date(2026, 3, 10)
START: Final = midnight(DAY, ZONE)
HOURS: Final = Hours(zone=ZONE, week=((Segment(480, 1020),),) * 7)
CALL: Final = Limit("svar-15s", LIMIT)
WINDOWS: Final = {"5m": 5, "15m": 15, "30m": 30, "1h": 60}
LATELY: Final = 30
"""Minutes: who answered in them is who answers."""
SOURCE_IS_MISSED: Final = 4
"""So many minutes after a source has fallen silent its queue's other alerts are held back."""


@dataclass(frozen=True)
class Scenario:
    """Days of a kind."""

    name: str
    calls_per_hour: float
    usual: float
    """The share that is in time with what staff there is in the morning."""
    then: float | None = None
    """And with what there is after ``turns_at``; None: as before."""
    turns_at: float = 0.0
    """The part of the day at which it turns; with ``slowly`` it goes that way all day."""
    slowly: bool = False
    busy: Busy = lambda _: 1.0
    is_chronic: bool = False
    breaks_at: float | None = None
    """The part of the day at which the source falls silent."""
    is_open: bool = True
    """Whether it is a day on which anything is promised."""
    days: int = DAYS


def _crowd(part: float) -> float:
    return 3.0 if TURNS <= part < TURNS + 4 / 36 else 1.0


TURNS: Final = 11 / 36
"""At a quarter to eleven."""
SCENARIOS: Final = (
    Scenario("healthy, 95 %, 155 calls/h", 155, 0.95, days=MANY_DAYS),
    Scenario("healthy, 95 %, 40 calls/h", 40, 0.95, days=MANY_DAYS),
    Scenario("healthy, 95 %, 10 calls/h", 10, 0.95, days=MANY_DAYS),
    Scenario("healthy, 92 %, 155 calls/h", 155, 0.92),
    Scenario("steady, 89 %", 155, 0.89),
    Scenario("steady, 84 %", 155, 0.84),
    Scenario("steady, 70 %, chronic", 155, 0.70, is_chronic=True),
    Scenario("70 %, chronic, then 45 %", 155, 0.70, 0.45, TURNS, is_chronic=True),
    Scenario("slow drift, 96 to 75 %", 155, 0.96, 0.75, 0.0, slowly=True),
    Scenario("drop from 95 to 70 %, 155 calls/h", 155, 0.95, 0.70, TURNS),
    Scenario("drop from 95 to 70 %, 40 calls/h", 40, 0.95, 0.70, TURNS),
    Scenario("steady, 50 %, 155 calls/h", 155, 0.50),
    Scenario("steady, 50 %, 40 calls/h", 40, 0.50),
    Scenario("small queue, 50 %, 10 calls/h", 10, 0.50),
    Scenario("incident: three times as many for an hour", 155, 0.95, None, TURNS, busy=_crowd),
    Scenario("the source breaks at noon", 155, 0.95, breaks_at=4 / 9),
    Scenario("a holiday: nobody answers", 155, 0.0, is_open=False),
)


def spares_of(scenario: Scenario) -> dict[float, float]:
    """Return with what spare each of a scenario's shares is in time."""
    wanted = {share for share in (scenario.usual, scenario.then) if share is not None}
    return {share: spare_for(share, scenario.calls_per_hour, LIMIT, DAYS) for share in wanted}


def spare_of(scenario: Scenario, spares: Mapping[float, float]) -> Spare:
    """Return how many answer in the days of a scenario; ``spares`` are of the shares in time."""
    first = spares[scenario.usual]
    if scenario.then is None:
        return lambda _: first
    last = spares[scenario.then]
    if scenario.slowly:
        return lambda part: first + (last - first) * part
    return lambda part: last if part >= scenario.turns_at else first


def profile_of(calls_per_hour: float, spare: float) -> Profile:
    """Return what has been learnt of other days of a queue of that size, with what staff it has.

    How its calls cluster is learnt of simulated days; the rest is what they are made of.
    """
    day = [0.0] * QUARTERS
    day[32:68] = expected_by_quarter(calls_per_hour).tolist()
    clustering = clustering_of(
        _halves(simulate(np.random.default_rng((SEED, 1, n)), calls_per_hour, lambda _: spare))
        for n in range(DAYS)
    )
    return Profile(
        (tuple(day),) * 7,
        0.1,
        0.15,
        days=DAYS,
        talk_seconds=TALK_MEAN,
        patience_seconds=PATIENCE,
        clustering={} if clustering is None else {CALL.target: clustering},
    )


def _halves(calls: CallsOfDay) -> list[Share]:
    """Return how each half-hour of a day did, those without calls left out."""
    edges = np.searchsorted(calls.arrived, np.arange(OPENS, CLOSES + 1, 2 * QUARTER))
    good = np.concatenate([[0], np.cumsum(calls.in_time(LIMIT))])[edges]
    return [
        Share(int(part), int(whole))
        for part, whole in zip(np.diff(good), np.diff(edges), strict=True)
        if whole
    ]


def minutes_of(
    calls: CallsOfDay, profile: Profile, scenario: Scenario
) -> Iterator[tuple[int, Seen, Seen]]:
    """Yield what there is to see in each minute of the day, and what if nobody says who answers.

    After the source has broken, until that is noticed.
    """
    expectation, learnt = Expectation(profile, HOURS), profile.clustering.get(CALL.target, 0.0)
    arrived, ended = START + micros(calls.arrived), START + micros(calls.ended)
    ends, last = START + CLOSES * SECOND, (CLOSES - OPENS) // 60
    broken = NEVER
    if scenario.breaks_at is not None:
        breaks = round(scenario.breaks_at * last)
        broken, last = START + OPENS * SECOND + breaks * MINUTE, breaks + SOURCE_IS_MISSED
    for minute in range(1, last):
        now = START + OPENS * SECOND + minute * MINUTE
        legs = _legs(arrived, ended, calls.answered, min(now, broken), now)
        windows = [
            Window(name, now - m * MINUTE, now, rolling=True) for name, m in WINDOWS.items()
        ]
        today = Window("today", START, now, rolling=False)
        levels = {
            its.name: Share(found.good, found.decided)
            for its in (*windows, today)
            for found in [service_levels(ByQueue.one(legs), its, [[CALL]])[0][CALL.target]]
        }
        levels["latest"] = latest(ByQueue.one(legs), today, [[CALL]])[0][CALL.target]
        whole, of_today = len(legs.arrived), levels["today"]
        to_come = expectation.between(now, ends)
        more = rest(expectation.between(START, now), to_come, whole, profile)
        mean = more.mean if more else 0.0
        left = whole - of_today.whole + mean
        busyness = mean / to_come.contacts if to_come.contacts else 0.0
        expected = _expected(calls.people, scenario.calls_per_hour, busyness, minute)
        found = reach(of_today.part, of_today.whole, left, GOAL)
        twice = of_today.part + levels["1h"].part, of_today.whole + levels["1h"].whole
        waiting = legs.arrived[legs.state == State.WAITING]
        seen, blind = (
            Seen(
                levels=levels,
                highs={
                    span: highest(levels[span], min(1.0, AT_THE_GOAL * learnt), z)
                    for span, z in SPANS.items()
                },
                waiting=len(waiting),
                longest=(now - int(waiting.min())) / SECOND if len(waiting) else 0.0,
                staffed=None if known is None else int(calls.people[(minute - 1) // 15]),
                expected=known,
                projected=projected(
                    of_today.part, of_today.whole, left, share_from_here(*twice, known)
                ),
                needed=found.needed,
                spent=found.spent,
                to_come=mean,
                alert_level=scenario.usual if scenario.is_chronic else GOAL,
                is_chronic=scenario.is_chronic,
            )
            for known in (expected, None)
        )
        yield minute, seen, replace(blind, staffed=seen.staffed)


def _expected(people: np.ndarray, calls_per_hour: float, busyness: float, minute: int) -> float:
    """Return what is to be expected of this quarter's calls with those who answered lately."""
    work = Work(round(TALK_MEAN), round(PATIENCE), ((GOAL, LIMIT),))
    calls = busyness * _by_quarter(calls_per_hour)[minute // 15]
    crew: dict[int, int] = {}
    for earlier in range(max(0, minute - LATELY), minute):
        number = int(people[earlier // 15])
        crew[number] = crew.get(number, 0) + 1
    levels = {number: work.level(calls, QUARTER, number, LIMIT) for number in crew}
    return sum(time * levels[number] for number, time in crew.items()) / sum(crew.values())


@lru_cache
def _by_quarter(calls_per_hour: float) -> list[float]:
    return [float(calls) for calls in expected_by_quarter(calls_per_hour)]


def _legs(
    arrived: np.ndarray, ended: np.ndarray, answered: np.ndarray, told: int, now: int
) -> QueueLegs:
    """Return the legs as they stand at an instant, of what had been told before another."""
    count = int(np.searchsorted(arrived, told))
    end = np.where(ended[:count] < told, ended[:count], NEVER)
    state = np.where(answered[:count], State.ANSWERED, State.ABANDONED)
    state = np.where(end == NEVER, State.WAITING, state).astype(np.int8)
    none = np.zeros(count, dtype=np.bool_)
    never = np.full(count, NEVER, dtype=np.int64)
    return QueueLegs(
        as_of=now,
        contact=np.arange(count, dtype=np.int32),
        arrived=arrived[:count],
        end=end,
        state=state,
        fate=np.full(count, Fate.SAVED, dtype=np.int8),
        by_partner=none,
        reached=never,
        ended=never,
        is_passed_on=none,
        onward=np.full(count, Fate.UNSEEN, dtype=np.int8),
        is_internal=none,
    )
