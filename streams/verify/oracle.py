"""Replay of logs that are whole, for the offsets and the instant of any answer of a worker."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from streams.domain.books import Books
from streams.domain.catalogue import Catalogue, Municipality
from streams.domain.instants import micros
from streams.domain.ledger import Ledger
from streams.domain.report import frames_of, live_spans
from streams.exposition import Snapshot
from streams.exposition.ledgers import CopiedBooks, Held, Statement
from streams.exposition.sheet import Sheet
from streams.ledgers import partition_of
from streams.replay import Log
from streams.verify.scrape import Scrape, Series


class Oracle:
    """Folds logs by itself, as far as an answer says.

    Best asked in order of time: what was folded for one answer is gone on from for the next, as
    long as neither an offset nor the instant is an earlier one.
    """

    def __init__(self, catalogue: Catalogue, logs: Iterable[Log]) -> None:
        self.catalogue = catalogue
        self.logs = {log.name: (log, list(log.records)) for log in logs}
        self._topics = {name: log.key for name, (log, _) in self.logs.items() if log.key}
        self._zones = {m.id: m.zone for m in catalogue.municipalities.values()}
        self._ledgers: dict[int, tuple[int, Ledger]] = {}
        """By partition: as of when it was pruned last, and the ledger."""

    def figures(self, scrape: Scrape) -> dict[Series, float]:
        """Return what a scrape must say of its municipalities that the catalogue has."""
        expected: dict[Series, float] = {}
        names, at = scrape.municipalities() & self._zones.keys(), scrape.at()
        for name, books in self.books(names, scrape.next_offsets(), at).items():
            expected |= exported_of(self.catalogue.municipalities[name], books, at)
        return expected

    def held(self, statement: Statement) -> dict[tuple[str, str], Held]:
        """Return likewise what a statement must say, by municipality and book."""
        expected: dict[tuple[str, str], Held] = {}
        at = micros(statement.at)
        for partition, its in statement.partitions.items():
            nexts = {(topic, partition): end for topic, end in its.next_offsets.items()}
            names = its.municipalities.keys() & self._zones.keys()
            for name, books in self.books(names, nexts, at).items():
                held = CopiedBooks.of(books).held()
                expected |= {(name, book): of_book for book, of_book in held.items()}
        return expected

    def books(
        self, names: Iterable[str], nexts: Mapping[tuple[str, int], int], at: int
    ) -> dict[str, Books]:
        """Return the books of municipalities when the logs are read up to some offsets."""
        until = {f"{topic}-{partition}": end for (topic, partition), end in nexts.items()}
        partitions = next(log.partitions for log, _ in self.logs.values())
        books = {}
        for name in names:
            ledger = self._read(partition_of(name, partitions), partitions, until, at)
            books[name] = ledger.books_of(name)
        return books

    def _read(self, partition: int, partitions: int, until: Mapping[str, int], at: int) -> Ledger:
        pruned_at, ledger = self._ledgers.get(partition, (at, None))
        logs = {name: its for name, its in self.logs.items() if its[0].partition == partition}
        if (
            ledger is None
            or at < pruned_at
            or any(ledger.positions.get(name, 0) > until[name] for name in logs)
        ):
            ledger = Ledger(
                zones=self._zones,
                now=at,
                belongs=lambda name: partition_of(name, partitions) == partition,
                topics=self._topics,
            )
        for name, (_, records) in logs.items():
            first, last = (
                bisect_left(records, offset, key=lambda record: record.offset)
                for offset in (ledger.positions.get(name, 0), until[name])
            )
            ledger.fold(name, records[first:last])
        ledger.prune(at)
        self._ledgers[partition] = (at, ledger)
        return ledger


def exported_of(municipality: Municipality, books: Books, at: int) -> dict[Series, float]:
    """Return what is exported of a municipality with such books."""
    frames = frames_of(municipality, books, at, live_spans(municipality, at))
    families = Snapshot(at, ((municipality, frames),), Sheet()).collect()
    return Scrape.of_families(families).business(municipality.id)
