"""What is open for very long stays in the live figures, as the archive knows it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from archived import MUNICIPALITY, ZONES, emptied, value, write
from hypothesis import assume, given, settings
from sqlalchemy import Engine
from strategies_cases import case_event, case_logs
from strategies_questions import question_logs

from producers.keeping_open.restating import AHEAD_DAYS, Restated, Restater
from streams.archive.reading import items_begun_before
from streams.archive.writing import BEFORE_ALL
from streams.domain.books import Books
from streams.domain.cases import copies as case_copies
from streams.domain.cases.life import OPEN
from streams.domain.event_types import Envelope
from streams.domain.events import encode
from streams.domain.instants import NEVER, micros
from streams.domain.ledger import Ledger, Tally
from streams.domain.questions import threads
from streams.domain.questions.facts import FACT_BITS, Fact

BEGAN = datetime(2026, 3, 10, 11, tzinfo=UTC)
LATER = BEGAN + timedelta(days=390)
FORGOTTEN = BEGAN + timedelta(days=402)
"""When what began then, and was not restated, is in no ledger any more."""


class Stored:
    """A record of a log."""

    def __init__(self, offset: int, event: Envelope) -> None:
        self.offset, self.timestamp, self.value = offset, 1 << 50, value(event)


def books(events: Sequence[Envelope], now: int = BEFORE_ALL) -> Books:
    """What a ledger has of some events as of now; of all, without."""
    ledger = Ledger(zones=ZONES, now=now, tally=Tally())
    ledger.fold("any", [Stored(n, event) for n, event in enumerate(events)])
    ledger.prune(now)
    return ledger.books_of("lulea")


def restated(events: Sequence[Envelope], at: datetime, own: Any = None) -> list[Restated]:
    restater = Restater("lulea", micros(at))
    its = books(events)
    known = own or {}
    return [
        *restater.questions(its, known.get("question", {})),
        *restater.cases(its, known.get("case", {})),
    ]


def open_cases(its: Books, now: datetime) -> dict[str, Any]:
    """The cases that are open, with all there is to say of each but for its edition."""
    copies: dict[str, list[case_copies.Copy]] = {}
    for (subject, *_), copy in its.cases.copied_facts():
        copies.setdefault(subject, []).append(copy)
    told = {subject: case_copies.told(of_one, micros(now)) for subject, of_one in copies.items()}
    return {s: case for s, case in told.items() if case is not None and case.life.state in OPEN}


def open_questions(its: Books, now: datetime) -> dict[str, Any]:
    copies: dict[str, list[threads.Copy]] = {}
    for (subject, edition, received, queue), known in its.questions.copied_facts():
        facts = tuple(at << FACT_BITS | Fact[name] for name, at in known["facts"])
        its_edition = threads.ORIGINAL if edition is None else edition
        is_e_service = known["channel"] == "e_service"
        copy = threads.Copy(its_edition, received, queue, is_e_service, facts)
        copies.setdefault(subject, []).append(copy)
    told = {s: threads.told(of_one, micros(now)) for s, of_one in copies.items()}
    return {s: its for s, its in told.items() if any(one.end == NEVER for one in its)}


@settings(max_examples=60)
@given(case_logs(BEGAN, most=6), question_logs(BEGAN.date(), most=8))
def test_what_was_open_is_open_still_when_it_would_have_been_forgotten(
    cases: list[Any], questions: Sequence[Any]
) -> None:
    events = [*cases, *questions]
    whole = books(events)
    expected = open_cases(whole, LATER), open_questions(whole, LATER)
    assume(any(expected))
    found = restated(events, LATER)
    again = [event for one in found for event in one.events]
    for event in again:
        assert event.data.restated_at == LATER
        encode(event)
    live = books([*events, *again], micros(FORGOTTEN))
    assert (open_cases(live, FORGOTTEN), open_questions(live, FORGOTTEN)) == expected
    assert all(one.subject in expected[one.kind == "question"] for one in found)


@settings(max_examples=30)
@given(case_logs(BEGAN, most=6), question_logs(BEGAN.date(), most=8))
def test_what_is_stated_anew_is_what_was_stated_and_is_left_alone_for_a_while(
    cases: list[Any], questions: Sequence[Any]
) -> None:
    events: list[Any] = [*cases, *questions]
    found = restated(events, LATER)
    again = [event for one in found for event in one.events]
    # A contact keeps its source's id, by which it is counted; all others get one each.
    made = [event.id for event in again if not event.type.endswith(".contacted.v1")]
    assert len(made) == len(set(made))
    own: dict[str, dict[str, set[int]]] = {"question": {}, "case": {}}
    for one in found:
        own[one.kind][one.subject] = {one.edition}
    next_day = LATER + timedelta(days=1)
    assert restated([*events, *again], next_day, own) == []
    after = restated([*events, *again], LATER + timedelta(days=AHEAD_DAYS, seconds=1), own)
    assert {one.subject for one in after} == {one.subject for one in found}


def opened(at: datetime = BEGAN, **more: Any) -> Any:
    return case_event("opened", "a1", at, at, channel="phone", **more)


def test_what_its_source_says_afterwards_is_in_the_next_edition() -> None:
    first = restated([opened()], LATER)
    assert len(first) == 1
    said = [opened(), *first[0].events]
    resolved = case_event("by_centre", "a1", LATER + timedelta(hours=1), BEGAN)
    next_day = LATER + timedelta(days=1)
    own = {"case": {"a1": {micros(LATER)}}}
    assert open_cases(books([*said, resolved]), next_day), "it is told of no edition"
    (second,) = restated([*said, resolved], next_day, own)
    live = books([*said, resolved, *second.events], micros(next_day))
    assert open_cases(live, next_day + timedelta(hours=1)) == {}
    own = {"case": {"a1": {micros(LATER), micros(next_day)}}}
    assert restated([*said, resolved, *second.events], LATER + timedelta(days=50), own) == []


def test_what_a_source_has_restated_itself_is_what_it_says() -> None:
    by_source = opened(restated=BEGAN + timedelta(days=385))
    assert restated([opened(), by_source], LATER) == []
    late = restated([opened(), by_source], BEGAN + timedelta(days=420))
    assert [len(one.events) for one in late] == [1]


@pytest.mark.parametrize("days", [0, 300, 369])
def test_what_is_not_old_is_left_alone(days: int) -> None:
    assert restated([opened()], BEGAN + timedelta(days=days)) == []


def test_what_its_source_has_put_right_is_read_though_it_began_later(engine: Engine) -> None:
    """An edition that says that a case was opened later is the latest, and counts alone."""
    right = case_event(
        "opened", "a1", LATER, LATER - timedelta(days=100), restated=LATER - timedelta(days=1)
    )
    write(emptied(engine), [opened(), right], 1)
    before = micros(LATER - timedelta(days=370))
    with engine.connect() as connection:
        its = items_begun_before(connection, MUNICIPALITY, before)
    assert its.cases.facts() == books([opened(), right]).cases.facts()
    write(emptied(engine), [right], 1)
    with engine.connect() as connection:
        assert len(items_begun_before(connection, MUNICIPALITY, before).cases) == 0
