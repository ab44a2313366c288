"""Answers of the survey: which count, and when a share is shown."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import SurveyData, SurveyEvent
from streams.domain.instants import NEVER, micros
from streams.domain.surveys import (
    Satisfaction,
    Surveys,
    evaluate_surveys,
    surveys_needed_since,
)
from streams.domain.windows import (
    ITEM_HORIZON_DAYS,
    ITEM_NAMES,
    ItemHorizon,
    item_horizon,
    window,
)

CATALOGUE = """
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    teams:
      kundcenter: {name: Kundcenter}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: kundcenter}
    promises: [nojda, forr]
    targets:
      nojda: {name: Nöjda med bemötande och tillgänglighet, measure: satisfied, goal: 0.70,
        questions: [bemotande, tillganglighet], valid_from: 2018-01-26, source: Prov}
      forr: {name: Nöjda, measure: satisfied, goal: 0.70, questions: [annat],
        valid_from: 2014-01-01, valid_to: 2018-01-26, source: Prov}
"""
LULEA = load_catalogue(CATALOGUE, "prov.yaml").municipalities["lulea"]
ALL = ItemHorizon(-NEVER, -NEVER)
AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)


def answer(
    reply: str, grade: int, at: datetime = AT, question: str = "bemotande", id_: str = ""
) -> SurveyEvent:
    return SurveyEvent(
        id=id_ or f"{reply}-{question}-{at}-{grade}",
        source="/enkat",
        type="se.svarsgrad.survey.answered.v1",
        subject=reply,
        time=at,
        partitionkey="lulea",
        data=SurveyData(question=question, grade=grade),
    )


def book(*events: SurveyEvent) -> Surveys:
    surveys = Surveys(ALL)
    for event in events:
        assert surveys.state(event, micros(event.time))
    return surveys


def satisfied(surveys: Surveys, now: datetime, name: str = "30d") -> Satisfaction:
    windows = [window(each, micros(now), LULEA.zone) for each in ITEM_NAMES]
    frame = surveys.frame(surveys_needed_since(windows), micros(now))
    report = evaluate_surveys(LULEA, frame, micros(now), windows)
    assert set(report.satisfied) == {"nojda"}
    return report.satisfied["nojda"][name]


def test_grades_four_and_five_are_satisfied() -> None:
    its = satisfied(book(*(answer(f"r{grade}", grade) for grade in range(1, 6))), AT + DAY)
    assert its == Satisfaction(satisfied=2, answers=5, replies=5)
    assert its.ratio == 0.4
    assert its.interval is not None


def test_under_five_replies_only_their_number_is_shown_however_many_answers() -> None:
    both = ("bemotande", "tillganglighet")
    events = [answer(f"r{n}", 5, question=question) for n in range(4) for question in both]
    its = satisfied(book(*events), AT + DAY)
    assert its == Satisfaction(satisfied=None, answers=8, replies=4)
    assert (its.ratio, its.interval) == (None, None)


def test_no_answers_are_no_value() -> None:
    its = satisfied(book(), AT)
    assert (its.ratio, its.interval, its.answers) == (None, None, 0)


def test_questions_that_the_promise_does_not_name_are_left_out() -> None:
    events = [answer(f"r{n}", 5) for n in range(5)] + [answer("r9", 1, question="annat")]
    assert satisfied(book(*events), AT + DAY) == Satisfaction(5, 5, 5)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_answers_to_one_question_the_later_counts_and_ties_go_by_event_id(
    order: int,
) -> None:
    others = [answer(f"r{n}", 1) for n in range(4)]
    twice = [answer("r9", 5, AT), answer("r9", 1, AT + TICK)][::order]
    surveys = book(*others, *twice)
    assert satisfied(surveys, AT + TICK).satisfied == 1  # as it was then
    assert satisfied(surveys, AT + 2 * TICK).satisfied == 0
    tied = [answer("r9", 5, id_="b"), answer("r9", 1, id_="a")][::order]
    assert satisfied(book(*others, *tied), AT + DAY).satisfied == 1
    assert len(book(*tied, *tied)) == 2


def test_an_answer_counts_from_the_instant_after_it_and_for_as_long_as_its_window() -> None:
    surveys = book(*(answer(f"r{n}", 5) for n in range(5)))
    assert satisfied(surveys, AT).answers == 0
    assert satisfied(surveys, AT + TICK).answers == 5
    last = datetime(2026, 4, 3, 21, 59, 59, tzinfo=UTC)  # of the thirtieth day in Luleå
    assert satisfied(surveys, last, "7d").answers == 0
    assert satisfied(surveys, last).answers == 5
    assert satisfied(surveys, last + timedelta(seconds=1)).answers == 0


def test_an_answer_at_the_first_instant_of_a_window_is_in_it() -> None:
    midnight = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)  # of 5 March in Luleå
    surveys = book(answer("r1", 5, midnight), answer("r2", 5, midnight - TICK))
    for name, days in (("today", 0), ("7d", 6), ("30d", 29)):
        assert satisfied(surveys, AT + days * DAY, name).answers == 1


def test_answers_are_kept_for_four_hundred_days() -> None:
    first = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)  # midnight in Luleå
    now = AT + ITEM_HORIZON_DAYS * DAY
    surveys = Surveys(item_horizon(micros(now), LULEA.zone))
    assert surveys.state(answer("r1", 5, first), micros(first))
    assert not surveys.state(answer("r2", 5, first - TICK), micros(first - TICK))
    assert len(surveys) == 1
    surveys.prune(item_horizon(micros(now - DAY), LULEA.zone))  # it never moves back
    assert len(surveys) == 1
    surveys.prune(item_horizon(micros(now + DAY), LULEA.zone))
    assert (len(surveys), surveys.facts()) == (0, {})


def test_a_frame_is_judged_at_its_own_instant_only() -> None:
    with pytest.raises(ValueError, match="one instant"):
        evaluate_surveys(LULEA, book().frame(0, 1), 2, [])


def test_without_windows_no_answer_is_needed() -> None:
    assert surveys_needed_since([]) == NEVER
    assert book(answer("r1", 5)).frame(NEVER, micros(AT + DAY)).answers == ()
