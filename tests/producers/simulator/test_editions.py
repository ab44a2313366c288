"""What stays open is stated anew, whole, and what happens later belongs to the latest edition."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from whole_days import MONDAY, STOCKHOLM, days_from

from producers.simulator.editions import editions, marks, open_at
from producers.simulator.history import History
from producers.simulator.item_profile import FOLLOWED_DAYS, RESTATED_DAYS
from producers.simulator.whole_profile import whole_lulea
from streams.domain.event_types import (
    CaseEvent,
    QuestionData,
    QuestionEvent,
)
from streams.domain.instants import micros, moment
from streams.domain.windows import RESTATED_DAYS as KEPT_DAYS

RECEIVED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FIRST = micros(datetime(2026, 3, 30, 3, tzinfo=UTC))
SECOND = micros(datetime(2026, 4, 27, 3, tzinfo=UTC))
MARKS = [FIRST, SECOND]


def fact(what: str, at: int) -> QuestionEvent:
    return QuestionEvent(
        id=what,
        source="/test",
        type=f"se.svarsgrad.email.{what}.v1",
        subject="q",
        time=moment(at),
        partitionkey="lulea",
        data=QuestionData(queue="epost", received_at=RECEIVED),
    )


def told(*facts: tuple[str, int]) -> list[tuple[str, int, int]]:
    """Return, in order, what is stated, when it happened and when it is stated."""
    made = [fact(what, at) for what, at in facts]
    stated = editions(made, open_at(made, MARKS))
    for at, event in stated:
        restated_at = event.data.restated_at
        assert at == max(micros(event.time), 0 if restated_at is None else micros(restated_at))
    return sorted(
        ((event.type.split(".")[3], micros(event.time), at) for at, event in stated),
        key=lambda each: each[2],
    )


START = micros(RECEIVED)
DAY = 24 * 3600 * 10**6


def test_a_case_is_stated_anew_at_five_in_the_morning_every_fourth_week() -> None:
    found = [moment(mark).astimezone(STOCKHOLM) for mark in marks(MONDAY, STOCKHOLM)]
    assert [f"{at:%Y-%m-%d %H:%M}" for at in found] == ["2026-03-30 05:00", "2026-04-27 05:00"]
    assert [micros(at) for at in found] == MARKS
    assert RESTATED_DAYS < KEPT_DAYS
    assert 2 * RESTATED_DAYS < FOLLOWED_DAYS


def test_what_is_answered_by_then_is_not_stated_anew() -> None:
    answered = START + 3 * DAY
    assert told(("received", START), ("answered", answered)) == [
        ("received", START, START),
        ("answered", answered, answered),
    ]
    just_before = told(("received", START), ("answered", FIRST - 1))
    assert [each[0] for each in just_before] == ["received", "answered"]


def test_what_is_open_is_stated_anew_whole_and_again() -> None:
    replied, reminded = START + 1, START + 5 * DAY
    facts = [("received", START), ("auto_replied", replied), ("followed_up", reminded)]
    assert told(*facts) == [
        *((what, at, at) for what, at in facts),
        *((what, at, FIRST) for what, at in facts),
        *((what, at, SECOND) for what, at in facts),
    ]


def test_an_answer_after_that_belongs_to_the_latest_edition() -> None:
    for late, edition in ((FIRST, FIRST), (FIRST + DAY, FIRST), (SECOND + 1, SECOND)):
        made = [fact("received", START), fact("answered", late)]
        stated = editions(made, open_at(made, MARKS))
        (answer,) = [event for _, event in stated if "answered" in event.type]
        assert answer.data.restated_at == moment(edition)
        assert answer.id != "answered"


def test_what_is_taken_up_again_and_open_is_stated_anew_with_its_answer() -> None:
    facts = [("received", START), ("answered", START + DAY), ("reopened", START + 2 * DAY)]
    assert told(*facts)[3:6] == [(what, at, FIRST) for what, at in facts]


def test_what_is_done_between_two_marks_is_stated_anew_once() -> None:
    found = told(("received", START), ("answered", FIRST + DAY))
    assert [each[2] for each in found] == [START, FIRST, FIRST + DAY]


# In simulated days


@pytest.mark.parametrize(("kind", "scale"), [("questions", 0.4), ("cases", 0.1)])
def test_an_edition_of_simulated_days_has_all_that_was_told_before_it(
    kind: str, scale: float
) -> None:
    history = History(whole_lulea(scale=scale), STOCKHOLM, seed=1)
    tell = history.questions if kind == "questions" else history.cases
    original: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    restated: dict[tuple[str, datetime], list[tuple[str, datetime]]] = defaultdict(list)
    for day in days_from(MONDAY, 45):
        for _, event in tell(day):
            if isinstance(event, QuestionEvent | CaseEvent):
                fact = (event.type, event.time)
                if event.data.restated_at is None:
                    original[event.subject].append(fact)
                elif event.time < event.data.restated_at:
                    restated[event.subject, event.data.restated_at].append(fact)
    began = {
        subject
        for subject, facts in original.items()
        if any(what.endswith(("received.v1", "opened.v1")) for what, _ in facts)
    }  # the others came before the first of these days
    whole = [(subject, at) for subject, at in restated if subject in began]
    assert len(whole) > 5
    for subject, at in whole:
        assert at > min(original[subject], key=lambda fact: fact[1])[1] + timedelta(days=24)
        assert sorted(restated[subject, at]) == sorted(original[subject])
    if kind == "cases":
        facts = [fact for subject, _ in whole for fact in original[subject]]
        assert any("contacted" in what for what, _ in facts)
