"""Notes what happened, on every board that shows notes with these tags: once, however often told.

What is noted is known by its text, its time and its tags. It may get an end later.
"""

import enum
from dataclasses import dataclass

from dashboards.grafana.refusals import PassingError
from dashboards.grafana.server import Annotation, Server


class Done(enum.Enum):
    """What became of a note."""

    WRITTEN = enum.auto()
    THERE = enum.auto()
    ENDED = enum.auto()


@dataclass(frozen=True, slots=True)
class Note:
    """What happened, from one millisecond since 1970 to another."""

    text: str
    at: int
    until: int | None
    """None for what is not known to have an end."""
    tags: frozenset[str]


def tag(text: str) -> str:
    """Return a tag as Grafana keeps it: ``key:value`` at most, without blanks; empty of none."""
    key, _, value = text.partition(":")
    key, value = key.strip(), value.partition(":")[0].strip()
    return f"{key}:{value}" if key and value else key


def annotate(server: Server, note: Note) -> Done:
    """Note what happened, if it isn't noted already."""
    tags = sorted(note.tags)
    there = _there(server, note)
    if there is None:
        end = note.at if note.until is None else note.until
        try:
            server.add_annotation(note.at, end, note.text, tags)
        except PassingError as error:
            # It may have been written all the same: only looking tells.
            if error.is_undone or _there(server, note) is None:
                raise
        return Done.WRITTEN
    if note.until is None or note.until == max(there.time_end, there.time):
        return Done.THERE
    server.change_annotation(there.id, note.at, note.until, note.text, tags)
    return Done.ENDED


def _there(server: Server, note: Note) -> Annotation | None:
    """Return the note that is this one. What Grafana picks out is not relied upon."""
    for one in server.annotations(note.at, sorted(note.tags)):
        is_ours = not (one.alert_id or one.dashboard_id)
        tags = frozenset(tag(text) for text in one.tags or ())
        if is_ours and (one.text, one.time, tags) == (note.text, note.at, note.tags):
            return one
    return None
