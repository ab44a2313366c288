"""The figures of a municipality at an instant: its legs judged by its promises.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality, Queue, targets_on
from streams.domain.instants import SECOND
from streams.domain.phone.as_of import Mask, QueueLegs, Standing, legs_as_of
from streams.domain.phone.by_queue import ByQueue
from streams.domain.phone.contacts import ContactFigures, contacts_of
from streams.domain.phone.coverage import Coverage, coverage_of, heard_in
from streams.domain.phone.figures import Figures, Limit, Now, ServiceLevel, Share
from streams.domain.phone.incidents import is_ongoing, overlapping, touching, without
from streams.domain.phone.legs import Column, Frame
from streams.domain.phone.overflow import WhatIf, what_if
from streams.domain.phone.service_level import (
    figures_of,
    latest,
    service_levels,
    wait_histograms,
    waiting_now,
)
from streams.domain.windows import TODAY, Window, day_of
from streams.domain.working_time import Hours

Levels = Mapping[str, ServiceLevel]
"""By target."""


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What there is to say of one queue as of an instant."""

    now: Now
    figures: Mapping[str, Figures]
    """By name of window."""
    wait_histogram: tuple[list[int], float] | None
    """Of today's answered legs, where today is among the windows."""
    published: Mapping[str, Levels]
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
        known = phone_queues(self.municipality)
        strange = [of for name, of in self.standing.rows.items() if name not in known]
        queues = self._with(known, strange) if strange else self._of_catalogue(known)
        reports = queues.reports(windows)
        return {name: reports[name] for name in (*known, UNKNOWN_QUEUE) if name in reports}

    def _of_catalogue(self, known: Iterable[str]) -> "_Queues":
        """Return the queues of the catalogue, of which all legs are."""
        # As their legs stand; those that no call has reached first.
        places = sorted((at.start, at.stop, name) for name in known for at in [self.rows_of(name)])
        bounds = np.cumsum([0, *(stop - start for start, stop, _ in places)])
        names = [name for *_, name in places]
        legs = ByQueue(self.standing.legs, bounds)
        return _Queues(self.municipality, names, legs, self.is_promised)

    def _with(self, known: Iterable[str], strange: Iterable[slice]) -> "_Queues":
        """Return the queues of the catalogue, and the others as one."""
        legs, names = self.standing.legs, [*known]
        pooled = np.concatenate([np.arange(of.start, of.stop) for of in strange])
        pooled = pooled[np.argsort(legs.arrived[pooled], kind="stable")]
        ours = [np.arange(at.start, at.stop) for at in map(self.rows_of, names)]
        rows = np.concatenate([*ours, pooled])
        by_queue = ByQueue(legs.only(rows), np.cumsum([0, *map(len, ours), len(pooled)]))
        names.append(UNKNOWN_QUEUE)
        return _Queues(self.municipality, names, by_queue, self.is_promised[rows])

    def rows_of(self, queue: str) -> slice:
        """Return where the legs of a queue stand."""
        return self.standing.rows.get(queue, slice(0, 0))

    def asked_of(self, queue: str) -> QueueLegs:
        """Return the legs that a queue is judged by: external, inside promised hours."""
        rows = self.rows_of(queue)
        legs = self.standing.legs.only(rows)
        return legs.only(~legs.is_internal & self.is_promised[rows])


