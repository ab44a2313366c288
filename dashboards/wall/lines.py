"""A promise as a line of a tile: its value, its goal, and how it stands."""

import math
from dataclasses import dataclass
from typing import Any, Final

from dashboards.wall.standing import OVER, WORDS, Standing, State, is_less_better
from streams.domain.catalogue import Queue, ServiceTarget
from streams.domain.swedish import counted, deadline, limit, mean_seconds, percent, share, span

THINGS: Final = {"mailbox": ("fråga", "frågor"), "cases": ("ärende", "ärenden")}
"""What a queue that is not of calls holds: one, and several."""
_CALLS: Final = ("samtal", "samtal")
_OVERDUE: Final = {"mailbox": ("förfallen", "förfallna"), "cases": ("förfallet", "förfallna")}
_DONE: Final = {
    "question_answered_within": "svar",
    "feedback_within": "besked",
    "resolved_within": "klart",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A promise as a line of a tile."""

    name: str
    value: str
    goal: str
    of: str
    standing: Standing
    is_less_better: bool
    overdue: str
    """How many are overdue by it; empty where none is."""

    @property
    def word(self) -> str:
        """Return how it stands, in a word."""
        state = self.standing.state
        return OVER if self.is_less_better and state == State.UNDER else WORDS[state]

    def as_data(self) -> dict[str, Any]:
        """Return it as the page has it."""
        its = self.standing
        return {
            "name": self.name,
            "value": self.value,
            "goal": self.goal,
            "of": self.of,
            "span": span(its.low, its.high) if its.low is not None else "",
            "indication": its.is_indication,
            "state": its.state,
            "word": self.word,
            "overdue": self.overdue,
        }


def line_of(
    queue: Queue, target: ServiceTarget, its: Standing, overdue: float | None, *, is_known: bool
) -> Line:
    """Return a promise as a line; without its value where that is not known to be true."""
    if not is_known:
        its = Standing(State.MISSING, None, 0)
    one, several = THINGS.get(queue.kind, _CALLS)
    of = f"av {counted(its.n, one, several)}" if its.n else ""
    return Line(
        _name(target),
        _value(target, its.value),
        _goal(target),
        of if is_known else "",
        its,
        is_less_better(target),
        counted(round(overdue), *_OVERDUE[queue.kind]) if overdue and is_known else "",
    )


def _value(target: ServiceTarget, value: float | None) -> str:
    """Return a promise's value as it is to be told; one that misses its goal is told so."""
    if value is None:
        return "–"
    if target.goal is None:
        return mean_seconds(_beyond(value, target.limit_seconds or 0, 1))
    told = _beyond if is_less_better(target) else short_of
    return percent(told(value, target.goal, 3))


def short_of(value: float, goal: float, decimals: int = 3) -> float:
    """Return a value rounded so that it is short of its goal where it is."""
    down = math.floor(value * 10**decimals) / 10**decimals
    return down if value < goal <= round(value, decimals) else value


def _beyond(value: float, most: float, decimals: int) -> float:
    """Return a value rounded so that it is above what it may be at most, where it is."""
    up = math.ceil(value * 10**decimals) / 10**decimals
    return up if value > most >= round(value, decimals) else value


def _name(target: ServiceTarget) -> str:
    if target.limit_seconds is not None and target.measure == "answered_within":
        return f"svar inom {limit(target.limit_seconds)}"
    if target.limit is not None:
        return f"{_DONE[target.measure]} inom {deadline(target.limit.count, target.limit.unit)}"
    return {"lost": "förlorade", "mean_wait": "väntan i medel", "mean_talk": "samtal i medel"}.get(
        target.measure, target.name
    )


def _goal(target: ServiceTarget) -> str:
    if target.measure == "lost":
        return f"mål högst {share(target.goal or 0)}"
    if target.goal is not None:
        return f"mål {share(target.goal)}"
    return f"mål högst {limit(target.limit_seconds or 0)}"
