"""Folds logs without Faust or a worker, and reports: what live figures are compared with.

It is the same domain code as the live system's; tests/reference/ is the independent one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from streams.domain.catalogue import Catalogue
from streams.domain.evaluation import QueueReport, evaluate, needed_since
from streams.domain.ledger import Ledger, Record, Rejection, Tally
from streams.domain.phone.legs import Legs
from streams.domain.windows import Window, horizon, window
from streams.ledgers import partition_of


@dataclass(frozen=True, slots=True)
class Log:
    """Records in order of offset; ``partition`` and ``partitions`` if they are of a topic."""

    name: str
    records: Iterable[Record]
    partition: int | None = None
    partitions: int = 1


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
) -> tuple[dict[str, Legs], list[Refused]]:
    """Return the legs of every municipality, and what could not be used.

    A topic's partitions have a ledger each, as in a worker, so that a misplaced record is found;
    files share one. ``now`` decides the horizon; with a span asked for, the span's start does.
    What became of the events is counted in ``tally``.
    """
    tally = tally or Tally()
    zones = {m.id: m.zone for m in catalogue.municipalities.values()}
    kept_from = now if asked is None else min(asked[0], now)
    ledgers: dict[int | None, Ledger] = {}
    refused: list[Refused] = []
    for log in logs:
        ledger = ledgers.get(log.partition)
        if ledger is None:
            ledger = Ledger(zones=zones, now=kept_from, belongs=_belongs(log), tally=tally)
            ledgers[log.partition] = ledger
        refused += [Refused(log, of_it) for of_it in ledger.fold(log.name, log.records)]
    legs = {name: Legs(horizon(kept_from, zone)) for name, zone in zones.items()}
    for ledger in ledgers.values():
        legs |= ledger.municipalities
    return legs, refused


def _belongs(log: Log) -> Callable[[str], bool]:
    if log.partition is None:
        return lambda _: True
    return lambda name: partition_of(name, log.partitions) == log.partition


def window_of(name: str, now: int, zone: tzinfo, asked: tuple[int, int] | None) -> Window:
    """Return the window called ``name`` in a zone, or the span that was asked for."""
    return window(name, now, zone) if asked is None else Window(name, *asked, rolling=False)


def report(
    catalogue: Catalogue,
    legs: Mapping[str, Legs],
    now: int,
    name: str,
    asked: tuple[int, int] | None,
) -> dict[tuple[str, str], QueueReport]:
    """Return a report per municipality and queue, over the window called ``name``."""
    reports = {}
    for municipality in catalogue.municipalities.values():
        span = window_of(name, now, municipality.zone, asked)
        frame = legs[municipality.id].recent(needed_since(municipality, [span]), now)
        for queue, of_queue in evaluate(municipality, frame, now, [span]).items():
            reports[municipality.id, queue] = of_queue
    return reports
