"""A ledger of all kinds of events: order, repeats, batches and age change nothing."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from strategies import logs
from strategies_cases import case_logs, survey_events
from strategies_presence import measure_events, presences
from strategies_questions import question_logs

from streams.domain.books import STARTS, Books
from streams.domain.digests import digest
from streams.domain.event_types import FORMS, TOPICS, MeasureEvent
from streams.domain.events import Event, encode
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.measures import MOST_ASKED
from streams.domain.windows import horizon, item_horizon
from streams.events_page import example

ZONE = ZoneInfo("Europe/Stockholm")
TODAY = date(2026, 4, 8)
NOW = datetime(2026, 4, 8, 10, 0, tzinfo=UTC)
FILE = "file"
SECONDS = st.integers(1, 3_600).map(lambda seconds: timedelta(seconds=seconds))


@dataclass(frozen=True)
class Record:
    offset: int
    value: bytes
    timestamp: int = 2**62 // 1000


def is_written(event: MeasureEvent) -> bool:
    """Whether nobody is said to have asked more people than there are: that is no event."""
    return (event.data.n or 1) <= MOST_ASKED


@st.composite
def everything(draw: st.DrawFn) -> list[Event]:
    """Some events of every kind, and some that say the same of a later time."""
    found: list[Event] = [
        *draw(logs(NOW, most=10)),
        *draw(question_logs(TODAY, most=6)),
        *draw(case_logs(NOW, most=4)),
        *draw(st.lists(survey_events(NOW), max_size=4)),
        *draw(presences(NOW)),
        *draw(st.lists(measure_events(NOW).filter(is_written), max_size=4)),
    ]
    rivals = draw(st.lists(st.tuples(st.integers(0, len(found)), SECONDS), max_size=len(found)))
    return found + [
        replace(found[n], id=f"{found[n].id}.{k}", time=found[n].time + seconds)
        for k, (n, seconds) in enumerate(rivals)
        if n < len(found)
    ]


def ledger(now: datetime = NOW, **given: Any) -> Ledger:
    return Ledger(zones={"lulea": ZONE, "boden": ZONE}, now=micros(now), **given)


def records(events: Sequence[Event]) -> list[Record]:
    return [Record(n, encode(event)) for n, event in enumerate(events)]


def folded(events: Sequence[Event], now: datetime = NOW) -> dict[Any, Any]:
    made = ledger(now)
    assert made.fold(FILE, records(events)) == []
    return facts(made)


def facts(made: Ledger) -> dict[Any, Any]:
    return {(name, key): v for name, its in made.books.items() for key, v in its.facts().items()}


@settings(max_examples=40)
@given(events=everything(), data=st.data())
def test_any_order_repeats_and_batches_of_all_kinds_give_the_same_books(
    events: list[Event], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=10)) if events else []
    shuffled = records(data.draw(st.permutations(events + again)))
    made, at = ledger(), 0
    while at < len(shuffled):
        end = data.draw(st.integers(at + 1, len(shuffled)))
        made.fold(FILE, shuffled[data.draw(st.integers(0, at)) : end])
        at = end
    assert facts(made) == folded(events)


def digests(made: Ledger) -> dict[tuple[str, str], str]:
    """Return the digest of every book."""
    return {
        (name, book): digest(facts)
        for name, its in made.books.items()
        for book, facts in its.copied_facts().items()
    }


@settings(max_examples=40)
@given(events=everything(), data=st.data())
def test_books_have_one_digest_exactly_if_they_hold_the_same_facts(
    events: list[Event], data: st.DataObject
) -> None:
    others = data.draw(st.permutations(events * 2 if data.draw(st.booleans()) else events))
    if others and data.draw(st.booleans()):
        last = others.pop()
        if data.draw(st.booleans()):
            others.append(replace(last, time=last.time + timedelta(microseconds=1)))
    one, other = ledger(), ledger()
    for made, its in ((one, events), (other, others)):
        made.fold(FILE, records(its))
        made.books.setdefault("lulea", made.books_of("lulea"))
    for book in one.books["lulea"].named:
        held, also = ([*made.books["lulea"].named[book].copied_facts()] for made in (one, other))
        is_same = digests(one)["lulea", book] == digests(other)["lulea", book]
        assert is_same == (dict(held) == dict(also)), book


@pytest.mark.parametrize("type_", FORMS)
def test_a_microsecond_or_a_name_more_or_less_is_another_digest_of_its_book(type_: str) -> None:
    event = example(type_)
    after = replace(event, time=event.time + timedelta(microseconds=1))
    if type_.endswith(("offered.v1", "received.v1")):  # its time is no fact of its own
        after = replace(event, subject=event.subject + "0")
    made, changed = ledger(event.time), ledger(event.time)
    made.fold(FILE, records([event]))
    changed.fold(FILE, records([after]))
    differ = {book for book, its in digests(made).items() if its != digests(changed)[book]}
    name = next(n for n, held in made.books["lulea"].named.items() if len(held))
    assert differ == {("lulea", name)}


@settings(max_examples=30)
@given(events=everything(), then_prunes=st.booleans())
def test_what_is_folded_and_let_go_of_after_facts_were_copied_is_not_among_them(
    events: list[Event], *, then_prunes: bool
) -> None:
    # The same things once more, and then anew with other times: there is most to be mixed up.
    twice = [replace(e, id=f"{e.id}+", time=e.time + timedelta(seconds=1)) for e in events]
    thrice = [replace(e, id=f"{e.id}-", time=e.time + timedelta(seconds=2)) for e in events]
    made, other = ledger(), ledger()
    for its in (made, other):
        its.fold(FILE, records(events + twice))
    copied = {name: books.copied_facts() for name, books in made.books.items()}
    made.fold(FILE, records(events + twice + thrice))
    if then_prunes:
        made.prune(micros(NOW + timedelta(days=600)))
    found = {(n, book): digest(its) for n, of in copied.items() for book, its in of.items()}
    assert found == digests(other)


HASHED = """
from zoneinfo import ZoneInfo
from streams.domain.digests import digest
from streams.domain.event_types import FORMS
from streams.domain.events import encode
from streams.domain.ledger import Ledger
from streams.events_page import example
from streams.replay.event_files import Line

