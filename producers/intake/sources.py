"""What is known of each source that pushes: how it does, and that it is alive.

A system that only pushes what happens is silent when nothing does, and that is no fault. So its
requests alone say nothing of its life: heartbeats on behalf of a source are sent only if its token
says that it asks regularly (``alive: asks``). Then each request that was taken is a sign of life,
also one that only asks, and its silence is a fault like any source's.

Source: docs/decisions/0011-opening-kept.md (silence).
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from producers.intake.callers import CallerHash
from producers.intake.grants import Grant
from producers.intake.identity import Names
from producers.intake.rates import Bucket
from producers.intake.screening import Fault, Screen
from producers.vitals import Pulse, Vitals
from streams.domain.events import Event
from streams.domain.instants import micros

Key = tuple[str, str]
"""A municipality, and a source."""
UNREADABLE: Final = "unreadable"
"""The fault of a request whose body is none."""


@dataclass(slots=True)
class Sender:
    """One token: what it may do, what it has left to send, and how its source does."""

    grant: Grant
    screen: Screen
    bucket: Bucket
    vitals: Vitals
    pulse: Pulse

    def heartbeat(self, now: int) -> list[Event]:
        """Return a heartbeat if it is time for one, of a source that asks regularly."""
        return [*self.pulse.due(now)] if self.grant.is_watched else []

    def count_faults(self, faults: Iterable[Fault]) -> None:
        """Count what can't be used, by its kind."""
        self.vitals.faults.update(fault.reason for fault in faults)

    def count_delivered(self, events: Iterable[Event]) -> None:
        """Count events that are in Kafka, but for heartbeats."""
        for event in events:
            self.vitals.events += 1
            self.vitals.latest = max(self.vitals.latest or 0, micros(event.time))


class Senders:
    """All senders there are; renewed when the file of tokens is, with what is known kept."""

    def __init__(self, key: bytes, caller: CallerHash, grants: tuple[Grant, ...] = ()) -> None:
        self._key = key
        self._caller = caller
        self._vitals: dict[Key, Vitals] = {}
        self._pulses: dict[Key, Pulse] = {}
        self._by_digest: dict[bytes, Sender] = {}
        self.grants: tuple[Grant, ...] = ()
        self.renew(grants)

    def of(self, grant: Grant) -> Sender:
        """Return the sender with a token."""
        return self._by_digest[grant.digest]

    def renew(self, grants: tuple[Grant, ...]) -> None:
        """Take other grants. A token that stays has sent what it has sent."""
        before = self._by_digest
        made: dict[bytes, Sender] = {}
        for grant in grants:
            municipality, source = grant.key
            its = before.get(grant.digest)
            bucket = Bucket(grant.events_per_second, time.monotonic)
            if its is not None and its.bucket.per_second == grant.events_per_second:
                bucket = its.bucket
            made[grant.digest] = Sender(
                grant=grant,
                screen=Screen(grant, Names(self._key, municipality, source), self._caller),
                bucket=bucket,
                vitals=self._vitals.setdefault(
                    grant.key, Vitals(municipality=municipality, source=source)
                ),
                pulse=self._pulses.setdefault(
                    grant.key, Pulse(municipality, source, time.monotonic)
                ),
            )
        self.grants, self._by_digest = grants, made

    @property
    def vitals(self) -> list[Vitals]:
        """Return how each source does that has, or has had, a token."""
        return [*self._vitals.values()]

    def wait(self, *, for_kafka: bool) -> None:
        """Say of all sources whether Kafka takes their events."""
        for vitals in self._vitals.values():
            vitals.is_waiting = for_kafka
