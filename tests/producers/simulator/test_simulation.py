"""The simulated day: the same for a seed, like Luleå's, and lawful."""

import hashlib
import itertools
import statistics
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.simulator import profile
from producers.simulator.arrivals import first_attempts
from producers.simulator.calls import (
    Day,
    Leg,
    events,
    from_arrival,
    in_whole_seconds,
    pseudonym_key,
)
from producers.simulator.chance import Chance
from producers.simulator.profile import (
    MAX_ATTEMPTS,
    SWITCHBOARD_PATIENCE,
    Patience,
    Plan,
    QueuePlan,
    lulea,
    quarter_weights,
    roster,
)
from producers.simulator.simulation import patience_seconds, simulate_day
from producers.simulator.whole_profile import skelleftea, whole_lulea
from streams.domain.events import decode, encode
from streams.domain.instants import MINUTE, SECOND, moment

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = date(2026, 3, 2)
SWITCHBOARD = "vaxel"
PARTNER = "kalix-tele24"


def written(day: Day) -> bytes:
    key = pseudonym_key(1, day.date)
    return b"\n".join(encode(event) for event in events(day, key))


@pytest.fixture(scope="module")
def monday() -> Day:
    return simulate_day(lulea(), MONDAY, STOCKHOLM, seed=1)


@pytest.fixture(scope="module")
def month() -> list[Day]:
    days = (MONDAY + timedelta(days=n) for n in range(28))
    return [simulate_day(lulea(), day, STOCKHOLM, seed=1) for day in days if day.weekday() < 5]


def at_switchboard(days: list[Day]) -> list[Leg]:
    legs = (leg for day in days for leg in day.legs)
    return [leg for leg in legs if leg.queue == SWITCHBOARD and leg.outcome != "closed"]


def wait(leg: Leg) -> float:
    return (leg.decided_at - leg.arrived_at) / SECOND


# The same for a seed


def test_three_municipalities_give_the_same_bytes_on_every_python() -> None:
    digest = hashlib.sha256()
    for name, scale in (("lulea", 1.0), ("boden", 0.3), ("pitea", 0.45)):
        day = simulate_day(lulea(name, scale=scale), MONDAY, STOCKHOLM, seed=7)
        digest.update(written(day))
        digest.update(written(in_whole_seconds(day)))
    assert digest.hexdigest() == (
        "83e990578efd39ce227eba031add48f1d4f511a5d5a3358489d076e5c754efbb"
    )


def test_a_day_like_another_has_its_calls_at_the_same_times_of_day(monday: Day) -> None:
    sunday, tokyo = date(2026, 10, 25), timezone(timedelta(hours=9))
    copy = simulate_day(lulea(), sunday, tokyo, seed=1, like=MONDAY)
    moved = copy.opens_at - monday.opens_at
    assert len(copy.legs) == len(monday.legs) > 500
    for leg, model in zip(copy.legs, monday.legs, strict=True):
        assert leg.arrived_at - model.arrived_at == leg.decided_at - model.decided_at == moved
        assert (leg.queue, leg.outcome, leg.caller) == (model.queue, model.outcome, model.caller)
    assert copy.date == sunday


def test_another_seed_day_or_municipality_is_another_day(monday: Day) -> None:
    others = [
        simulate_day(lulea(), MONDAY, STOCKHOLM, seed=2),
        simulate_day(lulea("boden"), MONDAY, STOCKHOLM, seed=1),
        simulate_day(lulea(), MONDAY + timedelta(days=7), STOCKHOLM, seed=1),
    ]
    first = [[leg.arrived_at - day.opens_at for leg in day.legs] for day in [monday, *others]]
    assert len({tuple(arrivals) for arrivals in first}) == 4


def test_ids_of_events_are_unique_over_days_and_municipalities() -> None:
    days = [
        simulate_day(lulea(name, scale=0.3), MONDAY + timedelta(days=n), STOCKHOLM, seed=1)
        for name in ("boden", "pitea")
        for n in range(3)
    ]
    found = [(e.source, e.id) for day in days for e in events(day, b"key")]
    assert len(set(found)) == len(found)


