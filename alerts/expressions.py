"""The few forms of PromQL that the rules are made of.

Two workers may show a queue for a moment when it is handed over, so that rules don't read what
workers export but what is recorded of it: the largest of those shown, under the same name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from streams import metrics as m

_BY: Final = ("municipality", "queue", "target")
RECORDED: Final = "svarsgrad:"
"""How the names of what is recorded begin."""


@dataclass(frozen=True, slots=True)
class Place:
    """What figures are of: a municipality, or a queue of it, or a promise of the queue."""

    municipality: str
    queue: str | None = None
    target: str | None = None

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels that it has."""
        values = (self.municipality, self.queue, self.target)
        return {name: value for name, value in zip(_BY, values, strict=True) if value is not None}

    def of(self, metric: m.Metric, **others: str) -> str:
        """Return a metric's recorded figure of it, with such other labels.

        KeyError for a label that the metric doesn't have.
        """
        own = {name: value for name, value in self.labels.items() if name in metric.labels}
        return RECORDED + selector(metric, own | others)


def selector(metric: m.Metric, labels: Mapping[str, str]) -> str:
    """Return a metric's name without what all begin with, and the labels it must have."""
    for name in labels:
        if name not in metric.labels:
            raise KeyError(f"{metric.name} has no label {name}")
    matched = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{metric.name}{{{matched}}}"


def recorded(metric: m.Metric, municipality: str) -> tuple[str, str]:
    """Return the name that a metric is recorded under, and the expression of it."""
    of = m.PREFIX + selector(metric, {"municipality": municipality})
    return RECORDED + metric.name, f"max by ({', '.join(metric.labels)}) ({of})"


def below(one: str, other: str) -> str:
    """Return where a figure is below another, whatever labels they have beside their queue's."""
    return f"{one} < on (municipality, queue) {other}"


def all_of(first: str, *others: str) -> str:
    """Return where all of some conditions on a queue hold; the value is the first's."""
    return "\n".join([first, *(f"and on (municipality, queue) {one}" for one in others)])


def but_not(expression: str, other: str) -> str:
    """Return where a condition on a queue holds, and another does not or is not known."""
    return f"{expression}\nunless on (municipality, queue) {other}"


def any_of(*expressions: str) -> str:
    """Return where any of some conditions holds."""
    return "\nor\n".join(f"(\n{_indented(one)}\n)" for one in expressions)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
