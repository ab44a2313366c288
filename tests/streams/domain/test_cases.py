"""Lives of cases and their clocks, claim by claim; the catalogue's clocks run for three days."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_cases import OPENED, TICK, case_event, case_logs, story

from streams.domain.cases.book import Cases
from streams.domain.cases.due import needed_since
from streams.domain.cases.evaluation import evaluate_cases
from streams.domain.cases.figures import (
    NOT_HANDED_OVER,
    UNKNOWN_ADMINISTRATION,
    CasesReport,
    Kept,
    Pending,
)
from streams.domain.cases.life import FACT_BITS, NEXT, State, What, live
from streams.domain.catalogue import UNKNOWN_QUEUE, load_catalogue
from streams.domain.event_types import CaseEvent
from streams.domain.instants import NEVER, micros
from streams.domain.windows import (
    ITEM_HORIZON_DAYS,
    ITEM_NAMES,
    RESTATED_DAYS,
    ItemHorizon,
    item_horizon,
    window,
)

ROOT = Path(__file__).parents[3]
CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-24:00"}}
    teams:
      kundcenter: {name: Kundcenter}
    administrations:
      teknik: {name: Tekniska förvaltningen}
      skola: {name: Skolförvaltningen}
    queues:
      arenden: {name: Ärenden, kind: cases, targets: [aterkoppling, klart, klart-2wd]}
      kundcenter: {name: Kundcenter, kind: customer_centre, team: kundcenter}
    targets:
      aterkoppling: {name: Återkoppling inom tre dagar, measure: feedback_within, limit: 3d,
        tells: [handläggare, närmaste chef], valid_from: 2014-01-01, source: Prov}
      klart:
        - {name: Klart inom tre dagar, measure: resolved_within, limit: 3d,
           tells: [handläggare, närmaste chef], valid_from: 2014-01-01, valid_to: 2026-03-10,
           source: Prov}
        - {name: Klart inom fyra dagar, measure: resolved_within, limit: 4d,
           valid_from: 2026-03-10, source: Prov}
      klart-2wd: {name: Klart på två arbetsdagar, measure: resolved_within, limit: 2wd,
        valid_from: 2014-01-01, valid_to: 2026-03-10, source: Prov}
"""
SELDOM = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontor
    hours:
      kontor: {week: {mon-fri: "08:00-17:00"}}
      sallan: {week: {mon: closed}, exceptions: [{days: [2026-03-06], hours: "08:00-17:00"}]}
    queues:
      arenden: {name: Ärenden, kind: cases, promised_hours: sallan, targets: [klart]}
    targets:
      klart: {name: Klart på åtta timmar, measure: resolved_within, limit: 8wh,
        valid_from: 2000-01-01, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]
ALL = ItemHorizon(-NEVER, -NEVER)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = OPENED + 3 * DAY


def book(*events: CaseEvent, horizon: ItemHorizon = ALL) -> Cases:
    cases = Cases(horizon)
    for event in events:
        assert cases.state(event, micros(event.time))
    return cases


def report(cases: Cases | Sequence[CaseEvent], now: datetime, **more: Any) -> CasesReport:
    its = cases if isinstance(cases, Cases) else book(*cases)
    windows = [window(name, micros(now), LULEA.zone) for name in ITEM_NAMES]
    frame = its.frame(needed_since(LULEA, windows), micros(now))
    return evaluate_cases(LULEA, frame, micros(now), windows, **more)


def kept(
    cases: Cases | Sequence[CaseEvent], now: datetime, promise: str, name: str = "7d"
) -> Kept:
    return report(cases, now).promises[promise].promised.kept[name]


def pending(cases: Cases | Sequence[CaseEvent], now: datetime, promise: str) -> Pending:
    return report(cases, now).promises[promise].promised.pending


def verdict(cases: Cases | Sequence[CaseEvent], now: datetime, promise: str) -> str:
    (found,) = [word for word, n in kept(cases, now, promise, "30d").verdicts.items() if n]
    return found


