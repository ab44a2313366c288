"""The figures of a municipality at an instant: its legs judged by its promises.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, Queue, targets_on
from streams.domain.instants import SECOND
from streams.domain.phone.as_of import Mask, QueueLegs, Rows, Standing, legs_as_of
from streams.domain.phone.contacts import ContactFigures, contacts_of
from streams.domain.phone.coverage import Coverage, coverage_of, heard_in
from streams.domain.phone.figures import Figures, Limit, Now, ServiceLevel, Share
from streams.domain.phone.incidents import is_ongoing, touching, without
from streams.domain.phone.legs import Column, Frame
from streams.domain.phone.overflow import WhatIf, what_if
from streams.domain.phone.service_level import (
    figures_of,
    latest,
    service_levels,
    wait_histogram,
    waiting_now,
)
from streams.domain.windows import TODAY, Window, day_of
from streams.domain.working_time import Hours


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What there is to say of one queue as of an instant."""

    now: Now
    figures: Mapping[str, Figures]
    """By name of window."""
    wait_histogram: tuple[list[int], float] | None
    """Of today's answered legs, where today is among the windows."""
    published: Mapping[str, Mapping[str, ServiceLevel]]
    """By name of window and target: over the legs that arrived inside published hours. Empty for a
    queue that publishes no hours of its own."""
    without_incidents: Mapping[str, Figures]
    """By name of window: without the legs that arrived inside incidents. Only of windows that one
    overlaps."""
    what_if: Mapping[str, Mapping[str, WhatIf]]
    """By name of window and target: if calls went on to the partner sooner. Only of windows that
    do not slide, of a queue whose calls go on."""
    latest: Mapping[str, Share]
    """By target: how many were in time of today's few that were decided last. Empty unless today
    is among the windows."""


@dataclass(frozen=True, slots=True)
class PhoneReport:
    """What there is to say of the telephone of a municipality as of an instant."""

    queues: Mapping[str, QueueReport]
    contacts: Mapping[str, ContactFigures]
    """By name of window."""
    coverage: Mapping[str, Mapping[str, Coverage]]
    """By name of window and promise: how much of it is measured. Only of windows that do not
    slide."""


def phone_queues(municipality: Municipality) -> dict[str, Queue]:
    """Return the queues of the catalogue where callers wait; a call anywhere else is unknown."""
    return {name: queue for name, queue in municipality.queues.items() if queue.is_phone}


def limits_on(municipality: Municipality, queue: str, instant: int) -> list[Limit]:
    """Return what a queue's calls are judged by on the day of an instant; unknown queues: none."""
    known = municipality.queues.get(queue)
    if known is None:
        return []
    return [
        Limit(target.id, target.limit_seconds, municipality.exclude_short_abandons_seconds)
        for target in targets_on(known, day_of(instant, municipality.zone))
        if target.measure == "answered_within" and target.limit_seconds is not None
    ]


def needed_since(municipality: Municipality, windows: Iterable[Window]) -> int:
    """Return an instant: no leg that arrived before it is in any window, though it may wait now.

    A leg that a rolling window has by the moment of decision arrived at most a limit before it.
    There is at least one window.
    """
    limits = (
        target.limit_seconds
        for queue in municipality.queues.values()
        for target in queue.targets
        if target.measure == "answered_within" and target.limit_seconds is not None
    )
    longest = max(limits, default=0) * SECOND
    return min(window.start - longest * window.rolling for window in windows)


def evaluate(
    municipality: Municipality, frame: Frame, now: int, windows: Iterable[Window]
) -> dict[str, QueueReport]:
    """Return a report per queue: all queues of the catalogue, and the unknown ones as one.

    A queue that no call has reached is reported with zero counts and no values. The promises are
    those of the day of each window's last instant. The frame holds whole contacts: all legs of one
    or none.
    """
    return Judged.of(municipality, frame, now).queues(list(windows))


def evaluate_contacts(
    municipality: Municipality, frame: Frame, now: int, windows: Iterable[Window]
) -> dict[str, ContactFigures]:
    """Return the figures of a municipality's contacts by name of window, from whole contacts."""
    return Judged.of(municipality, frame, now).contacts(list(windows))


def evaluate_phone(
    municipality: Municipality, frame: Frame, now: int, windows: Iterable[Window]
) -> PhoneReport:
    """Return both, and how much of each promise is measured, and look at the legs once."""
    judged, spans = Judged.of(municipality, frame, now), list(windows)
    return PhoneReport(judged.queues(spans), judged.contacts(spans), judged.coverage(spans))


