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


EXACT_AGES = (0, 15, 20, 300, 900, 1_800, 3_600)
WAITS = (0, 4, 5, 8, 9, 14, 15, 16, 20, 60, 299, 300, 301)
ENDINGS = ("answered", "answered", "answered", "answered", "abandoned", "abandoned",
           "overflowed", "refused", "closed", "callback_requested", None)  # fmt: skip


@st.composite
def whole_call(draw: st.DrawFn, around: datetime, number: int) -> list[CallEvent]:
    """A call as it goes: it arrives, within the last hour or just at a window's edge, and ends."""
    age = st.one_of(st.integers(0, 3_700), st.sampled_from(EXACT_AGES))
    spare = st.sampled_from([0, 0, 0, 1, -1])
    arrived = around.astimezone(UTC) - timedelta(seconds=draw(age), microseconds=draw(spare))
    contact = draw(st.sampled_from([f"w{number}", f"w{number}", "w0"]))
    queue = draw(st.sampled_from(("vaxel", "vaxel", "kundtjanst", "finns-inte", "inte-heller")))
    ends = arrived + timedelta(seconds=draw(st.sampled_from(WAITS)), microseconds=draw(spare))
    facts = [("offered", arrived)]
    ending = draw(st.sampled_from(ENDINGS))
    if ending is not None:
        facts.append((ending, max(arrived, ends)))
        if ending == "answered" and draw(st.booleans()):
            # Now and then before its answer, as a faulty source has it.
            talk = timedelta(seconds=draw(st.sampled_from([-3, 0, 1, 30, 200])))
            facts.append(("completed", max(arrived, ends + talk)))
        if ending == "callback_requested" and draw(st.booleans()):
            facts.append(("callback_answered", max(arrived, ends) + timedelta(seconds=10)))
    return [
        CallEvent(
            id=f"{contact}-{number}-{what}",
            source="/test",
            type=f"se.svarsgrad.call.{what}.v1",
            subject=contact,
            time=at,
            partitionkey="lulea",
            data=CallData(queue=queue, arrived_at=arrived),
        )
        for what, at in facts
    ]


@st.composite
def logs(draw: st.DrawFn, around: datetime, most: int = 40) -> Sequence[CallEvent]:
    """Lists of events: whole calls of a busy hour, and loose facts about the same few calls."""
    calls = draw(st.integers(0, 14))
    whole = [event for n in range(calls) for event in draw(whole_call(around, n))]
    return whole + draw(st.lists(call_events(around), max_size=most // 2))


NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
