"""Workers that are alive and do not work: the watchdog ends them, and meanwhile nobody is fooled.

Kafka's heartbeats go on in another thread, so the group would never notice.
"""

import random
import time

import pytest
from answers import hold_against_replay, regressions, under_load, until_settled
from reliability import Figures
from workers import ALL, Site, is_ready, shown, until_all_are_shown, wait_until

from streams.transport.watchdog import EXIT_CODE
from streams.worker.state import SILENT_SECONDS

STUCK_SECONDS = 60
"""As it is when nobody says otherwise."""
STANDS_STILL = """
import time
from pathlib import Path

_fold_batch = Worker._fold_batch

async def fold_batch(self, batch):
    if Path({flag!r}).exists():
        {wait}
    await _fold_batch(self, batch)

Worker._fold_batch = fold_batch
"""
BLOCKED = "time.sleep(20)"
WAITS = {
    "the event loop is blocked": "time.sleep(600)",
    "a processor never comes back": "await asyncio.sleep(600)",
}


@pytest.mark.long
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS.keys())
def test_a_worker_that_does_not_work_is_not_ready_and_then_ended_and_others_take_over(
    site: Site, rng: random.Random, figures: Figures, wait: str
) -> None:
    flag = site.directory / "flag"
    sabotage = STANDS_STILL.format(flag=str(flag), wait=wait)
    first = site.worker("first", sabotage)
    second = site.worker("second")
    workers = {"first": first, "second": second}
    with under_load(site, workers, rng, 200, asked_every=0.5) as (load, observer):
        time.sleep(2)
        flag.touch()
        figures.faults = 1
        began = time.monotonic()
        wait_until(lambda: not is_ready(first), SILENT_SECONDS + 4, "it says that it isn't ready")
        while first.pid is not None:
            assert not is_ready(first), "and says so to its end"
            assert time.monotonic() - began < STUCK_SECONDS + 30, "it is ended"
            time.sleep(1)
        until_all_are_shown(second)
        figures.recovered.append(time.monotonic() - began)
        load.end()
        last = until_settled(site, second)
    assert first._process is not None
    assert first._process.returncode == EXIT_CODE
    console = first.console.read_text()
    assert "ending the process" in console
    assert "fold_batch" in console or "lag, but no progress" in console
    old = [
        answer
        for answer in observer.answers
        if answer.worker == "first" and answer.at > flag.stat().st_mtime + SILENT_SECONDS + 3
    ]
    assert not any(answer.names or answer.is_ready for answer in old)
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert regressions(observer.answers) == []


@pytest.mark.long
def test_a_worker_whose_event_loop_stood_still_for_a_while_tells_nothing_of_before(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    flag = site.directory / "flag"
    sabotage = STANDS_STILL.format(flag=str(flag), wait=f"Path({str(flag)!r}).unlink(); {BLOCKED}")
    workers = {"first": site.worker("first", sabotage), "second": site.worker("second")}
    with under_load(site, workers, rng, 200) as (load, observer):
        time.sleep(2)
        processes = [worker.pid for worker in workers.values()]
        began = time.monotonic()
        flag.touch()
        figures.faults = 1
        wait_until(lambda: not flag.exists(), 10, "it stands still")
        assert shown(*workers.values()) < ALL, "it answers nobody; the group has not noticed"
        until_all_are_shown(*workers.values(), within_seconds=60)
        figures.recovered.append(time.monotonic() - began)
        load.end()
        last = until_settled(site, *workers.values())
        assert [worker.pid for worker in workers.values()] == processes
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert regressions(observer.answers) == []
