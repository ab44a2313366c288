"""How much of what a promise is about is measured: mailboxes that report, of all it covers.

A promise is about all addresses; figures are of those that report. So beside each stands how many
of how many, and which are silent.

Source: docs/decisions/0009-questions.md.
"""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from streams.domain.catalogue import Municipality, Queue, targets_on
from streams.domain.instants import NEVER
from streams.domain.questions.copies import LEAST
from streams.domain.questions.due import COVERAGE_WINDOW, is_mailbox, versions_by_promise
from streams.domain.questions.facts import FACT_BITS
from streams.domain.questions.figures import Coverage
from streams.domain.questions.frame import Column, Frame
from streams.domain.windows import window


def heard_of(municipality: Municipality, frame: Frame, now: int) -> frozenset[str]:
    """Return the mailboxes of which anything was said in the last 30 days."""
    start = window(COVERAGE_WINDOW, now, municipality.zone).start

    def queues(queue: NDArray[np.int64] | NDArray[np.int32], at: Column) -> set[int]:
        return set(queue[(at >= start) & (at < now)].tolist())

    found = queues(frame.spare_queue, frame.spare_at)
    for at in (frame.received, frame.edition):
        found |= queues(frame.queue, at)
    for name in LEAST:
        facts: Column = getattr(frame, name)
        found |= queues(frame.queue, np.where(facts == NEVER, NEVER, facts >> FACT_BITS))
    return frozenset(frame.queues[number] for number in found)


def coverage_of(
    municipality: Municipality, promise: str, day: date, heard: frozenset[str]
) -> Coverage | None:
    """Return how much of a promise is measured; None if it does not hold on that day."""
    versions = versions_by_promise(municipality.targets[promise])[promise]
    version = next((version for version in versions if version.is_valid_on(day)), None)
    if version is None:
        return None
    mailboxes = [
        queue
        for queue in municipality.queues.values()
        if is_mailbox(queue) and promises_on(queue, promise, day)
    ]
    silent = {queue.id: queue.name for queue in mailboxes if queue.id not in heard}
    return Coverage(
        mailboxes=max(version.addresses or 0, len(mailboxes)),
        reporting=len(mailboxes) - len(silent),
        silent=silent,
    )


def promises_on(queue: Queue, promise: str, day: date) -> bool:
    """Say whether a queue makes a promise on a day."""
    return any(target.id == promise for target in targets_on(queue, day))
