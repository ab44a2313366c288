"""What is true of a queue now, beside its promises: how many wait, and what can still be done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from dashboards.wall.lines import short_of
from dashboards.wall.reading import NOW, Reading
from dashboards.wall.standing import standing
from streams import metrics as m
from streams.domain.catalogue import Municipality, Queue, ServiceTarget
from streams.domain.swedish import NO_DATA, count, percent

Fact = tuple[str, str]
"""A name, and a value."""
_OF_QUESTIONS: Final = {
    "open": m.QUESTIONS_PROMISED_OPEN,
    "due_soon": m.QUESTIONS_DUE_SOON,
    "overdue": m.QUESTIONS_OVERDUE,
}


def main_target(targets: Sequence[ServiceTarget]) -> ServiceTarget | None:
    """Return the promise of calls answered in time; None if there is none."""
    return next((its for its in targets if its.measure == "answered_within"), None)


def pending(
    municipality: Municipality, queue: Queue, reading: Reading, target: ServiceTarget, state: str
) -> float | None:
    """Return how many are in a state by a promise; None of calls, and where it is not known."""
    labels = {"municipality": municipality.id, "queue": queue.id, "target": target.id}
    if queue.is_phone:
        return None
    if queue.kind == "cases":
        return reading.of(m.CASES_PENDING, **labels, state=state)
    return reading.of(_OF_QUESTIONS[state], **labels)


def facts_of_calls(
    municipality: Municipality,
    queue: Queue,
    reading: Reading,
    targets: Sequence[ServiceTarget],
) -> Iterator[Fact]:
    """Yield what there is to say of a queue of calls."""
    labels = {"municipality": municipality.id, "queue": queue.id}
    waiting = reading.of(m.WAITING, **labels)
    yield "Väntar nu", _whole(waiting)
    yield "Längsta väntan", duration(reading.of(m.LONGEST_WAIT, **labels)) if waiting else "–"
    if (target := main_target(targets)) is not None:
        lately = standing(reading, municipality.id, queue.id, target, NOW)
        of = f" av {count(lately.n)}" if lately.n else ""
        yield "Senaste 30 min", percent(lately.value, 0) + of if lately.n else NO_DATA
        yield from _outlook(reading, {**labels, "target": target.id}, target.goal or 0)
    people = reading.of(m.STAFFED, **labels)
    needed = reading.of(m.PEOPLE_NEEDED, **labels)
    if people is not None and needed is not None:
        yield "Bemanning", f"{_whole(people)} av {_whole(needed)}"
    elif people is not None:
        yield "Bemanning", _whole(people)
    elif needed is not None:
        yield "Bemanning", f"behövs {_whole(needed)}"


def _outlook(reading: Reading, labels: Mapping[str, str], goal: float) -> Iterator[Fact]:
    """Yield what is still reachable today, and what it takes."""
    best, needed = reading.of(m.BEST, **labels), reading.of(m.NEEDED, **labels)
    if best is None:
        return
    yield "Kan nå som bäst", percent(short_of(best, goal))
    if needed is None:
        return
    if 0 < needed <= 1:
        yield "Krävs härifrån", percent(needed, 0)
    else:
        yield "Dagens mål", "kan inte nås" if needed else "är nått"


def facts_of_items(
    municipality: Municipality,
    queue: Queue,
    reading: Reading,
    targets: Sequence[ServiceTarget],
) -> Iterator[Fact]:
    """Yield what there is to say of a mailbox or an inbox of cases."""
    target = targets[0]
    labels = {"municipality": municipality.id, "queue": queue.id}
    yield "Förfallna", _whole(pending(municipality, queue, reading, target, "overdue"))
    yield "Förfaller i dag", _whole(pending(municipality, queue, reading, target, "due_soon"))
    yield "Öppna nu", _whole(pending(municipality, queue, reading, target, "open"))
    metric = m.CASES_LONGEST_OVERDUE if queue.kind == "cases" else m.QUESTIONS_LONGEST_OVERDUE
    if late := reading.of(metric, **labels, target=target.id):
        yield "Mest försenad", duration(late)
    if queue.kind == "mailbox" and (oldest := reading.of(m.QUESTIONS_OLDEST, **labels)):
        yield "Äldsta öppna", duration(oldest)


def _whole(value: float | None) -> str:
    return "–" if value is None else count(round(value))


def duration(seconds: float | None) -> str:
    """Return a duration as it is read at a glance: ``"42 s"``, ``"3 min 5 s"``, ``"2 d 4 h"``."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