@dataclass(frozen=True, slots=True)
class _Queues:
    """The legs of queues, and what is said of them."""

    municipality: Municipality
    names: Sequence[str]
    legs: ByQueue
    """Of each of the names."""
    is_promised: Mask
    _limits_by_end: dict[int, list[list[Limit]]] = field(default_factory=dict, init=False)

    def reports(self, windows: Sequence[Window]) -> dict[str, QueueReport]:
        """Return the report of each queue."""
        legs, its = self.legs, self.legs.legs
        inside = legs.only(~its.is_internal & self.is_promised)
        figures, others = self._figures(inside, windows), self._without_incidents(inside, windows)
        published, what_if = self._published(windows), self._what_if(inside, windows)
        today = next((window for window in windows if window.name == TODAY), None)
        waits = wait_histograms(inside, today) if today else [None for _ in self.names]
        lately = latest(inside, today, self._limits(today)) if today else [{} for _ in self.names]
        return {
            name: QueueReport(
                now=self._now(name, now),
                figures={window: of[at] for window, of in figures.items()},
                wait_histogram=waits[at],
                published={window: of[at] for window, of in published.items() if at in of},
                without_incidents={window: of[at] for window, of in others.items() if at in of},
                what_if={window: of[at] for window, of in what_if.items() if at in of},
                latest=lately[at],
            )
            for at, (name, now) in enumerate(zip(self.names, waiting_now(legs), strict=True))
        }

    def _now(self, name: str, now: Now) -> Now:
        known, as_of = self.municipality.queues.get(name), self.legs.legs.as_of
        hours = known.promised if known else None
        return replace(
            now,
            is_open=hours is None or hours.is_open(as_of),
            has_incident=is_ongoing(touching(self.municipality.incidents, name), as_of),
        )

    def _limits(self, window: Window) -> list[list[Limit]]:
        found = self._limits_by_end.get(window.end)
        if found is None:  # most windows end at the same instant
            found = [limits_on(self.municipality, name, window.end - 1) for name in self.names]
            self._limits_by_end[window.end] = found
        return found

    def _figures_of(self, legs: ByQueue, window: Window) -> list[Figures]:
        known = [self.municipality.queues.get(name) for name in self.names]
        within = [queue.callback_within_seconds if queue else None for queue in known]
        return figures_of(legs, window, self._limits(window), within)

    def _figures(self, inside: ByQueue, windows: Iterable[Window]) -> dict[str, list[Figures]]:
        is_internal = self.legs.legs.is_internal
        outside = self.legs.only(~is_internal & ~self.is_promised)
        internal = self.legs.only(is_internal)
        return {
            window.name: [
                replace(figures, outside_hours=aside, internal=own)
                for figures, aside, own in zip(
                    self._figures_of(inside, window),
                    outside.during(window.start, window.end).sizes,
                    internal.during(window.start, window.end).sizes,
                    strict=True,
                )
            ]
            for window in windows
        }

    def _without_incidents(
        self, inside: ByQueue, windows: Iterable[Window]
    ) -> dict[str, dict[int, Figures]]:
        """Return figures by window and number of queue, of those that an incident touches."""
        incidents = [touching(self.municipality.incidents, name) for name in self.names]
        found = {}
        for window in windows:
            overlaps = [overlapping(its, window) for its in incidents]
            if any(overlaps):
                figures = self._figures_of(without(inside, overlaps), window)
                found[window.name] = {at: figures[at] for at, its in enumerate(overlaps) if its}
        return found

    def _published(self, windows: Iterable[Window]) -> dict[str, dict[int, Levels]]:
        """Return levels by window and number of queue, of those that publish hours."""
        known = self.municipality.queues
        hours = {
            at: queue.published
            for at, name in enumerate(self.names)
            if (queue := known.get(name)) is not None and queue.published is not None
        }
        if not hours:
            return {}
        legs = self.legs.legs
        is_published = np.zeros(len(legs.arrived), dtype=np.bool_)
        for at, its in hours.items():
            place = self.legs.places[at]
            is_published[place] = while_open(legs.arrived[place], its)
        asked = self.legs.only(is_published & ~legs.is_internal)
        found: dict[str, dict[int, Levels]] = {}
        for window in windows:
            levels = service_levels(asked, window, self._limits(window))
            found[window.name] = {at: levels[at] for at in hours}
        return found

    def _what_if(
        self, inside: ByQueue, windows: Iterable[Window]
    ) -> dict[str, dict[int, dict[str, WhatIf]]]:
        """Return by window and number of queue what would be, of those whose calls go on."""
        places = {name: at for at, name in enumerate(self.names)}
        found: dict[str, dict[int, dict[str, WhatIf]]] = {}
        for window in windows:
            if window.rolling:
                continue
            of_window = found[window.name] = {}
            for at, name in enumerate(self.names):
                known = self.municipality.queues.get(name)
                if known is None or known.overflow_to not in places:  # or it is no phone queue
                    continue
                legs, partner = inside.of(at), self.legs.of(places[known.overflow_to])
                of_window[at] = {
                    limit.target: its
                    for limit in self._limits(window)[at]
                    if (its := what_if(legs, window, limit, partner)) is not None
                }
        return found


def while_open(arrived: Column, hours: Hours | None) -> Mask:
    """Say of each arrival whether it was open; without hours it always is."""
    if hours is None or not len(arrived):
        return np.ones(len(arrived), dtype=np.bool_)
    edges = hours.edges(int(arrived.min()), int(arrived.max()) + 1)
    is_open: Mask = np.searchsorted(edges, arrived, side="right") % 2 == 1
    return is_open
