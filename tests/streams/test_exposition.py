"""/metrics tells what replay tells, whatever has happened; no data is no sample."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalogues import catalogue
from exported import Scrape, expected_of, series
from hypothesis import given, settings
from strategies import NOON, logs

from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.events import CallEvent, encode
from streams.domain.instants import SECOND, micros
from streams.exposition import Snapshot, _Sheet
from streams.replay import Log, fold

LOADED = load_catalogue(catalogue(["lulea"], "Europe/Stockholm"), "test.yaml")
NOW = micros(NOON)


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    value: bytes


def scraped(events: Sequence[CallEvent]) -> tuple[Scrape, list[Log]]:
    """A scrape at noon of a worker that has folded these events."""
    records = [Record(n, micros(e.time) // 1000, encode(e)) for n, e in enumerate(events)]
    log = [Log("file", records)]
    legs, _ = fold(LOADED, log, NOW)
    frames = ((LOADED.municipalities["lulea"], legs["lulea"].frame()),)
    return Scrape.of(Snapshot(NOW, frames, _Sheet()).text().decode()), log


@settings(max_examples=60)
@given(logs(NOON))
def test_every_sample_is_one_that_replay_has_and_the_other_way_round(
    events: Sequence[CallEvent],
) -> None:
    scrape, log = scraped(events)
    assert scrape.business("lulea") == expected_of(LOADED, {"lulea"}, log, NOW)


def test_a_queue_without_calls_has_counts_and_promises_but_no_ratio_and_no_wait() -> None:
    scrape, _ = scraped([])
    queue = {"municipality": "lulea", "queue": "vaxel"}
    today = {**queue, "window": "today"}
    assert scrape.value(m.ARRIVED, **today) == 0
    assert scrape.value(m.WAITING, **queue) == 0
    assert scrape.value(m.GOAL, target="svar-15s", **queue) == 0.9
    assert scrape.value(m.DECIDED, target="svar-15s", **today) == 0
    for metric, labels in (
        (m.SERVICE_LEVEL, {"target": "svar-15s", **today}),
        (m.SERVICE_LEVEL_LOW, {"target": "svar-15s", **today}),
        (m.LOST, today),
        (m.LOST_HIGH, today),
        (m.WAIT_MEAN, today),
        (m.WAIT_PERCENTILE, {"percentile": "p90", **today}),
        (m.LONGEST_WAIT, queue),
        (m.LIMIT, {"target": "lost", **queue}),
    ):
        assert series(metric, **labels) not in scrape.samples


def test_the_instant_of_the_figures_is_told_to_the_microsecond() -> None:
    scrape, _ = scraped([])
    told = scrape.value(m.EVALUATED_AT, municipality="lulea")
    assert told is not None
    assert round(told * SECOND) == NOW
