"""Questions that are overdue now, each by itself: what somebody has to answer.

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from streams.domain.catalogue import Municipality, Queue, ServiceTarget
from streams.domain.due_times import UNDATED
from streams.domain.questions.as_of import State, as_of
from streams.domain.questions.due import is_mailbox, versions_by_promise
from streams.domain.questions.frame import Column, Frame
from streams.domain.windows import midnight


@dataclass(frozen=True, slots=True, order=True)
class OverdueQuestion:
    """An open question whose due time has passed. They sort by that."""

    due: int
    received: int
    queue: str


def overdue_questions(
    municipality: Municipality, frame: Frame, now: int
) -> tuple[OverdueQuestion, ...]:
    """Return the open questions that are overdue as of now, the earliest due first, each once.

    By the promise that each was due by first, of those that have a goal; by the others, which are
    made for comparison, where none has.
    """
    questions, found = as_of(frame, now), []
    number = {name: at for at, name in enumerate(frame.queues)}
    for queue in filter(is_mailbox, municipality.queues.values()):
        is_its = questions.queue == number.get(queue.id, -1)
        received = questions.received[is_its & (questions.state == State.OPEN)]
        due = _first_due(municipality, queue, received)
        late = np.flatnonzero((due != UNDATED) & (due < now))
        found += [
            OverdueQuestion(at, since, queue.id)
            for at, since in zip(due[late].tolist(), received[late].tolist(), strict=True)
        ]
    return tuple(sorted(found))


def _first_due(municipality: Municipality, queue: Queue, received: Column) -> Column:
    """Return when questions are due by the first of a mailbox's promises; ``UNDATED`` if none.

    Where any that held has a goal, by the first of those.
    """
    promises = versions_by_promise(queue.targets).values()
    versions = [version for its in promises for version in its]
    with_goal = _due(municipality, queue, received, (v for v in versions if v.goal is not None))
    others = _due(municipality, queue, received, (v for v in versions if v.goal is None))
    return np.where(with_goal == UNDATED, others, with_goal)


def _due(
    municipality: Municipality, queue: Queue, received: Column, versions: Iterable[ServiceTarget]
) -> Column:
    due = np.full(len(received), UNDATED, dtype=np.int64)
    for version in versions:
        held = received >= midnight(version.valid_from, municipality.zone)
        if version.valid_to is not None:
            held &= received < midnight(version.valid_to, municipality.zone)
        known = municipality.due_times(queue.id, version).known_of(received[held])
        due[held] = np.minimum(due[held], known)
    return due
