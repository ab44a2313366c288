"""Every figure of people at work equals the one found by walking through the day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.presence import Queue, Said, figures
from reference.working_time import open_minutes
from strategies import NOON
from strategies_presence import QUEUES, presences

from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import PresenceEvent
from streams.domain.instants import micros, moment
from streams.domain.presence.evaluation import evaluate
from streams.domain.presence.statements import Presence
from streams.domain.windows import TODAY, Window, horizon, window
from streams.figures.presence import as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours:
      dagtid: {week: {mon-sun: "08:00-11:30, 12:30-17:00"}, holidays: open}
      kort: {week: {mon-sun: "11:59-12:00"}, holidays: open}
      alltid: {week: {mon-sun: "00:00-24:00"}, holidays: open}
      aldrig: {week: {mon-sun: closed}}
    teams: {alla: {name: Alla}}
    administrations:
      teknik: {name: Teknik, guideline_hours: dagtid}
      skola: {name: Skola, guideline_hours: alltid}
      post: {name: Posten, guideline_hours: dagtid}
      sent: {name: Sena, guideline_hours: kort}
      stangd: {name: Stängda, guideline_hours: aldrig}
      fri: {name: Fria}
    sources:
      vaxelns: {name: Växelns, queues: [vaxel, teknik]}
      schemat: {name: Schemat, queues: [vaxel, skola]}
      postens: {name: Postens, queues: [brevlada]}
    promises: [oppet, oppet-alla, gammalt]
    targets:
      oppet:
        {name: Öppet, measure: open_as_promised, goal: 0.5, valid_from: 2014-01-01, source: x}
      oppet-alla:
        {name: Öppet, measure: open_as_promised, goal: 1.0, valid_from: 2014-01-01, source: x}
      gammalt:
        name: Öppet
        measure: open_as_promised
        goal: 1.0
        valid_from: 2014-01-01
        valid_to: 2018-01-01
        source: x
    queues:
      vaxel: {name: V, kind: switchboard, team: alla, promised_hours: dagtid, administration: sent}
      teknik:
        {name: T, kind: customer_centre, team: alla, promised_hours: alltid,
        administration: teknik}
      skola: {name: S, kind: partner, promised_hours: kort, administration: teknik}
      skola-igen: {name: S, kind: partner, administration: skola}
      brevlada: {name: B, kind: mailbox, promised_hours: alltid, administration: post}
      posten: {name: P, kind: partner, administration: post}
      stangda: {name: S, kind: partner, administration: stangd}
"""
LULEA = load_catalogue(CATALOGUE, "test.yaml").municipalities["lulea"]
ZONE = ZoneInfo("Europe/Stockholm")
HOURS = {
    "dagtid": [(480, 690), (750, 1020)],
    "kort": [(719, 720)],
    "alltid": [(0, 1440)],
    "aldrig": [],
}
GUIDELINES = {
    "teknik": "dagtid", "skola": "alltid", "post": "dagtid", "sent": "kort", "stangd": "aldrig",
    "fri": None,
}  # fmt: skip
THEIR_QUEUES = {
    "vaxel": ("dagtid", "sent", True),
    "teknik": ("alltid", "teknik", True),
    "skola": ("kort", "teknik", True),
    "skola-igen": (None, "skola", True),
    "brevlada": ("alltid", "post", False),
    "posten": (None, "post", True),
    "stangda": (None, "stangd", True),
}
SOURCES = {
    "vaxelns": ["vaxel", "teknik"], "schemat": ["vaxel", "skola"], "postens": ["brevlada"],
}  # fmt: skip
GOALS = {"oppet": 0.5, "oppet-alla": 1.0}


def ours(
    events: Sequence[PresenceEvent], now: datetime, span: Window, arrived: Mapping[str, int]
) -> dict[str, Any]:
    book = Presence(horizon(span.start, ZONE))
    for event in events:
        book.state(event, micros(event.time))
    return as_data(evaluate(LULEA, book.frame(micros(now)), span, arrived))


