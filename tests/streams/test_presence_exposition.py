"""/metrics tells of people at work, and of what others measured, what replay tells; no more."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from exported import Scrape, Series, series
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NOON
from strategies_presence import heartbeat, measure_events, presences, recorded, staffed

from streams import metrics as m
from streams.domain import measures
from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.event_types import MeasureEvent, PresenceEvent
from streams.domain.instants import SECOND, micros
from streams.domain.measures import Measures
from streams.domain.presence import evaluation
from streams.domain.presence.statements import Presence
from streams.domain.windows import TODAY, horizon, window
from streams.exposition import presence
from streams.exposition.sheet import Sheet
from streams.figures.presence import as_data, measures_as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours: {dagtid: {week: {mon-sun: "08:00-17:00"}, holidays: open}}
    administrations:
      teknik: {name: Teknik, guideline_hours: dagtid}
      skola: {name: Skola, guideline_hours: dagtid}
      fri: {name: Fria}
    sources:
      vaxelns: {name: Växelns, queues: [vaxel]}
      schemat: {name: Schemat, queues: [teknik, vaxel]}
    promises: [oppet, nojda, index, webben]
    targets:
      oppet:
        {name: Öppet, measure: open_as_promised, goal: 0.5, valid_from: 2014-01-01, source: x}
      nojda: {name: Nöjda, measure: external, goal: 0.7, valid_from: 2014-01-01, source: x}
      index: {name: Index, measure: external, valid_from: 2014-01-01, source: x}
      webben:
        {name: Webben, measure: external, goal: 0.1, better: lower, valid_from: 2014-01-01,
        valid_to: 2018-01-01, source: x}
    queues:
      vaxel: {name: V, kind: partner, promised_hours: dagtid}
      teknik: {name: T, kind: partner, promised_hours: dagtid, administration: teknik}
      skola: {name: S, kind: partner, administration: skola}
"""
LULEA = load_catalogue(CATALOGUE, "test.yaml").municipalities["lulea"]
NOW = micros(NOON)
DAY = date(2026, 2, 1)


def told(
    said: Sequence[PresenceEvent],
    typed: Sequence[MeasureEvent] = (),
    of: Municipality = LULEA,
) -> tuple[Scrape, dict[str, Any], dict[str, Any]]:
    """What /metrics has, and what replay has, of people and of measures."""
    book, recorded_ = Presence(horizon(NOW, of.zone)), Measures()
    for event in said:
        book.state(event, micros(event.time))
    for event_ in typed:
        recorded_.state(event_, micros(event_.time))
    arrived = {"vaxel": 10, "teknik": 4}
    people = evaluation.evaluate(of, book.frame(NOW), window(TODAY, NOW, of.zone), arrived)
    others = measures.evaluate(of, recorded_.frame(NOW))
    sheet = Sheet()
    presence.add(sheet, of.id, people)
    presence.add_measures(sheet, of, others)

    return Scrape.of(sheet.text().decode()), as_data(people), measures_as_data(others)


def expected(data: dict[str, Any]) -> Iterator[tuple[Series, float | None]]:
    """Yield the series that replay's figures of people say must be there; None for no sample."""
    whole = {"municipality": "lulea"}
    for queue, its in data["queues"].items():
        of = {**whole, "queue": queue}
        opening = its["opening"] or {"ratio": None, "promised_seconds": None}
        yield series(m.STAFFED, **of), its["people"]
        yield series(m.OPENING_KEPT, **of), opening["ratio"]
        yield series(m.OPENING_PROMISED, **of), opening["promised_seconds"]
        yield series(m.STAFFED_TIME, **of), its["staffed_person_seconds"]
        yield series(m.CALLS_PER_HOUR, **of), its["calls_per_staffed_hour"]
    yield series(m.CALLS_PER_HOUR_POOLED, **whole), data["calls_per_staffed_hour"]
    together = data["open_as_promised"]
    standings = ("kept", "broken", "unreported", "not_yet", "no_guideline")
    for administration, its in data["administrations"].items():
        of = {**whole, "administration": administration}
        opening = its["opening"] or {"ratio": None, "promised_seconds": None}
        yield series(m.ADMINISTRATION_KEPT, **of), opening["ratio"]
        yield series(m.ADMINISTRATION_PROMISED, **of), opening["promised_seconds"]
        for way in standings:
            so = its["standing"] == way
            yield series(m.ADMINISTRATION_STANDING, standing=way, **of), so
    for way in standings:
        yield series(m.ADMINISTRATIONS, standing=way, **whole), len(together[way])
    yield series(m.OPEN_AS_PROMISED.ratio, **whole), together["ratio"]
    yield series(m.OPEN_AS_PROMISED.low, **whole), together["wilson_low"]
    yield series(m.OPEN_AS_PROMISED.high, **whole), together["wilson_high"]
    yield series(m.OPEN_AS_PROMISED.of, **whole), together["asked"]
    for promise, its in together["promises"].items():
        yield series(m.OPEN_AS_PROMISED_GOAL, target=promise, **whole), its["goal"]
        yield series(m.OPEN_AS_PROMISED_KEPT, target=promise, **whole), its["kept"]
    for source, seconds in data["seconds_since_heartbeat"].items():
        yield series(m.HEARTBEAT_AGE, source=source, **whole), seconds
    for queue, silent in data["silent_sources"].items():
        yield series(m.SILENT, queue=queue, **whole), len(silent) > 0


