"""Folds logs without Faust or a worker, and reports: what live figures are compared with.

It is the same domain code as the live system's; tests/reference/ is the independent one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from streams.domain.books import Books
from streams.domain.catalogue import Catalogue, Municipality
from streams.domain.ledger import Ledger, Record, Rejection, Tally
from streams.domain.report import Report, Spans, frames_of, live_spans, report_of
from streams.domain.windows import ITEM_NAMES, NAMES, Window, window
from streams.ledgers import partition_of

Span = tuple[int, int]
"""From one instant up to another, in microseconds."""


@dataclass(frozen=True, slots=True)
class Log:
    """Records in order of offset; ``partition`` and ``partitions`` if they are of a topic."""

    name: str
    records: Iterable[Record]
    partition: int | None = None
    partitions: int = 1
    key: str | None = None
    """Which of :data:`~streams.domain.event_types.TOPICS` it is of; None if it may be of any."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A rejection, and the log that it stands in."""

    log: Log
    rejection: Rejection


def fold(
    catalogue: Catalogue,
    logs: Iterable[Log],
    now: int,
    asked: tuple[int, int] | None = None,
    tally: Tally | None = None,
) -> tuple[dict[str, Books], list[Refused]]:
    """Return the books of every municipality, and what could not be used.

    A topic's partitions have a ledger each, as in a worker, so that a misplaced record is found;
    files share one. ``now`` decides the horizon; with a span asked for, the span's start does.
    What became of the events is counted in ``tally``.
    """
    tally = tally or Tally()
    zones = {m.id: m.zone for m in catalogue.municipalities.values()}
    kept_from = now if asked is None else min(asked[0], now)
    ledgers: dict[int | None, Ledger] = {}
    refused: list[Refused] = []
    read = list(logs)  # their records are read as they are folded
    topics = {log.name: log.key for log in read if log.key is not None}
    for log in read:
        ledger = ledgers.get(log.partition)
        if ledger is None:
            ledger = Ledger(
                zones=zones, now=kept_from, belongs=_belongs(log), topics=topics, tally=tally
            )
            ledgers[log.partition] = ledger
        refused += [Refused(log, of_it) for of_it in ledger.fold(log.name, log.records)]
    books = {name: Books(kept_from, zone) for name, zone in zones.items()}
    for ledger in ledgers.values():
        books |= ledger.books
    return books, refused


def _belongs(log: Log) -> Callable[[str], bool]:
    if log.partition is None:
        return lambda _: True
    return lambda name: partition_of(name, log.partitions) == log.partition


def window_of(name: str, now: int, zone: tzinfo, asked: tuple[int, int] | None) -> Window:
    """Return the window called ``name`` in a zone, or the span that was asked for."""
    return window(name, now, zone) if asked is None else Window(name, *asked, rolling=False)


def spans_of(municipality: Municipality, name: str, now: int, asked: Span | None) -> Spans:
    """Return the windows of a report: that of the name, or the span that was asked for.

    Questions and cases go by due times, day by day: with a live window of calls, they have theirs.
    """
    zone = municipality.zone
    span = window_of(name, now, zone, asked)
    is_live = asked is None and name in NAMES
    return Spans(
        calls=(span,),
        items=tuple(window(each, now, zone) for each in ITEM_NAMES) if is_live else (span,),
    )


def live_report(catalogue: Catalogue, books: Mapping[str, Books], now: int) -> dict[str, Report]:
    """Return what a worker has to say of each municipality, the rest of today among it."""
    return {
        id_: report_of(
            municipality, frames_of(municipality, books[id_], now, live_spans(municipality, now))
        )
        for id_, municipality in catalogue.municipalities.items()
    }


def whole_report(
    catalogue: Catalogue, books: Mapping[str, Books], now: int, name: str, asked: Span | None
) -> dict[str, Report]:
    """Return all there is to say of each municipality, over the window called ``name``."""
    return {
        id_: report_of(
            municipality,
            frames_of(municipality, books[id_], now, spans_of(municipality, name, now, asked)),
        )
        for id_, municipality in catalogue.municipalities.items()
    }
