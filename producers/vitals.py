"""What a producer says of itself: how much it read, what came of it, and that its source is alive.

Counts, instants and kinds of faults only: never anything of what was read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams import metrics as m
from streams.addresses import NOT_SERVED, read_address
from streams.domain.event_types import Kind, PresenceData, PresenceEvent, type_of
from streams.domain.events import Event
from streams.domain.instants import SECOND, micros, moment
from streams.domain.swedish import reason
from streams.former_names import with_former_names

HEARTBEAT_SECONDS: Final = 30.0
"""How often a source that can be read is said to be alive."""


class ListenError(Exception):
    """The metrics can't be shown; the text is one Swedish line that says what to do."""


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


def shown(vitals: Vitals, listen: str | None) -> AbstractContextManager[None]:
    """Show vitals at ``http://listen/metrics`` for as long as the context lasts; None: nowhere.

    Raises :class:`ListenError` for what is no ``host:port``, or one that can't be listened on.
    """
    if listen is None:
        return nullcontext()
    address = read_address(listen)
    if address is None:
        raise ListenError(f"--listen {listen} saknar värd eller port: skriv 127.0.0.1:9109.")
    return _served(vitals, *address)


@contextmanager
def _served(vitals: Vitals, host: str, port: int) -> Iterator[None]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(vitals)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        why = NOT_SERVED.get(error.errno) or reason(error)
        raise ListenError(
            f"kan inte lyssna på {host}:{port} ({why}): ange en annan adress med --listen."
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