# The table.


def test_the_table_of_the_decision_record_is_the_one_that_is_used() -> None:
    page = (ROOT / "docs" / "decisions" / "0010-cases.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (at centre|away|solved|closed|finished) \|(.*)\|$", page, re.MULTILINE)
    columns = (What.HANDED_OVER, What.FEEDBACK, What.BY_CENTRE, What.BY_ADMINISTRATION,
               What.REOPENED)  # fmt: skip

    def state(words: str) -> State:
        return State[words.strip().replace(" ", "_").upper()]

    table = {
        state(name): {
            what: state(cell)
            for what, cell in zip(columns, cells.split("|"), strict=True)
            if cell.strip() != "–"
        }
        for name, cells in rows
    }
    assert table == NEXT


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(list(What)[2:])), max_size=8))
def test_a_life_walks_the_table_whatever_happens(facts: list[tuple[int, What]]) -> None:
    its = live((at << FACT_BITS | what, "") for at, what in facts)
    state, since = State.AT_CENTRE, NEVER
    for at, what in sorted(set(facts)):
        if what in NEXT[state]:
            state, since = NEXT[state][what], at
    assert its.state is state
    assert its.done == (NEVER if state in {State.AT_CENTRE, State.AWAY} else since)


@pytest.mark.parametrize(
    ("told", "solved", "decided", "reopened"),
    [
        ([("by_centre", HOUR)], 1, 1, 0),
        ([], 0, 0, 0),
        ([("handed_over", HOUR)], 0, 1, 0),
        ([("handed_over", HOUR), ("by_centre", 2 * HOUR)], 0, 1, 0),
        ([("by_centre", HOUR), ("handed_over", 2 * HOUR)], 0, 1, 1),
        ([("handed_over", HOUR), ("by_centre", HOUR)], 0, 1, 0),  # at once: handed over first
        ([("by_centre", HOUR), ("reopened", 2 * HOUR)], 0, 0, 1),
        ([("by_centre", HOUR), ("reopened", HOUR)], 0, 0, 1),
        ([("by_centre", HOUR), ("reopened", DAY), ("by_centre", 2 * DAY)], 1, 1, 1),
        ([("by_centre", HOUR), ("reopened", DAY), ("handed_over", 2 * DAY)], 0, 1, 1),
        ([("by_administration", HOUR)], 0, 1, 0),
        ([("by_administration", HOUR), ("reopened", DAY), ("by_centre", 2 * DAY)], 0, 1, 1),
        ([("reopened", HOUR), ("by_centre", 2 * HOUR)], 1, 1, 0),
        ([("feedback", HOUR), ("by_centre", 2 * HOUR)], 1, 1, 0),
        ([("by_centre", HOUR), ("by_administration", 2 * HOUR)], 1, 1, 0),
    ],
)
def test_solved_in_the_centre_is_resolved_there_with_no_handover_and_not_reopened(
    told: list[tuple[str, timedelta]], solved: int, decided: int, reopened: int
) -> None:
    opened = report(story(*told), DUE).opened["7d"]
    assert (opened.solved_in_centre, opened.decided, opened.reopened) == (
        solved,
        decided,
        reopened,
    )


@pytest.mark.parametrize(
    ("told", "at_first", "decided"),
    [
        ([("by_centre", HOUR)], 1, 1),
        ([], 0, 0),
        ([("handed_over", HOUR)], 0, 1),
        ([("handed_over", HOUR), ("by_centre", 2 * HOUR)], 0, 1),
        ([("by_centre", HOUR), ("contacted", DAY)], 0, 1),
        ([("contacted", timedelta(0)), ("by_centre", HOUR)], 0, 1),  # also before it was solved
        ([("by_centre", HOUR), ("reopened", DAY), ("by_centre", 2 * DAY)], 0, 1),
        ([("by_administration", HOUR), ("reopened", DAY), ("by_centre", 2 * DAY)], 0, 1),
        ([("by_centre", HOUR), ("by_centre", 2 * HOUR)], 1, 1),
    ],
)
def test_solved_at_first_contact_is_solved_never_reopened_and_never_asked_about_again(
    told: list[tuple[str, timedelta]], at_first: int, decided: int
) -> None:
    its = report(story(*told), DUE).opened["7d"]
    assert (its.solved_at_first_contact, its.decided) == (at_first, decided)
    assert its.first_contact_ratio == (at_first / decided if decided else None)
    assert (its.first_contact_interval is None) == (decided == 0)


