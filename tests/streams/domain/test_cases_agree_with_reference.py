"""Every figure of cases and surveys equals the one that plain loops compute, in every window."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import cases as reference
from reference.cases import Version, Whole, World
from strategies_cases import ZONE, case_logs, instants, survey_events

from streams.domain.cases.book import Cases
from streams.domain.cases.due import needed_since
from streams.domain.cases.evaluation import evaluate_cases
from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.event_types import CaseEvent, SurveyEvent
from streams.domain.events import decode, encode
from streams.domain.instants import micros
from streams.domain.surveys import Surveys, evaluate_surveys, surveys_needed_since
from streams.domain.windows import ITEM_NAMES, ItemHorizon, Window, item_horizon, window
from streams.figures.cases import as_data, surveys_as_data

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
      sallan: {week: {mon: closed}, exceptions: [{days: [2026-04-07], hours: "08:00-17:00"}]}
    teams:
      kundcenter: {name: Kundcenter}
    administrations:
      teknik: {name: Tekniska förvaltningen}
      skola: {name: Skolförvaltningen}
    channels: [phone, email, e_service, visit]
    queues:
      arenden: {name: Ärenden, kind: cases, targets: [aterkoppling, klart]}
      bygg: {name: Bygglov, kind: cases, targets: [klart, gammalt]}
      sallan: {name: Sällan, kind: cases, targets: [klart-oppet], promised_hours: sallan}
      tomt: {name: Tomt, kind: cases}
      kundcenter: {name: Kundcenter, kind: customer_centre, team: kundcenter}
    promises: [losta, losta-kanaler, losta-disken, losta-telefon, nojda, gamla-nojda]
    targets:
      aterkoppling:
        - name: Återkoppling
          measure: feedback_within
          limit: 2wd
          tells: [handläggare]
          valid_from: 2014-01-01
          valid_to: 2026-04-01
          source: Prov
        - name: Återkoppling
          measure: feedback_within
          limit: 3d
          tells: [handläggare, närmaste chef]
          valid_from: 2026-04-01
          source: Prov
      klart:
        name: Klart inom tre dagar
        measure: resolved_within
        limit: 3d
        tells: [handläggare, närmaste chef]
        valid_from: 2000-01-01
        source: Prov
      klart-oppet:
        name: Klart på åtta timmar som kön är öppen
        measure: resolved_within
        limit: 8wh
        valid_from: 2014-01-01
        source: Prov
      gammalt:
        name: Gammalt löfte
        measure: resolved_within
        limit: 5wd
        valid_from: 2014-01-01
        valid_to: 2026-03-20
        source: Prov
      losta: {name: Lösta, measure: solved_in_centre, goal: 0.7, of: cases,
              valid_from: 2014-01-01, source: Prov}
      losta-telefon: {name: Lösta, measure: solved_in_centre, goal: 0.7, of: cases,
                      channels: [phone], valid_from: 2014-01-01, source: Prov}
      losta-kanaler: {name: Lösta, measure: solved_in_centre, goal: 0.7,
                      valid_from: 2014-01-01, source: Prov}
      losta-disken: {name: Lösta, measure: solved_in_centre, goal: 0.7, channels: [phone, visit],
                     valid_from: 2014-01-01, source: Prov}
      nojda: {name: Nöjda, measure: satisfied, goal: 0.7,
              questions: [bemotande, tillganglighet], valid_from: 2014-01-01, source: Prov}
      gamla-nojda: {name: Nöjda, measure: satisfied, goal: 0.7, questions: [annat],
                    valid_from: 2014-01-01, valid_to: 2026-04-08, source: Prov}
"""
DAYS_OFF = {
    *(date(2025, 4, 18), date(2025, 4, 21), date(2025, 5, 1), date(2025, 5, 29)),
    *(date(2025, 6, 6), date(2025, 6, 20), date(2025, 12, 24), date(2025, 12, 25)),
    *(date(2025, 12, 26), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 6)),
    *(date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14)),
    *(date(2026, 6, 19), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 31)),
    *(date(2027, 1, 1), date(2027, 1, 6), date(2024, 12, 24), date(2024, 12, 25)),
    *(date(2024, 12, 26), date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 6)),
}
TWO_DAYS = reference.in_working_days(2, time(17), DAYS_OFF, ZONE)
FIVE_DAYS = reference.in_working_days(5, time(17), DAYS_OFF, ZONE)


def three_days(start: datetime) -> datetime | None:
    """Nobody knows the holidays of a year before 2005, and then nothing is due."""
    known = start.astimezone(ZONE).year >= 2005
    return reference.in_days(3, ZONE)(start) if known else None


def the_only_opening(start: datetime) -> datetime | None:
    """The queue is open on one day only, for nine hours; then never again."""
    opens = datetime(2026, 4, 7, 8, 0, tzinfo=ZONE).astimezone(UTC)
    due = max(start, opens) + timedelta(hours=8)
    return due if due <= opens + timedelta(hours=9) else None


