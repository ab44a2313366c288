"""Events as they travel: CloudEvents 1.0 in JSON, checked in full when read.

A message value is one event or a JSON array of events of one municipality, each of which stands
or falls alone. Reading raises nothing but :class:`EventError`; its ``reason`` is a word from
:data:`REASONS`, safe for labels and logs, and never quotes the event.

``type`` names what happened, ``subject`` the contact, ``partitionkey`` the municipality, ``time``
when it happened. Every event about a call also says when the call arrived in its queue, so that
(contact, queue, arrival) identifies the leg and no fact is an orphan.

Source: docs/decisions/0002-event-format.md; CloudEvents 1.0 with the partitioning extension.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
import orjson

MAX_VALUE_BYTES: Final = 1_048_576
"""Largest message value that is read; a larger one is rejected whole (Kafka's own default)."""
MAX_ELEMENTS: Final = 10_000
"""Most events in one message. No more of them than this can be whole in 1 MiB: the least one, of a
type we don't know, takes 117 bytes."""
MAX_DEPTH: Final = 300
"""Deepest nesting that is read. How deep the reader itself can go depends on who calls it and on
the version of Python, and what a log says must not."""

REASONS: Final = {
    "too_large": "the message is larger than 1 MiB: send fewer events in each",
    "too_many": "more than 10,000 elements in one message: send fewer events in each",
    "not_json": "not JSON in UTF-8, or nested too deep: send one event, or an array of events",
    "duplicate_keys": "a key stands twice in one object: send each key once",
    "invalid": "not an event as docs/decisions/0002-event-format.md has it",
    "before_arrival": "it happened before its call arrived: check the source's clock",
    "from_the_future": "it happened long after it was sent: check the source's clock and zone",
    "unknown_municipality": "the catalogue has no such municipality: add it, or mend the sender",
    "misplaced": "the key belongs to another partition: use murmur2, as Java and Python do",
    "no_value": "a record without a value: events are never deleted, send none",
}
"""Why an event is rejected, and what would be right."""

PREFIX: Final = "se.svarsgrad.call."


MAX_TEXT: Final = 200
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TEXT)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class EventError(ValueError):
    """What was received is not an event we can use; the sender must act.

    ``reason`` is a key of :data:`REASONS`; ``path`` says where in the event (like
    ``$.data.queue``), and is empty where the event as a whole is meant.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{REASONS[reason]} (at {path})" if path else REASONS[reason])
        self.reason = reason
        self.path = path


class Envelope(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The attributes every event has. An event of a type we don't know is read as just this."""

    specversion: Literal["1.0"] = "1.0"
    id: Text
    source: Text
    type: Text
    subject: Text
    time: Instant
    partitionkey: Text


class CallData(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an event about a call says beside its envelope."""

    queue: Text
    arrived_at: Instant
    caller: Text | None = None
    """Keyed hash of the caller's number, on ``offered`` where the source knows it."""
    origin: Literal["external", "internal", "unknown"] = "unknown"


class CallEvent(Envelope, frozen=True, gc=False, kw_only=True):
    """One thing that happened to one call in one queue."""

    data: CallData


CALL_TYPES: Final = {
    PREFIX + what + ".v1": what
    for what in (
        "offered",
        "answered",
        "abandoned",
        "overflowed",
        "refused",
        "closed",
        "callback_requested",
        "callback_answered",
        "transferred",
        "completed",
    )
}
"""The types of events about calls, and the word the rest of the code uses for each."""

_call = msgspec.json.Decoder(CallEvent)
_envelope = msgspec.json.Decoder(Envelope)
_elements = msgspec.json.Decoder(list[msgspec.Raw])

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# The fast reader takes the last of two equal keys without a word. An event just as our own writer
# makes it has all of its keys, so no key can be there twice if there are no more quotes than those
# take (with a caller, two more). Any other event is looked at closely.
_QUOTES: Final = {t: 44 if what == "offered" else 38 for t, what in CALL_TYPES.items()}
_BEGINS: Final = b'{"specversion":'
_ENDS: Final = tuple(
    b'"origin":"%b"}}%b' % (origin, end)
    for origin in (b"external", b"internal", b"unknown")
    for end in (b"", b"\n")  # a message, or a line of a file
)

_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[{\]}]")


