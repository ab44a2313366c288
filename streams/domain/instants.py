"""Instants as whole microseconds since 1970 (UTC): exact, small, and the same in every column.

Datetimes stand at the edges (events, catalogue, what people type); between them an instant is an
``int``. Differences are exact, so a wait of exactly the limit is always in time.
"""

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
NEVER = 2**63 - 1
"""What a column holds for a fact that has not happened: later than every instant."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return the instant of an aware datetime; a naive one is the caller's error (TypeError)."""
    return (at - _EPOCH) // _MICROSECOND


def moment(instant: int) -> datetime:
    """Return the aware datetime (UTC) of an instant."""
    return _EPOCH + timedelta(microseconds=instant)
