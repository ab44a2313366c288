"""Ends a process that is alive but does not work, so that its partitions move to one that does.

Kafka's heartbeats go on in another thread while the event loop is blocked, so the group would
never notice. The watchdog is a thread of its own: if the event loop has not turned, or the worker
says it is stuck, for too long, the process exits at once, and says why and where it stood.
"""

import asyncio
import faulthandler
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

EXIT_CODE: Final = 75
"""``EX_TEMPFAIL``: start it again."""


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
    line = {"level": "critical", "logger": __name__, "message": f"ending the process: {reason}"}
    sys.stderr.write(json.dumps(line) + "\n")
    faulthandler.dump_traceback(sys.stderr)  # where each thread stands; no values
    sys.stderr.flush()
    os._exit(EXIT_CODE)
