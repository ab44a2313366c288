"""Questions as they lie in mailboxes, kept as columns and a few sets.

A *copy* is a question in one mailbox, in one edition: the same message in two mailboxes is one
question with two copies, and one that is stated anew has new ones. All copies of a subject are a
*thread*. A copy has a row. Its facts are a set; the three that most questions have, how it first
ended and when it was first replied to automatically and forwarded, stand in columns as the least
of their kind, and the others of the set are *spare*. So facts merge the same in any order and any
number of times.

Source: docs/decisions/0004-columns-not-objects.md, 0009-questions.md.
"""

from array import array
from collections.abc import Iterator
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER
from streams.domain.questions.facts import FACT_MASK, TELLING, Fact
from streams.domain.questions.threads import Copy

SEVERAL: Final = 1
"""A mark of a thread's first row: it has several copies."""
TELLS: Final = 2
"""A mark of a thread's first row: a spare fact of it is telling, so that it must be told."""
SPARE: Final = 4
"""A mark of a row: the copy has spare facts."""

LEAST: Final = ("end", "auto_replied", "forwarded")
"""The columns that hold a fact, ``NEVER`` where there is none."""
_COLUMN_OF: Final[dict[int, str]] = {
    Fact.AUTO_REPLIED: "auto_replied",
    Fact.FORWARDED: "forwarded",
    Fact.ANSWERED: "end",
    Fact.ANSWERED_OTHERWISE: "end",
    Fact.NO_ANSWER_NEEDED: "end",
    Fact.SPAM: "end",
    Fact.BOUNCE: "end",
}
_TYPES: Final = {
    "received": "q", "edition": "q", "queue": "i", "thread": "i", "is_e_service": "b",
    **dict.fromkeys(LEAST, "q"), "marks": "b",
}  # fmt: skip
"""Column → type of its items. ``thread`` is the row of the thread's first copy."""

Rows = NDArray[np.intp]


