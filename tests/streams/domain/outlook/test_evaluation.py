"""The outlook of a day is what another, slower way of counting it comes to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone import ALWAYS, CATALOGUE, HOURS, LIMITS, ZONE, How, Record, catalogue_of, theirs
from reference.outlook import expected, midnights, still_to_come
from strategies import NOON, logs
from strategies_presence import staffed

from streams.domain.catalogue import Catalogue, load_catalogue
from streams.domain.events import CallData, CallEvent, PresenceEvent, encode
from streams.domain.instants import MINUTE, micros, moment
from streams.domain.outlook.erlang import Load, needed, outcome
from streams.domain.outlook.evaluation import QueueOutlook
from streams.domain.outlook.profile import QUARTERS, Profile
from streams.domain.outlook.staffing import ASSUMED_PATIENCE
from streams.domain.outlook.typical import typical
from streams.replay import Log, fold, live_report

PROFILES = st.builds(
    lambda counts, spread, uneven, talk, patience: Profile(
        (tuple(counts[n % len(counts)] for n in range(QUARTERS)),) * 7,
        spread,
        uneven,
        days=20,
        talk_seconds=talk,
        patience_seconds=patience,
    ),
    st.lists(st.integers(0, 400_000).map(lambda n: n / 10_000), min_size=1, max_size=9),
    st.one_of(st.none(), st.floats(0.03, 0.5)),
    st.floats(0, 0.4),
    st.one_of(st.none(), st.floats(20, 300)),
    st.one_of(st.none(), st.floats(30, 900)),
)


def outlooks(
    events: Sequence[CallEvent | PresenceEvent],
    now: datetime,
    catalogue: Catalogue,
    profiles: dict[str, Profile] | None = None,
) -> dict[str, QueueOutlook]:
    """Return the outlooks of the one municipality's queues."""
    told = catalogue.with_profiles({"lulea": profiles}) if profiles else catalogue
    records = [Record(n, micros(e.time) // 1000 + 1, encode(e)) for n, e in enumerate(events)]
    books, _ = fold(told, [Log("file", records)], micros(now))
    return dict(live_report(told, books, micros(now))["lulea"].outlook)


@settings(max_examples=60)
@given(logs(NOON), PROFILES, st.sampled_from(sorted(HOURS)))
def test_what_is_to_come_and_to_reach_is_what_the_reference_says(
    events: Sequence[CallEvent], profile: Profile, hours: str
) -> None:
    how = How(hours=hours)
    found = outlooks(events, NOON, catalogue_of(how), {"vaxel": profile})
    reference = theirs(events, NOON, "today", how)
    begins, ends = midnights(NOON, ZONE)
    assert set(found) == {"vaxel", "kundtjanst", "tom"}, "the partner's day is not ours"
    for queue, its in found.items():
        figures = reference["lulea", queue]
        of, minutes = (profile, hours) if queue == "vaxel" else (typical(), ALWAYS)
        parts = ((begins, NOON), (NOON, ends))
        calls, squares = zip(
            *(expected(of.week, HOURS[minutes], ZONE, *part) for part in parts), strict=True
        )
        assert its.arrived == figures["arrived"]
        assert its.usual == (None if of.day_spread is None else pytest.approx(calls[0]))
        to_come = still_to_come(calls, squares, its.arrived, of.day_spread, of.quarter_spread)
        if to_come is None:
            assert its.rest is None
            assert (its.targets, list(its.quarters)) == ({}, [])
            continue
        assert its.rest is not None
        mean, low, high = to_come
        assert its.rest.mean == pytest.approx(mean)
        assert its.rest.low == pytest.approx(low, abs=1), "a chance of 5 % to the last digit"
        assert its.rest.high == pytest.approx(high, abs=1)
        for target, _ in LIMITS["lulea", queue]:
            _holds_of_target(its, target, figures)


def _holds_of_target(its: QueueOutlook, target: str, figures: dict[str, Any]) -> None:
    level = figures["service_levels"][target]
    waiting = figures["waiting"] - level["missed"]["waiting"]
    good, decided = level["good"], level["decided"]
    assert its.rest is not None
    if not decided + waiting + its.rest.high:
        assert target not in its.targets
        return
    found = its.targets[target]
    for reach, more in (
        (found.of_few, its.rest.low),
        (found.likely, its.rest.mean),
        (found.of_many, its.rest.high),
    ):
        left = waiting + more
        whole = decided + left
        if not whole:
            assert (reach.best, reach.needed, reach.spent) == (None, None, None)
            continue
        assert reach.best == pytest.approx((good + left) / whole)
        assert reach.spent == pytest.approx((decided - good) / (0.1 * whole))
        if left:
            assert reach.needed == pytest.approx(max(0, (0.9 * whole - good) / left))


def test_people_are_needed_by_what_is_expected_of_each_quarter_that_is_left() -> None:
    profile = Profile(
        ((30.0,) * QUARTERS,) * 7, 0.03, 0.1, 99, talk_seconds=60, patience_seconds=90
    )
    text = CATALOGUE.format(short=0, hours="08:00-12:10").replace(
        "published_hours: skyltat", "published_hours: skyltat, wrap_up_seconds: 10"
    )
    now = NOON - timedelta(minutes=10)  # 11.50 in Luleå
    found = outlooks([], now, load_catalogue(text, "test"), {"vaxel": profile})["vaxel"]
    assert found.rest is not None
    busyness = found.rest.mean / 40  # of twenty minutes
    first, last = found.quarters
    assert moment(first.start) == now - timedelta(minutes=5)
    assert (first.end, last.end - last.start) == (last.start, 15 * MINUTE)
    assert first.calls == pytest.approx(30 * busyness)
    assert last.calls == pytest.approx(20 * busyness), "it closes in the middle of it"
    assert first.erlangs == pytest.approx(first.calls * 70 / 900)
    assert last.erlangs == pytest.approx(last.calls * 70 / 600)
    load = Load(-(-first.calls // 1) / 900, 70, 90)
    assert first.people == needed(load, 0.9, 15), "the hardest of three promises"


def test_without_talks_nobody_knows_how_many_people_are_needed() -> None:
    silent = Profile(((30.0,) * QUARTERS,) * 7, 0.03, 0.1, 99)
    found = outlooks([], NOON, catalogue_of(How()), {"vaxel": silent})["vaxel"]
    assert {(its.erlangs, its.people) for its in found.quarters} == {(None, None)}


def test_a_day_that_has_just_begun_has_no_outlook_by_a_shape_alone() -> None:
    midnight = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
    found = outlooks([], midnight, catalogue_of(How()))["vaxel"]
    assert (found.days, found.usual, found.rest, found.targets) == (0, None, None, {})


def test_a_lost_day_is_told_and_a_promise_without_a_goal_has_no_outlook() -> None:
    quiet = Profile(((1.0,) * QUARTERS,) * 7, 0.03, 0.1, 99)
    catalogue = catalogue_of(How())
    lulea = catalogue.municipalities["lulea"]
    vaxel = lulea.queues["vaxel"]
    first, *others = vaxel.targets
    queues = {
        **lulea.queues,
        "vaxel": replace(vaxel, targets=(replace(first, goal=None), *others)),
    }
    told = Catalogue(municipalities={"lulea": replace(lulea, queues=queues)})
    arrived = NOON - timedelta(minutes=20)
    late = [
        CallEvent(
            id=f"{number}",
            source="/test",
            type="se.svarsgrad.call.abandoned.v1",
            subject=f"{number}",
            time=arrived + timedelta(minutes=2),
            partitionkey="lulea",
            data=CallData(queue="vaxel", arrived_at=arrived),
        )
        for number in range(40)
    ]
    found = outlooks(late, NOON, told, {"vaxel": quiet})["vaxel"]
    assert set(found.targets) == {"svar-90s", "svar-5min"}
    assert found.targets["svar-90s"].is_lost
    assert found.targets["svar-90s"].likely.needed == pytest.approx(
        (0.9 * (40 + found.rest.mean)) / found.rest.mean if found.rest else 0
    )
    assert not outlooks([], NOON, told, {"vaxel": quiet})["vaxel"].targets["svar-90s"].is_lost


PEOPLE = Profile(((30.0,) * QUARTERS,) * 7, 0.03, 0.1, 99, talk_seconds=60, patience_seconds=90)


def people(minutes_ago: float, number: int) -> PresenceEvent:
    """Say that so many answer the switchboard from then on."""
    return staffed("vaxel", NOON - timedelta(minutes=minutes_ago), number, f"s{minutes_ago}")


@pytest.mark.parametrize(
    ("stated", "crew"),
    [
        ([], {}),
        ([(300, 3)], {3: 1.0}),
        ([(300, 5), (10, 4)], {5: 2 / 3, 4: 1 / 3}),
        ([(300, 5), (20, 0), (5, 1)], {5: 1 / 3, 0: 1 / 2, 1: 1 / 6}),
        ([(15, 2)], {2: 1.0}),  # before that nothing is known
        ([(24 * 60, 9)], {}),  # people go home
        ([(0, 4)], {}),  # it is so from now on
    ],
)
def test_what_is_to_be_expected_goes_by_who_answered_in_the_last_half_hour(
    stated: list[tuple[float, int]], crew: dict[int, float]
) -> None:
    events = [people(*each) for each in stated]
    found = outlooks(events, NOON, catalogue_of(How()), {"vaxel": PEOPLE})["vaxel"]
    quarter = next(found.quarters)
    load = Load(round(quarter.calls, 1) / 900, 60, 90)
    for target, limit in LIMITS["lulea", "vaxel"]:
        expected = found.targets[target].expected
        if not crew:
            assert expected is None
            continue
        levels = {
            number: its.service_level(limit)
            for number in crew
            if (its := outcome(load, number)) is not None
        }
        whole = sum(part * levels[number] for number, part in crew.items())
        assert expected == pytest.approx(whole)


def test_of_the_time_before_it_opened_no_crew_is_asked() -> None:
    opens = How(hours="12:50-15:00")  # ten minutes ago in Luleå
    events = [people(300, 1), people(10, 4)]
    found = outlooks(events, NOON + timedelta(hours=1), catalogue_of(opens), {"vaxel": PEOPLE})
    only = [people(10, 4)]
    told = outlooks(only, NOON + timedelta(hours=1), catalogue_of(opens), {"vaxel": PEOPLE})
    first, second = (its["vaxel"].targets["svar-15s"].expected for its in (found, told))
    assert first == second is not None


def test_where_patience_is_not_known_one_is_assumed_and_without_talks_nothing_is_expected() -> (
    None
):
    unknown = replace(PEOPLE, patience_seconds=None)
    assumed = replace(PEOPLE, patience_seconds=ASSUMED_PATIENCE)
    first, second = (
        outlooks([people(300, 1)], NOON, catalogue_of(How()), {"vaxel": its})["vaxel"].targets
        for its in (unknown, assumed)
    )
    assert {id_: its.expected for id_, its in first.items()} == {
        id_: its.expected for id_, its in second.items()
    }
    assert 0 < (first["svar-15s"].expected or 0) < (first["svar-5min"].expected or 0) < 0.9
    without = replace(PEOPLE, talk_seconds=None)
    found = outlooks([people(300, 1)], NOON, catalogue_of(How()), {"vaxel": without})["vaxel"]
    assert {its.expected for its in found.targets.values()} == {None}


@settings(max_examples=40)
@given(logs(NOON), st.sampled_from((None, 0, 1, 2, 9)))
def test_the_day_is_projected_as_it_goes_and_as_is_expected(
    events: Sequence[CallEvent], crew: int | None
) -> None:
    told = [] if crew is None else [people(300, crew)]
    how = How()
    found = outlooks([*events, *told], NOON, catalogue_of(how), {"vaxel": PEOPLE})["vaxel"]
    today, hour = (theirs(events, NOON, name, how)["lulea", "vaxel"] for name in ("today", "1h"))
    assert found.rest is not None
    for target, its in found.targets.items():
        by_day, by_hour = (of["service_levels"][target] for of in (today, hour))
        waiting = today["waiting"] - by_day["missed"]["waiting"]
        good, decided = (by_day[name] + by_hour[name] for name in ("good", "decided"))
        shares = [good / decided] if decided else []
        shares += [] if its.expected is None else [its.expected]
        if not shares:
            assert its.projected is None
            continue
        left = waiting + found.rest.mean
        reached = by_day["good"] + left * sum(shares) / len(shares)
        assert its.projected == pytest.approx(reached / (by_day["decided"] + left))
