"""What there is to know of questions: of a mailbox, of a promise, now and in windows.

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.domain.kept import Promised, Spread

VERDICTS: Final = ("in_time", "answered_late", "dismissed_late", "overdue", "no_answer_needed")
"""What a question whose due time has passed has come to, by a promise."""
NOT_JUDGED: Final = VERDICTS[-1]
STATES: Final = ("open", "answered", "answered_otherwise", "no_answer_needed")
"""What has become of a question that was received, in the order of ``as_of.State``."""
JUNK: Final = ("spam", "bounce")
"""Why what was received is no question."""
CHANNELS: Final = ("email", "e_service")


@dataclass(frozen=True, slots=True)
class Received:
    """The questions that were received in a window, by what has become of them by now."""

    states: Mapping[str, int]
    """Count of each of :data:`STATES`: together they are all."""
    channels: Mapping[str, int]
    """Count of each of :data:`CHANNELS`: together they are all."""
    auto_replied: int
    forwarded: int
    reopened: int
    followed_up: int
    """Those that the resident wrote of again before they had ended."""
    begun_by_follow_up: int
    """Those that a message in the thread of an ended question began."""
    junk: Mapping[str, int]
    """Count of each of :data:`JUNK`: in no other figure."""
    answer_time: Spread | None
    """From received to answered, on the clock; None if none is answered."""

    @property
    def received(self) -> int:
        """Return the number of questions that were received."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Open:
    """The open questions of a mailbox this instant."""

    channels: Mapping[str, int]
    """Count of each of :data:`CHANNELS`: together they are all."""
    oldest_seconds: float | None
    """How long the oldest has waited; None if none is open."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what a promise is about is measured."""

    mailboxes: int
    """How many it covers: as many as it says, and no fewer than the catalogue has."""
    reporting: int
    """How many of them have been heard of in the last 30 days."""
    silent: Mapping[str, str]
    """Id → name of the catalogue's mailboxes that have not."""


@dataclass(frozen=True, slots=True)
class MailboxReport:
    """What there is to say of one mailbox as of an instant."""

    open: Open
    received: Mapping[str, Received]
    """By name of window."""
    promises: Mapping[str, Promised]
    """By promise; none of a mailbox that the catalogue lacks."""
    is_reporting: bool | None
    """Whether it was heard of in the last 30 days; None of a mailbox that the catalogue lacks."""

    @property
    def has_any(self) -> bool:
        """Say whether there is anything to count in it."""
        return any(self.open.channels.values()) or any(
            window.received or any(window.junk.values()) for window in self.received.values()
        )


@dataclass(frozen=True, slots=True)
class PromiseReport:
    """What there is to say of one promise as of an instant, over all mailboxes that make it."""

    promised: Promised
    coverage: Coverage | None
    """None of a promise that does not hold today."""


@dataclass(frozen=True, slots=True)
class QuestionsReport:
    """What there is to say of a municipality's questions as of an instant."""

    mailboxes: Mapping[str, MailboxReport]
    promises: Mapping[str, PromiseReport]
