"""The types of events: what each says, as a form that is checked in full when it is read.

``type`` names what happened, ``subject`` what it happened to (the call, the question, the case …),
``partitionkey`` the municipality, ``time`` when it happened. Every event also says when what it is
about began (``arrived_at``, ``received_at``, ``opened_at``), so that no fact is an orphan.

A question or a case that stays open for very long is stated anew by its source before it falls
behind the horizon: whole, with the same subject and the same times, and with ``restated_at``. The
facts that carry one ``restated_at`` are an *edition*; the latest edition is the one that counts.

Source: docs/decisions/0002-event-format.md; CloudEvents 1.0 with the partitioning extension.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, get_args

import msgspec

MAX_TEXT: Final = 200
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Channel = Literal["phone", "email", "e_service", "chat", "social", "visit", "post"]
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)

PREFIX: Final = "se.svarsgrad."
CALL_PREFIX: Final = PREFIX + "call."


class Kind(StrEnum):
    """What an event is about."""

    CALL = "call"
    QUESTION = "email"
    CASE = "case"
    SURVEY = "survey"
    PRESENCE = "presence"
    MEASURE = "measure"


VERSIONS: Final = dict.fromkeys(Kind, 1)
"""The version of each kind's events that we know, and write, as the newest: its form is below.
Older ones are in ``event_versions``."""


def type_of(kind: Kind, what: str) -> str:
    """Return the type of events that say what happened, in the newest version."""
    return f"{PREFIX}{kind}.{what}.v{VERSIONS[kind]}"


class Envelope(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The attributes every event has. An event of a type we don't know is read as just this."""

    specversion: Literal["1.0"] = "1.0"
    id: Text
    source: Text
    type: Text
    subject: Text
    time: Instant
    partitionkey: Text


class CallData(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What an event about a call says beside its envelope."""

    queue: Text
    arrived_at: Instant
    caller: Text | None = None
    """Keyed hash of the caller's number, on ``offered`` where the source knows it."""
    origin: Literal["external", "internal", "unknown"] = "unknown"


class CallEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """One thing that happened to one call in one queue. ``subject`` is the call."""

    data: CallData


class QuestionData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an event about a question by e-mail or e-service says."""

    queue: Text
    """The mailbox."""
    received_at: Instant
    """When the server received the question: its clock starts."""
    restated_at: Instant | None = None
    channel: Literal["email", "e_service"] = "email"
    why: Literal["spam", "bounce", "no_answer_needed"] | None = None
    """On ``dismissed``, where it must be: why no answer is due."""


class QuestionEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """One thing that happened to one question. ``subject`` is the question, in all mailboxes."""

    data: QuestionData


class CaseData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an event about a case says."""

    queue: Text
    """The case inbox, or the customer centre that registers cases."""
    opened_at: Instant
    restated_at: Instant | None = None
    channel: Channel | None = None
    """On ``opened`` and ``contacted``: how the resident got in touch."""
    contact: Text | None = None
    """On ``opened`` and ``contacted``, where known: the call or the question it was."""
    administration: Text | None = None
    """On ``handed_over``, where it must be: to whom."""
    by: Literal["customer_centre", "administration"] | None = None
    """On ``resolved``, where it must be: who did it."""


class CaseEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """One thing that happened to one case. ``subject`` is the case."""

    data: CaseData


class SurveyData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One answer to one question of the municipality's own survey."""

    question: Text
    """Which question, as the catalogue's promises name it."""
    grade: Annotated[int, msgspec.Meta(ge=1, le=5)]
    """From 1, very dissatisfied, to 5, very satisfied; 4 and 5 are satisfied."""
    queue: Text | None = None


class SurveyEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """An answer to a survey. ``subject`` is the reply: one person's answers have the same."""

    data: SurveyData


class PresenceData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is said of those who answer, or of a source that is alive."""

    queue: Text | None = None
    """On ``staffed``, where it must be."""
    people: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    """On ``staffed``, where it must be: how many answer the queue from ``time`` on."""


class PresenceEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """Staffing or a heartbeat. ``subject`` is the queue, or the source as the catalogue has it."""

    data: PresenceData


class MeasureData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A figure that somebody else measured, typed in."""

    measure: Text
    """The promise it is about, as the catalogue names it."""
    value: float
    on: date
    """The day it is true of: of a survey, its last."""
    n: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] | None = None
    """How many were asked, where that is known."""
    document: Text
    """Where it stands."""


class MeasureEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """A measured figure, recorded at ``time``. ``subject`` is the measure and its day."""

    data: MeasureData


def _types(kind: Kind, *whats: str) -> dict[str, str]:
    return {type_of(kind, what): what for what in whats}


CALL_TYPES: Final = _types(
    Kind.CALL, "offered", "answered", "abandoned", "overflowed", "refused", "closed",
    "callback_requested", "callback_answered", "transferred", "completed",
)  # fmt: skip
"""The types of events about calls, and the word the rest of the code uses for each."""
QUESTION_TYPES: Final = _types(
    Kind.QUESTION, "received", "followed_up", "auto_replied", "answered", "answered_otherwise",
    "forwarded", "reopened", "dismissed",
)  # fmt: skip
CASE_TYPES: Final = _types(
    Kind.CASE, "opened", "contacted", "handed_over", "feedback", "resolved", "reopened"
)
SURVEY_TYPES: Final = _types(Kind.SURVEY, "answered")
PRESENCE_TYPES: Final = _types(Kind.PRESENCE, "staffed", "heartbeat")
STAFFED: Final = type_of(Kind.PRESENCE, "staffed")
"""``subject`` of these is the queue, which ``data`` says too: they are the same."""
MEASURE_TYPES: Final = _types(Kind.MEASURE, "recorded")

FORMS: Final[dict[str, type[Envelope]]] = {
    **dict.fromkeys(CALL_TYPES, CallEvent),
    **dict.fromkeys(QUESTION_TYPES, QuestionEvent),
    **dict.fromkeys(CASE_TYPES, CaseEvent),
    **dict.fromkeys(SURVEY_TYPES, SurveyEvent),
    **dict.fromkeys(PRESENCE_TYPES, PresenceEvent),
    **dict.fromkeys(MEASURE_TYPES, MeasureEvent),
}
"""Type → the form of its events."""

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    type_of(Kind.QUESTION, "dismissed"): ("why",),
    type_of(Kind.CASE, "opened"): ("channel",),
    type_of(Kind.CASE, "contacted"): ("channel",),
    type_of(Kind.CASE, "handed_over"): ("administration",),
    type_of(Kind.CASE, "resolved"): ("by",),
    STAFFED: ("queue", "people"),
}
"""Type → what its ``data`` must have beside what the form requires."""

FORM_OF: Final[dict[Kind, type[Envelope]]] = {
    Kind.CALL: CallEvent,
    Kind.QUESTION: QuestionEvent,
    Kind.CASE: CaseEvent,
    Kind.SURVEY: SurveyEvent,
    Kind.PRESENCE: PresenceEvent,
    Kind.MEASURE: MeasureEvent,
}
"""Kind → the form of its events."""
KIND_OF: Final = {form: kind for kind, form in FORM_OF.items()}

BEGINS: Final = {QuestionEvent: "received_at", CaseEvent: "opened_at"}
"""Form → the key of when what it is about began, which nothing about it comes before."""

TOPICS: Final[dict[str, frozenset[type[Envelope]]]] = {
    "calls": frozenset({CallEvent}),
    "emails": frozenset({QuestionEvent}),
    "cases": frozenset({CaseEvent, SurveyEvent}),
    "presence": frozenset({PresenceEvent}),
    "measures": frozenset({MeasureEvent}),
}
"""What each topic carries. Each is kept, and read again, for as long as its events are needed."""
_TOPIC: Final = {form: topic for topic, forms in TOPICS.items() for form in forms}


def topic_of(event: Envelope) -> str:
    """Return which of :data:`TOPICS` an event belongs to. KeyError for a type we don't know."""
    return _TOPIC[type(event)]
