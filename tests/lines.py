"""Records of a log, as its readers give them, without a broker."""

from dataclasses import dataclass
from datetime import UTC, datetime

from streams.domain.events import CallData, CallEvent, encode

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """A record."""

    offset: int
    value: bytes | None
    timestamp: int = int(NOW.timestamp() * 1000)


def call(offset: int, topic: str = "calls") -> Line:
    """Return a record that is a call of its own."""
    event = CallEvent(
        id=f"{topic}-{offset}",
        source="/test",
        type="se.svarsgrad.call.offered.v1",
        subject=f"{topic}-{offset}",
        time=NOW,
        partitionkey="lulea",
        data=CallData(queue="vaxel", arrived_at=NOW),
    )
    return Line(offset, encode(event))
