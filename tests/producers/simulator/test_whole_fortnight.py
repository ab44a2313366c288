"""A fortnight of all kinds: every type of event, in order, in the catalogue, about nobody."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from whole_days import MONDAY, STOCKHOLM, days_from, events, timeline

from producers.simulator.profile import Plan
from producers.simulator.timeline import Item
from producers.simulator.whole_profile import skelleftea, whole_lulea
from streams.domain.catalogue import Municipality, load_catalogue
from streams.domain.event_types import (
    FORMS,
    TOPICS,
    CaseEvent,
    MeasureEvent,
    PresenceEvent,
    QuestionEvent,
    SurveyEvent,
    topic_of,
)
from streams.domain.events import Event, decode, encode
from streams.domain.instants import micros, moment
from streams.domain.windows import midnight

EXAMPLES = Path(__file__).parents[3] / "examples"
FORTNIGHT = days_from(MONDAY, 14)


def said_at(event: Event) -> int:
    """Return when an event is stated: when it happens, or later if it is stated anew."""
    restated_at = getattr(event.data, "restated_at", None)
    return micros(max(event.time, restated_at or event.time))


def simulated(plan: Plan) -> dict[date, list[Item]]:
    whole = timeline(plan, heartbeat_seconds=900)
    return {day: whole.of(day) for day in FORTNIGHT}


@pytest.fixture(scope="module")
def fortnight() -> dict[date, list[Item]]:
    return simulated(whole_lulea(scale=0.5, staffing=0.85))


@pytest.fixture(scope="module")
def told(fortnight: dict[date, list[Item]]) -> list[Event]:
    return [event for items in fortnight.values() for event in events(items)]


def test_every_type_of_event_is_in_it_and_is_read_as_it_was_written(told: list[Event]) -> None:
    assert {event.type for event in told} == FORMS.keys()
    for event in told:
        assert decode(encode(event)) == event


def test_a_fact_is_told_once_in_each_edition(told: list[Event]) -> None:
    assert len({(event.source, event.id) for event in told}) == len(told)


def test_each_day_is_in_order_of_time_and_has_only_what_is_stated_on_it(
    fortnight: dict[date, list[Item]],
) -> None:
    for day, items in fortnight.items():
        times = [at for at, _ in items]
        assert times == sorted(times) == [said_at(event) for event in events(items)]
        assert midnight(day, STOCKHOLM) <= times[0]
        assert times[-1] < midnight(day + timedelta(days=1), STOCKHOLM)


@pytest.mark.parametrize("example", ["lulea", "skelleftea"])
def test_its_queues_administrations_sources_and_measures_are_those_of_the_example(
    example: str, told: list[Event]
) -> None:
    path = EXAMPLES / f"{example}.yaml"
    known = load_catalogue(path.read_bytes(), path.name).municipalities[example]
    if example == "skelleftea":
        days = simulated(skelleftea(scale=0.5)).values()
        told = [event for items in days for event in events(items)]
    assert {event.partitionkey for event in told} == {example}
    assert_known(known, told)
    phones = {q.id for q in known.queues.values() if q.kind in ("switchboard", "customer_centre")}
    staffed = {e.data.queue for e in told if isinstance(e, PresenceEvent)} - {None}
    assert staffed == phones
    heard = {e.subject for e in told if e.type.endswith("heartbeat.v1")}
    expected = {id_ for id_, source in known.sources.items() if not source.is_of_files}
    assert expected <= heard <= known.sources.keys()
    asked = {e.data.question for e in told if isinstance(e, SurveyEvent)}
    assert asked >= {q for target in known.promises for q in target.questions}
    of_others = {t.id for t in known.promises if t.measure in ("external", "channel_share")}
    kkik = {t.id for t in known.promises if "KKiK" in t.source}  # is not simulated
    assert {e.data.measure for e in told if isinstance(e, MeasureEvent)} == of_others - kkik


def assert_known(known: Municipality, told: Iterable[Event]) -> None:
    kinds = {"emails": {"mailbox"}, "cases": {"cases", "customer_centre"}}
    phone = {"switchboard", "customer_centre", "partner"}
    for event in told:
        queue = getattr(event.data, "queue", None)
        if queue is not None:
            assert known.queues[queue].kind in kinds.get(topic_of(event), phone)
        administration = getattr(event.data, "administration", None)
        assert administration is None or administration in known.administrations
        channel = getattr(event.data, "channel", None)
        assert channel is None or channel in (known.channels or ["phone", channel])


def test_nothing_in_it_says_who_anybody_is(told: list[Event]) -> None:
    """Who it is about stands in hashes and running numbers, and in nothing else."""
    hashed, numbered = re.compile(r"[0-9a-f]{32}"), re.compile(r"arende-\d{8}-\d{4}")
    for event in told:
        if isinstance(event, QuestionEvent | SurveyEvent):
            assert hashed.fullmatch(event.subject)
        elif isinstance(event, CaseEvent):
            assert numbered.fullmatch(event.subject)
            contact = event.data.contact or "0.0"
            assert hashed.fullmatch(contact) or re.fullmatch(r"\d+\.\d+", contact)
        assert "@" not in encode(event).decode()
        assert "arende-" not in event.id or isinstance(event, CaseEvent)
    texts = {
        text
        for event in told
        for text in json.loads(encode(event))["data"].values()
        if isinstance(text, str) and not hashed.fullmatch(text)
    }
    words = {text for text in texts if not re.match(r"\d", text)}
    assert len(words) < 50, "queues, channels, reasons, documents: a few"


# Calls, questions and cases belong together


def test_a_case_of_a_call_is_registered_when_a_centre_has_answered_it(told: list[Event]) -> None:
    ended = {
        event.subject: event.time
        for event in told
        if event.type == "se.svarsgrad.call.completed.v1"
        and event.data.queue.startswith("kundtjanst")  # type: ignore[union-attr]
    }
    calls = [
        event
        for event in told
        if isinstance(event, CaseEvent) and event.data.channel == "phone"
        if event.data.restated_at is None
    ]
    assert len(calls) > 1000
    for event in calls:
        late = event.time - ended[event.data.contact or ""]
        assert timedelta(0) < late < timedelta(seconds=21)
    about = Counter(event.data.contact for event in calls)
    assert set(about.values()) == {1}, "a call is about one case"
    assert 0.90 < len(about) / len(ended) < 0.97, "registered / answered"


def test_a_case_of_a_question_is_of_one_that_came_before_it(told: list[Event]) -> None:
    received = {e.subject: e.data.received_at for e in told if isinstance(e, QuestionEvent)}
    opened = [
        e
        for e in told
        if isinstance(e, CaseEvent)
        and e.type.endswith("opened.v1")
        and e.data.channel in ("email", "e_service")
        and e.data.restated_at is None
    ]
    assert len(opened) > 100
    known = [e for e in opened if e.data.contact in received]
    assert len(known) / len(opened) > 0.95, "others came before the fortnight"
    assert all(received[e.data.contact or ""] < e.time for e in known)


def test_about_some_cases_people_ask_five_times_and_more(told: list[Event]) -> None:
    contacts = Counter(
        e.subject
        for e in told
        if isinstance(e, CaseEvent) and "contacted" in e.type and e.data.restated_at is None
    )
    assert max(contacts.values()) >= 5
    assert sum(contacts.values()) < 2 * len(contacts), "most ask once"


def test_what_is_open_is_followed_for_eight_weeks(told: list[Event]) -> None:
    for form, begins in ((QuestionEvent, "received_at"), (CaseEvent, "opened_at")):
        ages = Counter(
            (event.data.restated_at - getattr(event.data, begins)).days // 7  # type: ignore[attr-defined]
            for event in told
            if isinstance(event, form) and event.data.restated_at is not None
        )
        assert set(ages) <= {3, 4, 7, 8}, "4 weeks after the day it came, and 8"
        assert ages[3] + ages[4] > 10
        assert ages[7] + ages[8] > 10


def test_on_weekends_questions_come_and_nobody_works(fortnight: dict[date, list[Item]]) -> None:
    sunday = [e for e in events(fortnight[date(2026, 3, 8)]) if said_at(e) == micros(e.time)]
    whats = {e.type.split(".")[3] for e in sunday if isinstance(e, QuestionEvent)}
    assert whats == {"received", "auto_replied", "followed_up"}
    assert {topic_of(e) for e in sunday} <= {"emails", "presence", "cases"}
    cases = [e for e in sunday if isinstance(e, CaseEvent)]
    assert {e.type.split(".")[3] for e in cases} <= {"contacted"}, "somebody wrote again"


# The same for a seed, in any company

PLAN = whole_lulea(scale=0.1)


def written(items: Iterable[Item]) -> bytes:
    return b"\n".join(encode(event) for event in events(items))


def test_two_municipalities_give_the_same_bytes_on_every_python() -> None:
    plans = (whole_lulea("boden", scale=0.15), skelleftea(scale=0.2))
    whole = timeline(*plans, heartbeat_seconds=3600, seed=7)
    digest = hashlib.sha256()
    for day in days_from(MONDAY, 8):
        digest.update(written(whole.of(day)))
    assert digest.hexdigest() == DIGEST


DIGEST = "2160355b295de6888b6a657bedb38439923d7d2e0a59a560b6ff0ff04360578f"


def test_a_day_is_the_same_alone_and_among_others_in_any_order() -> None:
    plan = whole_lulea(scale=0.05)
    days = days_from(MONDAY, 5)
    in_one_go = timeline(plan)
    together = {day: in_one_go.of(day) for day in days}
    for day in (days[4], days[0]):
        assert timeline(plan).of(day) == together[day]
    backwards = timeline(plan)
    assert {day: backwards.of(day) for day in reversed(days)} == together


def test_what_is_told_of_one_kind_does_not_depend_on_which_others_are_told() -> None:
    everything = events(timeline(PLAN).of(MONDAY))
    for kind in TOPICS:
        alone = events(timeline(PLAN, kinds=frozenset({kind})).of(MONDAY))
        assert alone == [event for event in everything if topic_of(event) == kind]
        assert alone


def test_another_seed_is_another_fortnight() -> None:
    kinds = frozenset({"emails"})
    one, other = (
        {e.subject for e in events(timeline(PLAN, seed=seed, kinds=kinds).of(MONDAY))}
        for seed in (1, 2)
    )
    assert one
    assert other
    assert not one & other


def test_a_closed_day_is_as_a_holiday() -> None:
    tuesday = MONDAY + timedelta(days=1)
    bridge = timeline(PLAN, closed=frozenset({tuesday}))
    found = events(bridge.of(tuesday))
    assert not bridge.is_open(tuesday)
    assert bridge.has(tuesday)
    answers = {e.type.split(".")[3] for e in found if isinstance(e, QuestionEvent)}
    assert answers == {"received", "auto_replied", "followed_up"}
    assert "calls" not in {topic_of(e) for e in found}
    after = [e for e in events(bridge.of(MONDAY + timedelta(days=2))) if "answered" in e.type]
    assert len(after) > 20


def test_every_day_like_another_has_the_same_at_the_same_times_of_day() -> None:
    first, second = (
        events(timeline(PLAN, like=MONDAY, begins=None).of(day))
        for day in (date(2026, 5, 16), date(2026, 5, 17))  # a Saturday, a Sunday
    )
    assert len(first) == len(second) > 1000
    for one, other in zip(first, second, strict=True):
        assert (one.type, said_at(other) - said_at(one)) == (other.type, 24 * 3600 * 10**6)


def test_from_an_instant_on_there_is_only_what_happens_then() -> None:
    noon = micros(moment(midnight(MONDAY, STOCKHOLM))) + 12 * 3600 * 10**6
    whole, rest = events(timeline(PLAN).of(MONDAY)), events(timeline(PLAN).of(MONDAY, since=noon))
    besides = [e for e in whole if topic_of(e) not in ("calls", "presence") and said_at(e) >= noon]
    assert [e for e in rest if topic_of(e) not in ("calls", "presence")] == besides
    assert len(besides) > 30
    staffed = [e for e in rest if "staffed" in e.type]
    assert {e.data.queue for e in staffed if said_at(e) == noon} == {  # type: ignore[union-attr]
        "vaxel",
        "kundtjanst-teknik",
        "kundtjanst-skola",
        "kundtjanst-social",
    }


def test_measures_are_typed_in_on_the_first_day_only() -> None:
    whole = timeline(whole_lulea(scale=0.05), kinds=frozenset({"measures"}))
    first, second = (events(whole.of(day)) for day in days_from(MONDAY, 2))
    assert [(e.data.measure, e.data.value) for e in first] == [  # type: ignore[union-attr]
        ("nojda-scb", 0.64),
        ("webb", 0.18),
        ("andel-e-tjanster", 0.02),
    ]
    assert first[2].data.on == date(2025, 12, 31)  # type: ignore[union-attr]
    assert second == []


def test_a_measure_is_never_of_a_day_that_has_not_come() -> None:
    day = date(2014, 3, 3)
    whole = timeline(whole_lulea(scale=0.05), kinds=frozenset({"measures"}), begins=day)
    found = events(whole.of(day))
    assert [event.data.on for event in found] == [day, day, date(2013, 12, 31)]  # type: ignore[union-attr]


def test_the_first_days_whose_holidays_are_known_have_no_days_before_them() -> None:
    day = date(2005, 1, 3)
    found = events(timeline(PLAN, begins=day).of(day))
    began = [e.data.received_at.year for e in found if isinstance(e, QuestionEvent)]
    assert began
    assert min(began) == 2004 or set(began) == {2005}
