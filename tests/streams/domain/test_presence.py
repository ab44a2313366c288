"""What is said of people at work: kept in any order, held until midnight, and never flattered."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import NOON
from strategies_presence import heartbeat, presences, staffed

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, load_catalogue
from streams.domain.catalogue.fields import SLUG
from streams.domain.catalogue.review import PHONE
from streams.domain.catalogue.review import PHONE as PHONE_KINDS
from streams.domain.event_types import PresenceEvent
from streams.domain.instants import HOUR, MINUTE, SECOND, micros
from streams.domain.presence.evaluation import evaluate
from streams.domain.presence.figures import PresenceReport, Standing
from streams.domain.presence.heartbeats import UNKNOWN_SOURCE
from streams.domain.presence.statements import Presence
from streams.domain.windows import TODAY, Window, horizon, midnight, window

ZONE = ZoneInfo("Europe/Stockholm")
NOW = micros(NOON)
CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    hours:
      dagtid: {week: {mon-fri: "08:00-17:00"}}
      alltid: {week: {mon-sun: "00:00-24:00"}, holidays: open}
    teams: {alla: {name: Alla}}
    administrations:
      teknik: {name: Teknik, guideline_hours: dagtid}
      skola: {name: Skola, guideline_hours: dagtid}
      social: {name: Social, guideline_hours: dagtid}
    sources: {vaxelns: {name: Växelns, queues: [teknik, skola]}}
    promises: [oppet]
    targets:
      oppet:
        {name: Öppet, measure: open_as_promised, goal: 1.0, valid_from: 2014-01-01, source: x}
    queues:
      teknik:
        {name: T, kind: customer_centre, team: alla, promised_hours: dagtid,
        administration: teknik}
      teknik-2:
        {name: T, kind: switchboard, team: alla, promised_hours: dagtid, administration: teknik}
      skola:
        {name: S, kind: customer_centre, team: alla, promised_hours: alltid,
        administration: skola}
      social:
        {name: S, kind: customer_centre, team: alla, promised_hours: dagtid,
        administration: social}
      dygnet-runt: {name: D, kind: partner}
"""
LULEA = load_catalogue(CATALOGUE, "test.yaml").municipalities["lulea"]


