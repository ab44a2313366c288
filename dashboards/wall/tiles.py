"""A queue's tile: what it says, in words and figures that are ready to be shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from dashboards.wall.facts import Fact, facts_of_calls, facts_of_items, main_target, pending
from dashboards.wall.lines import THINGS, Line, line_of
from dashboards.wall.reading import Alert, Reading
from dashboards.wall.standing import WORDS, State, is_judged, standing
from dashboards.words import TIERS
from streams import metrics as m
from streams.domain.catalogue import Municipality, Queue, ServiceTarget, targets_on
from streams.domain.instants import moment
from streams.domain.swedish import WEEKDAYS, clock, counted
from streams.domain.windows import day_of


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
    return main_target(_targets(queue, day_of(now, municipality.zone)))


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
        line_of(
            queue,
            target,
            its,
            pending(municipality, queue, reading, target, "overdue"),
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
        facts = (facts_of_calls if queue.is_phone else facts_of_items)(
            municipality, queue, reading, targets
        )
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
        one, several = THINGS[queue.kind]
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
        pending(municipality, queue, reading, target, "overdue") for target in queue.last_versions
    )
    return round(max((count for count in found if count is not None), default=0))
