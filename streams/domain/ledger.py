"""The ledger: what a partition's log says, folded, and the position the fold has reached.

State and read position are one object, so they can't disagree: a ledger is made with the position
it starts at, each record moves it on by itself, and both vanish together. Records below the
position are passed over, so a record is folded once in a ledger's life however often it comes.

Bad input never stops a fold: it returns :class:`Rejection`, which the shell sends to the rejected
topic. Nothing here waits, reads a clock or knows a broker.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import islice, repeat
from types import MappingProxyType
from typing import Final, Protocol

from streams.domain.books import Books
from streams.domain.event_types import FORMS, TOPICS
from streams.domain.events import (
    REASONS,
    CallEvent,
    Envelope,
    EventError,
    decode,
    elements,
    plain_array,
    plain_calls,
)
from streams.domain.instants import MINUTE, SECOND, micros

SKEW_COUNTED: Final = 60 * SECOND
SKEW_REFUSED: Final = 15 * MINUTE
"""How far an event may lie ahead of the record's append time (docs/decisions/0002)."""

AT_ONCE: Final = 32
"""Records that are read together: more gain nothing, and one that is not plain slows them all."""


_ALL_FORMS: Final = frozenset(FORMS.values())


class Record(Protocol):
    """What the ledger needs of a Kafka record."""

    @property
    def offset(self) -> int:
        """Return the position in the partition."""

    @property
    def timestamp(self) -> int:
        """Return the append time in milliseconds since 1970."""

    @property
    def value(self) -> bytes | None:
        """Return the events, undecoded."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One event (or whole value) that can't be used, and where it stands in the log."""

    offset: int
    index: int
    """Place in the message's array; 0 for a single event or the value as a whole."""
    reason: str
    path: str
    raw: bytes


@dataclass(slots=True)
class Tally:
    """What became of the events that were read; with the rejections they add up to all of them."""

    folded: int = 0
    skipped: int = 0
    """Of a type this version does not know."""
    expired: int = 0
    """Of what began before the horizon."""
    last_expired_at: int = 0
    """When the latest of those arrived; 0 if there are none."""
    skewed: int = 0
    """Folded, but from the near future: counted beside, not instead."""
    rejected: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))


