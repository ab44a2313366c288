"""The form a catalogue file has: which keys there are and what each may hold.

New parts of the catalogue (mailboxes, receivers) are new forms; what is said of a mistake stands
in ``review``.
"""

import re
import zoneinfo
from datetime import date, timedelta, timezone, tzinfo
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from streams.domain.catalogue.alerts_form import Address, AlertsForm, ReceiverForm, TeamAlertsForm
from streams.domain.catalogue.fields import Form, Positive, Ratio, Seconds, Slug, Text
from streams.domain.catalogue.hours_form import (
    ExceptionForm,
    HoursForm,
    InstantText,
    SeasonForm,
    ShortenedForm,
)
from streams.domain.catalogue.mailboxes_form import (
    MailAccountForm,
    MailboxForm,
    MailFoldersForm,
)
from streams.domain.catalogue.sources_form import QueueLogForm, SourceForm
from streams.domain.catalogue.tables_form import (
    CallsFileForm,
    CasesFileForm,
    OverflowCallsForm,
    OverflowIntervalsForm,
)
from streams.domain.deadlines import Limit, Rule
from streams.domain.event_types import Channel

Measure = Literal[
    "answered_within", "lost", "mean_wait", "mean_talk",
    "question_answered_within",
    "feedback_within", "resolved_within", "solved_in_centre",
    "satisfied", "open_as_promised", "channel_share", "external",
]  # fmt: skip
Kind = Literal["switchboard", "customer_centre", "partner", "mailbox", "cases"]
WaitStart = Literal["exchange", "menu", "queue"]

_OFFSET: Final = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")


def zone(text: str) -> tzinfo:
    """Return the zone of an IANA name or a fixed offset such as ``+03:30``; else ValueError."""
    if offset := _OFFSET.fullmatch(text):
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    # "right/…" counts leap seconds; "localtime" is whatever the machine says.
    if text.startswith(("right/", "posix/")) or text in {"Factory", "localtime", "posixrules"}:
        raise ValueError(text)
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(text) from None


def _known_zone(value: Any) -> Any:
    if isinstance(value, str):
        try:
            zone(value)
        except ValueError:
            raise PydanticCustomError("unknown_zone", "unknown zone") from None
    return value


def _readable_limit(value: Any) -> Any:
    if isinstance(value, str):
        try:
            Limit.parse(value)
        except ValueError:
            raise PydanticCustomError("limit", "no limit") from None
    return value


def versions(value: Any) -> Any:
    """Return a promise as the list of its versions: one that never changed is written plain."""
    return [value] if isinstance(value, dict) else value


class TargetForm(Form):
    """One version of a promise."""

    name: Text
    measure: Measure
    limit_seconds: Positive | None = None
    limit: Annotated[str, BeforeValidator(_readable_limit)] | None = None
    rule: Rule = "arrival_day"
    goal: Ratio | None = None
    better: Literal["higher", "lower"] = "higher"
    channels: list[Channel] = Field(default=[])
    of: Literal["contacts", "cases"] = "contacts"
    questions: list[Text] = Field(default=[])
    addresses: Positive | None = None
    tells: list[Text] = Field(default=[])
    valid_from: date
    valid_to: date | None = None
    source: Text


class TeamForm(Form):
    """A team."""

    name: Text


class QueueForm(Form):
    """A queue."""

    name: Text
    kind: Kind
    team: str | None = None
    promised_hours: str | None = None
    published_hours: str | None = None
    targets: list[str] = Field(default=[])
    wait_starts: WaitStart = "queue"
    pre_queue_seconds: Seconds = 0
    resolution_seconds: Positive | None = None
    overflow_to: str | None = None
    overflow_after_seconds: Seconds | None = None
    callback_within_seconds: Positive | None = None
    wrap_up_seconds: Seconds = 0
    administration: str | None = None


class AdministrationForm(Form):
    """An administration: a part of the municipality, with its own queues."""

    name: Text
    guideline_hours: str | None = None
    overdue_list_to: list[Address] = Field(default=[])


