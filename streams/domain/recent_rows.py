"""Which rows of a book figures can still need, so that a scrape looks at no others.

A row that is done and due before every window is asked about once and then passed over, until
something is heard of it again. What a scrape costs goes with what is open and what is recent, not
with what the book holds.
"""

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER

Rows = NDArray[np.int64]


class Recent:
    """The rows that were needed when last asked, those never asked about, and those heard of."""

    def __init__(self) -> None:
        self._start_over()

    def _start_over(self) -> None:
        self._kept: Rows = np.empty(0, dtype=np.int64)
        self._asked = 0
        self._heard: set[int] = set()
        self._since = -NEVER

    def hear(self, row: int) -> None:
        """Note that something was stated of a row."""
        if row < self._asked:
            self._heard.add(row)

    def candidates(self, since: int, count: int) -> Rows:
        """Return those of the first ``count`` rows that may be needed, in order.

        If ``since`` has moved back, those are all rows again. Whatever instant figures are of, it
        must not lie before ``since``: what had happened by then is what had happened by any later
        one, of a row that nothing has happened to since.
        """
        if since < self._since:
            self._start_over()
        self._since = since
        parts = [self._kept, np.arange(self._asked, count, dtype=np.int64)]
        if self._heard:
            parts.append(np.fromiter(self._heard, np.int64, len(self._heard)))
            self._heard.clear()
        self._asked = count
        return np.unique(np.concatenate(parts))

    def keep(self, rows: Rows) -> None:
        """Say which of the candidates are needed: the others are not asked about next time."""
        self._kept = rows
