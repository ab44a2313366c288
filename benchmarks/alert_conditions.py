"""When alerts fire, by the conditions of their rules in plain Python, and of simpler rules beside.

``tests/alerts/test_alert_quality.py`` holds them against Prometheus.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from alerts.calls import (
    BELOW,
    FEW_TO_COME,
    LEAST_DECIDED,
    LEAST_LATE,
    LEAST_OF_SMALL,
    LEAST_WAITING,
    LIMITS_IN_SMALL,
    LIMITS_WAITED,
    SPENT,
)
from alerts.rule import SMALL_QUEUE
from benchmarks.one_queue import TALK_MEAN
from streams.domain.outlook.alerting import highest
from streams.domain.percentiles import Z_99
from streams.domain.phone.figures import Share

LIMIT: Final = 15
GOAL: Final = 0.9
BURN: Final = 6.0


@dataclass(frozen=True)
class Seen:
    """The figures of a minute."""

    levels: Mapping[str, Share]
    """By window, ``today`` among them; and ``latest``."""
    highs: Mapping[str, float | None]
    """By span of the worker's: the largest level that it can mean."""
    waiting: int
    longest: float
    staffed: int | None
    """None if no source says how many answer."""
    expected: float | None
    projected: float | None
    needed: float | None
    spent: float | None
    to_come: float
    alert_level: float
    is_chronic: bool


Condition = Callable[[Seen], bool]


def akut(seen: Seen) -> bool:
    """Say whether the conditions of Akut hold."""
    half, quarter, hour = (seen.levels[name] for name in ("30m", "15m", "1h"))
    level = seen.alert_level
    least = level - BELOW * math.sqrt(level * (1 - level))
    too_few = seen.expected is not None and seen.expected < least
    needed = math.inf if seen.needed is None else seen.needed
    bar = min(level, needed)
    is_small, enough = hour.whole < SMALL_QUEUE, half.whole >= LEAST_DECIDED
    latest_enough = seen.levels["latest"].whole >= LEAST_DECIDED
    return any(
        (
            enough and _high(seen, "30m") < bar and _ratio(quarter) < level,
            enough and too_few and _ratio(half) < bar,
            is_small and latest_enough and _high(seen, "latest") < bar and _ratio(hour) < level,
            is_small and too_few and hour.whole >= LEAST_OF_SMALL and _ratio(hour) < bar,
        )
    )


def drift(seen: Seen) -> bool:
    """Say whether the conditions of Drift hold."""
    return seen.levels["1h"].whole >= LEAST_DECIDED and _high(seen, "1h") < seen.alert_level


def grows(seen: Seen) -> bool:
    """Say whether the conditions of KoVaxer hold."""
    is_small = seen.levels["1h"].whole < SMALL_QUEUE
    many = seen.waiting >= LEAST_WAITING and bool(seen.staffed)
    last = seen.waiting * TALK_MEAN / seen.staffed if seen.staffed else 0.0
    limit = LIMIT * (1 + seen.is_chronic)
    longest = (LIMITS_IN_SMALL if is_small else LIMITS_WAITED) * limit
    return seen.longest > longest or (many and last > LIMITS_WAITED * limit)


def in_danger(seen: Seen) -> bool:
    """Say whether the conditions of DagenIFara hold."""
    badly = seen.projected is not None and seen.projected < GOAL and (seen.spent or 0) > SPENT
    return badly and _can_be_changed(seen) and (seen.needed or 0) <= 1


def lost(seen: Seen) -> bool:
    """Say whether the conditions of DagenForlorad hold."""
    return _can_be_changed(seen) and (seen.needed or 0) > 1


def _can_be_changed(seen: Seen) -> bool:
    today = seen.levels["today"]
    enough = today.whole - today.part >= LEAST_LATE and seen.to_come >= FEW_TO_COME
    return enough and not seen.is_chronic and seen.needed is not None


def plain(seen: Seen) -> bool:
    """Say whether the last 15 minutes are under the goal."""
    return plain_at(seen, GOAL)


def counted(seen: Seen) -> bool:
    """Say whether the last 30 minutes are, of 20 calls at least."""
    return _ratio(seen.levels["30m"]) < GOAL and seen.levels["30m"].whole >= 20


def independent(seen: Seen) -> bool:
    """Say whether the last 30 minutes surely are, if calls had nothing to do with each other."""
    half = seen.levels["30m"]
    high = highest(half, 0.0, Z_99)
    enough = half.whole >= LEAST_DECIDED
    return enough and (high or 0.0) < seen.alert_level and plain_at(seen, seen.alert_level)


def plain_at(seen: Seen, level: float) -> bool:
    """Say whether the last 15 minutes are under a level."""
    return _ratio(seen.levels["15m"]) < level


def burning(seen: Seen) -> bool:
    """Say whether the budget burns at six times its rate in an hour and in five minutes."""
    return all(1 - _ratio(seen.levels[name]) > BURN * (1 - GOAL) for name in ("1h", "5m"))


def _high(seen: Seen, span: str) -> float:
    high = seen.highs[span]
    return 1.0 if high is None else high


def _ratio(share: Share) -> float:
    return 1.0 if share.ratio is None else share.ratio


RULES: Final[dict[str, tuple[Condition, int, int]]] = {
    "Akut": (akut, 3, 15),
    "DagenIFara": (in_danger, 10, 30),
    "DagenForlorad": (lost, 10, 60),
    "KoVaxer": (grows, 1, 5),
    "Drift": (drift, 5, 15),
    "15 min < goal": (plain, 5, 0),
    "30 min < goal, n ≥ 20": (counted, 5, 0),
    "burn rate 6×": (burning, 2, 0),
    "Wilson 99 %": (independent, 5, 10),
}
"""Rule → its condition, and for how many minutes it must hold and goes on firing."""
OF_DAY: Final = ("DagenIFara", "DagenForlorad")
BUT_ACUTE: Final = ("KoVaxer", "Drift")
"""Those that are not told while it is acute."""
BY_CREW: Final = ("Akut", *OF_DAY)
"""Those that go by who answers, where a source says so."""


class AlertState:
    """An alert's: pending, firing, kept firing."""

    def __init__(self, condition: Condition, minutes: int, kept: int) -> None:
        self._condition, self._minutes, self._kept = condition, minutes, kept
        self._held = self._ended = 0
        self.fires = False

    def step(self, seen: Seen, *, hidden: bool = False) -> bool:
        """Take a minute's figures; say whether the alert begins to fire. Unless it is hidden."""
        if not hidden and self._condition(seen):
            self._held, self._ended = self._held + 1, 0
            if not self.fires and self._held > self._minutes:
                self.fires = True
                return True
            return False
        self._held = 0
        if self.fires:
            self._ended += 1
            if self._ended > self._kept:
                self.fires = False
        return False
