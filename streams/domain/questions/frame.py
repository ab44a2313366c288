"""What matters of a municipality's questions, copied: nothing that is folded changes it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.domain.questions.threads import Copy

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frame:
    """Copies of columns, a row for each copy of a question; facts are ``NEVER`` where none is."""

    queues: tuple[str, ...]
    queue: NDArray[np.int32]
    """Index into ``queues``."""
    thread: NDArray[np.int32]
    """The same number for all copies of one thread."""
    received: Column
    edition: Column
    is_e_service: NDArray[np.bool_]
    end: Column
    """The first fact that ended it."""
    auto_replied: Column
    """The fact that it was first replied to automatically."""
    forwarded: Column
    is_told: NDArray[np.bool_]
    """Whether the thread is among ``told``, since the columns do not say all."""
    told: tuple[tuple[Copy, ...], ...]
    """Threads to be told in order of time."""
    spare_queue: Column
    """The mailbox of each fact that is in no column …"""
    spare_at: Column
    """… and the instant of it."""
