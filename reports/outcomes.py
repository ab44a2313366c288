"""How each promise went in a period: value, number, interval, goal, and what has changed.

A promise that several queues make has an outcome of all of them together, and one of each. What
is of several is taken of their sums, never a mean of ratios.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

from reports.document import Cell, Kind
from reports.evidence import Evidence, held_in, rest_of_last_year, span_of
from reports.figures import INDICATION_BELOW, Figures
from reports.periods import Period
from reports.sums import OF_ALL, OF_QUEUES, Paths, Sum
from streams.domain.catalogue import Queue, ServiceTarget
from streams.domain.channels import CHANNEL_SHARE
from streams.domain.percentiles import difference, wilson

MEANS: Final = frozenset({"mean_wait", "mean_talk"})
LITTLE: Final = 0.005
"""A share that has changed by less than half a point is as it was."""
EXTERNAL: Final = "external"
FEWEST: Final = 5
"""Of fewer who were asked, nothing is shown."""


class Change(Enum):
    """What a value has done since an earlier period."""

    BETTER = "↑"
    WORSE = "↓"
    WITHIN_CHANCE = "→"
    """No more than chance may do, or so little that nobody would tell the difference."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A value of an earlier period beside this one's."""

    before: float
    change: Change | None
    """None where it can't be said: of too few, or of a share whose number is not known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a promise went, in one queue or in several together."""

    target: ServiceTarget
    queue: Queue | None
    """None of the whole municipality, or of several queues together."""
    value: Cell
    number: Cell
    interval: tuple[float, float] | None
    is_kept: bool | None
    """None without a value or a goal, and where it may not be judged."""
    held: tuple[date, date]
    is_part: bool
    """Whether this version of the promise held in a part of the period alone."""
    since_before: Compared | None
    since_year_before: Compared | None
    part: float | None = None
    """How many of ``number`` the value says; None of a mean, and where there is no value."""
    year_before: "Sum | None" = None
    """The same in the same period of the year before."""
    rest_of_last_year: "Sum | None" = None
    """The same in those months of the year before that are to come of this one."""

    lost: float | None = None
    """Of a mean: how large a share was lost meanwhile."""
    high: float | None = None
    """Of a share lost: how large it is if all of unknown outcome were lost, where any is."""
    remark: str = ""
    """Of what others have measured: when, and who says so."""
    waits_for_year: bool = False
    """Whether it is a promise of years, and the period is no year."""

    @property
    def is_share(self) -> bool:
        """Say whether its value is a share."""
        return self.value.kind == "share"

    @property
    def is_sure(self) -> bool:
        """Say whether the goal lies outside the interval: then it is hardly chance."""
        goal = self.target.goal
        if goal is None or self.interval is None:
            return False
        return not self.interval[0] <= goal <= self.interval[1]


@dataclass(frozen=True, slots=True)
class Promise:
    """A version of a promise, and how it went."""

    target: ServiceTarget
    whole: Outcome
    of_queues: tuple[Outcome, ...]
    """Of each queue, where several make it."""


def promises_of(evidence: Evidence, administration: str | None = None) -> list[Promise]:
    """Return how the promises went that held in the period, in the catalogue's order.

    Only of an administration's queues, where one is told. Those with nothing to say are left out.
    """
    found = []
    for target in held_in(evidence.municipality, evidence.period):
        if target.measure in OF_QUEUES:
            queues = [
                queue
                for queue in evidence.municipality.queues.values()
                if target in queue.targets and administration in {None, queue.administration}
            ]
            promise = _of_queues(evidence, target, queues, pooled=administration is None)
        elif administration is None and target.measure in OF_ALL:
            promise = _of_all(evidence, target)
        elif administration is None and target.measure == EXTERNAL and target.goal is not None:
            promise = Promise(target, _measured(evidence, target), ())
        else:
            continue
        if promise is not None:
            found.append(promise)
    return found


def _of_all(evidence: Evidence, target: ServiceTarget) -> Promise:
    root = OF_ALL[target.measure]
    return Promise(target, _outcome(evidence, target, None, [root.root], root), ())


