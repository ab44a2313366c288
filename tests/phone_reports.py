"""Reports of queues and of contacts alone, of one window: less than any command asks for."""

from collections.abc import Mapping
from typing import Any, Final

from streams.domain.books import Books
from streams.domain.catalogue import Catalogue
from streams.domain.phone.contacts import ContactFigures
from streams.domain.phone.evaluation import (
    QueueReport,
    evaluate,
    evaluate_contacts,
    needed_since,
)
from streams.figures.phone import queue_as_data
from streams.replay import window_of

ALL_QUEUES: Final = "alla köer"
"""What a municipality's contacts stand under beside its queues; no queue can have it."""


def report(
    catalogue: Catalogue,
    books: Mapping[str, Books],
    now: int,
    name: str,
    asked: tuple[int, int] | None,
) -> dict[tuple[str, str], QueueReport]:
    """Return a report per municipality and queue, over the window called ``name``."""
    reports = {}
    for municipality in catalogue.municipalities.values():
        span = window_of(name, now, municipality.zone, asked)
        frame = books[municipality.id].calls.recent(needed_since(municipality, [span]), now)
        for queue, of_queue in evaluate(municipality, frame, now, [span]).items():
            reports[municipality.id, queue] = of_queue
    return reports


def report_contacts(
    catalogue: Catalogue,
    books: Mapping[str, Books],
    now: int,
    name: str,
    asked: tuple[int, int] | None,
) -> dict[str, ContactFigures]:
    """Return the contacts of each municipality, over the window called ``name``."""
    found = {}
    for municipality in catalogue.municipalities.values():
        span = window_of(name, now, municipality.zone, asked)
        frame = books[municipality.id].calls.recent(needed_since(municipality, [span]), now)
        found[municipality.id] = evaluate_contacts(municipality, frame, now, [span])[name]
    return found


def as_data(
    reports: Mapping[tuple[str, str], QueueReport], name: str
) -> dict[str, dict[str, Any]]:
    """Return the reports as plain data: municipality → queue → figures; no value is None."""
    data: dict[str, dict[str, Any]] = {}
    for (municipality, queue), of_queue in reports.items():
        data.setdefault(municipality, {})[queue] = queue_as_data(of_queue, name)
    return data
