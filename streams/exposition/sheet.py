"""The sheet that a scrape is written on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from streams import metrics as m
from streams.domain.kept import Spread
from streams.domain.phone.figures import Waits
from streams.former_names import with_former_names


class SpreadMetrics(NamedTuple):
    """The metrics of how lengths of time are spread."""

    mean: m.Metric
    percentile: m.Metric
    maximum: m.Metric


@dataclass(slots=True)
class Sheet:
    """The families of one scrape, filled sample by sample."""

    plain: dict[str, GaugeMetricFamily | CounterMetricFamily] = field(default_factory=dict)
    histograms: dict[str, GaugeHistogramMetricFamily] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """Yield all families, those that have been renamed under both names."""
        yield from with_former_names((*self.plain.values(), *self.histograms.values()))

    def add(self, metric: m.Metric, value: float | None, *labels: str) -> None:
        """Add a sample; no value, no sample."""
        if value is None:
            return
        family = self.plain.get(metric.name)
        if family is None:
            made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = made(m.PREFIX + metric.name, metric.help, labels=metric.labels)
            self.plain[metric.name] = family
        family.add_metric(labels, value)

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
