"""Simulated cases: where they come from, who closes them, and how soon."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_days import MONDAY, STOCKHOLM, days_from

from producers.simulator.calls import Day
from producers.simulator.case_repeats import contacted, earlier_day, picked
from producers.simulator.case_work import Case, DayOfCases, simulate_cases
from producers.simulator.office import Occasion, office_hours
from producers.simulator.profile import Plan, lulea
from producers.simulator.questions import Question, simulate_questions
from producers.simulator.simulation import simulate_day
from producers.simulator.whole_profile import skelleftea, whole_lulea
from streams.domain.deadlines import Limit, Office, swedish_working_days
from streams.domain.event_types import CHANNELS
from streams.domain.events import decode, encode
from streams.domain.instants import HOUR, micros
from streams.domain.windows import midnight
from streams.domain.working_time import Hours


@dataclass(frozen=True)
class Simulated:
    """A day with all that its cases come from."""

    day: date
    calls: Day
    questions: list[Question]
    found: DayOfCases


def simulated(plan: Plan, day: date, seed: int = 1, like: date | None = None) -> Simulated:
    office = office_hours(plan, STOCKHOLM, like=like)
    occasion = Occasion(plan=plan, day=day, office=office, seed=seed, like=like)
    calls = simulate_day(plan, day, STOCKHOLM, seed, like)
    questions = simulate_questions(occasion)
    return Simulated(day, calls, questions, simulate_cases(occasion, calls, questions))


@pytest.fixture(scope="module")
def like_lulea() -> list[Simulated]:
    return [simulated(whole_lulea(), day) for day in days_from(MONDAY, 14)]


@pytest.fixture(scope="module")
def like_skelleftea() -> list[Simulated]:
    return [simulated(skelleftea(), day) for day in days_from(MONDAY, 28)]


def cases(days: list[Simulated]) -> list[Case]:
    return [case for each in days for case in each.found.cases]


def whats(case: Case) -> list[str]:
    return [fact.type.split(".")[3] for fact in case.facts]


def at(case: Case, what: str) -> int | None:
    told = whats(case)
    return micros(case.facts[told.index(what)].time) if what in told else None


def within_three_days(begins: int, ends: int | None, office: Office) -> bool:
    return ends is not None and ends <= office.due(begins, Limit(3, "d")).at


# As the documents have it


def test_about_83_000_cases_a_year_come_to_skelleftea(like_skelleftea: list[Simulated]) -> None:
    assert 78_000 < len(cases(like_skelleftea)) / 28 * 365 < 88_000


@pytest.mark.parametrize("town", ["like_lulea", "like_skelleftea"])
def test_64_to_70_percent_are_closed_in_the_centre(
    town: str, request: pytest.FixtureRequest
) -> None:
    found = cases(request.getfixturevalue(town))
    closed = [case for case in found if case.handed_over_at is None and case.done_at is not None]
    assert 0.635 < len(closed) / len(found) < 0.70


def test_97_percent_get_feedback_within_three_days_in_skelleftea(
    like_skelleftea: list[Simulated],
) -> None:
    office = Office(swedish_working_days(), office_hours(skelleftea(), STOCKHOLM))
    theirs = [case for case in cases(like_skelleftea) if case.handed_over_at is not None]
    in_time = [
        within_three_days(case.handed_over_at or 0, at(case, "feedback"), office)
        for case in theirs
    ]
    assert sum(in_time) / len(in_time) == pytest.approx(0.97, abs=0.015)


def test_most_are_done_within_three_days_some_later_and_some_never(
    like_skelleftea: list[Simulated],
) -> None:
    office = Office(swedish_working_days(), office_hours(skelleftea(), STOCKHOLM))
    found = cases(like_skelleftea)
    soon = sum(within_three_days(case.opened_at, case.done_at, office) for case in found)
    assert 0.85 < soon / len(found) < 0.95
    assert 0.01 < sum(case.done_at is None for case in found) / len(found) < 0.03


def test_every_answered_call_is_a_case_in_skelleftea_and_most_are_in_lulea(
    like_lulea: list[Simulated], like_skelleftea: list[Simulated]
) -> None:
    for days, least, most in ((like_lulea, 0.90, 0.94), (like_skelleftea, 1.0, 1.0)):
        answered = {
            leg.contact
            for each in days
            for leg in each.calls.legs
            if leg.ended_at is not None and leg.queue.startswith("kundtjanst")
        }
        repeats = [contact for each in days for contact in each.found.repeats]
        again = {contact.contact for contact in repeats if contact.channel == "phone"}
        new = {case.facts[0].data.contact for case in cases(days)} & answered
        assert not new & again
        assert len(again) / len(answered) == pytest.approx(0.07, abs=0.015)
        assert least <= len(new) / len(answered - again) <= most


def test_cases_come_by_every_channel_and_nearly_90_percent_of_contacts_by_telephone() -> None:
    days = [simulated(whole_lulea(), day) for day in days_from(date(2014, 3, 3), 7)]
    channels = Counter(case.facts[0].data.channel for case in cases(days))
    assert set(channels) == set(CHANNELS)
    calls = sum(each.calls.callers for each in days)
    written = sum(len(each.questions) for each in days)
    others = sum(
        channels[channel] for channel in channels if channel not in ("phone", "email", "e_service")
    )
    assert 0.86 < calls / (calls + written + others) < 0.92


def test_80_to_90_percent_of_those_who_answer_the_survey_are_satisfied(
    like_skelleftea: list[Simulated],
) -> None:
    found = cases(like_skelleftea)
    replies = [reply for case in found for reply in case.replies]
    for question, satisfied in (("bemotande", 0.90), ("tillganglighet", 0.80)):
        grades = [r.data.grade for r in replies if r.data.question == question]
        assert sum(grade >= 4 for grade in grades) / len(grades) == pytest.approx(
            satisfied, abs=0.045
        )
        assert set(grades) == {1, 2, 3, 4, 5}
    by_hand_over = [
        [r.data.grade >= 4 for case in found for r in case.replies if is_theirs(case) == theirs]
        for theirs in (True, False)
    ]
    theirs, ours = (sum(each) / len(each) for each in by_hand_over)
    assert theirs < ours - 0.1


def is_theirs(case: Case) -> bool:
    return case.handed_over_at is not None


def test_a_reply_has_both_questions_and_comes_when_the_case_is_done(
    like_lulea: list[Simulated],
) -> None:
    found = cases(like_lulea)
    answered = [case for case in found if case.replies]
    assert 0.045 < len(answered) / len(found) < 0.075
    for case in answered:
        assert [reply.data.question for reply in case.replies] == ["bemotande", "tillganglighet"]
        assert len({reply.subject for reply in case.replies}) == 1
        assert case.subject not in case.replies[0].subject
        assert all(micros(reply.time) > (case.done_at or 0) for reply in case.replies)
    queues = {reply.data.queue for case in answered for reply in case.replies}
    assert queues == {"kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social", "arenden"}


# A case follows its question


def test_the_case_of_a_question_is_handed_over_and_done_as_the_question_is(
    like_lulea: list[Simulated],
) -> None:
    questions = {q.subject: q for each in like_lulea for q in each.questions}
    written = [
        case for case in cases(like_lulea) if case.facts[0].data.channel in ("email", "e_service")
    ]
    assert len(written) > 300
    reminded = 0
    for case in written:
        question = questions[case.facts[0].data.contact or ""]
        assert question.is_registered
        assert case.opened_at == question.read_at
        assert case.handed_over_at == question.forwarded_at
        if "reopened" not in whats(case):
            assert at(case, "handed_over") == question.forwarded_at
        if question.forwarded_at is not None:
            assert at(case, "feedback") == question.answered_at
        else:
            assert case.done_at == question.answered_at
        again = [fact for fact in case.facts if "contacted" in fact.type]
        reminded += len(again)
        assert all(fact.data.contact == question.subject for fact in again)
    assert reminded > 5


# Somebody asks again


def test_a_repeated_contact_is_about_a_case_that_is_open_and_of_its_administration(
    like_lulea: list[Simulated],
) -> None:
    plan = whole_lulea()
    office = office_hours(plan, STOCKHOLM)
    by_day = {each.day: each for each in like_lulea}
    about: list[date] = []
    for each in like_lulea[7:]:
        for contact in each.found.repeats:
            day = earlier_day(contact, each.day, office)
            if day not in by_day:
                continue
            case = picked(contact, by_day[day].found.cases)
            if case is None:
                continue
            about.append(day)
            event = contacted(case, contact)
            assert decode(encode(event)) == event
            assert (event.subject, event.data.opened_at) == (
                case.subject,
                case.facts[0].data.opened_at,
            )
            assert micros(event.time) == contact.at >= case.opened_at + HOUR
            assert case.handed_over_at is not None
            assert case.handed_over_at <= contact.at
            assert case.done_at is None or contact.at < case.done_at
            if contact.channel == "phone":
                assert case.administration == contact.administration
    assert len(about) > 80
    assert len(set(about)) > 6


def test_nobody_asks_about_a_case_of_a_day_on_which_nobody_worked() -> None:
    plan = whole_lulea()
    office = office_hours(plan, STOCKHOLM)
    monday = simulated(plan, MONDAY)
    days = {earlier_day(contact, MONDAY, office) for contact in monday.found.repeats}
    assert {MONDAY, date(2026, 2, 27)} <= days
    assert {day.weekday() for day in days if day} <= {0, 1, 2, 3, 4}
    assert all(day is None or MONDAY - day <= timedelta(days=21) for day in days)


# Lawful

PLANS = st.one_of(
    st.builds(whole_lulea, scale=st.floats(0.02, 0.2), is_open_daily=st.booleans()),
    st.builds(skelleftea, scale=st.floats(0.02, 0.2), staffing=st.floats(0.5, 2)),
)


@settings(max_examples=25, deadline=None)
@given(
    plan=PLANS,
    seed=st.integers(0, 10**6),
    day=st.dates(date(2005, 1, 1), date(2099, 12, 31)),
    like=st.none() | st.just(MONDAY),
)
def test_every_case_of_every_plan_goes_as_cases_can(
    plan: Plan, seed: int, day: date, like: date | None
) -> None:
    each = simulated(plan, day, seed, like)
    office = office_hours(plan, STOCKHOLM, like=like)
    subjects = [case.subject for case in each.found.cases]
    assert len(set(subjects)) == len(subjects)
    for case in each.found.cases:
        assert_lawful(case, office)
        assert case.opened_at >= midnight(day, STOCKHOLM)
        for fact in (*case.facts, *case.replies):
            assert decode(encode(fact)) == fact
    for contact in each.found.repeats:
        assert midnight(day, STOCKHOLM) <= contact.at
        assert contact.at < midnight(day + timedelta(days=1), STOCKHOLM)


def test_every_case_of_a_fortnight_goes_as_cases_can(like_lulea: list[Simulated]) -> None:
    office = office_hours(whole_lulea(), STOCKHOLM)
    for case in cases(like_lulea):
        assert_lawful(case, office)


def assert_lawful(case: Case, office: Hours) -> None:
    told, times = whats(case), [micros(fact.time) for fact in case.facts]
    assert times == sorted(times)
    assert told[0] == "opened"
    assert times[0] == case.opened_at
    assert len({fact.id for fact in case.facts}) == len(told)
    for what, fact in zip(told, case.facts, strict=True):
        if what in ("handed_over", "feedback", "resolved", "reopened"):
            instant = micros(fact.time)
            assert office.is_open(instant) or office.is_open(instant - 1)
        assert (fact.data.channel is not None) == (what in ("opened", "contacted"))
        assert (fact.data.administration is not None) == (what == "handed_over")
        assert (fact.data.by is not None) == (what == "resolved")
    assert (case.done_at is None) == ("resolved" not in told)
    assert at(case, "resolved") == case.done_at
    assert told.count("handed_over") <= 1
    assert told.count("resolved") == told.count("reopened") + (case.done_at is not None)
    if "feedback" in told:
        assert told.index("handed_over") < told.index("feedback")
    if case.handed_over_at is None and case.done_at is not None:
        assert case.facts[told.index("resolved")].data.by == "customer_centre"
    if "reopened" in told:
        assert "handed_over" in told
        assert case.facts[-1].data.by == "administration"


def test_a_plan_without_cases_has_none() -> None:
    assert simulated(lulea(scale=0.1), MONDAY).found == DayOfCases()


def test_the_staffing_changes_nothing_in_a_case_but_when_it_begins() -> None:
    few, many = (
        simulated(whole_lulea(scale=0.5, staffing=staffing), MONDAY) for staffing in (0.9, 1.5)
    )
    callers = [
        {
            leg.contact: (leg.caller, leg.queue)
            for leg in each.calls.legs
            if leg.ended_at is not None
        }
        for each in (few, many)
    ]
    fates = [
        {
            who[case.facts[0].data.contact]: (case.administration, whats(case))
            for case in each.found.cases
            if case.facts[0].data.contact in who
        }
        for each, who in zip((few, many), callers, strict=True)
    ]
    both = fates[0].keys() & fates[1].keys()
    assert len(both) > 80
    assert all(fates[0][who] == fates[1][who] for who in both)
