"""Which promises a queue is judged by, and which legs its figures need."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone import AS_USUAL, catalogue_of
from phone_reports import report
from strategies import NOON, logs

from streams.domain.catalogue import load_catalogue
from streams.domain.events import CallEvent
from streams.domain.instants import HOUR, NEVER, SECOND, micros
from streams.domain.phone.as_of import legs_as_of
from streams.domain.phone.by_queue import ByQueue
from streams.domain.phone.evaluation import (
    evaluate,
    evaluate_contacts,
    evaluate_phone,
    limits_on,
)
from streams.domain.phone.figures import Limit
from streams.domain.phone.legs import Frame, Legs
from streams.domain.phone.service_level import latest, service_levels
from streams.domain.windows import NAMES, Window, horizon, window
from streams.replay import fold

ZONE = ZoneInfo("Europe/Stockholm")
CATALOGUE = load_catalogue(
    """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla, targets: [gammalt, nytt]}
    teams: {alla: {name: Alla}}
    targets:
      gammalt:
        {name: G, measure: answered_within, limit_seconds: 15, goal: 0.9, source: 2014,
         valid_from: 2014-01-01, valid_to: 2018-01-26}
      nytt:
        {name: N, measure: answered_within, limit_seconds: 300, goal: 0.9, source: 2018,
         valid_from: 2018-01-26}
""".replace("source: 2014", 'source: "2014"').replace("source: 2018", 'source: "2018"'),
    "k.yaml",
)
LULEA = CATALOGUE.municipalities["lulea"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2018-01-25T23:59:59.999999", ["gammalt"]),
        ("2018-01-26T00:00:00", ["nytt"]),
        ("2018-01-26T00:30:00", ["nytt"]),  # in UTC it is still the day before
    ],
)
def test_a_promise_changes_at_local_midnight(at: str, expected: list[str]) -> None:
    instant = micros(datetime.fromisoformat(at).replace(tzinfo=ZONE))
    assert [limit.target for limit in limits_on(LULEA, "vaxel", instant)] == expected


def test_a_window_that_ends_as_a_promise_changes_is_judged_by_the_old_one() -> None:
    start, end = (micros(datetime(2018, 1, day, tzinfo=ZONE)) for day in (25, 26))
    legs, _ = fold(CATALOGUE, [], end, (start, end))
    (found,) = report(CATALOGUE, legs, end, "asked", (start, end)).values()
    assert list(found.figures["asked"].service_levels) == ["gammalt"]


def test_an_unknown_queue_is_judged_by_nothing() -> None:
    assert limits_on(LULEA, "finns-inte", micros(datetime(2018, 1, 1, tzinfo=UTC))) == []


def test_a_windows_length_is_in_microseconds() -> None:
    assert Window("x", 3, 10, rolling=False).length == 7


NOW = micros(NOON)
LONGEST = 300 * SECOND
"""The longest limit that is promised."""


def frame_of(events: Sequence[CallEvent]) -> Frame:
    legs = Legs(horizon(NOW, ZONE))
    for e in events:
        about = (e.subject, e.data.queue, micros(e.data.arrived_at), micros(e.time))
        legs.state(e.type, *about, e.data.caller, e.data.origin)
    return legs.frame()


def whole_contacts(frame: Frame, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Frame:
    """The frame with all legs of the contacts that have some among the rows."""
    kept = np.isin(frame.contact, frame.contact[rows])
    columns = {field.name: getattr(frame, field.name) for field in fields(frame)}
    return replace(
        frame,
        **{
            name: column[kept]
            for name, column in columns.items()
            if isinstance(column, np.ndarray)
        },
    )


@settings(max_examples=50)
@given(events=logs(NOON), names=st.sets(st.sampled_from(NAMES), min_size=1))
def test_no_leg_is_needed_but_of_contacts_with_one_of_the_window_or_one_that_may_wait(
    events: list[CallEvent], names: set[str]
) -> None:
    lulea = catalogue_of(AS_USUAL).municipalities["lulea"]
    windows = [window(name, NOW, ZONE) for name in sorted(names)]
    frame = frame_of(events)
    since = min(of.start for of in windows) - LONGEST
    waiting = np.minimum(frame.answered, frame.left) == NEVER
    cut = whole_contacts(frame, (frame.arrived >= since) | waiting)
    found, expected = (evaluate_phone(lulea, of, NOW, windows) for of in (cut, frame))
    for queue, report_ in found.queues.items():
        assert report_ == expected.queues[queue]
    assert found.contacts == expected.contacts


@settings(max_examples=20)
@given(events=logs(NOON))
def test_queues_and_contacts_are_the_same_alone_and_together(events: list[CallEvent]) -> None:
    lulea = catalogue_of(AS_USUAL).municipalities["lulea"]
    windows = [window(name, NOW, ZONE) for name in NAMES]
    frame = frame_of(events)
    together = evaluate_phone(lulea, frame, NOW, windows)
    assert evaluate(lulea, frame, NOW, windows) == together.queues
    assert evaluate_contacts(lulea, frame, NOW, windows) == together.contacts


def test_calls_that_are_said_to_go_on_to_a_mailbox_have_no_partner_to_ask() -> None:
    vaxel = replace(LULEA.queues["vaxel"], overflow_to="epost")
    mailbox = replace(vaxel, id="epost", kind="mailbox", overflow_to=None, targets=())
    lulea = replace(LULEA, queues={"vaxel": vaxel, "epost": mailbox})
    legs, now = Legs(0), 100 * SECOND
    legs.state("se.svarsgrad.call.overflowed.v1", "a", "vaxel", 0, 5 * SECOND)
    today = Window("today", 0, now, rolling=False)
    (of_queue,) = evaluate(lulea, legs.frame(), now, [today]).values()
    assert of_queue.figures["today"].counts["overflowed"] == 1
    assert of_queue.what_if == {}


def test_queues_are_counted_together_as_each_by_itself_by_limits_of_their_own() -> None:
    legs, now = Legs(0), 1_000 * SECOND
    for n, queue in enumerate(("a", "b", "c") * 4):
        arrived = (10 * n + 1) * SECOND
        legs.state("se.svarsgrad.call.abandoned.v1", f"c{n}", queue, arrived, arrived + n % 3)
        legs.state("se.svarsgrad.call.answered.v1", f"d{n}", queue, arrived, arrived + n * SECOND)
    standing = legs_as_of(legs.frame(), now)
    names = sorted(standing.rows, key=lambda name: standing.rows[name].start)
    bounds = np.array([0, *(standing.rows[name].stop for name in names)])
    limits = {
        "a": [Limit("of-all", 5)],
        "b": [],
        "c": [Limit("but-short", 3, exclude_short_abandons_seconds=1), Limit("long", 300)],
    }
    together = ByQueue(standing.legs, bounds)
    spans = (Window("1h", now - HOUR, now, rolling=True), Window("today", 0, now, rolling=False))
    for window_ in spans:
        asked = [limits[name] for name in names]
        levels = service_levels(together, window_, asked)
        lately = latest(together, window_, asked)
        for at, name in enumerate(names):
            alone = ByQueue.one(together.of(at))
            assert [levels[at]] == service_levels(alone, window_, [limits[name]])
            assert [lately[at]] == latest(alone, window_, [limits[name]])
            assert levels[at].keys() == {limit.target for limit in limits[name]}
    assert levels[names.index("a")]["of-all"].misses["abandoned_early"] == 4
    assert levels[names.index("c")]["but-short"].misses["abandoned_early"] == 0
