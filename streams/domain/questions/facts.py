"""What an event says of a question: that something happened to it, as one whole number.

A fact is the instant with a code in its low bits, so that facts in order are in order of time, and
of those at one microsecond what came in stands before answers, these before dismissals, and
reopenings last. A question's facts are a *set* of such numbers: any order and any repeats give the
same set. Two events that say the same of a question at the same microsecond are one fact. That
loses nothing: what ends a question or opens it again does so once, and figures count questions,
never messages.

Source: docs/decisions/0009-questions.md.
"""

from enum import IntEnum
from typing import Final

from streams.domain.event_types import Kind, QuestionEvent, type_of


class Fact(IntEnum):
    """What can happen to a question once it has been received. The order breaks ties."""

    FOLLOWED_UP = 0
    AUTO_REPLIED = 1
    FORWARDED = 2
    ANSWERED = 3
    ANSWERED_OTHERWISE = 4
    NO_ANSWER_NEEDED = 5
    SPAM = 6
    BOUNCE = 7
    REOPENED = 8


FACT_BITS: Final = 4
FACT_MASK: Final = (1 << FACT_BITS) - 1

_DISMISSED: Final = type_of(Kind.QUESTION, "dismissed")
FACTS: Final[dict[str, Fact | None]] = {
    type_of(Kind.QUESTION, "received"): None,  # every event says when that was
    type_of(Kind.QUESTION, "followed_up"): Fact.FOLLOWED_UP,
    type_of(Kind.QUESTION, "auto_replied"): Fact.AUTO_REPLIED,
    type_of(Kind.QUESTION, "forwarded"): Fact.FORWARDED,
    type_of(Kind.QUESTION, "answered"): Fact.ANSWERED,
    type_of(Kind.QUESTION, "answered_otherwise"): Fact.ANSWERED_OTHERWISE,
    type_of(Kind.QUESTION, "reopened"): Fact.REOPENED,
}
"""Type of event → the fact it states; a dismissal states one by why."""
DISMISSALS: Final[dict[str | None, Fact]] = {
    "no_answer_needed": Fact.NO_ANSWER_NEEDED,
    "spam": Fact.SPAM,
    "bounce": Fact.BOUNCE,
}
"""Why a question was dismissed → the fact that states."""

FIRST_END: Final = Fact.ANSWERED
LAST_END: Final = Fact.BOUNCE
"""These, and what stands between them, end a question."""
FIRST_JUNK: Final = Fact.SPAM
"""From here to the last end: what says that there was no question at all."""

TELLING: Final = frozenset({Fact.FOLLOWED_UP, Fact.SPAM, Fact.BOUNCE, Fact.REOPENED})
"""What matters also beside the first end of a question, so that all is told in order of time."""


def fact_of(event: QuestionEvent, at: int) -> int | None:
    """Return the fact that an event ``at`` an instant states; none where it was just received."""
    type_ = event.type
    what = DISMISSALS[event.data.why] if type_ == _DISMISSED else FACTS[type_]
    return None if what is None else at << FACT_BITS | what
