"""What the book of cases keeps, and what a frame of it shows: claims at the edges."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from strategies_cases import OPENED, TICK, case_event, story

from streams.domain.cases.book import Cases
from streams.domain.cases.due import needed_since
from streams.domain.cases.evaluation import evaluate_cases
from streams.domain.cases.figures import CasesReport
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import CaseEvent
from streams.domain.instants import NEVER, micros
from streams.domain.windows import ITEM_NAMES, ItemHorizon, Window, item_horizon, window

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
      arenden: {name: Ärenden, kind: cases, targets: [aterkoppling, klart-2wd]}
      kundcenter: {name: Kundcenter, kind: customer_centre, team: kundcenter}
    targets:
      aterkoppling: {name: Återkoppling inom tre dagar, measure: feedback_within, limit: 3d,
        valid_from: 2014-01-01, source: Prov}
      klart-2wd: {name: Klart på två arbetsdagar, measure: resolved_within, limit: 2wd,
        valid_from: 2014-01-01, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]
ALL = ItemHorizon(-NEVER, -NEVER)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = OPENED + 200 * DAY


def book(events: Sequence[CaseEvent], horizon: ItemHorizon = ALL) -> Cases:
    cases = Cases(horizon)
    for event in events:
        cases.state(event, micros(event.time))
    return cases


def windows(now: datetime) -> list[Window]:
    return [window(name, micros(now), LULEA.zone) for name in ITEM_NAMES]


def report(cases: Cases | Sequence[CaseEvent], now: datetime) -> CasesReport:
    its = cases if isinstance(cases, Cases) else book(cases)
    frame = its.frame(needed_since(LULEA, windows(now)), micros(now))
    return evaluate_cases(LULEA, frame, micros(now), windows(now))


# What has happened by now.


def test_what_happens_at_the_very_instant_is_yet_to_happen() -> None:
    cases = book(story(("by_centre", HOUR)))
    assert len(cases.frame(0, micros(OPENED))) == 0
    assert len(cases.frame(0, micros(OPENED + TICK))) == 1
    assert len(cases.frame(0, micros(OPENED + HOUR)).cases) == 1
    assert len(cases.frame(0, micros(OPENED + HOUR + TICK)).cases) == 0


def test_an_odd_case_begins_when_it_is_opened_and_its_edition_stated() -> None:
    cases = book(story(restated=OPENED - DAY))
    assert len(cases.frame(0, micros(OPENED))) == 0
    assert len(cases.frame(0, micros(OPENED + TICK))) == 1
    cases = book(story(restated=OPENED + DAY))
    assert len(cases.frame(0, micros(OPENED + DAY))) == 0
    assert len(cases.frame(0, micros(OPENED + DAY + TICK))) == 1


@pytest.mark.parametrize("is_odd", [False, True])
@pytest.mark.parametrize("with_windows", [True, False])
@pytest.mark.parametrize("what", ["reopened", "handed_over", "restated", "contacted", "opened"])
def test_what_is_stated_of_the_near_future_is_seen_when_its_time_comes(
    what: str, with_windows: bool, is_odd: bool
) -> None:
    """Though nothing more is heard of it, and it was done and old when last looked at."""
    soon = LATER + timedelta(minutes=10)
    events = story(("by_centre", HOUR))
    if is_odd:
        events += story(("reopened", 2 * HOUR), ("by_centre", 3 * HOUR))[1:]
    if what == "restated":
        events.append(case_event("opened", "a1", OPENED, OPENED, restated=soon))
    elif what == "opened":
        events.append(case_event("opened", "a2", soon, soon))
    else:
        events.append(case_event(what, "a1", soon, OPENED, channel="chat", id_="soon"))
    cases = book(events)
    after = soon + timedelta(minutes=1)
    since = needed_since(LULEA, windows(LATER)) if with_windows else NEVER
    for now in (LATER, LATER + TICK):
        assert not cases.frame(since, micros(now)).cases
    if what == "contacted":
        if with_windows:
            assert report(cases, after).contacts["today"]["chat"] == 1
    else:
        assert len(cases.frame(since, micros(after)).cases) == 1


def test_the_past_can_be_asked_after_the_present() -> None:
    cases = book(story(("by_centre", HOUR)))
    since = micros(LATER)
    assert not cases.frame(since, micros(LATER)).cases
    assert len(cases.frame(since, micros(OPENED + HOUR)).cases) == 1


def test_what_happened_at_the_instant_since_which_is_asked_is_there() -> None:
    cases = book(story(("by_centre", HOUR)))
    last = micros(OPENED + HOUR)
    assert len(cases.frame(last, micros(LATER))) == 1
    assert len(cases.frame(last + 1, micros(LATER))) == 0


# Lives.


@pytest.mark.parametrize(
    "told",
    [
        [("by_administration", HOUR), ("handed_over", 2 * HOUR)],
        [("feedback", HOUR), ("handed_over", 2 * HOUR), ("handed_over", 3 * HOUR)],
    ],
)
def test_what_came_before_the_handover_is_no_feedback_on_it(
    told: list[tuple[str, timedelta]],
) -> None:
    now = OPENED + 4 * DAY
    assert report(story(*told), now).promises["aterkoppling"].promised.pending.overdue == 1


def test_of_two_handovers_at_one_instant_both_count_and_the_last_by_name_has_it() -> None:
    events = [
        *story(("handed_over", HOUR), administration="teknik"),
        case_event("handed_over", "a1", OPENED + HOUR, OPENED, administration="skola"),
    ]
    for heard in (events, events[::-1]):
        its = report(heard, OPENED + 2 * HOUR)
        assert its.opened["today"].handed_over_to == {"teknik": 1, "skola": 1}
        assert its.promises["aterkoppling"].pending_at["teknik"].open == 1


def test_feedback_at_the_instant_of_the_handover_is_that_administrations() -> None:
    its = report(story(("handed_over", HOUR), ("feedback", HOUR)), OPENED + 4 * DAY)
    assert its.promises["aterkoppling"].kept_at["7d"]["teknik"].decided == 1


def test_feedback_is_on_the_record_of_who_gave_it_though_it_was_handed_on_before_it_was_due() -> (
    None
):
    events = [
        *story(("handed_over", HOUR), ("feedback", 2 * HOUR)),
        case_event("handed_over", "a1", OPENED + DAY, OPENED, administration="skola"),
    ]
    its = report(events, OPENED + 4 * DAY).promises["aterkoppling"].kept_at["7d"]
    assert {name: kept.decided for name, kept in its.items()} == {"teknik": 1, "skola": 0}


def test_what_is_due_at_midnight_is_in_the_window_that_begins_then() -> None:
    due = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # midnight in Luleå, after two working days
    promised = report(story(), due + HOUR).promises["klart-2wd"].promised
    assert promised.kept["today"].verdicts["overdue"] == 1
    assert report(story(), due).promises["klart-2wd"].promised.kept["7d"].decided == 0


def test_any_queue_is_shown_while_a_case_in_it_is_open_however_old() -> None:
    old = story(queue="kundcenter")
    assert set(report(old, LATER).queues) == {"arenden", "kundcenter"}
    done = story(("by_centre", HOUR), queue="kundcenter")
    assert set(report(done, LATER).queues) == {"arenden"}


# Copies.


def test_copies_in_two_inboxes_are_two_rows_and_one_case() -> None:
    cases = book([*story(queue="arenden"), *story(queue="kundcenter")])
    assert {queue for *_, queue in cases.facts()} == {"arenden", "kundcenter"}
    assert len(cases) == 2
    assert len(cases.frame(0, micros(LATER))) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_copies_the_first_opened_and_the_first_contact_of_an_id_count(order: int) -> None:
    events = [
        case_event("opened", "a1", OPENED + HOUR, OPENED, queue="arenden", channel="visit"),
        case_event("opened", "a1", OPENED, OPENED, queue="kundcenter", channel="chat"),
        case_event("contacted", "a1", OPENED + 2 * DAY, OPENED, queue="arenden", id_="1"),
        case_event("contacted", "a1", OPENED + DAY, OPENED, queue="kundcenter", id_="1"),
    ][::order]
    its = report(events, OPENED + DAY + HOUR)
    assert its.opened["7d"].by_channel["chat"] == 1
    assert its.opened["7d"].contacts == 2


# Letting go.


def test_what_is_left_after_letting_go_is_what_a_new_book_has() -> None:
    """Editions, names, repeated facts and contacts of those that stay have new rows then."""
    old = OPENED - 500 * DAY
    restated = OPENED - DAY
    events = [
        case_event("opened", "gone", old, old, queue="finns-ej", administration="finns-ej"),
        case_event("handed_over", "gone", old, old, queue="finns-ej", administration="finns-ej"),
        case_event("opened", "both", old, old),
        case_event("opened", "long", old, old, restated=restated),
        case_event("by_centre", "long", old + DAY, old, restated=restated),
        case_event("reopened", "long", old + 2 * DAY, old, restated=restated),
        case_event("opened", "both", old, old, restated=restated),
        *story(("by_centre", HOUR), ("reopened", 2 * HOUR), case="again"),
        case_event("contacted", "again", OPENED + HOUR, OPENED, id_="1"),
        *story(("handed_over", HOUR), ("feedback", DAY), case="plain", administration="skola"),
        case_event("opened", "restated-too-long-ago", OPENED, OPENED, restated=OPENED - 70 * DAY),
    ]
    cases = book(events)
    horizon = item_horizon(micros(OPENED + 2 * DAY), LULEA.zone)
    cases.prune(horizon)
    rebuilt = book(events, horizon)
    assert cases.facts() == rebuilt.facts()
    assert len(cases) == len(rebuilt)
    assert "gone" not in {case for case, *_ in cases.facts()}
    kept = horizon.keeps(micros(OPENED), micros(OPENED - 70 * DAY))
    assert ("restated-too-long-ago" in {case for case, *_ in cases.facts()}) is kept
    for now in (restated, OPENED + 2 * DAY):
        assert report(cases, now) == report(rebuilt, now)
    # And it goes on as before.
    more = [*story(("reopened", 3 * DAY), case="plain"), case_event("feedback", "long", old, old)]
    for its in (cases, rebuilt):
        for event in more:
            its.state(event, micros(event.time))
    assert cases.facts() == rebuilt.facts()
    assert report(cases, LATER) == report(rebuilt, LATER)
