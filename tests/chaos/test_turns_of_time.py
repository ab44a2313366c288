"""Where days, months, years and the clock on the wall turn, with the time of our choosing.

One worker lives through them all, and at each a new one is built from the log beside it: both must
show what replay says, to the microsecond before the turn, at it and after it.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from answers import Answer, answer_of, hold_against_replay, reached, regressions
from busy import happenings
from exported import Oracle
from reliability import Figures
from workers import ALL, Site, offsets, wait_until

from stack.broker import Broker
from stack.own import Worker
from streams.domain.events import Event
from streams.domain.instants import micros

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TURNS = {
    "a year": datetime(2026, 1, 1, tzinfo=STOCKHOLM),
    "a short month": datetime(2026, 3, 1, tzinfo=STOCKHOLM),
    "a day": datetime(2026, 3, 10, tzinfo=STOCKHOLM),
    "the clock is put forward": datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    "the midnight before it": datetime(2026, 3, 30, tzinfo=STOCKHOLM),
    "a month": datetime(2026, 7, 1, tzinfo=STOCKHOLM),
    "the clock is put back": datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    "the midnight after it": datetime(2026, 10, 26, tzinfo=STOCKHOLM),
}
TICK = timedelta(microseconds=1)
STEPS = (
    timedelta(hours=-1, minutes=-30), -TICK, timedelta(0), TICK, timedelta(minutes=20),
    timedelta(hours=1), timedelta(hours=2, minutes=10),
)  # fmt: skip
BUILT_ANEW = (-TICK, timedelta(0), TICK, STEPS[-1])
OF_A_TURN = 1_000
TELLS_THE_TIME = """
import functools
from pathlib import Path

time_file = Path({file!r})
Ledgers = functools.partial(Ledgers, clock=lambda: int(time_file.read_text()))
"""


class Told:
    """A clock that shows what it is told to, in a file that workers read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, at: datetime) -> None:
        half = self.file.with_suffix(".new")
        half.write_text(str(micros(at)), encoding="utf-8")
        half.rename(self.file)


def around(turn: datetime, rng: random.Random) -> Iterator[Event]:
    """Yield what happens from three hours before a turn until three after; often just there."""
    first, last = STEPS[0] - timedelta(hours=1), STEPS[-1]
    times = sorted(
        turn + rng.choice((first + (last - first) * rng.random(), timedelta(0), TICK, -TICK))
        for _ in range(OF_A_TURN)
    )
    clock = iter(time.astimezone(UTC) for time in times)
    return islice(happenings(rng, clock=lambda: next(clock)), OF_A_TURN)


def at_that_time(site: Site, worker: Worker, now: datetime) -> Answer:
    """Return what a worker shows when it has read all there is, at an instant."""
    ends, _ = asyncio.run(offsets(site))
    found: list[Answer] = []

    def is_there() -> bool:
        found[:] = [answer_of(worker)]
        return found[0].names == ALL and reached(*found) == ends

    wait_until(is_there, 20, f"all is read at {now}")
    assert round(found[0].at * 1_000_000) == micros(now)
    return replace(found[0], asked_at=found[0].at)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_at_every_turn_of_time_an_old_worker_and_a_new_one_show_what_replay_says(
    broker: Broker, rng: random.Random, figures: Figures, tmp_path: Path
) -> None:
    site = Site(broker.bootstrap_servers, "turns", tmp_path, "Europe/Stockholm").make_topics()
    clock = Told(tmp_path / "now")
    sabotage = TELLS_THE_TIME.format(file=str(clock.file))
    clock.set(next(iter(TURNS.values())) - timedelta(hours=12))
    answers: list[Answer] = []
    of_new: list[Answer] = []
    with site.worker("old", sabotage) as old, site.publisher() as publisher:
        for turn in TURNS.values():
            left = list(around(turn, rng))
            for step in STEPS:
                now = turn + step
                due = [event for event in left if event.time <= now]
                left = left[len(due) :]
                publisher.publish_many(due)
                assert publisher.wait(10)
                clock.set(now)
                answers.append(at_that_time(site, old, now))
                if step in BUILT_ANEW:
                    name = f"new{len(of_new)}"
                    with site.worker(name, sabotage, GROUP=name) as new:
                        of_new.append(at_that_time(site, new, now))
                    of_old, anew = answers[-1].scrape, of_new[-1].scrape
                    assert all(of_old.business(id_) == anew.business(id_) for id_ in ALL)
            figures.faults += 1
    hold_against_replay(site, None, answers, figures)
    assert regressions(answers) == []
    logs = site.logs()
    for its in of_new:  # each against a fold of its own, from the beginning
        assert Oracle(site.catalogue, logs).faults(its.scrape) == []
