"""A partner's report as outcomes of our calls: its rows are read first, and then held together.

What a row says of times is the partner's clock's; a call of ours that went on came to the partner
when it left us, and was answered, or hung up, as much later as the row says that it waited.

Source: docs/decisions/0019-overflow-outcomes.md.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from producers.calls_file.overflow.matching import SAME_CALLER, Gone, Outcome, Told, matched
from producers.calls_file.overflow.spreading import Interval, spread
from producers.calls_file.translator import CallRows
from producers.tables.faults import RowError
from producers.tables.row import Row
from streams.domain.catalogue.tables import OverflowCalls, OverflowIntervals
from streams.domain.event_types import CallData, CallEvent, Kind, type_of
from streams.domain.instants import MINUTE, SECOND, moment
from streams.domain.phone.legs import caller_number
from streams.domain.swedish import count, counted, listed

Find = Callable[[str, tuple[int, int]], list[Gone]]
"""Gives the calls that went on to a queue of the partner's in a span."""

MOST_CALLS: Final = 1_000_000
"""More in one interval is a slip."""
MOST_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose report it is."""

    municipality: str
    source: str
    """Its id in the catalogue."""

    def events(
        self, queue: str, gone: Gone, outcome: Outcome, talk: int | None
    ) -> Iterator[CallEvent]:
        """Yield what became of a call of ours in a queue of the partner's."""
        decided = gone.left_at + outcome.wait
        happened = [
            ("offered", gone.left_at),
            ("answered" if outcome.is_answered else "abandoned", decided),
        ]
        if talk is not None:
            happened.append(("completed", decided + talk))
        for what, at in happened:
            identity = f"{gone.contact}\n{queue}\n{gone.left_at}\n{what}\n{at}"
            yield CallEvent(
                id=blake2b(identity.encode(), digest_size=16).hexdigest(),
                source=f"/overflow/{self.municipality}/{self.source}",
                type=type_of(Kind.CALL, what),
                subject=gone.contact,
                time=moment(at),
                partitionkey=self.municipality,
                data=CallData(queue=queue, arrived_at=moment(gone.left_at)),
            )


@dataclass(slots=True)
class CallsReport:
    """A report in which a row is a call."""

    whose: Whose
    spec: OverflowCalls
    rows: CallRows
    find: Find
    mended: set[str] = field(default_factory=set)
    found: Counter[str] = field(default_factory=Counter)
    """How many calls: ``new``, ``again``, ``strange``."""
    _told: defaultdict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    _talks: dict[int, int] = field(default_factory=dict)
    _number: int = 0

    def translate(self, cells: Sequence[str]) -> list[CallEvent]:
        """Take a row; nothing is stated before all are known."""
        stay, caller = self.rows.stay(cells)
        self.mended = self.rows.mended
        if self.rows.is_repeated(stay):
            return []
        self._number += 1
        outcome = Outcome(stay.outcome == "answered", stay.decided - stay.arrived)
        if stay.ended is not None:
            self._talks[self._number] = stay.ended - stay.decided
        self._told[stay.queue].append(
            Told(
                line=self._number,
                at=stay.arrived,
                outcome=outcome,
                caller=None if caller is None else caller_number(caller),
            )
        )
        return []

    def finish(self) -> Iterator[CallEvent]:
        """Yield what became of our calls, now that all rows are known."""
        tolerance = self.spec.tolerance_seconds * SECOND
        for queue, told in self._told.items():
            instants = [its.at for its in told]
            apart = max(tolerance, SAME_CALLER)
            span = (min(instants) - apart, max(instants) + apart + 1)
            result = matched(self.find(queue, span), told, tolerance)
            self.found.update(
                new=len(result.pairs), again=len(result.again), strange=len(result.strangers)
            )
            for pair in result.pairs:
                talk = self._talks.get(pair.told.line)
                yield from self.whose.events(queue, pair.gone, pair.told.outcome, talk)

    def remarks(self) -> list[str]:
        """Return in Swedish what came of it."""
        said = [
            f"Samtal som hade gått över och nu har ett utfall: {count(self.found['new'])}. "
            f"Kända sedan förut: {count(self.found['again'])}."
        ]
        if self.found["strange"]:
            said.append(
                f"Samtal i rapporten som inget av våra hör ihop med: "
                f"{count(self.found['strange'])}. Är de många går klockorna olika (se "
                "tolerance_seconds), eller så saknas dagen i arkivet."
            )
        return said


@dataclass(slots=True)
class IntervalsReport:
    """A report in which a row is an interval."""

    whose: Whose
    spec: OverflowIntervals
    row: Row
    find: Find
    mended: set[str] = field(default_factory=set)
    surplus: dict[int, int] = field(default_factory=dict)
    stated: int = 0
    unknown: int = 0
    _intervals: defaultdict[str, dict[int, Interval]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _number: int = 0

    def translate(self, cells: Sequence[str]) -> list[CallEvent]:
        """Take a row; nothing is stated before all are known."""
        self._number += 1
        row, spec = self.row, self.spec
        row.take(cells)
        self.mended = row.mended
        start = row.instant(spec.starts)
        if start is None:
            raise RowError("missing", spec.starts[-1])
        queue = row.queue()
        known = self._intervals.get(queue, {})
        if start in known:  # in autumn the clock shows an hour twice
            start = row.instant(spec.starts, start + 1) or start
        end = start + spec.minutes * MINUTE
        interval = Interval(
            line=self._number,
            start=start,
            end=end,
            answered=row.number(spec.answered, MOST_CALLS),
            lost=row.number(spec.lost, MOST_CALLS) if row.text(spec.lost) else None,
            wait=self._wait(),
        )
        if any(its.start < end and start < its.end for its in known.values()):
            raise RowError("conflicting", spec.starts[-1])
        self._intervals[queue][start] = interval
        return []

    def _wait(self) -> int:
        if self.spec.assumed_wait_seconds is not None:
            return self.spec.assumed_wait_seconds * SECOND
        wait = self.row.duration(self.spec.mean_wait)
        if wait is None:
            return 0  # of nobody answered there is no mean
        if wait < 0:
            raise RowError("negative", self.spec.mean_wait or "")
        return wait

    def finish(self) -> Iterator[CallEvent]:
        """Yield what became of our calls, now that all rows are known."""
        for queue, known in self._intervals.items():
            span = (min(known), max(its.end for its in known.values()))
            result = spread(self.find(queue, span), list(known.values()))
            self.surplus |= result.surplus
            self.unknown += result.unknown
            self.stated += len(result.outcomes)
            for gone, outcome in result.outcomes:
                yield from self.whose.events(queue, gone, outcome, None)

    def remarks(self) -> list[str]:
        """Return in Swedish what came of it."""
        said = [f"Samtal som hade gått över och nu har ett utfall: {count(self.stated)}."]
        if self.unknown:
            calls = counted(self.unknown, "samtal", "samtal")
            said.append(f"Rapporten säger inget om {calls} i dess intervall: okänt utfall.")
        if self.surplus:
            rows = [str(line) for line in sorted(self.surplus)[:MOST_LINES]]
            more = " och fler" if len(self.surplus) > MOST_LINES else ""
            said.append(
                f"Rapporten har {count(sum(self.surplus.values()))} samtal fler än som gick över, "
                f"i intervall nummer {listed(rows)}{more}."
            )
        return said
