"""Random statements, heartbeats and typed values: few names, coarse times, so ties are common."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from streams.domain.event_types import (
    MeasureData,
    MeasureEvent,
    PresenceData,
    PresenceEvent,
)

QUEUES = ("vaxel", "teknik", "skola", "brevlada", "finns-inte", "inte-heller")
SOURCES = ("vaxelns", "schemat", "postens", "vems", "nagons")
HOURS_BACK = (0, 0, 0, 0, 0.5, 1, 2, 3, 4, 5, 8, 11, 12, 24, 27, 40, 60)
SECONDS_BACK = (0, 0, 1, 29, 30, 60, 89, 90, 91, 600, 899, 900)
SPARE = (0, 0, 0, 1, -1)


def staffed(queue: str, at: datetime, people: int, id_: str = "s") -> PresenceEvent:
    """So many answer a queue from an instant on."""
    return PresenceEvent(
        id=id_,
        source="/test",
        type="se.svarsgrad.presence.staffed.v1",
        subject=queue,
        time=at,
        partitionkey="lulea",
        data=PresenceData(queue=queue, people=people),
    )


def heartbeat(source: str, at: datetime, id_: str = "h") -> PresenceEvent:
    """A source is alive."""
    return PresenceEvent(
        id=id_,
        source="/test",
        type="se.svarsgrad.presence.heartbeat.v1",
        subject=source,
        time=at,
        partitionkey="lulea",
        data=PresenceData(),
    )


def recorded(
    measure: str,
    value: float,
    on: date,
    at: datetime,
    *,
    n: int | None = None,
    id_: str = "m",
    document: str = "Enkäten",
) -> MeasureEvent:
    """A value was typed in."""
    return MeasureEvent(
        id=id_,
        source="/test",
        type="se.svarsgrad.measure.recorded.v1",
        subject=f"{measure}/{on}",
        time=at,
        partitionkey="lulea",
        data=MeasureData(measure=measure, value=value, on=on, n=n, document=document),
    )


@st.composite
def presence_events(draw: st.DrawFn, around: datetime) -> PresenceEvent:
    """One event within some days of an instant: at it, just before, or long ago; or soon."""
    at = around.astimezone(UTC) - timedelta(
        hours=draw(st.sampled_from(HOURS_BACK)),
        seconds=draw(st.sampled_from(SECONDS_BACK)),
        microseconds=draw(st.sampled_from(SPARE)),
    )
    if draw(st.integers(0, 9)) == 0:
        at = around.astimezone(UTC) + timedelta(seconds=draw(st.sampled_from((0, 1, 300))))
    id_ = draw(st.sampled_from("abc"))
    if draw(st.booleans()):
        return heartbeat(draw(st.sampled_from(SOURCES)), at, id_)
    people = draw(st.sampled_from((0, 0, 1, 1, 2, 5)))
    return staffed(draw(st.sampled_from(QUEUES)), at, people, id_)


@st.composite
def shifts(draw: st.DrawFn, around: datetime) -> list[PresenceEvent]:
    """A day's work in one queue: somebody comes, perhaps more, a break, and home."""
    queue = draw(st.sampled_from((*QUEUES, "teknik", "teknik", "skola")))
    at = around.astimezone(UTC) - timedelta(
        minutes=draw(st.sampled_from((1, 30, 59, 60, 61, 120, 240, 241, 600, 1500)))
    )
    said = []
    for people in draw(st.lists(st.sampled_from((0, 1, 2, 3)), min_size=1, max_size=5)):
        said.append(staffed(queue, at, people))
        at += timedelta(minutes=draw(st.sampled_from((0, 1, 10, 30, 60))))
    return said


@st.composite
def presences(draw: st.DrawFn, around: datetime) -> list[PresenceEvent]:
    """What is said: whole shifts, and loose events."""
    whole = [event for shift in draw(st.lists(shifts(around), max_size=4)) for event in shift]
    return whole + draw(st.lists(presence_events(around), max_size=12))


@st.composite
def measure_events(draw: st.DrawFn, around: datetime) -> MeasureEvent:
    """A value of few measures and days, some of them typed in again or at the same instant."""
    measure = draw(st.sampled_from(("nojda", "index", "webben", "svar-15s", "medelsvar", "vad")))
    day = around.date() + timedelta(days=draw(st.sampled_from((-800, -400, -400, -1, 0, 1, 30))))
    value = draw(
        st.sampled_from((0.0, -0.0, 0.1, 0.145, 0.64, 0.7, 0.70001, 1.0, 1.5, 64.0, 89.3, -2.0))
    )
    at = around.astimezone(UTC) - timedelta(
        seconds=draw(st.sampled_from((-60, 0, 0, 1, 1, 2, 90_000))),
        microseconds=draw(st.sampled_from((0, 0, 1))),
    )
    n = draw(st.sampled_from((None, 1, 29, 30, 100, 333, 1000, 10**30)))
    return recorded(
        measure,
        value,
        day,
        at,
        n=n,
        id_=draw(st.sampled_from("abc")),
        document=draw(st.sampled_from(("Enkäten", "Rapporten"))),
    )