def local(hour: int, minute: int = 0, *, day: int = 10, month: int = 3) -> datetime:
    """Tuesday 10 March 2026, if no other day is said."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def folded(events: Sequence[PresenceEvent], now: int) -> Presence:
    book = Presence(horizon(now, ZONE))
    for event in events:
        book.state(event, micros(event.time))
    return book


def reported(
    events: Sequence[PresenceEvent],
    now: datetime,
    arrived: Mapping[str, int] = MappingProxyType({}),
    of: Municipality = LULEA,
) -> PresenceReport:
    """What is said of today so far."""
    at = micros(now)
    return evaluate(of, folded(events, at).frame(at), window(TODAY, at, ZONE), arrived)


# What is kept.


@given(presences(NOON), st.data())
def test_what_is_said_in_any_order_and_number_is_the_same(
    events: list[PresenceEvent], data: st.DataObject
) -> None:
    repeated = data.draw(st.permutations(events * 2))
    assert folded(repeated, NOW).facts() == folded(events, NOW).facts()


@given(presences(NOON), st.integers(0, 3 * 24 * 60))
def test_a_book_that_ran_for_days_equals_one_made_this_second(
    events: list[PresenceEvent], minutes: int
) -> None:
    first = micros(NOON - timedelta(days=4))
    later = NOW + minutes * MINUTE
    ran = Presence(horizon(first, ZONE))
    for number, event in enumerate(sorted(events, key=lambda event: event.time)):
        ran.state(event, micros(event.time))
        if number % 3 == 2:
            ran.prune(horizon(micros(event.time), ZONE))
    ran.prune(horizon(later, ZONE))
    new = folded(events, later)
    assert ran.facts() == new.facts()
    assert ran.horizon == new.horizon
    assert len(ran) == len(new) == sum(len(its) for its in new.facts().values())


@pytest.mark.parametrize("event", [staffed("teknik", NOON, 1), heartbeat("vaxelns", NOON)])
def test_what_was_said_is_kept_exactly_until_the_horizon_passes_it(event: PresenceEvent) -> None:
    begins = midnight(local(0, day=9).date(), ZONE)
    assert horizon(NOW, ZONE) == begins
    book = Presence(begins)
    assert not book.state(event, begins - 1)
    assert not book.facts()
    assert Presence(begins).state(event, begins)
    book = Presence(begins - HOUR)
    assert book.state(event, begins)
    book.prune(begins)
    assert len(book) == 1
    book.prune(begins + 1)
    assert book.facts() == {}
    assert not book.state(event, begins)


def test_the_horizon_never_moves_back() -> None:
    book = folded([], NOW)
    book.prune(horizon(NOW, ZONE) - HOUR)
    assert book.horizon == horizon(NOW, ZONE)


def test_one_id_that_says_two_things_is_two_statements() -> None:
    events = [staffed("teknik", local(8), 3, "a"), staffed("teknik", local(9), 1, "a")]
    assert folded(events, NOW).facts() == {
        ("staffed", "teknik"): [(micros(local(8)), 3), (micros(local(9)), 1)]
    }


def test_a_statement_without_a_number_is_refused_not_folded() -> None:
    bare = heartbeat("teknik", NOON)
    event = msgspec.structs.replace(bare, type="se.svarsgrad.presence.staffed.v1")
    with pytest.raises(ValueError, match="says how many"):
        folded([event], NOW)


def test_a_frame_stays_as_it_is_while_more_is_said() -> None:
    book = folded([staffed("teknik", local(8), 3), heartbeat("vaxelns", local(8))], NOW)
    frame = book.frame(NOW)
    before = (dict(frame.staffed), dict(frame.last_heartbeat))
    for event in (staffed("teknik", local(9), 1), staffed("ny", local(8), 1)):
        book.state(event, micros(event.time))
    book.state(heartbeat("vaxelns", local(9)), micros(local(9)))
    book.prune(NOW)
    assert (dict(frame.staffed), dict(frame.last_heartbeat)) == before
    with pytest.raises(TypeError):
        frame.staffed["x"] = frame.staffed["teknik"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        frame.as_of = 0  # type: ignore[misc]


def test_only_what_was_said_before_now_counts() -> None:
    book = folded([staffed("teknik", NOON, 3), heartbeat("vaxelns", NOON)], NOW)
    assert not book.frame(NOW).staffed
    assert not book.frame(NOW).last_heartbeat
    later = book.frame(NOW + 1)
    assert later.staffed["teknik"].people == (3,)
    assert later.last_heartbeat == {"vaxelns": NOW}


# How many answer.


@pytest.mark.parametrize("order", [(2, 1), (1, 2), (1, 2, 1), (2, 1, 2)])
def test_of_two_statements_at_one_instant_the_one_with_fewer_people_counts(
    order: tuple[int, ...],
) -> None:
    events = [staffed("teknik", local(8), people, str(people)) for people in order]
    assert reported(events, NOON).queues["teknik"].people == 1


def test_a_statement_holds_until_the_next_of_the_same_queue() -> None:
    events = [
        staffed("teknik", local(8), 2),
        staffed("skola", local(9), 5),
        staffed("teknik", local(11), 1),
    ]
    report = reported(events, NOON)
    assert report.queues["teknik"].people == 1
    assert report.queues["teknik"].person_time == (3 * 2 + 1) * HOUR
    assert report.queues["skola"].person_time == 3 * 5 * HOUR


def test_people_go_home_at_midnight_and_are_stated_anew() -> None:
    events = [staffed("teknik", local(16), 2)]
    assert reported(events, local(23, 59)).queues["teknik"].people == 2
    for later in (local(0, day=11), local(9, day=11)):
        report = reported(events, later)
        assert report.queues["teknik"].people is None
        assert report.queues["teknik"].opening is None
        assert report.queues["teknik"].person_time is None


def test_one_stated_just_at_midnight_is_of_the_day_that_begins() -> None:
    at = local(0, day=11)
    report = reported([staffed("skola", at, 2)], at + timedelta(hours=1))
    assert report.queues["skola"].people == 2
    assert report.queues["skola"].person_time == 2 * HOUR


def test_a_stated_nobody_is_nobody_and_nothing_stated_is_no_value() -> None:
    report = reported([staffed("teknik", local(8), 0)], NOON)
    assert report.queues["teknik"].people == 0
    assert report.queues["teknik"].opening is not None
    assert report.queues["teknik"].opening.ratio == 0
    assert report.queues["skola"].people is None
    assert report.queues["skola"].opening is None


def test_queues_that_the_catalogue_does_not_have_are_one() -> None:
    events = [staffed("x", local(8), 2), staffed("y", local(10), 3), staffed("y", local(11), 1)]
    report = reported(events, NOON, {"teknik": 4})
    assert [key for key in report.queues if key not in LULEA.queues] == [UNKNOWN_QUEUE]
    assert report.queues[UNKNOWN_QUEUE].people == 3
    assert report.queues[UNKNOWN_QUEUE].person_time == (4 * 2 + 3 + 1) * HOUR
    assert report.calls_per_hour is None
    assert UNKNOWN_QUEUE not in reported([], NOON).queues


# Opening kept.


def test_opening_kept_is_the_promised_time_with_somebody_so_far() -> None:
    events = [
        staffed("teknik", local(7), 1),  # before it opens: not promised
        staffed("teknik", local(9), 0),
        staffed("teknik", local(9, 30), 4),  # four are no more open than one
    ]
    opening = reported(events, local(12)).queues["teknik"].opening
    assert opening is not None
    assert (opening.staffed, opening.promised) == (210 * MINUTE, 240 * MINUTE)
    assert opening.ratio == 0.875


def test_before_the_first_statement_of_a_day_nobody_is_counted() -> None:
    opening = reported([staffed("teknik", local(10), 1)], NOON).queues["teknik"].opening
    assert opening is not None
    assert opening.ratio == 0.5


def test_before_it_opens_nothing_is_kept_or_broken() -> None:
    report = reported([staffed("teknik", local(7), 1)], local(8))
    opening = report.queues["teknik"].opening
    assert opening is not None
    assert (opening.promised, opening.ratio) == (0, None)
    assert report.administrations["teknik"].standing is Standing.NOT_YET
    assert report.kept_ratio is None
    assert report.asked == 0
    later = reported([staffed("teknik", local(7), 1)], local(8) + timedelta(microseconds=1))
    assert later.administrations["teknik"].standing is Standing.KEPT


def test_a_queue_without_promised_hours_has_people_but_no_opening() -> None:
    staffing = reported([staffed("dygnet-runt", local(8), 1)], NOON).queues["dygnet-runt"]
    assert staffing.people == 1
    assert staffing.opening is None


@pytest.mark.parametrize(("day", "month", "hours"), [(29, 3, 22), (25, 10, 24), (26, 10, 23)])
def test_a_day_has_as_much_promised_time_as_it_really_has(
    day: int, month: int, hours: int
) -> None:
    """Until 23.00 on the wall; of 23, 25 and 24 hours' days."""
    begins, now = local(0, day=day, month=month), local(23, day=day, month=month)
    opening = reported([staffed("skola", begins, 1)], now).queues["skola"].opening
    assert opening is not None
    assert opening.promised == opening.staffed == hours * HOUR


