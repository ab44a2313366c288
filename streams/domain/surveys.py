"""The municipality's own survey: answers in, the share of satisfied ones out.

An answer is the grade that one reply gives to one question. Who answers a question again in the
same reply has changed their mind: the later answer counts, and of two at the same instant the one
whose event id sorts last.

Source: docs/decisions/0010-cases.md.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.event_types import SurveyEvent
from streams.domain.instants import NEVER
from streams.domain.percentiles import wilson
from streams.domain.recent_rows import Recent
from streams.domain.windows import ItemHorizon, Window, day_of

SATISFIED: Final = "satisfied"
SATISFIED_FROM: Final = 4
"""Grades 4 and 5 of 5 are satisfied."""
FEWEST_REPLIES: Final = 5
"""A share of fewer replies is not shown: it could tell what somebody answered."""


class Answer(NamedTuple):
    """One event. Answers sort as they count: of one reply to one question the last does."""

    reply: str
    question: str
    at: int
    id: str
    grade: int


@dataclass(frozen=True, slots=True)
class SurveyFrame:
    """The answers that count as of ``now``, but for some of before ``since``.

    It stays as it is while events are folded, so another thread may read it.
    """

    now: int
    since: int
    answers: tuple[Answer, ...]


class Surveys:
    """The answers that one municipality has had since a horizon; some 300 bytes each."""

    def __init__(self, horizon: ItemHorizon) -> None:
        self.horizon = horizon
        self._keep(())

    def _keep(self, answers: Iterable[Answer]) -> None:
        self._answers = list(answers)
        self._known = set(self._answers)
        self._at = array("q", [answer.at for answer in self._answers])
        self._recent = Recent()

    def __len__(self) -> int:
        return len(self._answers)

    def state(self, event: SurveyEvent, at: int) -> bool:
        """Fold one event, which happened ``at`` an instant: that of its time, in microseconds.

        Returns False, and changes nothing, if the horizon does not keep it.
        """
        if not self.horizon.keeps(at, None):
            return False
        self._add(Answer(event.subject, event.data.question, at, event.id, event.data.grade))
        return True

    def _add(self, answer: Answer) -> None:
        if answer not in self._known:
            self._known.add(answer)
            self._answers.append(answer)
            self._at.append(answer.at)

    def take(self, identity: tuple[str, str], answers: Iterable[Answer]) -> None:
        """Merge answers to a question, in the form of :meth:`copied_facts`; of any age."""
        del identity  # each answer has it
        for answer in answers:
            self._add(answer)

    def prune(self, horizon: ItemHorizon) -> None:
        """Let go of what this horizon does not keep; it never moves back."""
        if horizon.began <= self.horizon.began:
            return
        self.horizon = horizon
        kept = [answer for answer in self._answers if horizon.keeps(answer.at, None)]
        if len(kept) < len(self._answers):
            self._keep(kept)

    def frame(self, since: int, now: int) -> SurveyFrame:
        """Return the answers given at or after ``since`` that count as of now."""
        rows = self._recent.candidates(since, len(self))
        rows = rows[np.asarray(self._at)[rows] >= since]
        self._recent.keep(rows)
        answers = sorted(self._answers[row] for row in rows.tolist() if self._at[row] < now)
        counted = {(answer.reply, answer.question): answer for answer in answers}
        return SurveyFrame(now, since, tuple(counted.values()))

    def facts(self) -> dict[tuple[str, str], set[Answer]]:
        """Return all answers by reply and question: to compare ledgers."""
        return dict(self.copied_facts())

    def copied_facts(self) -> Iterator[tuple[tuple[str, str], set[Answer]]]:
        """Copy the book as it is now, and yield its answers, in any thread."""
        return _facts(list(self._answers))


def _facts(answers: Iterable[Answer]) -> Iterator[tuple[tuple[str, str], set[Answer]]]:
    found: dict[tuple[str, str], set[Answer]] = {}
    for answer in answers:
        found.setdefault((answer.reply, answer.question), set()).add(answer)
    yield from found.items()


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """How many of the answers to some questions were satisfied."""

    satisfied: int | None
    """None if there are so few replies that it is not shown."""
    answers: int
    replies: int

    @property
    def ratio(self) -> float | None:
        """Return satisfied / answers in [0, 1]; None if it is not shown."""
        return None if self.satisfied is None else self.satisfied / self.answers

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if it is not shown."""
        return None if self.satisfied is None else wilson(self.satisfied, self.answers)


@dataclass(frozen=True, slots=True)
class SurveysReport:
    """What the survey says of a municipality as of an instant."""

    satisfied: Mapping[str, Mapping[str, Satisfaction]]
    """By id of the promise and name of window."""


def surveys_needed_since(windows: Iterable[Window]) -> int:
    """Return the instant before which no window needs an answer; without windows, none at all."""
    return min((window.start for window in windows), default=NEVER)


def evaluate_surveys(
    municipality: Municipality, frame: SurveyFrame, now: int, windows: Iterable[Window]
) -> SurveysReport:
    """Return how satisfied those were who answered in each window, by when they did.

    The frame must be as of now, and since :func:`surveys_needed_since` at the latest. The promises
    are those of the day of each window's last instant.
    """
    if frame.now != now:
        raise ValueError("a frame is of one instant only")
    satisfied: dict[str, dict[str, Satisfaction]] = {}
    for window in windows:
        inside = [answer for answer in frame.answers if window.start <= answer.at < window.end]
        day = day_of(window.end - 1, municipality.zone)
        for target in municipality.promises:
            if target.measure == SATISFIED and target.is_valid_on(day):
                of_window = satisfied.setdefault(target.id, {})
                of_window[window.name] = _of(target, inside)
    return SurveysReport(satisfied)


def _of(target: ServiceTarget, answers: Sequence[Answer]) -> Satisfaction:
    its = [answer for answer in answers if answer.question in target.questions]
    replies = len({answer.reply for answer in its})
    satisfied = sum(answer.grade >= SATISFIED_FROM for answer in its)
    return Satisfaction(satisfied if replies >= FEWEST_REPLIES else None, len(its), replies)
