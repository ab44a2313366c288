"""The sheet that a scrape is written on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from streams import metrics as m
from streams.domain.kept import Spread
from streams.domain.phone.figures import Waits
from streams.exposition.text import Sample, Writer
from streams.former_names import former_help, with_former_names


class SpreadMetrics(NamedTuple):
    """The metrics of how lengths of time are spread."""

    mean: m.Metric
    percentile: m.Metric
    maximum: m.Metric


@dataclass(slots=True)
class Sheet:
    """The samples of one scrape, by metric, as they are added."""

    plain: dict[str, tuple[m.Metric, list[Sample]]] = field(default_factory=dict)
    histograms: dict[str, GaugeHistogramMetricFamily] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """Yield all families, those that have been renamed under both names."""
        plain = (_family(metric, samples) for metric, samples in self.plain.values())
        yield from with_former_names((*plain, *self.histograms.values()))

    def text(self) -> bytes:
        """Return what :meth:`collect` yields as Prometheus reads it."""
        writer = Writer()
        lines: list[str] = []
        formers = {its.metric.name: its for its in m.FORMERLY}
        for metric, samples in self.plain.values():
            kind, labels = metric.kind, metric.labels
            lines += writer.family(m.PREFIX + metric.name, kind, metric.help, labels, samples)
            if (former := formers.get(metric.name)) is not None:
                name, told = m.PREFIX + former.name, former_help(former)
                lines += writer.family(name, kind, told, labels, samples)
        return "".join(lines).encode() + generate_latest(_Histograms(self.histograms.values()))

    def add(self, metric: m.Metric, value: float | None, *labels: str) -> None:
        """Add a sample; no value, no sample."""
        if value is None:
            return
        family = self.plain.get(metric.name)
        if family is None:
            family = self.plain[metric.name] = metric, []
        family[1].append((labels, value))

    def add_share(
        self,
        metrics: m.Share,
        ratio: float | None,
        interval: tuple[float, float] | None,
        of: int,
        *labels: str,
    ) -> None:
        """Add a ratio, the ends of its interval, and of how many it is."""
        low, high = interval or (None, None)
        for metric, value in zip(metrics, (ratio, low, high, of), strict=True):
            self.add(metric, value, *labels)

    def add_spread(
        self, metrics: SpreadMetrics, spread: Spread | Waits | None, *labels: str
    ) -> None:
        """Add how some lengths of time are spread; nothing if there is none."""
        if spread is None:
            return
        self.add(metrics.mean, spread.mean, *labels)
        self.add(metrics.maximum, spread.maximum, *labels)
        for percent, seconds in spread.percentiles.items():
            self.add(metrics.percentile, seconds, *labels, f"p{percent}")

    def add_histogram(
        self,
        metric: m.Metric,
        edges: Sequence[int],
        histogram: tuple[list[int], float],
        *labels: str,
    ) -> None:
        """Add a histogram: counts at or under each edge, then all; and the sum of the values."""
        family = self.histograms.get(metric.name)
        if family is None:
            family = GaugeHistogramMetricFamily(
                m.PREFIX + metric.name, metric.help, labels=metric.labels
            )
            self.histograms[metric.name] = family
        counts, total = histogram
        limits = [*(str(float(edge)) for edge in edges), "+Inf"]
        family.add_metric(labels, list(zip(limits, counts, strict=True)), total)


@dataclass(frozen=True, slots=True)
class _Histograms:
    families: Iterable[Metric]

    def collect(self) -> Iterator[Metric]:
        """Yield all families, those that have been renamed under both names."""
        yield from with_former_names(self.families)


def _family(metric: m.Metric, samples: list[Sample]) -> Metric:
    made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = made(m.PREFIX + metric.name, metric.help, labels=metric.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family
