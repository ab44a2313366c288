"""Events as they travel: CloudEvents 1.0 in JSON, checked in full when read.

A message value is one event or a JSON array of events of one municipality, each of which stands
or falls alone. Reading raises nothing but :class:`EventError`; its ``reason`` is a word from
:data:`REASONS`, safe for labels and logs, and never quotes the event.

What the types are and what each says stands in ``event_types``. What is read is always the newest
version of its type: an older one is raised to it here (``event_versions``), and nowhere else.

Source: docs/decisions/0002-event-format.md; CloudEvents 1.0 with the partitioning extension.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
import orjson

from streams.domain.event_types import (
    BEGINS,
    CALL_TYPES,
    FORMS,
    REQUIRED,
    STAFFED,
    VERSIONS,
    CallData,
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
from streams.domain.event_versions import OLDER, Older, Written, lowered, raised, version_of

__all__ = [
    "CALL_TYPES",
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "MAX_VALUE_BYTES",
    "REASONS",
    "CallData",
    "CallEvent",
    "Envelope",
    "Event",
    "EventError",
    "decode",
    "elements",
    "encode",
    "plain_array",
    "plain_calls",
]

Event = CallEvent | QuestionEvent | CaseEvent | SurveyEvent | PresenceEvent | MeasureEvent
"""An event of a type we know."""

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
    "invalid": "not an event as docs/events.md has it",
    "newer_version": "newer than this version: upgrade what reads it, then republish-rejected",
    "before_arrival": "it happened before what it is about began: check the source's clock",
    "wrong_topic": "events of this type belong to another topic: mend the sender",
    "from_the_future": "it happened long after it was sent: check the source's clock and zone",
    "unknown_municipality": "the catalogue has no such municipality: add it, or mend the sender",
    "misplaced": "the key belongs to another partition: use murmur2, as Java and Python do",
    "no_value": "a record without a value: events are never deleted, send none",
}
"""Why an event is rejected, and what would be right."""


class EventError(ValueError):
    """What was received is not an event we can use; the sender must act.

    ``reason`` is a key of :data:`REASONS`; ``path`` says where in the event (like
    ``$.data.queue``), and is empty where the event as a whole is meant.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{REASONS[reason]} (at {path})" if path else REASONS[reason])
        self.reason = reason
        self.path = path


_call = msgspec.json.Decoder(CallEvent)
_calls = msgspec.json.Decoder(list[CallEvent])
_others = {form: msgspec.json.Decoder(form) for form in FORMS.values()}


@dataclass(frozen=True, slots=True)
class _OlderCalls:
    """How events about calls of an older version are read when they are just as it wrote them."""

    mark: bytes
    """Stands in each of them."""
    older: Older
    types: Mapping[str, str]
    """Type → the same in the newest version."""
    decoder: msgspec.json.Decoder[Any]
    in_arrays: msgspec.json.Decoder[Any]

    def newest(self, events: Sequence[Any]) -> list[CallEvent]:
        """Return events as the newest version has them; none if one is of no type of ours."""
        if any(event.type not in self.types for event in events):
            return []
        return [raised(event, self.older, self.types[event.type]) for event in events]


def _older_calls(olders: Mapping[tuple[Kind, int], Older]) -> tuple[_OlderCalls, ...]:
    return tuple(
        _OlderCalls(
            f'.v{version}","subject":'.encode(),
            older,
            {f"{type_.rpartition('.v')[0]}.v{version}": type_ for type_ in CALL_TYPES},
            msgspec.json.Decoder(older.form),
            msgspec.json.Decoder(list[older.form]),  # type: ignore[name-defined]
        )
        for (kind, version), older in olders.items()
        if kind is Kind.CALL
    )


_older = {key: msgspec.json.Decoder(its.form) for key, its in OLDER.items()}
_OLDER_CALLS: Final = _older_calls(OLDER)
_envelope = msgspec.json.Decoder(Envelope)
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_writer = msgspec.json.Encoder()
_KEYED: Final = re.compile(r"[^@]*[^\W\d_][^@]*|[0-9]{16,}")
"""A keyed hash: it has a letter, but for the rare one of digits only, which is longer than any
telephone number. A number has no letter, and an e-mail address has an @."""
_SURELY_KEYED: Final = 16
"""So many letters and digits are one: looking at each with the expression takes much longer."""

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_SHORT: Final = 2 * MAX_DEPTH
"""Bytes in which nothing can be nested too deep."""
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[{\]}]")


