"""Random cases for property tests: whole lives and loose facts, at times where things turn.

What is due falls due at times that many facts are near: openings and steps are drawn from few, so
that a fact is often exactly at, just before or just after a due time, another fact, or midnight.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from streams.domain.event_types import CHANNELS, CaseData, CaseEvent, SurveyData, SurveyEvent

ZONE = ZoneInfo("Europe/Stockholm")
QUEUES = (*["arenden"] * 4, "bygg", "bygg", "sallan", "kundcenter", "finns-inte", "inte-heller")
ADMINISTRATIONS = ("teknik", "teknik", "skola", "finns-inte", "inte-heller")
TICK = timedelta(microseconds=1)
OPENED = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)  # a Thursday
DAYS = (*(0, 1, 3, 4, 6), *range(14), *(29, 30, 31, 33, 34, 36, 40, 61, 75, 399, 401, 8_000))
CLOCKS = ((0, 0), (8, 0), (12, 30), (16, 59), (17, 0), (17, 1), (23, 59))
STEPS = (
    *(timedelta(0), TICK, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=5)),
    *(timedelta(days=1), timedelta(days=2), timedelta(days=3) - TICK, timedelta(days=3)),
    *(timedelta(days=3) + TICK, timedelta(days=4), timedelta(days=7), timedelta(days=30)),
)
LIVES: tuple[tuple[str, ...], ...] = (
    ("by_centre",),
    ("handed_over", "feedback"),
    ("handed_over", "by_centre"),
    ("handed_over", "by_administration"),
    ("handed_over", "feedback", "by_administration"),
    ("by_centre",),
    ("handed_over", "by_centre"),
    (),
    ("handed_over",),
    ("handed_over", "feedback", "by_centre"),
    ("handed_over", "by_centre", "feedback"),
    ("handed_over", "handed_over", "feedback"),
    ("by_administration",),
    ("by_centre", "handed_over"),
    ("by_centre", "reopened"),
    ("by_centre", "reopened", "by_centre"),
    ("handed_over", "by_administration", "reopened", "feedback", "by_administration"),
    ("handed_over", "by_centre", "reopened", "feedback"),
    ("by_administration", "reopened", "by_centre"),
    ("feedback", "handed_over"),
)
WHATS = ("opened", "contacted", "handed_over", "feedback", "by_centre", "by_administration",
         "reopened")  # fmt: skip
BY = {"by_centre": "customer_centre", "by_administration": "administration"}


def case_event(
    what: str,
    case: str,
    at: datetime,
    opened: datetime,
    *,
    queue: str = "arenden",
    channel: str = "phone",
    administration: str = "teknik",
    restated: datetime | None = None,
    id_: str | None = None,
    municipality: str = "lulea",
) -> CaseEvent:
    """Return what a source says of a case; ``what`` is one of :data:`WHATS`."""
    word = "resolved" if what in BY else what
    data: dict[str, Any] = {"by": BY.get(what)}
    if what in {"opened", "contacted"}:
        data["channel"] = channel
    if what == "handed_over":
        data["administration"] = administration
    return CaseEvent(
        id=id_ or f"{case}-{what}-{at.timestamp()}-{administration}-{restated}",
        source="/test",
        type=f"se.svarsgrad.case.{word}.v1",
        subject=case,
        time=at.astimezone(UTC),
        partitionkey=municipality,
        data=CaseData(queue=queue, opened_at=opened.astimezone(UTC), restated_at=restated, **data),
    )


def story(*told: tuple[str, timedelta], case: str = "a1", **more: Any) -> list[CaseEvent]:
    """A case opened on the Thursday, and what happened to it so long after that."""
    facts = [("opened", timedelta(0)), *told]
    return [case_event(what, case, OPENED + after, OPENED, **more) for what, after in facts]


@st.composite
def openings(draw: st.DrawFn, around: datetime) -> datetime:
    """An instant when a case may be opened: some days before, at one of few times of the day."""
    day = around.astimezone(ZONE).date() - timedelta(days=draw(st.sampled_from(DAYS)))
    hour, minute = draw(st.sampled_from(CLOCKS))
    at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)
    return at + draw(st.sampled_from((timedelta(0), timedelta(0), TICK, -TICK)))


@st.composite
def lives(draw: st.DrawFn, around: datetime, case: str) -> list[CaseEvent]:
    """A case as it goes, or as it shouldn't: opened, and then what happens to it in turn."""
    opened = draw(openings(around))
    queue, channel = draw(st.sampled_from(QUEUES)), draw(st.sampled_from(CHANNELS))
    restated = None
    if draw(st.integers(0, 9)) == 7:
        restated = draw(openings(around))
    where: dict[str, Any] = {"queue": queue, "restated": restated}
    events = []
    if draw(st.integers(0, 9)) != 7:
        events.append(case_event("opened", case, opened, opened, channel=channel, **where))
    at = opened
    for what in draw(st.sampled_from(LIVES)):
        at += draw(st.sampled_from(STEPS))
        to = draw(st.sampled_from(ADMINISTRATIONS))
        events.append(case_event(what, case, at, opened, administration=to, **where))
    events += [
        case_event(
            "contacted",
            case,
            opened + draw(st.sampled_from(STEPS)),
            opened,
            channel=draw(st.sampled_from(CHANNELS)),
            id_=f"{case}-again-{number}",
            **where,
        )
        for number in range(draw(st.sampled_from((0, 0, 0, 1, 2))))
    ]
    return events