@dataclass(frozen=True, slots=True)
class Judged:
    """The legs of a municipality, and which of them arrived inside promised hours."""

    municipality: Municipality
    standing: Standing
    is_promised: Mask

    @classmethod
    def of(cls, municipality: Municipality, frame: Frame, now: int) -> Self:
        """Return the legs as of now; the frame holds whole contacts."""
        queues = phone_queues(municipality)
        partners = {name for name, queue in queues.items() if queue.kind == "partner"}
        standing = legs_as_of(frame, now, partners)
        is_promised = np.ones(len(standing.legs.arrived), dtype=np.bool_)
        for name, queue in queues.items():  # of unknown ones there may be very many
            rows = standing.rows.get(name, slice(0, 0))
            is_promised[rows] = while_open(standing.legs.arrived[rows], queue.promised)
        return cls(municipality, standing, is_promised)

    def contacts(self, windows: Sequence[Window]) -> dict[str, ContactFigures]:
        """Return the figures of contacts by name of window."""
        known = self.municipality.queues.values()
        centres = {queue.id for queue in known if queue.kind == "customer_centre"}
        contacts = contacts_of(self.standing, self.is_promised, centres)
        return {window.name: contacts.figures(window) for window in windows}

    def coverage(self, windows: Sequence[Window]) -> dict[str, dict[str, Coverage]]:
        """Return how much of each promise is measured, by name of window."""
        return {
            window.name: coverage_of(
                self.municipality,
                window,
                heard_in(self.standing, window, self.municipality.queues),
            )
            for window in windows
            if not window.rolling
        }

    def queues(self, windows: Sequence[Window]) -> dict[str, QueueReport]:
        """Return a report per queue: all of the catalogue, and the unknown ones as one."""
        known, rows = phone_queues(self.municipality), self.standing.rows
        reports = {name: self._report(name, self.rows_of(name), windows) for name in known}
        strange = [np.arange(of.start, of.stop) for name, of in rows.items() if name not in known]
        if strange:
            pooled = np.concatenate(strange)
            arrived = self.standing.legs.arrived
            pooled = pooled[np.argsort(arrived[pooled], kind="stable")]
            reports[UNKNOWN_QUEUE] = self._report(UNKNOWN_QUEUE, pooled, windows)
        return reports

    def rows_of(self, queue: str) -> slice:
        """Return where the legs of a queue stand."""
        return self.standing.rows.get(queue, slice(0, 0))

    def asked_of(self, queue: str) -> QueueLegs:
        """Return the legs that a queue is judged by: external, inside promised hours."""
        rows = self.rows_of(queue)
        legs = self.standing.legs.only(rows)
        return legs.only(~legs.is_internal & self.is_promised[rows])

    def _report(self, queue: str, rows: Rows, windows: Sequence[Window]) -> QueueReport:
        municipality = self.municipality
        legs, is_promised = self.standing.legs.only(rows), self.is_promised[rows]
        external = ~legs.is_internal
        inside = legs.only(external & is_promised)
        outside, internal = (
            legs.arrived[rows] for rows in (external & ~is_promised, legs.is_internal)
        )
        known = municipality.queues.get(queue)
        promised, published = (known.promised, known.published) if known else (None, None)
        in_published = legs.only(external & while_open(legs.arrived, published))
        of_end = {
            end: limits_on(municipality, queue, end - 1) for end in {its.end for its in windows}
        }
        limits = {window.name: of_end[window.end] for window in windows}
        within = known.callback_within_seconds if known else None
        incidents = touching(municipality.incidents, queue)
        figures = {
            window.name: figures_of(inside, window, limits[window.name], within)
            for window in windows
        }
        today = next((window for window in windows if window.name == TODAY), None)
        return QueueReport(
            now=replace(
                waiting_now(legs),
                is_open=promised is None or promised.is_open(legs.as_of),
                has_incident=is_ongoing(incidents, legs.as_of),
            ),
            figures={
                window.name: replace(
                    figures[window.name],
                    outside_hours=_count(outside, window),
                    internal=_count(internal, window),
                )
                for window in windows
            },
            wait_histogram=wait_histogram(inside, today) if today else None,
            published={
                window.name: service_levels(in_published, window, limits[window.name])
                for window in windows
                if published is not None
            },
            without_incidents={
                window.name: figures_of(others, window, limits[window.name], within)
                for window in windows
                if (others := without(inside, window, incidents)) is not None
            },
            what_if=self._what_if(known, inside, windows, limits),
            latest={limit.target: latest(inside, today, limit) for limit in limits[today.name]}
            if today
            else {},
        )

    def _what_if(
        self,
        queue: Queue | None,
        legs: QueueLegs,
        windows: Sequence[Window],
        limits: Mapping[str, list[Limit]],
    ) -> dict[str, dict[str, WhatIf]]:
        if queue is None or queue.overflow_to is None:
            return {}
        partner = self.standing.legs.only(self.rows_of(queue.overflow_to))
        return {
            window.name: {
                limit.target: found
                for limit in limits[window.name]
                if (found := what_if(legs, window, limit, partner)) is not None
            }
            for window in windows
            if not window.rolling
        }


def _count(arrived: Column, window: Window) -> int:
    first, last = arrived.searchsorted((window.start, window.end)).tolist()
    return int(last - first)


def while_open(arrived: Column, hours: Hours | None) -> Mask:
    """Say of each arrival whether it was open; without hours it always is."""
    if hours is None or not len(arrived):
        return np.ones(len(arrived), dtype=np.bool_)
    edges = hours.edges(int(arrived.min()), int(arrived.max()) + 1)
    is_open: Mask = np.searchsorted(edges, arrived, side="right") % 2 == 1
    return is_open
