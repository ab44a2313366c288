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
from streams.domain.instants import NEVER, SECOND, micros
from streams.domain.phone.evaluation import (
    evaluate,
    evaluate_contacts,
    evaluate_phone,
    limits_on,
)
from streams.domain.phone.legs import Frame, Legs
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
