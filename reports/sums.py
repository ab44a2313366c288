"""Where the figures of each measure stand, and what several of them are together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reports.figures import Figures
from streams.domain.catalogue import ServiceTarget


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the figures of a measure stand below a root; a promise on a mean has no part."""

    root: str
    value: str = "ratio"
    number: str = "n"
    part: str | None = None
    pooled: str | None = None
    """The root of the figure of all queues together, where replay has it."""


_OF_CASES: Final = Paths(
    "cases.asked.queues.{queue}.promises.{target}.kept",
    part="in_time",
    pooled="cases.asked.promises.{target}.kept",
)


OF_QUEUES: Final[Mapping[str, Paths]] = {
    "answered_within": Paths(
        "queues.{queue}.service_levels.{target}", number="decided", part="good"
    ),
    "lost": Paths("queues.{queue}.lost", part="count"),
    "mean_wait": Paths("queues.{queue}", "wait_seconds.mean", "answered"),
    "mean_talk": Paths("queues.{queue}", "talk_seconds.mean", "talk_seconds.n"),
    "question_answered_within": Paths(
        "questions.mailboxes.{queue}.promises.{target}.windows.asked",
        "in_time_ratio",
        "decided",
        "due.in_time",
        pooled="questions.promises.{target}.windows.asked",
    ),
    "feedback_within": _OF_CASES,
    "resolved_within": _OF_CASES,
}
"""Measure of a queue → where its figures stand."""
OF_ALL: Final[Mapping[str, Paths]] = {
    "solved_in_centre": Paths("cases.asked.solved_in_centre.{target}", part="solved"),
    "satisfied": Paths("surveys.asked.{target}", part="satisfied"),
    "open_as_promised": Paths("presence.asked.open_as_promised", number="asked"),
    "channel_share": Paths("channels.asked.promised.{target}", part="contacts"),
}
"""Measure of the whole municipality → where its figures stand."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A value of one place, or of several together."""

    value: float | None
    number: int | None
    part: float | None

    @classmethod
    def of(
        cls, figures: Figures, target: ServiceTarget, roots: Iterable[str], its: Paths
    ) -> "Sum":
        """Return what figures have at some roots, together."""
        paths = [root.replace("{target}", target.id) for root in roots]
        numbers = [figures.number(f"{path}.{its.number}") for path in paths]
        if all(number is None for number in numbers):
            return cls(None, None, None)
        number = sum(int(number or 0) for number in numbers)
        values = [figures.number(f"{path}.{its.value}") for path in paths]
        if its.part is None:
            part = None
            weighted = [
                value * count
                for value, count in zip(values, numbers, strict=True)
                if value is not None and count is not None
            ]
            value = sum(weighted) / number if weighted and number else None
        else:
            part = sum(figures.number(f"{path}.{its.part}") or 0 for path in paths)
            value = part / number if number else None
        if len(paths) == 1:
            value = values[0]  # as replay has it: also where it is held back
        return cls(value, number, part if value is not None else None)
