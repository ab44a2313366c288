"""CloudEvents' HTTP binding 1.0: a request's head and body to the events in it, undecoded.

One event in the body (*structured*), an array of them (*batched*), or one whose attributes are
headers and whose data are the body (*binary*): all three give the same JSON.

Source: CloudEvents 1.0.2, HTTP protocol binding, sections 3.1 to 3.3.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import msgspec

from producers.intake.limits import MAX_EVENTS
from streams.domain.events import EventError, elements

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
JSON: Final = "application/json"
ACCEPTED: Final = f"{STRUCTURED}, {BATCHED}, {JSON}"

Mode = Literal["structured", "batched", "binary"]

_PREFIX: Final = "ce-"
_NAME: Final = re.compile(r"[a-z0-9]+")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_raw: Final = msgspec.json.Decoder(msgspec.Raw)


class UnsupportedError(ValueError):
    """The body is said to be of a kind that holds no events we can read."""


class TooManyError(ValueError):
    """There are more events than a request may have."""


@dataclass(frozen=True, slots=True)
class Head:
    """How a request says that its events are sent."""

    mode: Mode
    attributes: Sequence[tuple[str, str]] = ()
    """Those of a binary one: names and values as they stand in the headers."""


def head_of(content_type: str, headers: Sequence[tuple[str, str]]) -> Head:
    """Return how the events of a request are sent. Raises :class:`UnsupportedError`.

    ``headers`` are all of them, the names in lower case.
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    charset = _CHARSET.search(parameters)
    if charset and charset[1].lower() not in {"utf-8", "us-ascii"}:
        raise UnsupportedError
    if kind == STRUCTURED:
        return Head("structured")
    if kind == BATCHED:
        return Head("batched")
    given = [(name[len(_PREFIX) :], text) for name, text in headers if name.startswith(_PREFIX)]
    if kind != JSON or not given:
        raise UnsupportedError
    return Head("binary", given)


def events_of(head: Head, body: bytes) -> Sequence[bytes]:
    """Return the raw events of a request, in order; none of an empty batch.

    Raises :class:`~streams.domain.events.EventError`, and :class:`TooManyError`.
    """
    if head.mode == "binary":
        body = _joined(head.attributes, body)
    elif (body.lstrip()[:1] == b"[") != (head.mode == "batched"):
        raise EventError("not_json")
    found = elements(body)
    if len(found) > MAX_EVENTS:
        raise TooManyError
    return found


def _joined(attributes: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Return the event in JSON that headers and a body are."""
    event: dict[str, str | msgspec.Raw] = {}
    for name, text in attributes:
        if not _NAME.fullmatch(name) or name == "data":
            raise EventError("invalid")
        if name in event:
            raise EventError("duplicate_keys")
        event[name] = _decoded(name, text)
    try:
        event["data"] = _raw.decode(body)  # or it could be the end of the event, and more
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EventError("not_json", "$.data") from None
    return msgspec.json.encode(event)


def _decoded(name: str, text: str) -> str:
    """Return a header's value as what it stands for: unquoted, then percent-decoded once."""
    path = f"$.{name}" if name in _ATTRIBUTES else ""
    text = text.strip(" \t")
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode()
    except UnicodeDecodeError:
        raise EventError("invalid", path) from None


_ATTRIBUTES: Final[Mapping[str, None]] = dict.fromkeys(
    ("specversion", "id", "source", "type", "subject", "time", "partitionkey")
)
"""Names that may be told of in an answer: the others are the sender's."""
