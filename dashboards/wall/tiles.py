"""A queue's tile: what it says, in words and figures that are ready to be shown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from dashboards.wall.reading import NOW, Alert, Reading
from dashboards.wall.standing import (
    OVER,
    WORDS,
    Standing,
    State,
    is_judged,
    is_less_better,
    standing,
)
from dashboards.words import TIERS
from streams import metrics as m
from streams.domain.catalogue import Municipality, Queue, ServiceTarget, targets_on
from streams.domain.instants import moment
from streams.domain.swedish import (
    NO_DATA,
    WEEKDAYS,
    clock,
    count,
    counted,
    deadline,
    limit,
    mean_seconds,
    percent,
    share,
    span,
)
from streams.domain.windows import day_of

Fact = tuple[str, str]
_THINGS: Final = {"mailbox": ("fråga", "frågor"), "cases": ("ärende", "ärenden")}
_CALLS: Final = ("samtal", "samtal")
_OVERDUE: Final = {"mailbox": ("förfallen", "förfallna"), "cases": ("förfallet", "förfallna")}


@dataclass(frozen=True, slots=True)
class Line:
    """A promise as a line of a tile."""

    name: str
    value: str
    goal: str
    of: str
    standing: Standing
    is_less_better: bool
    overdue: str
    """How many are overdue by it; empty where none is."""

    @property
    def word(self) -> str:
        """Return how it stands, in a word."""
        state = self.standing.state
        return OVER if self.is_less_better and state == State.UNDER else WORDS[state]

    def as_data(self) -> dict[str, Any]:
        """Return it as the page has it."""
        its = self.standing
        return {
            "name": self.name,
            "value": self.value,
            "goal": self.goal,
            "of": self.of,
            "span": span(its.low, its.high) if its.low is not None else "",
            "indication": its.is_indication,
            "state": its.state,
            "word": self.word,
            "overdue": self.overdue,
        }


@dataclass(frozen=True, slots=True)
class Tile:
    """What the wall says of a queue."""

    queue: Queue
    state: State
    note: str
    """What there is to know of the state; empty where its word says all."""
    lines: tuple[Line, ...]
    """Of each promise; the first is the one that is shown large."""
    facts: tuple[Fact, ...]
    alerts: tuple[Alert, ...]

    @property
    def word(self) -> str:
        """Return how it stands, in a word: its first promise's, where that says it."""
        first = self.lines[0]
        return first.word if first.standing.state == self.state else WORDS[self.state]

    def as_data(self) -> dict[str, Any]:
        """Return it as the page has it."""
        first, *others = (line.as_data() for line in self.lines)
        return {
            "id": self.queue.id,
            "name": self.queue.name,
            "team": self.queue.team or "",
            "state": self.state,
            "word": self.word,
            "note": self.note,
            "promise": first,
            "others": others,
            "facts": [{"name": name, "value": value} for name, value in self.facts],
            "alerts": [TIERS[its.tier] for its in self.alerts],
        }


def shown(municipality: Municipality, now: int) -> list[Queue]:
    """Return the queues that have tiles: those with a promise today, and no partner's."""
    today = day_of(now, municipality.zone)
    return [
        queue
        for queue in municipality.queues.values()
        if queue.kind != "partner" and _targets(queue, today)
    ]


def line_target(municipality: Municipality, queue: Queue, now: int) -> ServiceTarget | None:
    """Return the promise that a queue's line since opening is of; None if it has no line."""
    return _lined(_targets(queue, day_of(now, municipality.zone)))


def _lined(targets: Sequence[ServiceTarget]) -> ServiceTarget | None:
    return next((its for its in targets if its.measure == "answered_within"), None)


