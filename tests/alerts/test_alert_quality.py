"""The benchmark of alerts sees what a worker exports, and what fires in it fires in Prometheus."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from alerts_cases import CATALOGUE, HEALTHY, Key, calls, loaded, series
from exported import Scrape
from fired import Asked, fired
from phone import Record
from strategies_presence import staffed

from alerts.rendering import rules_file
from alerts.rules import groups_of
from benchmarks.alert_conditions import BUT_ACUTE, RULES, AlertState, Seen
from benchmarks.alert_days import (
    SCENARIOS,
    START,
    minutes_of,
    profile_of,
    spare_of,
    spares_of,
)
from benchmarks.one_queue import OPENS, SEED, CallsOfDay, simulate
from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import CallData, CallEvent
from streams.domain.events import encode
from streams.domain.instants import MINUTE, SECOND, micros, moment
from streams.domain.report import frames_of, live_spans
from streams.exposition import Snapshot
from streams.exposition.sheet import Sheet
from streams.replay import Log, fold

WORSE: Final = next(its for its in SCENARIOS if its.name.startswith("slow drift"))
SPARES: Final = spares_of(WORSE)
PROFILE: Final = profile_of(WORSE.calls_per_hour, SPARES[WORSE.usual])
DAY: Final = simulate(np.random.default_rng((SEED, 8)), 155, spare_of(WORSE, SPARES))
"""One on which each of the alerts fires, and does not."""


def values_of(seen: Seen) -> dict[Key, float | None]:
    """Return what a worker exports of the figures of a minute."""
    found: dict[Key, float | None] = {}
    for window in ("15m", "30m", "1h", "today"):
        share = seen.levels[window]
        found[calls(m.SERVICE_LEVEL, window)] = share.ratio
        found[calls(m.DECIDED, window)] = share.whole
    found[calls(m.GOOD, "today")] = seen.levels["today"].part
    for span, high in seen.highs.items():
        found[calls(m.ALERT_HIGH, span)] = high
    found[calls(m.LATEST_DECIDED)] = seen.levels["latest"].whole
    found[calls(m.WAITING)] = seen.waiting
    found[calls(m.LONGEST_WAIT)] = seen.longest if seen.waiting else None
    found[calls(m.STAFFED)] = seen.staffed
    found[calls(m.EXPECTED)] = seen.expected
    found[calls(m.PROJECTED)] = seen.projected
    found[calls(m.NEEDED)] = seen.needed
    found[calls(m.SPENT)] = seen.spent
    found[calls(m.TO_COME)] = seen.to_come
    return found


def events_of(day: CallsOfDay) -> Iterator[Any]:
    """Yield what is told of a simulated day, in the order of time."""
    opens = START + OPENS * SECOND
    told: list[tuple[int, Any]] = []
    for quarter, number in enumerate(day.people.tolist()):
        at = moment(opens + quarter * 15 * MINUTE)
        told.append((micros(at), staffed("vaxel", at, number, f"s{quarter}")))
    for number, (arrived, ended) in enumerate(zip(day.arrived, day.ended, strict=True)):
        began = moment(START + round(arrived * SECOND))
        data = CallData(queue="vaxel", arrived_at=began)
        last = "answered" if day.answered[number] else "abandoned"
        for what, at in (("offered", began), (last, moment(START + round(ended * SECOND)))):
            told.append(
                (
                    micros(at),
                    CallEvent(
                        id=f"{number}-{what}",
                        source="/test",
                        type=f"se.svarsgrad.call.{what}.v1",
                        subject=f"{number}",
                        time=at,
                        partitionkey="lulea",
                        data=data,
                    ),
                )
            )
    yield from (event for _, event in sorted(told, key=lambda one: one[0]))


def test_what_the_benchmark_sees_is_what_a_worker_exports() -> None:
    text = CATALOGUE.replace('"08:00-16:30"', '"08:00-17:00"')
    profiles = {"lulea": {"vaxel": PROFILE}}
    catalogue = load_catalogue(text, "k.yaml").with_profiles(profiles)
    lulea = catalogue.municipalities["lulea"]
    events = [*events_of(DAY)]
    looked_at = 0
    for minute, seen, _ in minutes_of(DAY, PROFILE, WORSE):
        if minute % 67 not in {0, 30}:  # both in the middle of a quarter and between two
            continue
        looked_at += 1
        now = START + OPENS * SECOND + minute * MINUTE
        before = [event for event in events if event.time < moment(now)]
        records = [Record(n, micros(e.time) // 1000, encode(e)) for n, e in enumerate(before)]
        books, _ = fold(catalogue, [Log("file", records)], now)
        frames = frames_of(lulea, books["lulea"], now, live_spans(lulea, now))
        scrape = Scrape.of(Snapshot(now, ((lulea, frames),), Sheet()).text().decode())
        exported = scrape.business("lulea")
        for (name, labels), value in values_of(seen).items():
            found = exported.get((m.PREFIX + name, labels))
            assert found == (None if value is None else pytest.approx(value)), (minute, name)
    assert looked_at > 12


@pytest.mark.parametrize("alert", ["Akut", "KoVaxer", "Drift", "DagenIFara", "DagenForlorad"])
def test_what_fires_in_the_benchmark_fires_in_prometheus(alert: str, tmp_path: Path) -> None:
    condition, minutes, kept = RULES[alert]
    state, told, fires = AlertState(condition, minutes, kept), [], []
    akut = AlertState(*RULES["Akut"])
    for _, seen, _ in minutes_of(DAY, PROFILE, WORSE):
        akut.step(seen)
        state.step(seen, hidden=alert in BUT_ACUTE and akut.fires)
        told.append(values_of(seen))
        fires.append(state.fires)
    assert 10 < sum(fires) < len(fires) - 60, "it is a day on which it fires, and does not"
    (rule,) = (r for group in groups_of(loaded()) for r in group.rules if r.alert == alert)
    assert (rule.for_, rule.keep_firing_for) == (f"{minutes}m", _duration(kept))
    names = {its for minute in told for its in minute} | set(HEALTHY)
    inputs = [
        {"series": series(its), "values": " ".join(_value(minute, its) for minute in told)}
        for its in names
        if HEALTHY.get(its) != float("inf")
    ]
    rules = rules_file(groups_of(loaded())).replace("interval: 30s", "interval: 1m")
    asked = Asked("the day", inputs, [(60 * at, alert) for at in range(len(told))])
    found = fired(tmp_path, rules, "1m", [asked])
    assert [bool(found["the day", 60 * at, alert]) for at in range(len(told))] == fires


def _duration(minutes: int) -> str:
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def _value(minute: dict[Key, float | None], its: Key) -> str:
    value = minute.get(its, HEALTHY.get(its))
    return "stale" if value is None else f"{value}"
