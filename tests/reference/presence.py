"""People at work, walked through minute by minute: the oracle of ``streams.domain.presence``.

It imports nothing of ours. It follows docs/decisions/0011-opening-kept.md sentence by sentence.
The window is cut at every whole minute and at every statement, so that between two cuts nothing
changes; of each piece it is then asked, as of a guard at the door: how many are there?
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise
from typing import Any

from reference.amounts import wilson

MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
WAYS = ("kept", "broken", "unreported", "not_yet", "no_guideline")
IsOpen = Callable[[datetime], bool]
"""Whether it is open in the minute that begins then."""


@dataclass(frozen=True)
class Queue:
    """A queue of the catalogue."""

    is_open: IsOpen | None
    administration: str | None
    is_phone: bool


@dataclass(frozen=True)
class Said:
    """An event: ``people`` answer the queue ``name``; or, with None, the source ``name`` lives."""

    name: str
    at: datetime
    people: int | None


@dataclass(frozen=True)
class Piece:
    """A stretch in which nothing changes."""

    at: datetime
    length: timedelta
    day: date

    @property
    def minute(self) -> datetime:
        return self.at.replace(second=0, microsecond=0)


class Door:
    """What a guard at a queue's door was told, and how many are there in each piece."""

    def __init__(self, told: Iterable[Said], pieces: list[Piece], zone: tzinfo) -> None:
        self.told = [(one.at, one.at.astimezone(zone).date(), one.people or 0) for one in told]
        self.days = {day for _, day, _ in self.told}
        self.there = [self.people_at(piece.at, piece.day) for piece in pieces]

    def people_at(self, at: datetime, today: date) -> int | None:
        """Return how many are there at an instant; None if nothing has been stated that day.

        "From its time on so many people answer the queue." "It holds until the next of the same
        queue, at most until the local midnight that follows." "Of two at the same microsecond the
        one with fewer people counts."
        """
        held: tuple[datetime, int] | None = None
        for when, day, people in self.told:
            if when <= at and day == today:
                this = (when, -people)
                held = this if held is None else max(held, this)
        return None if held is None else -held[1]


def figures(
    said: Iterable[Said],
    *,
    queues: Mapping[str, Queue],
    guidelines: Mapping[str, IsOpen | None],
    sources: Mapping[str, Collection[str]],
    arrived: Mapping[str, int],
    goals: Mapping[str, float],
    zone: tzinfo,
    start: datetime,
    end: datetime,
    now: datetime,
) -> dict[str, Any]:
    """Return the figures of ``[start, end)`` as of now. ``sources`` has the queues of each."""
    before = start.astimezone(zone).date() - timedelta(days=1)
    horizon = datetime(before.year, before.month, before.day, tzinfo=zone).astimezone(UTC)
    heard = [one for one in said if horizon <= one.at < now]
    statements = [one for one in heard if one.people is not None]
    names = [*queues, *sorted({one.name for one in statements} - set(queues))]
    pieces = cut(start, end, {one.at for one in statements}, zone)
    today = now.astimezone(zone).date()
    doors = {
        name: Door([one for one in statements if one.name == name], pieces, zone) for name in names
    }
    people = {name: door.people_at(now, today) for name, door in doors.items()}
    times = {name: time_there(door, pieces) for name, door in doors.items()}
    most = {name: most_there(door, pieces) for name, door in doors.items()}
    of_queues = {
        name: {
            "people": people[name],
            "opening": opening([doors[name]], queue.is_open, pieces),
            "staffed_person_seconds": seconds(times[name]),
            "most_people": most[name],
            "arrived": arrived.get(name),
            # "Never more than one at a time: no value, it is about that one."
            "calls_per_staffed_hour": per_hour(arrived.get(name), times[name])
            if (most[name] or 0) > 1
            else None,
        }
        for name, queue in queues.items()
    }
    if strangers := [name for name in names if name not in queues]:
        of_queues["okänd kö"] = {
            "people": total([people[name] for name in strangers], 0),
            "opening": None,
            "staffed_person_seconds": seconds(total([times[n] for n in strangers], NOTHING)),
            "most_people": None,
            "arrived": None,
            "calls_per_staffed_hour": None,
        }
    both = [name for name in queues if times[name] is not None and name in arrived]
    administrations = {}
    for name, guideline in guidelines.items():
        its = [
            doors[key]
            for key, queue in queues.items()
            if queue.administration == name and queue.is_phone
        ]
        administrations[name] = administration(its, guideline, pieces)
    return {
        "queues": of_queues,
        # "Of all queues together one person, in one of them: no value either."
        "calls_per_staffed_hour": per_hour(
            sum(arrived[name] for name in both), total([times[name] for name in both], NOTHING)
        )
        if sum(most[name] or 0 for name in both) > 1
        else None,
        "administrations": administrations,
        "open_as_promised": together(administrations, goals),
        **heartbeats([one for one in heard if one.people is None], sources, now),
    }


