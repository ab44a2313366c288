"""The hot paths are not much slower than they were, beside a loop that does the least there is.

No time is asserted: what is compared are processor seconds of both, taken in turns, the least of
each, so that a slow or busy machine slows them alike. The bounds are half again what was measured;
a change that trips one has cost that much, and says why or is mended. `make bench` measures.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import orjson
import pytest

from benchmarks.peers.plain import fold
from benchmarks.running import catalogue
from benchmarks.workload import MUNICIPALITIES, calls, messages
from streams.domain.catalogue import load_catalogue
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.report import frames_of, live_spans
from streams.exposition import Snapshot
from streams.exposition.sheet import Sheet
from streams.replay.event_files import Line

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
CALLS = 4_000
TURNS = 5
BATCH = 2_000
ZONES = dict.fromkeys(MUNICIPALITIES, ZoneInfo("Etc/UTC"))
CATALOGUE = load_catalogue(catalogue(zone="Etc/UTC").encode(), "speed.yaml")


def lines(each: int) -> list[Line]:
    values = messages(calls(CALLS, NOW, MUNICIPALITIES), each)
    return [Line(n, value, micros(NOW) // 1_000) for n, (_, value) in enumerate(values)]


def least(log: list[Line]) -> None:
    """Do what any loop in Python must: read JSON, keep it in a dict."""
    legs: dict[tuple[str, str], list[int | None]] = {}
    for line in log:
        value = orjson.loads(line.value)
        for event in value if isinstance(value, list) else [value]:
            fold(legs, event)
    assert len(legs) == CALLS


def folded(log: list[Line]) -> Ledger:
    ledger = Ledger(zones=ZONES, now=micros(NOW))
    left = iter(log)
    while part := list(islice(left, BATCH)):
        ledger.fold("calls", part)
    assert ledger.tally.folded == 3 * CALLS
    return ledger


def ratio(ours: Callable[[], object], log: list[Line]) -> float:
    """Return how many times as long as the least there is something takes."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for work, its in zip((ours, lambda: least(log)), took, strict=True):
            began = time.process_time()
            work()
            its.append(time.process_time() - began)
    return min(took[0]) / min(took[1])


@pytest.mark.parametrize(("each", "bound"), [(1, 1.5), (60, 1.6)])
def test_folding_is_not_much_slower_than_the_least_there_is(each: int, bound: float) -> None:
    log = lines(each)
    assert ratio(lambda: folded(log), log) < bound


def test_a_scrape_is_not_much_slower_than_reading_its_log_with_the_least_there_is() -> None:
    log = lines(1)
    ledger = folded(log)

    def scrape() -> None:
        frames = [
            (of, frames_of(of, ledger.books_of(of.id), micros(NOW), live_spans(of, micros(NOW))))
            for of in CATALOGUE.municipalities.values()
        ]
        Snapshot(micros(NOW), frames, Sheet()).text()

    assert ratio(scrape, log) < 13


def test_what_takes_twice_as_long_is_found() -> None:
    log = lines(60)

    def twice() -> None:
        folded(log)
        folded(log)

    assert ratio(twice, log) > 1.6
