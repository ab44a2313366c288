"""Ends a process that is alive but does not work, so that its partitions move to one that does.

Kafka's heartbeats go on in another thread while the event loop is blocked, so the group would
never notice. The watchdog is a thread of its own: if the event loop has not turned, or the worker
says it is stuck, for too long, the process exits at once, and says why and where it stood.
"""

import asyncio
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Final

from streams.logs import e
from streams.logs.stderr import last_words

EXIT_CODE: Final = 75
"""``EX_TEMPFAIL``: start it again."""
MOST_FRAMES: Final = 20
"""Of each thread: its last ones."""
MOST_THREADS: Final = 20


class Watchdog:
    """Watches one event loop. ``health`` is asked on the loop and returns what is wrong."""

    def __init__(self, health: Callable[[], Mapping[str, str]], stuck_seconds: float) -> None:
        self._health = health
        self._patience = stuck_seconds
        self._turned = time.monotonic()
        self._stopped = threading.Event()

    async def watch(self) -> None:
        """Turn with the loop until cancelled; start the thread that looks."""
        interval = min(1.0, self._patience / 10)
        thread = threading.Thread(target=self._look, args=(interval,), daemon=True)
        self._turned = time.monotonic()
        thread.start()
        try:
            while True:
                self._turned = time.monotonic()
                try:
                    problems = self._health()
                except Exception as error:  # a watchdog that dies unseen is worse
                    _end(f"its health can't be told: {error!r}")
                if problems:
                    _end("; ".join(f"{k}: {v}" for k, v in problems.items()))
                await asyncio.sleep(interval)
        finally:
            self._stopped.set()

    def _look(self, interval: float) -> None:
        while not self._stopped.wait(interval):
            stood = time.monotonic() - self._turned
            if stood > self._patience:
                _end(f"the event loop has stood still for {stood:.0f} s")


def _end(reason: str) -> None:
    said = f"ending the process: {reason}"
    record = logging.LogRecord(__name__, e.STUCK.level, __file__, 0, said, (), None)
    record.entry = e.STUCK
    record.stack_info = _where_threads_stand()
    last_words(record)
    os._exit(EXIT_CODE)


def _where_threads_stand() -> str:
    """Return where each thread stands, the main one first; no values."""
    names = {its.ident: its.name for its in threading.enumerate()}
    main = threading.main_thread().ident
    frames = sorted(sys._current_frames().items(), key=lambda its: its[0] != main)
    return "\n".join(
        f"Thread {names.get(ident, ident)}:\n"
        + "".join(traceback.format_list(traceback.extract_stack(frame, limit=MOST_FRAMES)))
        for ident, frame in frames[:MOST_THREADS]
    )