def test_a_contact_takes_first_contact_back_once_it_has_happened_and_of_its_case_only() -> None:
    events = [
        *story(("by_centre", HOUR), case="a1"),
        *story(("by_centre", HOUR), ("contacted", DAY), case="a2"),
        *story(("handed_over", HOUR), case="a3"),
    ]
    before, after = (
        report(events, OPENED + DAY + spare).opened["7d"] for spare in (0 * DAY, TICK)
    )
    assert (before.solved_at_first_contact, after.solved_at_first_contact) == (2, 1)
    assert (before.solved_in_centre, after.solved_in_centre) == (2, 2)
    assert (before.first_contact_ratio, after.first_contact_ratio) == (2 / 3, 1 / 3)
    interval = after.first_contact_interval
    assert interval is not None
    assert interval[0] < 1 / 3 < interval[1]


# Two clocks.


@pytest.mark.parametrize(
    ("told", "feedback", "done"),
    [
        # Fed back on the third day to the microsecond is in time; one later is late.
        ([("feedback", 3 * DAY + HOUR)], "in_time", "overdue"),
        ([("feedback", 3 * DAY + HOUR + TICK)], "late", "overdue"),
        ([("by_administration", 3 * DAY)], "in_time", "in_time"),
        ([("by_administration", 3 * DAY + TICK)], "in_time", "late"),
        ([("by_administration", 3 * DAY + 2 * HOUR)], "late", "late"),
        # The centre closes it: nobody waits for feedback, unless that was due already.
        ([("by_centre", 3 * DAY + HOUR)], "withdrawn", "late"),
        ([("by_centre", 3 * DAY + HOUR + TICK)], "late", "late"),
        ([("by_centre", DAY), ("feedback", 2 * DAY)], "withdrawn", "in_time"),
        ([("feedback", DAY), ("by_centre", DAY)], "in_time", "in_time"),
        # What was told stays told; what was done can be undone, and no clock starts over.
        ([("feedback", DAY), ("by_administration", 2 * DAY), ("reopened", 5 * DAY)],
         "in_time", "overdue"),
        ([("by_administration", 2 * DAY), ("reopened", 5 * DAY), ("by_administration", 6 * DAY)],
         "in_time", "late"),
        ([("by_centre", DAY), ("reopened", 2 * DAY)], "overdue", "overdue"),
        # A second resolution is no news, nor is another handover.
        ([("by_administration", DAY), ("by_administration", 9 * DAY)], "in_time", "in_time"),
        ([("handed_over", 3 * DAY), ("feedback", 4 * DAY)], "late", "overdue"),
    ],
)  # fmt: skip
def test_feedback_and_resolution_are_two_clocks(
    told: list[tuple[str, timedelta]], feedback: str, done: str
) -> None:
    events = story(("handed_over", HOUR), *told)
    assert verdict(events, OPENED + 10 * DAY, "aterkoppling") == feedback
    assert verdict(events, OPENED + 10 * DAY, "klart") == done


def test_feedback_before_the_handover_stops_no_clock() -> None:
    events = story(("feedback", HOUR), ("handed_over", 2 * HOUR))
    assert verdict(events, OPENED + 4 * DAY, "aterkoppling") == "overdue"
    at_once = story(("feedback", HOUR), ("handed_over", HOUR))
    assert verdict(at_once, OPENED + 4 * DAY, "aterkoppling") == "in_time"


