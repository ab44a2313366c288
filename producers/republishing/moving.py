"""Events moved in time: what happened on another day, as if it happened now.

Every instant of an event is moved by as much, so that waits, talks and deadlines are as they were.
What it is about (a call, a question, a case, a reply) and the event itself get names of their own:
else the moved ones would be taken for facts about the original. A queue that is staffed and a
source that is alive keep their names, and a figure that others measured is of its day: it stays.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from streams.domain.event_types import MAX_TEXT, CaseEvent, MeasureEvent, PresenceEvent
from streams.domain.events import Event

_NAMED_DIGITS: Final = 32


def moved(event: Event, by: timedelta) -> Event:
    """Return an event ``by`` so much later; one about a measured figure as it is."""
    if isinstance(event, MeasureEvent):
        return event
    mark = f"~{by // timedelta(microseconds=1)}"
    data = _later(event.data, by)
    if isinstance(event, CaseEvent) and event.data.contact is not None:
        data = msgspec.structs.replace(data, contact=_renamed(event.data.contact, mark))
    is_lasting = isinstance(event, PresenceEvent)
    return msgspec.structs.replace(
        event,
        id=_renamed(event.id, mark),
        subject=event.subject if is_lasting else _renamed(event.subject, mark),
        time=event.time + by,
        data=data,
    )


def _later(data: Any, by: timedelta) -> Any:
    """Return a struct with all its instants moved."""
    instants = {
        name: value + by
        for name in data.__struct_fields__
        if isinstance(value := getattr(data, name), datetime)
    }
    return msgspec.structs.replace(data, **instants)


def _renamed(name: str, mark: str) -> str:
    """Return a name of its own for what was moved, at most as long as names may be."""
    if len(name) + len(mark) <= MAX_TEXT:
        return name + mark
    return hashlib.sha256((name + mark).encode()).hexdigest()[:_NAMED_DIGITS]
