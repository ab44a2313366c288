"""How a list of calls and an export of cases are read, as a catalogue says."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from streams.domain.catalogue.tables_form import (
    CallOutcome,
    CallsFileForm,
    CasesFileForm,
    DurationShape,
    Origin,
    OverflowCallsForm,
    OverflowIntervalsForm,
    TableForm,
    Who,
)
from streams.domain.event_types import Channel

At = tuple[str, ...]
"""The columns in which an instant stands: one, or one of dates and one of times of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """What all files of rows have in common."""

    encoding: str | None
    """None where it is to be found out, as are ``separator`` and ``sheet``."""
    separator: str | None
    sheet: str | None
    formats: tuple[str, ...]
    """How times are written, beside ISO 8601."""
    none: tuple[str, ...]
    """What stands where there is nothing."""
    queue: str | None
    """The queue of all rows; none where ``queue_column`` has it."""
    queue_column: str | None
    queues: Mapping[str, str]
    """The file's name of a queue → its id; others have the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsFile(TableFile):
    """What the columns of a list of calls mean. A row is a call's stay in a queue."""

    call_id: str | None
    arrived: At
    answered: At | None
    left: At | None
    ended: At | None
    called_back: At | None
    wait: str | None
    talk: str | None
    total: str | None
    """From arrival to the end of all."""
    durations: tuple[DurationShape, ...]
    longest_minutes: int
    """A wait or a talk that is longer is a slip."""
    outcome: str | None
    outcomes: Mapping[str, CallOutcome]
    unanswered: CallOutcome | None
    """What became of calls without an answer, where no column says it."""
    transferred: str | None
    """Says something of calls that were passed on."""
    caller: str | None
    origin: str | None
    origins: Mapping[str, Origin]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowCalls(CallsFile):
    """What the columns of a partner's list mean, of the calls that went on to it."""

    tolerance_seconds: int
    """So far apart its clock and ours may be on when a call went on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowIntervals(TableFile):
    """What the columns of a partner's report mean, of which a row is an interval."""

    starts: At
    minutes: int
    """How long an interval is."""
    answered: str
    """How many calls that came in it were answered."""
    lost: str | None
    """How many of these hung up."""
    mean_wait: str | None
    """How long those who were answered had waited at the partner, on average."""
    assumed_wait_seconds: int | None
    """What is taken for that, where no column says it."""
    durations: tuple[DurationShape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesFile(TableFile):
    """What the columns of an export of cases mean. A row is a case as it stands."""

    case: str
    opened: At
    channel: Channel | None
    """That of all cases; none where ``channel_column`` has it."""
    channel_column: str | None
    channels: Mapping[str, Channel]
    administration: str | None
    administrations: Mapping[str, str]
    """The file's name of an administration → its id."""
    handed_over: At | None
    feedback: At | None
    resolved: At | None
    resolved_by: str | None
    first_contact: str | None
    """Says yes of cases that were done when they were opened."""
    contacts: str | None
    reopened: At | None
    first_resolved: At | None
    """When a case that was reopened had been done before."""
    first_resolved_by: str | None
    who: Mapping[str, Who]
    changed: At | None
    """When the system last changed anything of the case."""


_COLUMNS: Final = (
    "queue_column",
    *("call_id", "arrived", "answered", "left", "ended", "called_back", "wait", "talk", "total"),
    *("outcome", "transferred", "caller", "origin"),
    *("case", "opened", "channel_column", "administration", "handed_over", "feedback"),
    *("resolved", "resolved_by", "first_contact", "contacts", "reopened", "first_resolved"),
    *("first_resolved_by", "changed"),
    *("starts", "lost", "mean_wait"),
)
"""Fields that name columns."""


def columns_of(spec: TableFile) -> tuple[str, ...]:
    """Return the columns that are read, each once."""
    named: list[str] = []
    for key in _COLUMNS:
        value = getattr(spec, key, None)
        named += [value] if isinstance(value, str) else value or ()
    return tuple(dict.fromkeys(named))


def calls_file(part: CallsFileForm | None) -> CallsFile | None:
    """Return how a list of calls is read; none where that isn't said."""
    return None if part is None else CallsFile(**_stated(part))


def overflow_calls(part: OverflowCallsForm | None) -> OverflowCalls | None:
    """Return how a partner's list of calls is read; none where that isn't said."""
    return None if part is None else OverflowCalls(**_stated(part))


def overflow_intervals(part: OverflowIntervalsForm | None) -> OverflowIntervals | None:
    """Return how a partner's report by intervals is read; none where that isn't said."""
    return None if part is None else OverflowIntervals(**_stated(part))


def cases_file(part: CasesFileForm | None) -> CasesFile | None:
    """Return how an export of cases is read; none where that isn't said."""
    return None if part is None else CasesFile(**_stated(part))


def _stated(part: TableForm) -> dict[str, Any]:
    """Return what a form states, as what can't be changed."""
    stated: dict[str, Any] = part.model_dump()
    for key, value in stated.items():
        if isinstance(value, list):
            stated[key] = tuple(value)
        elif isinstance(value, dict):
            stated[key] = MappingProxyType(value)
    return stated
