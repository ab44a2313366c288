"""Questions as they stood at an instant: received, open or ended, in which mailbox.

Only facts before the instant count, so the past can be asked as it was. Threads whose columns say
all are taken together, whole columns at a time; the others are told one by one (``threads``).

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.domain.instants import NEVER
from streams.domain.questions.facts import FACT_BITS, FACT_MASK, FIRST_JUNK, Fact
from streams.domain.questions.frame import Column, Frame
from streams.domain.questions.threads import told

Mask = NDArray[np.bool_]


class State(IntEnum):
    """What has become of a question. The ends stand in the order of ``Fact``."""

    OPEN = 0
    ANSWERED = 1
    ANSWERED_OTHERWISE = 2
    NO_ANSWER_NEEDED = 3
    SPAM = 4
    BOUNCE = 5


_OF_FACT: Final = State.ANSWERED - Fact.ANSWERED
FLAGS: Final = (
    "is_e_service", "is_begun_by_follow_up", "is_followed_up", "is_auto_replied", "is_forwarded",
    "is_reopened",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedColumns:
    """Questions as of an instant, a row each."""

    as_of: int
    queue: NDArray[np.int64]
    """The number of the mailbox."""
    received: Column
    """When the clock started."""
    end: Column
    """When it ended; ``NEVER`` while it is open."""
    state: NDArray[np.int8]
    """Of :class:`State`."""
    is_e_service: Mask
    is_begun_by_follow_up: Mask
    is_followed_up: Mask
    is_auto_replied: Mask
    is_forwarded: Mask
    is_reopened: Mask

    def only(self, rows: Mask | NDArray[np.intp]) -> "AskedColumns":
        """Return those of the questions that a mask has, or that have these places."""
        parts: dict[str, Any] = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(self, **parts)

    @property
    def is_junk(self) -> Mask:
        """Return which are no questions: spam and bounces."""
        return self.state >= State.SPAM


_COLUMNS: Final = ("queue", "received", "end", "state", *FLAGS)


def as_of(frame: Frame, now: int) -> AskedColumns:
    """Return the questions of a frame as of now, in no particular order."""
    parts = [_plain(frame, now), _told(frame, now)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    end = columns.pop("end")
    return AskedColumns(
        as_of=now,
        end=np.where(end == NEVER, NEVER, end >> FACT_BITS),
        state=np.where(end == NEVER, State.OPEN, (end & FACT_MASK) + _OF_FACT).astype(np.int8),
        **columns,
    )


def _plain(frame: Frame, now: int) -> dict[str, NDArray[Any]]:
    """Return the questions of the threads whose columns say all: each is one question."""
    rows = np.flatnonzero(~frame.is_told & (frame.received < now) & (frame.edition < now))
    # Of several editions, the latest.
    _, thread = np.unique(frame.thread[rows], return_inverse=True)
    latest = np.full(int(thread.max(initial=-1)) + 1, np.iinfo(np.int64).min)
    np.maximum.at(latest, thread, frame.edition[rows])
    counted = frame.edition[rows] == latest[thread]
    rows, thread = rows[counted], thread[counted]
    # Of its copies, the one that was received first; then by name of the mailbox.
    by_name = np.argsort(np.argsort(np.array(frame.queues, dtype=object)))
    order = np.lexsort((by_name[frame.queue[rows]], frame.received[rows], thread))
    rows, thread = rows[order], thread[order]
    begins = np.flatnonzero(np.diff(thread, prepend=-1))
    first = rows[begins]

    def least(facts: Column) -> Column:
        known = np.where(facts >> FACT_BITS < now, facts, NEVER)
        return np.minimum.reduceat(known, begins) if len(begins) else known

    # What says that it was no question is heard however it had ended.
    ends = frame.end[rows]
    junk = least(np.where(ends & FACT_MASK >= FIRST_JUNK, ends, NEVER))
    return {
        "queue": frame.queue[first].astype(np.int64),
        "received": frame.received[first],
        "end": np.where(junk == NEVER, least(ends), junk),
        "is_e_service": frame.is_e_service[first],
        "is_auto_replied": least(frame.auto_replied[rows]) != NEVER,
        "is_forwarded": least(frame.forwarded[rows]) != NEVER,
        **{
            name: np.zeros(len(first), dtype=np.bool_)
            for name in ("is_begun_by_follow_up", "is_followed_up", "is_reopened")
        },
    }


def _told(frame: Frame, now: int) -> dict[str, NDArray[Any]]:
    number = {name: at for at, name in enumerate(frame.queues)}
    questions = [question for copies in frame.told for question in told(copies, now)]

    def column(values: Iterable[Any], dtype: Any) -> NDArray[Any]:
        return np.array(list(values), dtype=dtype)

    return {
        "queue": column((number[question.queue] for question in questions), np.int64),
        "received": column((question.received for question in questions), np.int64),
        "end": column((question.end for question in questions), np.int64),
        **{name: column(map(attrgetter(name), questions), np.bool_) for name in FLAGS},
    }
