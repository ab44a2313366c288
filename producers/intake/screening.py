"""A raw event and what its sender may say, to the event that leaves; or what is wrong with it.

Everything is checked as the worker checks it, by the same code, and then against the token. What
leaves is written anew, of what its form has and nothing else: no attribute or key that we don't
know passes, and no text that the sender chose freely. ``subject``, ``id`` and ``data.contact`` are
keyed hashes, ``source`` is ours, and every code is one of the catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from producers.intake.callers import CallerHash
from producers.intake.grants import Grant
from producers.intake.identity import Names
from producers.writing import written_as_told
from streams.domain.event_types import (
    FORMS,
    STAFFED,
    CallEvent,
    CaseEvent,
    Envelope,
    PresenceEvent,
    SurveyEvent,
)
from streams.domain.event_versions import Written as Versions
from streams.domain.events import REASONS, Event, EventError, decode, encode
from streams.domain.instants import micros
from streams.domain.ledger import SKEW_REFUSED

FORBIDDEN: Final = {
    "type_not_allowed": "this token may not send events of this type",
    "municipality_not_allowed": "this token speaks for another municipality",
    "queue_not_allowed": "this token may not speak of this queue",
    "source_not_allowed": "a heartbeat's subject is the source that the token speaks for",
}
"""Why the token does not let an event in, and what it lets in."""
REFUSED: Final = {
    **REASONS,
    **FORBIDDEN,
    "unknown_type": "no type of docs/events.md: check its spelling",
    "unknown_administration": "the catalogue has no such administration",
    "unknown_question": "the catalogue has no such question of a survey",
}
"""Why an event is not taken, and what would be right."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one event of a request; safe to tell, since it has nothing of it."""

    index: int
    reason: str
    path: str

    @property
    def is_forbidden(self) -> bool:
        """Say whether the event is right, but not this sender's to send."""
        return self.reason in FORBIDDEN


class Written(NamedTuple):
    """An event that leaves, and how it is written."""

    event: Event
    value: bytes


class RefusedError(ValueError):
    """An event is not taken; the sender must act."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


@dataclass(slots=True)
class Screen:
    """Looks at what one token sends."""

    grant: Grant
    names: Names
    caller: CallerHash
    versions: Versions = field(default_factory=written_as_told)
    """In which versions events are written."""
    _asked: frozenset[str] = field(init=False)
    """The questions of surveys that there are."""

    def __post_init__(self) -> None:
        its = self.grant.municipality.targets.values()
        questions = (version.questions for versions in its for version in versions)
        self._asked = frozenset(chain.from_iterable(questions))

    def screened(self, raws: Sequence[bytes], now: int) -> tuple[list[Written], list[Fault]]:
        """Return the events to send on, and what is wrong with the others, at an instant.

        Raises what ``caller`` does.
        """
        events: list[Written] = []
        faults: list[Fault] = []
        for index, raw in enumerate(raws):
            try:
                event = self._event(raw, now)
                events.append(Written(event, encode(event, self.versions)))
            except OverflowError:  # an instant of the year 1 or 9999, in another zone
                faults.append(Fault(index, "invalid", ""))
            except (EventError, RefusedError) as error:
                faults.append(Fault(index, error.reason, error.path))
        return events, faults

    def _event(self, raw: bytes, now: int) -> Event:
        event = _read(raw)
        self._require_allowed(event)
        if micros(event.time) - now > SKEW_REFUSED:
            raise EventError("from_the_future", "$.time")
        return self._renamed(event)

    def _require_allowed(self, event: Envelope) -> None:
        grant = self.grant
        if event.type not in FORMS:
            raise RefusedError("unknown_type", "$.type")
        if event.type not in grant.types:
            raise RefusedError("type_not_allowed", "$.type")
        if event.partitionkey != grant.municipality.id:
            raise RefusedError("municipality_not_allowed", "$.partitionkey")
        data = _data(event)
        queue = data.queue
        if queue is not None and queue not in grant.queues:
            raise RefusedError("queue_not_allowed", "$.data.queue")
        if isinstance(event, PresenceEvent) and event.type != STAFFED:
            if event.subject != grant.source.id:
                raise RefusedError("source_not_allowed", "$.subject")
        elif isinstance(event, CaseEvent):
            administration = data.administration
            if administration is not None and administration not in (
                grant.municipality.administrations
            ):
                raise RefusedError("unknown_administration", "$.data.administration")
        elif isinstance(event, SurveyEvent) and data.question not in self._asked:
            raise RefusedError("unknown_question", "$.data.question")

    def _renamed(self, event: Any) -> Event:
        """Return the event without anything that its sender has named."""
        grant, names = self.grant, self.names
        data = event.data
        if isinstance(event, CallEvent) and data.caller is not None:
            zone = grant.municipality.zone
            data = replace(data, caller=self.caller(data.caller, data.arrived_at, zone))
        elif isinstance(event, CaseEvent) and data.contact is not None:
            data = replace(data, contact=names.subject(data.contact))
        is_ours = isinstance(event, PresenceEvent)  # then it is a queue, or the source
        renamed: Event = replace(
            event,
            id=names.id(event.id),
            source=f"/intake/{grant.municipality.id}/{grant.source.id}",
            subject=event.subject if is_ours else names.subject(event.subject),
            data=data,
        )
        return renamed


def _data(event: Envelope) -> Any:
    return event.data  # type: ignore[attr-defined] # each form that we know has it


_PLACE: Final = "caller0"
"""Stands for a caller that the worker would refuse, as one that it would not."""
_call: Final = msgspec.json.Decoder(CallEvent)


def _read(raw: bytes) -> Envelope:
    """Return the event as the worker reads it, but that a plain number may be its caller's."""
    try:
        return decode(raw)
    except EventError as error:
        if error.path != "$.data.caller":
            raise
        # All else of it has been read, and is right but for what comes after the caller. If what
        # is wrong is no caller at all, or one that stands twice, this is wrong too.
        try:
            told = _call.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise error from None
        decode(encode(replace(told, data=replace(told.data, caller=_PLACE))))
        return told
