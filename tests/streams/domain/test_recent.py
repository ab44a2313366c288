"""A frame of what matters to some windows tells what all legs tell, and looks at no more."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone import HOURS, INCIDENTS, ZONE, How, catalogue_of
from strategies import NOON, call_events, logs

from streams.domain.catalogue import UNKNOWN_QUEUE, load_catalogue
from streams.domain.events import CALL_TYPES, CallEvent
from streams.domain.instants import HOUR, MINUTE, NEVER, SECOND, micros
from streams.domain.phone.evaluation import evaluate_phone, needed_since
from streams.domain.phone.legs import Frame, Legs
from streams.domain.phone.recent import Recent
from streams.domain.windows import NAMES, Window, horizon, midnight, window

NOW = micros(NOON)
LULEA = catalogue_of(How()).municipalities["lulea"]
LONGEST = 300 * SECOND
"""The longest limit that is promised there."""
TYPES = {what: type_ for type_, what in CALL_TYPES.items()}
STEPS = (0, 1, 59, 300, 900, 3_600, 20 * 3_600, -1, -900, -90_000)
"""Seconds by which now moves from one look to the next."""


def state(legs: Legs, events: Iterable[CallEvent]) -> None:
    for e in events:
        about = (e.subject, e.data.queue, micros(e.data.arrived_at), micros(e.time))
        legs.state(e.type, *about, e.data.caller, e.data.origin)


def leg(legs: Legs, contact: str, arrived: int, wait: int | None, how: str = "answered") -> None:
    """State that a leg arrived, and how its wait ended after so many microseconds."""
    legs.state(TYPES["offered"], contact, "vaxel", arrived, arrived)
    if wait is not None:
        legs.state(TYPES[how], contact, "vaxel", arrived, arrived + wait)


def columns(frame: Frame) -> dict[str, Any]:
    found = {field.name: getattr(frame, field.name) for field in fields(frame)}
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in found.items()
    }


@settings(max_examples=150)
@given(
    events=logs(NOON),
    others=st.lists(call_events(NOON - timedelta(hours=20)), max_size=12),
    how=st.builds(
        How, hours=st.sampled_from(sorted(HOURS)), incidents=st.sampled_from(sorted(INCIDENTS))
    ),
    data=st.data(),
)
def test_a_frame_of_what_matters_gives_the_figures_of_all_legs_as_time_goes_on(
    events: list[CallEvent], others: list[CallEvent], how: How, data: st.DataObject
) -> None:
    lulea = catalogue_of(how).municipalities["lulea"]
    left = data.draw(st.permutations([*events, *others]))
    now = NOW + data.draw(st.sampled_from([-60, 0, 1_000])) * SECOND
    legs = Legs(horizon(now - 2 * 24 * HOUR, ZONE))
    for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=5)):
        part = data.draw(st.integers(0, len(left)))
        state(legs, left[:part])
        left = left[part:]
        now += step * SECOND
        if data.draw(st.booleans()):
            legs.prune(horizon(now, ZONE))
        names = data.draw(st.sets(st.sampled_from(NAMES), min_size=1))
        windows = [window(name, now, ZONE) for name in sorted(names)]
        frame = legs.recent(needed_since(lulea, windows), now)
        assert evaluate_phone(lulea, frame, now, windows) == evaluate_phone(
            lulea, legs.frame(), now, windows
        )
        assert (frame.contact <= np.arange(len(frame.contact))).all()


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("extra", [1, 100, 2_000])
def test_legs_outside_the_windows_are_not_looked_at(extra: int, *, late: bool) -> None:
    def of_yesterday(legs: Legs, count: int) -> None:
        for n in range(count):
            leg(legs, f"y{n}", NOW - 24 * HOUR + n * SECOND, 20 * SECOND)

    windows = [window(name, NOW, ZONE) for name in NAMES]
    since = needed_since(LULEA, windows)
    alone, beside = (Legs(horizon(NOW, ZONE)) for _ in range(2))
    if not late:
        of_yesterday(beside, extra)
    for legs in (alone, beside):
        for n in range(50):
            leg(legs, f"t{n}", NOW - 2 * HOUR + n * MINUTE, 10 * SECOND)
    if late:
        of_yesterday(beside, extra)
    assert len(beside) == 50 + extra
    frame, same = alone.recent(since, NOW), beside.recent(since, NOW)
    assert columns(replace(same, earliest=frame.earliest)) == columns(frame)
    assert len(frame.arrived) == 50
    assert evaluate_phone(LULEA, same, NOW, windows) == evaluate_phone(LULEA, frame, NOW, windows)


def test_each_row_is_looked_at_once_however_often_it_is_asked() -> None:
    looked_at = 0

    def waits(rows: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        nonlocal looked_at
        looked_at += len(rows)
        return rows % 100 == 0

    arrived, recent = np.arange(10_000), Recent()
    for since in range(0, 9_000, 10):
        rows = recent.rows(arrived, since, since, waits)
        waiting = np.arange(0, since, 100)
        assert rows.tolist() == [*waiting.tolist(), *range(since, 10_000)]
    set_aside = sum(range(91)) * 10  # of every hundred one waits, and it is asked ten times
    assert looked_at <= 10_000 + set_aside


@pytest.mark.parametrize("how", ["answered", "abandoned", "callback_requested"])
def test_a_leg_waits_in_the_frame_until_its_wait_has_ended_and_not_a_moment_longer(
    how: str,
) -> None:
    legs = Legs(horizon(NOW, ZONE))
    leg(legs, "old", NOW - 20 * HOUR, 20 * HOUR + 10, how)  # just after now
    leg(legs, "new", NOW - MINUTE, SECOND)
    windows = [window(name, NOW, ZONE) for name in NAMES]
    since = needed_since(LULEA, windows)
    told = [len(legs.recent(since, NOW + after).arrived) for after in (0, 10, 11, 11, 10, 12)]
    assert told == [2, 2, 1, 1, 2, 1]
    found = evaluate_phone(LULEA, legs.recent(since, NOW), NOW, windows)
    assert found.queues["vaxel"].now.longest_wait_seconds == 20 * 3600


def test_a_late_fact_ends_the_wait_of_a_leg_that_was_set_aside() -> None:
    legs = Legs(horizon(NOW, ZONE))
    leg(legs, "old", NOW - 20 * HOUR, None)
    leg(legs, "new", NOW - MINUTE, None)
    assert len(legs.recent(NOW - HOUR, NOW).arrived) == 2
    at = NOW - 20 * HOUR
    legs.state(TYPES["abandoned"], "old", "vaxel", at, at + SECOND)
    assert legs.recent(NOW - HOUR, NOW).arrived.tolist() == [NOW - MINUTE]


@pytest.mark.parametrize("times", [2, 31, 32, 33, 200])
def test_a_contact_is_whole_in_the_frame_however_many_legs_it_has(times: int) -> None:
    legs = Legs(horizon(NOW, ZONE))
    began = NOW - 20 * HOUR
    for n in range(times - 1):
        leg(legs, "again", began + n * SECOND, SECOND)
        leg(legs, f"other-{n}", began + n * SECOND, SECOND)
    leg(legs, "again", NOW - MINUTE, SECOND)
    leg(legs, "new", NOW, SECOND)
    frame = legs.recent(NOW - HOUR, NOW + MINUTE)
    assert frame.arrived.tolist() == [
        *(began + n * SECOND for n in range(times - 1)),
        *(NOW - MINUTE, NOW),
    ]
    assert frame.contact.tolist() == [0] * times + [times]


@given(
    events=st.lists(call_events(NOON), max_size=40),
    later=st.lists(call_events(NOON), max_size=10),
    hours=st.integers(0, 30),
)
def test_what_is_left_after_a_prune_is_what_would_have_been_kept_at_once(
    events: list[CallEvent], later: list[CallEvent], hours: int
) -> None:
    begins = NOW - hours * HOUR
    pruned, at_once = Legs(0), Legs(begins)
    state(pruned, events)
    pruned.prune(begins)
    state(at_once, events)
    for more in ([], events[::-1], later):
        for legs in (pruned, at_once):
            state(legs, more)
        assert pruned.facts() == at_once.facts()
        assert columns(pruned.frame()) == columns(at_once.frame())


def test_contacts_are_still_told_apart_after_a_prune() -> None:
    legs = Legs(0)
    leg(legs, "gone", NOW - HOUR, SECOND)
    leg(legs, "one", NOW, SECOND)
    leg(legs, "other", NOW + MINUTE, SECOND)
    legs.prune(NOW)
    leg(legs, "one", NOW + MINUTE, 2 * SECOND)
    kept = {(contact, arrived) for contact, _, arrived in legs.facts()}
    assert kept == {("one", NOW), ("other", NOW + MINUTE), ("one", NOW + MINUTE)}


@given(events=st.lists(call_events(NOON), max_size=40), hours=st.integers(0, 30))
def test_every_queue_that_was_called_is_known_with_its_first_arrival(
    events: list[CallEvent], hours: int
) -> None:
    legs = Legs(0)
    state(legs, events)
    legs.prune(NOW - hours * HOUR)
    frame = legs.recent(NEVER, NEVER)
    first: dict[str, int] = {}
    for _, queue, arrived in legs.facts():
        first[queue] = min(first.get(queue, NEVER), arrived)
    assert dict(zip(frame.queues, frame.earliest, strict=True)) == first


def test_an_unknown_queue_is_told_of_from_its_first_call_for_as_long_as_that_is_kept() -> None:
    legs = Legs(horizon(NOW, ZONE))
    legs.state(TYPES["offered"], "c", "finns-inte", NOW, NOW)
    legs.state(TYPES["abandoned"], "c", "finns-inte", NOW, NOW)
    for after, is_there in ((0, False), (1, True), (30 * HOUR, True)):
        now = NOW + after
        windows = [window("15m", now, ZONE)]
        frame = legs.recent(needed_since(LULEA, windows), now)
        told = evaluate_phone(LULEA, frame, now, windows).queues
        assert (UNKNOWN_QUEUE in told) == is_there


# How far back the windows reach.


def test_a_window_of_a_day_needs_what_arrived_in_it() -> None:
    today = window("today", NOW, ZONE)
    assert needed_since(LULEA, [today]) == today.start == midnight(NOON.date(), ZONE)
    assert needed_since(LULEA, [Window("asked", 70, 80, rolling=False)]) == 70


def test_a_rolling_window_needs_what_was_decided_in_it_by_the_longest_limit() -> None:
    spans = [window(name, NOW, ZONE) for name in ("15m", "1h")]
    assert needed_since(LULEA, spans[:1]) == NOW - 15 * MINUTE - LONGEST
    assert needed_since(LULEA, spans) == NOW - HOUR - LONGEST
    legs = Legs(horizon(NOW, ZONE))
    for n in range(2):  # the first is decided just as the window begins, the other before it
        leg(legs, f"c{n}", NOW - 15 * MINUTE - LONGEST - n, 2 * LONGEST)
    frame = legs.recent(needed_since(LULEA, spans[:1]), NOW)
    figures = evaluate_phone(LULEA, frame, NOW, spans[:1]).queues["vaxel"].figures["15m"]
    assert len(frame.arrived) == 1
    assert figures.service_levels["svar-5min"].decided == 1


def test_limits_of_other_measures_reach_no_further() -> None:
    text = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams: {alla: {name: Alla}}
    targets:
      medel:
        {name: M, measure: mean_wait, limit_seconds: 5000, valid_from: 2014-01-01, source: Prov}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, targets: [medel]}
"""
    lulea = load_catalogue(text, "k.yaml").municipalities["lulea"]
    assert needed_since(lulea, [window("15m", NOW, ZONE)]) == NOW - 15 * MINUTE