def test_days_of_which_nothing_is_stated_are_no_part_of_a_longer_span() -> None:
    events = [staffed("teknik", local(8), 2)]
    span = Window("asked", micros(local(0, day=9)), micros(local(0, day=11)), rolling=False)
    at = micros(local(9, day=11))
    book = Presence(horizon(span.start, ZONE))
    book.state(events[0], micros(events[0].time))
    report = evaluate(LULEA, book.frame(at), span, {})
    opening = report.queues["teknik"].opening
    assert opening is not None
    assert opening.staffed == opening.promised == 9 * HOUR
    assert report.queues["teknik"].person_time == 2 * 16 * HOUR
    # An administration that was silent for a day has not kept all of it, nor broken any.
    its = report.administrations["teknik"]
    assert its.standing is Standing.UNREPORTED
    assert its.opening is not None
    assert its.opening.ratio == 1
    assert report.kept_ratio is None


def test_a_span_that_ends_at_midnight_has_no_part_of_the_next_day() -> None:
    yesterday = Window("asked", micros(local(0, day=9)), micros(local(0)), rolling=False)
    frame = folded([staffed("teknik", local(8), 2)], NOW).frame(NOW)
    staffing = evaluate(LULEA, frame, yesterday, {}).queues["teknik"]
    assert staffing.person_time is None
    assert staffing.opening is None


