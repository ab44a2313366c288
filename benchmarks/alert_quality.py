"""``make alert-bench``: how good the alerts are, on simulated days, beside simpler rules.

Each day is looked at once a minute with the figures that a worker would export; what fires is told
by the rules' conditions, with their own ``for`` and ``keep_firing_for``
(``tests/alerts/test_alert_quality.py`` holds both against the real ones). The tables are written
into the page, between its marks.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
import numpy as np

from alerts.calls import (
    BELOW,
    FEW_TO_COME,
    LEAST_DECIDED,
    LEAST_LATE,
    LEAST_OF_SMALL,
    LEAST_WAITING,
    LIMITS_IN_SMALL,
    LIMITS_WAITED,
    SPENT,
)
from alerts.wording import SMALL_QUEUE
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
from benchmarks.pages import write_between
from streams.domain.instants import MINUTE, NEVER, SECOND
from streams.domain.outlook.alerting import AT_THE_GOAL, SPANS, highest
from streams.domain.outlook.learning import clustering_of
from streams.domain.outlook.profile import QUARTERS, Expectation, Profile
from streams.domain.outlook.rest import projected, reach, rest, share_from_here
from streams.domain.outlook.staffing import Work
from streams.domain.percentiles import Z_99
from streams.domain.phone.as_of import Fate, QueueLegs, State
from streams.domain.phone.figures import Limit, Share
from streams.domain.phone.service_level import latest, service_levels
from streams.domain.windows import Window, midnight
from streams.domain.working_time import Hours, Segment

DAYS: Final = 60
MANY_DAYS: Final = 240
"""Of days on which little happens, since it is to be rare."""
LIMIT: Final = 15
GOAL: Final = 0.9
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
BURN: Final = 6.0


@dataclass(frozen=True)
class Seen:
    """The figures of a minute."""

    levels: Mapping[str, Share]
    """By window, ``today`` among them; and ``latest``."""
    highs: Mapping[str, float | None]
    """By span of the worker's: the largest level that it can mean."""
    waiting: int
    longest: float
    staffed: int | None
    """None if no source says how many answer."""
    expected: float | None
    projected: float | None
    needed: float | None
    spent: float | None
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


Condition = Callable[[Seen], bool]


def akut(seen: Seen) -> bool:
    """Say whether the conditions of Akut hold."""
    half, quarter, hour = (seen.levels[name] for name in ("30m", "15m", "1h"))
    level = seen.alert_level
    least = level - BELOW * math.sqrt(level * (1 - level))
    too_few = seen.expected is not None and seen.expected < least
    needed = math.inf if seen.needed is None else seen.needed
    bar = min(level, needed)
    is_small, enough = hour.whole < SMALL_QUEUE, half.whole >= LEAST_DECIDED
    latest_enough = seen.levels["latest"].whole >= LEAST_DECIDED
    return any(
        (
            enough and _high(seen, "30m") < bar and _ratio(quarter) < level,
            enough and too_few and _ratio(half) < bar,
            is_small and latest_enough and _high(seen, "latest") < bar and _ratio(hour) < level,
            is_small and too_few and hour.whole >= LEAST_OF_SMALL and _ratio(hour) < bar,
        )
    )


def drift(seen: Seen) -> bool:
    """Say whether the conditions of Drift hold."""
    return seen.levels["1h"].whole >= LEAST_DECIDED and _high(seen, "1h") < seen.alert_level


def grows(seen: Seen) -> bool:
    """Say whether the conditions of KoVaxer hold."""
    is_small = seen.levels["1h"].whole < SMALL_QUEUE
    many = seen.waiting >= LEAST_WAITING and bool(seen.staffed)
    last = seen.waiting * TALK_MEAN / seen.staffed if seen.staffed else 0.0
    limit = LIMIT * (1 + seen.is_chronic)
    longest = (LIMITS_IN_SMALL if is_small else LIMITS_WAITED) * limit
    return seen.longest > longest or (many and last > LIMITS_WAITED * limit)


def in_danger(seen: Seen) -> bool:
    """Say whether the conditions of DagenIFara hold."""
    badly = seen.projected is not None and seen.projected < GOAL and (seen.spent or 0) > SPENT
    return badly and _can_be_changed(seen) and (seen.needed or 0) <= 1


def lost(seen: Seen) -> bool:
    """Say whether the conditions of DagenForlorad hold."""
    return _can_be_changed(seen) and (seen.needed or 0) > 1


def _can_be_changed(seen: Seen) -> bool:
    today = seen.levels["today"]
    enough = today.whole - today.part >= LEAST_LATE and seen.to_come >= FEW_TO_COME
    return enough and not seen.is_chronic and seen.needed is not None


def plain(seen: Seen) -> bool:
    """Say whether the last 15 minutes are under the goal."""
    return plain_at(seen, GOAL)