def cut(start: datetime, end: datetime, cuts: Collection[datetime], zone: tzinfo) -> list[Piece]:
    """Return the window in pieces, between whole minutes and cuts."""
    edges = {start, end, *(at for at in cuts if start < at < end)}
    minute = start.replace(second=0, microsecond=0) + MINUTE
    while minute < end:
        edges.add(minute)
        minute += MINUTE
    ordered = sorted(edges)
    return [Piece(a, b - a, a.astimezone(zone).date()) for a, b in pairwise(ordered)]


def time_there(door: Door, pieces: list[Piece]) -> timedelta | None:
    """Return everybody's time together; None if nothing is stated on any day of the window."""
    if not any(piece.day in door.days for piece in pieces):
        return None
    walked = zip(pieces, door.there, strict=True)
    return sum((piece.length * (people or 0) for piece, people in walked), NOTHING)


def most_there(door: Door, pieces: list[Piece]) -> int | None:
    """Return the most at a time; None if nothing is stated on any day of the window."""
    walked = zip(pieces, door.there, strict=True)
    return max((people or 0 for piece, people in walked if piece.day in door.days), default=None)


def opening(
    doors: list[Door], is_open: IsOpen | None, pieces: list[Piece]
) -> dict[str, Any] | None:
    """Return how long somebody was there of how long it should be, on days that are reported."""
    reported = {piece.day for piece in pieces if any(piece.day in door.days for door in doors)}
    if is_open is None or not reported:
        return None
    staffed = promised = NOTHING
    for number, piece in enumerate(pieces):
        if piece.day in reported and is_open(piece.minute):
            promised += piece.length
            if any(door.there[number] for door in doors):
                staffed += piece.length
    return {
        "staffed_seconds": staffed.total_seconds(),
        "promised_seconds": promised.total_seconds(),
        "ratio": staffed / promised if promised else None,
    }


def per_hour(calls: int | None, time: timedelta | None) -> float | None:
    """Return calls per hour of a person; None where either is unknown, or there are no hours."""
    if calls is None or not time:
        return None
    return float(Fraction(calls) / Fraction(time // timedelta(microseconds=1), 3_600_000_000))


def administration(
    doors: list[Door], guideline: IsOpen | None, pieces: list[Piece]
) -> dict[str, Any]:
    """Return how it stands with all of the guideline."""
    if guideline is None:
        return {"standing": "no_guideline", "opening": None}
    # "At most 60 seconds in all of a local day's guideline were unstaffed."
    nobody: dict[date, timedelta] = {}
    for number, piece in enumerate(pieces):
        if guideline(piece.minute):
            is_empty = not any(door.there[number] for door in doors)
            nobody[piece.day] = nobody.get(piece.day, NOTHING) + piece.length * is_empty
    reported = [day for day in nobody if any(day in door.days for door in doors)]
    if not nobody:
        standing = "not_yet"
    elif any(nobody[day] > MINUTE for day in reported):
        standing = "broken"
    elif len(reported) < len(nobody):
        standing = "unreported"
    else:
        standing = "kept"
    return {"standing": standing, "opening": opening(doors, guideline, pieces)}


def together(
    administrations: Mapping[str, Mapping[str, Any]], goals: Mapping[str, float]
) -> dict[str, Any]:
    """Return how many keep all of it, of those that are asked to; None if none of them reports."""
    stand = {way: [k for k, a in administrations.items() if a["standing"] == way] for way in WAYS}
    kept, broken, unreported = (len(stand[way]) for way in WAYS[:3])
    asked = kept + broken + unreported
    low = high = ratio = None
    if kept + broken:
        ratio = kept / asked
        low, high = wilson(kept, asked)
    return {
        **stand,
        "asked": asked,
        "ratio": ratio,
        "wilson_low": low,
        "wilson_high": high,
        "promises": {
            promise: {"goal": goal, "kept": None if ratio is None else ratio >= goal}
            for promise, goal in goals.items()
        },
    }


def heartbeats(
    beats: list[Said], sources: Mapping[str, Collection[str]], now: datetime
) -> dict[str, Any]:
    """Return how long each source has been silent, and which are for too long, by queue.

    "Silent: not heard for more than 90 seconds, or never; of a queue none of whose sources has
    been heard nothing is said."
    """

    def since(names: Collection[str]) -> timedelta | None:
        return min((now - one.at for one in beats if one.name in names), default=None)

    told = {source: since([source]) for source in sources}
    silent = {}
    for queue in {queue for queues in sources.values() for queue in queues}:
        its = [source for source, queues in sources.items() if queue in queues]
        if any(told[source] is not None for source in its):
            silent[queue] = [
                source
                for source in its
                if (age := told[source]) is None or age > timedelta(seconds=90)
            ]
    if strangers := {one.name for one in beats} - set(sources):
        told["okänd källa"] = since(strangers)
    return {
        "seconds_since_heartbeat": {source: seconds(age) for source, age in told.items()},
        "silent_sources": silent,
    }


def seconds(time: timedelta | None) -> float | None:
    """Return a time in seconds."""
    return None if time is None else time.total_seconds()


def total(numbers: Iterable[Any], nothing: Any) -> Any:
    """Return the sum of those that are known; None if none is."""
    known = [number for number in numbers if number is not None]
    return sum(known, nothing) if known else None