def _measured(evidence: Evidence, target: ServiceTarget) -> Outcome:
    """Return what others have measured in the period; no value if nobody has."""
    first, after = (its.isoformat() for its in span_of(target, evidence.period))
    path = f"measures.measures.{target.id}.values"
    values = [its for its in evidence.figures.at(path) or () if first <= its["on"] < after]
    last = values[-1] if values else {}
    n = last.get("n")
    if n is not None and n < FEWEST:  # it could tell what somebody answered
        last = {}
    return Outcome(
        target=target,
        queue=None,
        value=Cell(
            last.get("value"),
            "share" if last.get("is_share", True) else "number",
            is_indication=last.get("is_indication", False),
        ),
        number=Cell(n, "count", missing="–"),
        interval=None
        if last.get("wilson_low") is None
        else (last["wilson_low"], last["wilson_high"]),
        is_kept=last.get("kept"),
        held=span_of(target, evidence.period),
        is_part=False,
        since_before=None,
        since_year_before=None,
        remark=f"{last['on']}, {last['document']}" if last else "",
    )


def _of_queues(
    evidence: Evidence, target: ServiceTarget, queues: list[Queue], *, pooled: bool
) -> Promise | None:
    if not queues:
        return None
    its = OF_QUEUES[target.measure]
    each = [_outcome(evidence, target, queue, [_root(its, queue)], its) for queue in queues]
    if len(queues) == 1:
        return Promise(target, each[0], ())
    roots = [its.pooled] if pooled and its.pooled else [_root(its, queue) for queue in queues]
    return Promise(target, _outcome(evidence, target, None, roots, its), tuple(each))


def _root(paths: Paths, queue: Queue) -> str:
    return paths.root.replace("{queue}", queue.id)


def _outcome(
    evidence: Evidence,
    target: ServiceTarget,
    queue: Queue | None,
    roots: list[str],
    its: Paths,
) -> Outcome:
    figures, held = evidence.of(target), span_of(target, evidence.period)
    found = Sum.of(figures, target, roots, its)
    kind: Kind = "seconds" if target.measure in MEANS else "share"
    root = (roots[0] if len(roots) == 1 else its.root.replace("{queue}", "*")).replace(
        "{target}", target.id
    )
    few = kind == "share" and 0 < (found.number or 0) < INDICATION_BELOW
    is_part = held != (evidence.period.first, evidence.period.after)
    queues = _queues_of(evidence, target, queue)
    compare = _Comparison(evidence, target, roots, its, found, queues)
    high = _high(figures, target, queues, found)
    waits = (
        target.measure == CHANNEL_SHARE
        and target.goal is None
        and (evidence.period.kind != "year")
    )
    before = compare.sum_of(evidence.before, evidence.period.before)
    year_before = compare.sum_of(evidence.year_before, evidence.period.year_before)
    return Outcome(
        target=target,
        queue=queue,
        value=Cell(found.value, kind, f"{root}.{its.value}", is_indication=few),
        number=Cell(found.number, "count", f"{root}.{its.number}"),
        interval=wilson(found.part, found.number)
        if found.part is not None and found.number
        else None,
        is_kept=None if waits else _is_kept(figures, target, found, year_before, high),
        waits_for_year=waits,
        held=held,
        is_part=is_part,
        since_before=None if is_part else compare.with_(before),
        since_year_before=None if is_part else compare.with_(year_before),
        part=found.part,
        year_before=year_before,
        rest_of_last_year=compare.sum_of(
            evidence.rest_of_last_year, rest_of_last_year(evidence.period)
        ),
        lost=_lost(figures, queues) if target.measure in MEANS else None,
        high=high,
    )


def _queues_of(evidence: Evidence, target: ServiceTarget, queue: Queue | None) -> tuple[str, ...]:
    """Return the queues that an outcome is of; none of the whole municipality."""
    if queue is not None:
        return (queue.id,)
    if target.measure not in OF_QUEUES:
        return ()
    return tuple(its.id for its in evidence.municipality.queues.values() if target in its.targets)


