"""What there is to know of cases: where they stand, what was due, what came in.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams.domain.event_types import CHANNELS, Channel
from streams.domain.kept import Kept, Pending, Promised
from streams.domain.percentiles import wilson

UNKNOWN_ADMINISTRATION: Final = "okänd förvaltning"
"""What administrations that the catalogue does not have are shown as, all as one."""
NOT_HANDED_OVER: Final = "ej överlämnat"
"""What stands for an administration where none has been handed the case."""
UNKNOWN_CHANNEL: Final = "okänd kanal"
"""What stands for a channel where nobody has said by which a case was opened."""
CHANNEL_NAMES: Final = (*CHANNELS, UNKNOWN_CHANNEL)
RESOLVERS: Final = ("customer_centre", "administration")
VERDICTS: Final = ("in_time", "late", "overdue", "withdrawn")
"""What a clock whose due time has passed has come to. ``withdrawn``: nobody waited any longer."""
NOT_JUDGED: Final = VERDICTS[-1]


@dataclass(frozen=True, slots=True)
class PromiseReport:
    """What there is to say of one promise, over all inboxes that make it."""

    promised: Promised
    pending_at: Mapping[str, Pending]
    """By the administration that has the case now: all of the catalogue, and what stands for
    others where there are any."""
    kept_at: Mapping[str, Mapping[str, Kept]]
    """By name of window and administration, as in ``pending_at``, but the one that had the case
    when the clock ended or, if that came first, when it was due."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The cases that were opened in a window, by what has become of them by now."""

    by_channel: Mapping[str, int]
    """Of each of :data:`CHANNEL_NAMES`."""
    handed_over: int
    handed_over_to: Mapping[str, int]
    """By administration; a case that went to two is counted at both."""
    resolved_by: Mapping[str, int]
    """Those that are resolved, by each of :data:`RESOLVERS`."""
    solved_in_centre: int
    decided: int
    """Those solved in the centre, and those that left it: the others may still become either."""
    solved_at_first_contact: int
    """Those solved in the centre, never reopened, about which nobody got in touch again."""
    reopened: int
    contacts: int
    """How often residents got in touch about them, the first time included."""

    @property
    def opened(self) -> int:
        """Return the number of cases."""
        return sum(self.by_channel.values())

    @property
    def contacts_per_case(self) -> float | None:
        """Return contacts / cases, at least 1; None if there were no cases."""
        return self.contacts / self.opened if self.opened else None

    @property
    def first_contact_ratio(self) -> float | None:
        """Return solved at first contact / decided in [0, 1]; None if nothing is decided."""
        return self.solved_at_first_contact / self.decided if self.decided else None

    @property
    def first_contact_interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of that ratio; None if nothing is decided."""
        return wilson(self.solved_at_first_contact, self.decided)


@dataclass(frozen=True, slots=True)
class QueueCases:
    """What there is to say of the cases of one inbox as of an instant."""

    open: int
    """Cases that are not resolved now, promised or not."""
    promises: Mapping[str, Promised]
    """By id. A promise is here while it holds, and as long as there is anything to count in it."""
    opened: Mapping[str, Opened]
    """By name of window."""


@dataclass(frozen=True, slots=True, order=True)
class Overdue:
    """A clock that has run past its due time. They sort by that."""

    due: int
    case: str
    queue: str
    target: str
    administration: str
    """Which has it now: its id as the catalogue has it, or what stands for it."""
    since: int
    """When the clock started."""
    tells: tuple[str, ...]
    """Which functions are told: all of them, from the due time on."""


@dataclass(frozen=True, slots=True)
class Solved:
    """How large a share was solved in the centre."""

    solved: int
    whole: int
    """What it is a share of: decided cases, or incoming contacts."""
    registered: int | None
    """Of incoming contacts, how many were registered on a case; None of a share of cases."""
    answered: int | None
    """How many incoming contacts somebody answered; None of a share of cases, and if one of the
    channels that report doesn't tell."""
    silent: tuple[Channel, ...]
    """Channels that the promise covers and that don't report: nothing of them is counted."""
    is_judged: bool = True
    """Whether it may be held against a goal. Of contacts when no channel is silent and the
    office has closed for the day: what came in this morning hasn't had its chance yet."""

    @property
    def ratio(self) -> float | None:
        """Return solved / whole in [0, 1]; None of nothing, or if more was solved than came in."""
        return self.solved / self.whole if self.whole and self.solved <= self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of the ratio; None if it has none."""
        return None if self.ratio is None else wilson(self.solved, self.whole)

    @property
    def registered_ratio(self) -> float | None:
        """Return registered / answered: over 1 if a channel reports too little; None of none."""
        if self.registered is None or not self.answered:
            return None
        return self.registered / self.answered


@dataclass(frozen=True, slots=True)
class CasesReport:
    """What there is to say of the cases of a municipality as of an instant."""

    queues: Mapping[str, QueueCases]
    """All case inboxes of the catalogue; other queues of it, and the unknown ones as one, where
    a case is open or was opened in one of the windows."""
    promises: Mapping[str, PromiseReport]
    """By id, as in the queues."""
    opened: Mapping[str, Opened]
    """By name of window, over all queues."""
    contacts: Mapping[str, Mapping[str, int]]
    """By name of window and of each of :data:`CHANNEL_NAMES`: how many contacts of the window were
    registered, as the opening of a case or on one."""
    solved: Mapping[str, Mapping[str, Solved]]
    """By id of the promise and name of window."""
    solved_by_channel: Mapping[str, Mapping[str, Solved]]
    """By name of window and of each of :data:`CHANNEL_NAMES`: of the decided cases that were
    opened by it in the window. Promised or not."""
    overdue: tuple[Overdue, ...]
    """All clocks that have run past their due time, the earliest due first."""
