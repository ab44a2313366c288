"""What ``/metrics`` shows: each source, how requests were answered, and what is held now."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from producers.intake.sources import Senders
from streams import metrics as m
from streams.former_names import with_former_names


@dataclass(kw_only=True, eq=False)
class Measured(Collector):
    """Collects all of it for Prometheus."""

    senders: Senders
    connections: Callable[[], int]
    held_bytes: Callable[[], int]
    answers: Counter[int] = field(default_factory=Counter)
    """How many requests have been answered, by status."""

    def count(self, status: int) -> None:
        """Count an answer."""
        self.answers[status] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, each family once; those that have been renamed under both names."""
        families: dict[str, Metric] = {}
        for vitals in self.senders.vitals:
            for its in vitals.collect():
                known = families.setdefault(its.name, its)
                if known is not its:
                    known.samples += its.samples
        yield from families.values()
        yield from with_former_names(self._own())

    def _own(self) -> Iterator[Metric]:
        """Yield what is of no source."""
        answers = CounterMetricFamily(
            m.PREFIX + m.INTAKE_ANSWERS.name, m.INTAKE_ANSWERS.help, labels=m.INTAKE_ANSWERS.labels
        )
        for status, number in sorted(self.answers.items()):
            answers.add_metric([str(status)], number)
        yield answers
        for metric, value in (
            (m.INTAKE_CONNECTIONS, self.connections()),
            (m.INTAKE_HELD, self.held_bytes()),
        ):
            yield GaugeMetricFamily(m.PREFIX + metric.name, metric.help, value)
