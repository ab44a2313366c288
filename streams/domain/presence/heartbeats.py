"""Which sources are alive: each says so every half minute.

A source that has fallen silent says nothing of its queues, and what is known of them grows old. A
queue whose sources have never been heard since the horizon is not watched: nobody knows that they
would say anything. Once any of them has been heard, all of them are expected to be.

Source: docs/decisions/0011-opening-kept.md.
"""

from collections.abc import Mapping
from typing import Final

from streams.domain.catalogue import Municipality, Source
from streams.domain.instants import SECOND
from streams.domain.presence.statements import Frame

UNKNOWN_SOURCE: Final = "okänd källa"
"""What sources that the catalogue doesn't have are shown as; no source can have that id."""
SILENT_AFTER: Final = 90 * SECOND
"""Three heartbeats missed. After exactly so long a source is not silent yet."""


def seconds_since(municipality: Municipality, frame: Frame) -> dict[str, float | None]:
    """Return for how many seconds each source has not been heard; None if never.

    The sources of the catalogue, and those it doesn't have as one, if any of them has been heard:
    the latest of these.
    """
    last = {source: frame.last_heartbeat.get(source) for source in municipality.sources}
    strangers = [at for source, at in frame.last_heartbeat.items() if source not in last]
    if strangers:
        last[UNKNOWN_SOURCE] = max(strangers)
    return {
        source: None if at is None else (frame.as_of - at) / SECOND for source, at in last.items()
    }


def silent_sources(municipality: Municipality, frame: Frame) -> dict[str, tuple[str, ...]]:
    """Return the silent sources of each queue that is watched; none of a queue is good.

    A source is silent if it has not been heard for more than :data:`SILENT_AFTER`, or never. One
    that is read from files, now and then, is not expected to say anything.
    """
    sources_of: dict[str, list[Source]] = {}
    for source in municipality.sources.values():
        for queue in source.queues:
            sources_of.setdefault(queue, []).append(source)
    heard = frame.last_heartbeat
    return {
        queue: tuple(source.id for source in sources if _is_silent(source, heard, frame.as_of))
        for queue, sources in sources_of.items()
        if any(source.id in heard for source in sources)
    }


def _is_silent(source: Source, heard: Mapping[str, int], as_of: int) -> bool:
    if source.id not in heard:
        return not source.is_of_files
    return as_of - heard[source.id] > SILENT_AFTER
