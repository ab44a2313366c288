"""Writes docs/events.md, with an example of each type: ``python -m streams.events_page``."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from streams.domain.event_types import (
    CALL_TYPES,
    CASE_TYPES,
    FORMS,
    MEASURE_TYPES,
    PRESENCE_TYPES,
    QUESTION_TYPES,
    REQUIRED,
    SURVEY_TYPES,
    TOPICS,
    CallEvent,
    CaseEvent,
    Envelope,
    Kind,
    MeasureEvent,
    PresenceEvent,
    QuestionEvent,
    SurveyEvent,
    type_of,
)
from streams.domain.events import Event, encode

PAGE = Path(__file__).parent.parent / "docs" / "events.md"
HEAD = """# Events

Made by `python -m streams.events_page` from `streams/domain/event_types.py`; a test compares them,
and reads every example. For whoever writes a producer.

An event is CloudEvents 1.0 in JSON; a message is one event, or an array of events of the same
municipality. The record's key is the municipality (murmur2, as Kafka's own clients place it). What
can't be used goes to `svarsgrad.rejected` with a reason and is counted; the reader goes on. Why it
is so: [decisions/0002](decisions/0002-event-format.md).

| attribute | what it is |
|---|---|
| `specversion` | `1.0` |
| `id` | from the source's own identity of the fact: reading it again gives the same |
| `source` | which exchange, mailbox or program, without personal data |
| `type` | one of those below; others are counted and skipped, but a newer version \
of one (`….v2`) is rejected: [upgrade.md](upgrade.md) |
| `subject` | what it happened to, as each section says; never blank |
| `time` | when it happened, with an offset from UTC; never when it was read |
| `partitionkey` | the municipality, as the catalogue names it; also the record's key |
| `data` | as below |

