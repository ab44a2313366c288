"""``python -m benchmarks.backtest docs/outlook.md``: how wrong the outlook's volumes are.

Days are simulated; each is told by a profile of the days before it alone. The table is written
into the page, between its marks.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
import numpy as np

from benchmarks.pages import write_between
from producers.simulator.profile import is_open, lulea
from producers.simulator.simulation import simulate_day
from streams.domain.instants import micros
from streams.domain.outlook.profile import (
    QUARTERS,
    Expectation,
    Profile,
    learn,
    quarters_of,
)
from streams.domain.outlook.rest import rest
from streams.domain.outlook.typical import typical
from streams.domain.working_time import Hours, Segment

ZONE: Final = ZoneInfo("Europe/Stockholm")
HOURS: Final = Hours(zone=ZONE, week=(*(((Segment(480, 1020),),) * 5), (), ()))
FIRST: Final = date(2026, 1, 7)
DAYS: Final = 130
LEARNT_FROM: Final = 60
"""Days with which each profile is learnt: the last so many."""
CLOCKS: Final = (10, 12, 14)
SEED: Final = 2014

Days = Mapping[date, Sequence[int]]
"""Calls by quarter of an hour, of each working day."""


@dataclass(slots=True)
class Errors:
    """How wrong some forecasts were."""

    came: list[int] = field(default_factory=list)
    learnt: list[float] = field(default_factory=list)
    of_shape: list[float] = field(default_factory=list)
    last_week: list[int] = field(default_factory=list)
    inside: int = 0
    """How many came as said, within the interval."""

    def relative(self, forecasts: Sequence[float]) -> float:
        """Return the mean error, as a part of how many came."""
        return float(np.abs(np.subtract(forecasts, self.came)).sum() / sum(self.came))


def simulated(queues: Sequence[str], seed: int) -> dict[str, dict[date, list[int]]]:
    """Return the working days of each queue."""
    plan = lulea()
    found: dict[str, dict[date, list[int]]] = {queue: {} for queue in queues}
    day = FIRST
    while len(found[queues[0]]) < DAYS:
        if is_open(plan, day):
            legs = simulate_day(plan, day, ZONE, seed).legs
            edges = quarters_of(day, ZONE)
            for queue in queues:
                arrived = [leg.arrived_at for leg in legs if leg.queue == queue]
                found[queue][day] = np.histogram(arrived, edges)[0].tolist()
        day += timedelta(days=1)
    return found


def shuffled(days: Days, seed: int) -> Days:
    """Return the same days in another order, each on the weekday that it was of."""
    dice = random.Random(seed)
    found: dict[date, Sequence[int]] = {}
    for weekday in range(7):
        its = [day for day in days if day.weekday() == weekday]
        others = its.copy()
        dice.shuffle(others)
        found |= {day: days[other] for day, other in zip(its, others, strict=True)}
    return {day: found[day] for day in sorted(found)}


def errors(days: Days, clock: int) -> Errors:
    """Return how wrong forecasts at a time of day were, of all days with enough days before."""
    found, order = Errors(), sorted(days)
    for number in range(LEARNT_FROM, len(order)):
        day = order[number]
        week_before = days.get(day - timedelta(days=7))
        if week_before is None:
            continue
        profile = learn({past: days[past] for past in order[number - LEARNT_FROM : number]})
        if profile is None:
            raise ValueError("no calls came")
        quarter = 4 * clock
        arrived = _open(days[day][:quarter])
        actual = _open([0] * quarter + list(days[day][quarter:]))
        told = _rest(profile, day, clock, arrived)
        of_shape = _rest(typical(), day, clock, arrived)
        found.came.append(actual)
        found.learnt.append(told[0])
        found.of_shape.append(of_shape[0])
        found.last_week.append(_open([0] * quarter + list(week_before[quarter:])))
        found.inside += told[1] <= actual <= told[2]
    return found


def _open(counts: Sequence[int]) -> int:
    """Return how many came while it was open."""
    padded = [*counts, *[0] * (QUARTERS - len(counts))]
    return sum(padded[32:68])


def _rest(profile: Profile, day: date, clock: int, arrived: int) -> tuple[float, int, int]:
    expectation = Expectation(profile, HOURS)
    begins, now, ends = (
        micros(datetime.combine(day, time(hour), ZONE)) for hour in (0, clock, 23)
    )
    found = rest(
        expectation.between(begins, now),
        expectation.between(now, ends),
        arrived,
        profile,
    )
    if found is None:
        raise ValueError("more than a little was to have come by then")
    return found.mean, found.low, found.high


def table(queues: Sequence[str]) -> str:
    """Return the errors of each queue at each time of day."""
    lines = [
        "| days | queue | at | calls to come | learnt profile | typical shape | same weekday last "
        "week | came within the interval |\n",
        "|---|---|---:|---:|---:|---:|---:|---:|\n",
    ]
    of_seed = simulated(queues, SEED)
    came = inside = 0
    for kind in ("as they came", "shuffled"):
        for queue in queues:
            days: Days = of_seed[queue]
            days = days if kind == "as they came" else shuffled(days, SEED)
            for clock in CLOCKS:
                its = errors(days, clock)
                cells = (
                    f"{np.mean(its.came):.0f}",
                    *(
                        f"{100 * its.relative(forecasts):.1f} %"
                        for forecasts in (its.learnt, its.of_shape, its.last_week)
                    ),
                    f"{its.inside} of {len(its.came)}",
                )
                came, inside = came + len(its.came), inside + its.inside
                lines.append(f"| {kind} | {queue} | {clock} | {' | '.join(cells)} |\n")
    lines.append(
        f"\nIn all {inside / came:.0%} came within the interval, which is meant for 90 %.\n"
    )
    return "".join(lines)


@click.command()
@click.argument("page", type=click.Path(path_type=Path, exists=True))
def main(page: Path) -> None:
    """Measure, and write the table into a page."""
    told = (
        f"Made by `python -m benchmarks.backtest docs/outlook.md`: {DAYS} simulated working days "
        f"(seed {SEED}),\neach told by the {LEARNT_FROM} before it. Errors are the mean of all "
        "days' errors, as a part of the mean of what\ncame.\n\n"
    )
    write_between(page, "backtest", told + table(("vaxel", "kundtjanst-teknik")))


if __name__ == "__main__":
    main()