def elements(value: bytes) -> Sequence[bytes]:
    """Return the raw events of a message value, in order: one, or those of an array.

    Raises :class:`EventError` (``too_large``, ``too_many``, ``not_json``) for a value that can't
    be split; an element that is no event is found by :func:`decode`.
    """
    if len(value) <= _SHORT and value[:1] == b"{":
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
        if len(raw) > _SHORT and _is_too_deep(raw):
            raise EventError("not_json")
    return found


def decode(raw: bytes) -> Envelope:
    """Return the event in ``raw``, in the form of its type; of a newer type just the envelope.

    Raises :class:`EventError` (``not_json``, ``duplicate_keys``, ``invalid``,
    ``before_arrival``); no input makes it raise anything else.
    """
    try:
        event = _call.decode(raw)
    except _UNREADABLE as error:
        return _other(raw, error)
    if event.type not in CALL_TYPES:
        return _other(raw, None)
    if not _is_as_written(raw, event):
        _look_closely(raw)
    if event.subject.isspace():
        raise EventError("invalid", "$.subject")
    caller = event.data.caller
    if caller is not None and not _KEYED.fullmatch(caller):
        raise EventError("invalid", "$.data.caller")
    if event.time < event.data.arrived_at:
        raise EventError("before_arrival", "$.time")
    return event


def plain_calls(values: Sequence[bytes]) -> list[CallEvent] | None:
    """Return the events of message values each of which is one about a call, just as we write it.

    None if any is anything else, right or wrong: then each is to be taken by itself. What comes
    back is what :func:`decode` returns of each, in less time. There is at least one value.
    """
    if values[0].startswith(b"["):
        return None
    if values[0].endswith(b"\n"):
        values = [value.removesuffix(b"\n") for value in values]
    text = b"\n".join(values) + b"\n"
    of_older = _older_of(values[0])
    try:
        events = (of_older.decoder if of_older else _call).decode_lines(text)
    except _UNREADABLE:
        return None
    # There is no end of a line within an event as we write it: so many lines are these values.
    if len(events) != len(values) or _writer.encode_lines(events) != text:
        return None
    return _newest_usable(events, of_older)


def plain_array(value: bytes) -> list[CallEvent] | None:
    """Return the events of a message value that is an array of such as :func:`plain_calls` reads.

    None if it is anything else: then each of its :func:`elements` is to be taken by itself.
    """
    if not value.startswith(b"[") or len(value) > MAX_VALUE_BYTES:
        return None
    of_older = _older_of(value)
    try:
        events = (of_older.in_arrays if of_older else _calls).decode(value)
    except _UNREADABLE:
        return None
    if _writer.encode(events) != value:
        return None
    return _newest_usable(events, of_older)


def _older_of(value: bytes) -> _OlderCalls | None:
    """Return how a value may have to be read: of an older version, if it has the mark of one."""
    return next((its for its in _OLDER_CALLS if its.mark in value), None)


def _newest_usable(events: list[Any], of_older: _OlderCalls | None) -> list[CallEvent] | None:
    """Return events, each of which is as it was written, as the newest version has them.

    None if there is none, or one of them can't be used, or it takes a closer look to say.
    """
    if of_older is not None:
        events = of_older.newest(events)
    for event in events:
        data = event.data
        caller = data.caller
        if (
            event.type not in CALL_TYPES
            or event.time < data.arrived_at
            or event.subject.isspace()
            or (
                caller is not None
                and not (len(caller) >= _SURELY_KEYED and caller.isalnum() and caller.isascii())
            )
        ):
            return None
    return events or None


