"""Every figure equals the one that SQL computes, which shares no code with ours."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.figures import figures as reference_figures
from reference.working_time import open_minutes
from strategies import NOON, logs

from streams.domain.catalogue import load_catalogue
from streams.domain.events import CallEvent, encode
from streams.domain.instants import micros
from streams.domain.windows import NAMES, midnight
from streams.replay import Log, fold, report
from streams.replay.phone import as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    exclude_short_abandons_seconds: {short}
    hours:
      vaxeltid: {{week: {{mon-sun: "{hours}"}}, holidays: open}}
      skyltat: {{week: {{mon-sun: "10:59-11:30, 11:45-24:00"}}, holidays: open}}
    teams:
      kundcenter: {{name: Kundcenter}}
    targets:
      svar-15s: &promise
        name: Svar inom tre signaler
        measure: answered_within
        limit_seconds: 15
        goal: 0.90
        valid_from: 2014-01-01
        source: Kundservicerapport 2014
      svar-90s:  # a tenth of a quarter of an hour
        name: Svar inom nittio sekunder
        measure: answered_within
        limit_seconds: 90
        goal: 0.90
        valid_from: 2014-01-01
        source: Prov
      svar-5min:
        name: Svar inom fem minuter
        measure: answered_within
        limit_seconds: 300
        goal: 0.90
        valid_from: 2014-01-01
        source: Kundservicerapport 2014
    queues:
      vaxel:
        {{name: Växeln, kind: switchboard, team: kundcenter,
        targets: [svar-15s, svar-90s, svar-5min],
        promised_hours: vaxeltid, published_hours: skyltat}}
      kundtjanst:
        {{name: Kundtjänst, kind: customer_centre, team: kundcenter, targets: [svar-5min]}}
      tom: {{name: Tom, kind: customer_centre, team: kundcenter, targets: [svar-5min]}}
""".replace("&promise", "")
ZONE = ZoneInfo("Europe/Stockholm")
LIMITS = {
    ("lulea", "vaxel"): [("svar-15s", 15), ("svar-90s", 90), ("svar-5min", 300)],
    ("lulea", "kundtjanst"): [("svar-5min", 300)],
    ("lulea", "tom"): [("svar-5min", 300)],
}


@dataclass(frozen=True)
class Record:
    offset: int
    timestamp: int
    value: bytes


ALWAYS = "00:00-24:00"
HOURS = {
    ALWAYS: [(0, 1440)],
    "10:59-11:45, 11:59-12:00": [(659, 705), (719, 720)],
    "08:00-11:59": [(480, 719)],
    "closed": [],
}
PUBLISHED = [(659, 690), (705, 1440)]
"""As written, and as minutes of the day."""