def test_nothing_is_handed_over_so_no_feedback_is_due() -> None:
    its = kept(story(("by_administration", HOUR)), OPENED + 4 * DAY, "aterkoppling")
    assert (its.decided, its.ratio, its.interval, its.late) == (0, None, None, None)


def test_the_breach_is_counted_when_the_due_time_passes_with_nothing_heard() -> None:
    cases = book(*story())
    assert kept(cases, DUE, "klart").decided == 0
    assert pending(cases, DUE, "klart") == Pending(1, 1, 0, None, None, 0)
    assert report(cases, DUE).overdue == ()
    after = report(cases, DUE + TICK)
    assert after.promises["klart"].promised.kept["today"].verdicts["overdue"] == 1
    assert after.promises["klart"].promised.pending == Pending(1, 0, 1, 1e-6, 1e-6, 0)
    (told, *_) = after.overdue
    assert (told.case, told.due, told.since) == ("a1", micros(DUE), micros(OPENED))
    assert told.tells == ("handläggare", "närmaste chef")


def test_due_soon_is_due_by_the_midnight_that_ends_the_day() -> None:
    cases = book(*story())  # a Thursday: two working days end with Monday
    ends = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # midnight in Luleå
    assert pending(cases, ends - DAY - TICK, "klart-2wd").due_soon == 0
    assert pending(cases, ends - DAY, "klart-2wd").due_soon == 1
    assert pending(cases, ends, "klart-2wd") == Pending(1, 1, 0, None, None, 0)
    assert pending(cases, ends + TICK, "klart-2wd") == Pending(1, 0, 1, 1e-6, 1e-6, 0)


def test_a_clock_runs_by_the_promise_of_the_day_it_starts_on() -> None:
    midnight = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # of 10 March in Luleå
    for opened, days in ((midnight - TICK, 3), (midnight, 4)):
        cases = book(case_event("opened", "a1", opened, opened))
        due = opened + days * DAY
        assert pending(cases, due, "klart").overdue == 0
        assert pending(cases, due + TICK, "klart").overdue == 1


def test_a_promise_is_told_of_while_it_holds_and_as_long_as_it_has_anything_to_count() -> None:
    ended = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
    assert "klart-2wd" in report([], ended).promises
    assert "klart-2wd" not in report([], ended + TICK).promises
    assert "klart-2wd" in report(story(), ended + TICK).promises
    done = story(("by_centre", HOUR))
    assert "klart-2wd" in report(done, ended + 5 * DAY).queues["arenden"].promises
    assert "klart-2wd" not in report(done, ended + 60 * DAY).queues["arenden"].promises


def test_what_can_have_no_due_time_is_undated_and_judged_by_nothing() -> None:
    """The inbox is open once, on 6 March; and nobody knows the holidays of 2004."""
    days = (OPENED, OPENED + DAY, OPENED + 2 * DAY, datetime(2004, 3, 5, 9, 0, tzinfo=UTC))
    cases = book(
        *(case_event("opened", f"a{number}", opened, opened) for number, opened in enumerate(days))
    )
    seldom = load_catalogue(SELDOM, "prov.yaml").municipalities["lulea"]
    now = micros(OPENED + 3 * DAY)
    windows = [window("7d", now, seldom.zone)]
    frame = cases.frame(needed_since(seldom, windows), now)
    its = evaluate_cases(seldom, frame, now, windows)
    promised = its.promises["klart"].promised
    assert (promised.pending.open, promised.pending.undated, promised.pending.overdue) == (4, 3, 1)
    # Of those that began in the window.
    assert (promised.kept["7d"].decided, promised.kept["7d"].undated) == (1, 2)
    assert [told.case for told in its.overdue] == ["a0"]


