"""``make alert-bench``: how good the alerts are, on simulated days, beside simpler rules.

Each day is looked at once a minute with the worker's own figures; what fires is told by the rules'
conditions (``tests/alerts/test_alert_quality.py`` holds them against Prometheus), with the rules'
own ``for`` and ``keep_firing_for``. The table is written into the page, between its marks.
"""

import statistics
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
import numpy as np

from alerts.rules import FEW_TO_COME, HARD_TO_REACH, LEAST_DECIDED, SMALL_QUEUE
from benchmarks.one_queue import (
    CLOSES,
    OPENS,
    SEED,
    Busy,
    CallsOfDay,
    Spare,
    expected_by_quarter,
    micros,
    simulate,
    spare_for,
)
from benchmarks.pages import write_between
from streams.domain.instants import MINUTE, NEVER, SECOND
from streams.domain.outlook.profile import QUARTERS, Expectation, Profile
from streams.domain.outlook.rest import reach, rest
from streams.domain.percentiles import Z_99, wilson
from streams.domain.phone.as_of import Fate, QueueLegs, State
from streams.domain.phone.figures import Limit, Share
from streams.domain.phone.service_level import latest, service_levels
from streams.domain.windows import Window, midnight
from streams.domain.working_time import Hours, Segment

DAYS: Final = 60
LIMIT: Final = 15
GOAL: Final = 0.9
ZONE: Final = ZoneInfo("Europe/Stockholm")
DAY: Final = date(2026, 3, 10)
START: Final = midnight(DAY, ZONE)
HOURS: Final = Hours(zone=ZONE, week=((Segment(480, 1020),),) * 7)
CALL: Final = Limit("svar-15s", LIMIT)
SPANS: Final = {"5m": 5, "15m": 15, "30m": 30, "1h": 60}
BURN: Final = 6.0


@dataclass(frozen=True)
class Seen:
    """The figures of a minute."""

    levels: dict[str, Share]
    """By window, ``today`` among them; and ``latest``."""
    needed: float | None
    to_come: float
    alert_level: float
    is_chronic: bool


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


def _crowd(part: float) -> float:
    return 3.0 if 0.3 <= part < 0.42 else 1.0


SCENARIOS: Final = (
    Scenario("healthy, 95 %, 155 calls/h", 155, 0.95),
    Scenario("healthy, 95 %, 40 calls/h", 40, 0.95),
    Scenario("healthy, 95 %, 10 calls/h", 10, 0.95),
    Scenario("healthy, 92 %, 155 calls/h", 155, 0.92),
    Scenario("steady, 89 %", 155, 0.89),
    Scenario("steady, 84 %", 155, 0.84),
    Scenario("chronic, 70 %", 155, 0.70, is_chronic=True),
    Scenario("chronic, 70 %, then 45 %", 155, 0.70, 0.45, 0.35, is_chronic=True),
    Scenario("slow drift, 96 to 75 %", 155, 0.96, 0.75, 0.0, slowly=True),
    Scenario("sudden drop, 95 to 70 %, 155 calls/h", 155, 0.95, 0.70, 0.3),
    Scenario("sudden drop, 95 to 70 %, 40 calls/h", 40, 0.95, 0.70, 0.3),
    Scenario("steady, 50 %, 155 calls/h", 155, 0.50),
    Scenario("steady, 50 %, 40 calls/h", 40, 0.50),
    Scenario("small queue, 50 %, 10 calls/h", 10, 0.50),
    Scenario("incident: three times as many for an hour", 155, 0.95, busy=_crowd),
)


Condition = Callable[[Seen], bool]


def akut(seen: Seen) -> bool:
    """Say whether the conditions of Akut hold."""
    half, quarter, hour = (seen.levels[name] for name in ("30m", "15m", "1h"))
    few = seen.levels["latest"]
    usual = _high(half) < seen.alert_level and _ratio(quarter) < seen.alert_level
    usual = usual and half.whole >= LEAST_DECIDED
    small = _high(few) < seen.alert_level and _ratio(hour) < seen.alert_level
    small = small and few.whole >= LEAST_DECIDED and hour.whole < SMALL_QUEUE
    return usual or small


def in_danger(seen: Seen) -> bool:
    """Say whether the conditions of DagenIFara or DagenForlorad hold."""
    return (
        seen.needed is not None
        and seen.needed > HARD_TO_REACH
        and not seen.is_chronic
        and seen.to_come >= FEW_TO_COME
        and seen.levels["today"].whole >= LEAST_DECIDED
    )