class Copies:
    """The copies of a municipality's questions, a row each."""

    def __init__(self) -> None:
        self._columns = {name: array(type_) for name, type_ in _TYPES.items()}
        self._queues: dict[str, int] = {}
        self._first: dict[str, int] = {}  # subject → row of its thread's first copy
        self._several: dict[int, dict[tuple[int, int, int], int]] = {}
        """Row of the first copy, of threads with more → (edition, received, queue) → row."""
        self._spare: dict[int, set[int]] = {}

    @property
    def threads(self) -> int:
        """Return the number of threads."""
        return len(self._first)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns themselves: no row can be added while one of them is held."""
        return {name: np.asarray(column) for name, column in self._columns.items()}

    def queues(self) -> tuple[str, ...]:
        """Return the names of the mailboxes, by the number they have in the column."""
        return tuple(self._queues)

    # Stating.

    def row(self, subject: str, edition: int, received: int, queue: str) -> int:
        """Return the row of a copy, which is added if it is new."""
        number = self._queues.setdefault(queue, len(self._queues))
        first = self._first.get(subject)
        if first is None:
            first = self._first[subject] = len(self._columns["received"])
            return self._add(edition, received, number, first)
        asked = (edition, received, number)
        several = self._several.get(first)
        if several is None:
            known = self._key(first)
            if asked == known:
                return first
            several = self._several[first] = {known: first}
            self._columns["marks"][first] |= SEVERAL
        row = several.get(asked)
        if row is None:
            row = several[asked] = self._add(edition, received, number, first)
        return row

    def add_fact(self, row: int, fact: int) -> None:
        """Add a fact to those of a copy."""
        name = _COLUMN_OF.get(fact & FACT_MASK)
        if name is not None:
            column = self._columns[name]
            least = column[row]
            if fact == least:
                return
            if fact < least:
                column[row], fact = fact, least
                if fact == NEVER:
                    return
        spare = self._spare.get(row)
        if spare is None:
            spare = self._spare[row] = set()
            self._columns["marks"][row] |= SPARE
        spare.add(fact)
        if fact & FACT_MASK in TELLING:
            self._columns["marks"][self._columns["thread"][row]] |= TELLS

    def set_e_service(self, row: int) -> None:
        """State that a copy came through an e-service, which beats that it came by e-mail."""
        self._columns["is_e_service"][row] = 1

    def _add(self, edition: int, received: int, queue: int, thread: int) -> int:
        row = len(self._columns["received"])
        for column, value in zip(
            self._columns.values(),
            (received, edition, queue, thread, 0, NEVER, NEVER, NEVER, 0),
            strict=True,
        ):
            column.append(value)
        return row

    def _key(self, row: int) -> tuple[int, int, int]:
        columns = self._columns
        return columns["edition"][row], columns["received"][row], columns["queue"][row]

    # Letting go.

    def keep(self, is_kept: NDArray[np.bool_]) -> None:
        """Let go of all rows but those that a mask has."""
        old = self.columns()
        kept = np.flatnonzero(is_kept)
        first, place, thread = np.unique(
            old["thread"][kept], return_index=True, return_inverse=True
        )
        used, queue = np.unique(old["queue"][kept], return_inverse=True)
        columns = {name: column[kept] for name, column in old.items()}
        columns |= {"thread": place[thread], "queue": queue}
        columns["marks"] &= 0
        self._columns = {
            name: array(type_, columns[name].astype(type_).tobytes())
            for name, type_ in _TYPES.items()
        }
        names = self.queues()
        self._queues = {names[number]: new for new, number in enumerate(used.tolist())}
        self._renumber(dict(zip(first.tolist(), place.tolist(), strict=True)), is_kept)

    def _renumber(self, first: dict[int, int], is_kept: NDArray[np.bool_]) -> None:
        """Give what stands beside the columns its new numbers; ``first`` has those of threads."""
        rows = (np.cumsum(is_kept) - 1).tolist()
        self._first = {s: first[row] for s, row in self._first.items() if row in first}
        several, spare = self._several, self._spare
        self._several, self._spare = {}, {}
        for thread, copies in several.items():
            left = [rows[row] for row in copies.values() if is_kept[row]]
            if len(left) > 1:
                self._several[first[thread]] = {self._key(row): row for row in left}
                self._columns["marks"][first[thread]] |= SEVERAL
        for row, facts in spare.items():
            if is_kept[row]:
                for fact in facts:
                    self.add_fact(rows[row], fact)

    # Reading.

    def copied(self) -> Self:
        """Return others that are the same: what is stated of these from now on is not in them."""
        made = type(self)()
        made._columns = {name: column[:] for name, column in self._columns.items()}
        made._queues, made._first = dict(self._queues), dict(self._first)
        made._several = {first: dict(rows) for first, rows in self._several.items()}
        made._spare = {row: set(facts) for row, facts in self._spare.items()}
        return made

    def spare(self, row: int) -> set[int]:
        """Return the facts of a row that are in no column."""
        return self._spare.get(row, set())

    def whole(self, rows: Rows) -> Rows:
        """Return rows and all others of their threads, in order."""
        threads = np.asarray(self._columns["thread"])[rows]
        marked = np.unique(threads[np.asarray(self._columns["marks"])[threads] & SEVERAL != 0])
        others = [row for thread in marked.tolist() for row in self._several[thread].values()]
        return np.unique(np.concatenate([rows, np.array(others, dtype=np.intp)]))

    def thread(self, first: int, queues: tuple[str, ...]) -> tuple[Copy, ...]:
        """Return the copies of the thread that begins at a row; ``queues`` has their names."""
        several = self._several.get(first)
        rows = (first,) if several is None else tuple(several.values())
        return tuple(self._copy(row, queues) for row in rows)

    def all(self) -> Iterator[tuple[str, Copy]]:
        """Yield every copy, with the subject it is of."""
        subjects, queues = {row: subject for subject, row in self._first.items()}, self.queues()
        for row, thread in enumerate(self._columns["thread"]):
            yield subjects[thread], self._copy(row, queues)

    def _copy(self, row: int, queues: tuple[str, ...]) -> Copy:
        edition, received, queue = self._key(row)
        least = (self._columns[name][row] for name in LEAST)
        return Copy(
            edition=edition,
            received=received,
            queue=queues[queue],
            is_e_service=bool(self._columns["is_e_service"][row]),
            facts=(*(fact for fact in least if fact != NEVER), *self.spare(row)),
        )
