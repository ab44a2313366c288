"""How many people a queue needs: Erlang C, where nobody hangs up, and Erlang A, where some do.

Both take it that calls come at random at one rate, and that talks are exponential. Times are in
seconds, rates per second; a service level is the share of all calls that is answered in time. The
sums have positive terms alone, so nothing is lost in differences, and are kept as logarithms where
they may be huge.

Source: A. K. Erlang 1917 (C); C. Palm 1946, and Garnett, Mandelbaum and Reiman, "Designing a Call
Center with Impatient Customers", 2002 (A); for the waiting times Zeltyn and Mandelbaum, "Call
Centers with Impatient Customers: Many-Server Asymptotics of the M/M/n+G Queue", 2005.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_PEOPLE: Final = 10_000
NEGLIGIBLE: Final = -45.0
"""The logarithm of what adds nothing to a sum of floating-point numbers."""


@dataclass(frozen=True, slots=True)
class Load:
    """What comes to a queue."""

    per_second: float
    """Calls."""
    talk_seconds: float
    """The mean time that a call keeps a person busy."""
    patience_seconds: float | None = None
    """The mean time after which who waits hangs up; None: nobody does."""

    @property
    def erlangs(self) -> float:
        """Return how many people it would keep busy all the time."""
        return self.per_second * self.talk_seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the calls when so many people answer them."""

    waiting: float
    """The share that can't be answered at once."""
    abandoned: float
    """The share that hangs up."""
    _answered_within: Callable[[float], float]

    def service_level(self, limit_seconds: float) -> float:
        """Return the share that is answered within a time."""
        return self._answered_within(limit_seconds)


def erlang_b(people: int, erlangs: float) -> float:
    """Return the share of calls that find all people busy, if none of them waits."""
    blocked = 1.0
    for n in range(1, people + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked


def outcome(load: Load, people: int) -> Outcome | None:
    """Return what becomes of the calls; None if the queue grows without end.

    That can be only where nobody hangs up: then too few people never catch up.
    """
    if load.erlangs == 0:
        return Outcome(0.0, 0.0, lambda _: 1.0)
    if load.patience_seconds is None:
        return _patient(load, people)
    return _impatient(load, people, 1 / load.patience_seconds) if people else _nobody()


def needed(load: Load, goal: float, limit_seconds: float) -> int:
    """Return the least number of people with which the service level reaches a goal below 1.

    Raises :class:`ValueError` for a goal that no number reaches.
    """
    if not 0 <= goal < 1:
        raise ValueError(f"a goal of {goal} is reached by no number of people, or by none")
    fewest, most = 0, 1
    while not _reaches(load, most, goal, limit_seconds):
        if most > MOST_PEOPLE:
            raise ValueError(f"more than {MOST_PEOPLE} people would be needed")
        fewest, most = most, 2 * most
    while most - fewest > 1:  # more people never answer fewer calls in time
        middle = (fewest + most) // 2
        if _reaches(load, middle, goal, limit_seconds):
            most = middle
        else:
            fewest = middle
    return 0 if goal == 0 or load.erlangs == 0 else most


def _reaches(load: Load, people: int, goal: float, limit_seconds: float) -> bool:
    its = outcome(load, people)
    return its is not None and its.service_level(limit_seconds) >= goal


def _nobody() -> Outcome:
    return Outcome(1.0, 1.0, lambda _: 0.0)


def _patient(load: Load, people: int) -> Outcome | None:
    spare = people - load.erlangs
    if spare <= 0:
        return None
    blocked = erlang_b(people, load.erlangs)
    waiting = people * blocked / (people - load.erlangs * (1 - blocked))

    def answered_within(seconds: float) -> float:
        return 1 - waiting * math.exp(-spare * seconds / load.talk_seconds)

    return Outcome(waiting, 0.0, answered_within)


def _impatient(load: Load, people: int, leaving: float) -> Outcome:
    """Return the same where each that waits hangs up at a rate of its own.

    With *b* the share that one person fewer would turn away, *r* calls a person's talk, and
    *s(t)* the weight of the queues that are longer, seen *t* seconds later, by which all else is
    told: nobody waits in a share of ``1 / (1 + b r (1 + s(0)))``.
    """
    answering = people / load.talk_seconds
    blocked = erlang_b(people - 1, load.erlangs)
    busy = load.per_second / answering
    longer = _queues(load.per_second, answering, leaving)
    # All shares have this below them; logarithms, since a long queue outweighs any number.
    log_waiting = _log(blocked) + _log(busy) + _log_sum(0.0, longer)
    whole = _log_sum(0.0, log_waiting)
    answered = math.exp(_log_sum(0.0, _log(blocked) + longer) - whole)

    def answered_within(seconds: float) -> float:
        here = load.per_second * math.exp(-leaving * seconds)
        since = (load.per_second - here) / leaving - answering * seconds
        late = _log(blocked) + since + _queues(here, answering, leaving)
        return answered - math.exp(late - whole)

    return Outcome(math.exp(log_waiting - whole), max(0.0, 1 - answered), answered_within)


def _queues(coming: float, answering: float, leaving: float) -> float:
    """Return the logarithm of how much all queues weigh together, against no queue.

    One of *k* weighs the product of ``coming / (answering + i leaving)`` over *i* from 1 to *k*.
    """
    log_term, log_sum, number = 0.0, -math.inf, 0
    while True:
        number += 1
        factor = coming / (answering + number * leaving)
        log_term += _log(factor)
        log_sum = _log_sum(log_sum, log_term)
        if factor < 1 and log_term - log_sum + _log(1 / (1 - factor)) < NEGLIGIBLE:
            return log_sum


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _log_sum(one: float, other: float) -> float:
    """Return the logarithm of the sum of two numbers, given theirs."""
    least, most = sorted((one, other))
    return most if least == -math.inf else most + math.log1p(math.exp(least - most))
