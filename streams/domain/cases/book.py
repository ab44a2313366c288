"""The book of cases: what events say about the cases of one municipality.

A row is a case as one edition of it states it, with the opening and the inbox that its events
have. Cases that live a plain life (see ``frame``) are read as whole columns. The others are *odd*
and read one by one: those that something happened to twice, those that several rows are about, and
those that were restated.

Source: docs/decisions/0010-cases.md.
"""

from array import array
from collections.abc import Iterator
from typing import Final

import numpy as np

from streams.domain.cases.as_of import Odd, read
from streams.domain.cases.columns import Columns
from streams.domain.cases.copies import ORIGINAL, Copy
from streams.domain.cases.frame import Frame
from streams.domain.cases.life import FACT_BITS, FACT_MASK, What
from streams.domain.event_types import CASE_TYPES, CHANNELS, CaseEvent
from streams.domain.instants import NEVER, micros
from streams.domain.recent_rows import Recent
from streams.domain.windows import ItemHorizon

WHATS: Final = {
    "opened": What.OPENED,
    "contacted": What.CONTACTED,
    "handed_over": What.HANDED_OVER,
    "feedback": What.FEEDBACK,
    "reopened": What.REOPENED,
}
"""What an event is → what it states; a resolution states one by whom."""
RESOLVED: Final[dict[str | None, What]] = {
    "customer_centre": What.BY_CENTRE,
    "administration": What.BY_ADMINISTRATION,
}
Identity = tuple[str, int | None, int, str]
"""Of what is stated: case, edition (when it was restated), opening, inbox."""
_CHANNEL: Final[dict[str | None, int]] = {
    channel: number for number, channel in enumerate(CHANNELS)
}


