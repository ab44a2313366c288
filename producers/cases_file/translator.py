"""A row of an export of cases as events: one case as it stands. Pure.

Every export states all that the row says; what was stated before has the same ids, so only what
is new is news. Where a later export says another time of the same fact, both are facts of the
case, and the states of decision 0010 say what comes of two; unless the export tells when the
system ``changed`` the case: then the row is also an *edition* restated at that time, which counts
alone from then on. Before it the facts without an edition are what is known.

What an export can't say: when the resident got in touch again (only how many times: each is
stated at the opening, the one time that no later export changes), and when a case that was
reopened had been done (stated at the reopening, the last time it can have been).

Source: docs/decisions/0010-cases.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from producers.tables.faults import RowError
from producers.tables.row import Row, require_order, words
from streams.domain.catalogue.tables import CasesFile
from streams.domain.catalogue.tables_form import Who
from streams.domain.event_types import CaseData, CaseEvent, Channel, Kind, type_of
from streams.domain.instants import moment

MOST_CONTACTS: Final = 100
"""A number of contacts above it is something else."""

_YES: Final = words(
    {
        **dict.fromkeys(("ja", "yes", "j", "y", "x", "1", "sant", "true"), True),
        **dict.fromkeys(("nej", "no", "n", "0", "falskt", "false"), False),
    }
)


class Fact(NamedTuple):
    """What happened to a case, when, and what else is to be said of it."""

    what: str
    at: int
    more: Mapping[str, str]
    number: int = 0
    """Tells contacts apart, whose times are not known."""


class Times(NamedTuple):
    """The instants of a row."""

    opened: int
    handed_over: int | None
    feedback: int | None
    first_resolved: int | None
    reopened: int | None
    resolved: int | None


@dataclass(slots=True)
class CaseRows:
    """Turns the rows of an export into events. ``subject`` hashes a case's number, keyed."""

    municipality: str
    source: str
    """Its id in the catalogue."""
    spec: CasesFile
    row: Row
    subject: Callable[[str], str]
    mended: set[str] = field(default_factory=set)
    _channels: Mapping[str, Channel] = field(init=False)
    _administrations: Mapping[str, str] = field(init=False)
    _who: Mapping[str, Who] = field(init=False)
    _seen: dict[bytes, bytes] = field(default_factory=dict)
    """A case, as it was changed last → what was said of it."""

    def __post_init__(self) -> None:
        spec = self.spec
        self._channels = words(spec.channels)
        self._administrations = words(
            {**{id_: id_ for id_ in spec.administrations.values()}, **spec.administrations}
        )
        self._who = words(spec.who)

    def translate(self, cells: Sequence[str]) -> list[CaseEvent]:
        """Return the events of a row. Raises :class:`~producers.tables.faults.RowError`."""
        row, spec = self.row, self.spec
        row.take(cells)
        self.mended = row.mended
        number = row.required(spec.case)
        times = self._times()
        queue = row.queue()
        facts = list(self._facts(times))
        changed = row.instant(spec.changed, times.opened)
        require_order(times.opened, changed, spec.changed)
        subject = self.subject(number)
        if self._is_repeated(subject, changed, repr((queue, facts))):
            return []
        events = list(self._events(subject, queue, times.opened, facts, None))
        if changed is not None:
            events += self._events(subject, queue, times.opened, facts, changed)
        return events

    def finish(self) -> Iterable[CaseEvent]:
        """Return nothing: each row states all that it says."""
        return ()

    def remarks(self) -> Sequence[str]:
        """Return nothing."""
        return ()

    def _times(self) -> Times:
        """Return the instants of the row, in an order in which they can have been."""
        row, spec = self.row, self.spec
        opened = row.begins(spec.opened)
        handed_over = row.instant(spec.handed_over, opened)
        feedback = row.instant(spec.feedback, opened)
        first_resolved = row.instant(spec.first_resolved, opened)
        reopened = row.instant(spec.reopened, first_resolved or opened)
        resolved = row.instant(spec.resolved, handed_over or opened)
        if resolved is None and spec.first_contact and self._is_at_first_contact():
            resolved = opened
        if reopened is not None and resolved is not None and resolved < reopened:
            # It is open again, and what stands is when it was done before.
            first_resolved, resolved = first_resolved or resolved, None
        for at, columns in (
            (handed_over, spec.handed_over),
            (feedback, spec.feedback),
            (first_resolved, spec.first_resolved or spec.resolved),
            (reopened, spec.reopened),
            (resolved, spec.resolved),
        ):
            require_order(opened, at, columns)
        if first_resolved is not None:
            require_order(first_resolved, reopened, spec.reopened)
        if handed_over is not None and reopened is None:
            require_order(handed_over, resolved, spec.resolved)
        return Times(opened, handed_over, feedback, first_resolved, reopened, resolved)

    def _is_at_first_contact(self) -> bool:
        column = self.spec.first_contact or ""
        return bool(self.row.text(column)) and self.row.word(column, _YES)

    def _facts(self, times: Times) -> Iterator[Fact]:
        """Yield what the row states, with the administration and by whom it was done."""
        row, spec = self.row, self.spec
        channel: str = spec.channel or row.word(spec.channel_column or "", self._channels)
        yield Fact("opened", times.opened, {"channel": channel})
        contacts = self._contacts()
        for number in range(1, contacts):
            yield Fact("contacted", times.opened, {"channel": channel}, number)
        handed_over = self._handed_over(times)
        if handed_over is not None:
            yield handed_over
        if times.feedback is not None:
            yield Fact("feedback", times.feedback, {})
        if times.reopened is not None:
            at = times.reopened if times.first_resolved is None else times.first_resolved
            yield Fact("resolved", at, {"by": self._by(spec.first_resolved_by, at, handed_over)})
            yield Fact("reopened", times.reopened, {})
        if times.resolved is not None:
            by = self._by(spec.resolved_by, times.resolved, handed_over)
            yield Fact("resolved", times.resolved, {"by": by})
        if spec.first_contact and self._is_at_first_contact() and (contacts > 1 or handed_over):
            self.mended.add("not_first_contact")

    def _handed_over(self, times: Times) -> Fact | None:
        """Return the handover: at the opening, where an administration stands but no time does."""
        column = self.spec.administration
        if column is None or (times.handed_over is None and not self.row.text(column)):
            return None
        if self.spec.handed_over is not None and times.handed_over is None:
            return None  # whose it is; it has not been handed over
        administration = self.row.word(column, self._administrations)
        at = times.opened if times.handed_over is None else times.handed_over
        return Fact("handed_over", at, {"administration": administration})

    def _by(self, column: str | None, at: int, handed_over: Fact | None) -> Who:
        """Return who did it: as the row says, else who had it then."""
        if column is not None and self.row.text(column):
            return self.row.word(column, self._who)
        is_away = handed_over is not None and handed_over.at <= at
        return "administration" if is_away else "customer_centre"

    def _contacts(self) -> int:
        """Return how many times the resident got in touch, the first one included."""
        if not self.row.text(self.spec.contacts):
            return 1
        return self.row.number(self.spec.contacts, MOST_CONTACTS)

    def _is_repeated(self, subject: str, changed: int | None, told: str) -> bool:
        """Say whether the row has been read; if it says something else of it, it is refused."""
        content = blake2b(told.encode(), digest_size=8).digest()
        key = blake2b(f"{subject}{changed}".encode(), digest_size=8).digest()
        before = self._seen.setdefault(key, content)
        if before is content:
            return False
        if before != content:
            raise RowError("conflicting", self.spec.case)
        self.mended.add("repeated")
        return True

    def _events(
        self, subject: str, queue: str, opened: int, facts: Sequence[Fact], edition: int | None
    ) -> Iterator[CaseEvent]:
        of = "" if edition is None else f"/{edition}"
        for what, at, more, number in facts:
            data: dict[str, Any] = dict(more)
            yield CaseEvent(
                id=f"{subject}/{what}/{number or at}{of}",
                source=f"/cases_file/{self.municipality}/{self.source}",
                type=type_of(Kind.CASE, what),
                subject=subject,
                time=moment(at),
                partitionkey=self.municipality,
                data=CaseData(
                    queue=queue,
                    opened_at=moment(opened),
                    restated_at=None if edition is None else moment(edition),
                    **data,
                ),
            )
