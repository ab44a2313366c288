"""The sheet that a scrape is written on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from prometheus_client.metrics_core import Metric

from streams import metrics as m
from streams.domain.kept import Spread
from streams.domain.phone.figures import Waits
from streams.exposition.text import Sample, Samples, Writer
from streams.former_names import former_help, with_former_names


class SpreadMetrics(NamedTuple):
    """The metrics of how lengths of time are spread."""

    mean: m.Metric
    percentile: m.Metric
    maximum: m.Metric


_BUCKET, _COUNT, _SUM = "_bucket", "_gcount", "_gsum"
_PARTS: Final = {
    "gauge": ("",), "counter": ("_total",), "gaugehistogram": (_BUCKET, _COUNT, _SUM),
}  # fmt: skip
_MORE: Final = {_COUNT, _SUM}
"""Parts with a heading of their own: Prometheus' own format knows no gauge histograms."""


@dataclass(frozen=True, slots=True)
class Family:
    """The samples of one metric."""

    metric: m.Metric
    parts: Mapping[str, list[Sample]]
    """By what their names end with."""
    first: list[Sample]
    each: list[Samples]
    """Samples that differ in their last label alone: they are many, and this is quicker."""

    @classmethod
    def of(cls, metric: m.Metric) -> Self:
        """Return a family without samples."""
        parts: dict[str, list[Sample]] = {suffix: [] for suffix in _PARTS[metric.kind]}
        return cls(metric, parts, next(iter(parts.values())), [])

    def labels(self, suffix: str) -> tuple[str, ...]:
        """Return the labels of a part."""
        return (*self.metric.labels, "le") if suffix == _BUCKET else self.metric.labels

    @property
    def samples(self) -> list[Sample]:
        """Return the samples of the first part."""
        each = [
            ((*labels, key), value)
            for labels, values in self.each
            for key, value in values.items()
            if value is not None
        ]
        return self.first + each

    def collect(self) -> Metric:
        """Return it as Prometheus' client has it."""
        name = m.PREFIX + self.metric.name
        made = Metric(name, self.metric.help, self.metric.kind)
        parts = {**self.parts, next(iter(self.parts)): self.samples}
        for suffix, samples in parts.items():
            labels = self.labels(suffix)
            for values, value in samples:
                made.add_sample(name + suffix, dict(zip(labels, values, strict=True)), value)
        return made

    def lines(self, writer: Writer, name: str, told: str) -> Iterator[str]:
        """Yield it as Prometheus reads it, under a name and with what is told of it."""
        kind = "histogram" if self.metric.kind == "gaugehistogram" else self.metric.kind
        heading = name + "_total" if kind == "counter" else name
        for suffix, samples in self.parts.items():
            is_more = suffix in _MORE
            yield writer.heading(
                name + suffix if is_more else heading, "gauge" if is_more else kind, told
            )
            yield writer.lines(name + suffix, self.labels(suffix), samples)
            if samples is self.first and self.each:
                yield writer.lines_of_each(name + suffix, self.labels(suffix), self.each)


@dataclass(slots=True)
class Sheet:
    """The samples of one scrape, by metric, as they are added."""

    families: dict[str, Family] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """Yield all families, those that have been renamed under both names."""
        yield from with_former_names(its.collect() for its in self.families.values())

    def text(self, writer: Writer | None = None) -> bytes:
        """Return what :meth:`collect` yields as Prometheus reads it."""
        writer, lines = writer or Writer(), list[str]()
        formers = {its.metric.name: its for its in m.FORMERLY}
        for name, family in self.families.items():
            lines += family.lines(writer, m.PREFIX + name, family.metric.help)
            if (former := formers.get(name)) is not None:
                lines += family.lines(writer, m.PREFIX + former.name, former_help(former))
        return "".join(lines).encode()

    def _family(self, metric: m.Metric) -> Family:
        return self.families.setdefault(metric.name, Family.of(metric))

    def add(self, metric: m.Metric, value: float | None, *labels: str) -> None:
        """Add a sample; no value, no sample."""
        if value is not None:
            family = self.families.get(metric.name) or self._family(metric)
            family.first.append((labels, value))

    def add_each(self, metric: m.Metric, values: Mapping[str, float | None], *labels: str) -> None:
        """Add a sample of each value there is, whose key is the last label.

        The mapping is kept, and must not change.
        """
        if any(value is not None for value in values.values()):
            family = self.families.get(metric.name) or self._family(metric)
            family.each.append((labels, values))

    def add_share(
        self,
        metrics: m.Share,
        ratio: float | None,
        interval: tuple[float, float] | None,
        of: int,
        *labels: str,
    ) -> None:
        """Add a ratio, the ends of its interval, and of how many it is."""
        of_ratio, of_low, of_high, of_whole = metrics
        self.add(of_whole, of, *labels)
        if ratio is not None:
            self.add(of_ratio, ratio, *labels)
        if interval is not None:
            self.add(of_low, interval[0], *labels)
            self.add(of_high, interval[1], *labels)

    def add_percentiles(
        self, metric: m.Metric, percentiles: Mapping[int, float | None], *labels: str
    ) -> None:
        """Add percentiles, by how many percent."""
        named = {f"p{percent}": value for percent, value in percentiles.items()}
        self.add_each(metric, named, *labels)

    def add_spread(
        self, metrics: SpreadMetrics, spread: Spread | Waits | None, *labels: str
    ) -> None:
        """Add how some lengths of time are spread; nothing if there is none."""
        if spread is None:
            return
        self.add(metrics.mean, spread.mean, *labels)
        self.add(metrics.maximum, spread.maximum, *labels)
        self.add_percentiles(metrics.percentile, spread.percentiles, *labels)

    def add_histogram(
        self,
        metric: m.Metric,
        edges: Sequence[int],
        histogram: tuple[list[int], float],
        *labels: str,
    ) -> None:
        """Add a histogram: counts at or under each edge, then all; and the sum of the values."""
        counts, total = histogram
        limits = [*(str(float(edge)) for edge in edges), "+Inf"]
        parts = self._family(metric).parts
        parts[_BUCKET] += [
            ((*labels, limit), count) for limit, count in zip(limits, counts, strict=True)
        ]
        parts[_COUNT].append((labels, counts[-1]))
        parts[_SUM].append((labels, total))