class Cases:
    """The cases of one municipality that a horizon keeps.

    Some 250 bytes a case with its id; figures read those that are open or recent.
    """

    def __init__(self, horizon: ItemHorizon) -> None:
        self.horizon = horizon
        self._keep(Columns())

    def _keep(self, columns: Columns) -> None:
        """Begin anew with these rows."""
        self._columns = columns
        self._recent = Recent()
        self._first: dict[str, int] = {}  # case → its first row
        self._family: dict[int, list[int]] = {}  # first row → all rows, if there are several
        self._head: dict[int, int] = {}  # any other row → the first row of its case
        self._others: dict[tuple[int, int, int, str], int] = {}  # first row and identity → row
        self._read: dict[int, Odd] = {}
        """First row of an odd case → how it was last read, until something is heard of it."""
        self._is_odd = array("b", bytes(len(columns)))
        for row, case in enumerate(columns.case):
            head = self._first.setdefault(case, row)
            if head != row:
                self._join(head, row)
        for row in (*columns.more, *columns.editions):
            self._is_odd[row] = self._is_odd[self._head.get(row, row)] = 1

    def __len__(self) -> int:
        return len(self._columns)

    def state(self, event: CaseEvent, at: int) -> bool:
        """Fold one event, which happened ``at`` an instant: that of its time, in microseconds.

        Returns False, and changes nothing, if the horizon does not keep what it is about.
        """
        data = event.data
        opened = micros(data.opened_at)
        restated = None if data.restated_at is None else micros(data.restated_at)
        if not self.horizon.keeps(opened, restated):
            return False
        edition = ORIGINAL if restated is None else restated
        row = self._row(event.subject, edition, opened, data.queue)
        head = self._hear(row)
        word = CASE_TYPES[event.type]
        what = RESOLVED[data.by] if word == "resolved" else WHATS[word]
        if what is What.OPENED:
            self._columns.state_opened(row, at << FACT_BITS | _CHANNEL[data.channel])
        elif what is What.CONTACTED:
            number = at << FACT_BITS | _CHANNEL[data.channel]
            self._columns.state_contacted(row, event.id, number)
        elif self._columns.state(row, what, at, data.administration or ""):
            self._is_odd[head] = 1
        return True

    def take(self, identity: Identity, copy: Copy) -> None:
        """Merge what is known of a copy, in the form of :meth:`copied_facts`; of any age."""
        case, _, opened, queue = identity
        row = self._row(case, copy.edition, opened, queue)
        head = self._hear(row)
        if copy.stated != NEVER:
            self._columns.state_opened(row, copy.stated)
        for id_, number in copy.contacts.items():
            self._columns.state_contacted(row, id_, number)
        for number, administration in copy.facts:
            at, what = number >> FACT_BITS, What(number & FACT_MASK)
            if self._columns.state(row, what, at, administration):
                self._is_odd[head] = 1

    def _hear(self, row: int) -> int:
        """Note that something was stated of a row; return the first row of its case."""
        head = self._head.get(row, row)
        self._recent.hear(head)
        self._read.pop(head, None)
        return head

    def _row(self, case: str, edition: int, opened: int, queue: str) -> int:
        """Return the row of these, added if it is new."""
        its = self._columns
        head = self._first.get(case)
        if head is None:
            row = self._first[case] = self._add(case, edition, opened, queue)
            return row
        if (
            its.opened[head] == opened
            and its.queues.known[its.queue[head]] == queue
            and its.editions.get(head, ORIGINAL) == edition
        ):
            return head
        row = self._others.get((head, edition, opened, queue), -1)
        if row < 0:
            row = self._add(case, edition, opened, queue)
            self._join(head, row)
        return row

    def _add(self, case: str, edition: int, opened: int, queue: str) -> int:
        self._is_odd.append(edition != ORIGINAL)
        return self._columns.add(case, edition, opened, queue)

    def _join(self, head: int, row: int) -> None:
        """Note that a row is about the same case as an earlier one."""
        its = self._columns
        edition = its.editions.get(row, ORIGINAL)
        queue = its.queues.known[its.queue[row]]
        self._others[head, edition, its.opened[row], queue] = row
        self._family.setdefault(head, [head]).append(row)
        self._head[row] = head
        self._is_odd[head] = self._is_odd[row] = 1

    def prune(self, horizon: ItemHorizon) -> None:
        """Let go of what this horizon does not keep; it never moves back."""
        if horizon.began <= self.horizon.began:
            return
        self.horizon = horizon
        its = self._columns
        early = np.flatnonzero(np.asarray(its.opened) < horizon.began).tolist()
        gone = [
            row
            for row in {*early, *its.editions}
            if not horizon.keeps(its.opened[row], its.editions.get(row))
        ]
        if gone:
            kept = np.ones(len(its), dtype=np.bool_)
            kept[gone] = False
            self._keep(its.only(kept))

    def frame(self, since: int, now: int) -> Frame:
        """Return the cases that figures can need as of now, in no particular order.

        Those are the open ones, and those that anything happened to at or after ``since`` (see
        :func:`~streams.domain.cases.evaluation.needed_since`).
        """
        since = min(since, now)
        candidates = self._recent.candidates(since, len(self))
        is_odd = np.asarray(self._is_odd)[candidates] != 0
        heads = {self._head.get(row, row) for row in candidates[is_odd].tolist()}
        odd = {head: self._odd(head, now) for head in heads}
        frame, needed = read(self._columns, candidates[~is_odd], odd, since, now)
        self._recent.keep(needed)
        self._read = {head: its for head, its in odd.items() if its.last < now}
        return frame

    def _odd(self, head: int, now: int) -> Odd:
        """Return an odd case as of now: as before, if nothing of it has happened or is to come."""
        known = self._read.get(head)
        if known is not None and known.last < now:
            return known
        return Odd.of([self._columns.copy(row) for row in self._family.get(head, (head,))], now)

    def facts(self) -> dict[Identity, Copy]:
        """Return all that is stated: to compare ledgers, row by row."""
        return dict(self.copied_facts())

    def copied_facts(self) -> Iterator[tuple[Identity, Copy]]:
        """Copy the book as it is now, and yield all that is stated, in any thread."""
        return _facts(self._columns.copied())


def _facts(its: Columns) -> Iterator[tuple[Identity, Copy]]:
    for row, case in enumerate(its.case):
        copy = its.copy(row)
        yield (case, its.editions.get(row), copy.opened, copy.queue), copy