def encode(event: Event, written: Written = MappingProxyType({})) -> bytes:
    """Return the event as JSON that :func:`decode` reads fastest: no spare keys, times in UTC.

    ``written`` says which kinds' events are written in an older version.
    """
    if isinstance(event, CallEvent):
        stated = event.data
        if CALL_TYPES[event.type] != "offered":
            stated = CallData(queue=stated.queue, arrived_at=stated.arrived_at)
        arrived_at = stated.arrived_at.astimezone(UTC)
        stated = msgspec.structs.replace(stated, arrived_at=arrived_at)
        in_utc = event.time.astimezone(UTC)
        event = msgspec.structs.replace(event, time=in_utc, data=stated)
        return _writer.encode(lowered(event, written) if written else event)
    if written:
        event = lowered(event, written)
    data = {
        key: value.astimezone(UTC) if isinstance(value, datetime) else value
        for key, value in msgspec.structs.asdict(event.data).items()
        if value is not None
    }
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


def _other(raw: bytes, wrong: Exception | None) -> Envelope:
    """Return an event that is about no call, in the form of its type, or say what is wrong.

    ``wrong`` is why it can't be read as one about a call.
    """
    try:
        envelope = _envelope.decode(raw)
    except _UNREADABLE as error:
        raise _refusal(error) from None
    form = FORMS.get(envelope.type)
    if form is CallEvent and wrong is not None:
        raise _refusal(wrong) from None
    event = envelope
    if form is not None:
        event = _read(_others[form], raw)
    _look_closely(raw)
    if form is None and (newest := _of_older_version(raw, envelope.type)) is not None:
        return decode(_writer.encode(newest))
    if event.subject.isspace():
        raise EventError("invalid", "$.subject")
    data = getattr(event, "data", None)
    for key in REQUIRED.get(event.type, ()):
        if getattr(data, key) is None:
            raise EventError("invalid", f"$.data.{key}")
    if event.type == STAFFED and event.subject != getattr(data, "queue", None):
        raise EventError("invalid", "$.subject")
    begins = BEGINS.get(form) if form else None
    if begins is not None and event.time < getattr(data, begins):
        raise EventError("before_arrival", "$.time")
    return event


def _of_older_version(raw: bytes, type_: str) -> Envelope | None:
    """Return an event of an older version as the newest; None if it is of no type of ours.

    Of a newer version nothing can be said but that.
    """
    known = version_of(type_)
    if known is None:
        return None
    kind, what, version = known
    if version > VERSIONS[kind]:
        raise EventError("newer_version", "$.type")
    older, newest = OLDER.get((kind, version)), type_of(kind, what)
    if older is None or newest not in FORMS:
        return None
    event: Envelope = raised(_read(_older[kind, version], raw), older, newest)
    return event


def _read(decoder: Any, raw: bytes) -> Any:
    try:
        return decoder.decode(raw)
    except _UNREADABLE as error:
        raise _refusal(error) from None


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
    """Say whether the raw event is just as our own writer has it, with or without a line's end.

    The fast reader takes the last of two equal keys without a word; in what it would write itself
    no key can be there twice. Any other event is looked at closely.
    """
    written = _writer.encode(event)
    return raw == written or raw.removesuffix(b"\n") == written


def _is_too_deep(raw: bytes) -> bool:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _is_plain(raw: bytes) -> bool:
    """Say whether an event is as it would be written again: so it has no key twice.

    Of two equal keys a dict keeps one, and then less is written than was read.
    """
    try:
        known = orjson.loads(raw)
        return (
            isinstance(known, dict)
            and "specversion" in known
            and orjson.dumps(known) == raw.removesuffix(b"\n")
        )
    except (ValueError, TypeError):
        return False


def _look_closely(raw: bytes) -> None:
    """Refuse what the fast reader lets through: a key twice in an object, no specversion."""
    if _is_plain(raw):
        return

    def keys_of(pairs: list[tuple[str, Any]]) -> frozenset[str]:
        keys = frozenset(key for key, _ in pairs)
        if len(keys) != len(pairs):
            raise EventError("duplicate_keys")
        return keys

    try:
        keys = json.loads(raw.decode(), object_pairs_hook=keys_of, parse_int=str, parse_float=str)
    except EventError:
        raise
    except (ValueError, RecursionError):
        raise EventError("not_json") from None
    if "specversion" not in keys:
        raise EventError("invalid", "$.specversion")
