"""What a metric is, and the labels that most have."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

PREFIX: Final = "svarsgrad_"
QUEUE: Final = ("municipality", "queue")
WINDOW: Final = (*QUEUE, "window")
TARGET: Final = (*WINDOW, "target")
PROMISE: Final = ("municipality", "target")
PARTITION: Final = ("topic", "partition")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family. ``name`` is without the prefix, and for counters without ``_total``."""

    name: str
    kind: Literal["gauge", "counter", "gaugehistogram"]
    labels: tuple[str, ...]
    help: str


@dataclass(frozen=True, slots=True)
class Former:
    """What a metric was called before, and is called as well for one minor version more."""

    metric: Metric
    name: str
    """Without the prefix, and for counters without ``_total``."""
    until: tuple[int, int]
    """The release, major and minor, in which the old name is gone."""


def gauge(name: str, labels: tuple[str, ...], text: str) -> Metric:
    """Return a metric that may go up and down."""
    return Metric(name, "gauge", labels, text)


def counter(name: str, labels: tuple[str, ...], text: str) -> Metric:
    """Return a metric that only goes up, but begins again with its process."""
    return Metric(name, "counter", labels, text)


class Share(NamedTuple):
    """The four metrics of a ratio: itself, its 95 % Wilson interval, and of how many it is."""

    ratio: Metric
    low: Metric
    high: Metric
    of: Metric


def share_of(name: str, labels: tuple[str, ...], text: str, of: str, of_name: str = "") -> Share:
    """Return the metrics of a ratio; of how many it is, in another metric if that has a name."""
    return Share(
        gauge(f"{name}_ratio", labels, text),
        gauge(f"{name}_wilson_low_ratio", labels, "Lower end of its 95 % Wilson interval."),
        gauge(f"{name}_wilson_high_ratio", labels, "Upper end of its 95 % Wilson interval."),
        gauge(of_name or f"{name}_of", labels, of),
    )
