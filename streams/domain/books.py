"""The books of a municipality: what the log says of it, one book for each kind of thing.

A book keeps a fact if and only if its horizon does, when the fact is folded and when the book is
pruned alike. So what it holds is a function of the log and of now.

Source: docs/decisions/0001-position-follows-ledger.md, 0009-questions.md.
"""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import Any, Final, Protocol

from streams.domain.cases.book import Cases
from streams.domain.event_types import (
    CaseEvent,
    Envelope,
    MeasureEvent,
    PresenceEvent,
    QuestionEvent,
    SurveyEvent,
)
from streams.domain.measures import Measures
from streams.domain.phone.legs import Legs
from streams.domain.presence.statements import Presence
from streams.domain.questions.book import Questions
from streams.domain.surveys import Surveys
from streams.domain.windows import horizon, item_horizon


class Book(Protocol):
    """What all books but that of calls have in common."""

    def state(self, event: Any, at: int, /) -> bool:
        """Fold an event of the book's form; False, with nothing changed, if it is too old."""

    def __len__(self) -> int: ...


class Kept(Protocol):
    """What all books have in common once they are folded."""

    def __len__(self) -> int: ...

    def copied_facts(self) -> Iterator[tuple[Any, Any]]:
        """Copy what is known now; yield every fact with what it is about, in any thread.

        What the book is told after the call changes nothing of it.
        """

    def take(self, identity: Any, facts: Any, /) -> None:
        """Merge facts in the form of :meth:`copied_facts`: those of another book, of any age."""


class Books:
    """All that is known of one municipality."""

    def __init__(self, now: int, zone: tzinfo) -> None:
        of_days, of_items = horizon(now, zone), item_horizon(now, zone)
        self.calls = Legs(of_days)
        self.questions = Questions(of_items)
        self.cases = Cases(of_items)
        self.surveys = Surveys(of_items)
        self.presence = Presence(of_days)
        self.measures = Measures()
        self.of: Final[dict[type[Envelope], Book]] = {
            QuestionEvent: self.questions,
            CaseEvent: self.cases,
            SurveyEvent: self.surveys,
            PresenceEvent: self.presence,
            MeasureEvent: self.measures,
        }
        """Form of an event → its book; calls are folded by themselves."""
        self.named: Final[dict[str, Kept]] = {
            "calls": self.calls,
            "questions": self.questions,
            "cases": self.cases,
            "surveys": self.surveys,
            "presence": self.presence,
            "measures": self.measures,
        }

    def prune(self, now: int, zone: tzinfo) -> None:
        """Let go of what lies behind the horizons as of now."""
        of_days, of_items = horizon(now, zone), item_horizon(now, zone)
        self.calls.prune(of_days)
        self.presence.prune(of_days)
        for book in (self.questions, self.cases, self.surveys):
            book.prune(of_items)

    def sizes(self) -> dict[str, int]:
        """Return how much each book holds: legs, questions, cases and so on."""
        return {name: len(book) for name, book in self.named.items()}

    def copied_facts(self) -> dict[str, Iterator[tuple[Any, Any]]]:
        """Return what each book knows now, by its name: see :meth:`Kept.copied_facts`."""
        return {name: book.copied_facts() for name, book in self.named.items()}

    def facts(self) -> dict[Any, Any]:
        """Return every fact by book and by what it is about: to compare books."""
        return {
            (name, *key): value
            for name, facts in self.copied_facts().items()
            for key, value in facts
        }


STARTS: Final[dict[str, Callable[[int, tzinfo], int]]] = {
    "calls": horizon,
    "emails": lambda now, zone: item_horizon(now, zone).began,
    "cases": lambda now, zone: item_horizon(now, zone).began,
    "presence": horizon,
    "measures": lambda _now, _zone: 0,
}
"""Topic → the instant from which its events are needed, as of now."""
