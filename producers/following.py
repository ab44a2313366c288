"""What followers have in common: events are delivered before it is written down how far they read.

Kafka may be away for any time: reading waits meanwhile, and that is said once.
"""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Final, Protocol

from producers.publisher import Publisher
from producers.sinks import KafkaSink, LineSink, Sink, open_lines
from streams.kafka.security import security_as_told
from streams.logs import e, tell, tell_remark

PARTING_SECONDS: Final = 5.0
"""How long delivery is waited for when asked to stop."""
AWAY_SECONDS: Final = 5.0
"""How long delivery may take before it is said."""
WAIT_SECONDS: Final = 0.2
log = logging.getLogger(__name__)


class UndeliveredError(Exception):
    """Asked to stop while events were on their way; they will be sent again."""

    def __str__(self) -> str:
        return "De senaste händelserna hann inte levereras: de skickas vid nästa start."


class Stopping(Protocol):
    """Tells when to stop: a ``threading.Event``."""

    def is_set(self) -> bool:
        """Return whether it is time."""

    def wait(self, timeout: float) -> bool:
        """Sleep until it is time, or ``timeout`` seconds."""


def await_delivery(
    sink: Sink,
    stopping: Stopping,
    *,
    tell_waiting: Callable[[bool], None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when all that was sent is safe. ``tell_waiting`` gets whether Kafka is away.

    Raises :class:`UndeliveredError` if told to stop and it takes too long, and what the sink does.
    """
    began = clock()
    asked_at: float | None = None
    is_away = False
    while not sink.wait(WAIT_SECONDS):
        if not is_away and clock() - began > AWAY_SECONDS:
            is_away = True
            tell_waiting(True)
            told = "Kafka tar inte emot: läsningen väntar, och fortsätter när det går igen."
            tell(log, e.KAFKA_AWAY, told)
        if stopping.is_set():
            asked_at = asked_at or clock()
            if clock() - asked_at > PARTING_SECONDS:
                raise UndeliveredError
    if is_away:
        tell_waiting(False)
        tell(log, e.KAFKA_BACK, "Kafka tar emot igen.")


def sink_to(to: str | None, kafka: str, topics: Mapping[str, str], *, is_continued: bool) -> Sink:
    """Return where events go: to Kafka's topics, by kind, or as lines to a file or stdout.

    A file is gone on in if ``is_continued``. Raises as the sinks do.
    """
    if to is None:
        security = security_as_told(tell_remark)
        first = next(iter(topics.values()))
        return KafkaSink(
            lambda seconds: Publisher(
                kafka, first, topics=topics, security=security, patience_seconds=seconds
            )
        )
    if to == "-":
        return LineSink(sys.stdout.buffer, "standard ut", is_ours=False)
    return open_lines(Path(to), is_continued=is_continued)


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Give an event that Ctrl-C and SIGTERM set; a second one stops at once, as usual."""
    stopping = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
