"""What a producer says of itself: how much it read, what came of it, and that its source is alive.

A follower is well while its loop turns, be it only to wait; it is ready while its source can be
read and Kafka takes events. A source or a Kafka that is away is no reason to end it: another one
could do no more.

Counts, instants and kinds of faults only: never anything of what was read.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from producers.following import Stopping
from streams import metrics as m
from streams.addresses import read_address
from streams.domain.event_types import Kind, PresenceData, PresenceEvent, type_of
from streams.domain.events import Event
from streams.domain.instants import SECOND, micros, moment
from streams.endpoints import ListenError
from streams.endpoints.door import Page, metrics_page, told
from streams.endpoints.security import listen_security_as_told
from streams.endpoints.serving import answering_beside
from streams.former_names import with_former_names

HEARTBEAT_SECONDS: Final = 30.0
"""How often a source that can be read is said to be alive."""
LATELY_SECONDS: Final = 120.0
"""Within which a source that can be read has been read: a round of all mailboxes may take long."""
STUCK_SECONDS: Final = 600.0
"""A loop that has not turned for so long does not by itself: the first round reads 90 days."""


@dataclass(kw_only=True, eq=False)
class Vitals(Collector):
    """The health of one source, counted up by whoever reads it and collected for Prometheus."""

    municipality: str
    source: str
    """Its id in the catalogue, or what is read if it has none."""
    read: int = 0
    """Lines, messages, rows or requests."""
    events: int = 0
    """Events of these that are safe: in Kafka, or on the disk."""
    faults: Counter[str] = field(default_factory=Counter)
    """How many of what was read could not be used, by kind of fault."""
    checked_at: float | None = None
    """When the source last could be read (Unix time), if only to find nothing new."""
    latest: int | None = None
    """The latest instant of an event."""
    is_waiting: bool = False
    """Whether Kafka does not take events now."""
    turns_by: float = field(default_factory=time.monotonic)
    """When the loop last turned, or will have waited for what it waits (monotonic seconds)."""

    def health(self, now: float) -> dict[str, str]:
        """Return why the process should be ended at an instant (monotonic seconds), if it should.

        Nothing is well.
        """
        stood = now - self.turns_by
        return {"loop": f"has stood still for {stood:.0f} s"} if stood > STUCK_SECONDS else {}

    def readiness(self, now: float) -> dict[str, str]:
        """Return what keeps events from being safe at an instant (Unix time); nothing is ready."""
        if self.is_waiting:
            return {"kafka": "does not take events"}
        if self.checked_at is None:
            return {"source": "has not been read yet"}
        since = now - self.checked_at
        return {"source": f"was last read {since:.0f} s ago"} if since > LATELY_SECONDS else {}

    def turn(self, waits_seconds: float = 0.0) -> None:
        """Note that the loop turns, and how long it is to wait now."""
        self.turns_by = time.monotonic() + waits_seconds

    def count_safe(self, events: Sequence[Event]) -> None:
        """Count events that are safe now."""
        self.events += len(events)
        latest = max((micros(event.time) for event in events), default=0)
        self.latest = max(latest, self.latest or 0) or None

    def wait_for_kafka(self, is_waiting: bool) -> None:
        """Note whether Kafka does not take events now."""
        self.is_waiting = is_waiting

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, those that have been renamed under both names."""
        return with_former_names(self._families())

    def _families(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the metrics. No data is no sample."""
        its = (self.municipality, self.source)
        counts: list[tuple[m.Metric, dict[tuple[str, ...], int]]] = [
            (m.SOURCE_READ, {its: self.read}),
            (m.SOURCE_EVENTS, {its: self.events}),
            (m.SOURCE_UNUSABLE, {(*its, fault): n for fault, n in self.faults.copy().items()}),
        ]
        for metric, samples in counts:
            counted = CounterMetricFamily(
                m.PREFIX + metric.name, metric.help, labels=metric.labels
            )
            for labels, number in samples.items():
                counted.add_metric(labels, number)
            yield counted
        latest = None if self.latest is None else self.latest / SECOND
        for metric, value in (
            (m.SOURCE_CHECKED, self.checked_at),
            (m.SOURCE_LATEST, latest),
            (m.SOURCE_WAITING, float(self.is_waiting)),
        ):
            gauge = GaugeMetricFamily(m.PREFIX + metric.name, metric.help, labels=metric.labels)
            if value is not None:
                gauge.add_metric(its, value)
            yield gauge


@dataclass(slots=True)
class Pulse:
    """Says at most every half minute that a source is alive.

    Ask it only while the source can be read: its silence is what is looked at.
    """

    municipality: str
    source: str
    """The source's id in the catalogue."""
    clock: Callable[[], float]
    """Seconds that never go back."""
    _beat_at: float | None = None

    def due(self, now: int) -> list[PresenceEvent]:
        """Return a heartbeat at the instant ``now`` if it is time for one."""
        at = self.clock()
        if self._beat_at is not None and at - self._beat_at < HEARTBEAT_SECONDS:
            return []
        self._beat_at = at
        return [
            PresenceEvent(
                id=f"{self.source}/heartbeat/{now}",
                source=f"/producer/{self.municipality}",
                type=type_of(Kind.PRESENCE, "heartbeat"),
                subject=self.source,
                time=moment(now),
                partitionkey=self.municipality,
                data=PresenceData(),
            )
        ]


@dataclass(frozen=True, slots=True)
class Turning:
    """Tells a follower when to stop; its loop, which asks this at every turn, is noted to turn."""

    stopping: Stopping
    vitals: Vitals

    def is_set(self) -> bool:
        """Return whether it is time."""
        self.vitals.turn()
        return self.stopping.is_set()

    def wait(self, timeout: float) -> bool:
        """Sleep until it is time, or ``timeout`` seconds."""
        self.vitals.turn(timeout)
        return self.stopping.wait(timeout)


def shown(vitals: Vitals, listen: str | None) -> AbstractContextManager[None]:
    """Answer Prometheus and probes at ``listen`` as long as the context lasts; None: nowhere.

    Raises :class:`~streams.endpoints.ListenError` for what is no ``host:port``, or one that can't
    be listened on.
    """
    if listen is None:
        return nullcontext()
    address = read_address(listen)
    if address is None:
        raise ListenError(f"--listen {listen} saknar värd eller port: skriv 127.0.0.1:9109.")
    security = listen_security_as_told(f"--listen {listen}", address[0])
    return answering_beside(_pages(vitals), address, security)


def _pages(vitals: Vitals) -> dict[str, Page]:
    async def healthz() -> web.Response:
        return told(vitals.health(time.monotonic()))

    async def readyz() -> web.Response:
        return told(vitals.readiness(time.time()))

    return {"/metrics": metrics_page(vitals), "/healthz": healthz, "/readyz": readyz}