def office_closes(day: date) -> datetime | None:
    """On weekdays at five, but not on holidays."""
    if day.weekday() >= 5 or day in DAYS_OFF:
        return None
    return datetime.combine(day, time(17), ZONE).astimezone(UTC)


BOTH = ("handläggare", "närmaste chef")
CHANGE = date(2026, 4, 1)
FEEDBACK = (
    Version("aterkoppling", "feedback_within", TWO_DAYS, date(2014, 1, 1), CHANGE, BOTH[:1]),
    Version("aterkoppling", "feedback_within", three_days, CHANGE, None, BOTH),
)
DONE = Version("klart", "resolved_within", three_days, date(2000, 1, 1), None, BOTH)
OLD = Version("gammalt", "resolved_within", FIVE_DAYS, date(2014, 1, 1), date(2026, 3, 20))
OPEN = Version("klart-oppet", "resolved_within", the_only_opening, date(2014, 1, 1))
WORLD = World(
    zone=ZONE,
    queues={
        "arenden": ("cases", (*FEEDBACK, DONE)),
        "bygg": ("cases", (DONE, OLD)),
        "sallan": ("cases", (OPEN,)),
        "tomt": ("cases", ()),
        "kundcenter": ("customer_centre", ()),
    },
    administrations=("teknik", "skola"),
    channels=("phone", "email", "e_service", "visit"),
    closes=office_closes,
    promises=(
        Whole("losta", "solved_in_centre", of="cases"),
        Whole("losta-kanaler", "solved_in_centre"),
        Whole("losta-disken", "solved_in_centre", channels=("phone", "visit")),
        Whole("losta-telefon", "solved_in_centre", of="cases", channels=("phone",)),
        Whole("nojda", "satisfied", questions=("bemotande", "tillganglighet")),
        Whole("gamla-nojda", "satisfied", questions=("annat",), valid_to=date(2026, 4, 8)),
    ),
)
INCOMING: dict[Any, int | None] = {"phone": 3, "e_service": None, "visit": 1}
ANSWERED: tuple[dict[Any, int | None], ...] = (
    {"phone": 2, "visit": 1},
    {"phone": 0, "e_service": 7, "visit": 0},
    {"phone": 2, "visit": None},
)

# The day after Easter, with the change of the clock in the last fortnight; and odd midnights.
NOW = datetime(2026, 4, 8, 11, 0, tzinfo=UTC)
EDGES = tuple(
    at.astimezone(UTC)
    for at in (
        datetime(2026, 3, 29, 4, 0, tzinfo=ZONE),
        datetime(2026, 4, 8, 0, 0, tzinfo=ZONE),
        datetime(2026, 10, 26, 0, 0, tzinfo=ZONE),
        datetime(2026, 10, 28, 12, 30, tzinfo=ZONE),
        datetime(2027, 1, 4, 17, 0, tzinfo=ZONE),
    )
)
LONG_AGO = ItemHorizon(began=-(2**62), restated=-(2**62))


@cache
def municipality() -> Municipality:
    return load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]


def read(event: CaseEvent | SurveyEvent) -> Any:
    return decode(encode(event))


def book(events: Sequence[CaseEvent], horizon: ItemHorizon = LONG_AGO) -> Cases:
    cases = Cases(horizon)
    for event in map(read, events):
        cases.state(event, micros(event.time))
    return cases


def asked(now: datetime, name: str) -> list[Window]:
    if name == "asked":
        start, end = now - timedelta(days=20), now - timedelta(days=2)
        return [Window(name, micros(start), micros(end), rolling=False)]
    return [window(each, micros(now), ZONE) for each in ITEM_NAMES]


def span(now: datetime, name: str) -> tuple[datetime, datetime]:
    if name == "asked":
        return now - timedelta(days=20), now - timedelta(days=2)
    return reference.span_of(name, now, ZONE)


def ours(
    cases: Cases, now: datetime, name: str, answered: dict[Any, int | None] = ANSWERED[0]
) -> dict[str, Any]:
    windows, at = asked(now, name), micros(now)
    frame = cases.frame(needed_since(municipality(), windows), at)
    report = evaluate_cases(
        municipality(), frame, at, windows, {"today": INCOMING}, answered={"today": answered}
    )
    return as_data(report, name)


def theirs(
    events: Sequence[CaseEvent],
    now: datetime,
    name: str,
    keeps: Any = None,
    answered: dict[Any, int | None] = ANSWERED[0],
) -> dict[str, Any]:
    names = [name] if name == "asked" else list(ITEM_NAMES)
    return reference.figures(
        [encode(event) for event in events],
        WORLD,
        now=now,
        name=name,
        span=span(now, name),
        all_spans=[span(now, each) for each in names],
        incoming=INCOMING,
        answered=answered,
        keeps=keeps,
    )


