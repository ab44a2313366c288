"""Lines to events to where they go: the loop of a follower, and what it counts.

A chunk of lines is read, translated, sent, and known to be delivered before the place in the log
is written down. So whatever stops the follower, the next one reads on at a place before which
nothing is missing; what it sends again has the same ids.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from producers.pseudonym import Keys, pseudonym
from producers.queue_log.bookmark import Bookmark
from producers.queue_log.line import LineError
from producers.queue_log.tail import Chunk, Tail
from producers.queue_log.translator import CallerHash, Translator
from producers.sinks import Sink
from streams.domain.events import Event
from streams.domain.instants import moment
from streams.domain.swedish import count

POLL_SECONDS: Final = 0.05
SAVE_SECONDS: Final = 1.0
"""How often the place is written down while there is much to read."""
REPORT_SECONDS: Final = 60.0
"""How often lines that can't be used are told while following."""
PARTING_SECONDS: Final = 5.0
"""How long delivery is waited for when asked to stop."""
AWAY_SECONDS: Final = 5.0
"""How long delivery may take before it is said."""


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
    """How many lines had which fault (``producers.queue_log.line.FAULTS``)."""
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
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Read and send until told to stop; with ``is_once``, until the end of the log.

    ``save`` gets a bookmark only after everything before it is delivered. ``say`` is told, in
    Swedish, what whoever watches should know meanwhile. What the parts raise passes through;
    :class:`UndeliveredError` if told to stop and delivery takes too long.
    """
    unsaved: Bookmark | None = None
    saved_at = reported_at = clock()
    reported = 0
    while not stopping.is_set():
        chunk = tail.read()
        if chunk is not None:
            sink.send(translated(chunk, translator, tally))
            _await_delivery(sink, stopping, say, clock)
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
        if not is_once and is_due and tally.unusable > reported:
            say(unusable(tally))
            reported, reported_at = tally.unusable, clock()
        if chunk is None:
            if is_once:
                break
            stopping.wait(POLL_SECONDS)
    if unsaved:
        save(unsaved)


def _await_delivery(
    sink: Sink, stopping: Stopping, say: Callable[[str], None], clock: Callable[[], float]
) -> None:
    began = clock()
    asked_at: float | None = None
    is_away = False
    while not sink.wait(0.2):
        if not is_away and clock() - began > AWAY_SECONDS:
            is_away = True
            say("Kafka tar inte emot: läsningen väntar, och fortsätter när det går igen.")
        if stopping.is_set():
            asked_at = asked_at or clock()
            if clock() - asked_at > PARTING_SECONDS:
                raise UndeliveredError
    if is_away:
        say("Kafka tar emot igen.")


def unusable(tally: Tally) -> str:
    """Return how many lines could not be used and where the first one is; "" if all could."""
    if tally.first_fault is None:
        return ""
    name, offset = tally.first_fault
    return (
        f"Rader som inte kunde användas: {count(tally.unusable)}, den första vid byte "
        f"{count(offset)} i {name}."
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
