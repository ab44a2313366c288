"""What became of a thread of messages, told in order of time: one question, or several.

::

    received ── follow-up ── answer ── reopened ── answer ──── follow-up ──── answer
    └────────── one question, one clock ────────────────┘      └─ another one ─────┘

An automatic reply and forwarding stop no clock. An answer, here or otherwise, or a dismissal ends
the question; reopening takes that back, and the clock never starts over. What the resident writes
after the end is a question of its own. Spam and bounces are no questions, whenever that is said,
unless the question is reopened after that.

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from streams.domain.instants import NEVER
from streams.domain.questions.facts import (
    FACT_BITS,
    FACT_MASK,
    FIRST_END,
    FIRST_JUNK,
    LAST_END,
    Fact,
)

ORIGINAL: Final = -(2**63)
"""The edition of what was never restated: before all others."""


class Copy(NamedTuple):
    """A question as it lies in one mailbox, in one edition, with what was said of it there."""

    edition: int
    """When it was restated, or :data:`ORIGINAL`."""
    received: int
    queue: str
    is_e_service: bool
    facts: tuple[int, ...]


@dataclass(slots=True)
class Asked:
    """A question as it stood at an instant."""

    received: int
    queue: str
    is_e_service: bool
    is_begun_by_follow_up: bool = False
    end: int = NEVER
    """The fact that ended it; ``NEVER`` while it is open."""
    is_followed_up: bool = False
    """Whether the resident wrote again before it ended."""
    is_auto_replied: bool = False
    is_forwarded: bool = False
    is_reopened: bool = False


_FLAGS: Final[dict[int, str]] = {
    Fact.FOLLOWED_UP: "is_followed_up",
    Fact.AUTO_REPLIED: "is_auto_replied",
    Fact.FORWARDED: "is_forwarded",
}


def told(copies: Iterable[Copy], now: int) -> list[Asked]:
    """Return the questions of a thread as of now, in order; none if it has not begun by then.

    Only the latest edition counts. The clock and the mailbox are those of the copy that came
    first, or of the first by name among those at the same instant.
    """
    known = [copy for copy in copies if copy.received < now and copy.edition < now]
    if not known:
        return []
    latest = max(copy.edition for copy in known)
    counted = [copy for copy in known if copy.edition == latest]
    first = min(counted, key=lambda copy: (copy.received, copy.queue))
    question = Asked(first.received, first.queue, first.is_e_service)
    questions = [question]
    for fact, queue, is_email in sorted(
        (fact, copy.queue, not copy.is_e_service) for copy in counted for fact in copy.facts
    ):
        at, what = fact >> FACT_BITS, fact & FACT_MASK
        if at >= now:
            break
        if what == Fact.FOLLOWED_UP and question.end != NEVER:
            question = Asked(at, queue, not is_email, is_begun_by_follow_up=True)
            questions.append(question)
        elif what == Fact.REOPENED:
            if question.end != NEVER:
                question.end, question.is_reopened = NEVER, True
        elif FIRST_END <= what <= LAST_END:
            if question.end == NEVER or question.end & FACT_MASK < FIRST_JUNK <= what:
                question.end = fact
        else:
            setattr(question, _FLAGS[what], True)
    return questions