def ours(
    events: list[CallEvent], now: datetime, window: Any, short: int = 0, hours: str = ALWAYS
) -> dict[Any, Any]:
    catalogue = load_catalogue(CATALOGUE.format(short=short, hours=hours), "test.yaml")
    records = [Record(n, micros(e.time) // 1000 + 1, encode(e)) for n, e in enumerate(events)]
    asked = None if isinstance(window, str) else (micros(window[0]), micros(window[1]))
    name = window if isinstance(window, str) else "asked"
    legs, rejections = fold(catalogue, [Log("file", records)], micros(now), asked)
    assert not rejections
    reports = report(catalogue, legs, micros(now), name, asked)
    found = {("lulea", queue): of for queue, of in as_data(reports, name)["lulea"].items()}
    for key, of_queue in reports.items():
        for target, level in of_queue.figures[name].service_levels.items():
            found[key]["service_levels"][target]["missed"] = level.misses
        found[key]["now"] = {
            "waiting": of_queue.now.waiting,
            "longest_wait_seconds": of_queue.now.longest_wait_seconds,
        }
        if of_queue.wait_histogram is not None:  # of today
            counts, total = of_queue.wait_histogram
            found[key]["wait_histogram"] = {"counts": counts, "sum": total}
    return found


@cache
def minutes_of(hours: str, day: date) -> frozenset[datetime]:
    """Every open minute of the days around one."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=4)
    segments = HOURS.get(hours, PUBLISHED)
    walked = open_minutes(lambda _: segments, ZONE, start, start + timedelta(days=6))
    return frozenset(at for at, is_open in walked if is_open)


def theirs(
    events: list[CallEvent], now: datetime, window: Any, short: int = 0, hours: str = ALWAYS
) -> dict[Any, Any]:
    arrivals = {event.data.arrived_at.replace(second=0, microsecond=0) for event in events}
    found = reference_figures(
        [encode(event) for event in events],
        targets=LIMITS,
        zones={"lulea": ZONE},
        known_queues=list(LIMITS),
        now=now,
        window=window,
        exclude_short_abandons_seconds=short,
        open_minutes={("lulea", "vaxel"): minutes_of(hours, now.date()) & arrivals},
        published_minutes={("lulea", "vaxel"): minutes_of("published", now.date()) & arrivals},
    )
    if window != "today":
        for of_queue in found.values():
            del of_queue["wait_histogram"]
    return found


def assert_equal(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    assert found.keys() == expected.keys()
    for queue, figures in expected.items():
        mine, other = flat(found[queue]), flat(figures)
        assert mine.keys() == other.keys()
        different = {
            path: (mine[path], value) for path, value in other.items() if mine[path] != value
        }
        # Everything is equal to the last bit, but for the interval's rounding.
        for path, (ours_, theirs_) in different.items():
            assert "wilson" in path, (queue, different)
            assert ours_ == pytest.approx(theirs_, rel=1e-12, abs=1e-15), (queue, path)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {k: v for key, inner in value.items() for k, v in flat(inner, f"{path}/{key}").items()}


@pytest.mark.parametrize("window", NAMES)
@given(
    events=logs(NOON),
    late=st.integers(0, 1000),
    short=st.sampled_from([0, 5, 15]),
    hours=st.sampled_from(sorted(HOURS)),
)
def test_figures_of_every_window_equal_the_reference(
    window: str, events: list[CallEvent], late: int, short: int, hours: str
) -> None:
    now = NOON + timedelta(seconds=late)
    assert_equal(
        ours(events, now, window, short, hours), theirs(events, now, window, short, hours)
    )


@given(events=logs(NOON), minutes=st.integers(1, 180))
def test_figures_of_an_asked_span_equal_the_reference(
    events: list[CallEvent], minutes: int
) -> None:
    span = (NOON - timedelta(minutes=minutes), NOON)
    assert_equal(ours(events, NOON, span), theirs(events, NOON, span))


# Around both changes of the clock, around midnight, and around New Year.
EDGES = [
    datetime(2026, 3, 29, 0, 30, tzinfo=ZONE),
    datetime(2026, 3, 29, 4, 0, tzinfo=ZONE),
    datetime(2026, 10, 25, 0, 30, tzinfo=ZONE),
    datetime(2026, 10, 25, 4, 0, tzinfo=ZONE),
    datetime(2026, 10, 26, 0, 0, tzinfo=ZONE),
    datetime(2027, 1, 1, 0, 0, 1, tzinfo=ZONE),
]


@pytest.mark.parametrize("now", EDGES)
@settings(max_examples=20)
@given(data=st.data())
def test_figures_of_today_equal_the_reference_where_days_are_odd(
    now: datetime, data: st.DataObject
) -> None:
    events = list(data.draw(logs(now)))
    assert_equal(ours(events, now, "today"), theirs(events, now, "today"))


def test_a_day_has_23_or_25_hours_twice_a_year() -> None:
    days = [date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25), date(2026, 10, 26)]
    lengths = [(midnight(b, ZONE) - midnight(a, ZONE)) / 3_600_000_000 for a, b in pairwise(days)]
    assert lengths[0] == 23
    assert lengths[2] == 25
