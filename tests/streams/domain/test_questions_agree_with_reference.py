"""Every figure of questions equals the one that plain loops compute, which share no code."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.questions import Town, Version, figures
from reference.working_time import open_minutes
from strategies_questions import SEEDS, nows, question_logs, thread

from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.event_types import QuestionEvent
from streams.domain.events import decode, encode
from streams.domain.instants import micros
from streams.domain.questions.book import Questions
from streams.domain.questions.due import needed_since
from streams.domain.questions.evaluation import evaluate_questions
from streams.domain.windows import (
    ITEM_HORIZON_DAYS,
    ITEM_NAMES,
    RESTATED_DAYS,
    Window,
    item_horizon,
    window,
)
from streams.figures.questions import as_data

ZONE = ZoneInfo("Europe/Stockholm")
CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
      teknik: {week: {mon-fri: "08:00-12:00, 13:00-16:00"}}
      aldrig: {week: {mon-sun: closed}}
    teams: {}
    targets:
      epost:
        - {name: Svar på två dagar, measure: question_answered_within, limit: 2wd, goal: 1.0,
           valid_from: 2014-01-01, valid_to: 2026-04-01, source: Luleå 2014}
        - {name: Svar på en dag, measure: question_answered_within, limit: 1wd, goal: 1.0,
           addresses: 7, valid_from: 2026-04-01, source: Prov}
      timmar: {name: Svar på åtta timmar, measure: question_answered_within, limit: 8wh,
               addresses: 1, valid_from: 2014-01-01, source: Prov}
      dagar: {name: Svar på tre dagar, measure: question_answered_within, limit: 3d,
              valid_from: 2026-03-15, source: Prov}
      oppning: {name: Från öppning, measure: question_answered_within, limit: 1wd,
                rule: next_opening, valid_from: 2014-01-01, valid_to: 2026-03-25, source: Prov}
      ingens: {name: Utan brevlåda, measure: question_answered_within, limit: 2wd,
               addresses: 3, valid_from: 2014-01-01, source: Prov}
      svar: {name: Svar inom fem minuter, measure: answered_within, limit_seconds: 300,
             goal: 0.9, valid_from: 2014-01-01, source: Prov}
    queues:
      registrator: {name: Registrator, kind: mailbox, targets: [epost, dagar]}
      teknik: {name: Teknik, kind: mailbox, promised_hours: teknik, targets: [timmar, epost]}
      skola: {name: Skola, kind: mailbox, targets: [dagar, oppning, timmar]}
      tom: {name: Tom, kind: mailbox, targets: [epost]}
      inte-heller: {name: Partner, kind: partner}
"""
NEVER_OPEN = (
    "      stangd: {name: Stängd, kind: mailbox, promised_hours: aldrig, targets: [timmar]}\n"
)
LULEA = load_catalogue(CATALOGUE, "test.yaml").municipalities["lulea"]
WITH_NEVER_OPEN = load_catalogue(CATALOGUE + NEVER_OPEN, "test.yaml").municipalities["lulea"]
"""There, questions to one mailbox have no due time."""
# The weekdays off from a year before the days below, as an almanac has them.
HOLIDAYS = {
    date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 1), date(2025, 5, 29),
    date(2025, 6, 6), date(2025, 6, 20), date(2025, 12, 24), date(2025, 12, 25),
    date(2025, 12, 26), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 6),
    date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14),
    date(2026, 6, 19),
}  # fmt: skip
DAYS = (
    date(2026, 3, 29),  # of 23 hours
    date(2026, 3, 31),
    date(2026, 4, 1),  # a promise has changed at midnight
    date(2026, 4, 7),  # the first working day after Easter
    date(2026, 4, 28),
)


