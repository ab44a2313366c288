"""What events say about legs: each type of event states one fact, and every fact is a minimum.

A leg is one call's stay in one queue, identified by (contact, queue, arrival). It keeps the
earliest of each kind of fact, so that facts merge the same in any order and any number of times.
How and when a leg left are one number, the instant with the outcome's code in its low bits, so
that they too merge by taking the smaller.

Source: docs/decisions/0003-service-level-definition.md.
"""

from enum import IntEnum
from typing import Final

from streams.domain.events import PREFIX


class Outcome(IntEnum):
    """How a leg left its queue unanswered. The order breaks ties at the same microsecond."""

    ABANDONED = 0
    OVERFLOWED = 1
    REFUSED = 2
    CLOSED = 3
    CALLBACK = 4


OUTCOME_BITS: Final = 3
OUTCOME_MASK: Final = (1 << OUTCOME_BITS) - 1

ARRIVAL: Final = "arrival"
ANSWERED: Final = "answered"
LEFT: Final = "left"
REACHED: Final = "reached"
ENDED: Final = "ended"

FACTS: Final[dict[str, tuple[str, int]]] = {
    f"{PREFIX}offered.v1": (ARRIVAL, 0),
    f"{PREFIX}answered.v1": (ANSWERED, 0),
    f"{PREFIX}abandoned.v1": (LEFT, Outcome.ABANDONED),
    f"{PREFIX}overflowed.v1": (LEFT, Outcome.OVERFLOWED),
    f"{PREFIX}refused.v1": (LEFT, Outcome.REFUSED),
    f"{PREFIX}closed.v1": (LEFT, Outcome.CLOSED),
    f"{PREFIX}callback_requested.v1": (LEFT, Outcome.CALLBACK),
    f"{PREFIX}callback_answered.v1": (REACHED, 0),
    f"{PREFIX}transferred.v1": (ENDED, 0),
    f"{PREFIX}completed.v1": (ENDED, 0),
}
"""Type of event → the fact it states about its leg (and the outcome, for a leaving)."""
