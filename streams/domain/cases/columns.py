"""The columns in which facts about cases are kept, a row per copy of a case.

Each row has room for one fact of each kind, which is all that most cases ever have. What few have
(other facts of the same kind, contacts, editions) stands beside the columns, by row. Which of
several facts has the column is of no meaning: a row's facts are a set.
"""

from array import array
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.domain.cases.copies import ORIGINAL, Copy
from streams.domain.cases.life import FACT_BITS, What
from streams.domain.instants import NEVER

T = TypeVar("T")

COLUMN_OF: Final[dict[What, str]] = {
    What.HANDED_OVER: "handed",
    What.FEEDBACK: "feedback",
    What.BY_CENTRE: "resolved",
    What.BY_ADMINISTRATION: "resolved",
}
"""Kind of fact → the column that has room for one; none has for a reopening."""
NO_NAME: Final = -1


@dataclass(slots=True)
class Names:
    """Names with a number each: columns have the numbers."""

    known: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Return the number of a name, a new one if it is new."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.known)
            self.known.append(name)
        return number

    def copied(self) -> "Names":
        """Return others that are the same."""
        return Names(list(self.known), dict(self._numbers))


class Columns:
    """Rows of facts. Some 60 bytes a row, beside its case's id."""

    def __init__(self) -> None:
        self.queues = Names()
        self.administrations = Names()
        self.case: list[str] = []
        self.opened = array("q")
        self.queue = array("i")
        self.stated = array("q")
        """The first ``opened``, with the channel in its low bits; ``NEVER`` before it is known."""
        self.facts = {name: array("q") for name in ("handed", "feedback", "resolved")}
        self.administration = array("i")
        """Of the handover in ``handed``."""
        self.more: dict[int, set[tuple[int, str]]] = {}
        """Facts of a row that its columns have no room for."""
        self.contacts: dict[int, dict[str, int]] = {}
        """Id of an event → when the resident got in touch, with the channel in the low bits."""
        self.editions: dict[int, int] = {}
        """When a row was restated; the others never were."""

    def __len__(self) -> int:
        return len(self.case)

    def add(self, case: str, edition: int, opened: int, queue: str) -> int:
        """Add a row without facts; return its number."""
        row = len(self.case)
        self.case.append(case)
        self.opened.append(opened)
        self.queue.append(self.queues.number(queue))
        self.stated.append(NEVER)
        for column in self.facts.values():
            column.append(NEVER)
        self.administration.append(NO_NAME)
        if edition != ORIGINAL:
            self.editions[row] = edition
        return row

    def state_opened(self, row: int, number: int) -> None:
        """Put in that a case was opened, with the channel in the low bits of the number."""
        self.stated[row] = min(self.stated[row], number)

    def state_contacted(self, row: int, id_: str, number: int) -> None:
        """Put in that the resident got in touch, as the event of this id has it."""
        contacts = self.contacts.setdefault(row, {})
        contacts[id_] = min(number, contacts.get(id_, NEVER))

    def state(self, row: int, what: What, at: int, administration: str = "") -> bool:
        """Put in any other fact; return whether the columns have had no room for it."""
        number, name = at << FACT_BITS | what, COLUMN_OF.get(what)
        if name is not None:
            column = self.facts[name]
            if column[row] == NEVER:
                column[row] = number
                if what is What.HANDED_OVER:
                    self.administration[row] = self.administrations.number(administration)
                return False
            if column[row] == number and (
                what is not What.HANDED_OVER or self._handed_to(row) == administration
            ):
                return False
        self.more.setdefault(row, set()).add((number, administration))
        return True

    def _handed_to(self, row: int) -> str:
        return self.administrations.known[self.administration[row]]

    def copy(self, row: int) -> Copy:
        """Return all that a row has."""
        facts = set(self.more.get(row, ()))
        for name, column in self.facts.items():
            if column[row] != NEVER:
                facts.add((column[row], self._handed_to(row) if name == "handed" else ""))
        return Copy(
            edition=self.editions.get(row, ORIGINAL),
            opened=self.opened[row],
            queue=self.queues.known[self.queue[row]],
            stated=self.stated[row],
            facts=facts,
            contacts=dict(self.contacts.get(row, {})),
        )

    def copied(self) -> "Columns":
        """Return other columns that are the same: what is put into these later is not in them."""
        new = Columns()
        new.queues, new.administrations = self.queues.copied(), self.administrations.copied()
        new.case = list(self.case)
        for name in ("opened", "queue", "stated", "administration"):
            setattr(new, name, getattr(self, name)[:])
        new.facts = {name: column[:] for name, column in self.facts.items()}
        new.more = {row: set(facts) for row, facts in self.more.items()}
        new.contacts = {row: dict(contacts) for row, contacts in self.contacts.items()}
        new.editions = dict(self.editions)
        return new

    def only(self, kept: NDArray[np.bool_]) -> "Columns":
        """Return new columns with those rows that a mask has, in the same order."""
        new = Columns()
        new.case = [
            case for case, is_kept in zip(self.case, kept.tolist(), strict=True) if is_kept
        ]
        for name in ("opened", "stated"):
            setattr(new, name, _only(getattr(self, name), kept))
        new.facts = {name: _only(column, kept) for name, column in self.facts.items()}
        new.queue = _renamed(_only(self.queue, kept), self.queues, new.queues)
        new.administration = _renamed(
            _only(self.administration, kept), self.administrations, new.administrations
        )
        places = np.cumsum(kept) - 1
        for name in ("more", "contacts", "editions"):
            beside: dict[int, object] = getattr(self, name)
            moved = {int(places[row]): its for row, its in beside.items() if kept[row]}
            setattr(new, name, moved)
        return new


def _only(column: "array[int]", kept: NDArray[np.bool_]) -> "array[int]":
    new = array(column.typecode)
    new.frombytes(np.asarray(column)[kept].tobytes())
    return new


def _renamed(column: "array[int]", old: Names, new: Names) -> "array[int]":
    """Return a column with new numbers: names that are in no row any longer are let go of."""
    numbers = np.asarray(column)
    used, place = np.unique(numbers, return_inverse=True)
    renumbered = [NO_NAME if n == NO_NAME else new.number(old.known[n]) for n in used.tolist()]
    made = array(column.typecode)
    made.frombytes(np.array(renumbered, dtype=numbers.dtype)[place].tobytes())
    return made