def counted(seen: Seen) -> bool:
    """Say whether the last 30 minutes are, of 20 calls at least."""
    return _ratio(seen.levels["30m"]) < GOAL and seen.levels["30m"].whole >= 20


def independent(seen: Seen) -> bool:
    """Say whether the last 30 minutes surely are, if calls had nothing to do with each other."""
    half = seen.levels["30m"]
    high = highest(half, 0.0, Z_99)
    enough = half.whole >= LEAST_DECIDED
    return enough and (high or 0.0) < seen.alert_level and plain_at(seen, seen.alert_level)


def plain_at(seen: Seen, level: float) -> bool:
    """Say whether the last 15 minutes are under a level."""
    return _ratio(seen.levels["15m"]) < level


def burning(seen: Seen) -> bool:
    """Say whether the budget burns at six times its rate in an hour and in five minutes."""
    return all(1 - _ratio(seen.levels[name]) > BURN * (1 - GOAL) for name in ("1h", "5m"))


def _high(seen: Seen, span: str) -> float:
    high = seen.highs[span]
    return 1.0 if high is None else high


def _ratio(share: Share) -> float:
    return 1.0 if share.ratio is None else share.ratio


RULES: Final[dict[str, tuple[Condition, int, int]]] = {
    "Akut": (akut, 3, 15),
    "DagenIFara": (in_danger, 10, 30),
    "DagenForlorad": (lost, 10, 60),
    "KoVaxer": (grows, 1, 5),
    "Drift": (drift, 5, 15),
    "15 min < goal": (plain, 5, 0),
    "30 min < goal, n ≥ 20": (counted, 5, 0),
    "burn rate 6×": (burning, 2, 0),
    "Wilson 99 %": (independent, 5, 10),
}
"""Rule → its condition, and for how many minutes it must hold and goes on firing."""
OF_DAY: Final = ("DagenIFara", "DagenForlorad")
BUT_ACUTE: Final = ("KoVaxer", "Drift")
"""Those that are not told while it is acute."""
BY_CREW: Final = ("Akut", *OF_DAY)
"""Those that go by who answers, where a source says so."""


@dataclass(frozen=True)
class Outcome:
    """What came of a day."""

    starts: dict[str, tuple[int, ...]]
    """By rule, in minutes after opening; of those by the crew without it too, as ``name, blind``.
    """
    turned_at: int
    """Likewise; 0 if nothing turned."""
    is_lost: bool
    left_at: dict[str, float]
    """By rule: the part of the day's calls still to come when it first fired."""
    told_in_time: bool
    """Whether Akut or DagenIFara began to fire while the goal could still be reached."""


def outcome(
    scenario: Scenario, spares: Mapping[float, float], profile: Profile, number: int
) -> Outcome:
    """Simulate a day, look at it once a minute, and say what fired."""
    dice = np.random.default_rng((SEED, number))
    calls = simulate(dice, scenario.calls_per_hour, spare_of(scenario, spares), scenario.busy)
    states = {name: AlertState(*rule) for name, rule in RULES.items()}
    states |= {f"{name}, blind": AlertState(*RULES[name]) for name in BY_CREW}
    starts: dict[str, list[int]] = {name: [] for name in states}
    left_at: dict[str, float] = {}
    told_in_time = False
    minutes = minutes_of(calls, profile, scenario) if scenario.is_open else iter(())
    for minute, seen, blind in minutes:
        for name, state in states.items():
            hidden = name in BUT_ACUTE and states["Akut"].fires
            if state.step(blind if name.endswith("blind") else seen, hidden=hidden):
                starts[name].append(minute)
                whole = seen.levels["today"].whole + seen.to_come
                left_at.setdefault(name, seen.to_come / whole if whole else 0.0)
        if starts["Akut"] or starts["DagenIFara"]:
            told_in_time |= seen.needed is None or seen.needed <= 1
    good = int(calls.in_time(LIMIT).sum())
    return Outcome(
        {name: tuple(its) for name, its in starts.items()},
        round(scenario.turns_at * (CLOSES - OPENS) / 60),
        is_lost=scenario.is_open and good < GOAL * len(calls.arrived),
        left_at=left_at,
        told_in_time=told_in_time,
    )


class AlertState:
    """An alert's: pending, firing, kept firing."""

    def __init__(self, condition: Condition, minutes: int, kept: int) -> None:
        self._condition, self._minutes, self._kept = condition, minutes, kept
        self._held = self._ended = 0
        self.fires = False

    def step(self, seen: Seen, *, hidden: bool = False) -> bool:
        """Take a minute's figures; say whether the alert begins to fire. Unless it is hidden."""
        if not hidden and self._condition(seen):
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
            for found in [service_levels(legs, its, [CALL])[CALL.target]]
        }
        levels["latest"] = latest(legs, today, CALL)
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