@st.composite
def loose(draw: st.DrawFn, around: datetime, case: str) -> CaseEvent:
    """Anything at all about a case."""
    opened = draw(openings(around))
    return case_event(
        draw(st.sampled_from(WHATS)),
        case,
        opened + draw(st.sampled_from(STEPS)),
        opened,
        queue=draw(st.sampled_from(QUEUES)),
        channel=draw(st.sampled_from(CHANNELS)),
        administration=draw(st.sampled_from(ADMINISTRATIONS)),
        restated=draw(st.one_of(st.none(), st.none(), st.none(), openings(around))),
    )


@st.composite
def case_logs(draw: st.DrawFn, around: datetime, most: int = 12) -> list[CaseEvent]:
    """Events about some cases, the most of them whole lives; some cases are told of twice."""
    events: list[CaseEvent] = []
    for number in range(draw(st.integers(0, most))):
        case = draw(st.sampled_from((f"c{number}",) * 9 + ("c0",)))
        events += draw(lives(around, case))
    odd = st.sampled_from(("c0", "c1", "c2", "c3")).flatmap(lambda case: loose(around, case))
    return events + draw(st.lists(odd, max_size=3))


@st.composite
def instants(draw: st.DrawFn, around: datetime, events: Sequence[CaseEvent]) -> datetime:
    """An instant to ask at: often one at which something is due, or a tick after."""
    starts = [event.time for event in events if abs(event.time - around) < timedelta(days=40)]
    starts = starts or [around]
    due = draw(st.sampled_from(starts)).astimezone(ZONE) + timedelta(days=3)
    near = st.sampled_from((around, around, due, due, due + timedelta(days=1)))
    return draw(near).astimezone(UTC) + draw(st.sampled_from((timedelta(0), timedelta(0), TICK)))


@st.composite
def survey_events(draw: st.DrawFn, around: datetime) -> SurveyEvent:
    """An answer of one of few replies to one of few questions."""
    reply = draw(st.sampled_from([f"r{number}" for number in range(8)]))
    question = draw(st.sampled_from(("bemotande", "tillganglighet", "annat")))
    at = draw(openings(around)) + draw(st.sampled_from(STEPS[:4]))
    return SurveyEvent(
        id=f"svar-{draw(st.integers(0, 30))}",
        source="/enkat",
        type="se.svarsgrad.survey.answered.v1",
        subject=reply,
        time=at,
        partitionkey="lulea",
        data=SurveyData(question=question, grade=draw(st.integers(1, 5))),
    )
