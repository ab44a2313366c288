"""All workers away for six hours: the windows are right by event time when they are back.

Nobody is alarmed by a day that is half read: the first of the missed hours were bad, the others
so good that the day as a whole is not.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from answers import Observer, hold_against_replay, until_settled
from busy import MUNICIPALITIES, happenings
from msgspec.structs import replace
from reliability import Figures
from workers import Site, crew, until_all_are_shown, wait_until

from stack.broker import Broker
from stack.demo import zone_where_it_is
from stack.prometheus import Prometheus
from streams import metrics as m
from streams.domain.events import Event
from streams.events_page import example

AFTERNOON = timedelta(hours=14)
OUTAGE = timedelta(hours=6)
EVERY = timedelta(seconds=20)
LATE, IN_TIME = timedelta(seconds=60), timedelta(seconds=5)
RULES = """
groups:
  - name: prov
    rules:
      - alert: BadDay
        expr: svarsgrad_service_level_ratio{window="today", queue="vaxel"} < 0.5
      - alert: AnyDay
        expr: svarsgrad_service_level_ratio{window="today", queue="vaxel"} < 0.9
"""
FILLS_SLOWLY = """
read = Recovery._read
recovery_of = read.__globals__
recovery_of["MAX_RECORDS"] = 2

async def slowly(self, *given):
    await asyncio.sleep(0.3)
    return await read(self, *given)

Recovery._read = slowly
"""
"""So that a ledger is half filled for long enough to be seen."""


def calls(begins: datetime, ends: datetime, wait: timedelta) -> Iterator[Event]:
    """Yield calls to the switchboard of every municipality that are answered after a wait."""
    at, number = begins, 0
    while at + wait < ends:
        for name in MUNICIPALITIES:
            number += 1
            for what, then in (("offered", at), ("answered", at + wait)):
                like = example(f"se.svarsgrad.call.{what}.v1")
                data = replace(like.data, queue="vaxel", arrived_at=at)
                subject = f"{name}-{at.timestamp()}"
                id_ = f"{subject}-{what}"
                yield replace(
                    like, id=id_, subject=subject, time=then, partitionkey=name, data=data
                )
        at += EVERY


def others(rng: random.Random, begins: datetime, ends: datetime) -> list[Event]:
    """Return what else happened: questions, cases, people at work."""
    steps = itertools.count()
    clock = lambda: begins + (ends - begins) * min(1.0, next(steps) / 8_000)  # noqa: E731
    some = itertools.islice(happenings(rng, clock=clock), 8_000)
    return [event for event in some if ".call." not in event.type]


@pytest.mark.long
def test_after_six_hours_without_workers_every_window_is_right_and_nobody_was_alarmed(
    broker: Broker,
    make_prometheus: Callable[..., Prometheus],
    rng: random.Random,
    figures: Figures,
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    site = Site(broker.bootstrap_servers, "outage", tmp_path, zone_where_it_is(AFTERNOON, now))
    site.make_topics()
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES)
    workers = {name: site.worker(name, FILLS_SLOWLY) for name in ("first", "second")}
    targets = [f"127.0.0.1:{worker.port}" for worker in workers.values()]
    prometheus = make_prometheus(*targets, rule_files=[rules], scrape_interval_seconds=0.25)
    away, worst_over = now - OUTAGE, now - OUTAGE + timedelta(hours=2)

    site.publish(list(calls(away - timedelta(hours=1), away, IN_TIME)))
    with crew(*workers.values()):
        until_all_are_shown(*workers.values(), within_seconds=60)
        for worker in workers.values():
            worker.kill()
        figures.faults = 1
        site.publish(
            [
                *calls(away, worst_over, LATE),
                *calls(worst_over, now, IN_TIME),
                *others(rng, away, now),
            ]
        )
        with Observer(workers) as observer:
            began = time.monotonic()
            for worker in workers.values():
                worker.launch()
            until_all_are_shown(*workers.values(), within_seconds=120)
            figures.recovered.append(time.monotonic() - began)
            last = until_settled(site, *workers.values())
        wait_until(
            lambda: len(prometheus.query('svarsgrad_service_level_ratio{window="1h"}')) > 0,
            10,
            "Prometheus has seen it",
        )
        alarmed = prometheus.query('count_over_time(ALERTS{alertname="BadDay"}[10m])')
        others_told = prometheus.query('count_over_time(ALERTS{alertname="AnyDay"}[10m])')
    assert alarmed == []
    assert others_told, "it alarms of what it sees"
    hold_against_replay(site, None, [*observer.answers, *last], figures)
    for its in last:
        for name in its.scrape.municipalities():
            labels = {"municipality": name, "queue": "vaxel", "target": "svar-15s"}
            day = its.scrape.value(m.SERVICE_LEVEL, window="today", **labels)
            assert day is not None
            assert 0.6 < day < 0.8
            assert its.scrape.value(m.SERVICE_LEVEL, window="1h", **labels) == 1.0