@cache
def minutes_of(*segments: tuple[int, int]) -> tuple[datetime, ...]:
    def of_day(day: date) -> list[tuple[int, int]]:
        return list(segments) if day.weekday() < 5 and day not in HOLIDAYS else []

    begins, ends = datetime(2025, 2, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
    return tuple(at for at, is_open in open_minutes(of_day, ZONE, begins, ends) if is_open)


@cache
def town(*, with_never_open: bool) -> Town:
    since = date(2014, 1, 1)
    changed = date(2026, 4, 1)
    stangd = {"stangd": ("Stängd", ["timmar"])} if with_never_open else {}
    return Town(
        zone=ZONE,
        promises={
            "epost": [
                Version(since, changed, (2, "wd")),
                Version(changed, None, (1, "wd"), addresses=7),
            ],
            "timmar": [Version(since, None, (8, "wh"), addresses=1)],
            "dagar": [Version(date(2026, 3, 15), None, (3, "d"))],
            "oppning": [Version(since, date(2026, 3, 25), (1, "wd"), rule="next_opening")],
            "ingens": [Version(since, None, (2, "wd"), addresses=3)],
        },
        mailboxes={
            "registrator": ("Registrator", ["epost", "dagar"]),
            "teknik": ("Teknik", ["timmar", "epost"]),
            "skola": ("Skola", ["dagar", "oppning", "timmar"]),
            "tom": ("Tom", ["epost"]),
            **stangd,
        },
        holidays=HOLIDAYS,
        years=(2005, 2100),
        closing=17 * 60,
        office_minutes=minutes_of((480, 1020)),
        open_minutes={"teknik": minutes_of((480, 720), (780, 960)), "stangd": ()},
    )


def book_of(events: Sequence[QuestionEvent], now: datetime) -> Questions:
    book = Questions(item_horizon(micros(now), ZONE))
    fold(book, events)
    return book


def fold(book: Questions, events: Sequence[QuestionEvent]) -> None:
    for event in events:
        read = decode(encode(event))
        assert isinstance(read, QuestionEvent)
        book.state(read, micros(read.time))


def usual(now: datetime) -> list[Window]:
    return [window(name, micros(now), ZONE) for name in ITEM_NAMES]


def reported(
    book: Questions,
    now: datetime,
    windows: Sequence[Window] | None = None,
    municipality: Municipality = LULEA,
) -> dict[str, Any]:
    spans = usual(now) if windows is None else windows
    frame = book.frame(needed_since(municipality, spans), micros(now))
    return as_data(evaluate_questions(municipality, frame, micros(now), spans))


def theirs(
    events: Sequence[QuestionEvent],
    now: datetime,
    windows: dict[str, tuple[datetime, datetime]] | None = None,
    municipality: Municipality = LULEA,
) -> dict[str, Any]:
    today = now.astimezone(ZONE).date()
    began, restated = (
        datetime.combine(today - timedelta(days=days), time(), ZONE).astimezone(UTC)
        for days in (ITEM_HORIZON_DAYS, RESTATED_DAYS)
    )
    return figures(
        [encode(event) for event in events],
        town(with_never_open=municipality is WITH_NEVER_OPEN),
        now,
        kept_from=(began, restated),
        windows=windows,
    )


def assert_equal(found: dict[str, Any], expected: dict[str, Any]) -> None:
    mine, other = flat(found), flat(expected)
    assert mine.keys() == other.keys()
    for path, value in other.items():
        if "wilson" in path and value is not None:  # all else is equal to the last bit
            assert mine[path] == pytest.approx(value, rel=1e-12, abs=1e-15), path
        else:
            assert mine[path] == value, path


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    inside = value or {"(none)": None}
    return {k: v for key, its in inside.items() for k, v in flat(its, f"{path}/{key}").items()}


@pytest.mark.parametrize("municipality", [LULEA, WITH_NEVER_OPEN])
@settings(max_examples=60)
@given(data=st.data(), today=st.sampled_from(DAYS))
def test_figures_of_questions_equal_the_reference(
    municipality: Municipality, data: st.DataObject, today: date
) -> None:
    events, now = data.draw(question_logs(today)), data.draw(nows(today))
    found = reported(book_of(events, now), now, None, municipality)
    assert_equal(found, theirs(events, now, None, municipality))


@settings(max_examples=40)
@given(data=st.data(), first=st.integers(2, 60), days=st.integers(0, 40))
def test_figures_of_an_asked_span_equal_the_reference(
    data: st.DataObject, first: int, days: int
) -> None:
    today = date(2026, 4, 7)
    events, now = data.draw(question_logs(today)), data.draw(nows(today))
    begins = data.draw(nows(today - timedelta(days=first)))
    ends = min(now, data.draw(nows(today - timedelta(days=max(0, first - days)))))
    asked = [Window("asked", micros(begins), micros(ends), rolling=False)]
    found = reported(book_of(events, now), now, asked)
    assert_equal(found, theirs(events, now, {"asked": (begins, ends)}))


LONG_AGES = (0, 1, 5, 29, 33, 40, 45, 50, 55, 60, 75, 90)


@settings(max_examples=30)
@given(
    data=st.data(),
    seed=SEEDS,
    steps=st.lists(st.sampled_from([0, 1, 1, 2, 9, 31]), min_size=1, max_size=4),
)
def test_a_book_that_is_read_now_and_then_tells_what_a_new_one_would(
    data: st.DataObject, seed: int, steps: list[int]
) -> None:
    days = [date(2026, 3, 1) + timedelta(days=sum(steps[:n])) for n in range(len(steps) + 1)]
    events = [
        event for n in range(24) for event in thread(seed + n, days[n % len(days)], LONG_AGES)
    ]
    Random(seed).shuffle(events)
    book = book_of([], datetime.combine(days[0], time(), ZONE))
    parts = len(days)
    for n, day in enumerate(days):
        now = data.draw(nows(day))
        fold(book, events[n::parts])
        book.prune(item_horizon(micros(now), ZONE))
        known = [event for part in range(n + 1) for event in events[part::parts]]
        assert_equal(reported(book, now), theirs(known, now))


@settings(max_examples=40)
@given(data=st.data(), seed=SEEDS, days=st.sampled_from([0, 1, 45]))
def test_neither_what_a_frame_leaves_out_nor_a_later_one_before_it_changes_a_figure(
    data: st.DataObject, seed: int, days: int
) -> None:
    today = date(2026, 3, 31)
    events = [event for n in range(24) for event in thread(seed + n, today, LONG_AGES)]
    now, later = data.draw(nows(today)), data.draw(nows(today + timedelta(days=days)))
    book = book_of(events[::2], now)
    reported(book, max(now, later))
    fold(book, events[1::2])
    whole = book_of(events, now).frame(-(2**62), micros(now))
    windows = usual(now)
    told = as_data(evaluate_questions(LULEA, whole, micros(now), windows))
    assert reported(book, now) == told
    assert reported(book, now) == told