def test_an_empty_span_has_no_figures() -> None:
    frame = folded([staffed("teknik", local(8), 2)], NOW).frame(NOW)
    report = evaluate(LULEA, frame, Window("asked", NOW, NOW, rolling=False), {})
    assert report.queues["teknik"].person_time is None
    assert report.queues["teknik"].opening is None


# Administrations.


def test_an_administration_is_open_while_any_of_its_queues_is() -> None:
    events = [
        staffed("teknik", local(8), 1),
        staffed("teknik-2", local(9, 30), 1),
        staffed("teknik", local(10), 0),
    ]
    report = reported(events, NOON)
    its = report.administrations["teknik"]
    assert its.opening is not None
    assert its.opening.ratio == 1
    assert its.standing is Standing.KEPT
    assert report.queues["teknik"].opening is not None
    assert report.queues["teknik"].opening.ratio == 0.5


def test_a_shift_inside_another_queues_shift_takes_nothing_from_it() -> None:
    events = [
        staffed("teknik", local(8), 1),
        staffed("teknik-2", local(9), 1),
        staffed("teknik-2", local(10), 0),
    ]
    assert reported(events, NOON).administrations["teknik"].standing is Standing.KEPT


@pytest.mark.parametrize(
    ("spare", "standing"), [(0, Standing.KEPT), (1, Standing.BROKEN), (-1, Standing.KEPT)]
)
def test_a_minute_in_all_with_nobody_breaks_nothing_and_a_microsecond_more_does(
    spare: int, standing: Standing
) -> None:
    gap = local(10)
    events = [
        staffed("teknik", local(8) + timedelta(seconds=20), 1),
        staffed("teknik", gap, 0),
        staffed("teknik", gap + timedelta(seconds=40, microseconds=spare), 1),
    ]
    its = reported(events, NOON).administrations["teknik"]
    assert its.opening is not None
    assert its.opening.unstaffed == MINUTE + spare  # the ratio stays exact
    assert its.opening.ratio == its.opening.staffed / (4 * HOUR) < 1
    assert its.standing is standing


LATE = timedelta(seconds=40)


@pytest.mark.parametrize(
    ("monday", "tuesday", "standing"),
    [
        (LATE, LATE, Standing.KEPT),  # a minute for each day, not for both
        (2 * LATE, timedelta(0), Standing.BROKEN),
        (timedelta(0), None, Standing.UNREPORTED),
        (2 * LATE, None, Standing.BROKEN),  # what it reported it did not keep
        (None, None, Standing.UNREPORTED),
    ],
)
def test_over_several_days_each_is_kept_and_one_not_reported_leaves_it_open(
    monday: timedelta | None, tuesday: timedelta | None, standing: Standing
) -> None:
    events = [
        staffed("teknik", local(8, day=day) + late, 1)
        for day, late in ((9, monday), (10, tuesday))
        if late is not None
    ]
    span = Window("asked", micros(local(0, day=8)), micros(local(0, day=11)), rolling=False)
    frame = folded(events, micros(local(9))).frame(micros(local(0, day=11)))
    report = evaluate(LULEA, frame, span, {})  # Sunday has no time of it, so nothing is missed
    assert report.administrations["teknik"].standing is standing