def assert_equal(mine: Any, other: Any, path: str = "") -> None:
    """Everything is equal to the last bit, but for an interval's rounding."""
    if isinstance(other, dict):
        assert mine.keys() == other.keys(), path
        for key, value in other.items():
            assert_equal(mine[key], value, f"{path}/{key}")
    elif "wilson" in path and other is not None and mine is not None:
        assert reference.is_close(mine, other), (path, mine, other)
    else:
        assert mine == other, (path, mine, other)


@pytest.mark.parametrize("name", [*ITEM_NAMES, "asked"])
@settings(max_examples=40)
@given(data=st.data())
def test_figures_of_every_window_equal_the_reference(name: str, data: st.DataObject) -> None:
    events = data.draw(case_logs(NOW))
    now, answered = data.draw(instants(NOW, events)), data.draw(st.sampled_from(ANSWERED))
    assert_equal(
        ours(book(events), now, name, answered), theirs(events, now, name, answered=answered)
    )


@pytest.mark.parametrize("now", EDGES)
@settings(max_examples=15)
@given(data=st.data())
def test_figures_equal_the_reference_where_days_are_odd(
    now: datetime, data: st.DataObject
) -> None:
    events = data.draw(case_logs(now))
    for name in ITEM_NAMES:
        assert_equal(ours(book(events), now, name), theirs(events, now, name))


@settings(max_examples=40)
@given(data=st.data())
def test_what_was_asked_before_and_repeats_and_order_change_no_figure(
    data: st.DataObject,
) -> None:
    events = data.draw(case_logs(NOW))
    now = data.draw(instants(NOW, events))
    heard = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events or [])))
                                      if events else []))  # fmt: skip
    cases = Cases(LONG_AGO)
    steps = st.sampled_from((-90, -31, -3, -1, 0, 1, 2))
    for event in map(read, heard):
        cases.state(event, micros(event.time))
        if (
            data.draw(st.integers(0, 3)) == 0
        ):  # a scrape meanwhile, often earlier, with its windows
            ours(cases, now + timedelta(days=data.draw(steps)), data.draw(
                st.sampled_from((*ITEM_NAMES, "asked"))))  # fmt: skip
    for name in (*ITEM_NAMES, "asked"):
        assert_equal(ours(cases, now, name), theirs(events, now, name))
    assert cases.facts() == book(events).facts()


@settings(max_examples=40)
@given(data=st.data())
def test_a_book_that_ran_for_days_equals_one_that_is_rebuilt_now(data: st.DataObject) -> None:
    events = data.draw(case_logs(NOW))
    ran = book(events, item_horizon(micros(NOW) - 3 * 86_400_000_000, ZONE))
    for days in range(3, -1, -1):
        now = NOW - timedelta(days=days)
        ran.prune(item_horizon(micros(now), ZONE))
        for name in ITEM_NAMES:
            ours(ran, now, name)
    horizon = item_horizon(micros(NOW), ZONE)
    rebuilt = book(events, horizon)
    assert ran.facts() == rebuilt.facts()
    assert len(ran) == len(rebuilt)

    def keeps(opened: datetime, restated: datetime | None) -> bool:
        return horizon.keeps(micros(opened), None if restated is None else micros(restated))

    expected = theirs(events, NOW, "30d", keeps)
    assert_equal(ours(ran, NOW, "30d"), expected)
    assert_equal(ours(rebuilt, NOW, "30d"), expected)


@pytest.mark.parametrize("name", ITEM_NAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_what_the_survey_says_equals_the_reference(name: str, data: st.DataObject) -> None:
    events = data.draw(st.lists(survey_events(NOW), max_size=25))
    now = NOW + timedelta(days=data.draw(st.sampled_from((-1, 0, 0, 1))))
    horizon = item_horizon(micros(now), ZONE)
    ran, rebuilt = Surveys(item_horizon(micros(now) - 86_400_000_000, ZONE)), Surveys(horizon)
    for event in map(read, data.draw(st.permutations(events + events[:5]))):
        ran.state(event, micros(event.time))
        if data.draw(st.booleans()):
            ran.frame(micros(now) - 1, micros(now) - 1)
    ran.prune(horizon)
    for event in map(read, events):
        rebuilt.state(event, micros(event.time))
    assert ran.facts() == rebuilt.facts()
    windows = [window(each, micros(now), ZONE) for each in ITEM_NAMES]
    frame = ran.frame(surveys_needed_since(windows), micros(now))
    report = evaluate_surveys(municipality(), frame, micros(now), windows)

    def keeps(at: datetime, _: None) -> bool:
        return horizon.keeps(micros(at), None)

    expected = reference.survey(
        [encode(event) for event in events], WORLD, now=now, span=span(now, name), keeps=keeps
    )
    assert_equal(surveys_as_data(report, name), expected)
