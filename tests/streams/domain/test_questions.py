"""Questions: threads in order of time, due times exactly, and who reports at all."""

import itertools
import tracemalloc
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_questions import event as an_event
from strategies_questions import question_logs

from streams.domain.catalogue import UNKNOWN_QUEUE, load_catalogue
from streams.domain.catalogue.review import LONGEST_DAYS
from streams.domain.deadlines import FIRST_YEAR, LAST_YEAR, Limit
from streams.domain.event_types import QuestionData, QuestionEvent
from streams.domain.instants import SECOND, micros, moment
from streams.domain.questions.as_of import State, as_of
from streams.domain.questions.book import Questions
from streams.domain.questions.due import needed_since
from streams.domain.questions.evaluation import evaluate_questions
from streams.domain.questions.figures import QuestionsReport
from streams.domain.windows import (
    ITEM_NAMES,
    ItemHorizon,
    Window,
    day_of,
    item_horizon,
    midnight,
    window,
)

ZONE = ZoneInfo("Europe/Stockholm")
EVERYTHING = ItemHorizon(-(2**62), -(2**62))
CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-%s"}}
    teams: {}
    targets:
      epost:
        - {name: Svar på två dagar, measure: question_answered_within, limit: %s, goal: 1.0,
           addresses: 40, valid_from: 2000-01-01, valid_to: 2101-01-01, source: Luleå 2014}
    queues:
      registrator: {name: Registrator, kind: mailbox, targets: [epost]}
      skola: {name: Skola, kind: mailbox, targets: [epost]}
      annat: {name: Annat, kind: mailbox}