def test_how_late_is_of_the_late_and_of_the_overdue_by_now() -> None:
    events = [
        *story(("by_centre", 3 * DAY + 10 * timedelta(seconds=1)), case="a1"),
        *story(("by_centre", 3 * DAY + 20 * timedelta(seconds=1)), case="a2"),
        *story(("by_centre", 3 * DAY), case="a3"),
        *story(case="a4"),
    ]
    its = kept(events, DUE + timedelta(seconds=60), "klart")
    assert its.verdicts == {"in_time": 1, "late": 2, "overdue": 1, "withdrawn": 0}
    assert its.late is not None
    assert (its.late.count, its.late.mean, its.late.maximum) == (3, 30.0, 60.0)
    assert its.late.percentiles == {50: 20.0, 90: 60.0}
    assert its.ratio == 1 / 4


# Administrations.


def test_a_late_case_that_is_handed_on_stays_on_the_record_of_who_was_late() -> None:
    events = [
        *story(("handed_over", HOUR)),
        case_event("handed_over", "a1", OPENED + 5 * DAY, OPENED, administration="skola"),
    ]
    now = OPENED + 6 * DAY
    its = report(events, now).promises["aterkoppling"]
    assert {name: at.overdue for name, at in its.pending_at.items()} == {"teknik": 0, "skola": 1}
    assert {name: at.decided for name, at in its.kept_at["7d"].items()} == {
        "teknik": 1,
        "skola": 0,
    }
    assert {told.administration for told in report(events, now).overdue} == {"skola"}
    before = report(events, OPENED + 5 * DAY).promises["aterkoppling"]
    assert before.pending_at["teknik"].overdue == 1


def test_handed_on_at_the_due_instant_is_handed_on_in_time() -> None:
    due = HOUR + 3 * DAY
    for after, had_it in ((due, "skola"), (due + TICK, "teknik")):
        events = [
            *story(("handed_over", HOUR)),
            case_event("handed_over", "a1", OPENED + after, OPENED, administration="skola"),
        ]
        its = report(events, OPENED + 6 * DAY).promises["aterkoppling"].kept_at["7d"]
        assert [name for name, at in its.items() if at.decided] == [had_it]


def test_administrations_that_the_catalogue_lacks_are_one_and_none_is_another() -> None:
    events = [
        *story(("handed_over", HOUR), case="a1", administration="okand-1"),
        *story(("handed_over", HOUR), case="a2", administration="okand-2"),
        case_event("handed_over", "a2", OPENED + DAY, OPENED, administration="okand-1"),
        *story(case="a3"),
    ]
    its = report(events, DUE + DAY)
    assert its.opened["7d"].handed_over_to == {"teknik": 0, "skola": 0, UNKNOWN_ADMINISTRATION: 2}
    assert its.opened["7d"].handed_over == 2
    running = its.promises["klart"].pending_at
    assert running[UNKNOWN_ADMINISTRATION].open == 2
    assert running[NOT_HANDED_OVER].open == 1
    assert NOT_HANDED_OVER not in its.promises["aterkoppling"].pending_at


def test_the_overdue_are_listed_by_when_they_were_due() -> None:
    def late(case: str, opened: datetime) -> CaseEvent:
        return case_event("opened", case, opened, opened)

    events = [late("b", OPENED), late("a", OPENED), late("c", OPENED - DAY)]
    its = [told for told in report(events, OPENED + 20 * DAY).overdue if told.target == "klart"]
    assert [told.case for told in its] == ["c", "a", "b"]


# Inboxes, channels and contacts.


def test_inboxes_are_shown_always_other_queues_if_they_have_cases_and_unknown_ones_as_one() -> (
    None
):
    assert set(report([], OPENED).queues) == {"arenden"}
    events = [
        case_event("opened", "a1", OPENED, OPENED, queue="kundcenter"),
        case_event("opened", "a2", OPENED, OPENED, queue="finns-inte"),
        case_event("opened", "a3", OPENED, OPENED, queue="inte-heller"),
    ]
    its = report(events, OPENED + HOUR).queues
    assert {queue: of.opened["today"].opened for queue, of in its.items()} == {
        "arenden": 0,
        "kundcenter": 1,
        UNKNOWN_QUEUE: 2,
    }
    done = [
        *events,
        *(
            case_event("by_centre", event.subject, OPENED, OPENED, queue=event.data.queue)
            for event in events
        ),
    ]
    assert set(report(done, OPENED + 60 * DAY).queues) == {"arenden"}


