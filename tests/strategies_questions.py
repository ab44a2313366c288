"""Random questions for property tests: on a coarse clock, so that ties and due times are hit.

What is said of a thread is made from one number, so that many threads cost little to draw.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from streams.domain.event_types import QUESTION_TYPES, QuestionData, QuestionEvent

ZONE = ZoneInfo("Europe/Stockholm")
HOURS = (0, 2, 7, 8, 12, 13, 15, 16, 17, 17, 23)
"""Closing time twice as often, and an hour that is skipped once a year."""
SPARE = (0, 0, 0, 0, 1, -1, 61_000_001)
"""Microseconds off the hour."""
AGES = (0, 0, 1, 2, 3, 4, 5, 7, 10, 28, 29, 30, 31, 33, 45, 399, 400, 401)
MAILBOXES = (
    "registrator",
    "registrator",
    "teknik",
    "skola",
    "stangd",
    "finns-inte",
    "inte-heller",
)
WHYS = ("spam", "bounce", "no_answer_needed", "no_answer_needed", "no_answer_needed")
WHATS = (
    "answered", "answered", "answered", "answered_otherwise", "auto_replied", "forwarded",
    "followed_up", "followed_up", "reopened", "dismissed", "dismissed", "received",
)  # fmt: skip


def instant(dice: Random, earliest: date, latest: date) -> datetime:
    """An hour on the wall of one of these days, now and then a microsecond off."""
    day = earliest + timedelta(days=dice.randint(0, max(0, (latest - earliest).days)))
    at = datetime.combine(day, time(dice.choice(HOURS)), ZONE).astimezone(UTC)
    return at + timedelta(microseconds=dice.choice(SPARE))


def thread(seed: int, today: date, ages: Sequence[int] = AGES) -> list[QuestionEvent]:
    """What is said of one thread, in some mailboxes and editions, until the day after.

    It began one of these numbers of days before today.
    """
    dice = Random(seed)
    tomorrow = today + timedelta(days=1)
    received_on = today - timedelta(days=dice.choice(ages))
    first = instant(dice, received_on, received_on)
    day = first.astimezone(ZONE).date()
    copies = []
    editions = [None, None, instant(dice, max(day, today - timedelta(days=62)), tomorrow)]
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        received = first + timedelta(seconds=dice.choice((0, 0, 2)))
        restated = dice.choice(editions)
        copies.append(
            QuestionData(
                queue=dice.choice(MAILBOXES),
                received_at=received,
                restated_at=restated,
                channel=dice.choice(("email", "email", "e_service")),
            )
        )

    def when() -> datetime:
        match dice.randint(0, 3):
            case 0:  # days later at the same time
                later = first.astimezone(ZONE) + timedelta(days=dice.randint(0, 4))
                return later.astimezone(UTC)
            case 1:
                return instant(dice, day, tomorrow)
            case _:
                return instant(dice, day, min(day + timedelta(days=6), tomorrow))

    events = []
    for _ in range(dice.randint(1, 7)):
        data = dice.choice(copies)
        what, at = dice.choice(WHATS), max(when(), data.received_at)
        events.append(event(f"t{seed}", what, at, data, dice.choice(WHYS)))
    return events


def event(
    subject: str, what: str, at: datetime, data: QuestionData, why: str = "spam"
) -> QuestionEvent:
    """One event; ``why`` is of dismissals."""
    type_ = f"se.svarsgrad.email.{what}.v1"
    assert type_ in QUESTION_TYPES
    return QuestionEvent(
        id=f"{subject}-{what}-{at.timestamp()}-{data.queue}",
        source="/test",
        type=type_,
        subject=subject,
        time=at,
        partitionkey="lulea",
        data=QuestionData(
            queue=data.queue,
            received_at=data.received_at,
            restated_at=data.restated_at,
            channel=data.channel,
            why=why if what == "dismissed" else None,  # type: ignore[arg-type]
        ),
    )


SEEDS = st.integers(0, 2**32)


@st.composite
def question_logs(draw: st.DrawFn, today: date, most: int = 24) -> Sequence[QuestionEvent]:
    """What is said of some threads until the end of the day after one, in any order."""
    first = draw(SEEDS)
    number = draw(st.sampled_from([most, most // 2, 3, 1, 0]))
    events = [event for n in range(number) for event in thread(first + n, today)]
    Random(first).shuffle(events)
    return events


def nows(today: date) -> st.SearchStrategy[datetime]:
    """Instants of a day, often one at which something is due, or a microsecond after it."""
    return SEEDS.map(lambda seed: instant(Random(seed), today, today))
