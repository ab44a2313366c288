"""Lines to events to where they go: the loop of a follower, and what it counts.

A chunk of lines is read, translated, sent, and known to be delivered before the place in the log
is written down. So whatever stops the follower, the next one reads on at a place before which
nothing is missing; what it sends again has the same ids.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from producers.bookmark import Bookmark
from producers.pseudonym import Keys, pseudonym
from producers.queue_log import CallerHash, Translator
from producers.queue_log_line import LineError
from producers.sinks import Sink
from producers.tail import Chunk, Tail
from streams.domain.events import CallEvent
from streams.domain.instants import moment

POLL_SECONDS: Final = 0.05
SAVE_SECONDS: Final = 1.0
"""How often the place is written down while there is much to read."""
REPORT_SECONDS: Final = 60.0
"""How often lines that can't be used are logged."""
PARTING_SECONDS: Final = 5.0
"""How long delivery is waited for when asked to stop."""

log = logging.getLogger(__name__)


class UndeliveredError(Exception):
    """Asked to stop while events were on their way; they will be sent again."""


class Stopping(Protocol):
    """Tells when to stop: a ``threading.Event``."""

    def is_set(self) -> bool:
        """Return whether it is time."""

    def wait(self, timeout: float) -> bool:
        """Sleep until it is time, or ``timeout`` seconds."""


@dataclass(slots=True)
class Tally:
    """What came of the lines. Counts and places only: never anything of a line."""

    lines: int = 0
    events: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    """How many lines had which fault (``producers.queue_log_line.FAULTS``)."""
    repaired: int = 0
    """How many had a wait that could not be used, so that their epoch had to do."""
    first_fault: tuple[str, int] | None = None
    """File and byte of the first line with a fault."""

    @property
    def unusable(self) -> int:
        """How many lines could not be used."""
        return sum(self.faults.values())

    def count_fault(self, fault: str, name: str, offset: int) -> None:
        """Count a line that can't be used."""
        self.faults[fault] = self.faults.get(fault, 0) + 1
        self.first_fault = self.first_fault or (name, offset)


def translated(chunk: Chunk, translator: Translator, tally: Tally) -> list[CallEvent]:
    """Return the events of a chunk's lines; those that can't be used are counted."""
    events: list[CallEvent] = []
    if chunk.torn_at is not None:
        tally.count_fault("malformed", *chunk.torn_at)
    for offset, raw in chunk.lines:
        try:
            events += translator.translate(raw)
        except LineError as error:
            tally.count_fault(error.fault, chunk.name, offset)
    tally.lines += len(chunk.lines)
    tally.events += len(events)
    tally.repaired = translator.repaired
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
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Read and send until told to stop; with ``is_once``, until the end of the log.

    ``save`` gets a bookmark only after everything before it is delivered. What the parts raise
    passes through; :class:`UndeliveredError` if told to stop and delivery takes too long.
    """
    unsaved: Bookmark | None = None
    saved_at = reported_at = clock()
    reported = 0
    while not stopping.is_set():
        chunk = tail.read()
        if chunk is not None:
            sink.send(translated(chunk, translator, tally))
            _await_delivery(sink, stopping, clock)
            unsaved = Bookmark(
                source=translator.source,
                position=chunk.position,
                legs=translator.legs.listed(),
            )
        if unsaved and (chunk is None or clock() - saved_at >= SAVE_SECONDS):
            save(unsaved)
            unsaved, saved_at = None, clock()
        if tally.unusable > reported and (
            reported == 0 or clock() - reported_at >= REPORT_SECONDS
        ):
            _report(tally)
            reported, reported_at = tally.unusable, clock()
        if chunk is None:
            if is_once:
                break
            stopping.wait(POLL_SECONDS)
    if unsaved:
        save(unsaved)
    if tally.unusable > reported:
        _report(tally)


def _await_delivery(sink: Sink, stopping: Stopping, clock: Callable[[], float]) -> None:
    asked_at: float | None = None
    while not sink.wait(0.2):
        if stopping.is_set():
            asked_at = asked_at or clock()
            if clock() - asked_at > PARTING_SECONDS:
                raise UndeliveredError


def _report(tally: Tally) -> None:
    name, offset = tally.first_fault or ("", 0)
    log.warning(
        "%d of %d lines can't be used (%s); the first is at byte %d of %s",
        tally.unusable,
        tally.lines,
        ", ".join(f"{fault}: {count}" for fault, count in sorted(tally.faults.items())),
        offset,
        name,
    )


def hashed_callers(keys: Keys, zone: ZoneInfo, now: Callable[[], datetime]) -> CallerHash:
    """Return what hashes a caller under the key of the local date it called on."""

    def caller(number: str, at: int) -> str | None:
        if not number:
            return None
        day = moment(at).astimezone(zone).date()
        key = keys.key(day, now().astimezone(zone).date())
        return None if key is None else pseudonym(number, key)

    return caller
