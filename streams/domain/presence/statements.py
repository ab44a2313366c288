"""What events say about people at work, and about sources that are alive.

A *statement* says that from an instant on so many people answer a queue. It is what it says:
queue, instant and number; the same again, under whatever id, is no other. So statements merge in
any order and any number of times, and what the horizon lets go of has never hidden what it keeps.

Of two about one queue at the same microsecond the one with fewer people counts: a doubt about
staffing never flatters.

Source: docs/decisions/0011-opening-kept.md.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from streams.domain.event_types import PRESENCE_TYPES, PresenceEvent


@dataclass(frozen=True, slots=True)
class Statements:
    """What was stated of one queue, in order of time: at most one statement each microsecond."""

    at: tuple[int, ...]
    people: tuple[int, ...]
    """From the instant at the same place on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What had been said by an instant. It stays as it is while events are folded."""

    as_of: int
    staffed: Mapping[str, Statements]
    """Queue → its statements before ``as_of``; none without any."""
    last_heartbeat: Mapping[str, int]
    """Source → its last heartbeat before ``as_of``; none that has had none since the horizon."""


class Presence:
    """What was said at or after ``horizon`` of one municipality's people and sources."""

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._staffed: dict[str, tuple[array[int], array[int]]] = {}
        """Queue → instants in order, and the people from each on."""
        self._heartbeats: dict[str, array[int]] = {}
        """Source → instants in order."""

    def __len__(self) -> int:
        return sum(len(at) for at, _ in self._staffed.values()) + sum(
            len(at) for at in self._heartbeats.values()
        )

    def state(self, event: PresenceEvent, at: int) -> bool:
        """Fold what an event says ``at`` its time, in microseconds.

        Returns False, and changes nothing, if that was before the horizon.
        """
        if at < self.horizon:
            return False
        if PRESENCE_TYPES[event.type] == "heartbeat":
            self._add_heartbeat(event.subject, at)
            return True
        queue, people = event.data.queue, event.data.people
        if queue is None or people is None:  # an event that was read has both
            raise ValueError("a statement says how many answer which queue")
        self._add_statement(queue, at, people)
        return True

    def take(self, identity: tuple[str, str], stated: Iterable[Any]) -> None:
        """Merge what was stated, in the form of :meth:`copied_facts`; of any age."""
        kind, name = identity
        for one in stated:
            if kind == "heartbeat":
                self._add_heartbeat(name, one)
            else:
                self._add_statement(name, *one)

    def _add_heartbeat(self, source: str, at: int) -> None:
        beats = self._heartbeats.setdefault(source, array("q"))
        place = bisect_left(beats, at)
        if place == len(beats) or beats[place] != at:
            beats.insert(place, at)

    def _add_statement(self, queue: str, at: int, people: int) -> None:
        instants, numbers = self._staffed.setdefault(queue, (array("q"), array("i")))
        place = bisect_left(instants, at)
        if place == len(instants) or instants[place] != at:
            instants.insert(place, at)
            numbers.insert(place, people)
        elif people < numbers[place]:
            numbers[place] = people

    def prune(self, horizon: int) -> None:
        """Let go of what was said before ``horizon``, which never moves back."""
        if horizon <= self.horizon:
            return
        self.horizon = horizon
        for queue, (instants, numbers) in list(self._staffed.items()):
            before = bisect_left(instants, horizon)
            del instants[:before], numbers[:before]
            if not instants:
                del self._staffed[queue]
        for source, beats in list(self._heartbeats.items()):
            del beats[: bisect_left(beats, horizon)]
            if not beats:
                del self._heartbeats[source]

    def frame(self, now: int) -> Frame:
        """Return what had been said before now."""
        staffed = {
            queue: Statements(tuple(instants[:before]), tuple(numbers[:before]))
            for queue, (instants, numbers) in self._staffed.items()
            if (before := bisect_left(instants, now))
        }
        last = {
            source: beats[before - 1]
            for source, beats in self._heartbeats.items()
            if (before := bisect_left(beats, now))
        }
        return Frame(now, MappingProxyType(staffed), MappingProxyType(last))

    def facts(self) -> dict[tuple[str, str], Any]:
        """Return all that is kept, by kind and by queue or source: to compare ledgers."""
        return dict(self.copied_facts())

    def copied_facts(self) -> Iterator[tuple[tuple[str, str], Any]]:
        """Copy the book as it is now, and yield all that is kept, in any thread."""
        return _facts(
            {queue: (at[:], people[:]) for queue, (at, people) in self._staffed.items()},
            {source: beats[:] for source, beats in self._heartbeats.items()},
        )


def _facts(
    staffed: "Mapping[str, tuple[array[int], array[int]]]", heartbeats: "Mapping[str, array[int]]"
) -> Iterator[tuple[tuple[str, str], Any]]:
    for queue, (instants, numbers) in staffed.items():
        yield ("staffed", queue), list(zip(instants, numbers, strict=True))
    for source, beats in heartbeats.items():
        yield ("heartbeat", source), list(beats)
