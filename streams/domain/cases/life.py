"""The life of a case: what may happen to it, and where it stands after that.

::

              handed_over               by_administration
    AT_CENTRE ───────────▶ AWAY ─────────────────────────▶ FINISHED
        │ ▲                 ▲ │ by_centre ──▶ CLOSED          │
        │ └── reopened ──┐  │ │                 │             │
        └─ by_centre ─▶ SOLVED └─ reopened, or handed over ───┘

:data:`NEXT` is the whole table; what is not in it changes nothing. Facts take effect in order of
time, and those of one instant in the order of :class:`What`. So a life is a function of the set
of facts, whatever order they were heard in.

Source: docs/decisions/0010-cases.md, which has the same table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from streams.domain.instants import NEVER

FACT_BITS: Final = 3
"""A fact is one number: ``instant << FACT_BITS | what``, so that facts sort as they happened."""
FACT_MASK: Final = (1 << FACT_BITS) - 1


class What(IntEnum):
    """What is stated of a case. Of two facts at one instant, the first here comes first."""

    OPENED = 0
    CONTACTED = 1
    HANDED_OVER = 2
    FEEDBACK = 3
    BY_CENTRE = 4
    """Resolved by the customer centre."""
    BY_ADMINISTRATION = 5
    """Resolved by an administration."""
    REOPENED = 6


class State(IntEnum):
    """Where a case stands."""

    AT_CENTRE = 0
    """Open, and nobody but the customer centre has had it."""
    AWAY = 1
    """Open, and an administration has it."""
    SOLVED = 2
    """Resolved by the customer centre, and nobody else has had it: solved in the centre."""
    CLOSED = 3
    """Resolved by the customer centre after an administration had had it."""
    FINISHED = 4
    """Resolved by an administration."""


OPEN: Final = frozenset({State.AT_CENTRE, State.AWAY})
NEXT: Final[dict[State, dict[What, State]]] = {
    State.AT_CENTRE: {
        What.HANDED_OVER: State.AWAY,
        What.BY_CENTRE: State.SOLVED,
        What.BY_ADMINISTRATION: State.FINISHED,
    },
    State.AWAY: {
        What.BY_CENTRE: State.CLOSED,
        What.BY_ADMINISTRATION: State.FINISHED,
    },
    State.SOLVED: {What.HANDED_OVER: State.AWAY, What.REOPENED: State.AT_CENTRE},
    State.CLOSED: {What.HANDED_OVER: State.AWAY, What.REOPENED: State.AWAY},
    State.FINISHED: {What.HANDED_OVER: State.AWAY, What.REOPENED: State.AWAY},
}
"""State → fact → the state after it."""
_TELLS: Final = frozenset({What.FEEDBACK, What.BY_ADMINISTRATION})


@dataclass(frozen=True, slots=True)
class Life:
    """What has become of a case."""

    state: State
    done: int
    """Since when it has been resolved; ``NEVER`` while it is open."""
    handovers: tuple[tuple[int, str], ...]
    """When it was handed over, and to which administration, in order."""
    told: int
    """When an administration first gave feedback, or resolved it, after the first handover."""
    is_reopened: bool
    """Whether it has been open again after it was resolved."""


def live(facts: Iterable[tuple[int, str]]) -> Life:
    """Return what becomes of a case by some facts, in any order.

    A fact is its number (see :data:`FACT_BITS`) and, of a handover, the administration. Of
    handovers at one instant the last is to the administration whose name sorts last.
    """
    state, done, told, is_reopened = State.AT_CENTRE, NEVER, NEVER, False
    handovers: list[tuple[int, str]] = []
    for number, administration in sorted(facts):
        at, what = number >> FACT_BITS, What(number & FACT_MASK)
        if what is What.HANDED_OVER:
            handovers.append((at, administration))
        elif what in _TELLS and handovers and told == NEVER:
            told = at
        following = NEXT[state].get(what)
        if following is None:
            continue
        if following in OPEN:
            is_reopened |= state not in OPEN
            done = NEVER
        else:
            done = at
        state = following
    return Life(state, done, tuple(handovers), told, is_reopened)