Numbers and addresses never travel: only keyed hashes do. Events may come late, twice and in any
order; more than 15 minutes ahead of the log is refused, more than 60 seconds is counted.
"""

_AT: Final = datetime(2026, 3, 10, 9, 15, tzinfo=UTC)

_CALLS: Final = {
    "offered": "the call arrived in the queue",
    "answered": "a person answered; voicemail, a menu and a referral message are no answers",
    "abandoned": "the caller hung up while waiting",
    "overflowed": "the call left for another place (partner, queue, menu choice)",
    "refused": "the queue was full when the call came",
    "closed": "the queue was closed or had nobody to answer: at once, or while it waited",
    "callback_requested": "the caller asked to be called back, and left the queue",
    "callback_answered": "the caller was reached on that",
    "transferred": "after an answer: handled here until it was passed on",
    "completed": "after an answer: the talk ended",
}
_QUESTIONS: Final = {
    "received": "the question came: its clock starts at the server's `received_at`",
    "followed_up": "more from the same person: the same question until it is answered, then a new",
    "auto_replied": "an automatic reply was sent; it stops no clock",
    "answered": "a person answered",
    "answered_otherwise": "it was answered by telephone, a visit or the like",
    "forwarded": "it was sent on to an administration; that stops no clock",
    "reopened": "the answer was none after all: open again, with the clock it had",
    "dismissed": "no answer is due, for the reason in `why`",
}
_CASES: Final = {
    "opened": "the case was registered",
    "contacted": "the resident got in touch again about it",
    "handed_over": "the customer centre gave it to an administration",
    "feedback": "the administration told the resident, or the centre, how it goes",
    "resolved": "it is done, by whom `by` says",
    "reopened": "it was not done after all: open again, with the clocks it had",
}
_SURVEYS: Final = {"answered": "one question of the municipality's own survey was answered"}
_PRESENCE: Final = {
    "staffed": "from now on so many people answer the queue; to be stated anew each day",
    "heartbeat": "the source is alive; every 30 seconds",
}
_MEASURES: Final = {"recorded": "somebody typed in a figure that others have measured"}

SECTIONS: Final = (
    ("Calls", CALL_TYPES, _CALLS, "the call"),
    ("Questions by e-mail and e-service", QUESTION_TYPES, _QUESTIONS,
     "the question: the same in all mailboxes and all messages of its thread"),
    ("Cases", CASE_TYPES, _CASES,
     "the case: a keyed hash of its number, which itself is sent nowhere"),
    ("Surveys", SURVEY_TYPES, _SURVEYS, "the reply: the same for all answers of one person"),
    ("Presence", PRESENCE_TYPES, _PRESENCE,
     "for `staffed` that of `data.queue`, for `heartbeat` the source as the catalogue names it"),
    ("Measures", MEASURE_TYPES, _MEASURES, "the measure and its day"),
)  # fmt: skip
"""Title, types, what each states, and what ``subject`` is."""

MEANINGS: Final[dict[str, str]] = {
    "queue": "the queue, mailbox or case inbox, as the catalogue names it",
    "arrived_at": "when the call arrived in that queue; with `subject` and `queue` it is the leg",
    "caller": "on `offered`, where known: keyed hash of the number; what has no letter (but for "
    "16 digits or more) or has an @ is refused, since it may be a number or an address",
    "origin": "on `offered`",
    "received_at": "when the server received the question",
    "opened_at": "when the case was opened",
    "restated_at": "when the source stated all of it anew, since it is still open after long",
    "channel": "how the resident got in touch",
    "why": "why no answer is due",
    "contact": "the call or the question that it was, where known",
    "administration": "to whom, as the catalogue names it",
    "by": "who did it",
    "question": "which question, as the promises in the catalogue name it",
    "grade": "1 (very dissatisfied) to 5; 4 and 5 are satisfied",
    "people": "how many answer the queue from `time` on",
    "measure": "the promise it is about, as the catalogue names it",
    "value": "the figure; a share is a ratio from 0 to 1",
    "on": "the day it is true of",
    "n": "how many were asked, where that is known",
    "document": "where it stands",
}
"""Key in ``data`` → what it says. Values that are words follow, as the form has them."""


_CALL, _CASE = "1773134100.17", "9c1e44d08b"
_AS_JSON: Final[dict[type[Envelope], tuple[str, dict[str, Any]]]] = {
    CallEvent: (_CALL, {"queue": "vaxel", "arrived_at": _AT}),
    QuestionEvent: ("5d0b7c", {"queue": "epost-teknik", "received_at": _AT}),
    CaseEvent: (_CASE, {"queue": "arenden", "opened_at": _AT}),
    SurveyEvent: ("svar-771", {"question": "bemotande", "grade": 4}),
    PresenceEvent: ("vaxel-pbx", {}),
    MeasureEvent: (
        "nojda-scb/2014-11-01",
        {
            "measure": "nojda-scb",
            "value": 0.64,
            "on": date(2014, 11, 1),
            "document": "SCB:s medborgarundersökning 2014",
        },
    ),
}
"""Form → the subject and the data of an example."""
_MORE: Final[dict[str, dict[str, Any]]] = {
    type_of(Kind.CALL, "offered"): {"caller": "9f2c4e0d71b35a86", "origin": "external"},
    type_of(Kind.QUESTION, "dismissed"): {"why": "no_answer_needed"},
    type_of(Kind.CASE, "opened"): {"channel": "phone", "contact": _CALL},
    type_of(Kind.CASE, "contacted"): {"channel": "phone"},
    type_of(Kind.CASE, "handed_over"): {"administration": "teknik"},
    type_of(Kind.CASE, "resolved"): {"by": "customer_centre"},
    type_of(Kind.PRESENCE, "staffed"): {"queue": "vaxel", "people": 4},
}
"""Type → what its data has beside."""
_FIRST: Final = ("offered", "received", "opened")


def example(type_: str) -> Event:
    """Return an event of a type that we know."""
    what = type_.split(".")[3]
    form: Any = FORMS[type_]
    subject, data = _AS_JSON[form]
    made: Event = msgspec.convert(
        {
            "id": f"{subject}/{what}",
            "source": "/vaxel" if form is CallEvent else "/arendesystem",
            "type": type_,
            "subject": "vaxel" if what == "staffed" else subject,
            "time": _AT if what in _FIRST else _AT + timedelta(seconds=12),
            "partitionkey": "lulea",
            "data": data | _MORE.get(type_, {}),
        },
        form,
    )
    return made


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, types, states, subject in SECTIONS:
        form = FORMS[next(iter(types))]
        topic = next(name for name, forms in TOPICS.items() if form in forms)
        parts += [f"## {title}\n", f"Topic `svarsgrad.{topic}`. `subject` is {subject}.\n"]
        parts += ["| `data.` | | what it is |", "|---|---|---|", *_fields(form, types), ""]
        for type_, what in types.items():
            parts += [
                f"**`{type_}`**: {states[what]}.\n",
                "```json",
                _shown(example(type_)),
                "```\n",
            ]
    return "\n".join(parts)


def _fields(form: type[Envelope], types: dict[str, str]) -> list[str]:
    data = next(f.type for f in msgspec.structs.fields(form) if f.name == "data")
    rows = []
    for field in msgspec.structs.fields(data):
        of_types = [what for t, what in types.items() if field.name in REQUIRED.get(t, ())]
        must = "always" if field.required else "" if not of_types else f"on {', '.join(of_types)}"
        rows.append(
            f"| `{field.encode_name}` | {must} | {MEANINGS[field.name]}{_words(field.type)} |"
        )
    return rows


def _words(annotation: Any) -> str:
    """Return the words that a value may be, after a colon; nothing where it may be others."""
    for kind in (annotation, *get_args(annotation)):
        if get_origin(kind) is Literal:
            *most, last = (f"`{word}`" for word in get_args(kind))
            return f": {', '.join(most)} or {last}"
    return ""


def _shown(event: Event) -> str:
    text = json.dumps(json.loads(encode(event)), ensure_ascii=False)
    head, mark, data = text.partition(', "data": ')
    for key in ("source", "subject"):
        head = head.replace(f', "{key}"', f',\n "{key}"')
    return head + f',\n "data": {data}' * bool(mark)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
