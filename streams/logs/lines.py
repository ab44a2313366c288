"""How a record becomes a line: for a person, for a machine, and for the journal."""

import logging
from datetime import datetime
from types import TracebackType
from typing import Final

import orjson

from streams.logs import entries as e
from streams.logs.errors import traced, unquoted

RESERVED: Final = frozenset(
    {"time", "level", "event", "message", "logger", "held_back", "exception"}
)
"""Fields of all lines."""
MOST_TRACE_LINES: Final = 40
"""Of an error, in text: its first and its last ones."""
_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4))
"""Level → syslog's priority; all others are 6. Source: sd-daemon(3)."""
_ExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class _Lines(logging.Formatter):
    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 # logging's name
        """Return an error with where it was raised, without what was read."""
        return "" if ei[1] is None else traced(ei[1])


class JsonLines(_Lines):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": _at(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": _entry(record).name,
            "message": _message(record),
            **getattr(record, "fields", {}),
            "logger": record.name,
        }
        if held_back := getattr(record, "held_back", 0):
            line["held_back"] = held_back
        if error := _error(self, record):
            line["exception"] = error
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # half characters, as in names of files that are not UTF-8
            return orjson.dumps({key: _whole(str(text)) for key, text in line.items()}).decode()


class TextLines(_Lines):
    """Formats a record as a line that a person reads; an error's lines follow, indented."""

    def __init__(self, *, is_stamped: bool = True, is_plain: bool = False) -> None:
        """``is_stamped``: with time and level, which a journal has anyway. ``is_plain``: none."""
        super().__init__()
        self._is_stamped = is_stamped
        self._is_plain = is_plain

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and those of its error."""
        line = _shown(_message(record))
        if held_back := getattr(record, "held_back", 0):
            line += f" (and {held_back} more like it)"
        if not self._is_plain:
            line = f"{_entry(record).name}: {line}"
        if self._is_stamped and not self._is_plain:
            line = f"{_at(record):%Y-%m-%d %H:%M:%S} {record.levelname.lower()} {line}"
        lines = _error(self, record).splitlines()
        if len(lines) > MOST_TRACE_LINES:
            left_out = len(lines) - MOST_TRACE_LINES
            half = MOST_TRACE_LINES // 2
            lines = [*lines[:half], f"… {left_out} lines left out …", *lines[-half:]]
        return "\n".join([line, *(f"  {_shown(its)}" for its in lines)])


class Prioritized(logging.Formatter):
    """Formats as another does, each line with its priority in front, which the journal takes."""

    def __init__(self, lines: logging.Formatter) -> None:
        super().__init__()
        self._lines = lines

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines."""
        priority = next((its for level, its in _PRIORITIES if record.levelno >= level), 6)
        return "\n".join(f"<{priority}>{its}" for its in self._lines.format(record).split("\n"))


def _entry(record: logging.LogRecord) -> e.Entry:
    entry: e.Entry = getattr(record, "entry", e.LIBRARY)
    return entry


def _message(record: logging.LogRecord) -> str:
    given = record.args if isinstance(record.args, tuple) else ()
    errors = [its for its in given if isinstance(its, BaseException)]
    if record.exc_info and record.exc_info[1] is not None:
        errors.append(record.exc_info[1])
    return unquoted(record.getMessage(), errors)


def _at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created).astimezone()  # the next call does


def _error(formatter: _Lines, record: logging.LogRecord) -> str:
    """Return a record's error, or where threads stood; empty if it has none."""
    if record.exc_info:
        return formatter.formatException(record.exc_info)
    return record.stack_info or ""


def _shown(text: str) -> str:
    """Return a text in one line, with nothing in it that a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\N{NO-BREAK SPACE}" else ascii(c)[1:-1] for c in text
    )


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
