"""Logs: one JSON object a line on standard error. No event's content ever stands in one."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson

CHATTY: Final = ("faust", "mode", "aiokafka", "kafka", "asyncio")
"""Libraries that are heard from WARNING up only, and not with the same again and again."""
PASSING: Final = frozenset({"Group Coordinator Request failed: %s"})
"""What they say as errors though it passes by itself, as on a cluster that nobody has used yet."""
EVERY_SECONDS: Final = 10.0
"""How often a library may say the same. aiokafka's 80 lines a second hide all others."""
MOST_KINDS: Final = 1000
"""So many kinds of messages are kept in mind: some have their arguments in the format string."""


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if held_back := getattr(record, "held_back", 0):
            entry["held_back"] = held_back
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(entry).decode()
        except TypeError:  # half characters, as in names of files that are not UTF-8
            return orjson.dumps({key: _whole(str(text)) for key, text in entry.items()}).decode()


@dataclass(slots=True)
class _Kind:
    """What is known of a kind of message."""

    due: float
    """When one may be let through."""
    last: float
    held_back: int = 0


class Sparing(logging.Filter):
    """Lets a kind of message from a chatty library through once in a while; counts the others.

    A kind is a logger and a format string, whatever the arguments. One that is let through has
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
        if record.name.partition(".")[0] not in CHATTY:
            return True
        with self._lock:
            now = self._clock()
            kind = self._kind(record.name, str(record.msg), now)
            kind.last = now
            if now < kind.due:
                kind.held_back += 1
                return False
            record.held_back = kind.held_back
            kind.due, kind.held_back = now + EVERY_SECONDS, 0
            return True

    def _kind(self, name: str, message: str, now: float) -> _Kind:
        kind = self._kinds.get((name, message))
        is_passing = message in PASSING
        if kind is None or (is_passing and now - kind.last > EVERY_SECONDS):
            kind = _Kind(due=now + EVERY_SECONDS if is_passing else now, last=now)
            self._kinds[name, message] = kind
        if len(self._kinds) > MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        return kind


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send the process's logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sparing())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