def elements(value: bytes) -> Sequence[bytes]:
    """Return the raw events of a message value, in order: one, or those of an array.

    Raises :class:`EventError` (``too_large``, ``too_many``, ``not_json``) for a value that can't
    be split; an element that is no event is found by :func:`decode`.
    """
    if value.startswith(b"{") and len(value) <= 2 * MAX_DEPTH:
        return (value,)  # the usual message: one event, too short to be nested deep
    if len(value) > MAX_VALUE_BYTES:
        raise EventError("too_large")
    if value.lstrip()[:1] != b"[":
        found = [value]
    else:
        try:
            raws = _elements.decode(value)
        except _UNREADABLE:
            raise EventError("not_json") from None
        if len(raws) > MAX_ELEMENTS:
            raise EventError("too_many")
        found = [bytes(raw) for raw in raws]
    for raw in found:
        if len(raw) > 2 * MAX_DEPTH and _is_too_deep(raw):
            raise EventError("not_json")
    return found


def decode(raw: bytes) -> Envelope:
    """Return the event in ``raw``: a :class:`CallEvent`, or of a newer type just the envelope.

    Raises :class:`EventError` (``not_json``, ``duplicate_keys``, ``invalid``,
    ``before_arrival``); no input makes it raise anything else.
    """
    try:
        event = _call.decode(raw)
    except _UNREADABLE as error:
        return _newer(raw, error)
    if not _is_as_written(raw, event):
        _look_closely(raw)
        if event.type not in CALL_TYPES:
            return _envelope.decode(raw)
    if event.time < event.data.arrived_at:
        raise EventError("before_arrival", "$.time")
    return event


def encode(event: CallEvent) -> bytes:
    """Return the event as JSON that :func:`decode` reads fastest: no spare keys, times in UTC."""
    data: dict[str, Any] = {
        "queue": event.data.queue,
        "arrived_at": event.data.arrived_at.astimezone(UTC),
    }
    if CALL_TYPES[event.type] == "offered":
        data |= {"caller": event.data.caller, "origin": event.data.origin}
    return orjson.dumps(
        {
            "specversion": event.specversion,
            "id": event.id,
            "source": event.source,
            "type": event.type,
            "subject": event.subject,
            "time": event.time.astimezone(UTC),
            "partitionkey": event.partitionkey,
            "data": data,
        },
        option=orjson.OPT_UTC_Z,
    )


def _newer(raw: bytes, error: Exception) -> Envelope:
    """Return the envelope of an event whose type we don't know, or say what is wrong."""
    try:
        envelope = _envelope.decode(raw)
    except _UNREADABLE as wrong:
        raise _refusal(wrong) from None
    if envelope.type in CALL_TYPES:
        raise _refusal(error) from None
    _look_closely(raw)
    return envelope


def _refusal(error: Exception) -> EventError:
    if isinstance(error, msgspec.ValidationError):
        return EventError("invalid", _path(error))
    return EventError("not_json")


def _path(error: Exception) -> str:
    """Return where in the event the fault lies: our own field names only, never a value."""
    text = str(error)
    _, at, path = text.rpartition(" - at `")  # the last: the text before it may quote the event
    path = path.rstrip("`") if at else "$"
    missing = _MISSING.match(text)
    return f"{path}.{missing[1]}" if missing else path if at else ""


def _is_as_written(raw: bytes, event: CallEvent) -> bool:
    """Say whether the raw event is plainly as our writer has it: each key once, and no other."""
    quotes = _QUOTES.get(event.type)
    if quotes is None or not raw.startswith(_BEGINS):
        return False
    if quotes == 44:
        if not raw.endswith(_ENDS):
            return False
        quotes += 2 * (event.data.caller is not None)
    return raw.count(b'"') == quotes


def _is_too_deep(raw: bytes) -> bool:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _look_closely(raw: bytes) -> None:
    """Refuse what the fast reader lets through: a key twice in an object, no specversion."""

    def keys_of(pairs: list[tuple[str, Any]]) -> frozenset[str]:
        keys = frozenset(key for key, _ in pairs)
        if len(keys) != len(pairs):
            raise EventError("duplicate_keys")
        return keys

    try:
        keys = json.loads(raw, object_pairs_hook=keys_of, parse_int=str, parse_float=str)
    except EventError:
        raise
    except (ValueError, RecursionError):
        raise EventError("not_json") from None
    if "specversion" not in keys:
        raise EventError("invalid", "$.specversion")
