"""Workers that are killed, started again, paused and stopped under a steady load.

Every answer that any of them gave meanwhile must be what replay says, up to its own offsets and at
its own instant; and in the end all of the log is in it.
"""

import asyncio
import contextlib
import operator
import random
import time

import pytest
from answers import Observer, hold_against_replay, reached, regressions, under_load, until_settled
from by_sql import faults_by_sql
from reliability import Figures
from workers import (
    SESSION_SECONDS,
    Load,
    Site,
    crew,
    offsets,
    resume,
    said,
    shown,
    suspend,
    until_all_are_shown,
    wait_until,
)


def test_killed_started_and_stopped_under_load_workers_never_tell_a_wrong_figure(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    first, second = site.worker("first"), site.worker("second")
    with under_load(site, {"first": first, "second": second}, rng, 300) as (load, observer):
        time.sleep(2)
        first.kill()
        figures.recovered.append(until_all_are_shown(second))
        first.start()
        wait_until(lambda: bool(shown(first)), 20, "a part")
        time.sleep(2)
        second.stop()
        figures.recovered.append(until_all_are_shown(first))
        second.start()
        wait_until(lambda: bool(shown(second)), 20, "again")
        time.sleep(1)
        figures.faults = 2
        load.end()
        last = until_settled(site, first, second)
        until_all_is_committed(site)
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert faults_by_sql(site, last) == []
    assert regressions(observer.answers) == []
    assert figures.answers > 30
    assert figures.events > 3_000
    assert all(its.is_ready for its in last)
    assert asyncio.run(offsets(site))[1] == reached(*last)


@pytest.mark.long
def test_a_member_that_joins_late_does_not_make_the_others_join_again(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    first, late, third = (
        site.worker(name, SESSION_SECONDS="20") for name in ("first", "late", "third")
    )
    with (
        under_load(site, {"first": first, "late": late}, rng, 300) as (load, observer),
        contextlib.ExitStack() as running,
    ):
        running.callback(third.stop)
        suspend(late)
        third.launch()
        time.sleep(9)  # the first is told of the third meanwhile, and waits for the late one
        resume(late)
        figures.faults = 1
        figures.recovered.append(until_all_are_shown(first, late, third))
        load.end()
        last = until_settled(site, first, late, third)
        until_all_is_committed(site)
        for worker in (first, third):
            assert "commit failed" not in said(worker)
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert regressions(observer.answers) == []


def until_all_is_committed(site: Site) -> None:
    wait_until(lambda: operator.eq(*asyncio.run(offsets(site))), 10, "the ends are committed")


def test_a_worker_that_is_stopped_leaves_its_part_to_the_others_before_its_session_is_over(
    site: Site, figures: Figures
) -> None:
    first, second = (site.worker(name, SESSION_SECONDS="20") for name in ("first", "second"))
    with crew(first, second):
        first.stop()
        figures.faults = 1
        figures.recovered.append(until_all_are_shown(second, within_seconds=12))
    figures.beside = "with a session of 20 seconds"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twenty_kills_at_random_under_1000_events_a_second(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    workers = {name: site.worker(name) for name in ("a", "b", "c")}
    with under_load(site, workers, rng, 1000, asked_every=1.0) as (load, observer):
        for _ in range(20):
            time.sleep(rng.uniform(0, 3))
            victim = workers[rng.choice("abc")]
            victim.kill()
            began = time.monotonic()
            figures.faults += 1
            time.sleep(rng.uniform(0, 2))
            victim.launch()
            until_all_are_shown(*workers.values())
            figures.recovered.append(time.monotonic() - began)
        load.end()
        last = until_settled(site, *workers.values())
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert regressions(observer.answers) == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_rebalances_every_few_seconds_for_two_minutes(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    workers = {name: site.worker(name) for name in ("a", "b", "guest")}
    guest = workers["guest"]
    with (
        crew(workers["a"], workers["b"]),
        Load(site, 1000, rng) as load,
        Observer(workers, every_seconds=0.5) as observer,
    ):
        ends = time.monotonic() + 120
        while time.monotonic() < ends:
            guest.launch()
            time.sleep(rng.uniform(2, 5))  # it may be filling still when it is told to go
            guest.stop() if rng.random() < 0.7 else guest.kill()
            figures.faults += 2
            time.sleep(rng.uniform(0, 2))
        figures.recovered.append(until_all_are_shown(workers["a"], workers["b"]))
        load.end()
        last = until_settled(site, workers["a"], workers["b"])
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert regressions(observer.answers) == []


def test_a_worker_that_was_paused_for_longer_than_its_session_shows_nothing_until_it_is_back(
    site: Site, rng: random.Random, figures: Figures
) -> None:
    first, second = site.worker("first"), site.worker("second")
    with under_load(site, {"first": first, "second": second}, rng, 300) as (load, observer):
        time.sleep(1)
        suspend(first)
        figures.faults = 1
        figures.recovered.append(until_all_are_shown(second))
        time.sleep(SESSION_SECONDS)
        resume(first)
        wait_until(lambda: bool(shown(first)), 20, "it has its part again")
        figures.recovered.append(until_all_are_shown(first, second))
        load.end()
        last = until_settled(site, first, second)
    hold_against_replay(site, load, [*observer.answers, *last], figures)
    assert regressions(observer.answers) == []
