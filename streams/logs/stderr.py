"""A process's log on standard error, in the format that it is told."""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Final, TextIO

from streams.logs.lines import JsonLines, Prioritized, TextLines
from streams.logs.sparing import Sparing

PREFIX: Final = "SVARSGRAD_LOG_"
FORMAT: Final = PREFIX + "FORMAT"
TEXT: Final = "text"
JSON: Final = "json"
JOURNAL: Final = "JOURNAL_STREAM"
CHATTY: Final = ("faust", "mode", "aiokafka", "asyncio")
"""Libraries that are stopped from making what would not be heard: it costs time."""
MUTE: Final = ("aiohttp", "kafka")
"""Libraries that are not heard at all: aiohttp quotes what it can't read, and what kafka-python
meets we say ourselves, once, with what to do."""


class LogFormatError(ValueError):
    """What is told of the log can't be used. The message is one line in Swedish."""


def format_as_told(environ: Mapping[str, str]) -> str:
    """Return the format that ``environ`` says. Raises :class:`LogFormatError`."""
    for name in sorted(environ):
        if name.startswith(PREFIX) and name != FORMAT:
            raise LogFormatError(f"{name} är ingen inställning; den som finns: {FORMAT}")
    told = environ.get(FORMAT, "").strip() or TEXT
    if told not in (TEXT, JSON):
        raise LogFormatError(f"{FORMAT}={told!r} går inte: skriv {TEXT} eller {JSON}")
    return told


def is_journal(environ: Mapping[str, str], descriptor: int = 2) -> bool:
    """Say whether a descriptor is the journal's own, as systemd tells a service."""
    told = environ.get(JOURNAL)
    if not told:
        return False
    try:
        its = os.fstat(descriptor)
    except OSError:
        return False
    return told == f"{its.st_dev}:{its.st_ino}"


def formatter(told: str, *, of_journal: bool, is_plain: bool = False) -> logging.Formatter:
    """Return what makes lines; ``is_plain`` text is for a person who waits for the end."""
    lines = (
        JsonLines() if told == JSON else TextLines(is_stamped=not of_journal, is_plain=is_plain)
    )
    return Prioritized(lines) if of_journal else lines


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what standard error is when it writes."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self.stream = sys.stderr
        super().emit(record)


@contextlib.contextmanager
def logged_to_stderr(lines: logging.Formatter, level: int = logging.INFO) -> Iterator[None]:
    """Send the process's log to standard error for as long as the context lasts.

    What Python would print there by itself, of warnings and of threads that ended by an error, is
    logged too.
    """
    handler = _Stderr()
    handler.setLevel(level)
    handler.setFormatter(lines)
    handler.addFilter(Sparing())
    root = logging.getLogger()
    levels = {name: max(level, logging.WARNING) for name in CHATTY}
    levels |= dict.fromkeys(MUTE, logging.CRITICAL + 1)
    before = {name: logging.getLogger(name).level for name in levels}
    of_root, of_threads, of_ignored = root.level, threading.excepthook, sys.unraisablehook
    root.addHandler(handler)
    root.setLevel(min(level, root.level))
    for name, its in levels.items():
        logging.getLogger(name).setLevel(its)
    if of_threads is threading.__excepthook__:  # whoever has put in another one wants it
        threading.excepthook = _thread_ended
    if of_ignored is sys.__unraisablehook__:
        sys.unraisablehook = _ignored
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        threading.excepthook, sys.unraisablehook = of_threads, of_ignored
        for name, its in before.items():
            logging.getLogger(name).setLevel(its)
        root.setLevel(of_root)
        root.removeHandler(handler)


def last_words(record: logging.LogRecord) -> None:
    """Write a record at once, whatever lock of the log a thread that hangs may hold.

    It is text in a process whose log goes nowhere else.
    """
    of_ours = [its for its in logging.getLogger().handlers if isinstance(its, _Stderr)]
    lines = of_ours[0].formatter if of_ours else None
    said = (lines or TextLines()).format(record)
    os.write(2, f"{said}\n".encode("utf-8", "backslashreplace"))


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread else "?"
        logging.getLogger("threading").error(
            "thread %s ended by an error", name, exc_info=args.exc_value
        )


def _ignored(args: "sys.UnraisableHookArgs") -> None:
    logging.getLogger("sys").warning("an error was ignored", exc_info=args.exc_value)
