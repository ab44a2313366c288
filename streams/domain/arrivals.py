"""When calls have come to each queue, from events of any days: what a profile is learnt from.

No ledger: it forgets after a day, and for this only arrivals matter. A call in a queue is counted
once, however many events there are of it, and not if it came from within the municipality: no
promise is about those.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from streams.domain.catalogue import Municipality, Queue
from streams.domain.event_types import CallEvent
from streams.domain.instants import micros, moment
from streams.domain.profile import QUARTERS, Profile, is_ordinary, learn
from streams.domain.working_time import wall

_Leg = tuple[str, str, int]
"""Contact, queue, and when it arrived."""


@dataclass(slots=True)
class Arrivals:
    """Of one municipality."""

    municipality: Municipality
    _legs: set[_Leg] = field(default_factory=set)
    _internal: set[str] = field(default_factory=set)
    """Contacts from within."""

    def add(self, event: CallEvent) -> None:
        """Take what an event says of when its call came."""
        self._legs.add((event.subject, event.data.queue, micros(event.data.arrived_at)))
        if event.data.origin == "internal":
            self._internal.add(event.subject)

    def profiles(self) -> dict[str, Profile]:
        """Return the profiles of the queues that something is known of, by queue.

        The first and the last day are left out, since they may not be whole, and days on which
        nobody called the municipality at all: then the source was silent.
        """
        by_day = self._by_day()
        whole = sorted(by_day)[1:-1]
        found = {}
        for queue in self.municipality.queues.values():
            if queue.is_phone:
                days = {
                    day: by_day[day].get(queue.id, [0] * QUARTERS)
                    for day in whole
                    if self._is_ordinary(queue, day)
                }
                profile = learn(days)
                if profile is not None:
                    found[queue.id] = profile
        return found

    def _by_day(self) -> dict[date, dict[str, list[int]]]:
        by_day: dict[date, dict[str, list[int]]] = {}
        for contact, queue, arrived in self._legs:
            if contact not in self._internal:
                at = moment(arrived).astimezone(self.municipality.zone)
                counts = by_day.setdefault(at.date(), {}).setdefault(queue, [0] * QUARTERS)
                counts[(60 * at.hour + at.minute) // 15] += 1
        return by_day

    def _is_ordinary(self, queue: Queue, day: date) -> bool:
        """Say whether a queue was open as usual on a day, and nothing was out of the ordinary."""
        if queue.promised is not None and not is_ordinary(queue.promised, day):
            return False
        zone = self.municipality.zone
        begins, ends = wall(day, 0, zone), wall(day + timedelta(days=1), 0, zone)
        return not any(
            incident.begins < ends
            and incident.ends > begins
            and (not incident.queues or queue.id in incident.queues)
            for incident in self.municipality.incidents
        )


def arrivals_of(
    municipalities: Iterable[Municipality], events: Iterable[object]
) -> Mapping[str, Arrivals]:
    """Return the arrivals of some municipalities, of the events that are about calls to them."""
    found = {its.id: Arrivals(its) for its in municipalities}
    for event in events:
        if isinstance(event, CallEvent) and event.partitionkey in found:
            found[event.partitionkey].add(event)
    return found