events = [example(type_) for type_ in FORMS]
made = Ledger(zones={"lulea": ZoneInfo("Europe/Stockholm")}, now=0)
assert made.fold("file", [Line(n, encode(e)) for n, e in enumerate(events)]) == []
print([digest(facts) for facts in made.books["lulea"].copied_facts().values()])
"""


def test_a_digest_is_the_same_in_every_process() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
    assert told.pop().count(b"'" + b"0" * 32 + b"'") == 0, "every book holds something"


@settings(max_examples=40)
@given(events=everything(), hours=st.lists(st.integers(0, 60 * 24), max_size=4))
def test_books_that_ran_for_long_equal_those_made_this_second(
    events: list[Event], hours: list[int]
) -> None:
    now = NOW - timedelta(days=100)
    old, log = ledger(now), records(events)
    part = len(log) // (len(hours) + 1) + 1
    for n, step in enumerate([*hours, 0]):
        old.fold(FILE, log[n * part : (n + 1) * part])
        now += timedelta(hours=step)
        old.prune(micros(now))
    assert facts(old) == folded(events, now)


@pytest.mark.parametrize("type_", FORMS)
def test_an_event_on_the_topic_of_another_kind_is_rejected(type_: str) -> None:
    event = example(type_)
    right = next(key for key, forms in TOPICS.items() if type(event) in forms)
    for key in TOPICS:
        made = ledger(event.time, topics={"topic": key})
        rejections = made.fold("topic", records([event]))
        assert [r.reason for r in rejections] == ([] if key == right else ["wrong_topic"])
        assert made.tally.folded == (key == right)


@pytest.mark.parametrize(
    "type_", [t for t, form in FORMS.items() if {"call", "email", "case"} & set(t.split("."))]
)
def test_what_happened_before_it_began_is_rejected_whatever_it_is_about(type_: str) -> None:
    event = example(type_)
    raw = encode(event)
    data = event.data
    began = next(
        getattr(data, key)
        for key in ("arrived_at", "received_at", "opened_at")
        if hasattr(data, key)
    )
    for at, reasons in ((began, []), (began - timedelta(microseconds=1), ["before_arrival"])):
        moved = raw.replace(
            f'"time":"{event.time:%Y-%m-%dT%H:%M:%S}Z"'.encode(),
            f'"time":"{at.astimezone(UTC).isoformat()}"'.encode(),
        )
        assert moved != raw or at == event.time
        made = ledger(began)
        assert [r.reason for r in made.fold(FILE, [Record(0, moved)])] == reasons


def test_a_queue_of_the_same_name_in_two_municipalities_is_two() -> None:
    made = ledger(example("se.svarsgrad.call.offered.v1").time)
    for type_ in ("se.svarsgrad.call.offered.v1", "se.svarsgrad.email.received.v1"):
        raw = encode(example(type_))
        made.fold(type_, [Record(0, raw), Record(1, raw.replace(b'"lulea"', b'"boden"'))])
    assert made.books.keys() == {"lulea", "boden"}
    for its in made.books.values():
        assert (len(its.calls), len(its.questions)) == (1, 1)


def test_each_topic_is_read_from_where_its_events_are_needed() -> None:
    now = micros(NOW)
    assert STARTS.keys() == TOPICS.keys()
    assert STARTS["calls"](now, ZONE) == STARTS["presence"](now, ZONE) == horizon(now, ZONE)
    assert STARTS["emails"](now, ZONE) == STARTS["cases"](now, ZONE)
    assert STARTS["emails"](now, ZONE) == item_horizon(now, ZONE).began
    assert STARTS["measures"](now, ZONE) == 0


def test_every_form_but_that_of_calls_has_a_book() -> None:
    books = Books(micros(NOW), ZONE)
    forms = set(FORMS.values())
    assert books.of.keys() == {form for form in forms if form.__name__ != "CallEvent"}
    assert set(books.sizes().values()) == {0}
