"""Which call of ours each call in a partner's report is. Pure.

The partner has ids of its own. Of a call it knows when it came, maybe who called (as a keyed hash
of the number, under the same key of the day as ours), and what became of it. Pairs are made in
three steps, each of what the ones before left:

1. A call of which the same has been told before is the same again: reading a report twice, or one
   that overlaps, changes nothing.
2. Of one caller: the two that are nearest in time, within :data:`SAME_CALLER`.
3. In order of time, within the tolerance: as many pairs as there can be, and of the ways to do
   that the one whose times differ the least in all. Calls of two known callers are no pair. Then
   of what is left, until nothing more is found.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from streams.domain.instants import MINUTE

SAME_CALLER: Final = 10 * MINUTE
"""So far apart the two clocks may be on when one caller's call went on, in microseconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call at the partner: answered or hung up after so long a wait there."""

    is_answered: bool
    wait: int
    """In microseconds."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A call of ours that went on to the partner."""

    contact: str
    left_at: int
    """When it left our queue, and so came to the partner."""
    caller: int | None = None
    known: Outcome | None = None
    """What is known of it at the partner already."""


@dataclass(frozen=True, slots=True)
class Told:
    """A call in the partner's report."""

    line: int
    at: int
    """When it came, by the partner's clock."""
    outcome: Outcome
    caller: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A call of ours, and what the partner says of it."""

    gone: Gone
    told: Told


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of a report."""

    pairs: list[Pair]
    again: list[Told]
    """Of which the same was known before."""
    strangers: list[Told]
    """No call of ours went on then."""


def matched(gone: Sequence[Gone], told: Sequence[Told], tolerance: int) -> Matched:
    """Return which call of ours each call in a report is, if any; ``tolerance`` in microseconds.

    Of a call of ours whose outcome is known, nothing else is said.
    """
    again = _again(gone, told, max(tolerance, SAME_CALLER))
    rest = [its for its in told if its.line not in again]
    open_ = sorted((its for its in gone if its.known is None), key=lambda its: its.left_at)
    rest.sort(key=lambda its: (its.at, its.line))
    pairs = _pairs(open_, rest, tolerance)
    used = {pair.told.line for pair in pairs}
    return Matched(
        pairs=sorted(pairs, key=lambda pair: pair.told.line),
        again=[its for its in told if its.line in again],
        strangers=[its for its in told if its.line not in used | again],
    )


def _pairs(gone: Sequence[Gone], told: Sequence[Told], tolerance: int) -> list[Pair]:
    """Return the pairs of what is in order of time: of one caller, and then by time alone.

    Of what is left, once more, until there is none: reading the same again must find no other.
    """
    pairs = _by_caller(gone, told)
    while True:
        taken = {(pair.gone.contact, pair.gone.left_at) for pair in pairs}
        used = {pair.told.line for pair in pairs}
        ours = [its for its in gone if (its.contact, its.left_at) not in taken]
        theirs = [its for its in told if its.line not in used]
        more = [
            pair
            for of_ours, of_theirs in _clusters(ours, theirs, tolerance)
            for pair in _in_order(of_ours, of_theirs, tolerance)
        ]
        if not more:
            return pairs
        pairs += more


def _again(gone: Iterable[Gone], told: Sequence[Told], tolerance: int) -> set[int]:
    """Return the lines that say what is known already: of each known call, one."""
    lines: defaultdict[Outcome, list[Told]] = defaultdict(list)
    for its in told:
        lines[its.outcome].append(its)
    calls: defaultdict[Outcome, list[Gone]] = defaultdict(list)
    for ours in sorted(gone, key=lambda its: its.left_at):
        if ours.known is not None:
            calls[ours.known].append(ours)
    return {
        pair.told.line
        for outcome, known in calls.items()
        for pair in _pairs(
            known, sorted(lines[outcome], key=lambda its: (its.at, its.line)), tolerance
        )
    }


def _by_caller(gone: Iterable[Gone], told: Iterable[Told]) -> list[Pair]:
    calls: defaultdict[int, list[Told]] = defaultdict(list)
    for its in told:
        if its.caller is not None:
            calls[its.caller].append(its)
    near = [
        (abs(its.at - ours.left_at), ours.left_at, its.line, ours, its)
        for ours in gone
        if ours.caller is not None
        for its in calls[ours.caller]
        if abs(its.at - ours.left_at) <= SAME_CALLER
    ]
    pairs: list[Pair] = []
    taken: set[tuple[str, int]] = set()
    used: set[int] = set()
    for *_, ours, its in sorted(near, key=lambda each: each[:3]):
        key = (ours.contact, ours.left_at)
        if key not in taken and its.line not in used:
            taken.add(key)
            used.add(its.line)
            pairs.append(Pair(ours, its))
    return pairs


def _clusters(
    gone: Sequence[Gone], told: Sequence[Told], tolerance: int
) -> Iterator[tuple[list[Gone], list[Told]]]:
    """Yield what may be pairs, apart from all others: both in order of time."""
    ours: list[Gone] = []
    theirs: list[Told] = []
    last: int | None = None
    for at, its in sorted(
        [(its.left_at, its) for its in gone] + [(its.at, its) for its in told],
        key=lambda each: each[0],
    ):
        if last is not None and at - last > tolerance:
            yield ours, theirs
            ours, theirs = [], []
        if isinstance(its, Gone):
            ours.append(its)
        else:
            theirs.append(its)
        last = at
    yield ours, theirs


def _in_order(gone: Sequence[Gone], told: Sequence[Told], tolerance: int) -> Iterator[Pair]:
    """Yield the most pairs that there can be in order of time, and of these the nearest ones.

    Only what is within the tolerance is looked at: a day on which calls come without a pause is
    one cluster, and all pairs of it would be too many.
    """
    times = [its.at for its in told]
    # rows[i]: (fewest that are no pair, in pairs of two; sum of differences) of the first i of
    # ours and the first j of theirs, from j = begins[i] on. Before it they are those of the row
    # above, and after its end they are the last.
    rows = [[(0, 0)]]
    begins = [0]

    def best(i: int, j: int) -> tuple[int, int]:
        return rows[i][min(j - begins[i], len(rows[i]) - 1)]

    for i, ours in enumerate(gone, start=1):
        begin = bisect_left(times, ours.left_at - tolerance)
        row = [best(i - 1, begin)]
        for j in range(begin + 1, bisect_right(times, ours.left_at + tolerance) + 1):
            options = [best(i - 1, j), row[-1]]
            if not _differ(ours, told[j - 1]):
                pairs, sum_ = best(i - 1, j - 1)
                options.append((pairs - 1, sum_ + abs(times[j - 1] - ours.left_at)))
            row.append(min(options))
        rows.append(row)
        begins.append(begin)
    i, j = len(gone), len(told)
    while i and j:
        if j <= begins[i] or best(i, j) == best(i - 1, j):
            i -= 1
        elif best(i, j) == best(i, j - 1):
            j -= 1
        else:
            i, j = i - 1, j - 1
            yield Pair(gone[i], told[j])


def _differ(ours: Gone, its: Told) -> bool:
    """Return whether both callers are known, and are not the same."""
    return None not in (ours.caller, its.caller) and ours.caller != its.caller