def expected_measures(data: dict[str, Any]) -> Iterator[tuple[Series, float | None]]:
    """Yield the same of what others measured: the latest value of what is promised today."""
    yield series(m.EXTERNAL_UNKNOWN, municipality="lulea"), data["unknown"]
    for promise, its in data["measures"].items():
        if not its["values"] or not its["is_promised"]:
            continue
        of, latest = {"municipality": "lulea", "target": promise}, its["values"][-1]
        midnight = datetime.fromisoformat(latest["on"]).replace(tzinfo=LULEA.zone)
        yield series(m.EXTERNAL, **of), latest["value"]
        yield series(m.EXTERNAL_N, **of), latest["n"]
        yield series(m.EXTERNAL_DAY, **of), micros(midnight) / SECOND
        yield series(m.EXTERNAL_LOW, **of), latest["wilson_low"]
        yield series(m.EXTERNAL_HIGH, **of), latest["wilson_high"]
        yield series(m.EXTERNAL_GOAL, **of), latest["goal"]
        yield series(m.EXTERNAL_KEPT, **of), latest["kept"]


@settings(max_examples=60)
@given(presences(NOON), st.lists(measure_events(NOON), max_size=10))
def test_every_sample_is_one_that_replay_has_and_the_other_way_round(
    said: list[PresenceEvent], typed: list[MeasureEvent]
) -> None:
    scrape, people, others = told(said, typed)
    both = [*expected(people), *expected_measures(others)]
    assert scrape.samples == {key: value for key, value in both if value is not None}


@given(presences(NOON), st.lists(measure_events(NOON), max_size=10))
def test_replays_figures_are_json(said: list[PresenceEvent], typed: list[MeasureEvent]) -> None:
    _, people, others = told(said, typed)
    assert orjson.loads(orjson.dumps(people)) == people
    assert orjson.loads(orjson.dumps(others)) == others


def test_what_is_told_of_a_morning() -> None:
    said = [
        staffed("vaxel", NOON.replace(hour=8), 2),  # 9.00 in Luleå; it is noon
        heartbeat("vaxelns", NOON - timedelta(minutes=2)),
        heartbeat("schemat", NOON - timedelta(seconds=90)),
    ]
    scrape, _, _ = told(said, [recorded("nojda", 0.64, DAY, NOON - timedelta(1), n=1000)])
    queue = {"municipality": "lulea", "queue": "vaxel"}
    promise = {"municipality": "lulea", "target": "nojda"}
    assert scrape.value(m.STAFFED, **queue) == 2
    assert scrape.value(m.OPENING_KEPT, **queue) == 0.75
    assert scrape.value(m.OPENING_PROMISED, **queue) == 4 * 3600
    assert scrape.value(m.CALLS_PER_HOUR, **queue) == 10 / 6
    assert scrape.value(m.SILENT, **queue) == 1
    assert scrape.value(m.SILENT, municipality="lulea", queue="teknik") == 0
    assert scrape.value(m.SILENT, municipality="lulea", queue="skola") is None
    assert scrape.value(m.HEARTBEAT_AGE, municipality="lulea", source="vaxelns") == 120
    assert scrape.value(m.EXTERNAL, **promise) == 0.64
    assert scrape.value(m.EXTERNAL_KEPT, **promise) == 0
    assert scrape.value(m.EXTERNAL_DAY, **promise) == 1769900400  # 31 January, 23.00 UTC


def test_a_queue_with_two_silent_sources_is_silent_once() -> None:
    before = NOON - timedelta(minutes=2)
    scrape, people, _ = told([heartbeat("vaxelns", before), heartbeat("schemat", before)])
    assert people["silent_sources"]["vaxel"] == ["vaxelns", "schemat"]
    assert scrape.value(m.SILENT, municipality="lulea", queue="vaxel") == 1


def test_nothing_said_is_no_sample_but_for_what_is_counted() -> None:
    scrape, _, _ = told([])
    names = {name.removeprefix(m.PREFIX) for name, _ in scrape.samples}
    assert names == {
        "administration_standing", "administrations", "external_unknown",
        "open_as_promised_goal_ratio", "open_as_promised_of",
    }  # fmt: skip


def test_a_value_of_what_is_no_longer_promised_is_not_told_live() -> None:
    scrape, _, others = told([], [recorded("webben", 0.08, DAY, NOON - timedelta(1))])
    assert others["measures"]["webben"]["values"]
    assert scrape.value(m.EXTERNAL, municipality="lulea", target="webben") is None


def test_the_oldest_day_there_is_can_be_told() -> None:
    scrape, _, _ = told([], [recorded("nojda", 0.5, date.min, NOON - timedelta(1))])
    assert scrape.value(m.EXTERNAL_DAY, municipality="lulea", target="nojda") is not None


def test_a_municipality_without_administrations_says_nothing_of_them() -> None:
    text = """
version: 1
municipalities:
  boden: {name: Boden, zone: Europe/Stockholm, queues: {vaxel: {name: V, kind: partner}}}
"""
    boden = load_catalogue(text, "test.yaml").municipalities["boden"]
    scrape, _, _ = told([], of=boden)
    assert set(scrape.samples) == {series(m.EXTERNAL_UNKNOWN, municipality="boden")}
