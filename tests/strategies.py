"""Random calls for property tests: coarse times, so that ties and returns are common."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from streams.domain.events import CALL_TYPES, CallData, CallEvent

CONTACTS = ("c1", "c2", "c3", "c4")
QUEUES = ("vaxel", "kundtjanst", "finns-inte")
AGES = (-60, 0, 1, 15, 20, 300, 899, 900, 1800, 3600, 90_000, 180_000)
STEPS = (0, 1, 5, 14, 15, 16, 40, 299, 300, 301, 900)


@st.composite
def call_events(
    draw: st.DrawFn, around: datetime, municipality: str = "lulea", source: str = "/test"
) -> CallEvent:
    """One event about one of few calls, within some hours of an instant."""
    arrived = around.astimezone(UTC) - timedelta(
        seconds=draw(st.sampled_from(AGES)) + draw(st.integers(0, 20)),
        microseconds=draw(st.sampled_from([0, 0, 0, 1, 999_999])),
    )
    type_ = draw(st.sampled_from(sorted(CALL_TYPES)))
    offered = CALL_TYPES[type_] == "offered"
    after = timedelta(
        seconds=0 if offered else draw(st.sampled_from(STEPS)),
        microseconds=0 if offered else draw(st.sampled_from([0, 0, 0, 1])),
    )
    contact, queue = draw(st.sampled_from(CONTACTS)), draw(st.sampled_from(QUEUES))
    return CallEvent(
        id=f"{contact}-{queue}-{arrived.timestamp()}-{type_}-{after}",
        source=source,
        type=type_,
        subject=contact,
        time=arrived + after,
        partitionkey=municipality,
        data=CallData(queue=queue, arrived_at=arrived),
    )


def logs(around: datetime, most: int = 40) -> st.SearchStrategy[Sequence[CallEvent]]:
    """Return lists of events about the same few calls."""
    return st.lists(call_events(around), max_size=most)


NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
