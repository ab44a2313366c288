"""Which topic an event goes to: kinds of events, as the topics are named after them."""

from collections.abc import Mapping
from typing import Final

from streams.domain.event_types import (
    CallEvent,
    CaseEvent,
    Envelope,
    MeasureEvent,
    PresenceEvent,
    QuestionEvent,
    SurveyEvent,
)

CALLS: Final = "calls"
EMAILS: Final = "emails"
CASES: Final = "cases"
PRESENCE: Final = "presence"
MEASURES: Final = "measures"
KINDS: Final = (CALLS, EMAILS, CASES, PRESENCE, MEASURES)

_KIND: Final[Mapping[type[Envelope], str]] = {
    CallEvent: CALLS,
    QuestionEvent: EMAILS,
    CaseEvent: CASES,
    SurveyEvent: CASES,
    PresenceEvent: PRESENCE,
    MeasureEvent: MEASURES,
}
"""Form of an event → its kind. A survey is of a case that is done, and goes with the cases."""


def kind_of(event: Envelope) -> str:
    """Return the kind of an event of a type we know."""
    return _KIND[type(event)]
