"""Runs probes beside each other, each within a bounded time."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from doctor.seen import Failed

Seen = TypeVar("Seen")


class Running(Generic[Seen]):
    """A probe at work in a thread of its own, which the process does not wait for at its end."""

    def __init__(self, name: str, probe: Callable[..., Seen | Failed], *arguments: Any) -> None:
        self._name = name
        self._seen: Seen | Failed = Failed("")
        self._error: BaseException | None = None
        self._thread = threading.Thread(
            target=self._run, args=(probe, arguments), name=name, daemon=True
        )
        self._thread.start()

    def _run(self, probe: Callable[..., Seen | Failed], arguments: tuple[Any, ...]) -> None:
        try:
            self._seen = probe(*arguments)
        except BaseException as error:
            self._error = error

    def seen(self, deadline: float) -> Seen | Failed:
        """Return what it saw, or that it took too long; ``deadline`` is in monotonic seconds.

        Raises what it raised: that is a fault of ours.
        """
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            return Failed(
                f"{self._name} svarade inte i tid: försök igen; svarar den alltid långsamt, se "
                "om dess maskin eller nätet är överlastat"
            )
        if self._error is not None:
            raise self._error
        return self._seen
