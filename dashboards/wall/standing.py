"""How a promise stands, in one word.

A share is said to be within or under its goal when all of its 95 % Wilson interval is; else it is
too early to say, however the share itself looks. A goal of all has no room for misses: one is
enough. Where nothing has been decided there is nothing to say, and what isn't known is not good.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboards.wall.reading import DAY, Reading
from dashboards.words import STATES
from streams import metrics as m
from streams.domain.catalogue import ServiceTarget

INDICATION_UNDER: Final = 30
"""A share of fewer is an indication. Source: domain definitions, small samples."""


class State(StrEnum):
    """How a promise or a queue stands; the value is what the page knows it by."""

    WITHIN = "within"
    UNSURE = "unsure"
    UNDER = "under"
    CLOSED = "closed"
    NONE = "none"
    MISSING = "missing"


WORDS: Final = {state: STATES[state] for state in State}
OVER: Final = "Över mål"
"""The word for :attr:`State.UNDER` where less is better."""
COUNTED: Final = {
    State.WITHIN: ("inom mål", "inom mål"),
    State.UNSURE: ("osäker", "osäkra"),
    State.UNDER: ("når inte målet", "når inte målet"),
    State.CLOSED: ("stängd", "stängda"),
    State.NONE: ("utan data", "utan data"),
    State.MISSING: ("där data saknas", "där data saknas"),
}
"""How one queue, and several, in a state are counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a promise has come to so far today."""

    state: State
    value: float | None
    """A share in [0, 1], or seconds where the promise is of a mean."""
    n: int
    """How many it is of."""
    low: float | None = None
    high: float | None = None

    @property
    def is_indication(self) -> bool:
        """Say whether it is of so few that it is but an indication."""
        return 0 < self.n < INDICATION_UNDER


_SHARES: Final = {
    "answered_within": m.Share(
        m.SERVICE_LEVEL, m.SERVICE_LEVEL_LOW, m.SERVICE_LEVEL_HIGH, m.DECIDED
    ),
    "lost": m.LOST,
    "question_answered_within": m.QUESTIONS_IN_TIME,
    "feedback_within": m.CASES_IN_TIME,
    "resolved_within": m.CASES_IN_TIME,
}
"""Measure → what it is read by."""
_MEANS: Final = ("mean_wait", "mean_talk")


def is_less_better(target: ServiceTarget) -> bool:
    """Say whether a promise is of something that there should be little of."""
    return target.measure == "lost" or target.measure in _MEANS


def is_judged(target: ServiceTarget) -> bool:
    """Say whether a promise of a queue is one that stands or falls by figures of the day."""
    if target.measure in _MEANS:
        return target.limit_seconds is not None
    return target.measure in _SHARES and target.goal is not None


def standing(
    reading: Reading, municipality: str, queue: str, target: ServiceTarget, window: str = DAY
) -> Standing:
    """Return how a promise of a queue stands in a window, by the figures alone."""
    labels = {"municipality": municipality, "queue": queue, "window": window}
    share = _SHARES.get(target.measure)
    if share is None:
        return _mean(reading, labels, target)
    found = []
    for metric in share:
        of_target = {"target": target.id} if "target" in metric.labels else {}
        found.append(reading.of(metric, **labels, **of_target))
    value, low, high, of = found
    if of is None:
        return Standing(State.MISSING, None, 0)
    if value is None or not of or target.goal is None:
        return Standing(State.NONE, None, 0)
    state = _judged(value, low, high, target.goal, is_lower_better=is_less_better(target))
    return Standing(state, value, round(of), low, high)


def _judged(
    value: float,
    low: float | None,
    high: float | None,
    goal: float,
    *,
    is_lower_better: bool,
) -> State:
    if low is None or high is None:
        return State.MISSING
    if is_lower_better:
        value, low, high, goal = 1 - value, 1 - high, 1 - low, 1 - goal
    if goal >= 1:
        return State.WITHIN if value >= 1 else State.UNDER
    if low >= goal:
        return State.WITHIN
    return State.UNDER if high < goal else State.UNSURE


def _mean(reading: Reading, labels: dict[str, str], target: ServiceTarget) -> Standing:
    """Return how a mean stands: it is within or over, as it has no interval."""
    if target.measure == "mean_talk":
        value, of = reading.of(m.TALK_MEAN, **labels), reading.of(m.TALKS, **labels)
    else:
        value = reading.of(m.WAIT_MEAN, **labels)
        of = reading.of(m.CALLS, **labels, outcome="answered")
    if of is None:
        return Standing(State.MISSING, None, 0)
    if value is None or not of or target.limit_seconds is None:
        return Standing(State.NONE, None, 0)
    state = State.WITHIN if value <= target.limit_seconds else State.UNDER
    return Standing(state, value, round(of))
