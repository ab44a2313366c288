"""Simulated questions: when they come, what becomes of them, and how many are answered in time."""

import statistics
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_days import MONDAY, STOCKHOLM, days_from

from producers.simulator.chance import Chance
from producers.simulator.item_profile import MailboxPlan
from producers.simulator.office import Occasion, office_hours
from producers.simulator.profile import Plan
from producers.simulator.questions import Question, at_any_hour, simulate_questions
from producers.simulator.whole_profile import whole_lulea
from streams.domain.deadlines import Limit, Office, swedish_working_days
from streams.domain.events import decode, encode
from streams.domain.instants import HOUR, SECOND, micros, moment
from streams.domain.windows import midnight
from streams.domain.working_time import Hours

LULEA = whole_lulea()
OFFICE = Office(swedish_working_days(), office_hours(LULEA, STOCKHOLM))
DAY = 24 * HOUR
MAILBOXES = [mailbox.name for mailbox in LULEA.mailboxes]


def of_days(days: list[date], plan: Plan = LULEA) -> list[Question]:
    office = office_hours(plan, STOCKHOLM)
    return [
        question
        for day in days
        for question in simulate_questions(Occasion(plan=plan, day=day, office=office, seed=1))
    ]


def whats(question: Question) -> list[str]:
    return [fact.type.split(".")[3] for fact in question.facts]


def ended_at(question: Question) -> int | None:
    """Return when it was answered first, here or otherwise."""
    ends = [micros(f.time) for f in question.facts if "answered" in f.type]
    return min(ends, default=None)


@pytest.fixture(scope="module")
def quarter() -> list[Question]:
    return of_days(days_from(MONDAY, 84))


@pytest.fixture(scope="module")
def proper(quarter: list[Question]) -> list[Question]:
    return [question for question in quarter if "dismissed" not in whats(question)]


# How many in time


def in_time(questions: list[Question]) -> float:
    good = 0
    for question in questions:
        end = ended_at(question)
        due = OFFICE.due(question.received_at, Limit(2, "wd")).at
        good += end is not None and end <= due
    return good / len(questions)


def test_80_to_90_percent_are_answered_within_two_working_days(proper: list[Question]) -> None:
    assert 0.80 < in_time(proper) < 0.90


@pytest.mark.parametrize("mailbox", MAILBOXES)
def test_in_every_mailbox_most_are_and_some_are_not(mailbox: str, proper: list[Question]) -> None:
    its = [question for question in proper if question.mailbox.name == mailbox]
    assert 0.75 < in_time(its) < 0.95


def test_half_are_answered_within_a_day_and_some_take_weeks(proper: list[Question]) -> None:
    ends = [(end - q.received_at) / DAY for q in proper if (end := ended_at(q)) is not None]
    assert statistics.median(ends) < 1
    assert 0.01 < sum(days > 14 for days in ends) / len(ends) < 0.04
    assert sum(days > 28 for days in ends) > 5
    forgotten = sum(ended_at(question) is None for question in proper)
    assert 0.015 < forgotten / len(proper) < 0.04


# When they come


def test_they_come_at_all_hours_of_all_days_and_most_in_the_daytime(
    quarter: list[Question],
) -> None:
    walls = [moment(question.received_at).astimezone(STOCKHOLM) for question in quarter]
    hours = Counter(wall.hour for wall in walls)
    assert set(hours) == set(range(24))
    assert 0.60 < sum(hours[hour] for hour in range(8, 17)) / len(walls) < 0.75
    weekdays = Counter(wall.weekday() for wall in walls)
    assert set(weekdays) == set(range(7))
    assert weekdays[5] + weekdays[6] < 0.8 * weekdays[0]


def test_a_holiday_has_as_few_as_a_sunday() -> None:
    easter = of_days([date(2026, 4, 3), date(2026, 4, 6)])
    usual = of_days([date(2026, 4, 10), date(2026, 4, 13)])
    assert 0 < len(easter) < 0.6 * len(usual)


