"""Logs: one JSON object a line on standard error. No event's content ever stands in one."""

import logging
import sys
from typing import Final

import orjson

CHATTY: Final = ("faust", "mode", "aiokafka", "kafka", "asyncio")
"""Libraries that are heard from WARNING up only."""


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
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(entry).decode()
        except TypeError:  # half characters, as in names of files that are not UTF-8
            return orjson.dumps({key: _whole(str(text)) for key, text in entry.items()}).decode()


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send the process's logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