@cache
def minutes_of(hours: str, day: date) -> frozenset[datetime]:
    """Every open minute of the days around one."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=4)
    walked = open_minutes(lambda _: HOURS[hours], ZONE, start, start + timedelta(days=6))
    return frozenset(at for at, is_open in walked if is_open)


def theirs(
    events: Sequence[PresenceEvent], now: datetime, span: Window, arrived: Mapping[str, int]
) -> dict[str, Any]:
    def door(hours: str | None) -> Any:
        return None if hours is None else minutes_of(hours, now.date()).__contains__

    return figures(
        [Said(e.data.queue or e.subject, e.time.astimezone(UTC), e.data.people) for e in events],
        queues={key: Queue(door(its[0]), *its[1:]) for key, its in THEIR_QUEUES.items()},
        guidelines={key: door(hours) for key, hours in GUIDELINES.items()},
        sources=SOURCES,
        arrived=arrived,
        goals=GOALS,
        zone=ZONE,
        start=moment(span.start),
        end=moment(span.end),
        now=now.astimezone(UTC),
    )


def assert_equal(mine: dict[str, Any], other: dict[str, Any]) -> None:
    for end in ("wilson_low", "wilson_high"):  # all is equal to the last bit, but for these
        a, b = mine["open_as_promised"].pop(end), other["open_as_promised"].pop(end)
        assert a == (b if b is None else pytest.approx(b, rel=1e-12, abs=1e-15))
    assert mine == other


ARRIVED = st.dictionaries(st.sampled_from(QUEUES[:3]), st.integers(0, 400))


@settings(max_examples=70)
@given(
    events=presences(NOON),
    late=st.sampled_from((0, 0, 1, 60, 61, 1_700, 1_800, 18_000)),
    spare=st.sampled_from((0, 0, 1, -1)),
    arrived=ARRIVED,
)
def test_figures_of_today_equal_the_reference(
    events: list[PresenceEvent], late: int, spare: int, arrived: dict[str, int]
) -> None:
    now = NOON + timedelta(seconds=late, microseconds=spare)
    span = window(TODAY, micros(now), ZONE)
    assert_equal(ours(events, now, span, arrived), theirs(events, now, span, arrived))


# Around both changes of the clock, around midnight, and before anything opens.
EDGES = [
    datetime(2026, 3, 29, 0, 30, tzinfo=ZONE),
    datetime(2026, 3, 29, 9, 0, tzinfo=ZONE),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZONE),
    datetime(2026, 10, 25, 13, 0, tzinfo=ZONE),
    datetime(2026, 10, 26, 0, 0, tzinfo=ZONE),
    datetime(2026, 10, 26, 0, 0, 0, 1, tzinfo=ZONE),
    datetime(2026, 3, 10, 7, 59, 59, tzinfo=ZONE),
]


@pytest.mark.parametrize("now", EDGES)
@settings(max_examples=25)
@given(data=st.data())
def test_figures_of_today_equal_the_reference_where_days_are_odd(
    now: datetime, data: st.DataObject
) -> None:
    events = data.draw(presences(now))
    span = window(TODAY, micros(now), ZONE)
    assert_equal(ours(events, now, span, {"vaxel": 7}), theirs(events, now, span, {"vaxel": 7}))


@settings(max_examples=40)
@given(
    events=presences(NOON),
    minutes=st.sampled_from((1, 60, 719, 720, 721, 1_500, 2_400)),
    ago=st.sampled_from((0, 1, 60, 300)),
)
def test_figures_of_an_asked_span_equal_the_reference(
    events: list[PresenceEvent], minutes: int, ago: int
) -> None:
    end = micros(NOON - timedelta(minutes=ago))
    span = Window("asked", end - minutes * 60_000_000, end, rolling=False)
    assert_equal(
        ours(events, NOON, span, {"teknik": 3}), theirs(events, NOON, span, {"teknik": 3})
    )
