"""Tables by weekday and hour, and by interval, are made of the same calls as the figures."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from archived import Stored
from click.testing import CliRunner

from producers.simulator import command as simulate
from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, load_catalogue
from streams.domain.instants import HOUR, MINUTE, micros, moment
from streams.domain.phone.evaluation import evaluate
from streams.domain.phone.legs import Frame
from streams.domain.phone.patterns import Pattern, intervals_of, patterns_of
from streams.domain.windows import Window
from streams.replay import Log, fold

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours: {oppet: {week: {mon-sun: "07:30-17:00"}, holidays: open}}
    teams: {alla: {name: Alla}}
    targets:
      svar-15s: {name: S, measure: answered_within, limit_seconds: 15, goal: 0.9,
        valid_from: 2014-01-01, source: P}
      svar-5min: {name: S, measure: answered_within, limit_seconds: 300, goal: 0.9,
        valid_from: 2014-01-01, source: P}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, targets: [svar-15s, svar-5min],
        promised_hours: oppet, resolution_seconds: 1, overflow_to: kalix-tele24}
      kundtjanst-teknik: {name: T, kind: customer_centre, team: alla, targets: [svar-5min],
        promised_hours: oppet}
      kalix-tele24: {name: Kalix, kind: partner}
"""
FIRST = date(2025, 10, 24)
"""The clock is turned back on the Sunday after."""
COUNTS = ("arrived", "answered", "ended", "lost")
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture(scope="module")
def municipality() -> Municipality:
    return load_catalogue(CATALOGUE, "k").municipalities["lulea"]


@pytest.fixture(scope="module")
def days() -> Window:
    first, after = (
        datetime.combine(FIRST + timedelta(days=n), datetime.min.time(), STOCKHOLM) for n in (0, 5)
    )
    return Window("days", micros(first), micros(after), rolling=False)


@pytest.fixture(scope="module")
def frame(days: Window, tmp_path_factory: pytest.TempPathFactory) -> Frame:
    file = tmp_path_factory.mktemp("days") / "days.jsonl"
    asked = ("--date", "2025-10-24/2025-10-29", "--scale", "0,1", "--every-day", "--to", str(file))
    result = CliRunner().invoke(simulate.command, [*asked, "--whole-seconds"])
    assert result.exit_code == 0, result.output
    lines = [Stored(n, 1 << 50, line) for n, line in enumerate(file.read_bytes().splitlines())]
    catalogue = load_catalogue(CATALOGUE, "k")
    books, _ = fold(catalogue, [Log("f", lines)], days.end, (days.start, days.end))
    return books["lulea"].calls.recent(days.start, days.end)


@pytest.fixture(scope="module")
def hourly(
    municipality: Municipality, frame: Frame, days: Window
) -> dict[str, dict[int, dict[str, int]]]:
    """Return the counts of each queue in each absolute hour, each asked for by itself."""
    hours = [
        Window(str(start), start, start + HOUR, rolling=False)
        for start in range(days.start, days.end, HOUR)
    ]
    return {
        queue: {
            int(name): {
                "arrived": its.arrived,
                "answered": its.counts["answered"],
                "ended": its.ended,
                "lost": its.lost,
                **{f"in_time.{key}": level.good for key, level in its.service_levels.items()},
                **{f"decided.{key}": level.decided for key, level in its.service_levels.items()},
            }
            for name, its in report.figures.items()
        }
        for queue, report in evaluate(municipality, frame, days.end, hours).items()
        if queue != UNKNOWN_QUEUE
    }


def counts(pattern: Pattern, cell: int) -> dict[str, int]:
    tally = pattern.by_hour
    return {
        **{
            key: int(getattr(tally, key)[cell]) for key in ("arrived", "answered", "ended", "lost")
        },
        **{f"in_time.{key}": int(its[cell]) for key, its in tally.in_time.items()},
        **{f"decided.{key}": int(its[cell]) for key, its in tally.decided.items()},
    }


def test_each_hour_of_the_week_has_the_calls_of_those_hours_on_the_wall(
    municipality: Municipality,
    frame: Frame,
    days: Window,
    hourly: dict[str, dict[int, dict[str, int]]],
) -> None:
    found = patterns_of(municipality, frame, days.end, days)
    for queue, by_hour in hourly.items():
        expected: dict[int, Counter[str]] = {}
        for start, its in by_hour.items():
            at = moment(start).astimezone(STOCKHOLM)
            cell = 24 * at.weekday() + at.hour
            expected.setdefault(cell, Counter()).update(its)
        for cell in range(24 * 7):
            assert Counter(counts(found[queue], cell)) == expected.get(cell, Counter()), cell
    assert sum(found["vaxel"].by_hour.arrived) > 100


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_intervals_have_the_calls_of_their_time_and_none_is_empty(
    municipality: Municipality,
    frame: Frame,
    days: Window,
    hourly: dict[str, dict[int, dict[str, int]]],
    minutes: int,
) -> None:
    found = list(intervals_of(municipality, frame, days.end, days, minutes * MINUTE))
    assert found == sorted(found, key=lambda its: its[:2])
    assert all(its["arrived"] for _, _, its in found)
    summed: dict[tuple[str, int], Counter[str]] = {}
    for start, queue, its in found:
        assert start % (minutes * MINUTE) == 0
        summed.setdefault((queue, start - start % HOUR), Counter()).update(its)
    expected = {
        (queue, start): Counter(its)
        for queue, by_hour in hourly.items()
        for start, its in by_hour.items()
        if its["arrived"]
    }
    assert summed == expected


def test_a_second_beside_the_limit_is_told_of_a_source_with_whole_seconds_alone(
    municipality: Municipality, frame: Frame, days: Window
) -> None:
    found = patterns_of(municipality, frame, days.end, days)
    assert found["kundtjanst-teknik"].a_second_beside == {}
    for target, seconds in (("svar-15s", 15), ("svar-5min", 300)):
        for step in (-1, 1):
            other = load_catalogue(
                CATALOGUE.replace(
                    f"limit_seconds: {seconds},", f"limit_seconds: {seconds + step},"
                ),
                "k",
            ).municipalities["lulea"]
            level = evaluate(other, frame, days.end, [days])["vaxel"].figures["days"]
            its = found["vaxel"].a_second_beside[target][step]
            assert its.part == level.service_levels[target].good
            assert its.whole == level.service_levels[target].decided


def test_waits_are_those_of_the_answered(
    municipality: Municipality, frame: Frame, days: Window
) -> None:
    its = patterns_of(municipality, frame, days.end, days)["vaxel"]
    figures = evaluate(municipality, frame, days.end, [days])["vaxel"].figures["days"]
    assert its.wait_histogram[0][-1] == figures.counts["answered"]