def plain(seen: Seen) -> bool:
    """Say whether the last 15 minutes are under the goal."""
    return _ratio(seen.levels["15m"]) < GOAL


def counted(seen: Seen) -> bool:
    """Say whether the last 30 minutes are, of 20 calls at least."""
    return _ratio(seen.levels["30m"]) < GOAL and seen.levels["30m"].whole >= 20


def burning(seen: Seen) -> bool:
    """Say whether the budget burns at six times its rate in an hour and in five minutes."""
    return all(1 - _ratio(seen.levels[name]) > BURN * (1 - GOAL) for name in ("1h", "5m"))


def _high(share: Share) -> float:
    interval = wilson(share.part, share.whole, Z_99)
    return 1.0 if interval is None else interval[1]


def _ratio(share: Share) -> float:
    return 1.0 if share.ratio is None else share.ratio


RULES: Final[dict[str, tuple[Condition, int, int]]] = {
    "Akut": (akut, 5, 10),
    "15 min < goal": (plain, 5, 0),
    "30 min < goal, n ≥ 20": (counted, 5, 0),
    "burn rate 6×": (burning, 2, 0),
    "the day": (in_danger, 5, 30),
}
"""Rule → its condition, and for how many minutes it must hold and goes on firing."""


@dataclass(frozen=True)
class Outcome:
    """What came of a day."""

    starts: dict[str, tuple[int, ...]]
    """By rule, in minutes after opening."""
    turned_at: int | None
    """Likewise; None if nothing turned."""
    is_lost: bool
    announced_with: float | None
    """The part of the day's calls still to come when the day was first said to be in danger."""
    winnable_at_first: bool | None
    """Whether the goal could still be reached at the first Akut; None if there was none."""


def outcome(scenario: Scenario, spares: dict[float, float], number: int) -> Outcome:
    """Simulate a day, look at it once a minute, and say what fired."""
    dice = np.random.default_rng((SEED, number))
    calls = simulate(dice, scenario.calls_per_hour, spare_of(scenario, spares), scenario.busy)
    profile = profile_of(scenario.calls_per_hour)
    states = {name: AlertState(*rule) for name, rule in RULES.items()}
    starts: dict[str, list[int]] = {name: [] for name in RULES}
    announced = winnable = None
    for minute, seen in minutes_of(calls, profile, scenario):
        for name, state in states.items():
            if state.step(seen):
                starts[name].append(minute)
        whole = seen.levels["today"].whole + seen.to_come
        if announced is None and starts["the day"]:
            announced = seen.to_come / whole if whole else 0.0
        if winnable is None and starts["Akut"]:
            winnable = seen.needed is None or seen.needed <= 1
    good = int(calls.in_time(LIMIT).sum())
    turned = None
    if scenario.then is not None:
        turned = int(scenario.turns_at * (CLOSES - OPENS) / 60)
    return Outcome(
        {name: tuple(its) for name, its in starts.items()},
        turned,
        is_lost=good < GOAL * len(calls.arrived),
        announced_with=announced,
        winnable_at_first=winnable,
    )


class AlertState:
    """An alert's: pending, firing, kept firing."""

    def __init__(self, condition: Condition, minutes: int, kept: int) -> None:
        self._condition, self._minutes, self._kept = condition, minutes, kept
        self._held = self._ended = 0
        self.fires = False

    def step(self, seen: Seen) -> bool:
        """Take a minute's figures; say whether the alert begins to fire."""
        if self._condition(seen):
            self._held, self._ended = self._held + 1, 0
            if not self.fires and self._held > self._minutes:
                self.fires = True
                return True
            return False
        self._held = 0
        if self.fires:
            self._ended += 1
            if self._ended > self._kept:
                self.fires = False
        return False


def spare_of(scenario: Scenario, spares: dict[float, float]) -> Spare:
    """Return how many answer in the days of a scenario; ``spares`` are of the shares in time."""
    first = spares[scenario.usual]
    if scenario.then is None:
        return lambda _: first
    last = spares[scenario.then]
    if scenario.slowly:
        return lambda part: first + (last - first) * part
    return lambda part: last if part >= scenario.turns_at else first


