"""Profiles are learnt from the calls of ordinary days, each counted once."""

from collections.abc import Iterator
from dataclasses import replace as changed
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from catalogues import catalogue
from msgspec.structs import replace

from streams.domain.arrivals import arrivals_of
from streams.domain.catalogue import Incident, load_catalogue
from streams.domain.event_types import CallEvent
from streams.domain.instants import micros
from streams.events_page import example

ZONE = ZoneInfo("Europe/Stockholm")
LULEA = load_catalogue(catalogue(["lulea"], "Europe/Stockholm"), "test").municipalities["lulea"]
MONDAY = date(2026, 3, 9)


def call(day: date, hour: int, number: int, **stated: object) -> CallEvent:
    like = example("se.svarsgrad.call.offered.v1")
    at = datetime.combine(day, time(hour, 7), ZONE).astimezone(UTC)
    data = replace(like.data, queue="vaxel", arrived_at=at, **stated)
    subject = f"{day}-{hour}-{number}"
    made = replace(like, id=subject, subject=subject, time=at, partitionkey="lulea", data=data)
    assert isinstance(made, CallEvent)
    return made


def days(number: int, calls: int = 4) -> Iterator[CallEvent]:
    """Yield so many calls at nine and half as many at three, on each of some days."""
    for n in range(number):
        for k in range(calls):
            yield call(MONDAY + timedelta(days=n), 9, k)
        for k in range(calls // 2):
            yield call(MONDAY + timedelta(days=n), 15, k)


def test_each_call_is_counted_once_whatever_is_told_of_it_and_how_often() -> None:
    events = [*days(30)]
    answers = [
        replace(event, id=f"{event.id}-a", type="se.svarsgrad.call.answered.v1")
        for event in events
    ]
    others = [replace(event, partitionkey="boden") for event in events]
    inside = [call(MONDAY + timedelta(days=n), 11, 0, origin="internal") for n in range(30)]
    found = arrivals_of([LULEA], [*events, *answers, *others, *inside, *events])["lulea"]
    profile = found.profiles()["vaxel"]
    tuesday = profile.week[1]
    assert sum(tuesday) == pytest.approx(6)
    assert tuesday[36] == pytest.approx(4)
    assert tuesday[60] == pytest.approx(2)
    assert set(found.profiles()) == {"vaxel"}, "of the others nothing is known"


def test_the_first_and_the_last_day_and_days_of_incidents_are_not_learnt_from() -> None:
    crisis = MONDAY + timedelta(days=8)
    many = [call(day, 9, 100 + k) for day in (MONDAY, crisis) for k in range(900)]
    begins = micros(datetime.combine(crisis, time(10), ZONE))
    incident = Incident(name="h", begins=begins, ends=begins + 1, queues=("vaxel",))
    touched = changed(LULEA, incidents=(incident,))
    elsewhere = changed(LULEA, incidents=(changed(incident, queues=("kundtjanst",)),))
    events = [*days(9), *many]
    assert sum(arrivals_of([touched], events)["lulea"].profiles()["vaxel"].week[0]) == 6
    events += days(16)
    (with_one,) = (arrivals_of([elsewhere], events)["lulea"].profiles()["vaxel"],)
    assert sum(with_one.week[1]) > 6, "of two Tuesdays one is of the crisis"
    assert sum(arrivals_of([touched], events)["lulea"].profiles()["vaxel"].week[1]) == 6


def test_of_two_days_nothing_is_learnt() -> None:
    assert arrivals_of([LULEA], days(2))["lulea"].profiles() == {}
    assert arrivals_of([LULEA], [])["lulea"].profiles() == {}
