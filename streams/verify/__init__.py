"""Holds what workers say against an independent fold of their topics: stream equals batch.

Each answer of a worker brings the offsets that it had read up to and its own instant, so it is
compared with what the log says up to just those offsets, as of just that instant.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from streams.exposition.ledgers import Held, Statement
from streams.ledgers import partition_of
from streams.verify.oracle import Oracle
from streams.verify.scrape import Scrape, Series

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a worker said, at two instants."""

    worker: str
    """Its address."""
    scrape: Scrape
    statement: Statement

    def figures_of(self) -> set[str]:
        """Return the municipalities whose figures it shows."""
        return self.scrape.municipalities()

    def books_of(self) -> set[str]:
        """Return the municipalities whose books it tells of."""
        return {name for its in self.statement.partitions.values() for name in its.municipalities}

    def next_offsets(self) -> dict[tuple[str, int], int]:
        """Return the larger of its two offsets of each log."""
        found = self.scrape.next_offsets()
        for place, offset in stated_offsets(self.statement).items():
            found[place] = max(offset, found.get(place, 0))
        return found


def stated_offsets(statement: Statement) -> dict[tuple[str, int], int]:
    """Return where a statement's ledgers read on, by topic and partition."""
    return {
        (topic, partition): offset
        for partition, its in statement.partitions.items()
        for topic, offset in its.next_offsets.items()
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a worker says otherwise than the log. None where one does not say it."""

    worker: str
    municipality: str
    what: Series | str
    """A figure, or the name of a book."""
    found: float | Held | None
    expected: float | Held | None

    @property
    def is_of_book(self) -> bool:
        """Say whether it is a book that holds other facts."""
        return isinstance(self.what, str)


@dataclass(slots=True)
class Comparison:
    """How much was compared, and what came of it."""

    workers: int = 0
    figures: int = 0
    books: int = 0
    held: Counter[str] = field(default_factory=Counter)
    """How many things the books hold by the log, by book."""
    municipalities: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)


def reach(
    answers: Iterable[Answers], topics: Iterable[str], partitions: int
) -> dict[str, dict[int, int]]:
    """Return how far each topic must be read, by partition: as far as any that shows it."""
    found: dict[str, dict[int, int]] = {topic: {} for topic in topics}
    for answer in answers:
        shown = {partition_of(n, partitions) for n in answer.figures_of() | answer.books_of()}
        for (topic, partition), offset in answer.next_offsets().items():
            if topic in found and partition in shown:
                its = found[topic]
                its[partition] = max(offset, its.get(partition, 0))
    return found


def unread(answers: Answers, topics: Iterable[str], partitions: int) -> list[str]:
    """Return those of the topics that a worker does not read, of partitions that it shows."""
    figures = {partition_of(name, partitions) for name in answers.figures_of()}
    scraped, stated = answers.scrape.next_offsets(), stated_offsets(answers.statement)
    return [
        topic
        for topic in topics
        if not all((topic, partition) in scraped for partition in figures)
        or not all((topic, partition) in stated for partition in answers.statement.partitions)
    ]


def compare(
    oracle: Oracle, answers: Sequence[Answers], tell: Callable[[str], None] = lambda _: None
) -> Comparison:
    """Return how answers compare with replay; ``tell`` is told whose turn it is.

    What the catalogue doesn't have is left out.
    """
    found, known = Comparison(), oracle.catalogue.municipalities.keys()
    for answer in answers:
        tell(answer.worker)
        # In order of time, so that what was folded for the one is gone on from for the other.
        scrape, statement = answer.scrape, answer.statement
        names = answer.figures_of() & known
        figures = {key: value for name in names for key, value in scrape.business(name).items()}
        expected = oracle.figures(scrape)
        found.figures += len(figures.keys() | expected.keys())
        by_figure = [
            Difference(answer.worker, _municipality_of(key), key, figures.get(key), right)
            for key, right in _unlike(figures, expected)
        ]
        books = {key: its for key, its in books_in(statement).items() if key[0] in known}
        held = oracle.held(statement)
        found.books += len(books.keys() | held.keys())
        found.differences += [
            Difference(answer.worker, *key, books.get(key), right)
            for key, right in _unlike(books, held)
        ]
        found.differences += by_figure
        for (_, book), its in held.items():
            found.held[book] += its.size
        found.municipalities |= names & answer.books_of()
        found.workers += 1
    return found


def books_in(statement: Statement) -> dict[tuple[str, str], Held]:
    """Return what a statement says, by municipality and book."""
    return {
        (name, book): held
        for its in statement.partitions.values()
        for name, books in its.municipalities.items()
        for book, held in books.items()
    }


def _unlike(
    found: Mapping[Key, Value], expected: Mapping[Key, Value]
) -> Iterator[tuple[Key, Value | None]]:
    """Yield where two mappings differ, with what is expected there."""
    for key in sorted(found.keys() | expected.keys(), key=repr):
        if found.get(key) != expected.get(key):
            yield key, expected.get(key)


def _municipality_of(figure: Series) -> str:
    return dict(figure[1])["municipality"]
