"""What events say about legs: each type of event states one fact, and every fact is a minimum.

A leg is one call's stay in one queue, identified by (contact, queue, arrival). It keeps the
earliest of each kind of fact, so that facts merge the same in any order and any number of times.
How and when a leg left are one number, the instant with the outcome's code in its low bits, so
that they too merge by taking the smaller.

Source: docs/decisions/0003-service-level-definition.md.
"""

from array import array
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.event_types import CALL_PREFIX
from streams.domain.instants import NEVER


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
    f"{CALL_PREFIX}offered.v1": ("", 0),  # arrival is in every event: it identifies the leg
    f"{CALL_PREFIX}answered.v1": ("answered", 0),
    f"{CALL_PREFIX}abandoned.v1": ("left", Outcome.ABANDONED),
    f"{CALL_PREFIX}overflowed.v1": ("left", Outcome.OVERFLOWED),
    f"{CALL_PREFIX}refused.v1": ("left", Outcome.REFUSED),
    f"{CALL_PREFIX}closed.v1": ("left", Outcome.CLOSED),
    f"{CALL_PREFIX}callback_requested.v1": ("left", Outcome.CALLBACK),
    f"{CALL_PREFIX}callback_answered.v1": ("reached", 0),
    f"{CALL_PREFIX}transferred.v1": ("ended", 0),
    f"{CALL_PREFIX}completed.v1": ("ended", 1),
}
"""Type of event → the column of its fact (and the code in its low bits)."""
_BITS: Final = {"left": OUTCOME_BITS, "ended": TALK_BITS}

Column = NDArray[np.int64]

LONG_CHAIN: Final = 32
"""Legs of one contact that are looked through one by one."""
_LAST: Final = (-1, -1)
"""Stands for the end of a chain among its queues and arrivals."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Copies of the columns, a row per leg: instants, ``NEVER`` for what has not happened.

    It stays as it is while legs are folded, so another thread may read it.
    """

    horizon: int
    queues: tuple[str, ...]
    queue: NDArray[np.int32]
    """Index into ``queues``."""
    contact: NDArray[np.int32]
    """The same number for all legs of one contact."""
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
        return int(pseudonym[:16], 16) >> 1
    except ValueError:
        return int.from_bytes(blake2b(pseudonym.encode(), digest_size=8).digest(), "big") >> 1


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
        self._long: dict[int, dict[tuple[int, int], int]] = {}
        self._first: dict[str, int] = {}  # contact → row of its first leg
        self._next = array("i")  # row → row of the contact's next leg, or -1
        self._queue = array("i")
        self._contact = array("i")  # row → row of the contact's first leg
        self._arrived = array("q")
        self._columns = {name: array("q") for name in ("answered", "left", "reached", "ended")}
        self._caller = array("q")
        self._origin = array("b")
        self._facts = {
            type_: (self._columns.get(name), _BITS.get(name, 0), code)
            for type_, (name, code) in FACTS.items()
        }

    def __len__(self) -> int:
        return len(self._arrived)

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
        row = self._first.get(contact, -1)
        if row < 0:
            row = self._first[contact] = self._add(number, arrived, len(self._arrived))
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
        column, shift, code = self._facts[type_]
        if column is None:  # it was offered, which says who calls
            if caller is not None and (number := caller_number(caller)) < self._caller[row]:
                self._caller[row] = number
            if (known := ORIGINS[origin]) < self._origin[row]:
                self._origin[row] = known
        elif (fact := at << shift | code) < column[row]:
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
        self._arrived.append(arrived)
        self._queue.append(queue)
        self._contact.append(first)
        self._next.append(-1)
        self._caller.append(NEVER)
        self._origin.append(ORIGINS["unknown"])
        for column in self._columns.values():
            column.append(NEVER)
        return len(self._arrived) - 1

    def prune(self, horizon: int) -> None:
        """Let go of the legs that arrived before ``horizon``, which never moves back."""
        if horizon <= self.horizon:
            return
        self.horizon = horizon
        if not self._arrived or min(self._arrived) >= horizon:
            return
        contacts = {row: contact for contact, row in self._first.items()}
        old = self.frame()
        self._clear()
        last_of: dict[str, int] = {}
        for row in np.flatnonzero(old.arrived >= horizon).tolist():
            self._keep(contacts[int(old.contact[row])], old, row, last_of)

    def _keep(self, contact: str, old: Frame, row: int, last_of: dict[str, int]) -> None:
        queue = old.queues[int(old.queue[row])]
        number = self._queue_numbers.get(queue)
        if number is None:
            number = self._number(queue)
        first = self._first.get(contact, -1)
        added = self._add(number, int(old.arrived[row]), first if first >= 0 else len(self))
        if first < 0:
            self._first[contact] = added
        else:
            self._next[last_of[contact]] = added
        last_of[contact] = added
        for name, column in self._columns.items():
            column[added] = int(getattr(old, name)[row])
        self._caller[added] = int(old.caller[row])
        self._origin[added] = int(old.origin[row])

    def _number(self, queue: str) -> int:
        number = self._queue_numbers[queue] = len(self.queues)
        self.queues.append(queue)
        return number

    def frame(self) -> Frame:
        """Return a copy of all columns, in no particular order of legs."""
        columns = {name: np.array(column) for name, column in self._columns.items()}
        return Frame(
            horizon=self.horizon,
            queues=tuple(self.queues),
            queue=np.array(self._queue),
            contact=np.array(self._contact),
            arrived=np.array(self._arrived),
            caller=np.array(self._caller),
            origin=np.array(self._origin),
            **columns,
        )

    def facts(self) -> dict[tuple[str, str, int], dict[str, Any]]:
        """Return every leg by identity with its facts: to compare ledgers, leg by leg."""
        contacts = {row: contact for contact, row in self._first.items()}
        unknown = {"caller": NEVER, "origin": ORIGINS["unknown"]}
        columns = {**self._columns, "caller": self._caller, "origin": self._origin}
        return {
            (contacts[first], self.queues[queue], arrived): {
                name: column[row]
                for name, column in columns.items()
                if column[row] != unknown.get(name, NEVER)
            }
            for row, (first, queue, arrived) in enumerate(
                zip(self._contact, self._queue, self._arrived, strict=True)
            )
        }
