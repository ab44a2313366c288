"""``make alert-bench``: how good the alerts are, on simulated days, beside simpler rules.

Each day is looked at once a minute with the figures that a worker would export; what fires is told
by the rules' conditions, with their own ``for`` and ``keep_firing_for``
(``tests/alerts/test_alert_quality.py`` holds both against the real ones). The tables are written
into the page, between its marks.
"""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import numpy as np

from benchmarks.alert_conditions import BUT_ACUTE, BY_CREW, GOAL, LIMIT, OF_DAY, RULES, AlertState
from benchmarks.alert_days import SCENARIOS, Scenario, minutes_of, profile_of, spare_of, spares_of
from benchmarks.one_queue import CLOSES, OPENS, SEED, simulate
from benchmarks.pages import write_between
from streams.domain.outlook.profile import Profile


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


def outcomes(scenario: Scenario) -> list[Outcome]:
    """Return what came of its days."""
    spares = spares_of(scenario)
    profile = profile_of(scenario.calls_per_hour, spares[scenario.usual])
    return [outcome(scenario, spares, profile, number) for number in range(scenario.days)]


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
