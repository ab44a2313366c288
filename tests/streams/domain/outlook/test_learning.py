"""Profiles are learnt from the calls of ordinary days, each counted once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace as changed
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from catalogues import catalogue
from msgspec.structs import replace

from streams.domain.catalogue import Incident, Municipality, load_catalogue
from streams.domain.event_types import CallEvent
from streams.domain.instants import micros
from streams.domain.outlook.learning import LEAST_ABANDONED, clustering_of, profiles_of
from streams.domain.outlook.profile import Profile
from streams.domain.phone.figures import Share
from streams.domain.phone.legs import Legs
from streams.events_page import example

ZONE = ZoneInfo("Europe/Stockholm")
LULEA = load_catalogue(catalogue(["lulea"], "Europe/Stockholm"), "test").municipalities["lulea"]
MONDAY = date(2026, 3, 9)
LATER = micros(datetime(2026, 6, 1, tzinfo=UTC))


def call(day: date, hour: int, number: int, **stated: object) -> CallEvent:
    like = example("se.svarsgrad.call.offered.v1")
    at = datetime.combine(day, time(hour, 7), ZONE).astimezone(UTC)
    data = replace(like.data, **{"queue": "vaxel", "arrived_at": at, **stated})
    subject = f"{day}-{hour}-{number}"
    made = replace(like, id=subject, subject=subject, time=at, partitionkey="lulea", data=data)
    assert isinstance(made, CallEvent)
    return made


def then(event: CallEvent, what: str, seconds: float) -> CallEvent:
    """What becomes of a call, so many seconds after it arrived."""
    at = event.data.arrived_at + timedelta(seconds=seconds)
    return replace(event, id=f"{event.id}-{what}", type=f"se.svarsgrad.call.{what}.v1", time=at)


def days(number: int, calls: int = 4) -> Iterator[CallEvent]:
    """Yield so many calls at nine and half as many at three, on each of some days."""
    for n in range(number):
        for k in range(calls):
            yield call(MONDAY + timedelta(days=n), 9, k)
        for k in range(calls // 2):
            yield call(MONDAY + timedelta(days=n), 15, k)


def learnt(events: Sequence[CallEvent], municipality: Municipality = LULEA) -> dict[str, Profile]:
    legs = Legs(0)
    for event in events:
        data = event.data
        legs.state(
            event.type,
            event.subject,
            data.queue,
            micros(data.arrived_at),
            micros(event.time),
            data.caller,
            data.origin,
        )
    return profiles_of(municipality, legs.recent(0, LATER), LATER)


def test_each_call_is_counted_once_whatever_is_told_of_it_and_how_often() -> None:
    events = [*days(30)]
    answers = [then(event, "answered", 4) for event in events]
    inside = [call(MONDAY + timedelta(days=n), 11, 0, origin="internal") for n in range(30)]
    partner = [call(MONDAY + timedelta(days=n), 9, 50, queue="kalix-tele24") for n in range(30)]
    found = learnt([*events, *answers, *inside, *events, *partner])
    assert set(found) == {"vaxel"}, "of the others nothing is known, or others answer them"
    tuesday = found["vaxel"].week[1]
    assert found["vaxel"].days == 28
    assert sum(tuesday) == pytest.approx(6)
    assert tuesday[36] == pytest.approx(4)
    assert tuesday[60] == pytest.approx(2)


def test_the_first_and_the_last_day_and_days_of_incidents_are_not_learnt_from() -> None:
    crisis = MONDAY + timedelta(days=8)
    many = [call(day, 9, 100 + k) for day in (MONDAY, crisis) for k in range(900)]
    begins = micros(datetime.combine(crisis, time(10), ZONE))
    incident = Incident(name="h", begins=begins, ends=begins + 1, queues=("vaxel",))
    touched = changed(LULEA, incidents=(incident,))
    elsewhere = changed(LULEA, incidents=(changed(incident, queues=("kundtjanst",)),))
    events = [*days(9), *many]
    assert sum(learnt(events, touched)["vaxel"].week[0]) == 6
    events += days(16)
    assert sum(learnt(events, elsewhere)["vaxel"].week[1]) > 6, "one of two is of the crisis"
    assert sum(learnt(events, touched)["vaxel"].week[1]) == 6


def test_days_on_which_nobody_called_at_all_are_of_a_silent_source() -> None:
    silent = MONDAY + timedelta(days=4)
    events = [event for event in days(9) if event.data.arrived_at.date() != silent]
    assert learnt(events)["vaxel"].days == 6
    other = call(silent, 10, 0, queue="kundtjanst-skola")
    assert learnt([*events, other])["vaxel"].days == 7, "then nobody called this queue"


def test_of_two_days_nothing_is_learnt() -> None:
    assert learnt([*days(2)]) == {}
    assert learnt([]) == {}


def test_talks_and_patience_are_those_of_the_days_that_are_learnt_from() -> None:
    events = [*days(9, calls=8)]
    told = []
    for number, event in enumerate(events):
        if number % 2:
            told += [then(event, "answered", 10), then(event, "completed", 70)]
        else:
            told.append(then(event, "abandoned", 30))
    found = learnt([*events, *told])["vaxel"]
    assert found.talk_seconds == pytest.approx(60)
    assert found.patience_seconds == pytest.approx(10 + 30), "all wait, and half hang up"


def test_of_few_who_hung_up_nothing_is_learnt_of_patience() -> None:
    events = [*days(9, calls=8)]
    inner = [e for e in events if MONDAY < e.data.arrived_at.date() < MONDAY + timedelta(days=8)]
    left = [then(event, "abandoned", 30) for event in inner[:LEAST_ABANDONED]]
    waits = [then(event, "answered", 30) for event in inner[LEAST_ABANDONED:]]
    assert learnt([*events, *left[1:], *waits])["vaxel"].patience_seconds is None
    found = learnt([*events, *left, *waits])["vaxel"]
    assert found.talk_seconds is None
    assert found.patience_seconds == pytest.approx(30 * len(inner) / LEAST_ABANDONED)


def test_the_service_levels_of_the_last_ten_days_are_learnt() -> None:
    events = []
    for n in range(15):
        day = MONDAY + timedelta(days=n)
        calls = [call(day, 9, k) for k in range(20)]
        # One more in time on each day that follows.
        events += [*calls, *(then(its, "answered", 1) for its in calls[:n])]
        events += [then(its, "abandoned", 60) for its in calls[n:]]
    found = learnt(events)["vaxel"].levels
    assert found["svar-15s"] == pytest.approx([n / 20 for n in range(4, 14)])
    assert set(found) == {"svar-15s", "svar-5min"}


def test_how_much_alike_calls_of_a_half_hour_end_is_learnt() -> None:
    alike, mixed = [], []
    for n in range(6):
        for half in range(8):
            calls = [call(MONDAY + timedelta(days=n), 9 + half, k) for k in range(12)]
            alike += [*calls, *(then(c, "answered", 1 if half % 2 else 40) for c in calls)]
            mixed += [
                *calls,
                *(then(c, "answered", 1 if k % 2 else 40) for k, c in enumerate(calls)),
            ]
    assert learnt(alike)["vaxel"].clustering["svar-15s"] == pytest.approx(0.86, abs=0.01)
    assert learnt(mixed)["vaxel"].clustering["svar-15s"] == 0, "less than by chance"
    assert "svar-5min" not in learnt(alike)["vaxel"].clustering, "all were in time"


@pytest.mark.parametrize("alike", [0.0, 0.05, 0.3])
def test_clustering_is_the_intraclass_correlation(alike: float) -> None:
    dice = np.random.default_rng(6)
    days = []
    for _ in range(400):
        sizes = dice.integers(1, 60, 18)
        shares = (
            np.full(18, 0.8)
            if not alike
            else dice.beta(0.8 * (1 / alike - 1), 0.2 * (1 / alike - 1), 18)
        )
        days.append(
            [
                Share(*map(int, its))
                for its in zip(dice.binomial(sizes, shares), sizes, strict=True)
            ]
        )
    days.append([Share(0, 50)] * 9 + [Share(50, 50)] * 9)  # all went wrong at noon
    # What is taken where nothing is known weighs a little, and the days that vary most are out.
    assert clustering_of(days) == pytest.approx(alike, rel=0.2, abs=0.01)


def test_of_days_on_which_all_went_alike_nothing_is_known_of_clustering() -> None:
    assert clustering_of([]) is None
    assert clustering_of([[], [Share(9, 9)], [Share(0, 9), Share(0, 3)], [Share(1, 1)]]) is None


def test_on_nights_when_the_clock_is_changed_days_begin_at_midnight_all_the_same() -> None:
    sunday = date(2026, 3, 29)
    at = datetime.combine(sunday, time(23, 50), ZONE).astimezone(UTC)
    events = [call(sunday + timedelta(days=n), 9, 0) for n in range(-1, 2)]
    late = replace(
        call(sunday, 9, 7), data=replace(call(sunday, 9, 7).data, arrived_at=at), time=at
    )
    week = learnt([*events, late])["vaxel"].week
    assert week[6][95] == week[6][36]