def tile(  # noqa: PLR0917 - each is another thing
    municipality: Municipality,
    queue: Queue,
    reading: Reading,
    alerts: Sequence[Alert],
    now: int,
    missing: str,
) -> Tile:
    """Return a queue's tile. ``missing`` says why no figure can be trusted; else it is empty."""
    id_, today = municipality.id, day_of(now, municipality.zone)
    targets = _targets(queue, today)
    labels = {"municipality": id_, "queue": queue.id}
    is_open = reading.of(m.OPEN, **labels) if queue.is_phone else 1.0
    if not missing and is_open is None:
        missing = "Inga siffror om kön"
    elif not missing and is_open and reading.of(m.SILENT, **labels):
        missing = "Källan har tystnat"
    standings = [standing(reading, id_, queue.id, target) for target in targets]
    if not missing and all(its.state == State.MISSING for its in standings):
        missing = "Inga siffror om kön"
    lines = tuple(
        _line(
            queue,
            target,
            its,
            _pending(municipality, queue, reading, target, "overdue"),
            is_known=not missing,
        )
        for target, its in zip(targets, standings, strict=True)
    )
    facts: Iterator[Fact] = iter(())
    if missing:
        state, note = State.MISSING, missing
    elif not is_open:
        state, note = State.CLOSED, _opens(municipality, queue, now)
        lines = tuple(replace(its, standing=replace(its.standing, state=state)) for its in lines)
    else:
        state, note = _state(municipality, queue, reading, lines)
        facts = (_of_calls if queue.is_phone else _of_items)(municipality, queue, reading, targets)
    return Tile(
        queue,
        state,
        note,
        lines,
        tuple(facts),
        tuple(its for its in alerts if its.queue == queue.id and its.tier in TIERS),
    )


def _opens(municipality: Municipality, queue: Queue, now: int) -> str:
    """Return when a closed queue opens, within a week; empty if it doesn't."""
    if queue.promised is None:
        return ""
    today = day_of(now, municipality.zone)
    for days in range(8):
        day = today + timedelta(days=days)
        for opens, _ in queue.promised.spans_of(day):
            if opens > now:
                when = ("", "i morgon ")[days] if days < 2 else f"{WEEKDAYS[day.weekday()]} "
                return f"öppnar {when}{clock(moment(opens).astimezone(municipality.zone))}"
    return ""


def _targets(queue: Queue, today: date) -> list[ServiceTarget]:
    """Return a queue's promises of today; the one that is shown large comes first."""
    found = [its for its in targets_on(queue, today) if is_judged(its)]
    return sorted(found, key=lambda its: its.measure in _BESIDE)


_BESIDE: Final = ("lost", "mean_wait", "mean_talk")
"""What is not shown large where there is something else."""


def _state(
    municipality: Municipality, queue: Queue, reading: Reading, lines: Sequence[Line]
) -> tuple[State, str]:
    """Return how an open queue stands, and what there is to know of it.

    As its first promise does; that another is broken, or something overdue, is said beside it.
    """
    state = lines[0].standing.state
    overdue = _overdue(municipality, queue, reading)
    if overdue:
        one, several = _THINGS[queue.kind]
        note = f"{counted(overdue, one, several)} har förfallit"
        is_of_all = any(target.goal == 1 for target in queue.last_versions)
        if is_of_all:
            return State.UNDER, note
        return (State.UNSURE if state == State.WITHIN else state), note
    if reading.of(m.INCIDENT, municipality=municipality.id, queue=queue.id):
        return state, "Händelse pågår"
    if state != State.UNDER and any(its.standing.state == State.UNDER for its in lines[1:]):
        return state, "Ett annat löfte hålls inte"
    return state, ""


def _overdue(municipality: Municipality, queue: Queue, reading: Reading) -> int:
    """Return how many are overdue by any promise, since whatever day."""
    found = (
        _pending(municipality, queue, reading, target, "overdue") for target in queue.last_versions
    )
    return round(max((count for count in found if count is not None), default=0))


def _pending(
    municipality: Municipality, queue: Queue, reading: Reading, target: ServiceTarget, state: str
) -> float | None:
    labels = {"municipality": municipality.id, "queue": queue.id, "target": target.id}
    if queue.is_phone:
        return None
    if queue.kind == "cases":
        return reading.of(m.CASES_PENDING, **labels, state=state)
    return reading.of(_OF_QUESTIONS[state], **labels)