def test_those_by_e_service_grow_from_year_to_year_and_the_others_do_not() -> None:
    """The draws of a date change with the year, so this is of many days."""
    shares = []
    for year in (2014, 2018, 2022, 2026):
        found = Counter(
            question.mailbox.channel for question in of_days(days_from(date(year, 3, 2), 28))
        )
        shares.append(found["e_service"] / found.total())
        assert 1900 < found["email"] < 2500
    assert shares == sorted(shares)
    assert shares[0] < 0.27
    assert shares[-1] > 0.32


@pytest.mark.parametrize(
    ("day", "twos"), [(date(2026, 3, 22), 1), (date(2026, 3, 29), 0), (date(2026, 10, 25), 2)]
)
def test_an_hour_that_comes_never_or_twice_has_none_or_twice_as_many(day: date, twos: int) -> None:
    """Between two and three as many come as between three and four."""
    office = office_hours(LULEA, STOCKHOLM)
    occasion = Occasion(plan=LULEA, day=day, office=office, seed=1)
    arrivals = list(at_any_hour(occasion, 500_000, Chance("night")))
    assert arrivals == sorted(arrivals)
    hours = Counter(moment(at).astimezone(STOCKHOLM).hour for at in arrivals)
    assert hours[2] / hours[3] == pytest.approx(twos, abs=0.25)
    assert hours.total() == pytest.approx(0.36 * 500_000, rel=0.3)


# What becomes of them


def test_what_becomes_of_them_has_the_shares_of_the_table(quarter: list[Question]) -> None:
    reasons = Counter(f.data.why for q in quarter for f in q.facts if f.data.why)
    assert reasons["spam"] / len(quarter) == pytest.approx(0.05, abs=0.012)
    assert reasons["bounce"] / len(quarter) == pytest.approx(0.02, abs=0.008)
    assert reasons["no_answer_needed"] / len(quarter) == pytest.approx(0.06, abs=0.012)
    otherwise = sum("answered_otherwise" in whats(question) for question in quarter)
    assert otherwise / len(quarter) == pytest.approx(0.05, abs=0.012)
    answered = [question for question in quarter if "answered" in whats(question)]
    forwarded = sum("forwarded" in whats(question) for question in answered)
    assert forwarded / len(answered) == pytest.approx(0.30, abs=0.03)
    reopened = sum("reopened" in whats(question) for question in answered)
    assert reopened / len(answered) == pytest.approx(0.03, abs=0.012)
    registered = sum(question.is_registered for question in quarter)
    assert registered / len(quarter) == pytest.approx(0.4 * 0.82, abs=0.03)


def test_automatic_replies_come_within_seconds_where_a_mailbox_has_them(
    quarter: list[Question],
) -> None:
    for question in quarter:
        told = whats(question)
        is_for_nobody = any(fact.data.why in ("spam", "bounce") for fact in question.facts)
        expected = question.mailbox.has_auto_reply and not is_for_nobody
        assert ("auto_replied" in told) == expected
        if expected:
            at = micros(question.facts[told.index("auto_replied")].time)
            assert SECOND <= at - question.received_at < 16 * SECOND


def test_some_write_again_before_the_answer_and_some_after_it(quarter: list[Question]) -> None:
    before = after = 0
    for question in quarter:
        told = whats(question)
        if "followed_up" in told:
            is_after = "answered" in told[: told.index("followed_up")]
            after += is_after
            before += not is_after
            if is_after:
                assert told[-1] == "answered", "what they say then is answered too"
            else:
                at = question.facts[told.index("followed_up")].time
                assert micros(at) - question.received_at >= DAY, "they have waited for a day"
    assert before > 200
    assert after > 200


def test_what_is_taken_up_again_is_answered_again(quarter: list[Question]) -> None:
    again = [whats(question) for question in quarter if "reopened" in whats(question)]
    assert again
    for told in again:
        assert told.index("answered") < told.index("reopened")
        assert told[-1] == "answered"


