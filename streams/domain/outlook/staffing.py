"""How many people a queue needs in a part of the day.

Source: docs/decisions/0014-outlook.md.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from streams.domain.catalogue import Queue, ServiceTarget
from streams.domain.outlook.erlang import Load, needed, outcome
from streams.domain.phone.figures import Talk

ASSUMED_PATIENCE: Final = 180
"""Seconds, where it is not known how long callers wait: between what is taken for a switchboard
(85) and for a customer centre (420) in ``producers/simulator/profile.py``. People hang up rather
than wait without end, so that too few people answer some of them in time all the same."""
KEPT: Final = 4_096
"""So many answers are kept: the same is asked again and again."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a queue's calls take, and what is promised of them."""

    handle_seconds: int
    """For how long one keeps a person busy."""
    patience_seconds: int | None
    promises: tuple[tuple[float, int], ...]
    """The share that is to be answered within so many seconds."""

    @classmethod
    def of(cls, queue: Queue, targets: Iterable[ServiceTarget], today: Talk | None) -> Self | None:
        """Return it by the profile's talks, else by today's; None if of neither any is known."""
        profile = queue.profile
        talk = profile.talk_seconds if profile else None
        if talk is None:
            talk = today.mean if today else None
        if talk is None:
            return None
        patience = profile.patience_seconds if profile else None
        return cls(
            handle_seconds=max(1, round(talk) + queue.wrap_up_seconds),
            patience_seconds=None if patience is None else max(1, round(patience)),
            promises=tuple(
                (target.goal, target.limit_seconds)
                for target in targets
                if target.goal is not None and target.goal < 1 and target.limit_seconds is not None
            ),
        )

    def erlangs(self, calls: float, seconds: float) -> float:
        """Return how many people some calls keep busy in a time."""
        return calls * self.handle_seconds / seconds

    def people(self, calls: float, seconds: float) -> int | None:
        """Return how many it takes to keep all promises; None if nothing is promised.

        Of whole calls, rounded up.
        """
        load = Load(math.ceil(calls) / seconds, self.handle_seconds, self.patience_seconds)
        return max((_needed(load, *promise) for promise in self.promises), default=None)

    def level(self, calls: float, seconds: float, people: int, limit_seconds: int) -> float:
        """Return the share that so many people answer within a time, of calls to a tenth."""
        patience = self.patience_seconds or ASSUMED_PATIENCE
        load = Load(round(calls, 1) / seconds, self.handle_seconds, patience)
        return _level(load, people, limit_seconds)


@lru_cache(KEPT)
def _level(load: Load, people: int, limit_seconds: int) -> float:
    found = outcome(load, people)
    return 0.0 if found is None else found.service_level(limit_seconds)


@lru_cache(KEPT)
def _needed(load: Load, goal: float, limit_seconds: int) -> int:
    return needed(load, goal, limit_seconds)