def outcomes(scenario: Scenario) -> list[Outcome]:
    """Return what came of its days."""
    spares = spares_of(scenario)
    profile = profile_of(scenario.calls_per_hour, spares[scenario.usual])
    return [outcome(scenario, spares, profile, number) for number in range(scenario.days)]


def spares_of(scenario: Scenario) -> dict[float, float]:
    """Return with what spare each of a scenario's shares is in time."""
    wanted = {share for share in (scenario.usual, scenario.then) if share is not None}
    return {share: spare_for(share, scenario.calls_per_hour, LIMIT, DAYS) for share in wanted}


def of_akut(scenario: Scenario, days: Sequence[Outcome]) -> str:
    """Return a line of the first table."""
    cells = [
        scenario.name,
        *(_starts(days, name) for name in ("Akut", "Akut, blind", "KoVaxer", "Drift")),
        *(
            _starts(days, name)
            for name in ("15 min < goal", "30 min < goal, n ≥ 20", "burn rate 6×", "Wilson 99 %")
        ),
        *(_minutes(days, name) for name in ("Akut", "Akut, blind")),
    ]
    return f"| {' | '.join(cells)} |\n"


def _starts(days: Sequence[Outcome], rule: str) -> str:
    """Return how often a rule begins to fire in a day; and on days that end well, if there are."""
    every = sum(len(day.starts[rule]) for day in days) / len(days)
    false = sum(len(day.starts[rule]) for day in days if not day.is_lost) / len(days)
    return f"{every:.2f} ({false:.2f})"


def _minutes(days: Sequence[Outcome], rule: str) -> str:
    """Return how long after the turn a rule fires: the median, the 90th percentile, and never."""
    seen = [
        next((at - day.turned_at for at in day.starts[rule] if at >= day.turned_at), math.inf)
        for day in days
    ]
    ranks = sorted(seen)
    middle, most = ranks[len(ranks) // 2], ranks[9 * len(ranks) // 10]
    never = sum(math.isinf(its) for its in seen)
    return f"{_whole(middle)} ({_whole(most)}), {never}"


def _whole(minutes: float) -> str:
    return "–" if math.isinf(minutes) else f"{minutes:.0f}"


def of_day(scenario: Scenario, days: Sequence[Outcome]) -> str:
    """Return a line of the second table."""
    gone, kept = ([day for day in days if day.is_lost is its] for its in (True, False))
    saved = sum(day.told_in_time for day in gone)
    cells = [
        scenario.name,
        f"{len(gone)} of {len(days)}",
        f"{saved} of {len(gone)}" if gone else "–",
    ]
    for blind in ("", ", blind"):
        names = [f"{name}{blind}" for name in OF_DAY]
        early = sum(max(day.left_at.get(name, 0.0) for name in names) > 0.5 for day in gone)
        false = sum(any(name in day.left_at for name in names) for day in kept)
        cells.append(f"{early} of {len(gone)}" if gone else "–")
        cells.append(f"{false} of {len(kept)}" if kept else "–")
    return f"| {' | '.join(cells)} |\n"


HEAD_OF_AKUT: Final = (
    "| days | Akut | Akut, blind | KoVaxer | Drift | 15 min < goal | 30 min < goal, n ≥ 20 "
    "| burn rate 6× | Wilson 99 % | minutes to Akut | minutes, blind |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
)
HEAD_OF_DAY: Final = (
    "| days | lost | told in time | announced early | wrongly | announced early, blind "
    "| wrongly, blind |\n"
    "|---|---:|---:|---:|---:|---:|---:|\n"
)


def _found(number: int) -> list[Outcome]:
    return outcomes(SCENARIOS[number])


def whole_line(found: Mapping[str, Sequence[Outcome]]) -> str:
    """Return the second table's last line: all lost days but those of chronic queues."""
    every = [
        day
        for scenario in SCENARIOS
        if not scenario.is_chronic and scenario.is_open
        for day in found[scenario.name]
    ]
    return of_day(Scenario("all but chronic", 0, 0), every)


@click.command()
@click.argument("page", type=click.Path(path_type=Path, exists=True))
def main(page: Path) -> None:
    """Measure, and write the tables into a page."""
    found: dict[str, list[Outcome]] = {}
    with ProcessPoolExecutor() as pool:
        for scenario, days in zip(SCENARIOS, pool.map(_found, range(len(SCENARIOS))), strict=True):
            click.echo(of_akut(scenario, days).strip())
            found[scenario.name] = days
    akut_lines = [of_akut(its, found[its.name]) for its in SCENARIOS]
    of_days = [its for its in SCENARIOS if its.is_open]
    day_lines = [of_day(its, found[its.name]) for its in of_days]
    write_between(page, "alerts", HEAD_OF_AKUT + "".join(akut_lines))
    write_between(page, "days", HEAD_OF_DAY + "".join(day_lines) + whole_line(found))


if __name__ == "__main__":
    main()