def test_the_staffing_changes_no_first_attempt_and_no_talk() -> None:
    few, many = (
        simulate_day(lulea(staffing=staffing), MONDAY, STOCKHOLM, seed=3)
        for staffing in (0.7, 1.5)
    )

    def first_attempts(day: Day) -> dict[int, tuple[str, int]]:
        first = [leg for leg in reversed(day.legs) if leg.part == 0]
        return {leg.caller: (leg.queue, leg.arrived_at) for leg in first}

    def talks(day: Day) -> dict[tuple[int, int, str], int]:
        return {
            (leg.caller, leg.part, leg.queue): leg.ended_at - leg.decided_at
            for leg in day.legs
            if leg.ended_at is not None and leg.caller not in tried_again
        }

    assert first_attempts(few) == first_attempts(many)
    tried_again = {
        leg.caller for day in (few, many) for leg in day.legs if leg.outcome != "answered"
    }
    one, other = talks(few), talks(many)
    both = one.keys() & other.keys()
    assert len(both) > 500
    assert sum(part > 0 for _, part, _ in both) > 20
    assert all(one[leg] == other[leg] for leg in both)


# Like Luleå's


def test_a_year_has_about_350_000_switchboard_calls(month: list[Day]) -> None:
    assert 330_000 < len(at_switchboard(month)) / len(month) * 250 < 370_000


def test_about_70_percent_are_answered_within_15_seconds(month: list[Day]) -> None:
    legs = at_switchboard(month)
    in_time = sum(leg.outcome == "answered" and wait(leg) <= 15 for leg in legs)
    assert in_time / len(legs) == pytest.approx(0.70, abs=0.03)


def test_about_85_percent_are_answered_with_the_partner(month: list[Day]) -> None:
    ends = {
        (day.date, leg.contact): leg.outcome
        for day in month
        for leg in sorted(day.legs, key=lambda leg: leg.part)
        if leg.queue in (SWITCHBOARD, PARTNER) and leg.outcome != "closed"
    }
    answered = sum(outcome == "answered" for outcome in ends.values())
    assert answered / len(ends) == pytest.approx(0.85, abs=0.025)


def test_six_of_ten_who_hang_up_do_so_within_20_seconds(month: list[Day]) -> None:
    legs = [
        leg
        for day in month
        for leg in day.legs
        if leg.outcome == "abandoned" and leg.queue in (SWITCHBOARD, PARTNER)
    ]
    early = sum(leg.queue == SWITCHBOARD and wait(leg) <= 20 for leg in legs)
    assert early / len(legs) == pytest.approx(0.60, abs=0.04)


def test_the_risk_of_hanging_up_peaks_at_once_and_when_the_message_plays() -> None:
    chance = Chance("patience")
    drawn = [patience_seconds(SWITCHBOARD_PATIENCE, chance) for _ in range(40_000)]

    def risk(start: int, end: int) -> float:
        waiting = sum(seconds >= start for seconds in drawn)
        return sum(start <= seconds < end for seconds in drawn) / waiting / (end - start)

    assert risk(0, 4) > 1.5 * risk(15, 21)
    assert risk(22, 27) > 2 * risk(15, 21)
    assert risk(22, 27) > 2 * risk(50, 90)


def test_most_call_before_noon_and_on_mondays(month: list[Day]) -> None:
    per_weekday = Counter(day.date.weekday() for day in month for _ in at_switchboard([day]))
    assert per_weekday.most_common(1)[0][0] == 0
    assert per_weekday.most_common()[-1][0] == 4
    before_noon = sum(
        leg.arrived_at < day.opens_at + 240 * MINUTE
        for day in month
        for leg in at_switchboard([day])
    )
    assert 0.50 < before_noon / len(at_switchboard(month)) < 0.60