def test_one_that_does_not_report_is_named_and_has_not_kept_it() -> None:
    events = [staffed("teknik", local(8), 1), staffed("skola", local(9), 1)]
    report = reported(events, NOON)
    assert report.standing(Standing.KEPT) == ["teknik"]
    assert report.standing(Standing.BROKEN) == ["skola"]
    assert report.standing(Standing.UNREPORTED) == ["social"]
    assert report.asked == 3
    assert report.kept_ratio == 1 / 3
    assert report.keeps("oppet") is False
    low, high = report.kept_interval or (0, 0)
    assert 0 < low < 1 / 3 < high < 1


def test_where_none_reports_there_is_no_value() -> None:
    report = reported([], NOON)
    assert report.standing(Standing.UNREPORTED) == ["teknik", "skola", "social"]
    assert report.kept_ratio is None
    assert report.kept_interval is None
    assert report.keeps("oppet") is None


def test_a_promise_is_kept_from_its_goal_on() -> None:
    everywhere = [staffed(queue, local(8), 1) for queue in ("teknik", "skola", "social")]
    assert reported(everywhere, NOON).keeps("oppet") is True
    assert reported(everywhere[:2], NOON).keeps("oppet") is False


def test_the_telephone_kinds_are_those_that_the_catalogue_lets_promise_answers() -> None:
    assert PHONE_KINDS == PHONE


# Calls per staffed hour.


def test_calls_per_staffed_hour_are_todays_calls_for_each_persons_hour() -> None:
    events = [staffed("teknik", local(7), 2), staffed("skola", local(11), 3)]
    report = reported(events, NOON, {"teknik": 30, "skola": 18, "social": 99})
    assert report.queues["teknik"].calls_per_hour == 3  # 07 to 12, also before it opened
    assert report.queues["skola"].calls_per_hour == 6
    assert report.queues["social"].calls_per_hour is None
    assert report.calls_per_hour == 48 / 13  # of all calls and hours, no mean of 3 and 6


def test_a_queue_that_one_person_answers_has_no_such_figure_but_counts_together() -> None:
    alone = [staffed("teknik", local(8), 1), staffed("skola", local(8), 2)]
    calls = {"teknik": 40, "skola": 8}
    report = reported(alone, NOON, calls)
    assert report.queues["teknik"].calls_per_hour is None
    assert report.queues["teknik"].most_people == 1
    assert report.queues["teknik"].person_time == 4 * HOUR
    assert report.queues["skola"].calls_per_hour == 1
    assert report.calls_per_hour == 48 / 12
    with_help = [*alone, staffed("teknik", local(9), 2), staffed("teknik", local(10), 1)]
    later = reported(with_help, NOON, calls).queues["teknik"]
    assert (later.most_people, later.calls_per_hour) == (2, 8.0)
    # One after another is still one at a time.
    turns = [*alone, staffed("teknik", local(9), 0), staffed("teknik", local(10), 1)]
    assert reported(turns, NOON, calls).queues["teknik"].calls_per_hour is None


def test_one_person_a_day_is_one_at_a_time_over_several_days_too() -> None:
    events = [staffed("teknik", local(8, day=day), 1) for day in (9, 10)]
    span = Window("asked", micros(local(0, day=9)), micros(local(0, day=11)), rolling=False)
    frame = folded(events, NOW).frame(micros(local(0, day=11)))
    its = evaluate(LULEA, frame, span, {"teknik": 40}).queues["teknik"]
    assert (its.most_people, its.person_time) == (1, 32 * HOUR)
    assert its.calls_per_hour is None


def test_one_person_in_one_of_all_queues_is_no_pooled_figure_two_are() -> None:
    one, two = staffed("teknik", local(8), 1), staffed("skola", local(8), 1)
    calls = {"teknik": 40, "skola": 8}
    assert reported([one, staffed("skola", local(8), 0)], NOON, calls).calls_per_hour is None
    assert reported([one, two], NOON, calls).calls_per_hour == 6


def test_no_staffed_hour_is_no_value_and_its_calls_still_count_together() -> None:
    events = [staffed("teknik", local(8), 0), staffed("skola", local(8), 2)]
    report = reported(events, NOON, {"teknik": 10, "skola": 10})
    assert report.queues["teknik"].calls_per_hour is None
    assert report.calls_per_hour == 2.5
    assert reported(events[:1], NOON, {"teknik": 10}).calls_per_hour is None