def profile_of(calls_per_hour: float) -> Profile:
    """Return what has been learnt of the days of a queue of that size."""
    day = [0.0] * QUARTERS
    day[32:68] = expected_by_quarter(calls_per_hour).tolist()
    return Profile((tuple(day),) * 7, 0.1, 0.15, days=60)


def minutes_of(
    calls: CallsOfDay, profile: Profile, scenario: Scenario
) -> Iterator[tuple[int, Seen]]:
    """Yield what there is to see in each minute of the day."""
    expectation = Expectation(profile, HOURS)
    arrived, ended = START + micros(calls.arrived), START + micros(calls.ended)
    level = scenario.usual if scenario.is_chronic else GOAL
    ends = START + CLOSES * SECOND
    for minute in range(1, (CLOSES - OPENS) // 60):
        now = START + OPENS * SECOND + minute * MINUTE
        legs = _legs(arrived, ended, calls.answered, now)
        windows = [Window(name, now - m * MINUTE, now, rolling=True) for name, m in SPANS.items()]
        today = Window("today", START, now, rolling=False)
        levels = {
            its.name: Share(found.good, found.decided)
            for its in (*windows, today)
            for found in [service_levels(legs, its, [CALL])[CALL.target]]
        }
        levels["latest"] = latest(legs, today, CALL)
        whole = len(legs.arrived)
        more = rest(
            expectation.between(START, now), expectation.between(now, ends), whole, profile
        )
        to_come = more.mean if more else 0.0
        of_today = levels["today"]
        left = whole - of_today.whole + to_come
        found = reach(of_today.part, of_today.whole, left, GOAL)
        yield minute, Seen(levels, found.needed, to_come, level, scenario.is_chronic)


def _legs(arrived: np.ndarray, ended: np.ndarray, answered: np.ndarray, now: int) -> QueueLegs:
    """Return the legs as they stood at an instant."""
    count = int(np.searchsorted(arrived, now))
    end = np.where(ended[:count] < now, ended[:count], NEVER)
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


def outcomes(scenario: Scenario, days: int = DAYS) -> list[Outcome]:
    """Return what came of so many days."""
    wanted = {share for share in (scenario.usual, scenario.then) if share is not None}
    spares = {share: spare_for(share, scenario.calls_per_hour, LIMIT, days) for share in wanted}
    return [outcome(scenario, spares, number) for number in range(days)]


def row(scenario: Scenario, found: Iterable[Outcome]) -> str:
    """Return a line of the table."""
    days = list(found)
    starts = [sum(len(day.starts[name]) for day in days) / len(days) for name in RULES]
    after = [day.turned_at or 0 for day in days]
    detected = [
        next((at - turned for at in day.starts["Akut"] if at >= turned), None)
        for day, turned in zip(days, after, strict=True)
    ]
    minutes = [its for its in detected if its is not None]
    lost = [day for day in days if day.is_lost]
    early = [day for day in lost if (day.announced_with or 0) > 0.5]
    paged = [day.winnable_at_first for day in days if day.winnable_at_first is not None]
    cells = [
        scenario.name,
        *(f"{its:.2f}" for its in starts[:4]),
        f"{statistics.median(minutes):.0f} ({np.percentile(minutes, 90):.0f})" if minutes else "–",
        f"{len(days) - len(minutes)}",
        f"{len(lost)}",
        f"{len(early)} of {len(lost)}" if lost else "–",
        f"{sum(paged)} of {len(paged)}" if paged else "–",
    ]
    return f"| {' | '.join(cells)} |\n"


def _line(number: int) -> str:
    scenario = SCENARIOS[number]
    return row(scenario, outcomes(scenario))


HEAD: Final = (
    "| days | Akut a day | 15 min < goal | 30 min < goal, n ≥ 20 | burn rate 6× | minutes to "
    "Akut, median (p90) | days without Akut | lost days | of them announced with half to come | "
    "goal within reach at the first Akut |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
)


@click.command()
@click.argument("page", type=click.Path(path_type=Path, exists=True))
def main(page: Path) -> None:
    """Measure, and write the table into a page."""
    with ProcessPoolExecutor() as pool:
        lines = []
        found = pool.map(_line, range(len(SCENARIOS)))
        for scenario, line in zip(SCENARIOS, found, strict=True):
            click.echo(scenario.name)
            lines.append(line)
    write_between(page, "alerts", HEAD + "".join(lines))


if __name__ == "__main__":
    main()