def test_days_and_quarters_vary_more_than_poisson() -> None:
    plan = lulea()
    totals, shares = [], []
    for number in range(150):
        at = list(first_attempts(plan, plan.queue(SWITCHBOARD), 2, 0, (number,)))
        quarters = Counter(instant // (15 * MINUTE) for instant in at)
        totals.append(len(at))
        shares.append(quarters[8] / len(at))
    mean = statistics.mean(totals)
    assert statistics.variance(totals) / mean > 8  # of a Poisson process: 1
    poisson = statistics.mean(shares) / mean
    assert statistics.variance(shares) / poisson > 1.5


def test_waits_cluster_as_those_of_a_queue_do(month: list[Day]) -> None:
    for day in month[:5]:
        waits = [wait(leg) for leg in at_switchboard([day])]
        following = statistics.correlation(waits[:-1], waits[1:])
        apart = statistics.correlation(waits[:-400], waits[400:])
        assert following > 0.3 > abs(apart)


def test_talk_in_a_centre_is_lognormal_with_the_banks_mean_and_median(month: list[Day]) -> None:
    talks = [
        (leg.ended_at - leg.decided_at) / SECOND
        for day in month
        for leg in day.legs
        if leg.queue.startswith("kundtjanst") and leg.ended_at
    ]
    assert statistics.median(talks) == pytest.approx(84, rel=0.05)
    assert statistics.mean(talks) == pytest.approx(153, rel=0.05)


@pytest.mark.parametrize(
    ("centre", "ratio"), [("teknik", 0.92), ("skola", 0.90), ("social", 0.89)]
)
def test_about_90_percent_are_answered_within_five_minutes_in_each_centre(
    month: list[Day], centre: str, ratio: float
) -> None:
    name = f"kundtjanst-{centre}"
    legs = [leg for day in month for leg in day.legs if leg.queue == name]
    decided = [leg for leg in legs if leg.outcome != "closed"]
    in_time = sum(leg.outcome == "answered" and wait(leg) <= 300 for leg in decided)
    assert in_time / len(decided) == pytest.approx(ratio, abs=0.025)


def test_fewer_people_give_longer_waits_and_more_people_shorter() -> None:
    shares = []
    for staffing in (0.7, 1.0, 1.3):
        legs = at_switchboard([simulate_day(lulea(staffing=staffing), MONDAY, STOCKHOLM, seed=1)])
        in_time = sum(leg.outcome == "answered" and wait(leg) <= 15 for leg in legs)
        shares.append(in_time / len(legs))
    assert shares == sorted(shares)
    assert shares[0] < 0.55
    assert shares[2] > 0.75


# Lawful


PLANS = st.builds(
    lulea,
    st.sampled_from(["lulea", "boden"]),
    scale=st.floats(0.02, 0.25),
    staffing=st.floats(0.3, 2.0),
    max_waiting=st.none() | st.integers(0, 3),
    is_open_daily=st.just(True),
) | st.builds(
    lambda make, **changes: make(**changes),
    st.sampled_from([whole_lulea, skelleftea]),
    scale=st.floats(0.02, 0.25),
    staffing=st.floats(0.3, 1.0),
    is_open_daily=st.just(True),
)


@settings(max_examples=15, deadline=None)
@given(plan=PLANS, seed=st.integers(0, 10**6), day=st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_every_day_of_every_plan_keeps_the_laws_of_a_queue(
    plan: Plan, seed: int, day: date
) -> None:
    simulated = simulate_day(plan, day, STOCKHOLM, seed)
    assert_lawful(plan, simulated)
    assert_lawful(plan, in_whole_seconds(simulated))
    for event in events(simulated, b"key"):
        assert decode(encode(event)) == event


def assert_lawful(plan: Plan, day: Day) -> None:
    by_contact: dict[str, list[Leg]] = defaultdict(list)
    for leg in day.legs:
        by_contact[leg.contact].append(leg)
        assert leg.arrived_at <= leg.decided_at <= (leg.ended_at or leg.decided_at)
        assert (leg.outcome == "answered") == (leg.ended_at is not None)
        assert 1 <= leg.last_position <= leg.position
        limit = plan.queue(leg.queue).max_waiting
        if leg.outcome == "refused":
            assert limit is not None
            assert leg.position == limit + 1
        elif leg.outcome == "closed":
            assert not is_open(plan, day, leg.queue, leg.arrived_at)
        elif limit is not None:
            assert leg.position <= limit
        if leg.outcome != "closed" and leg.queue != PARTNER:  # who waited may overflow later
            assert is_open(plan, day, leg.queue, leg.arrived_at)
        if leg.outcome == "callback_requested":
            seconds = plan.queue(leg.queue).callback_seconds
            assert leg.decided_at - leg.arrived_at == (seconds or 0) * SECOND
            assert leg.rang_at is None, "their turn had come"
        assert leg.called_back_at is None or leg.outcome == "callback_requested"
        assert leg.called_back_at is None or leg.called_back_at > leg.decided_at
        if leg.outcome == "overflowed":
            assert leg.decided_at - leg.arrived_at == 40 * SECOND
    assert_everybody_goes_home(day)
    for legs in by_contact.values():
        assert [leg.part for leg in legs] == list(range(len(legs)))
        for leg, onward in itertools.pairwise(legs):
            if leg.outcome == "overflowed":
                assert (onward.queue, onward.arrived_at) == (PARTNER, leg.decided_at)
            else:
                assert (onward.queue, onward.arrived_at) == (leg.transferred_to, leg.ended_at)
        assert not legs[-1].transferred_to
        assert legs[-1].outcome != "overflowed"


def is_open(plan: Plan, day: Day, queue: str, instant: int) -> bool:
    minute = 8 * 60 + (instant - day.opens_at) / MINUTE
    return any(opens <= minute < closes for opens, closes in plan.queue(queue).open_minutes)


def assert_everybody_goes_home(day: Day) -> None:
    at_work: dict[tuple[str, str], list[str]] = defaultdict(list)
    for change in day.members:
        if change.what.endswith("MEMBER"):
            at_work[change.queue, change.agent].append(change.what)
    for changes in at_work.values():
        assert changes == ["ADDMEMBER", "REMOVEMEMBER"] * (len(changes) // 2)


def test_everybody_goes_home_also_when_the_last_call_rings_with_somebody_else() -> None:
    for day in (date(2026, 3, 6), date(2026, 3, 12)):  # of the switchboard, of a centre
        assert_everybody_goes_home(simulate_day(lulea(), day, STOCKHOLM, seed=1))


def test_one_person_has_one_call_at_a_time(monday: Day) -> None:
    busy = defaultdict(list)
    for leg in monday.legs:
        if leg.rang_at is not None and not leg.agent.startswith("Local/"):
            busy[leg.agent].append((leg.rang_at, leg.ended_at or leg.decided_at))
    assert len(busy) >= 8
    for spans in busy.values():
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(sorted(spans)))


def test_first_come_first_served(monday: Day) -> None:
    for queue in ("vaxel", "kundtjanst-teknik"):
        rung = [
            (
                leg.missed[0].at - leg.missed[0].rang_milliseconds * 1000
                if leg.missed
                else leg.rang_at
            )
            for leg in monday.legs
            if leg.queue == queue and (leg.missed or leg.rang_at)
        ]
        assert rung == sorted(rung)


def test_calls_go_to_the_one_who_has_been_idle_longest() -> None:
    day = simulate_day(lulea(staffing=2), MONDAY, STOCKHOLM, seed=1)
    rung = sorted((leg.rang_at, leg.agent) for leg in at_switchboard([day]) if leg.rang_at)
    agents = [agent for _, agent in rung]
    assert sum(one == other for one, other in itertools.pairwise(agents)) < 0.1 * len(agents)


def small_plan(patience_seconds: float, *, calls_per_day: float, **fields: object) -> Plan:
    """Return a plan of people who all have the same patience, and a partner that never answers."""
    patience = (Patience(1.0, patience_seconds, 0.0),)
    return Plan(
        municipality="lulea",
        queues=(
            QueuePlan(
                name=SWITCHBOARD,
                calls_per_day=calls_per_day,
                patience=patience,
                talk_median_seconds=60,
                talk_mean_seconds=60,
                **fields,  # type: ignore[arg-type]
            ),
            QueuePlan(
                name=PARTNER, talk_median_seconds=1, talk_mean_seconds=1, answer_seconds=1e9
            ),
        ),
    )


def test_an_overflowed_caller_has_the_patience_that_is_left() -> None:
    plan = small_plan(45, calls_per_day=1000, overflow_seconds=40.0, overflow_to=PARTNER)
    legs = simulate_day(plan, MONDAY, STOCKHOLM, seed=1).legs
    partner = [leg for leg in legs if leg.queue == PARTNER]
    assert partner
    assert {(leg.outcome, leg.decided_at - leg.arrived_at) for leg in partner} == {
        ("abandoned", 5 * SECOND)
    }


def test_those_who_wait_at_closing_time_are_answered() -> None:
    day = simulate_day(small_plan(1e6, calls_per_day=700), MONDAY, STOCKHOLM, seed=1)
    closes_at = day.opens_at + 9 * 60 * MINUTE
    inside = [leg for leg in day.legs if day.opens_at <= leg.arrived_at < closes_at]
    assert {leg.outcome for leg in inside} == {"answered"}
    assert sum(leg.decided_at > closes_at for leg in inside) > 20


def test_nobody_calls_again_after_closing(month: list[Day]) -> None:
    for day in month:
        seen = set()
        for leg in day.legs:
            if leg.part == 0 and leg.caller in seen:
                assert leg.arrived_at < day.opens_at + 9 * 60 * MINUTE
            seen.add(leg.caller)


def test_a_phone_that_nobody_picks_up_rings_out_and_the_caller_keeps_the_place(
    month: list[Day],
) -> None:
    missed = [(leg, ring) for day in month for leg in day.legs for ring in leg.missed]
    assert missed
    for leg, ring in missed:
        assert ring.rang_milliseconds == 12_000
        assert leg.arrived_at + 12 * SECOND <= ring.at <= leg.decided_at
        assert leg.agent != ring.agent or (leg.rang_at or 0) >= ring.at + 60 * SECOND


def test_a_lost_caller_calls_again_as_a_new_contact_with_the_same_pseudonym(monday: Day) -> None:
    first = [leg for leg in monday.legs if leg.part == 0]
    attempts = Counter(leg.caller for leg in first)
    lost = {leg.caller for leg in monday.legs if leg.outcome in ("abandoned", "closed")}
    again = {caller for caller, count in attempts.items() if count > 1}
    assert again <= lost
    assert 0.5 < len(again) / len(lost) < 0.8
    assert max(attempts.values()) <= MAX_ATTEMPTS
    offered = [e for e in events(monday, b"key") if e.data.caller]
    pseudonyms = {e.subject: e.data.caller for e in offered}
    callers = {leg.contact: leg.caller for leg in monday.legs}
    assert len(set(pseudonyms.values())) == len(set(callers.values()))
    assert len(set(zip(pseudonyms.values(), callers.values(), strict=True))) == len(attempts)


def test_pseudonyms_depend_on_the_key_and_hold_no_number(monday: Day) -> None:
    one, other = (
        {e.data.caller for e in events(monday, key) if e.data.caller} for key in (b"one", b"other")
    )
    assert not one & other
    assert all(len(caller) == 32 and int(caller, 16) >= 0 for caller in one)


def test_a_twelfth_of_answered_switchboard_calls_go_on_to_a_centre(month: list[Day]) -> None:
    answered = [leg for leg in at_switchboard(month) if leg.outcome == "answered"]
    sent_on = sum(bool(leg.transferred_to) for leg in answered)
    assert sent_on / len(answered) == pytest.approx(0.12, abs=0.02)


def test_a_limit_on_the_queue_refuses_calls_on_a_bad_day() -> None:
    plan = lulea(staffing=0.6, max_waiting=4)
    day = simulate_day(plan, MONDAY, STOCKHOLM, seed=1)
    assert Counter(leg.outcome for leg in day.legs)["refused"] > 20


def test_a_closed_day_is_empty_unless_every_day_is_open() -> None:
    sunday = MONDAY - timedelta(days=1)
    assert simulate_day(lulea(), sunday, STOCKHOLM, seed=1).legs == ()
    assert len(simulate_day(lulea(is_open_daily=True), sunday, STOCKHOLM, seed=1).legs) > 1000


@pytest.mark.parametrize("day", [date(2026, 4, 3), date(2026, 6, 19), date(2026, 12, 24)])
def test_holidays_and_eves_that_nobody_works_are_closed_unless_every_day_is_open(
    day: date,
) -> None:
    assert day.weekday() < 5
    assert simulate_day(lulea(scale=0.1), day, STOCKHOLM, seed=1).legs == ()
    open_daily = lulea(scale=0.1, is_open_daily=True)
    assert len(simulate_day(open_daily, day, STOCKHOLM, seed=1).legs) > 100


def test_a_holiday_like_a_working_day_has_its_calls() -> None:
    good_friday = date(2026, 4, 3)
    like, model = (
        simulate_day(lulea(scale=0.1), day, STOCKHOLM, seed=1, like=MONDAY)
        for day in (good_friday, MONDAY)
    )
    assert [leg.caller for leg in like.legs] == [leg.caller for leg in model.legs]


@pytest.mark.parametrize(
    ("day", "zone", "opens_at"),
    [
        (date(2026, 3, 27), STOCKHOLM, datetime(2026, 3, 27, 7, tzinfo=UTC)),
        (date(2026, 3, 30), STOCKHOLM, datetime(2026, 3, 30, 6, tzinfo=UTC)),
        (
            date(2026, 3, 30),
            timezone(timedelta(hours=3, minutes=30)),
            datetime(2026, 3, 30, 4, 30, tzinfo=UTC),
        ),
    ],
)
def test_it_opens_at_eight_local_time(day: date, zone: ZoneInfo, opens_at: datetime) -> None:
    simulated = simulate_day(lulea(scale=0.2), day, zone, seed=1)
    assert moment(simulated.opens_at) == opens_at


def test_events_are_in_order_of_time_in_both_resolutions(monday: Day) -> None:
    for day in (monday, in_whole_seconds(monday)):
        times = [event.time for event in events(day, b"key")]
        assert times == sorted(times)


def test_whole_seconds_cut_each_instant_and_keep_each_fact(monday: Day) -> None:
    cut = events(in_whole_seconds(monday), b"key")
    assert all(event.time.microsecond == 0 for event in cut)
    assert Counter((e.subject, e.data.queue, e.type) for e in cut) == Counter(
        (e.subject, e.data.queue, e.type) for e in events(monday, b"key")
    )


def test_from_an_instant_on_no_contact_is_cut_in_two(monday: Day) -> None:
    instant = monday.opens_at + 150 * MINUTE
    later = from_arrival(monday, instant)
    assert 0 < len(later.legs) < len(monday.legs)
    assert {leg.contact for leg in later.legs} == {
        leg.contact for leg in monday.legs if leg.part == 0 and leg.arrived_at >= instant
    }
    assert all(leg.arrived_at >= instant for leg in later.legs)


def test_a_contact_that_begins_at_that_very_instant_is_kept(monday: Day) -> None:
    first, second, *_ = (leg for leg in monday.legs if leg.part == 0)
    assert first.arrived_at < second.arrived_at
    later = from_arrival(monday, second.arrived_at)
    assert later.legs[0] == second
    assert first not in later.legs


# Whole municipalities


@pytest.fixture(scope="module")
def whole_fortnight() -> list[Day]:
    days = (MONDAY + timedelta(days=n) for n in range(14))
    return [simulate_day(whole_lulea(), day, STOCKHOLM, seed=1) for day in days]


def test_short_hours_close_a_queue_at_lunch_and_nobody_is_sent_on_to_it(
    whole_fortnight: list[Day],
) -> None:
    social = [
        (leg, (leg.arrived_at - day.opens_at) / MINUTE)
        for day in whole_fortnight
        for leg in day.legs
        if leg.queue == "kundtjanst-social"
    ]
    shut = [leg for leg, minute in social if not (60 <= minute < 240 or 300 <= minute < 420)]
    assert {leg.outcome for leg in shut} == {"closed"}
    assert len(shut) > 300
    assert {leg.part for leg in shut} == {0}, "others than those who were sent on"
    sent_on = [leg for leg, _ in social if leg.part > 0]
    assert len(sent_on) > 100


def test_those_who_wait_when_it_closes_for_lunch_are_answered(whole_fortnight: list[Day]) -> None:
    late = [
        leg
        for day in whole_fortnight
        for leg in day.legs
        if leg.queue == "kundtjanst-social" and leg.outcome == "answered"
        for minute in [(leg.decided_at - day.opens_at) / MINUTE]
        if 240 < minute < 300
    ]
    assert late


def test_the_other_queues_have_the_calls_they_have_without_it() -> None:
    """Only who calls again, and when, depends on what became of the first call."""
    first = [
        {
            leg.caller: (leg.queue, leg.arrived_at)
            for leg in reversed(simulate_day(plan, MONDAY, STOCKHOLM, seed=1).legs)
            if leg.part == 0
        }
        for plan in (lulea(), whole_lulea())
    ]
    assert first[0] == first[1]


def test_some_who_have_waited_ask_to_be_called_back_and_most_are(
    whole_fortnight: list[Day],
) -> None:
    legs = [leg for day in whole_fortnight for leg in day.legs]
    asked = [leg for leg in legs if leg.outcome == "callback_requested"]
    assert {leg.queue for leg in asked} == {"kundtjanst-skola"}
    waited = [
        leg
        for leg in legs
        if leg.queue == "kundtjanst-skola" and wait(leg) >= 90 and leg.outcome != "closed"
    ]
    assert 0.1 < len(asked) / len(waited) < 0.4
    reached = [leg for leg in asked if leg.called_back_at is not None]
    assert 0.6 < len(reached) / len(asked) <= 1
    for day in whole_fortnight:
        closes_at = day.opens_at + 9 * 60 * MINUTE
        assert all((leg.called_back_at or 0) < closes_at for leg in day.legs)
        told = Counter(event.type.split(".")[3] for event in events(day, b"key"))
        outcomes = Counter(leg.outcome for leg in day.legs)
        assert told["callback_requested"] == outcomes["callback_requested"]
        assert told["callback_answered"] == sum(leg.called_back_at is not None for leg in day.legs)


@pytest.fixture(scope="module")
def called_back() -> Day:
    """A day on which everybody asks to be called back whose phone does not ring after 4 s."""
    plan = small_plan(1e6, calls_per_day=900, callback_seconds=4.0, callback_ratio=1.0)
    return simulate_day(plan, MONDAY, STOCKHOLM, seed=1)


def test_nobody_is_asked_whose_turn_has_come(called_back: Day) -> None:
    asked = [leg for leg in called_back.legs if leg.outcome == "callback_requested"]
    answered = [leg for leg in called_back.legs if leg.outcome == "answered"]
    assert len(asked) > 100
    assert {leg.rang_at for leg in asked} == {None}
    assert len(answered) > 50
    assert all(leg.rang_at and leg.rang_at <= leg.arrived_at + 4 * SECOND for leg in answered)


def test_nobody_is_called_back_after_closing(called_back: Day) -> None:
    asked = [leg for leg in called_back.legs if leg.outcome == "callback_requested"]
    closes_at = called_back.opens_at + 9 * 60 * MINUTE
    late = [leg for leg in asked if leg.decided_at > closes_at - 15 * MINUTE]
    assert all((leg.called_back_at or 0) < closes_at for leg in asked)
    assert sum(leg.called_back_at is None for leg in late) > len(late) / 2 > 1
    early = [leg for leg in asked if leg.decided_at < closes_at - 180 * MINUTE]
    reached = sum(leg.called_back_at is not None for leg in early)
    assert reached / len(early) == pytest.approx(0.9, abs=0.05)


def test_a_callback_too_is_cut_to_its_second(called_back: Day) -> None:
    told = events(in_whole_seconds(called_back), b"key")
    assert sum("callback_answered" in event.type for event in told) > 100
    assert all(event.time.microsecond == 0 for event in told)


def test_who_asked_to_be_called_back_does_not_call_again(whole_fortnight: list[Day]) -> None:
    for day in whole_fortnight:
        asked = {leg.caller: leg.arrived_at for leg in day.legs if "callback" in leg.outcome}
        assert not [leg for leg in day.legs if leg.arrived_at > asked.get(leg.caller, 2**63)]


def test_a_full_queue_refuses_also_those_who_are_sent_on(whole_fortnight: list[Day]) -> None:
    refused = [leg for day in whole_fortnight for leg in day.legs if leg.outcome == "refused"]
    assert {leg.queue for leg in refused} == {"kundtjanst-social"}
    assert {leg.part > 0 for leg in refused} == {False, True}


def test_about_85_percent_are_answered_within_120_seconds_in_skelleftea() -> None:
    days = (MONDAY + timedelta(days=n) for n in range(56))
    legs = [
        leg
        for day in days
        for leg in simulate_day(skelleftea(), day, STOCKHOLM, seed=1).legs
        if leg.outcome != "closed"
    ]
    waits = [wait(leg) for leg in legs if leg.outcome == "answered"]
    talks = [(leg.ended_at - leg.decided_at) / SECOND for leg in legs if leg.ended_at]
    assert sum(seconds <= 120 for seconds in waits) / len(legs) == pytest.approx(0.85, abs=0.03)
    assert statistics.mean(waits) == pytest.approx(42, abs=6)
    assert statistics.mean(talks) == pytest.approx(120, abs=6)


# The plan


def test_a_roster_follows_the_need_and_has_whole_people() -> None:
    plan = lulea()
    queue = plan.queue(SWITCHBOARD)
    need = sum(roster(replace(plan, staffing=10), queue, 0)) / 10
    for staffing in (0.8, 0.93, 1.0, 1.07, 1.3):
        people = sum(roster(replace(plan, staffing=staffing), queue, 0))
        assert people == pytest.approx(staffing * need, abs=1)
    assert min(roster(replace(plan, scale=0.01), queue, 0)) == 1
    short = roster(plan, replace(queue, open_minutes=((540, 720), (780, 900))), 0)
    assert [number > 0 for number in short] == (
        [False] * 4 + [True] * 12 + [False] * 4 + [True] * 8 + [False] * 8
    )
    people = roster(plan, queue, 0)
    assert len(people) == len(quarter_weights()) == 36
    assert sum(people[4:12]) > sum(people[28:36])


def test_the_quarters_weights_add_up_to_one() -> None:
    assert sum(quarter_weights()) == pytest.approx(1)


def test_the_quarters_weights_are_the_same_on_every_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From 3.12 on sum() of floats rounds otherwise than before, which these weights show."""
    monkeypatch.setattr(profile, "HOUR_WEIGHTS", (0.1, 0.7, 0.3, 1e9, 0.1, 0.2, 0.7, 0.1, 0.9))
    assert quarter_weights()[0] == float.fromhex("0x1.b7cdfd869c1fbp-36")


@pytest.mark.parametrize(
    "wrong",
    [
        {"talk_median_seconds": 40, "talk_mean_seconds": 30},
        {"patience": (Patience(0.5, 0, 1),)},
        {"overflow_seconds": 40.0},
        {"overflow_to": "partner"},
        {"open_minutes": ((480, 725),)},
        {"open_minutes": ((420, 720),)},
        {"open_minutes": ((480, 1080),)},
        {"open_minutes": ((480, 720), (720, 1020))},
        {"open_minutes": ((780, 1020), (480, 720))},
    ],
)
def test_a_queue_that_makes_no_sense_cannot_be_built(wrong: dict[str, object]) -> None:
    right = {"name": "vaxel", "talk_median_seconds": 30, "talk_mean_seconds": 40}
    with pytest.raises(ValueError, match="vaxel: "):
        QueuePlan(**{**right, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"scale": 101}, {"staffing": 0}])
def test_a_size_out_of_range_cannot_be_built(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at most"):
        lulea(**wrong)  # type: ignore[arg-type]


def test_calls_can_only_go_to_queues_that_exist() -> None:
    queue = QueuePlan(name="vaxel", talk_median_seconds=30, talk_mean_seconds=40)
    with pytest.raises(ValueError, match="isn't there"):
        Plan(municipality="lulea", queues=(queue,), transfers=(("kundtjanst", 1.0),))
    with pytest.raises(ValueError, match="same name"):
        Plan(municipality="lulea", queues=(queue, queue))
    with pytest.raises(KeyError):
        lulea().queue("okänd")


# The draws


def test_draws_have_the_distributions_they_say() -> None:
    chance = Chance("draws")
    count = 40_000
    gamma = [chance.gamma(0.3) for _ in range(count)]
    assert statistics.mean(gamma) == pytest.approx(1, abs=0.01)
    assert statistics.stdev(gamma) == pytest.approx(0.3, abs=0.01)
    assert min(gamma) > 0
    assert chance.gamma(0) == 1
    exponential = [chance.exponential(5) for _ in range(count)]
    assert statistics.mean(exponential) == pytest.approx(5, rel=0.02)
    assert statistics.median(exponential) == pytest.approx(5 * 0.6931, rel=0.03)
    lognormal = [chance.lognormal(84, 153) for _ in range(count)]
    assert statistics.median(lognormal) == pytest.approx(84, rel=0.03)
    assert statistics.mean(lognormal) == pytest.approx(153, rel=0.04)
    assert sum(chance.happens(0.2) for _ in range(count)) / count == pytest.approx(0.2, abs=0.01)
