"""Lines to events to where they go: the loop of a follower, and what it counts.

A chunk of lines is read, translated, sent, and known to be delivered before the place in the log
is written down. So whatever stops the follower, the next one reads on at a place before which
nothing is missing; what it sends again has the same ids.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from producers.following import Stopping, await_delivery
from producers.queue_log.bookmark import Bookmark
from producers.queue_log.line import UNKNOWN_QUEUE, LineError
from producers.queue_log.tail import Chunk, Tail
from producers.queue_log.translator import Translator
from producers.sinks import Sink
from producers.vitals import Pulse, Vitals
from streams.domain.events import Event
from streams.domain.swedish import count, listed
from streams.ledgers import system_clock
from streams.logs import e, tell

POLL_SECONDS: Final = 0.05
SAVE_SECONDS: Final = 1.0
"""How often the place is written down while there is much to read."""
REPORT_SECONDS: Final = 60.0
"""How often lines that can't be used are told while following."""
NAMED_QUEUES: Final = 5
"""How many unknown queues are said by name."""
log = logging.getLogger(__name__)


@dataclass(kw_only=True, eq=False)
class Tally(Vitals):
    """What came of the lines. Counts and places only, and what queues are called."""

    repaired: int = 0
    """How many had a wait that could not be used, so that their epoch had to do."""
    first_fault: tuple[str, int] | None = None
    """File and byte of the first line that makes no sense."""
    strange_queues: Counter[str] = field(default_factory=Counter)
    """Queues that the source does not have in the catalogue, and how many lines are of them."""

    @property
    def senseless(self) -> int:
        """How many lines make no sense."""
        return self.faults.total() - self.faults[UNKNOWN_QUEUE]

    def count_fault(self, fault: str, name: str, offset: int) -> None:
        """Count a line that can't be used."""
        self.faults[fault] += 1
        if fault != UNKNOWN_QUEUE:
            self.first_fault = self.first_fault or (name, offset)

    def said(self) -> list[str]:
        """Return in Swedish what could not be used, and what to do about it."""
        found = []
        if self.first_fault is not None:
            name, offset = self.first_fault
            found.append(
                f"Rader som inte kunde användas: {count(self.senseless)}, den första vid byte "
                f"{count(offset)} i {name}."
            )
        if self.strange_queues:
            most = self.strange_queues.most_common(NAMED_QUEUES)
            named = [f"{ascii(queue)[1:-1]} ({count(lines)})" for queue, lines in most]
            others = len(self.strange_queues) - len(named)
            found.append(
                f"Rader om köer som källan inte har i katalogen: {listed(named)}"
                f"{f' och {count(others)} köer till' if others else ''}. Lägg till köerna där "
                "(sources, eventuellt under queue_log) och läs om loggen från början."
            )
        return found


def translated(chunk: Chunk, translator: Translator, tally: Tally) -> list[Event]:
    """Return the events of a chunk's lines; those that can't be used are counted."""
    events: list[Event] = []
    if chunk.torn_at is not None:
        tally.count_fault("malformed", *chunk.torn_at)
    for offset, raw in chunk.lines:
        try:
            events += translator.translate(raw)
        except LineError as error:
            tally.count_fault(error.fault, chunk.name, offset)
    tally.read += len(chunk.lines)
    tally.repaired = translator.repaired
    tally.strange_queues = translator.strange_queues
    return events


def follow(
    tail: Tail,
    translator: Translator,
    sink: Sink,
    save: Callable[[Bookmark], None],
    *,
    is_once: bool,
    stopping: Stopping,
    tally: Tally,
    pulse: Pulse | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Read and send until told to stop; with ``is_once``, until the end of the log.

    ``save`` gets a bookmark only after everything before it is delivered. While there is a log
    that can be read ``pulse`` beats. What the parts raise passes through;
    :class:`~producers.following.UndeliveredError` if told to stop and delivery takes too long.
    """
    unsaved: Bookmark | None = None
    saved_at = reported_at = clock()
    reported = 0
    while not stopping.is_set():
        chunk = tail.read()
        events = [] if chunk is None else translated(chunk, translator, tally)
        beats: list[Event] = []
        if tail.is_open:
            tally.checked_at = time.time()
            beats += pulse.due(system_clock()) if pulse else []
        if events or beats:
            sink.send([*events, *beats])
            await_delivery(sink, stopping, tell_waiting=tally.wait_for_kafka, clock=clock)
            tally.count_safe(events)
        if chunk is not None:
            unsaved = Bookmark(
                source=translator.source,
                position=chunk.position,
                legs=translator.legs.listed(),
                staffing=translator.staffing.memory,
            )
        if unsaved and (chunk is None or clock() - saved_at >= SAVE_SECONDS):
            save(unsaved)
            unsaved, saved_at = None, clock()
        is_due = reported == 0 or clock() - reported_at >= REPORT_SECONDS
        if not is_once and is_due and tally.faults.total() > reported:
            reported, reported_at = tally.faults.total(), clock()
            tell(log, e.UNUSABLE_LINES, " ".join(tally.said()), unusable=reported)
        if chunk is None:
            if is_once:
                break
            stopping.wait(POLL_SECONDS)
    if unsaved:
        save(unsaved)
