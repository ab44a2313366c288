"""One row after another, asked by the catalogue's names of columns what stands there."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from producers.tables.durations import USUAL, duration
from producers.tables.faults import RowError
from producers.tables.local_times import LocalTimes, TimeError, joined
from producers.tables.table import bare
from streams.domain.catalogue.tables import At, TableFile
from streams.domain.instants import SECOND
from streams.domain.nearest import nearest

T = TypeVar("T")

SKEW: Final = 60 * SECOND
"""The file's clock may be so much ahead of ours."""
MOST_STRANGE: Final = 1_000
"""So many unknown words are compared with the known ones."""
_UNREADABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\N{REPLACEMENT CHARACTER}]")
_TEXT_FORMULA: Final = re.compile(r'="([^"]*)"')


class Row:
    """The cells of a row. What can't be used raises :class:`~producers.tables.faults.RowError`.

    ``columns`` are where the catalogue's columns stand, of ``width`` in all; ``queues`` the ids
    that the source has; ``now`` is when it is.
    """

    def __init__(
        self,
        spec: TableFile,
        columns: Mapping[str, int],
        width: int,
        *,
        queues: Sequence[str],
        times: LocalTimes,
        now: int,
        durations: tuple[str, ...] = (),
    ) -> None:
        self._spec = spec
        self._columns = columns
        self._width = width
        self._times = times
        self._latest = now + SKEW
        self._durations = durations or USUAL
        self._none = {"", *map(bare, spec.none)}
        self._queues = words({**{id_: id_ for id_ in queues}, **spec.queues})
        self._near: dict[str, str | None] = {}
        """Unknown word → the known one most like it: a file may have the same a million times."""
        self._cells: dict[str, str] = {}
        self.mended: set[str] = set()
        """What has been done to this row."""

    def take(self, cells: Sequence[str]) -> None:
        """Take the cells of another row."""
        if len(cells) != self._width and (
            len(cells) < self._width or any(map(str.strip, cells[self._width :]))
        ):
            raise RowError("columns")
        self.mended = set()
        taken = self._cells = {column: cells[at] for column, at in self._columns.items()}
        for column, cell in taken.items():
            text = cell.strip()
            if text != cell:
                self.mended.add("blanks")
                taken[column] = text
            if text[:1] == "=":
                taken[column] = self._formula(text, column)
            elif not (text.isascii() and text.isprintable()) and _UNREADABLE.search(text):
                raise RowError("unreadable", column)

    def _formula(self, text: str, column: str) -> str:
        """Return the text of ``="0012"``, which keeps a spreadsheet from taking the zeros."""
        match = _TEXT_FORMULA.fullmatch(text)
        if match is None:
            raise RowError("formula", column)
        self.mended.add("text_formula")
        return match[1].strip()

    def text(self, column: str | None) -> str:
        """Return what stands in a column; nothing for what means that, and without a column."""
        if column is None:
            return ""
        text = self._cells[column]
        return "" if bare(text) in self._none else text

    def required(self, column: str) -> str:
        """Return what stands in a column, which must be something."""
        text = self.text(column)
        if not text:
            raise RowError("missing", column)
        return text

    def word(self, column: str, known: Mapping[str, T]) -> T:
        """Return what the word in a column means; ``known`` are as :func:`words` makes them."""
        return self._meant(column, self.required(column), known, "unknown_word")

    def queue(self) -> str:
        """Return the id of the row's queue."""
        if self._spec.queue is not None:
            return self._spec.queue
        column = self._spec.queue_column or ""
        return self._meant(column, self.required(column), self._queues, "unknown_queue")

    def _meant(self, column: str, text: str, known: Mapping[str, T], fault: str) -> T:
        word = bare(text)
        if word in known:
            return known[word]
        if word not in self._near and len(self._near) < MOST_STRANGE:
            self._near[word] = nearest(word, known)
        raise RowError(fault, column, self._near.get(word))

    def begins(self, at: At) -> int:
        """Return the instant that every row has. Midnight is one, also where 00:00:00 is none."""
        text = self._cells[at[-1]]
        if not text or (bare(text) in self._none and not text[-1:].isdigit()):
            raise RowError("missing", at[-1])
        return self._instant(at, text, None)

    def instant(self, at: At | None, not_before: int | None = None) -> int | None:
        """Return the instant in a column, or in two; None where nothing stands.

        It has been. Of two that a clock shows alike it is the first that is not before another.
        """
        text = self.text(at[-1] if at else None)
        return self._instant(at, text, not_before) if at and text else None

    def _instant(self, at: At, text: str, not_before: int | None) -> int:
        if len(at) > 1:
            text = joined(self.required(at[0]), text)
        try:
            found = self._times.instant(text, not_before)
        except TimeError as error:
            raise RowError(error.fault, at[-1]) from None
        if found > self._latest:
            raise RowError("future", at[-1])
        return found

    def number(self, column: str | None, most: int) -> int:
        """Return the whole number in a column, which must be one, from 0 to ``most``."""
        text = self.required(column or "")
        if not text.isdecimal() or not text.isascii() or int(text[:19]) > most:
            raise RowError("bad_number", column or "")
        return int(text)

    def duration(self, column: str | None) -> int | None:
        """Return the duration in a column, which may be below zero; None where nothing stands.

        What means nothing and can be read as no time is no time: 00:00:00 is a wait too.
        """
        if column is None or not self._cells[column]:
            return None
        text = self._cells[column]
        found = duration(text, self._durations)
        if found != 0 and bare(text) in self._none:
            return None
        if found is None:
            raise RowError("bad_duration", column)
        return found


def words(known: Mapping[str, T]) -> dict[str, T]:
    """Return what words mean, however they are written: capitals and blanks don't count."""
    return {bare(word): meaning for word, meaning in known.items()}


def require_order(earlier: int, later: int | None, at: At | None) -> None:
    """Refuse a row in which something ended, in the columns ``at``, before it began."""
    if later is not None and later < earlier:
        raise RowError("out_of_order", at[-1] if at else "")
