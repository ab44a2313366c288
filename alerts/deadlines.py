"""The rules about questions and cases: deadlines, since a goal of all leaves no room for misses.

They are told of at any hour, but for what is overdue all the time: once a week.

Source: docs/decisions/0015-alerts.md.
"""

from collections.abc import Iterator
from typing import Final

from alerts.promise import Promise
from alerts.rule import Rule
from streams import metrics as m

NEWLY_SECONDS: Final = 300
"""So lately a case came to be overdue that is told of by itself."""
ALL_WEEK: Final = "6d"
"""What was overdue all that time is so all the time: from one Monday to before the next."""


def of_questions(promise: Promise) -> Iterator[Rule]:
    """Yield the rules about the questions of an inbox."""
    due, overdue = promise.of(m.QUESTIONS_DUE_SOON), promise.of(m.QUESTIONS_OVERDUE)
    yield promise.rule("forfaller", "FragorForfaller", f"{due} > 0", "15m")
    yield promise.rule("forfallet", "FragorForfallna", f"{overdue} > 0", "1m")
    yield promise.rule("veckobrev", "FragorKvar", _all_week(overdue))


def of_cases(promise: Promise) -> Iterator[Rule]:
    """Yield the rules about cases; of each to those that the promise tells, if there are any."""
    due, overdue = (promise.of(m.CASES_PENDING, state=state) for state in ("due_soon", "overdue"))
    yield promise.rule("forfaller", "ArendenForfaller", _in_all(f"{due} > 0"), "15m")
    yield promise.rule("forfallet", "ArendenForfallna", _in_all(f"{overdue} > 0"))
    if promise.target.tells:
        newly = f"{promise.of(m.CASES_LAST_OVERDUE)} < {NEWLY_SECONDS}"
        yield promise.rule("besked", "ArendeForfallet", newly)
    yield promise.rule("veckobrev", "ArendenKvar", _in_all(_all_week(overdue)))


def _all_week(count: str) -> str:
    """Return where a count has been above nothing all that time, and it is known that long."""
    return f"min_over_time({count}[{ALL_WEEK}]) > 0 and {count} offset {ALL_WEEK} > 0"


def _in_all(expr: str) -> str:
    return f"sum without (state) ({expr})"
