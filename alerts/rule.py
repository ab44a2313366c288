"""What a file of rules has: alerts with their words, and what is recorded for them."""

from dataclasses import dataclass
from typing import Final, Literal

Tier = Literal[
    "akut", "eskalering", "over", "drift", "dagen_i_fara", "ko_vaxer",
    "tak", "tillbakahallet", "forfaller", "forfallet", "besked", "veckobrev",
    "data_saknas", "arkiv", "jobb", "watchdog",
]  # fmt: skip
SMALL_QUEUE: Final = 20
"""With fewer calls decided in an hour, a queue is small: it is told of by its hour."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An alerting rule."""

    alert: str
    expr: str
    for_: str
    keep_firing_for: str
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule."""

    record: str
    expr: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after the other."""

    name: str
    recordings: tuple[Recording, ...]
    rules: tuple[Rule, ...]