def _lost(figures: Figures, queues: Iterable[str]) -> float | None:
    lost, ended = (
        sum(figures.count(f"queues.{queue}.lost.{key}") for queue in queues)
        for key in ("count", "n")
    )
    return lost / ended if ended else None


def _high(
    figures: Figures, target: ServiceTarget, queues: Iterable[str], found: Sum
) -> float | None:
    """Return the share lost with all of unknown outcome; None if there are none."""
    if target.measure != "lost" or not found.number:
        return None
    high = sum(figures.count(f"queues.{queue}.lost_high.count") for queue in queues)
    return high / found.number if high > (found.part or 0) else None


def _is_kept(
    figures: Figures,
    target: ServiceTarget,
    found: Sum,
    year_before: Sum | None,
    high: float | None,
) -> bool | None:
    """Say whether a goal is reached; None where there is none, or that can't be known."""
    value, goal = found.value, target.goal
    if value is None:
        return None
    if target.measure in MEANS:
        return target.limit_seconds is not None and value <= target.limit_seconds
    if target.measure == CHANNEL_SHARE:
        return _rises(figures, target, found, year_before)
    if goal is None or figures.at(f"cases.asked.solved_in_centre.{target.id}.silent"):
        return None  # nobody knows what came in by the channels that are silent
    if target.measure != "lost":
        return value >= goal
    # Of some nobody knows whether they were lost: it may depend on them.
    return None if high is not None and value <= goal < high else value <= goal


def _rises(figures: Figures, target: ServiceTarget, found: Sum, before: Sum | None) -> bool | None:
    """Say whether a share of the contacts is at its goal or, without one, over last year's.

    Last year's is our own where the archive has it; else what has been typed in.
    """
    kept = figures.at(f"channels.asked.promised.{target.id}.is_kept")
    if not isinstance(kept, bool) or found.value is None:
        return None
    if target.goal is not None or before is None or before.value is None:
        return kept
    return found.value > before.value


def defined(target: ServiceTarget) -> tuple[Any, ...]:
    """Return all that says what a promise's figure is of: of others it is another figure."""
    return (
        target.measure, target.limit_seconds, target.limit, target.rule, target.channels,
        target.of, target.questions,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Comparison:
    evidence: Evidence
    target: ServiceTarget
    roots: list[str]
    its: Paths
    now: Sum
    queues: tuple[str, ...]

    def sum_of(self, figures: Figures | None, period: Period | None) -> Sum | None:
        """Return what an earlier period had; None if nothing, or by another definition.

        Also if the archive doesn't have all of it, of each queue.
        """
        if figures is None or period is None or not self._was_alike(period):
            return None
        if not self.evidence.has_whole(period, self.queues):
            return None
        return Sum.of(figures, self.target, self.roots, self.its)

    def with_(self, before: Sum | None) -> Compared | None:
        """Return what has changed since; None if either has no value."""
        if before is None or before.value is None or self.now.value is None:
            return None
        return Compared(before.value, self._change(before))

    def _was_alike(self, period: Period) -> bool:
        """Say whether the promise was measured by the same limit all of a period.

        One that did not hold then is measured by nothing.
        """
        versions = [
            version
            for version in held_in(self.evidence.municipality, period)
            if version.id == self.target.id
        ]
        return {defined(its) for its in versions} == {defined(self.target)}

    def _change(self, before: Sum) -> Change | None:
        now = self.now
        if now.value is None or before.value is None:
            return None
        rise = now.value - before.value
        if self.its.part is None:
            if self.target.measure not in MEANS:
                return None
            if abs(rise) < before.value / 20:
                return Change.WITHIN_CHANCE
        else:
            if now.part is None or before.part is None or not now.number or not before.number:
                return None
            interval = difference(now.part, now.number, before.part, before.number)
            is_chance = interval is None or interval[0] <= 0 <= interval[1]
            if is_chance or abs(rise) < LITTLE:
                return Change.WITHIN_CHANCE
        is_less_better = self.target.measure in {"lost", *MEANS}
        return Change.BETTER if (rise < 0) is is_less_better else Change.WORSE
