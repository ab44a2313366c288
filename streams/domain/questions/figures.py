"""What there is to know of questions: of a mailbox, of a promise, now and in windows.

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.domain.percentiles import wilson

PERCENTILES: Final = (50, 90)
VERDICTS: Final = ("in_time", "answered_late", "dismissed_late", "overdue", "no_answer_needed")
"""What a question whose due time has passed has come to, by a promise."""
JUDGED: Final = VERDICTS[:-1]
"""Those that the promise has been kept or broken for."""
STATES: Final = ("open", "answered", "answered_otherwise", "no_answer_needed")
"""What has become of a question that was received, in the order of ``as_of.State``."""
JUNK: Final = ("spam", "bounce")
"""Why what was received is no question."""
CHANNELS: Final = ("email", "e_service")


@dataclass(frozen=True, slots=True)
class Spread:
    """How some lengths of time, in seconds, are spread. There is at least one."""

    count: int
    mean: float
    percentiles: Mapping[int, float]
    """Exact, nearest rank, for each of :data:`PERCENTILES`."""
    maximum: float


@dataclass(frozen=True, slots=True)
class Kept:
    """How a promise was kept for the questions whose due times lie in a window and have passed."""

    verdicts: Mapping[str, int]
    """Count of each of :data:`VERDICTS`."""
    late: Spread | None
    """How long after their due times the late ones ended, or are by now; None if none is late."""
    undated: int
    """Questions received in the window whose due times can't be known: in no other figure."""

    @property
    def decided(self) -> int:
        """Return the number of questions that the promise has been kept or broken for."""
        return sum(self.verdicts[verdict] for verdict in JUDGED)

    @property
    def ratio(self) -> float | None:
        """Return the share in time, in [0, 1]; None if nothing is decided."""
        return self.verdicts["in_time"] / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if nothing is decided."""
        return wilson(self.verdicts["in_time"], self.decided)

    @property
    def no_answer_needed_ratio(self) -> float | None:
        """Return the share of all that were due that needed no answer; None if none was due."""
        due = sum(self.verdicts.values())
        return self.verdicts["no_answer_needed"] / due if due else None


@dataclass(frozen=True, slots=True)
class Pending:
    """The open questions that a promise is about, this instant."""

    open: int
    due_soon: int
    """Not overdue yet, but due by the midnight that ends the day."""
    overdue: int
    longest_overdue_seconds: float | None
    """None if none is overdue."""
    undated: int
    """Those whose due times can't be known."""


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
class Promised:
    """How a promise is kept, as of an instant."""

    pending: Pending
    kept: Mapping[str, Kept]
    """By name of window."""

    @property
    def has_any(self) -> bool:
        """Say whether there is anything to count in it."""
        return self.pending.open > 0 or any(
            kept.undated or any(kept.verdicts.values()) for kept in self.kept.values()
        )


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
