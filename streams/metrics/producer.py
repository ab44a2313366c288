"""Metrics of a process that reads a source."""

from typing import Final

from streams.metrics.kinds import counter, gauge

_SOURCE: Final = ("municipality", "source")

SOURCE_READ = counter(
    "source_read", _SOURCE, "Lines, messages, rows or requests that have been read."
)
SOURCE_EVENTS = counter(
    "source_events", _SOURCE, "Events of these that are safe: in Kafka, or on the disk."
)
SOURCE_UNUSABLE = counter(
    "source_unusable", (*_SOURCE, "fault"), "What was read that can't be used, by kind of fault."
)
SOURCE_CHECKED = gauge(
    "source_checked_seconds",
    _SOURCE,
    "When the source last could be read (Unix time), if only to find nothing new.",
)
SOURCE_LATEST = gauge(
    "source_latest_event_seconds", _SOURCE, "The latest time of an event (Unix time)."
)
SOURCE_WAITING = gauge(
    "source_waiting_for_kafka", _SOURCE, "1 while Kafka does not take events, else 0."
)

PRODUCER: Final = (
    SOURCE_READ, SOURCE_EVENTS, SOURCE_UNUSABLE, SOURCE_CHECKED, SOURCE_LATEST, SOURCE_WAITING,
)  # fmt: skip
"""About the process that reads a source."""