def test_the_channel_is_that_of_the_first_opened_and_not_known_before_it() -> None:
    events = [
        case_event("by_centre", "a1", OPENED, OPENED),
        case_event("opened", "a1", OPENED + HOUR, OPENED, channel="visit"),
        case_event("opened", "a1", OPENED + 2 * HOUR, OPENED, channel="phone"),
    ]
    cases = book(*events)
    for now, channel in ((OPENED + HOUR, "okänd kanal"), (OPENED + HOUR + TICK, "visit")):
        counted = report(cases, now).opened["today"].by_channel
        assert [name for name, count in counted.items() if count] == [channel]
    tied = [case_event("opened", "a1", OPENED, OPENED, channel=c) for c in ("visit", "phone")]
    assert report(tied, DUE).opened["7d"].by_channel["phone"] == 1


def test_contacts_are_counted_once_by_event_id_and_by_the_day_they_came() -> None:
    def again(id_: str, after: timedelta, channel: str) -> CaseEvent:
        return case_event("contacted", "a1", OPENED + after, OPENED, id_=id_, channel=channel)

    events = [*story(("by_centre", HOUR)), again("1", DAY, "email"), again("1", DAY, "email"),
              again("2", DAY, "visit"), again("2", 2 * DAY, "email")]  # fmt: skip
    its = report(events, OPENED + 3 * DAY)
    assert (its.opened["7d"].contacts, its.opened["7d"].contacts_per_case) == (3, 3.0)
    assert {c: n for c, n in its.contacts["7d"].items() if n} == {
        "phone": 1,
        "email": 1,
        "visit": 1,
    }
    assert report(events, OPENED + DAY).opened["7d"].contacts == 1
    # Also of a case that has been done for long.
    much_later = [*events, again("3", 100 * DAY, "chat")]
    assert report(much_later, OPENED + 100 * DAY + HOUR).contacts["today"]["chat"] == 1


def test_no_cases_have_no_contacts_per_case() -> None:
    assert report([], OPENED).opened["30d"].contacts_per_case is None


# Editions.


def test_the_latest_edition_counts_alone_once_it_is_stated() -> None:
    restated = OPENED + 20 * DAY
    events = [
        *story(("handed_over", HOUR), ("feedback", DAY)),
        case_event("opened", "a1", OPENED, OPENED, restated=restated),
        case_event("by_centre", "a1", OPENED + 2 * DAY, OPENED, restated=restated),
    ]
    cases = book(*events)
    before, after = report(cases, restated), report(cases, restated + TICK)
    assert (before.opened["30d"].handed_over, before.opened["30d"].solved_in_centre) == (1, 0)
    assert (after.opened["30d"].handed_over, after.opened["30d"].solved_in_centre) == (0, 1)


def test_opening_and_inbox_are_those_of_the_smallest() -> None:
    events = [
        case_event("by_centre", "a1", OPENED + HOUR, OPENED + HOUR, queue="arenden"),
        case_event("opened", "a1", OPENED, OPENED, queue="kundcenter"),
        case_event("contacted", "a1", OPENED, OPENED, queue="x", id_="1"),
    ]
    its = report(events, OPENED + DAY)
    assert its.opened["7d"].opened == 1
    assert its.opened["7d"].solved_in_centre == 1
    assert its.opened["7d"].contacts == 2
    assert its.queues["kundcenter"].opened["7d"].opened == 1


# The book.


