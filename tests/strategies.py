"""Random calls for property tests: coarse times, so that ties and returns are common."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import strategies as st

from streams.domain.events import CALL_TYPES, CallData, CallEvent

CONTACTS = ("c1", "c2", "c3", "c4")
PARTNER = "kalix-tele24"
QUEUES = ("vaxel", "kundtjanst", "finns-inte", PARTNER)
CALLERS = (None, *(sha256(name.encode()).hexdigest() for name in "abc"))
ORIGINS = ("unknown", "unknown", "external", "external", "internal")
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
        data=draw(call_data(queue, arrived))
        if offered
        else CallData(queue=queue, arrived_at=arrived),
    )


@st.composite
def call_data(draw: st.DrawFn, queue: str, arrived: datetime) -> CallData:
    """What is said of a call that arrives: now and then who calls, and from where."""
    return CallData(
        queue=queue,
        arrived_at=arrived,
        caller=draw(st.sampled_from(CALLERS)),
        origin=draw(st.sampled_from(ORIGINS)),  # type: ignore[arg-type]
    )


EXACT_AGES = (0, 15, 20, 300, 900, 1_800, 3_600)
WAITS = (0, 4, 5, 8, 9, 10, 14, 15, 16, 20, 40, 60, 61, 120, 121, 299, 300, 301)
ENDINGS = (
    "answered", "answered", "answered", "answered", "abandoned", "abandoned",
    "overflowed", "overflowed", "refused", "closed", "callback_requested", None,
)  # fmt: skip
CALLED_BACK = (-1, 0, 10, 599, 600, 601)
"""Seconds from the request; ten minutes are promised."""


@st.composite
def whole_call(draw: st.DrawFn, around: datetime, number: int) -> list[CallEvent]:
    """A call as it goes: it arrives, within the last hour or just at a window's edge, and ends.

    It may go on to another queue, and be passed on after an answer.
    """
    age = st.one_of(st.integers(0, 3_700), st.sampled_from(EXACT_AGES))
    arrived = around.astimezone(UTC) - timedelta(
        seconds=draw(age), microseconds=draw(st.sampled_from([0, 0, 0, 1, -1]))
    )
    contact = draw(st.sampled_from([f"w{number}", f"w{number}", "w0"]))
    queue = draw(st.sampled_from(("vaxel", "vaxel", "kundtjanst", "finns-inte", "inte-heller")))
    events: list[CallEvent] = []
    for _ in range(3):
        facts, onward = draw(leg_facts(arrived))
        about = draw(call_data(queue, arrived))
        events += [
            CallEvent(
                id=f"{contact}-{number}-{queue}-{what}-{at.timestamp()}",
                source="/test",
                type=f"se.svarsgrad.call.{what}.v1",
                subject=contact,
                time=at,
                partitionkey="lulea",
                data=about if what == "offered" else CallData(queue=queue, arrived_at=arrived),
            )
            for what, at in facts
        ]
        if onward is None:
            break
        # Mostly at once; now and then by another clock, or while the first still talks.
        ahead = timedelta(seconds=draw(st.sampled_from([0, 0, 0, 0, 1, -1])))
        arrived = max(arrived, onward + ahead)
        queue = draw(st.sampled_from((PARTNER, PARTNER, "kundtjanst", "vaxel")))
    return events


@st.composite
def leg_facts(
    draw: st.DrawFn, arrived: datetime
) -> tuple[list[tuple[str, datetime]], datetime | None]:
    """What happens to a leg, and when its caller goes on to another one, if they do."""
    spare = st.sampled_from([0, 0, 0, 1, -1])
    wait = timedelta(seconds=draw(st.sampled_from(WAITS)), microseconds=draw(spare))
    end = max(arrived, arrived + wait)
    facts, ending = [("offered", arrived)], draw(st.sampled_from(ENDINGS))
    if ending is None:
        return facts, None
    facts.append((ending, end))
    if ending == "answered" and (how := draw(st.sampled_from(["completed", "transferred", None]))):
        # Now and then before its answer, as a faulty source has it.
        talk = timedelta(seconds=draw(st.sampled_from([-3, 0, 1, 30, 200])))
        facts.append((how, max(arrived, end + talk)))
        goes_on = how == "transferred" and draw(st.booleans())
        return facts, facts[-1][1] if goes_on else None
    if ending == "callback_requested" and draw(st.booleans()):
        after = timedelta(seconds=draw(st.sampled_from(CALLED_BACK)), microseconds=draw(spare))
        facts.append(("callback_answered", max(arrived, end + after)))
    goes_on = ending == "overflowed" and draw(st.sampled_from([True, True, False]))
    return facts, end if goes_on else None


@st.composite
def logs(draw: st.DrawFn, around: datetime, most: int = 40) -> Sequence[CallEvent]:
    """Lists of events: whole calls of a busy hour, and loose facts about the same few calls."""
    calls = draw(st.integers(0, 14))
    whole = [event for n in range(calls) for event in draw(whole_call(around, n))]
    return whole + draw(st.lists(call_events(around), max_size=most // 2))


@st.composite
def overflowing(draw: st.DrawFn, around: datetime) -> Sequence[CallEvent]:
    """The calls of a switchboard from which many go on to a partner, which is slow or quick."""
    ends = st.sampled_from(("answered", "abandoned", "overflowed", "overflowed"))
    calls: list[CallEvent] = []
    for n in range(draw(st.integers(1, 12))):
        arrived = around.astimezone(UTC) - timedelta(seconds=draw(st.integers(0, 600)))
        wait = timedelta(seconds=draw(st.sampled_from(WAITS)))
        how, delay = draw(ends), timedelta(seconds=draw(st.sampled_from((0, 1, 5, 10, 11, 300))))
        facts = [("vaxel", arrived, "offered", arrived), ("vaxel", arrived, how, arrived + wait)]
        if how == "overflowed" and (there := draw(st.sampled_from(("answered", "abandoned", "")))):
            # Now and then by a clock that is a little ahead.
            then = max(arrived, arrived + wait - draw(st.sampled_from((0, 0, 2))) * SECOND)
            facts.append((PARTNER, then, there, then + delay))
        calls += [
            CallEvent(
                id=f"{n}-{queue}-{what}",
                source="/test",
                type=f"se.svarsgrad.call.{what}.v1",
                subject=f"o{n}",
                time=at,
                partitionkey="lulea",
                data=CallData(queue=queue, arrived_at=came),
            )
            for queue, came, what, at in facts
        ]
    return calls


SECOND = timedelta(seconds=1)
NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
