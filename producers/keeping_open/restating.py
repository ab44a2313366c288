"""What is open for so long that live figures would forget it, stated anew from the archive.

A ledger keeps what began in the last 400 days, and what was restated in the last 60. A source that
doesn't state anew what it has open for longer is stood in for: all that the archive knows of the
item is stated once more, whole, as an *edition* of its own. The latest edition counts alone, so
that what the source says after that counts when the next edition has it: run every day.

Of what a source has restated itself its latest edition is what it says, and nothing else.

Source: docs/decisions/0009-questions.md, 0010-cases.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Literal, NamedTuple, TypeVar

from streams.domain.books import Books
from streams.domain.cases import copies as case_copies
from streams.domain.cases.life import FACT_BITS as CASE_BITS
from streams.domain.cases.life import FACT_MASK as CASE_MASK
from streams.domain.cases.life import OPEN, What
from streams.domain.event_types import (
    CHANNELS,
    CaseData,
    CaseEvent,
    Kind,
    QuestionData,
    QuestionEvent,
    type_of,
)
from streams.domain.instants import HOUR, NEVER, moment
from streams.domain.questions import threads
from streams.domain.questions.facts import DISMISSALS, FACT_BITS, FACT_MASK, FACTS, Fact
from streams.domain.windows import ITEM_HORIZON_DAYS, RESTATED_DAYS

DAY: Final = 24 * HOUR
AHEAD_DAYS: Final = 30
"""So long before it would be forgotten something is stated anew, and then once in so long."""
SOURCE: Final = "/svarsgrad/keep-open"
Item = QuestionEvent | CaseEvent
Own = Mapping[str, Set[int]]
"""Subject → the editions of it that are ours and no source's."""
C = TypeVar("C", threads.Copy, case_copies.Copy)
_TYPES: Final = {fact: type_ for type_, fact in FACTS.items() if fact is not None}
_WHY: Final[dict[Fact, Any]] = {fact: why for why, fact in DISMISSALS.items()}
_DISMISSED: Final = type_of(Kind.QUESTION, "dismissed")
_RECEIVED: Final = type_of(Kind.QUESTION, "received")


