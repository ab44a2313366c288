"""The figures of a period, each by the path at which ``svarsgrad replay --json`` has it.

A path is names with points between them, as ``queues.vaxel.lost.ratio``. Where replay names the
window that was asked for, a path does too; figures of another window have them at the same path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reports.document import Cell, Kind
from reports.periods import ASKED

INDICATION_BELOW = 30
"""A share of fewer is an indication (docs/decisions/0003)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures over one window."""

    data: Mapping[str, Any]
    """As :func:`streams.figures.as_data` returns them."""
    window: str = ASKED

    def at(self, path: str) -> Any:
        """Return what stands at a path; None if nothing does, or somewhere on the way."""
        found: Any = self.data
        for name in path.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(self.window if name == ASKED else name)
        return found

    def number(self, path: str) -> float | None:
        """Return the figure at a path; None if there is none."""
        found = self.at(path)
        return found if isinstance(found, (int, float)) else None

    def count(self, path: str) -> int:
        """Return the count at a path; 0 if there is none."""
        return int(self.number(path) or 0)

    def names(self, path: str) -> Iterator[str]:
        """Yield the names that stand at a path."""
        found = self.at(path)
        yield from found if isinstance(found, Mapping) else ()

    def cell(self, path: str, kind: Kind, number: str | None = None) -> Cell:
        """Return the figure at a path; ``number`` is the path of what it is a share of."""
        few = number is not None and 0 < self.count(number) < INDICATION_BELOW
        return Cell(self.number(path), kind, path, is_indication=few)
