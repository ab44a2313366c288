"""The samples of a worker's ``/metrics``, read back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from streams import metrics as m
from streams.domain.instants import SECOND

Series = tuple[str, frozenset[tuple[str, str]]]
"""Name and labels of a sample."""


def series(metric: m.Metric, suffix: str = "", **labels: str) -> Series:
    """Return the name and labels of a sample. A ValueError for labels that it doesn't have."""
    if set(labels) - {"le"} != set(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
    return m.PREFIX + metric.name + suffix, frozenset(labels.items())


@dataclass(frozen=True, slots=True)
class Scrape:
    """All samples of one answer of one worker."""

    samples: Mapping[Series, float]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the samples of an exposition. A ValueError if it is none."""
        return cls.of_families(text_string_to_metric_families(text))

    @classmethod
    def of_families(cls, families: Iterable[Family]) -> Self:
        """Return the samples of metric families."""
        return cls(
            {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in families
                for sample in family.samples
            }
        )

    def value(self, metric: m.Metric, suffix: str = "", **labels: str) -> float | None:
        """Return one sample's value."""
        return self.samples.get(series(metric, suffix, **labels))

    def municipalities(self) -> set[str]:
        """Return those that are exported."""
        name = m.PREFIX + m.EVALUATED_AT.name
        return {dict(labels)["municipality"] for at, labels in self.samples if at == name}

    def at(self) -> int:
        """Return the instant of all its figures; 0 if it shows none."""
        told = {self.value(m.EVALUATED_AT, municipality=name) for name in self.municipalities()}
        (seconds,) = told or {0.0}
        return round((seconds or 0.0) * SECOND)

    def by_place(self, metric: m.Metric) -> dict[tuple[str, int], float]:
        """Return a metric's values by topic and partition."""
        name = m.PREFIX + metric.name
        return {
            (of["topic"], int(of["partition"])): value
            for (at, labels), value in self.samples.items()
            if at == name and (of := dict(labels))
        }

    def next_offsets(self) -> dict[tuple[str, int], int]:
        """Return where the worker reads on, by topic and partition."""
        return {place: int(offset) for place, offset in self.by_place(m.NEXT_OFFSET).items()}

    def business(self, municipality: str) -> dict[Series, float]:
        """Return what is exported of a municipality, but for the instant."""
        about = series(m.EVALUATED_AT, municipality=municipality)
        return {
            key: value
            for key, value in self.samples.items()
            if ("municipality", municipality) in key[1] and key != about
        }
