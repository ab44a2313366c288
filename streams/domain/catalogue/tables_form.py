"""The parts of a catalogue file that say how a list of calls or an export of cases is read.

Columns are named as the file's header has them. Where a time stands in two columns, a date and a
time of day, it is a list of two.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from streams.domain.catalogue.fields import Form, Positive, Text
from streams.domain.event_types import Channel

DurationShape = Literal["seconds", "milliseconds", "mm:ss", "hh:mm:ss", "days"]
CallOutcome = Literal[
    "answered", "abandoned", "overflowed", "refused", "closed", "callback_requested"
]
Who = Literal["customer_centre", "administration"]
Origin = Literal["external", "internal", "unknown"]

FORMAT_CODES: Final = ("%Y", "%y", "%m", "%d", "%H", "%M", "%S", "%f", "%z")
_CODE: Final = re.compile(r"%.?")


def format_codes(text: str) -> list[str]:
    """Return the codes of how a time is written, in order; else ValueError.

    Each stands at most once, and they say a date, an hour and a minute.
    """
    codes = _CODE.findall(text)
    years = [code for code in codes if code in {"%Y", "%y"}]
    has_all = {"%m", "%d", "%H", "%M"} <= set(codes)
    if not has_all or len(years) != 1 or len(set(codes)) != len(codes):
        raise ValueError(text)
    if not set(codes) <= set(FORMAT_CODES):
        raise ValueError(text)
    return codes


def _readable_format(value: Any) -> Any:
    if isinstance(value, str):
        try:
            format_codes(value)
        except ValueError:
            raise PydanticCustomError("time_format", "no format") from None
    return value


def _columns(value: Any) -> Any:
    """Return where an instant stands as a list of columns: one column is written plain."""
    return [value] if isinstance(value, str) else value


At = Annotated[list[Text], Field(min_length=1, max_length=2), BeforeValidator(_columns)]
"""Where an instant stands: in a column, or in one of dates and one of times of day."""


class TableForm(Form):
    """What all files of rows have in common."""

    encoding: Literal["utf-8", "windows-1252", "utf-16"] | None = None
    separator: Literal[";", ",", "\t", "|"] | None = None
    sheet: Text | None = None
    formats: list[Annotated[str, BeforeValidator(_readable_format)]] = Field(default=[])
    none: list[str] = Field(default=[])
    queue: str | None = None
    queue_column: Text | None = None
    queues: dict[Text, str] = Field(default={})


class CallsFileForm(TableForm):
    """How a list of calls is read: a row is a call's stay in a queue."""

    call_id: Text | None = None
    arrived: At
    answered: At | None = None
    left: At | None = None
    ended: At | None = None
    called_back: At | None = None
    wait: Text | None = None
    talk: Text | None = None
    total: Text | None = None
    durations: list[DurationShape] = Field(default=[])
    longest_minutes: Annotated[Positive, Field(le=1_440)] = 720
    outcome: Text | None = None
    outcomes: dict[Text, CallOutcome] = Field(default={})
    unanswered: CallOutcome | None = None
    transferred: Text | None = None
    caller: Text | None = None
    origin: Text | None = None
    origins: dict[Text, Origin] = Field(default={})


class OverflowCallsForm(CallsFileForm):
    """How a partner's list of the calls that went on to it is read."""

    tolerance_seconds: Annotated[Positive, Field(le=900)] = 60


class OverflowIntervalsForm(TableForm):
    """How a partner's report is read in which a row is an interval: so many were answered."""

    starts: At
    minutes: Annotated[Positive, Field(le=1_440)]
    answered: Text
    lost: Text | None = None
    mean_wait: Text | None = None
    assumed_wait_seconds: Annotated[int, Field(ge=0, le=3_600)] | None = None
    durations: list[DurationShape] = Field(default=[])


class CasesFileForm(TableForm):
    """How an export of cases is read: a row is a case as it stands."""

    case: Text
    opened: At
    channel: Channel | None = None
    channel_column: Text | None = None
    channels: dict[Text, Channel] = Field(default={})
    administration: Text | None = None
    administrations: dict[Text, str] = Field(default={})
    handed_over: At | None = None
    feedback: At | None = None
    resolved: At | None = None
    resolved_by: Text | None = None
    first_contact: Text | None = None
    contacts: Text | None = None
    reopened: At | None = None
    first_resolved: At | None = None
    first_resolved_by: Text | None = None
    who: dict[Text, Who] = Field(default={})
    changed: At | None = None
