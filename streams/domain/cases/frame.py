"""Cases as they stood at an instant, a row each, ready to be counted over any window.

Only facts before the instant count, so the past can be asked as it was.

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.cases.life import OPEN

Column = NDArray[np.int64]
Codes = NDArray[np.int8]
Numbers = NDArray[np.int32]
Mask = NDArray[np.bool_]

NOBODY: Final = -1
"""Stands for the administration of a case that has not been handed over."""
NOT_KNOWN: Final = -1
"""Stands for the channel of a case that nobody has said the channel of."""


@dataclass(frozen=True, slots=True)
class Lives:
    """What :class:`~streams.domain.cases.life.Life` has, a row per case."""

    handed: Column
    """When it was first handed over; ``NEVER`` if it was not."""
    told: Column
    state: Codes
    """Of :class:`~streams.domain.cases.life.State`."""
    done: Column
    is_reopened: Mask

    @property
    def is_open(self) -> Mask:
        """Say which cases are open."""
        return np.isin(self.state, [int(state) for state in OPEN])

    def only(self, rows: Mask) -> "Lives":
        """Return those that a mask has."""
        return Lives(*(getattr(self, column.name)[rows] for column in fields(self)))

    def and_then(self, others: "Lives") -> "Lives":
        """Return these, and after them others."""
        names = [column.name for column in fields(self)]
        return Lives(*(np.append(getattr(self, name), getattr(others, name)) for name in names))


@dataclass(frozen=True, slots=True)
class Frame:
    """The cases that figures can need as of ``now``: those that had begun before it.

    It stays as it is while events are folded, so another thread may read it.
    """

    now: int
    since: int
    """Cases that are resolved may be missing if nothing of them began at or after this."""
    queues: tuple[str, ...]
    administrations: tuple[str, ...]
    cases: Mapping[int, str]
    """Row of each case that is open → its id."""
    queue: Numbers
    """Index into ``queues``."""
    opened: Column
    channel: Codes
    """Index into the channels of events, or :data:`NOT_KNOWN`."""
    administration: Numbers
    """The one it was last handed over to: index into ``administrations``, or :data:`NOBODY`."""
    lives: Lives
    handovers: Mapping[int, tuple[tuple[int, int], ...]]
    """Row of a case that was handed over several times → when, and to which administration."""
    contact: Numbers
    """The row of the case, a row per time that a resident got in touch about one."""
    contacted: Column
    """When that was."""
    contacted_by: Codes
    """By which channel: index into the channels of events."""

    def __len__(self) -> int:
        return len(self.opened)