"""
LULEA = load_catalogue(CATALOGUE % ("17:00", "2wd"), "test.yaml").municipalities["lulea"]
RECEIVED = datetime(2026, 11, 23, 10, tzinfo=ZONE)
"""A Monday. What comes then is due on Wednesday at 17.00."""
DUE = datetime(2026, 11, 25, 17, tzinfo=ZONE)
LATER = datetime(2026, 11, 27, 12, tzinfo=ZONE)
MICROSECOND = timedelta(microseconds=1)


def said(
    what: str,
    at: datetime = RECEIVED,
    *,
    subject: str = "q1",
    queue: str = "registrator",
    received: datetime = RECEIVED,
    restated: datetime | None = None,
    channel: Any = "email",
    why: str = "spam",
) -> QuestionEvent:
    data = QuestionData(queue=queue, received_at=received, restated_at=restated, channel=channel)
    return an_event(subject, what, at, data, why)


def book_of(events: Iterable[QuestionEvent], horizon: ItemHorizon = EVERYTHING) -> Questions:
    book = Questions(horizon)
    for event in events:
        book.state(event, micros(event.time))
    return book


def asked(events: Iterable[QuestionEvent], now: datetime) -> list[tuple[Any, ...]]:
    """The questions there are: mailbox, received, state, ended, in order."""
    frame = book_of(events).frame(-(2**62), micros(now))
    found = as_of(frame, micros(now))
    return sorted(
        (frame.queues[queue], moment(received), State(state).name,
         None if state == State.OPEN else moment(end))
        for queue, received, state, end in zip(
            found.queue.tolist(), found.received.tolist(), found.state.tolist(),
            found.end.tolist(), strict=True,
        )
    )  # fmt: skip


def report(
    events: Iterable[QuestionEvent], now: datetime, municipality: Any = LULEA
) -> QuestionsReport:
    windows = [window(name, micros(now), ZONE) for name in ITEM_NAMES]
    frame = book_of(events).frame(needed_since(municipality, windows), micros(now))
    return evaluate_questions(municipality, frame, micros(now), windows)


def verdicts(
    events: Iterable[QuestionEvent], now: datetime, name: str = "30d", municipality: Any = LULEA
) -> dict[str, int]:
    """The verdicts that there are any of."""
    counts = report(events, now, municipality).promises["epost"].promised.kept[name].verdicts
    return {verdict: count for verdict, count in counts.items() if count}


# A thread, in order of time.

STARTS = "received"
OPEN = ("OPEN", None)
THREADS: list[tuple[str, list[str], list[tuple[str, str, Any]]]] = [
    ("it is open until something ends it", [], [(STARTS, *OPEN)]),
    ("an automatic reply does not end it", ["auto_replied 1"], [(STARTS, *OPEN)]),
    ("nor does forwarding", ["forwarded 1"], [(STARTS, *OPEN)]),
    ("an answer does", ["answered 3"], [(STARTS, "ANSWERED", 3)]),
    ("and so does one otherwise", ["answered_otherwise 3"], [(STARTS, "ANSWERED_OTHERWISE", 3)]),
    ("the first end is the one", ["answered 3", "no_answer_needed 4", "answered 5"],
     [(STARTS, "ANSWERED", 3)]),
    ("also where it is that no answer is needed", ["answered 4", "no_answer_needed 3"],
     [(STARTS, "NO_ANSWER_NEEDED", 3)]),
    ("an answer beats a dismissal at the same microsecond",
     ["no_answer_needed 3", "answered 3"], [(STARTS, "ANSWERED", 3)]),
    ("what comes before the answer is the same question", ["followed_up 2", "answered 3"],
     [(STARTS, "ANSWERED", 3)]),
    ("also at the very same microsecond", ["followed_up 3", "answered 3"],
     [(STARTS, "ANSWERED", 3)]),
    ("what comes after it is another one", ["answered 3", "followed_up 4"],
     [(STARTS, "ANSWERED", 3), ("4", *OPEN)]),
    ("which goes on until its own answer",
     ["answered 3", "followed_up 4", "followed_up 5", "auto_replied 5", "answered 6"],
     [(STARTS, "ANSWERED", 3), ("4", "ANSWERED", 6)]),
    ("and then there is a third", ["answered 3", "followed_up 4", "answered 5", "followed_up 6"],
     [(STARTS, "ANSWERED", 3), ("4", "ANSWERED", 5), ("6", *OPEN)]),
    ("reopened, it is open with its first clock", ["answered 3", "reopened 4"], [(STARTS, *OPEN)]),
    ("also at the very same microsecond", ["reopened 3", "answered 3"], [(STARTS, *OPEN)]),
    ("until it is answered again", ["answered 3", "reopened 4", "answered 6"],
     [(STARTS, "ANSWERED", 6)]),
    ("the one that is reopened is the last",
     ["answered 3", "followed_up 4", "answered 5", "reopened 6"],
     [(STARTS, "ANSWERED", 3), ("4", *OPEN)]),
    ("a reopening of an open one says nothing", ["reopened 2", "answered 3"],
     [(STARTS, "ANSWERED", 3)]),
    ("what comes after a reopening is the same question",
     ["answered 3", "reopened 4", "followed_up 5"], [(STARTS, *OPEN)]),
    ("spam is no question", ["spam 2"], [(STARTS, "SPAM", 2)]),
    ("nor is a bounce", ["bounce 2"], [(STARTS, "BOUNCE", 2)]),
    ("whenever that is said", ["answered 3", "spam 5"], [(STARTS, "SPAM", 5)]),
    ("and an answer does not make it one", ["spam 2", "answered 3"], [(STARTS, "SPAM", 2)]),
    ("the first to say so is heard", ["spam 5", "answered 3", "bounce 4"],
     [(STARTS, "BOUNCE", 4)]),
    ("a reopening takes that back", ["spam 2", "reopened 3"], [(STARTS, *OPEN)]),
    ("until it is said again", ["spam 2", "reopened 3", "spam 4"], [(STARTS, "SPAM", 4)]),
    ("a person who writes after it asks a question", ["bounce 2", "followed_up 3"],
     [(STARTS, "BOUNCE", 2), ("3", *OPEN)]),
    ("and junk is the question it is said of", ["answered 2", "followed_up 3", "spam 4"],
     [(STARTS, "ANSWERED", 2), ("3", "SPAM", 4)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said_", "expected"), [pytest.param(*case, id=name) for name, *case in THREADS]
)
def test_a_thread_is_told_in_order_of_time_however_it_is_folded(
    said_: list[str], expected: list[tuple[str, str, Any]]
) -> None:
    def at(hours: Any) -> datetime:
        return RECEIVED + timedelta(hours=int(hours))

    events = [said("received")]
    for text in said_:
        what, hours = text.split()
        why = what if what in {"spam", "bounce", "no_answer_needed"} else "spam"
        events.append(said("dismissed" if what == why else what, at(hours), why=why))
    wanted = [
        ("registrator", RECEIVED if starts == STARTS else at(starts), state,
         None if end is None else at(end))
        for starts, state, end in expected
    ]  # fmt: skip
    for order in itertools.islice(itertools.permutations(events), 24):
        assert asked([*order, order[0]], LATER) == wanted


def test_what_has_not_happened_yet_is_not_known() -> None:
    events = [said("received"), said("answered", DUE), said("followed_up", LATER)]
    assert asked(events, RECEIVED) == []
    assert [state for *_, state, _ in asked(events, DUE)] == ["OPEN"]
    assert [state for *_, state, _ in asked(events, DUE + MICROSECOND)] == ["ANSWERED"]
    assert len(asked(events, LATER)) == 1
    assert len(asked(events, LATER + MICROSECOND)) == 2


def test_an_answer_to_a_question_that_nobody_said_was_received_is_a_question_all_the_same() -> (
    None
):
    answer = said("answered", RECEIVED + timedelta(hours=1))
    assert asked([answer], LATER) == [
        ("registrator", RECEIVED, "ANSWERED", RECEIVED + timedelta(hours=1))
    ]
    assert verdicts([answer], LATER) == {"in_time": 1}


# One question in several mailboxes, and stated anew.


def test_one_message_in_two_mailboxes_is_one_question_of_the_one_it_reached_first() -> None:
    later = RECEIVED + timedelta(seconds=2)
    events = [
        said("received", later, queue="annat", received=later),
        said("received", queue="skola"),
        said("answered", DUE, queue="annat", received=later),
    ]
    for order in itertools.permutations(events):
        assert asked(order, LATER) == [("skola", RECEIVED, "ANSWERED", DUE)]


def test_of_two_mailboxes_it_reached_at_one_instant_the_first_by_name_has_it() -> None:
    events = [said("received", queue=queue) for queue in ("skola", "annat", "registrator")]
    for order in itertools.permutations(events):
        assert asked(order, LATER) == [("annat", RECEIVED, "OPEN", None)]


def test_a_follow_up_begins_its_question_in_the_mailbox_it_reached() -> None:
    at = RECEIVED + timedelta(hours=5)
    events = [
        said("answered", RECEIVED + timedelta(hours=1)),
        said("followed_up", at + MICROSECOND),
        *(
            said("followed_up", at, queue=queue, received=RECEIVED + MICROSECOND)
            for queue in ("skola", "annat")
        ),
    ]
    for order in itertools.permutations(events):
        assert asked(order, LATER) == [
            ("annat", at, "OPEN", None),
            ("registrator", RECEIVED, "ANSWERED", RECEIVED + timedelta(hours=1)),
        ]


def test_spam_in_one_mailbox_is_spam_in_both() -> None:
    events = [said("answered", DUE), said("dismissed", LATER, queue="skola", why="spam")]
    assert [state for *_, state, _ in asked(events, LATER + MICROSECOND)] == ["SPAM"]


def test_it_came_by_e_service_if_any_event_of_the_copy_says_so() -> None:
    events = [said("received", channel="e_service"), said("answered", DUE)]
    for order in itertools.permutations(events):
        received = report(order, LATER).mailboxes["registrator"].received["30d"]
        assert received.channels == {"email": 0, "e_service": 1}


def test_the_latest_edition_counts_whole_and_only_once_it_has_been_stated() -> None:
    restated = RECEIVED + timedelta(days=2)
    events = [
        said("answered", RECEIVED + timedelta(hours=1)),
        said("received", restated=restated),
        said("answered_otherwise", DUE, restated=restated),
        said("received", restated=restated - timedelta(days=1)),
    ]
    for order in itertools.permutations(events):
        assert asked(order, restated - timedelta(days=1))[0][2] == "ANSWERED"
        assert asked(order, restated)[0][2] == "OPEN"  # as the day before had it
        assert asked(order, LATER) == [("registrator", RECEIVED, "ANSWERED_OTHERWISE", DUE)]


@pytest.mark.parametrize("more", [[], [said("reopened", RECEIVED + timedelta(hours=2))]])
def test_an_edition_of_what_has_not_been_received_yet_does_not_count_yet(
    more: list[QuestionEvent],
) -> None:
    stated = RECEIVED + timedelta(hours=1)
    later = said("received", LATER, received=LATER, restated=stated, queue="skola")
    events = [said("received"), *more, later]
    assert asked(events, LATER) == [("registrator", RECEIVED, "OPEN", None)]
    assert asked(events, LATER + MICROSECOND) == [("skola", LATER, "OPEN", None)]


# What a book is.


@given(data=st.data())
def test_facts_in_any_order_and_number_and_parts_give_the_same_book(data: st.DataObject) -> None:
    events = list(data.draw(question_logs(date(2026, 3, 31), most=6)))
    more = data.draw(st.lists(st.sampled_from(events or [said("received")]), max_size=9))
    shuffled = data.draw(st.permutations(events + more))
    once = book_of(events) if events else book_of(more)
    assert book_of(shuffled).facts() == once.facts()
    assert len(once) == len({event.subject for event in events or more})


@given(data=st.data(), days=st.integers(0, 900), more=st.integers(0, 400))
def test_a_fact_is_in_the_book_if_and_only_if_its_horizon_keeps_it(
    data: st.DataObject, days: int, more: int
) -> None:
    events = data.draw(question_logs(date(2026, 3, 31)))
    first = micros(datetime(2025, 1, 1, tzinfo=ZONE) + timedelta(days=days))
    earlier, later = item_horizon(first, ZONE), item_horizon(first + more * 10**11, ZONE)
    pruned = book_of(events, earlier)
    pruned.prune(later)
    kept = [event for event in events if keeps(later, event)]
    assert pruned.facts() == book_of(kept, later).facts() == book_of(events, later).facts()
    assert len(pruned) == len({event.subject for event in kept})
    # It goes on as if it had never known the others.
    for event in events:
        assert pruned.state(event, micros(event.time)) == keeps(later, event)
    assert pruned.facts() == book_of(kept, later).facts()
    pruned.prune(earlier)
    assert pruned.horizon == later


def keeps(horizon: ItemHorizon, event: QuestionEvent) -> bool:
    restated = event.data.restated_at
    return horizon.keeps(
        micros(event.data.received_at), None if restated is None else micros(restated)
    )


def test_what_is_not_kept_changes_nothing() -> None:
    horizon = item_horizon(micros(LATER), ZONE)
    old = moment(horizon.began) - MICROSECOND
    book = Questions(horizon)
    assert not book.state(said("received", old, received=old), micros(old))
    assert book.facts() == {}
    assert len(book) == 0
    assert book.state(
        said("received", old, received=old, restated=LATER - timedelta(days=60)), micros(old)
    )


def test_a_source_that_gives_all_its_messages_one_id_takes_no_more_time_than_others() -> None:
    def took(events: Sequence[QuestionEvent]) -> float:
        begins = perf_counter()
        book = book_of(events)
        book.frame(0, micros(LATER))
        return perf_counter() - begins

    def events(n: int, *, several: bool) -> list[QuestionEvent]:
        return [
            said(what, at, subject=f"q{i}" if several else "q1", queue=f"b{i % 50}", received=at)
            for i in range(n)
            for at in [RECEIVED + timedelta(seconds=i)]
            for what in ("received", "forwarded", "answered")
        ]

    one, many = events(4_000, several=False), events(4_000, several=True)
    assert min(took(one) for _ in range(3)) < 10 * min(took(many) for _ in range(3))


def test_a_question_takes_three_hundred_bytes_at_most() -> None:
    def events() -> Iterable[QuestionEvent]:
        for n in range(8_000):
            at = RECEIVED + timedelta(seconds=n)
            subject = f"{n:032x}"
            yield said("received", at, subject=subject, received=at)
            yield said("auto_replied", at, subject=subject, received=at)
            yield said("answered", at + timedelta(hours=1), subject=subject, received=at)
            if n % 10 == 0:
                yield said("answered", at + timedelta(hours=2), subject=subject, received=at)

    tracemalloc.start()
    try:
        book = book_of(events())
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(book) == 8_000
    assert taken / 8_000 < 300


def test_a_scrape_reads_no_more_for_all_that_was_answered_before_its_windows() -> None:
    def rows(old: int) -> int:
        events = [said("received")]
        for n in range(old):
            at = RECEIVED - timedelta(days=60 + n % 300)
            subject = f"old{n}"
            events += [
                said("received", at, subject=subject, received=at),
                said("received", at, subject=subject, queue="skola", received=at),
                said("answered", at + timedelta(hours=1), subject=subject, received=at),
                said("reopened", at + timedelta(hours=2), subject=subject, received=at),
                said("answered", at + timedelta(hours=3), subject=subject, received=at),
            ]
        spans = [window(name, micros(LATER), ZONE) for name in ITEM_NAMES]
        book = book_of(events)
        return max(
            len(book.frame(needed_since(LULEA, spans), micros(LATER)).received) for _ in range(2)
        )

    assert rows(0) == rows(700) == 1


def test_a_scrape_reads_nothing_that_is_received_later() -> None:
    book = book_of([said("received"), said("received", LATER, subject="q2", received=LATER)])
    assert len(book.frame(0, micros(LATER)).received) == 1
    assert len(book.frame(0, micros(LATER) + 1).received) == 2


def test_what_was_answered_long_ago_is_read_again_if_anything_is_said_of_it() -> None:
    old = RECEIVED - timedelta(days=60)
    at = {"received": old, "subject": "old"}
    book = book_of([said("answered", old, **at), said("received")])
    since, now = micros(RECEIVED - timedelta(days=45)), micros(LATER)
    assert len(book.frame(since, now).received) == 1
    for n, event in enumerate(
        [
            said("auto_replied", old, **at),  # it may matter, for all that is looked at
            said("reopened", old + timedelta(days=1), **at),
        ]
    ):
        book.state(event, micros(event.time))
        assert len(book.frame(since, now).received) == 2
        assert len(book.frame(since + 1 + n, now).received) == 1 + n
    # Also another copy of it, which has a row behind those that were passed.
    copy = said("answered", old + timedelta(days=2), queue="skola", **at)
    book.state(copy, micros(copy.time))
    assert len(book.frame(since + 2, now).received) == 3
    assert len(book.frame(since + 3, now).received) == 1
    assert len(book.frame(micros(old), now).received) == 3


@pytest.mark.parametrize("telling", ["answered", "auto_replied", "followed_up"])
def test_a_second_fact_since_then_is_heard_of(telling: str) -> None:
    old = RECEIVED - timedelta(days=60)
    ends = [said(what, old, received=old) for what in ("auto_replied", "answered")]
    since = RECEIVED - timedelta(days=45)
    for at, rows in ((since, 1), (since - MICROSECOND, telling == "followed_up")):
        second = [said(telling, at, received=old), said("answered", at, received=old)]
        book = book_of([*ends, *second])
        assert len(book.frame(micros(since), micros(LATER)).received) == rows * (at == since)


def test_after_pruning_a_thread_with_several_copies_is_still_one() -> None:
    dropped = RECEIVED - timedelta(days=401)
    copies = [said("received", queue=queue) for queue in ("skola", "annat")]
    book = book_of([said("received", dropped, received=dropped), *copies])
    book.prune(item_horizon(micros(LATER), ZONE))
    answer = said("answered", DUE, queue="skola")
    book.state(answer, micros(answer.time))
    frame = book.frame(micros(LATER), micros(LATER) + 1)
    assert len(frame.received) == 0
    frame = book.frame(micros(DUE), micros(LATER))
    assert as_of(frame, micros(LATER)).state.tolist() == [State.ANSWERED]
    assert len(frame.received) == 2


def test_a_frame_stays_as_it_is_while_events_are_folded() -> None:
    book = book_of([said("received"), said("followed_up", DUE)])
    frame = book.frame(0, micros(LATER))
    before = as_of(frame, micros(LATER)).state.tolist()
    for event in (said("answered", RECEIVED), said("received", subject="q2")):
        book.state(event, micros(event.time))
    assert as_of(frame, micros(LATER)).state.tolist() == before == [State.OPEN]
    again = as_of(book.frame(0, micros(LATER)), micros(LATER))
    assert len(again.state) == 3


# Exactly due.


def test_the_breach_is_counted_when_the_due_time_passes_with_no_event() -> None:
    events = [said("received")]
    assert verdicts(events, DUE) == {}
    assert verdicts(events, DUE + MICROSECOND) == {"overdue": 1}
    at_due, after = (
        report(events, now).promises["epost"].promised for now in (DUE, DUE + MICROSECOND)
    )
    assert (at_due.pending.due_soon, at_due.pending.overdue) == (1, 0)
    assert at_due.pending.longest_overdue_seconds is None
    assert (after.pending.due_soon, after.pending.overdue) == (0, 1)
    assert after.pending.longest_overdue_seconds == 1e-6
    late = after.kept["today"].late
    assert late is not None
    assert (late.count, late.mean, late.maximum) == (1, 1e-6, 1e-6)


@pytest.mark.parametrize(
    ("what", "why", "then", "after"),
    [
        ("answered", "spam", "in_time", "answered_late"),
        ("answered_otherwise", "spam", "in_time", "answered_late"),
        ("dismissed", "no_answer_needed", "no_answer_needed", "dismissed_late"),
    ],
)
def test_what_ends_a_question_at_the_due_time_is_in_time_and_a_microsecond_later_it_is_late(
    what: str, why: str, then: str, after: str
) -> None:
    assert verdicts([said(what, DUE, why=why)], LATER) == {then: 1}
    assert verdicts([said(what, DUE + MICROSECOND, why=why)], LATER) == {after: 1}


def test_only_what_needs_no_answer_in_time_is_out_of_the_ratio() -> None:
    events = [
        said("answered", DUE, subject="a"),
        said("answered", LATER - MICROSECOND, subject="b"),
        said("received", subject="c"),
        said("dismissed", DUE, subject="d", why="no_answer_needed"),
        said("dismissed", LATER - MICROSECOND, subject="e", why="no_answer_needed"),
        said("dismissed", LATER - MICROSECOND, subject="f", why="spam"),
        said("dismissed", DUE, subject="g", why="bounce"),
    ]
    kept = report(events, LATER).promises["epost"].promised.kept["30d"]
    assert kept.verdicts == {
        "in_time": 1, "answered_late": 1, "dismissed_late": 1, "overdue": 1, "no_answer_needed": 1,
    }  # fmt: skip
    assert (kept.decided, kept.ratio, kept.not_judged_ratio) == (4, 0.25, 0.2)
    received = report(events, LATER).mailboxes["registrator"].received["30d"]
    assert (received.received, received.junk) == (5, {"spam": 1, "bounce": 1})


def test_a_reopened_question_is_judged_by_its_first_clock() -> None:
    events = [said("answered", RECEIVED), said("reopened", DUE)]
    assert verdicts(events, LATER) == {"overdue": 1}
    assert verdicts([*events, said("answered", DUE + MICROSECOND)], LATER) == {"answered_late": 1}


def test_what_is_due_when_the_day_ends_is_due_soon_that_day() -> None:
    until_midnight = load_catalogue(CATALOGUE % ("24:00", "1wd"), "k.yaml").municipalities["lulea"]
    tuesday = datetime(2026, 11, 24, 0, tzinfo=ZONE)
    events = [said("received")]
    for now, soon, overdue in (
        (tuesday - MICROSECOND, 0, 0),
        (tuesday, 1, 0),
        (tuesday + timedelta(days=1), 1, 0),
        (tuesday + timedelta(days=1) + MICROSECOND, 0, 1),
    ):
        pending = report(events, now, until_midnight).promises["epost"].promised.pending
        assert (pending.due_soon, pending.overdue) == (soon, overdue), now


def test_a_due_time_on_the_edge_of_a_window_is_in_it() -> None:
    at = datetime(2026, 11, 25, 0, tzinfo=ZONE)  # three days before midnight
    in_days = load_catalogue(CATALOGUE % ("17:00", "3d"), "k.yaml").municipalities["lulea"]
    now = datetime(2026, 11, 28, 9, tzinfo=ZONE)
    for received, count in ((at, 1), (at - MICROSECOND, 0)):
        event = said("received", received, received=received)
        found = verdicts([event], now, "today", in_days)
        assert found == ({"overdue": 1} if count else {})


def test_a_question_is_judged_by_the_promise_of_the_day_on_which_it_was_received() -> None:
    text = CATALOGUE.replace(
        "valid_to: 2101-01-01, source: Luleå 2014}",
        """valid_to: 2026-11-24, source: Luleå 2014}
        - {name: Svar på en dag, measure: question_answered_within, limit: 1wd,
           valid_from: 2026-11-24, source: Prov}""",
    )
    changed = load_catalogue(text % ("17:00", "2wd"), "k.yaml").municipalities["lulea"]
    midnight_ = datetime(2026, 11, 24, tzinfo=ZONE)  # both are due on Wednesday
    for received in (midnight_ - MICROSECOND, midnight_):
        event = said("answered", DUE, received=received)
        assert verdicts([event], LATER, "30d", changed) == {"in_time": 1}
    monday, tuesday = (
        report([said("received", at, received=at)], DUE, changed).promises["epost"].promised
        for at in (midnight_ - timedelta(days=1), midnight_ + timedelta(days=1))
    )
    assert monday.pending.due_soon == 1
    assert tuesday.pending.due_soon == 0


def test_nothing_is_no_value() -> None:
    empty = report([], LATER)
    assert set(empty.mailboxes) == {"registrator", "skola", "annat"}
    kept = empty.mailboxes["skola"].promises["epost"].kept["today"]
    assert (kept.decided, kept.ratio, kept.interval, kept.late) == (0, None, None, None)
    assert kept.not_judged_ratio is None
    assert empty.mailboxes["skola"].open.oldest_seconds is None
    assert empty.mailboxes["skola"].received["30d"].answer_time is None
    assert empty.mailboxes["annat"].promises == {}


# Due times that can't be known, and limits.


def test_a_question_whose_due_time_nobody_knows_is_undated_and_the_others_are_judged() -> None:
    last = datetime(LAST_YEAR, 12, 30, 9, tzinfo=ZONE)  # the second working day after is unknown
    events = [
        said("received", last, subject="b", received=last),
        said(
            "received", last - timedelta(days=20), subject="a", received=last - timedelta(days=20)
        ),
        *(
            said("received", old, subject=f"old{old.year}", received=old, restated=last)
            for old in (
                datetime(FIRST_YEAR - 1, 12, 31, 23, tzinfo=ZONE),
                datetime(1, 1, 2, tzinfo=ZONE),
            )
        ),
    ]
    for now in (last + timedelta(days=1), datetime(LAST_YEAR + 2, 3, 1, tzinfo=ZONE)):
        promised = report(events, now).promises["epost"].promised
        assert promised.pending.undated == 2, now  # one was received before the promise was made
        assert (promised.pending.open, promised.pending.overdue) == (3, 1)
    kept = report(events, last + timedelta(days=1)).promises["epost"].promised.kept["30d"]
    assert kept.undated == 1
    assert kept.verdicts["overdue"] == 1


def test_beyond_the_years_whose_holidays_are_known_all_is_undated_by_any_limit() -> None:
    text = CATALOGUE.replace("2101-01-01", "2103-01-01")
    for limit in ("3d", "2wd"):
        lulea = load_catalogue(text % ("17:00", limit), "k.yaml").municipalities["lulea"]
        friday = datetime(LAST_YEAR + 1, 1, 7, 12, tzinfo=ZONE)  # in the midst of office hours
        events = [
            said("received", at, subject=f"q{at.hour}", received=at)
            for at in (friday, friday + timedelta(hours=9))
        ]
        promised = report(events, friday + timedelta(days=9), lulea).promises["epost"].promised
        assert (promised.pending.undated, promised.pending.overdue) == (2, 0)
        assert promised.kept["30d"].undated == 2


@pytest.mark.parametrize("unit", sorted(LONGEST_DAYS))
def test_by_the_longest_limit_nothing_is_due_in_the_last_thirty_days_that_the_horizon_has_let_go(
    unit: str,
) -> None:
    # Of a mailbox that is open forty hours a week; who opens less must have a shorter limit.
    limit = f"{LONGEST_DAYS[unit]}{unit}"
    municipality = load_catalogue(CATALOGUE % ("16:00", limit), "k.yaml").municipalities["lulea"]
    office = municipality.office
    assert office is not None
    for number in range(0, 90 * 365, 23):
        now = midnight(date(2008, 1, 1) + timedelta(days=number), ZONE)
        gone = item_horizon(now, ZONE).began - 1
        assert office.due(gone, Limit.parse(limit)).at < window("30d", now, ZONE).start, day_of(
            now, ZONE
        )


def test_a_limit_in_hours_that_a_mailbox_needs_years_for_is_reckoned_with_all_the_same() -> None:
    text = CATALOGUE.replace(
        '{week: {mon-fri: "08:00-%s"}}',
        """{week: {mon-fri: "08:00-%s"}}
      sallan: {week: {mon: "10:00-11:00"}}""",
    ).replace(
        "{name: Skola, kind: mailbox,", "{name: Skola, kind: mailbox, promised_hours: sallan,"
    )
    rare = load_catalogue(text % ("17:00", "60wh"), "k.yaml").municipalities["lulea"]
    received = LATER - timedelta(days=420)  # sixty Mondays, less the holidays among them
    events = [said("answered", received, queue="skola", received=received)]
    assert verdicts(events, LATER, municipality=rare) == {}
    assert verdicts(events, LATER + timedelta(days=24), municipality=rare) == {"in_time": 1}


# Who reports.


def test_coverage_is_how_many_report_of_all_that_the_promise_is_about() -> None:
    start = datetime(2026, 10, 29, tzinfo=ZONE)  # the first of thirty days
    old = start - timedelta(days=3)
    silent = {"registrator": "Registrator", "skola": "Skola"}
    for events, reporting, of_it in (
        ([], 0, silent),
        ([said("received")], 1, {"skola": "Skola"}),
        ([said("received", start, received=start)], 1, {"skola": "Skola"}),
        ([said("answered", start - MICROSECOND, received=old)], 0, silent),
        ([said("answered", start, received=old)], 1, {"skola": "Skola"}),
        ([said("answered", old, received=old), said("auto_replied", start, received=old)], 1,
         {"skola": "Skola"}),
        # Said twice, so that the later is in no column; and of spam; and stated anew.
        ([said("forwarded", at, received=old) for at in (old, start)]
         + [said("answered", old, received=old)], 1, {"skola": "Skola"}),
        ([said("dismissed", start, received=old, queue="skola")], 1,
         {"registrator": "Registrator"}),
        ([said("answered", old, received=old, restated=start)], 1, {"skola": "Skola"}),
        ([said("received", queue="annat"), said("received", queue="finns-inte")], 0, silent),
        ([said("received", LATER, received=LATER)], 0, silent),
    ):  # fmt: skip
        found = report(events, LATER)
        coverage = found.promises["epost"].coverage
        assert coverage is not None
        assert (coverage.mailboxes, coverage.reporting, coverage.silent) == (40, reporting, of_it)
        assert found.mailboxes["registrator"].is_reporting is ("registrator" not in of_it)


def test_what_comes_to_mailboxes_the_catalogue_lacks_is_pooled_and_judged_by_nothing() -> None:
    events = [said("received", subject=f"q{n}", queue=f"okänd{n}") for n in range(3)]
    events.append(said("dismissed", subject="q4", queue="okänd4"))
    found = report(events, LATER).mailboxes
    unknown = found[UNKNOWN_QUEUE]
    assert (unknown.received["7d"].received, unknown.received["7d"].junk["spam"]) == (3, 1)
    assert unknown.open.channels == {"email": 3, "e_service": 0}
    assert unknown.open.oldest_seconds == (LATER - RECEIVED) / timedelta(seconds=1)
    assert (unknown.promises, unknown.is_reporting) == ({}, None)
    assert set(found) == {"registrator", "skola", "annat", UNKNOWN_QUEUE}
    assert set(report(events[3:], LATER).mailboxes) == set(found)
    assert UNKNOWN_QUEUE not in report(events, RECEIVED).mailboxes


def test_since_when_questions_are_needed_is_no_longer_ago_than_limits_make_it() -> None:
    now = micros(LATER)
    since = needed_since(LULEA, [window(name, now, ZONE) for name in ITEM_NAMES])
    start = window("30d", now, ZONE).start
    assert start - 9 * 86_400 * SECOND <= since < start
    assert needed_since(LULEA, [window("today", now, ZONE)]) == since  # mailboxes are heard of


def test_what_came_a_moment_before_a_midnight_may_be_due_a_moment_after_another() -> None:
    # In Nuuk clocks go from 23.00 to 24.00, so that 23.59 of that day is a minute past it.
    text = CATALOGUE.replace("Europe/Stockholm", "America/Nuuk") % ("17:00", "2d")
    nuuk = load_catalogue(text, "k.yaml").municipalities["lulea"]
    received = datetime(2025, 3, 27, 23, 59, 45, tzinfo=nuuk.zone)
    begins, ends = (datetime(2025, m, 30, 0, 0, 30, tzinfo=nuuk.zone) for m in (3, 5))
    asked_for = [Window("asked", micros(begins), micros(ends), rolling=False)]
    book = book_of([said("answered", received, received=received)])
    frame = book.frame(needed_since(nuuk, asked_for), micros(ends))
    found = evaluate_questions(nuuk, frame, micros(ends), asked_for)
    assert found.promises["epost"].promised.kept["asked"].verdicts["in_time"] == 1
