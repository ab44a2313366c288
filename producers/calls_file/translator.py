"""A row of a list of calls as events: one call's stay in one queue. Pure, but for the keys.

A call is known by the exchange's id, hashed, since nobody knows what it is made of. Without one it
is known by when it arrived in which queue, and when and how it left it, never by its number; of
rows that are alike in all of that, the second is another call. Lists are cut by time, so that a
list that overlaps another has all of them or none, and reading it again makes the same ids.

The end of a talk is of no use if it is before the answer, or very long after: the rest of the row
stands, and the talk has no known end (docs/decisions/0003).

Source: docs/decisions/0002-event-format.md.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

from producers.pseudonym import CallerHash, is_surely_number, no_caller, normalised
from producers.tables.faults import RowError
from producers.tables.row import Row, require_order, words
from streams.domain.catalogue.tables import CallsFile
from streams.domain.catalogue.tables_form import CallOutcome, Origin
from streams.domain.event_types import Kind, type_of
from streams.domain.events import CallData, CallEvent
from streams.domain.instants import MINUTE, moment

_AT_ONCE: Final = frozenset({"refused", "closed"})
"""What becomes of a call when it arrives, where no wait is told."""
_RUN: Final = re.compile(r"(?<![^\W_])0[1-9]\d{7,9}(?![^\W_])", re.ASCII)
"""A number among other things: as many digits as no part of a GUID has."""
_SHORTEST: Final = 6
"""Digits of a number that are looked for in an id."""


class Stay(NamedTuple):
    """What a row says."""

    queue: str
    arrived: int
    outcome: CallOutcome
    decided: int
    ended: int | None
    is_transferred: bool
    called_back: int | None
    origin: Origin


@dataclass(slots=True)
class CallRows:
    """Turns the rows of a list into events."""

    municipality: str
    source: str
    """Its id in the catalogue."""
    spec: CallsFile
    row: Row
    caller: CallerHash = no_caller
    mended: set[str] = field(default_factory=set)
    _outcomes: Mapping[str, CallOutcome] = field(init=False)
    _origins: Mapping[str, Origin] = field(init=False)
    _seen: dict[bytes, bytes] = field(default_factory=dict)
    """A leg → what was said of it."""
    _alike: Counter[bytes] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._outcomes = words(self.spec.outcomes)
        self._origins = words(self.spec.origins)

    def translate(self, cells: Sequence[str]) -> list[CallEvent]:
        """Return the events of a row. Raises :class:`~producers.tables.faults.RowError`."""
        stay, caller = self.stay(cells)
        call = self._call(stay)
        return [] if call is None else list(self._events(call, stay, caller))

    def stay(self, cells: Sequence[str]) -> tuple[Stay, str | None]:
        """Return what a row says, and who called. Raises as :meth:`translate` does."""
        row = self.row
        row.take(cells)
        self.mended = row.mended
        arrived = row.begins(self.spec.arrived)
        stay = self._stay(arrived)
        return stay, self.caller(row.text(self.spec.caller), arrived)

    def finish(self) -> Iterable[CallEvent]:
        """Return nothing: each row states all that it says."""
        return ()

    def remarks(self) -> Sequence[str]:
        """Return nothing."""
        return ()

    def _stay(self, arrived: int) -> Stay:
        spec, row = self.spec, self.row
        queue = row.queue()
        answered = row.instant(spec.answered, arrived)
        outcome = self._outcome(answered)
        decided = self._decided(arrived, outcome, answered)
        ended = self._ended(arrived, decided) if outcome == "answered" else None
        called_back = None
        if outcome == "callback_requested":
            called_back = row.instant(spec.called_back, decided)
            require_order(decided, called_back, spec.called_back)
        return Stay(
            queue=queue,
            arrived=arrived,
            outcome=outcome,
            decided=decided,
            ended=ended,
            is_transferred=bool(row.text(spec.transferred)),
            called_back=called_back,
            origin=row.word(spec.origin, self._origins)
            if spec.origin and row.text(spec.origin)
            else "unknown",
        )

    def _outcome(self, answered: int | None) -> CallOutcome:
        if self.spec.outcome is not None:
            return self.row.word(self.spec.outcome, self._outcomes)
        return "answered" if answered is not None else self.spec.unanswered or "abandoned"

    def _decided(self, arrived: int, outcome: CallOutcome, answered: int | None) -> int:
        """Return when the wait ended: as an instant says, else by the wait itself."""
        spec, row = self.spec, self.row
        columns = spec.answered if outcome == "answered" else spec.left
        at = answered if outcome == "answered" else row.instant(spec.left, arrived)
        if at is None and (wait := row.duration(spec.wait)) is not None:
            if wait < 0:
                raise RowError("negative", spec.wait or "")
            at, columns = arrived + wait, (spec.wait or "",)
        if at is None and outcome in _AT_ONCE:
            at = arrived
        if at is None and outcome != "answered":
            at, columns = self._end(arrived, None), spec.ended or (spec.total or "",)
        if at is None:
            raise RowError("missing", spec.wait or (columns or spec.arrived)[-1])
        require_order(arrived, at, columns)
        if at - arrived > spec.longest_minutes * MINUTE:
            raise RowError("too_long", (columns or spec.arrived)[-1])
        return at

    def _end(self, arrived: int, answered: int | None) -> int | None:
        """Return when all was over: as an instant says, else by how long it took."""
        ended = self.row.instant(self.spec.ended, answered or arrived)
        if ended is not None:
            return ended
        talk = self.row.duration(self.spec.talk) if answered is not None else None
        if talk is not None and answered is not None:
            return answered + talk
        total = self.row.duration(self.spec.total)
        return None if total is None else arrived + total

    def _ended(self, arrived: int, answered: int) -> int | None:
        ended = self._end(arrived, answered)
        if ended is None:
            return None
        if ended < answered:
            self.mended.add("talk_negative")
            return None
        if ended - answered > self.spec.longest_minutes * MINUTE:
            self.mended.add("talk_too_long")
            return None
        return ended

    def _call(self, stay: Stay) -> str | None:
        """Return what the call is known by; None if the row has been read already."""
        id_ = self.row.text(self.spec.call_id)
        if not id_:
            if self.spec.call_id is not None:
                self.mended.add("no_id")
            return self._by_its_times(stay)
        self._require_no_number(id_)
        return None if self.is_repeated(stay) else _hash(self.source, "id", id_).hex()

    def is_repeated(self, stay: Stay) -> bool:
        """Say whether the row, by its id, has been read; if it says something else, it is refused.

        One without an id never has.
        """
        id_ = self.row.text(self.spec.call_id)
        if not id_:
            return False
        leg = _hash(id_, stay.queue, str(stay.arrived))
        content = blake2b(repr(stay).encode(), digest_size=8).digest()
        before = self._seen.setdefault(leg[:8], content)
        if before is content:
            return False
        if before != content:
            raise RowError("conflicting", self.spec.call_id or "")
        self.mended.add("repeated")
        return True

    def _by_its_times(self, stay: Stay) -> str:
        """Return what a call without an id is known by.

        Not by what a catalogue may come to read beside: the same list has the same calls then too.
        """
        told = (stay.queue, str(stay.arrived), stay.outcome, str(stay.decided))
        known = _hash(self.source, "times", *told)
        number = self._alike[known]
        self._alike[known] += 1
        if number:
            self.mended.add("alike")
        return _hash(known.hex(), str(number)).hex()

    def _require_no_number(self, id_: str) -> None:
        """Refuse an id that is a number, or has the caller's in it: a hash of it can be undone."""
        number = normalised(self.row.text(self.spec.caller)) or ""
        has_it = len(number) >= _SHORTEST and number[1:] in re.sub(r"\D", "", id_)
        if has_it or is_surely_number(id_) or _RUN.search(id_):
            raise RowError("number_in_id", self.spec.call_id or "")

    def _events(self, call: str, stay: Stay, caller: str | None) -> Iterator[CallEvent]:
        def event(what: str, at: int, data: CallData) -> CallEvent:
            return CallEvent(
                id=f"{call}/{stay.queue}/{stay.arrived}/{what}/{at}",
                source=f"/calls_file/{self.municipality}/{self.source}",
                type=type_of(Kind.CALL, what),
                subject=call,
                time=moment(at),
                partitionkey=self.municipality,
                data=data,
            )

        data = CallData(queue=stay.queue, arrived_at=moment(stay.arrived))
        yield event(
            "offered",
            stay.arrived,
            CallData(
                queue=stay.queue, arrived_at=data.arrived_at, caller=caller, origin=stay.origin
            ),
        )
        yield event(stay.outcome, stay.decided, data)
        if stay.ended is not None:
            yield event("transferred" if stay.is_transferred else "completed", stay.ended, data)
        if stay.called_back is not None:
            yield event("callback_answered", stay.called_back, data)


def _hash(*identity: str) -> bytes:
    return blake2b("\0".join(identity).encode(), digest_size=16).digest()
