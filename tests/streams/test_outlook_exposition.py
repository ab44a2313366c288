"""/metrics tells of the rest of the day what `svarsgrad outlook --json` does, and no more."""

from collections.abc import Iterator, Sequence
from typing import Any

from exported import Scrape, Series, series
from hypothesis import given, settings
from hypothesis import strategies as st
from phone import How, Record, catalogue_of
from strategies import NOON, logs

from streams import metrics as m
from streams.domain.catalogue import Municipality
from streams.domain.events import CallEvent, encode
from streams.domain.instants import MINUTE, micros
from streams.domain.outlook.profile import QUARTERS, Profile
from streams.domain.report import Report, frames_of, live_spans, report_of
from streams.exposition import Snapshot
from streams.exposition.sheet import Sheet
from streams.outlook.table import as_data
from streams.replay import Log, fold

NAMES = {m.PREFIX + metric.name for metric in m.OUTLOOK}
FLAT = Profile(((9.0,) * QUARTERS,) * 7, 0.2, 0.1, 30, talk_seconds=60.0, patience_seconds=90.0)
CATALOGUE = catalogue_of(How(hours="08:00-11:59")).with_profiles({"lulea": {"vaxel": FLAT}})
NOW = micros(NOON)  # 12.00 in Luleå


def exported(events: Sequence[CallEvent], now: int) -> tuple[dict[Series, float], Report]:
    """Return what is exported of the outlook, and the report that it is of."""
    records = [Record(n, micros(e.time) // 1000, encode(e)) for n, e in enumerate(events)]
    books, _ = fold(CATALOGUE, [Log("file", records)], now)
    lulea = CATALOGUE.municipalities["lulea"]
    frames = frames_of(lulea, books["lulea"], now, live_spans(lulea, now))
    text = Snapshot(now, ((lulea, frames),), Sheet()).text().decode()
    every = Scrape.of(text).business("lulea")
    found = {key: value for key, value in every.items() if key[0] in NAMES}
    return found, report_of(lulea, frames)


def expected(
    lulea: Municipality, report: Report, now: int
) -> Iterator[tuple[Series, float | None]]:
    for queue, its in as_data(lulea, report).items():
        labels: dict[str, Any] = {"municipality": "lulea", "queue": queue}
        yield series(m.PROFILE_DAYS, **labels), its["profile_days"]
        yield series(m.USUAL, **labels), its["usual"]
        to_come = its["to_come"] or dict.fromkeys(("mean", "low", "high"))
        yield series(m.TO_COME, **labels), to_come["mean"]
        yield series(m.TO_COME_LOW, **labels), to_come["low"]
        yield series(m.TO_COME_HIGH, **labels), to_come["high"]
        for target, of_one in its["targets"].items():
            yield series(m.BEST, target=target, **labels), of_one["likely"]["best"]
            yield series(m.BEST_OF_FEW, target=target, **labels), of_one["of_few"]["best"]
            yield series(m.BEST_OF_MANY, target=target, **labels), of_one["of_many"]["best"]
            yield series(m.NEEDED, target=target, **labels), of_one["likely"]["needed"]
            yield series(m.SPENT, target=target, **labels), of_one["likely"]["spent"]
            yield series(m.EXPECTED, target=target, **labels), of_one["expected"]
            yield series(m.PROJECTED, target=target, **labels), of_one["projected"]
        for target, by in its["alerting"].items():
            yield series(m.ALERT_LEVEL, target=target, **labels), by["level"]
            yield series(m.CHRONIC, target=target, **labels), by["is_chronic"]
            yield series(m.CLUSTERING, target=target, **labels), by["clustering"]
            for span, highest in by["highest"].items():
                yield series(m.ALERT_HIGH, target=target, window=span, **labels), highest
        first = next(report.outlook[queue].quarters, None)
        if first is not None and first.start <= now:
            yield series(m.ERLANGS, **labels), its["quarters"][0]["erlangs"]
            yield series(m.PEOPLE_NEEDED, **labels), its["quarters"][0]["people"]


@settings(max_examples=40)
@given(logs(NOON), st.sampled_from((0, 4 * 60, 11 * 60 + 59)))
def test_all_of_the_outlook_is_exported_and_nothing_else(
    events: Sequence[CallEvent], minutes_earlier: int
) -> None:
    now = NOW - minutes_earlier * MINUTE
    found, report = exported(events, now)
    lulea = CATALOGUE.municipalities["lulea"]
    every = {key: value for key, value in expected(lulea, report, now) if value is not None}
    assert found == every


def test_before_it_opens_nobody_is_needed_yet_and_the_day_is_expected() -> None:
    found, _ = exported([], NOW - 5 * 60 * MINUTE)
    labels = {"municipality": "lulea", "queue": "vaxel"}
    assert series(m.PEOPLE_NEEDED, **labels) not in found
    assert round(found[series(m.TO_COME, **labels)]) == round(9 * 239 / 15)
    assert found[series(m.BEST, target="svar-15s", **labels)] == 1
