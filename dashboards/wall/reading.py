"""What the wall asks Prometheus, and what was answered."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from streams import metrics as m

NOW: Final = "30m"
DAY: Final = "today"
ASKED: Final = (
    m.EVALUATED_AT, m.OPEN, m.SILENT, m.INCIDENT, m.WAITING, m.LONGEST_WAIT, m.STAFFED,
    m.SERVICE_LEVEL, m.SERVICE_LEVEL_LOW, m.SERVICE_LEVEL_HIGH, m.DECIDED,
    *m.LOST, m.WAIT_MEAN, m.CALLS, m.TALK_MEAN, m.TALKS,
    m.BEST, m.NEEDED, m.PEOPLE_NEEDED,
    m.QUESTIONS_PROMISED_OPEN, m.QUESTIONS_DUE_SOON, m.QUESTIONS_OVERDUE,
    m.QUESTIONS_LONGEST_OVERDUE, m.QUESTIONS_OLDEST, *m.QUESTIONS_IN_TIME,
    m.CASES_PENDING, m.CASES_LONGEST_OVERDUE, *m.CASES_IN_TIME,
)  # fmt: skip
_LABELS: Final = tuple(dict.fromkeys(label for metric in ASKED for label in metric.labels))

Key = tuple[str, frozenset[tuple[str, str]]]


def expression(municipality: str) -> str:
    """Return the one question that all figures of a municipality answer."""
    names = "|".join(m.PREFIX + metric.name for metric in ASKED)
    matched = ", ".join(
        (
            f'__name__=~"{names}"',
            f"municipality={json.dumps(municipality)}",
            f'window=~"|{DAY}|{NOW}"',  # or none
        )
    )
    return f"max by (__name__, {', '.join(_LABELS)}) ({{{matched}}})"


def spark_expression(municipality: str) -> str:
    """Return the question that the lines since opening answer, over a range."""
    return (
        f"max by (queue, target) ({m.PREFIX}{m.SERVICE_LEVEL.name}"
        f'{{municipality={json.dumps(municipality)}, window="{NOW}"}})'
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """The figures of a municipality, as they were at one instant."""

    values: Mapping[Key, float]

    @classmethod
    def of_samples(cls, samples: Iterable[tuple[Mapping[str, str], float]]) -> Self:
        """Return what samples tell: labels with ``__name__``, and values; none of no number."""
        found = {}
        for labels, value in samples:
            of = frozenset(
                (name, its) for name, its in labels.items() if its and name != "__name__"
            )
            if math.isfinite(value):
                found[labels.get("__name__", ""), of] = value
        return cls(found)

    def of(self, metric: m.Metric, **labels: str) -> float | None:
        """Return a value; None if there is none. A ValueError for labels that it doesn't have."""
        if set(labels) != set(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
        return self.values.get((m.PREFIX + metric.name, frozenset(labels.items())))


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires."""

    tier: str
    queue: str | None
    text: str