def test_a_message_in_two_mailboxes_is_one_question(quarter: list[Question]) -> None:
    twice = [question for question in quarter if whats(question).count("received") == 2]
    assert 0.01 < len(twice) / len(quarter) < 0.03
    for question in twice:
        first, second = (fact for fact in question.facts if fact.type.endswith("received.v1"))
        assert first.subject == second.subject
        assert first.data.queue == question.mailbox.name != second.data.queue
        assert timedelta(0) < second.data.received_at - first.data.received_at
        assert second.data.received_at - first.data.received_at < timedelta(seconds=3)
        others = [fact.data.queue for fact in question.facts if fact is not second]
        assert set(others) == {question.mailbox.name}


# Lawful

PLANS = st.builds(
    whole_lulea,
    st.sampled_from(["lulea", "boden"]),
    scale=st.floats(0.02, 0.4),
    is_open_daily=st.booleans(),
)
ZONES = st.sampled_from([STOCKHOLM, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Tokyo")])


@settings(max_examples=40, deadline=None)
@given(
    plan=PLANS,
    zone=ZONES,
    seed=st.integers(0, 10**6),
    day=st.dates(date(2005, 1, 1), date(2099, 12, 31))
    | st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 3)]),
    like=st.none() | st.just(MONDAY),
)
def test_every_question_of_every_plan_goes_as_questions_can(
    plan: Plan, zone: ZoneInfo, seed: int, day: date, like: date | None
) -> None:
    office = office_hours(plan, zone, {day} if seed % 2 else (), like)
    occasion = Occasion(plan=plan, day=day, office=office, seed=seed, like=like)
    questions = simulate_questions(occasion)
    assert len({question.subject for question in questions}) == len(questions)
    for question in questions:
        assert midnight(day, zone) <= question.received_at
        assert question.received_at < midnight(day + timedelta(days=1), zone)
        assert_lawful(question, office)
        for fact in question.facts:
            assert decode(encode(fact)) == fact
            assert fact.partitionkey == plan.municipality


def assert_lawful(question: Question, office: Hours) -> None:
    times = [fact.time for fact in question.facts]
    told = whats(question)
    assert times == sorted(times)
    assert told[0] == "received"
    assert micros(times[0]) == question.received_at
    worked = {"answered", "answered_otherwise", "dismissed", "forwarded", "reopened"}
    for what, fact in zip(told, question.facts, strict=True):
        at = micros(fact.time)
        if what in worked:  # at closing time it has just been done
            assert office.is_open(at) or office.is_open(at - 1)
            assert fact.data.queue == question.mailbox.name
        assert fact.data.channel == question.mailbox.channel
        assert (fact.data.why is not None) == (what == "dismissed")
        assert len({fact.id for fact in question.facts}) == len(told)
    ends = {"answered", "answered_otherwise", "dismissed"} & set(told)
    assert len(ends) <= 1
    if "forwarded" in told:
        assert told.index("forwarded") < told.index("answered")
    assert (question.answered_at is None) == ("answered" not in told)
    assert not question.is_registered or not ends & {"answered_otherwise", "dismissed"}


# Each draws from a stream of its own


def test_how_one_mailbox_is_kept_changes_nothing_in_another(quarter: list[Question]) -> None:
    slow, *others = LULEA.mailboxes
    changed = replace(LULEA, mailboxes=(replace(slow, slow_ratio=1.0), *others))
    before = [q for q in quarter if q.received_at < midnight(MONDAY, STOCKHOLM) + 3 * DAY]
    after = of_days(days_from(MONDAY, 3), changed)
    assert [q.received_at for q in before] == [q.received_at for q in after]
    for one, other in zip(before, after, strict=True):
        is_changed = one.mailbox.name == slow.name
        assert is_changed or one.facts == other.facts
    assert in_time([q for q in after if q.mailbox.name == slow.name and q.answered_at]) < 0.7


def test_a_mailbox_that_makes_no_sense_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="epost: "):
        MailboxPlan(name="epost", questions_per_day=0, slow_ratio=0.1)
    with pytest.raises(ValueError, match="a share"):
        MailboxPlan(name="epost", questions_per_day=1, slow_ratio=1.1)