def test_what_the_horizon_does_not_keep_is_refused_and_changes_nothing() -> None:
    now = OPENED + ITEM_HORIZON_DAYS * DAY
    edge = item_horizon(micros(now), LULEA.zone)
    first = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)  # that day's midnight in Luleå
    cases = Cases(edge)
    for opened, is_kept in ((first, True), (first - TICK, False)):
        event = case_event("opened", f"{opened}", opened, opened)
        assert cases.state(event, micros(opened)) is is_kept
    old = first - 100 * DAY
    for days, is_kept in ((RESTATED_DAYS - 1, True), (RESTATED_DAYS + 2, False)):
        event = case_event("opened", f"{days}", old, old, restated=now - days * DAY)
        assert cases.state(event, micros(old)) is is_kept
    assert len(cases) == 2
    cases.prune(item_horizon(micros(now + DAY), LULEA.zone))
    assert [key[0] for key in cases.facts()] == [f"{RESTATED_DAYS - 1}"]
    cases.prune(edge)  # it never moves back
    assert cases.horizon != edge


def test_a_frame_stays_as_it_is_while_events_are_folded() -> None:
    cases = book(*story())
    frame = cases.frame(0, micros(DUE))
    for event in story(("handed_over", HOUR), ("handed_over", 2 * HOUR), ("by_centre", DAY)):
        cases.state(event, micros(event.time))
    for event in story(case="a2"):
        cases.state(event, micros(event.time))
    windows = [window(name, micros(DUE), LULEA.zone) for name in ITEM_NAMES]
    its = evaluate_cases(LULEA, frame, micros(DUE), windows)
    assert (its.opened["7d"].opened, its.opened["7d"].decided) == (1, 0)


def test_a_frame_is_judged_at_its_own_instant_only() -> None:
    frame = book(*story()).frame(0, micros(DUE))
    with pytest.raises(ValueError, match="one instant"):
        evaluate_cases(LULEA, frame, micros(DUE) + 1, [])


def test_a_scrape_looks_at_what_is_open_or_recent_only_and_at_that_again_when_heard_of() -> None:
    old = [
        event
        for number in range(300)
        for event in story(("by_centre", HOUR), case=f"old-{number}")
    ]
    restated = story(("by_centre", HOUR), case="restated", restated=OPENED + DAY)
    cases = book(*old, *restated, *story(("by_centre", HOUR), ("reopened", DAY), case="reopened"),
                 *story(case="open"))  # fmt: skip
    now = OPENED + 200 * DAY
    recent = case_event("opened", "recent", now - DAY, now - DAY)
    assert cases.state(recent, micros(recent.time))
    since = needed_since(LULEA, [window(name, micros(now), LULEA.zone) for name in ITEM_NAMES])
    assert micros(now - 45 * DAY) < since < micros(now - 30 * DAY)
    for _ in range(2):
        assert set(cases.frame(since, micros(now)).cases.values()) == {
            "open",
            "reopened",
            "recent",
        }
        assert len(cases.frame(since, micros(now))) == 3
    assert len(cases._recent.candidates(since, len(cases))) == 3
    again = case_event("reopened", "old-7", now - HOUR, OPENED)
    assert cases.state(again, micros(again.time))
    assert set(cases.frame(since, micros(now)).cases.values()) >= {"old-7"}
    assert len(cases.frame(since - micros(OPENED), micros(now))) == 304  # an earlier since


def test_without_windows_only_open_cases_are_needed() -> None:
    assert needed_since(LULEA, []) == NEVER
    cases = book(*story(("by_centre", HOUR), case="a1"), *story(case="a2"))
    assert list(cases.frame(NEVER, micros(DUE)).cases.values()) == ["a2"]


def test_a_source_that_gives_all_its_cases_one_id_does_not_stop_the_fold() -> None:
    cases = Cases(ALL)
    for number in range(20_000):
        opened = OPENED + number * TICK
        cases.state(case_event("opened", "0", opened, opened, id_="x"), micros(opened))
    assert len(cases) == 20_000
    assert len(cases.frame(0, micros(DUE))) == 1


@settings(max_examples=40)
@given(case_logs(OPENED), st.randoms(use_true_random=False))
def test_order_and_repeats_make_no_difference(events: list[CaseEvent], chance: Any) -> None:
    heard = [*events, *events[: len(events) // 2]]
    chance.shuffle(heard)
    assert book(*heard).facts() == book(*events).facts()
