"""The book of questions: events in, frames for figures out.

What it holds is a function of the log and of now: a copy of a question is in it if and only if the
horizon keeps it, when it is folded and when the book is pruned alike.

Figures of the last weeks need but the last part of a book that remembers a year. Questions are
stated nearly in order of arrival, so there is a row before which all were received before an
instant ``since``. Of what was received before it, only those matter whose thread is open or has
been heard of since; they are few, and stand in a set of their own::

    ───────────·────────────·───────────────┬───────·──────────────────▶ rows
      received before since: · matter still │ nearly all received since
                                          passed

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.event_types import QuestionEvent
from streams.domain.instants import NEVER, micros
from streams.domain.questions.copies import LEAST, SEVERAL, SPARE, TELLS, Copies, Rows
from streams.domain.questions.facts import FACT_BITS, FACT_MASK, Fact, fact_of
from streams.domain.questions.frame import Frame
from streams.domain.questions.threads import ORIGINAL, Copy, told
from streams.domain.windows import ItemHorizon

_BEFORE_ALL: Final = -(2**63)
Identity = tuple[str, int | None, int, str]
"""Of a copy: subject, edition, when it was received, mailbox."""


class Questions:
    """The questions of one municipality that a horizon keeps: some 250 bytes each."""

    def __init__(self, horizon: ItemHorizon) -> None:
        self.horizon = horizon
        self._copies = Copies()
        self._since = _BEFORE_ALL
        self._passed = 0
        self._behind: set[int] = set()

    def __len__(self) -> int:
        return self._copies.threads

    def state(self, event: QuestionEvent, at: int) -> bool:
        """Fold what an event says, which happened ``at`` an instant in microseconds.

        Returns False, and changes nothing, if the horizon does not keep that edition.
        """
        data = event.data
        received = micros(data.received_at)
        restated = None if data.restated_at is None else micros(data.restated_at)
        if not self.horizon.keeps(received, restated):
            return False
        edition = ORIGINAL if restated is None else restated
        row = self._copies.row(event.subject, edition, received, data.queue)
        if data.channel == "e_service":
            self._copies.set_e_service(row)
        fact = fact_of(event, at)
        if fact is not None:
            self._copies.add_fact(row, fact)
        if received < self._since:
            self._behind.add(row)
        return True

    def take(self, identity: Identity, facts: Mapping[str, Any]) -> None:
        """Merge what is known of a copy, in the form of :meth:`copied_facts`; of any age."""
        subject, restated, received, queue = identity
        row = self._copies.row(
            subject, ORIGINAL if restated is None else restated, received, queue
        )
        if facts["channel"] == "e_service":
            self._copies.set_e_service(row)
        for name, at in facts["facts"]:
            self._copies.add_fact(row, at << FACT_BITS | Fact[name])
        if received < self._since:
            self._behind.add(row)

    def prune(self, horizon: ItemHorizon) -> None:
        """Let go of what the horizon does not keep. It never moves back."""
        kept_before = self.horizon
        self.horizon = ItemHorizon(
            max(kept_before.began, horizon.began), max(kept_before.restated, horizon.restated)
        )
        if self.horizon == kept_before:
            return
        columns = self._copies.columns()
        keeps = self.horizon.keeps
        is_kept = np.array(
            [
                keeps(received, None if edition == ORIGINAL else edition)
                for received, edition in zip(
                    columns["received"].tolist(), columns["edition"].tolist(), strict=True
                )
            ],
            dtype=np.bool_,
        )
        if is_kept.all():
            return
        self._copies.keep(is_kept)
        # What is left of a thread may be open where the whole of it was not.
        thread = columns["thread"]
        may_matter = np.isin(thread, thread[~is_kept])
        may_matter[self._some_behind()] = True
        place = np.cumsum(is_kept) - 1
        self._behind = set(place[may_matter & is_kept].tolist())
        self._passed = int(is_kept[: self._passed].sum())

    def facts(self) -> dict[Identity, dict[str, Any]]:
        """Return every copy with all that is known of it: to compare books.

        A fact, in order, is (what, when).
        """
        return dict(self.copied_facts())

    def copied_facts(self) -> Iterator[tuple[Identity, dict[str, Any]]]:
        """Copy the book as it is now, and yield each copy of a question, in any thread."""
        return _facts(self._copies.copied())

    def frame(self, since: int, now: int) -> Frame:
        """Return a copy of what matters as of now, or as of any instant from ``since`` to now.

        That is each thread that is open, or was heard of at or after ``since``.
        """
        rows = self._needed(since)
        columns = self._copies.columns()
        rows = rows[columns["received"][rows] < now]
        thread, queues = columns["thread"][rows], self._copies.queues()
        is_told = columns["marks"][thread] & TELLS != 0
        spare = [
            (columns["queue"][row], fact >> FACT_BITS)
            for row in rows[columns["marks"][rows] & SPARE != 0].tolist()
            for fact in self._copies.spare(row)
        ]
        return Frame(
            queues=queues,
            queue=columns["queue"][rows],
            thread=thread,
            received=columns["received"][rows],
            edition=columns["edition"][rows],
            is_e_service=columns["is_e_service"][rows] != 0,
            end=columns["end"][rows],
            auto_replied=columns["auto_replied"][rows],
            forwarded=columns["forwarded"][rows],
            is_told=is_told,
            told=tuple(
                self._copies.thread(first, queues) for first in np.unique(thread[is_told]).tolist()
            ),
            spare_queue=np.array([queue for queue, _ in spare], dtype=np.int64),
            spare_at=np.array([at for _, at in spare], dtype=np.int64),
        )

    # Which rows matter.

    def _needed(self, since: int) -> Rows:
        """Return all rows of the threads that are open, or were heard of since.

        Also a few that no longer are: what was found to matter is looked at again only when
        ``since`` moves on, once a day. Should it move back, all is looked at again.
        """
        if since < self._since:
            self._since, self._passed, self._behind = _BEFORE_ALL, 0, set()
        is_recent = self._copies.columns()["received"][self._passed :] >= since
        if since > self._since:
            older = np.union1d(self._some_behind(), self._passed + np.flatnonzero(~is_recent))
            self._behind = set(older[self._matters(older, since)].tolist())
            self._since = since
            passed = int(np.argmax(is_recent)) if is_recent.any() else len(is_recent)
            self._passed, is_recent = self._passed + passed, is_recent[passed:]
        recent = self._passed + np.flatnonzero(is_recent)
        return self._copies.whole(np.concatenate([self._some_behind(), recent]))

    def _some_behind(self) -> Rows:
        return np.fromiter(self._behind, dtype=np.intp, count=len(self._behind))

    def _matters(self, rows: Rows, since: int) -> NDArray[np.bool_]:
        """Say of rows whether their threads are open, or were heard of since."""
        columns = self._copies.columns()
        matters: NDArray[np.bool_] = columns["edition"][rows] >= since
        matters |= columns["end"][rows] == NEVER
        for name in LEAST:
            fact = columns[name][rows]
            matters |= (fact != NEVER) & (fact >> FACT_BITS >= since)
        for place in np.flatnonzero(columns["marks"][rows] & SPARE).tolist():
            spare = self._copies.spare(int(rows[place]))
            matters[place] |= max(spare) >> FACT_BITS >= since
        # What one copy says is the whole truth of the others only if there are none.
        thread = columns["thread"][rows]
        is_plain = columns["marks"][thread] & (SEVERAL | TELLS) == 0
        queues = self._copies.queues()
        mattering = [
            first
            for first in np.unique(thread[~is_plain]).tolist()
            if _thread_matters(self._copies.thread(first, queues), since)
        ]
        return np.where(is_plain, matters, np.isin(thread, mattering))


def _facts(copies: Copies) -> Iterator[tuple[Identity, dict[str, Any]]]:
    for subject, copy in copies.all():
        edition = None if copy.edition == ORIGINAL else copy.edition
        yield (
            (subject, edition, copy.received, copy.queue),
            {
                "channel": "e_service" if copy.is_e_service else "email",
                "facts": [(Fact(f & FACT_MASK).name, f >> FACT_BITS) for f in sorted(copy.facts)],
            },
        )


def _thread_matters(copies: Iterable[Copy], since: int) -> bool:
    heard = max(
        max(copy.received, copy.edition, *(fact >> FACT_BITS for fact in copy.facts))
        for copy in copies
    )
    return heard >= since or any(question.end == NEVER for question in told(copies, since))