class Restated(NamedTuple):
    """An item stated anew: all of it, to be published at once."""

    kind: Literal["question", "case"]
    subject: str
    edition: int
    events: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Restater:
    """Says what is to be stated anew of a municipality, as of an instant."""

    municipality: str
    now: int

    @property
    def began_before(self) -> int:
        """Return the instant before which something must have begun to be stated anew."""
        return self.now - (ITEM_HORIZON_DAYS - AHEAD_DAYS) * DAY

    def questions(self, books: Books, own: Own) -> Iterator[Restated]:
        """Yield the questions to state anew, of all that the archive has."""
        copies: defaultdict[str, list[threads.Copy]] = defaultdict(list)
        for (subject, restated, received, queue), known in books.questions.copied_facts():
            facts = tuple(at << FACT_BITS | Fact[name] for name, at in known["facts"])
            edition = threads.ORIGINAL if restated is None else restated
            is_e_service = known["channel"] == "e_service"
            copies[subject].append(threads.Copy(edition, received, queue, is_e_service, facts))
        for subject, its in copies.items():
            if min(copy.received for copy in its) >= self.began_before:
                continue
            said = _latest(copy for copy in its if copy.edition not in own.get(subject, ()))
            is_open = any(one.end == NEVER for one in threads.told(said, self.now))
            if self._must(its, said, own.get(subject, frozenset()), is_open=is_open):
                events = [event for copy in said for event in self._of_question(subject, copy)]
                yield Restated("question", subject, self.now, events)

    def cases(self, books: Books, own: Own) -> Iterator[Restated]:
        """Yield the cases to state anew, of all that the archive has."""
        copies: defaultdict[str, list[case_copies.Copy]] = defaultdict(list)
        for (subject, *_), copy in books.cases.copied_facts():
            copies[subject].append(copy)
        for subject, its in copies.items():
            if min(copy.opened for copy in its) >= self.began_before:
                continue
            said = _latest(copy for copy in its if copy.edition not in own.get(subject, ()))
            case = case_copies.told(said, self.now)
            is_open = case is not None and case.life.state in OPEN
            if self._must(its, said, own.get(subject, frozenset()), is_open=is_open):
                events = [event for copy in said for event in self._of_case(subject, copy)]
                yield Restated("case", subject, self.now, events)

    def _must(self, its: list[C], said: list[C], own: Set[int], *, is_open: bool) -> bool:
        """Say whether an item must be stated anew, given what its source last said of it."""
        latest = max(copy.edition for copy in its)
        if not said:
            return False
        if latest in own:
            ours = {_stated(copy) for copy in its if copy.edition == latest}
            if ours != {_stated(copy) for copy in said}:
                return True
        return is_open and latest < self.now - (RESTATED_DAYS - AHEAD_DAYS) * DAY

    def _of_question(self, subject: str, copy: threads.Copy) -> Iterator[QuestionEvent]:
        told: list[tuple[int, str, Any]] = [(copy.received, _RECEIVED, None)]
        for fact in sorted(copy.facts):
            what, at = Fact(fact & FACT_MASK), fact >> FACT_BITS
            is_end = what in _WHY
            told.append((at, _DISMISSED if is_end else _TYPES[what], _WHY.get(what)))
        for at, type_, why in told:
            yield QuestionEvent(
                id=self._id(subject, copy.queue, copy.received, type_, at, why),
                source=SOURCE,
                type=type_,
                subject=subject,
                time=moment(at),
                partitionkey=self.municipality,
                data=QuestionData(
                    queue=copy.queue,
                    received_at=moment(copy.received),
                    restated_at=moment(self.now),
                    channel="e_service" if copy.is_e_service else "email",
                    why=why,
                ),
            )

    def _of_case(self, subject: str, copy: case_copies.Copy) -> Iterator[CaseEvent]:
        def event(what: str, at: int, id_: str = "", **more: Any) -> CaseEvent:
            return CaseEvent(
                id=id_ or self._id(subject, copy.queue, copy.opened, what, at, *more.values()),
                source=SOURCE,
                type=type_of(Kind.CASE, what),
                subject=subject,
                time=moment(at),
                partitionkey=self.municipality,
                data=CaseData(
                    queue=copy.queue,
                    opened_at=moment(copy.opened),
                    restated_at=moment(self.now),
                    **more,
                ),
            )

        if copy.stated != NEVER:
            channel = CHANNELS[copy.stated & CASE_MASK]
            yield event("opened", copy.stated >> CASE_BITS, channel=channel)
        for id_, number in copy.contacts.items():  # which are counted by their events' ids
            channel = CHANNELS[number & CASE_MASK]
            yield event("contacted", number >> CASE_BITS, id_, channel=channel)
        for number, administration in sorted(copy.facts):
            what, at = What(number & CASE_MASK), number >> CASE_BITS
            if what is What.HANDED_OVER:
                yield event("handed_over", at, administration=administration)
            elif what is What.FEEDBACK:
                yield event("feedback", at)
            elif what is What.REOPENED:
                yield event("reopened", at)
            else:
                is_centre = what is What.BY_CENTRE
                yield event(
                    "resolved", at, by="customer_centre" if is_centre else "administration"
                )

    def _id(self, *identity: object) -> str:
        """Return the id of a fact in this edition: stated twice, it is the same event."""
        text = repr((self.municipality, self.now, *identity))
        return blake2b(text.encode(), digest_size=16).hexdigest()


def _latest(copies: Iterable[C]) -> list[C]:
    """Return the copies of the latest edition."""
    its = list(copies)
    latest = max((copy.edition for copy in its), default=0)
    return [copy for copy in its if copy.edition == latest]


def _stated(copy: threads.Copy | case_copies.Copy) -> Any:
    """Return what a copy states, whichever edition it is of; to be compared."""
    if isinstance(copy, threads.Copy):
        return (copy.received, copy.queue, copy.is_e_service, frozenset(copy.facts))
    contacts = frozenset(copy.contacts.items())
    return (copy.opened, copy.queue, copy.stated, frozenset(copy.facts), contacts)
