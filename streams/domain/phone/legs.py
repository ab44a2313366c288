"""What events say about legs: each type of event states one fact, and every fact is a minimum.

A leg is one call's stay in one queue, identified by (contact, queue, arrival). It keeps the
earliest of each kind of fact, so that facts merge the same in any order and any number of times.
How and when a leg left are one number, the instant with the outcome's code in its low bits, so
that they too merge by taking the smaller.

Source: docs/decisions/0003-service-level-definition.md.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.event_types import Kind, type_of
from streams.domain.instants import NEVER
from streams.domain.phone.recent import Recent, Rows, of_same_contacts


class Outcome(IntEnum):
    """How a leg left its queue unanswered. The order breaks ties at the same microsecond."""

    ABANDONED = 0
    OVERFLOWED = 1
    REFUSED = 2
    CLOSED = 3
    CALLBACK = 4


OUTCOME_BITS: Final = 3
OUTCOME_MASK: Final = (1 << OUTCOME_BITS) - 1
TALK_BITS: Final = 1
"""How a talk ended is in the low bit of when: 0 if it was passed on, 1 if it was over."""

ORIGINS: Final = {"external": 0, "internal": 1, "unknown": 2}
"""What is known of where a call comes from, the most telling first."""

FACTS: Final[dict[str, tuple[str, int]]] = {
    type_of(Kind.CALL, "offered"): ("", 0),  # arrival is in every event: it identifies the leg
    type_of(Kind.CALL, "answered"): ("answered", 0),
    type_of(Kind.CALL, "abandoned"): ("left", Outcome.ABANDONED),
    type_of(Kind.CALL, "overflowed"): ("left", Outcome.OVERFLOWED),
    type_of(Kind.CALL, "refused"): ("left", Outcome.REFUSED),
    type_of(Kind.CALL, "closed"): ("left", Outcome.CLOSED),
    type_of(Kind.CALL, "callback_requested"): ("left", Outcome.CALLBACK),
    type_of(Kind.CALL, "callback_answered"): ("reached", 0),
    type_of(Kind.CALL, "transferred"): ("ended", 0),
    type_of(Kind.CALL, "completed"): ("ended", 1),
}
"""Type of event → the column of its fact (and the code in its low bits)."""
_BITS: Final = {"left": OUTCOME_BITS, "ended": TALK_BITS}

Column = NDArray[np.int64]

LONG_CHAIN: Final = 32
"""Legs of one contact that are looked through one by one."""
_LAST: Final = (-1, -1)
"""Stands for the end of a chain among its queues and arrivals."""


_COLUMNS: Final = {
    "next": ("i", -1),
    "queue": ("i", 0),
    "contact": ("i", 0),
    "arrived": ("q", NEVER),
    "answered": ("q", NEVER),
    "left": ("q", NEVER),
    "reached": ("q", NEVER),
    "ended": ("q", NEVER),
    "caller": ("q", NEVER),
    "origin": ("b", ORIGINS["unknown"]),
}
"""Column → how it is stored, and what stands in it until something is known."""
MERGED: Final = ("answered", "left", "reached", "ended", "caller", "origin")
"""Those that facts change: always to something smaller."""
_ROOM: Final = {name: array(code, [blank]) * 1_024 for name, (code, blank) in _COLUMNS.items()}
"""Rows are made so many at a time, since to make each by itself takes longer."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Copies of the columns, a row per leg: instants, ``NEVER`` for what has not happened.

    It stays as it is while legs are folded, so another thread may read it.
    """

    horizon: int
    queues: tuple[str, ...]
    """All there are, also those that no leg in the frame is of."""
    earliest: tuple[int, ...]
    """When the first leg of each of them arrived."""
    queue: NDArray[np.int32]
    """Index into ``queues``."""
    contact: NDArray[np.int32]
    """The same number for all legs of one contact, below the number of rows. Contacts are whole:
    all legs of one are in the frame, or none."""
    arrived: Column
    answered: Column
    left: Column
    """Instant and outcome in one: ``instant << OUTCOME_BITS | outcome``."""
    reached: Column
    ended: Column
    """When and how the talk ended in one: ``instant << TALK_BITS | code``."""
    caller: Column
    """Stands for the caller, by :func:`caller_number`; ``NEVER`` where that is not known."""
    origin: NDArray[np.int8]
    """Of :data:`ORIGINS`."""


def caller_number(pseudonym: str) -> int:
    """Return 64 bits of a pseudonym as a number: equal for equal ones, in the order of most.

    Of a million callers two share a number once in some ten million days.
    """
    try:
        number = int(pseudonym[:16], 16)
    except ValueError:
        number = int.from_bytes(blake2b(pseudonym.encode(), digest_size=8).digest(), "big")
    return number - (1 << 63)


class Legs:
    """The legs of one municipality that arrived at or after ``horizon``, as columns.

    Some 190 bytes a leg, less than half of what an object each would take; figures read whole
    columns.
    """

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._clear()

    def _clear(self) -> None:
        self.queues: list[str] = []
        self._queue_numbers: dict[str, int] = {}
        self._earliest: list[int] = []  # queue → its first arrival
        self._long: dict[int, dict[tuple[int, int], int]] = {}
        # Contact → row of its first leg. One key that is no string makes Python keep the hashes
        # of all: else looking for one among a million means reading the strings of others.
        self._first: dict[str | None, int] = {None: -1}
        self._rows = 0  # in use; the columns have room for some more
        self._columns = {name: array(code) for name, (code, _) in _COLUMNS.items()}
        self._merged = [self._columns[name] for name in MERGED]
        self._next = self._columns["next"]  # row → row of the contact's next leg, or -1
        self._queue = self._columns["queue"]
        self._contact = self._columns["contact"]  # row → row of the contact's first leg
        self._arrived = self._columns["arrived"]
        self._caller = self._columns["caller"]
        self._origin = self._columns["origin"]
        self._facts = {
            type_: (self._columns.get(name), 1 << _BITS.get(name, 0), code)
            for type_, (name, code) in FACTS.items()
        }
        self._recent = Recent()

    def __len__(self) -> int:
        return self._rows

    def state(  # noqa: PLR0917 - called for every event, and names take time
        self,
        type_: str,
        contact: str,
        queue: str,
        arrived: int,
        at: int,
        caller: str | None = None,
        origin: str = "unknown",
    ) -> bool:
        """Fold one fact: ``type_`` happened ``at`` to a leg. Instants in microseconds.

        Returns False, and changes nothing, if the leg arrived before the horizon.
        """
        if arrived < self.horizon:
            return False
        number = self._queue_numbers.get(queue)
        if number is None:
            number = self._number(queue)
        row = self._first.get(contact)
        if row is None:
            row = self._first[contact] = self._add(number, arrived, self._rows)
        else:
            first, steps = row, 0
            while self._arrived[row] != arrived or self._queue[row] != number:
                if (following := self._next[row]) < 0:
                    following = self._next[row] = self._add(number, arrived, first)
                row = following
                steps += 1
                if steps == LONG_CHAIN:
                    row = self._in_long_chain(first, number, arrived)
                    break
        column, times, code = self._facts[type_]
        if column is None:  # it was offered, which says who calls
            if caller is not None and (number := caller_number(caller)) < self._caller[row]:
                self._caller[row] = number
            if (known := ORIGINS[origin]) < self._origin[row]:
                self._origin[row] = known
        elif (fact := at * times + code) < column[row]:
            column[row] = fact
        return True

    def _in_long_chain(self, first: int, queue: int, arrived: int) -> int:
        """Return the row of a leg of a contact that has very many, added if it is new.

        No person has, but a source that gives all its calls one id: it must not stop the others.
        """
        rows = self._long.get(first)
        if rows is None:
            rows = self._long[first] = {}
            row = first
            while row >= 0:
                rows[self._queue[row], self._arrived[row]] = last = row
                row = self._next[row]
            rows[_LAST] = last
        row = rows.get((queue, arrived), -1)
        if row < 0:
            row = self._next[rows[_LAST]] = self._add(queue, arrived, first)
            rows[queue, arrived] = rows[_LAST] = row
        return row

    def _add(self, queue: int, arrived: int, first: int) -> int:
        row = self._rows
        if row == len(self._arrived):
            for name, blank in _ROOM.items():
                self._columns[name].extend(blank)
        self._rows = row + 1
        if arrived < self._earliest[queue]:  # noqa: PLR1730 - min() takes three times as long
            self._earliest[queue] = arrived
        self._queue[row] = queue
        self._contact[row] = first
        self._arrived[row] = arrived
        return row

    def _number(self, queue: str) -> int:
        number = self._queue_numbers[queue] = len(self.queues)
        self.queues.append(queue)
        self._earliest.append(NEVER)
        return number

    def take(self, identity: tuple[str, str, int], facts: Mapping[str, int]) -> None:
        """Merge what is known of a leg, in the form of :meth:`copied_facts`; of any age."""
        self.take_row(*identity, [facts.get(name) for name in MERGED])

    def take_row(
        self, contact: str, queue: str, arrived: int, facts: Iterable[int | None]
    ) -> None:
        """Merge what is known of a leg, in the order of :data:`MERGED`; None is not known."""
        number = self._queue_numbers.get(queue)
        if number is None:
            number = self._number(queue)
        row = self._first.get(contact)
        if row is None:
            row = self._first[contact] = self._add(number, arrived, self._rows)
        else:
            row = self._row_of(row, number, arrived)
        for column, fact in zip(self._merged, facts, strict=True):
            if fact is not None and fact < column[row]:
                column[row] = fact

    def _row_of(self, first: int, queue: int, arrived: int) -> int:
        """Return the row of a leg of a contact, given that of its first one."""
        row = first
        for _ in range(LONG_CHAIN):
            if self._arrived[row] == arrived and self._queue[row] == queue:
                return row
            if (following := self._next[row]) < 0:
                following = self._next[row] = self._add(queue, arrived, first)
            row = following
        return self._in_long_chain(first, queue, arrived)

    def prune(self, horizon: int) -> None:
        """Let go of the legs that arrived before ``horizon``, which never moves back."""
        if horizon <= self.horizon:
            return
        self.horizon = horizon
        kept = np.flatnonzero(self._view("arrived") >= horizon)
        if len(kept) == len(self):
            return
        old = self._taken(kept)
        queues, contacts = self.queues, self._first
        rows_before = len(self)
        self._clear()
        # Queues are numbered anew, in order of their first rows.
        numbers, first_at, which = np.unique(old["queue"], return_index=True, return_inverse=True)
        order = np.argsort(first_at)
        for number in numbers[order].tolist():
            self._number(queues[number])
        old["queue"] = np.argsort(order)[which]
        earliest = np.full(len(numbers), NEVER)
        np.minimum.at(earliest, old["queue"], old["arrived"])
        self._earliest = earliest.tolist()
        # Of a contact's rows, which stand in order, the first one kept begins its chain.
        order = np.argsort(old["contact"], kind="stable")
        ordered = old["contact"][order]
        begins = np.append(True, ordered[1:] != ordered[:-1])[: len(order)]
        first = np.full(rows_before, -1)
        first[ordered[begins]] = order[begins]
        old["next"][order] = np.append(np.where(begins[1:], -1, order[1:]), -1)[: len(order)]
        old["contact"] = first[old["contact"]]
        for name, column in self._columns.items():
            column.frombytes(old[name].astype(column.typecode).tobytes())
        self._rows = len(kept)
        del contacts[None]
        found = first[np.fromiter(contacts.values(), np.int64, len(contacts))].tolist()
        self._first |= {
            contact: row for contact, row in zip(contacts, found, strict=True) if row >= 0
        }

    def _view(self, name: str) -> NDArray[Any]:
        """Return a column where it stands; no row can be added while anybody has it."""
        return np.asarray(self._columns[name])[: self._rows]

    def _taken(self, rows: Rows) -> dict[str, NDArray[Any]]:
        return {name: self._view(name)[rows] for name in self._columns}

    def frame(self) -> Frame:
        """Return a copy of all columns, in no particular order of legs."""
        return self._frame(np.arange(self._rows))

    def recent(self, since: int, now: int) -> Frame:
        """Return the legs that arrived at or after ``since``, and those that wait as of now.

        With each leg come all others of its contact. So what is told as of now of contacts and
        legs that arrived at or after ``since``, and of who waits, is told of them as of all legs.
        """
        arrived, answered, left = (self._view(name) for name in ("arrived", "answered", "left"))

        def waits(rows: Rows) -> NDArray[np.bool_]:
            is_waiting: NDArray[np.bool_] = answered[rows] >= now
            is_waiting &= left[rows] >> OUTCOME_BITS >= now
            return is_waiting

        rows = self._recent.rows(arrived, since, now, waits)
        others = of_same_contacts(rows, self._view("contact"), self._view("next"))
        others = others[(arrived[others] < since) & ~waits(others)]
        return self._frame(np.sort(np.concatenate([rows, others]), kind="stable"))

    def _frame(self, rows: Rows) -> Frame:
        columns = self._taken(rows)
        del columns["next"]
        # Contacts are numbered by where their first leg stands in the frame.
        first, contact = columns["contact"], np.arange(len(rows), dtype=np.int32)
        again = np.flatnonzero(first != rows)
        contact[again] = np.searchsorted(rows, first[again])
        return Frame(
            horizon=self.horizon,
            queues=tuple(self.queues),
            earliest=tuple(self._earliest),
            **columns | {"contact": contact},
        )

    def facts(self) -> dict[tuple[str, str, int], dict[str, int]]:
        """Return every leg by identity with its facts: to compare ledgers, leg by leg."""
        return dict(self.copied_facts())

    def copied_facts(self) -> Iterator[tuple[tuple[str, str, int], dict[str, int]]]:
        """Copy the legs as they are now, and yield each with its facts, in any thread."""
        return _facts(self.frame(), dict(self._first))


def _facts(
    legs: Frame, first: Mapping[str | None, int]
) -> Iterator[tuple[tuple[str, str, int], dict[str, int]]]:
    contacts = {row: contact for contact, row in first.items() if contact is not None}
    merged = zip(*(getattr(legs, name).tolist() for name in MERGED), strict=True)
    blanks = [_COLUMNS[name][1] for name in MERGED]
    identities = (legs.contact.tolist(), legs.queue.tolist(), legs.arrived.tolist())
    for contact, queue, arrived, values in zip(*identities, merged, strict=True):
        known = {
            name: value
            for name, value, blank in zip(MERGED, values, blanks, strict=True)
            if value != blank
        }
        yield (contacts[contact], legs.queues[queue], arrived), known