class Ledger:
    """The books of one partition's municipalities, and where to read on.

    ``zones`` has the municipalities of the catalogue; ``belongs`` says whether a municipality's
    key belongs to this partition; ``positions`` are the offsets to start at, by topic; ``topics``
    says which of :data:`~streams.domain.event_types.TOPICS` each is. Any other carries anything.
    """

    def __init__(
        self,
        *,
        zones: Mapping[str, tzinfo],
        now: int,
        positions: Mapping[str, int] | None = None,
        belongs: Callable[[str], bool] = lambda _: True,
        topics: Mapping[str, str] = MappingProxyType({}),
        tally: Tally | None = None,
    ) -> None:
        self.positions = dict(positions or {})
        self.tally = tally or Tally()
        self.books: dict[str, Books] = {}
        """Of those municipalities that something has been heard of."""
        self._forms = {name: TOPICS[key] for name, key in topics.items()}
        self._zones = zones
        self._now = now
        self._belongs = belongs

    def fold(self, topic: str, records: Iterable[Record]) -> list[Rejection]:
        """Fold records of a topic, in order of offset; return what could not be used.

        Records below the position are passed over. The position moves past each record once all
        of it is folded.
        """
        rejections: list[Rejection] = []
        position = self.positions.get(topic, 0)
        forms = self._forms.get(topic, _ALL_FORMS)
        left = iter(records)
        while part := list(islice(left, AT_ONCE)):
            calls = None
            if CallEvent in forms:
                calls = plain_calls([record.value or b"" for record in part])
            for record, call in zip(part, calls or repeat(None), strict=False):
                if record.offset < position:
                    continue
                if call is None:
                    rejections += self._fold_value(record, forms)
                else:
                    try:
                        self._fold_call(call, record.timestamp)
                    except EventError as error:
                        rejections.append(self._reject(record, 0, error, record.value or b""))
                position = record.offset + 1
                self.positions[topic] = position
        return rejections

    def advance(self, topic: str, position: int) -> None:
        """Move the position over what holds no records (aborted ones, transaction markers)."""
        self.positions[topic] = max(position, self.positions.get(topic, 0))

    def books_of(self, municipality: str) -> Books:
        """Return the books of a municipality of the catalogue; empty if nothing was heard."""
        books = self.books.get(municipality)
        return Books(self._now, self._zones[municipality]) if books is None else books

    def prune(self, now: int) -> None:
        """Let go of what lies behind the horizon as of now."""
        self._now = now
        for name, books in self.books.items():
            books.prune(now, self._zones[name])

    def _fold_value(self, record: Record, forms: Collection[type[Envelope]]) -> list[Rejection]:
        """Fold the events of a record one by one; return what could not be used."""
        rejections: list[Rejection] = []
        value = record.value
        if value is not None and CallEvent in forms and (calls := plain_array(value)):
            for index, call in enumerate(calls):
                try:
                    self._fold_call(call, record.timestamp)
                except EventError as error:
                    raw = elements(value)[index]
                    rejections.append(self._reject(record, index, error, raw))
            return rejections
        try:
            if value is None:
                raise EventError("no_value")
            for index, raw in enumerate(elements(value)):
                try:
                    self._fold(decode(raw), record.timestamp, forms)
                except EventError as error:
                    rejections.append(self._reject(record, index, error, raw))
        except EventError as error:
            rejections.append(self._reject(record, 0, error, value or b""))
        return rejections

    def _fold(self, event: Envelope, appended_ms: int, forms: Collection[type[Envelope]]) -> None:
        if type(event) not in forms:
            if type(event) is not Envelope:
                raise EventError("wrong_topic", "$.type")
            self.tally.skipped += 1
        elif isinstance(event, CallEvent):
            self._fold_call(event, appended_ms)
        else:
            books = self.books.get(event.partitionkey)
            if books is None:
                books = self._open(event.partitionkey)
            at = micros(event.time)
            if at - appended_ms * 1000 > SKEW_COUNTED:
                self._count_skew(at - appended_ms * 1000)
            if books.of[type(event)].state(event, at):
                self.tally.folded += 1
            else:
                self._count_expired(at)

    def _fold_call(self, event: CallEvent, appended_ms: int) -> None:
        """Fold an event about a call: most are, so that nothing is done here but what must be."""
        books = self.books.get(event.partitionkey)
        if books is None:
            books = self._open(event.partitionkey)
        data = event.data
        at = micros(event.time)
        began = at if data.arrived_at == event.time else micros(data.arrived_at)
        if at - appended_ms * 1000 > SKEW_COUNTED:
            self._count_skew(at - appended_ms * 1000)
        if books.calls.state(
            event.type, event.subject, data.queue, began, at, data.caller, data.origin
        ):
            self.tally.folded += 1
        else:
            self._count_expired(began)

    def _count_skew(self, ahead: int) -> None:
        if ahead > SKEW_REFUSED:
            raise EventError("from_the_future", "$.time")
        self.tally.skewed += 1

    def _count_expired(self, began: int) -> None:
        self.tally.expired += 1
        self.tally.last_expired_at = max(self.tally.last_expired_at, began)

    def _open(self, municipality: str) -> Books:
        """Return empty books for a municipality, which must be one of ours."""
        zone = self._zones.get(municipality)
        if zone is None:
            raise EventError("unknown_municipality", "$.partitionkey")
        if not self._belongs(municipality):
            raise EventError("misplaced", "$.partitionkey")
        books = self.books[municipality] = Books(self._now, zone)
        return books

    def _reject(self, record: Record, index: int, error: EventError, raw: bytes) -> Rejection:
        self.tally.rejected[error.reason] += 1
        return Rejection(record.offset, index, error.reason, error.path, raw)
