"""What a simulated exchange says of who answers, and what its sources say of being alive."""

from collections import defaultdict
from collections.abc import Iterator

from producers.simulator.calls import Day
from producers.simulator.profile import Plan
from streams.domain.event_types import Kind, PresenceData, PresenceEvent, type_of
from streams.domain.instants import SECOND, moment

Told = tuple[int, PresenceEvent]
"""When something is said, and what."""

HEARTBEAT_SECONDS = 30
"""How often a source says that it is alive, unless told otherwise."""


def staffed(plan: Plan, day: Day, since: int | None = None) -> list[Told]:
    """Return how many answer each queue that we staff: at opening, at each change, and at last 0.

    A phone that is left alone for a while is nobody. With ``since`` it begins with how many there
    are then. Nothing on a day without calls.
    """
    begins = day.opens_at if since is None else max(since, day.opens_at)
    numbers: dict[str, dict[int, int]] = defaultdict(dict)
    at_work: dict[str, set[str]] = defaultdict(set)
    for change in day.members:
        phones = at_work[change.queue]
        if change.what in ("ADDMEMBER", "UNPAUSE"):
            phones.add(change.agent)
        else:
            phones.discard(change.agent)
        numbers[change.queue][change.at] = len(phones)  # the last one of an instant
    found: list[Told] = []
    for queue, changes in numbers.items():
        known = None
        for at, people in [(begins, _at(changes, begins)), *changes.items()]:
            if at >= begins and people != known:
                known = people
                found.append((at, _staffed(plan.municipality, queue, at, people)))
    return sorted(found, key=lambda told: told[0])


def heartbeats(plan: Plan, start: int, end: int, every_seconds: int) -> Iterator[Told]:
    """Yield what says, in ``[start, end)``, that each source is alive: evenly, and taking turns.

    ``start`` is the midnight that they are counted from.
    """
    every = every_seconds * SECOND
    for beat in range(start, end, every):
        for place, source in enumerate(plan.sources):
            at = beat + place * every // len(plan.sources)
            if at < end:
                event = _event(plan.municipality, "heartbeat", source, at, PresenceData())
                yield at, event


def _at(changes: dict[int, int], instant: int) -> int:
    """Return the number that holds at an instant."""
    before = [people for at, people in changes.items() if at <= instant]
    return before[-1] if before else 0


def _staffed(municipality: str, queue: str, at: int, people: int) -> PresenceEvent:
    return _event(municipality, "staffed", queue, at, PresenceData(queue=queue, people=people))


def _event(
    municipality: str, what: str, subject: str, at: int, data: PresenceData
) -> PresenceEvent:
    return PresenceEvent(
        id=f"{subject}/{what}/{at}",
        source=f"/simulator/{municipality}",
        type=type_of(Kind.PRESENCE, what),
        subject=subject,
        time=moment(at),
        partitionkey=municipality,
        data=data,
    )