class IncidentForm(Form):
    """A stretch of time, a crisis or an outage, that figures are shown with and without."""

    name: Text
    begins: InstantText
    ends: InstantText
    queues: list[str] = Field(default=[])


class BreakForm(Form):
    """A year from which values of a key figure are of something else than before."""

    year: Annotated[int, Field(ge=1990, le=2100)]
    why: Text


class ComparisonForm(Form):
    """A key figure that municipalities are compared by."""

    kpi: Text
    name: Text
    own: Text
    unit: Text = "%"
    better: Literal["higher", "lower"] = "higher"
    breaks: list[BreakForm] = Field(default=[])


class MunicipalityForm(Form):
    """A municipality."""

    name: Text
    zone: Annotated[str, BeforeValidator(_known_zone)]
    exclude_short_abandons_seconds: Seconds = 0
    hours: dict[Slug, HoursForm] = Field(default={})
    office_hours: str | None = None
    queues: Annotated[dict[Slug, QueueForm], Field(min_length=1)]
    teams: dict[Slug, TeamForm] = Field(default={})
    administrations: dict[Slug, AdministrationForm] = Field(default={})
    sources: dict[Slug, SourceForm] = Field(default={})
    channels: list[Channel] = Field(default=[])
    incidents: list[IncidentForm] = Field(default=[])
    comparisons: list[ComparisonForm] = Field(default=[])
    overdue_list_to: list[Address] = Field(default=[])
    alerts: AlertsForm | None = None
    promises: list[str] = Field(default=[])
    targets: dict[
        Slug, Annotated[list[TargetForm], Field(min_length=1), BeforeValidator(versions)]
    ] = Field(default={})


class CatalogueForm(Form):
    """The whole file."""

    version: Literal[1]
    profiles: Text | None = None
    municipalities: Annotated[dict[Slug, MunicipalityForm], Field(min_length=1)]


_FORMS: Final[tuple[tuple[tuple[str | None, ...], type[Form]], ...]] = (
    ((None, None, "queues", None), QueueForm),
    ((None, None, "teams", None), TeamForm),
    ((None, None, "targets", None), TargetForm),
    ((None, None, "administrations", None), AdministrationForm),
    ((None, None, "sources", None, "mailbox", "accounts", None), MailAccountForm),
    ((None, None, "sources", None, "mailbox", "mailboxes", None), MailFoldersForm),
    ((None, None, "sources", None, "mailbox"), MailboxForm),
    ((None, None, "sources", None, "queue_log"), QueueLogForm),
    ((None, None, "sources", None, "calls_file"), CallsFileForm),
    ((None, None, "sources", None, "cases_file"), CasesFileForm),
    ((None, None, "sources", None, "overflow_calls"), OverflowCallsForm),
    ((None, None, "sources", None, "overflow_intervals"), OverflowIntervalsForm),
    ((None, None, "sources", None), SourceForm),
    ((None, None, "incidents", None), IncidentForm),
    ((None, None, "comparisons", None, "breaks", None), BreakForm),
    ((None, None, "comparisons", None), ComparisonForm),
    ((None, None, "hours", None, "seasons", None), SeasonForm),
    ((None, None, "hours", None, "shortened", None), ShortenedForm),
    ((None, None, "hours", None, "exceptions", None), ExceptionForm),
    ((None, None, "hours", None), HoursForm),
    ((None, None, "alerts", "teams", None, "functions", None), ReceiverForm),
    ((None, None, "alerts", "teams", None, None), ReceiverForm),
    ((None, None, "alerts", "teams", None), TeamAlertsForm),
    ((None, None, "alerts", "operations"), ReceiverForm),
    ((None, None, "alerts"), AlertsForm),
    ((None, None), MunicipalityForm),
    ((), CatalogueForm),
)
"""Where in a file each form stands, the deepest first; None is any key or list position."""


def form_at(path: tuple[str | int, ...]) -> type[Form]:
    """Return which form is filled in at a path of the file."""
    return next(
        form
        for place, form in _FORMS
        if len(path) >= len(place)
        and all(key in {None, part} for key, part in zip(place, path, strict=False))
    )