def test_a_queue_without_calls_is_no_part_of_it() -> None:
    events = [staffed("teknik", local(8), 2), staffed("skola", local(8), 2)]
    report = reported(events, NOON, {"skola": 0})
    assert report.queues["teknik"].calls_per_hour is None
    assert report.queues["skola"].calls_per_hour == 0
    assert report.calls_per_hour == 0


# Sources.


def silent_after(age: timedelta | None, **more: timedelta) -> dict[str, Any]:
    ages = {**({} if age is None else {"vaxelns": age}), **more}
    return dict(reported([heartbeat(s, NOON - age) for s, age in ages.items()], NOON).silent)


def test_a_source_is_silent_when_more_than_ninety_seconds_have_passed() -> None:
    exactly = timedelta(seconds=90)
    assert silent_after(exactly) == {"teknik": (), "skola": ()}
    longer = exactly + timedelta(microseconds=1)
    assert silent_after(longer) == {"teknik": ("vaxelns",), "skola": ("vaxelns",)}


def test_a_queue_whose_source_was_never_heard_is_not_watched() -> None:
    assert silent_after(None) == {}
    assert silent_after(None, vems=timedelta(0, 1)) == {}
    assert silent_after(timedelta(days=3)) == {}


def test_one_source_that_is_heard_makes_the_others_expected() -> None:
    text = CATALOGUE.replace(
        "sources: {", "sources: {schemat: {name: Schemat, queues: [skola, social]}, "
    )
    two = load_catalogue(text, "test.yaml").municipalities["lulea"]
    report = reported([heartbeat("vaxelns", local(11, 59))], NOON, of=two)
    assert report.silent == {"teknik": (), "skola": ("schemat",)}


def test_nothing_is_expected_of_a_source_that_is_read_from_files() -> None:
    """As a partner's report, of a queue that the exchange tells of too."""
    text = CATALOGUE.replace(
        "sources: {",
        "sources: {listan: {name: Listan, queues: [skola], calls_file: {queue: skola, "
        "arrived: Kom, answered: Svar, unanswered: abandoned}}, ",
    )
    its = load_catalogue(text, "test.yaml").municipalities["lulea"]
    alive = heartbeat("vaxelns", local(11, 59))
    assert reported([alive], NOON, of=its).silent == {"teknik": (), "skola": ()}
    once = heartbeat("listan", local(11, 50))
    assert reported([alive, once], NOON, of=its).silent["skola"] == ("listan",)


def test_the_age_of_the_last_heartbeat_is_told_to_the_microsecond() -> None:
    events = [
        heartbeat("vaxelns", NOON - timedelta(seconds=30)),
        heartbeat("vaxelns", NOON - timedelta(seconds=1, microseconds=1)),
        heartbeat("vaxelns", NOON + timedelta(seconds=5)),
    ]
    since = reported(events, NOON).seconds_since_heartbeat
    assert since == {"vaxelns": (SECOND + 1) / SECOND}
    assert reported([], NOON).seconds_since_heartbeat == {"vaxelns": None}


def test_sources_that_the_catalogue_does_not_have_are_one() -> None:
    events = [heartbeat("x", local(11)), heartbeat("y", local(11, 30))]
    since = reported(events, NOON).seconds_since_heartbeat
    assert since == {"vaxelns": None, UNKNOWN_SOURCE: 1800.0}
    assert not re.fullmatch(SLUG, UNKNOWN_SOURCE)


def test_very_many_statements_take_their_time_and_no_more() -> None:
    book = Presence(horizon(NOW, ZONE))
    begins = micros(local(0))
    for number in range(20_000):
        at = begins + number * SECOND
        book.state(staffed("teknik", datetime.fromtimestamp(at // SECOND, UTC), number % 3), at)
    at = begins + 20_000 * SECOND
    report = evaluate(LULEA, book.frame(at), window(TODAY, at, ZONE), {})
    assert report.queues["teknik"].person_time == 19_999 * SECOND
