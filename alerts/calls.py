"""The rules about calls: what is acute, what drifts, how the day will end, who waits too long.

Every rule looks at whether the queue is open by itself, and compares with what the worker says
that alerts compare with: the goal, or what is usual of a queue that is chronically under it. It is
not acute where a queue does as well, or may, as the rest of the day needs.

Source: docs/decisions/0015-alerts.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alerts import pages
from alerts.expressions import all_of, any_of, below, but_not
from alerts.promise import Promise
from alerts.rule import SMALL_QUEUE, Rule
from streams import metrics as m
from streams.domain.outlook.alerting import LATEST_CALLS

LEAST_DECIDED: Final = 10
"""Of fewer calls nothing is told."""
LEAST_OF_SMALL: Final = 5
"""Of a small queue that too few answer, in an hour."""
BELOW: Final = 0.26
"""Too few answer if what can be expected with them is farther below than so many standard
deviations of a call: under 82 % where the goal is 90 %, under 58 % where 70 % is usual."""
LIMITS_WAITED: Final = 4
"""So many times the limit the first in line has waited when a queue grows."""
LIMITS_IN_SMALL: Final = 3
"""Likewise in a small queue. Twice as many where it is chronically under its goal."""
LEAST_WAITING: Final = 5
"""Of fewer who wait nothing is told of how long the last of them will."""
LEAST_LATE: Final = 6
"""Before so many calls have been late, nothing is told of how the day will end."""
SPENT: Final = 0.35
"""Before so much of what may be missed in a whole day has been, no day is said to be in danger."""
FEW_TO_COME: Final = 10
"""When fewer are to come it is too late to act."""


def rules(promise: Promise) -> Iterator[Rule]:
    """Yield the rules of a promise about a share in time."""
    its = _OfCalls(promise)
    yield from (its.acute(), its.nobody_has_taken_it(), its.is_over(), its.drift())
    yield from (its.day_in_danger(), its.day_lost(), its.queue_grows(), its.missed_most_days())
    yield pages.held_back(promise, its.is_open)


@dataclass(frozen=True, slots=True)
class _OfCalls:
    """The rules of one promise."""

    its: Promise

    @property
    def is_open(self) -> str:
        return f"{self.its.of(m.OPEN)} == 1"

    @property
    def _is_small(self) -> str:
        return f"{self._decided('1h')} < {SMALL_QUEUE}"

    def _level(self, window: str) -> str:
        return self.its.of(m.SERVICE_LEVEL, window=window)

    def _high(self, span: str) -> str:
        return self.its.of(m.ALERT_HIGH, window=span)

    def _decided(self, window: str) -> str:
        return self.its.of(m.DECIDED, window=window)

    def _is_surely_under(self, span: str) -> str:
        """Return where the calls of a span can't be of a queue as good as is compared with."""
        return below(self._high(span), self.its.of(m.ALERT_LEVEL))

    def _is_under(self, window: str) -> str:
        return below(self._level(window), self.its.of(m.ALERT_LEVEL))

    def _too_few_answer(self) -> str:
        level = self.its.of(m.ALERT_LEVEL)
        least = f"({level} - {BELOW} * sqrt({level} * (1 - {level})))"
        return below(self.its.of(m.EXPECTED), least)

    def _is_enough(self, share: str) -> str:
        """Return where a share is as much as the rest of the day needs."""
        return f"{self.its.of(m.NEEDED)} <= on (municipality, queue) {share}"

    def acute(self) -> Rule:
        enough = f"{self._decided('30m')} >= {LEAST_DECIDED}"
        latest = f"{self.its.of(m.LATEST_DECIDED)} >= {LEAST_DECIDED}"
        of_small = f"{self._decided('1h')} >= {LEAST_OF_SMALL}"
        half, small = [enough, self.is_open], [self._is_small, self.is_open]
        surely = [
            ("30m", [self._is_under("15m"), *half]),
            (LATEST_CALLS, [self._is_under("1h"), latest, *small]),
        ]
        too_few = [("30m", half), ("1h", [of_small, *small])]
        expr = any_of(
            *(
                but_not(
                    all_of(self._is_surely_under(span), *others), self._is_enough(self._high(span))
                )
                for span, others in surely
            ),
            *(
                but_not(
                    all_of(self._too_few_answer(), self._is_under(window), *others),
                    self._is_enough(self._level(window)),
                )
                for window, others in too_few
            ),
        )
        return self.its.rule("akut", "Akut", expr, f"{pages.MINUTES['Akut']}m", "15m")

    def nobody_has_taken_it(self) -> Rule:
        """Return what is told when it is acute still; who silences it has taken it.

        While the alert is only kept firing, in case it goes on, it isn't.
        """
        firing = f"max by (municipality, queue, target) ({self.its.firing('Akut')})"
        still = any_of(self._is_under("15m"), all_of(self._is_under("1h"), self._is_small))
        expr = all_of(firing, f"(\n{still}\n)", self.is_open)
        return self.its.rule("eskalering", "AkutUtanSvar", expr, "10m")

    def is_over(self) -> Rule:
        """Return what is told when it is acute no more, with how the day stands."""
        expr = all_of(
            f"sum without (window) ({self._level('today')})",
            f"max_over_time({self.its.firing('Akut')}[10m])",
            self.is_open,
        )
        expr = pages.but_held_back(self.its, but_not(expr, self.its.firing("Akut")))
        return self.its.rule("over", "AkutOver", expr)

    def _but_acute(self, expr: str) -> str:
        """Return where a condition holds and it is not acute, which says more.

        Not left to Alertmanager: it forgets that what it keeps still has ended, and then takes
        what begins anew for what it has told.
        """
        return but_not(expr, self.its.firing("Akut"))

    def drift(self) -> Rule:
        enough = f"{self._decided('1h')} >= {LEAST_DECIDED}"
        expr = all_of(self._is_surely_under("1h"), enough, self.is_open)
        return self.its.rule("drift", "Drift", self._but_acute(expr), "5m", "15m")

    @property
    def _can_be_changed(self) -> tuple[str, ...]:
        """Return when it is worth telling how the day will end."""
        return (
            f"{self.its.of(m.CHRONIC)} == 0",
            f"{self.its.of(m.TO_COME)} >= {FEW_TO_COME}",
            f"{self._decided('today')} - {self.its.of(m.GOOD, window='today')} >= {LEAST_LATE}",
            self.is_open,
        )

    def day_in_danger(self) -> Rule:
        expr = all_of(
            below(self.its.of(m.PROJECTED), self.its.of(m.GOAL)),
            f"{self.its.of(m.SPENT)} > {SPENT}",
            f"{self.its.of(m.NEEDED)} <= 1",
            *self._can_be_changed,
        )
        return self.its.rule("dagen_i_fara", "DagenIFara", expr, "10m", "30m")

    def day_lost(self) -> Rule:
        expr = all_of(f"{self.its.of(m.NEEDED)} > 1", *self._can_be_changed)
        return self.its.rule("dagen_i_fara", "DagenForlorad", expr, "10m", "1h")

    def queue_grows(self) -> Rule:
        limit = f"{self.its.of(m.LIMIT)} * (1 + {self.its.of(m.CHRONIC)})"
        longest = f"{self.its.of(m.LONGEST_WAIT)} > on (municipality, queue)"
        first = f"{longest} {LIMITS_WAITED} * {limit}"
        small = all_of(f"{longest} {LIMITS_IN_SMALL} * {limit}", self._is_small)
        # How long who calls now will wait, by how long talks are and how many answer.
        waiting, staffed = self.its.of(m.WAITING), self.its.of(m.STAFFED)
        last = all_of(
            f"{waiting} * on (municipality, queue) {self.its.of(m.TALK_MEAN, window='1h')}"
            f" / on (municipality, queue) ({staffed} > 0)"
            f" > on (municipality, queue) {LIMITS_WAITED} * {limit}",
            f"{waiting} >= {LEAST_WAITING}",
        )
        expr = all_of(f"(\n{any_of(first, small, last)}\n)", self.is_open)
        minutes = f"{pages.MINUTES['KoVaxer']}m"
        return self.its.rule("ko_vaxer", "KoVaxer", self._but_acute(expr), minutes, "5m")

    def missed_most_days(self) -> Rule:
        return self.its.rule("veckobrev", "UnderMalet", f"{self.its.of(m.CHRONIC)} == 1")
