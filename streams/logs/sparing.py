"""Holds back what would come again and again, so that no fault fills a disk or hides another."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PASSING: Final = frozenset({"Group Coordinator Request failed: %s"})
"""What libraries say as errors though it passes by itself, as on a cluster nobody has used yet."""
EVERY_SECONDS: Final = 10.0
"""How often the same may be said. aiokafka's 80 lines a second hide all others."""
MOST_KINDS: Final = 1000
"""So many kinds of messages are kept in mind: some have their arguments in the format string."""


@dataclass(slots=True)
class _Kind:
    """What is known of a kind of message."""

    due: float
    """When one may be let through."""
    last: float
    held_back: int = 0


class Sparing(logging.Filter):
    """Lets a kind of message through once in a while, and counts the others.

    An entry is let through each time unless it is one that is spared: then a kind is a logger and
    an entry. What has no entry is a library's, though it may have a logger of ours (Faust's
    services take the name of the module that makes them): it is heard from WARNING up, and a kind
    is a logger and a format string, whatever the arguments. One that is let through has
    ``held_back``: how many of its kind were not since the last. What is passing is let through
    only when it has gone on for so long.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is let through."""
        what = str(record.msg)
        if (entry := getattr(record, "entry", None)) is not None:
            if not entry.is_spared:
                return True
            what = entry.name
        elif record.levelno < logging.WARNING:
            return False
        with self._lock:
            now = self._clock()
            kind = self._kind(record.name, what, now)
            kind.last = now
            if now < kind.due:
                kind.held_back += 1
                return False
            record.held_back = kind.held_back
            kind.due, kind.held_back = now + EVERY_SECONDS, 0
            return True

    def _kind(self, name: str, what: str, now: float) -> _Kind:
        kind = self._kinds.get((name, what))
        is_passing = what in PASSING
        if kind is None or (is_passing and now - kind.last > EVERY_SECONDS):
            kind = _Kind(due=now + EVERY_SECONDS if is_passing else now, last=now)
            self._kinds[name, what] = kind
        if len(self._kinds) > MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        return kind
