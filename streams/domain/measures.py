"""Figures that others have measured, typed in: surveys, mystery calls, a rank, KKiK's results.

A value is of one measure on one day. Typed in again it is corrected: what was recorded last
counts, of two at the same microsecond the one with the later id (then the larger value, n and
document). Nothing is let go of: a trend over years is what such figures are for.

Source: docs/decisions/0012-external-measures.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.event_types import MeasureEvent
from streams.domain.percentiles import wilson
from streams.domain.windows import day_of

MOST_ASKED: Final = 1_000_000_000
"""Nobody can have asked more: a larger n is one that is not known."""
INDICATION: Final = 30
"""A share of fewer is an indication, no exact value."""
NOT_SHARES: Final = frozenset({"mean_wait", "mean_talk"})
"""Measures whose values are seconds."""


class Recorded(NamedTuple):
    """What somebody typed in. The greatest of several about one measure and day counts."""

    at: int
    """When it was recorded."""
    id: str
    value: float
    n: int
    """0 where it is not known."""
    document: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What counted at an instant. It stays as it is while events are folded."""

    as_of: int
    values: Mapping[tuple[str, date], Recorded]
    """By measure and the day it is true of."""


class Measures:
    """All values ever recorded of one municipality."""

    def __init__(self) -> None:
        self._recorded: dict[tuple[str, date], set[Recorded]] = {}

    def __len__(self) -> int:
        return sum(len(recorded) for recorded in self._recorded.values())

    def state(self, event: MeasureEvent, at: int) -> bool:
        """Fold what was recorded ``at`` the event's time, in microseconds. Returns True."""
        data = event.data
        n = data.n if data.n is not None and data.n <= MOST_ASKED else 0
        value = data.value + 0.0  # a zero has no sign: one that has would be another value
        self._recorded.setdefault((data.measure, data.on), set()).add(
            Recorded(at, event.id, value, n, data.document)
        )
        return True

    def take(self, identity: tuple[str, date], recorded: Iterable[Recorded]) -> None:
        """Merge values of a measure and a day, in the form of :meth:`copied_facts`."""
        self._recorded.setdefault(identity, set()).update(recorded)

    def frame(self, now: int) -> Frame:
        """Return what counts of that which was recorded before now."""
        known = {
            key: [one for one in recorded if one.at < now]
            for key, recorded in self._recorded.items()
        }
        return Frame(now, MappingProxyType({key: max(its) for key, its in known.items() if its}))

    def facts(self) -> dict[tuple[str, date], Any]:
        """Return all that is kept, by measure and day: to compare ledgers."""
        return dict(self.copied_facts())

    def copied_facts(self) -> Iterator[tuple[tuple[str, date], list[Recorded]]]:
        """Copy the book as it is now, and yield all that is kept, in any thread."""
        copied = {key: list(recorded) for key, recorded in self._recorded.items()}
        return ((key, sorted(recorded)) for key, recorded in copied.items())


def is_share(promise: ServiceTarget, value: float) -> bool:
    """Say whether a value of a promise's measure is a share, to be told in percent.

    Any value in [0, 1] is, but for means in seconds; no other can be.
    """
    return 0 <= value <= 1 and promise.measure not in NOT_SHARES


def must_be_share(promise: ServiceTarget) -> bool:
    """Say whether every value of a promise's measure must be a share."""
    return promise.goal is not None or promise.measure not in {"external", *NOT_SHARES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value that counts, judged by the promise as it read on the day the value is true of."""

    on: date
    value: float
    n: int | None
    document: str
    recorded_at: int
    is_share: bool
    goal: float | None
    """None where no version held on that day, or it states none."""
    better: Literal["higher", "lower"]

    @property
    def kept(self) -> bool | None:
        """Say whether the goal is reached; None without a goal, and for what can't be a share."""
        if self.goal is None or not self.is_share:
            return None
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95 % Wilson interval of a share of n; None for any other value.

        A share is typed in rounded: the number behind it is the nearest whole one, of two equally
        near the even one.
        """
        if not self.is_share or self.n is None:
            return None
        return wilson(int((Decimal(repr(self.value)) * self.n).to_integral_value()), self.n)

    @property
    def is_indication(self) -> bool:
        """Say whether it is a share of so few that it is only an indication."""
        return self.is_share and self.n is not None and self.n < INDICATION


@dataclass(frozen=True, slots=True)
class MeasureFigures:
    """What is known of one promise that others measure."""

    history: tuple[Measured, ...]
    """A value for each day that has one, in order."""
    is_promised: bool
    """Whether a version of the promise holds today."""

    @property
    def latest(self) -> Measured | None:
        """Return the value of the latest day; None if there is none."""
        return self.history[-1] if self.history else None


@dataclass(frozen=True, slots=True)
class MeasureReport:
    """What is known of the figures that others measured, as of an instant."""

    figures: Mapping[str, MeasureFigures]
    """Every promise of the municipality that others measure, and every other that has a value."""
    unknown: int
    """Values of measures that the catalogue doesn't have."""


def evaluate(municipality: Municipality, frame: Frame) -> MeasureReport:
    """Return what is known, of days up to today: what is said of a later day has not happened."""
    today = day_of(frame.as_of, municipality.zone)
    by_measure: dict[str, list[tuple[date, Recorded]]] = {
        promise.id: [] for promise in municipality.promises if promise.measure == "external"
    }
    unknown = 0
    for (measure, on), recorded in sorted(frame.values.items()):
        if measure not in municipality.targets:
            unknown += 1
        elif on <= today:
            by_measure.setdefault(measure, []).append((on, recorded))
    return MeasureReport(
        figures={
            measure: MeasureFigures(
                history=tuple(
                    _measured(municipality.targets[measure], on, recorded) for on, recorded in its
                ),
                is_promised=any(
                    version.is_valid_on(today) for version in municipality.targets[measure]
                ),
            )
            for measure, its in by_measure.items()
        },
        unknown=unknown,
    )


def version_on(versions: tuple[ServiceTarget, ...], day: date) -> ServiceTarget | None:
    """Return the version of a promise that held on a day; None if none did."""
    return next((version for version in versions if version.is_valid_on(day)), None)


def _measured(versions: tuple[ServiceTarget, ...], on: date, recorded: Recorded) -> Measured:
    held = version_on(versions, on)
    promise = held or versions[-1]
    return Measured(
        on=on,
        value=recorded.value,
        n=recorded.n or None,
        document=recorded.document,
        recorded_at=recorded.at,
        is_share=is_share(promise, recorded.value),
        goal=held.goal if held else None,
        better="lower" if promise.measure == "lost" else promise.better,
    )