_DONE: Final = {
    "question_answered_within": "svar",
    "feedback_within": "besked",
    "resolved_within": "klart",
}
_OF_QUESTIONS: Final = {
    "open": m.QUESTIONS_PROMISED_OPEN,
    "due_soon": m.QUESTIONS_DUE_SOON,
    "overdue": m.QUESTIONS_OVERDUE,
}


def _line(
    queue: Queue, target: ServiceTarget, its: Standing, overdue: float | None, *, is_known: bool
) -> Line:
    """Return a promise as a line; without its value where that is not known to be true."""
    if not is_known:
        its = Standing(State.MISSING, None, 0)
    one, several = _THINGS.get(queue.kind, _CALLS)
    of = f"av {counted(its.n, one, several)}" if its.n else ""
    return Line(
        _name(target),
        _value(target, its.value),
        _goal(target),
        of if is_known else "",
        its,
        is_less_better(target),
        counted(round(overdue), *_OVERDUE[queue.kind]) if overdue and is_known else "",
    )


def _value(target: ServiceTarget, value: float | None) -> str:
    """Return a promise's value as it is to be told; one that misses its goal is told so."""
    if value is None:
        return "–"
    if target.goal is None:
        return mean_seconds(_beyond(value, target.limit_seconds or 0, 1))
    told = _beyond if is_less_better(target) else _short_of
    return percent(told(value, target.goal, 3))


def _short_of(value: float, goal: float, decimals: int = 3) -> float:
    """Return a value rounded so that it is short of its goal where it is."""
    down = math.floor(value * 10**decimals) / 10**decimals
    return down if value < goal <= round(value, decimals) else value


def _beyond(value: float, most: float, decimals: int) -> float:
    """Return a value rounded so that it is above what it may be at most, where it is."""
    up = math.ceil(value * 10**decimals) / 10**decimals
    return up if value > most >= round(value, decimals) else value


def _name(target: ServiceTarget) -> str:
    if target.limit_seconds is not None and target.measure == "answered_within":
        return f"svar inom {limit(target.limit_seconds)}"
    if target.limit is not None:
        return f"{_DONE[target.measure]} inom {deadline(target.limit.count, target.limit.unit)}"
    return {"lost": "förlorade", "mean_wait": "väntan i medel", "mean_talk": "samtal i medel"}.get(
        target.measure, target.name
    )


def _goal(target: ServiceTarget) -> str:
    if target.measure == "lost":
        return f"mål högst {share(target.goal or 0)}"
    if target.goal is not None:
        return f"mål {share(target.goal)}"
    return f"mål högst {limit(target.limit_seconds or 0)}"


def _of_calls(
    municipality: Municipality,
    queue: Queue,
    reading: Reading,
    targets: Sequence[ServiceTarget],
) -> Iterator[Fact]:
    labels = {"municipality": municipality.id, "queue": queue.id}
    waiting = reading.of(m.WAITING, **labels)
    yield "Väntar nu", _whole(waiting)
    yield "Längsta väntan", duration(reading.of(m.LONGEST_WAIT, **labels)) if waiting else "–"
    if (target := _lined(targets)) is not None:
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
    yield "Kan nå som bäst", percent(_short_of(best, goal))
    if needed is None:
        return
    if 0 < needed <= 1:
        yield "Krävs härifrån", percent(needed, 0)
    else:
        yield "Dagens mål", "kan inte nås" if needed else "är nått"


def _of_items(
    municipality: Municipality,
    queue: Queue,
    reading: Reading,
    targets: Sequence[ServiceTarget],
) -> Iterator[Fact]:
    target = targets[0]
    labels = {"municipality": municipality.id, "queue": queue.id}
    yield "Förfallna", _whole(_pending(municipality, queue, reading, target, "overdue"))
    yield "Förfaller i dag", _whole(_pending(municipality, queue, reading, target, "due_soon"))
    yield "Öppna nu", _whole(_pending(municipality, queue, reading, target, "open"))
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
