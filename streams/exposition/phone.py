"""What is exported of telephone queues."""

from collections.abc import Mapping
from typing import Final

from streams import metrics as m
from streams.domain.catalogue import Municipality, targets_on
from streams.domain.phone.contacts import ContactFigures
from streams.domain.phone.coverage import Coverage
from streams.domain.phone.evaluation import QueueReport
from streams.domain.phone.figures import (
    ABANDON_EDGES,
    WAIT_EDGES,
    Figures,
    ServiceLevel,
    Share,
)
from streams.domain.windows import TODAY, day_of
from streams.exposition.sheet import Sheet, SpreadMetrics

_WAIT: Final = SpreadMetrics(m.WAIT_MEAN, m.WAIT_PERCENTILE, m.WAIT_MAX)
_LEVEL: Final = m.Share(m.SERVICE_LEVEL, m.SERVICE_LEVEL_LOW, m.SERVICE_LEVEL_HIGH, m.DECIDED)
_CONTACT_WAIT: Final = SpreadMetrics(
    m.CONTACT_WAIT_MEAN, m.CONTACT_WAIT_PERCENTILE, m.CONTACT_WAIT_MAX
)


def add_queue(sheet: Sheet, municipality: str, queue: str, report: QueueReport) -> None:
    """Add what there is to say of a queue."""
    labels = (municipality, queue)
    sheet.add(m.OPEN, float(report.now.is_open), *labels)
    sheet.add(m.WAITING, report.now.waiting, *labels)
    sheet.add(m.LONGEST_WAIT, report.now.longest_wait_seconds, *labels)
    sheet.add(m.INCIDENT, float(report.now.has_incident), *labels)
    for name, figures in report.figures.items():
        _window(sheet, figures, *labels, name)
    for name, levels in report.published.items():
        for target, level in levels.items():
            _share(sheet, m.PUBLISHED, Share(level.good, level.decided), *labels, name, target)
    if report.wait_histogram is not None:
        sheet.add_histogram(m.WAIT_TODAY, WAIT_EDGES, report.wait_histogram, *labels)
    if (today := report.figures.get(TODAY)) is not None:
        sheet.add_histogram(m.ABANDONED_TODAY, ABANDON_EDGES, today.abandoned_histogram, *labels)
        for target, level in today.service_levels.items():
            for formula, share in level.formulas.items():
                sheet.add(m.FORMULA, share.ratio, *labels, target, formula)
                sheet.add(m.FORMULA_OF, share.whole, *labels, target, formula)
    for target, of_latest in report.latest.items():
        sheet.add(m.LATEST, of_latest.ratio, *labels, target)
        sheet.add(m.LATEST_DECIDED, of_latest.whole, *labels, target)
    _comparisons(sheet, report, *labels)


def _comparisons(sheet: Sheet, report: QueueReport, *labels: str) -> None:
    """Add what today would be if calls went on sooner, and without incidents."""
    for target, found in report.what_if.get(TODAY, {}).items():
        sheet.add_each(m.IF_OVERFLOW, found.ratios, *labels, target)
        sheet.add(m.IF_OVERFLOW_OF, found.decided, *labels, target)
    if (others := report.without_incidents.get(TODAY)) is not None:
        sheet.add_each(m.WITHOUT_CALLS, others.counts, *labels)
        _share(sheet, m.WITHOUT_LOST, others.lost_in_all, *labels)
        for target, level in others.service_levels.items():
            _share(sheet, m.WITHOUT_LEVEL, Share(level.good, level.decided), *labels, target)


def add_contacts(sheet: Sheet, municipality: str, by_window: Mapping[str, ContactFigures]) -> None:
    """Add what there is to say of a municipality's contacts."""
    for name, figures in by_window.items():
        labels = (municipality, name)
        sheet.add_each(m.CONTACTS, figures.counts, *labels)
        sheet.add(m.CONTACTS_OUTSIDE, figures.outside_hours, *labels)
        sheet.add(m.CONTACTS_INTERNAL, figures.internal, *labels)
        sheet.add(m.CONTACTS_AT_CENTRE, figures.at_centre, *labels)
        sheet.add(m.CONTACT_LEGS, figures.legs_per_contact, *labels)
        _share(sheet, m.CONTACT_LOST, figures.lost, *labels)
        sheet.add(m.CONTACT_LOST_HIGH, figures.lost_high.ratio, *labels)
        sheet.add(m.CONTACTS_HELPED, figures.helped, *labels)
        sheet.add_spread(_CONTACT_WAIT, figures.waits, *labels)
    if (today := by_window.get(TODAY)) is not None:
        _today(sheet, today, municipality)


def add_coverage(
    sheet: Sheet, municipality: str, by_window: Mapping[str, Mapping[str, Coverage]]
) -> None:
    """Add how many numbers each promise covers, and how many of them report today."""
    for promise, coverage in by_window.get(TODAY, {}).items():
        sheet.add(m.PROMISE_NUMBERS, coverage.numbers, municipality, promise)
        sheet.add(m.PROMISE_NUMBERS_REPORTING, coverage.reporting, municipality, promise)


def _today(sheet: Sheet, figures: ContactFigures, municipality: str) -> None:
    kkik, callers = figures.kkik, figures.callers
    for name, share in kkik.shares.items():
        _share(sheet, m.KKIK, share, municipality, name)
    sheet.add(m.KKIK_UNDECIDED, kkik.undecided, municipality)
    sheet.add_each(m.KKIK_TRANSFERS, kkik.transfers, municipality)
    _share(sheet, m.KKIK_AFTER_TRANSFER, kkik.after_transfer, municipality)
    sheet.add(m.CALLERS, callers.callers, municipality)
    sheet.add(m.CALLERS_CONTACTS, callers.contacts, municipality)
    sheet.add(m.CALLERS_WAITING, callers.waiting, municipality)
    sheet.add(m.CALLS_UNTIL_ANSWER, callers.mean_calls, municipality)
    _share(sheet, m.GOT_THROUGH, callers.got_through, municipality)


def _window(sheet: Sheet, figures: Figures, *labels: str) -> None:
    sheet.add(m.ARRIVED, figures.arrived, *labels)
    sheet.add(m.OUTSIDE_HOURS, figures.outside_hours, *labels)
    sheet.add(m.INTERNAL, figures.internal, *labels)
    sheet.add_each(m.CALLS, figures.counts, *labels)
    _share(sheet, m.LOST, figures.lost_in_all, *labels)
    sheet.add(m.LOST_HIGH, figures.lost_high.ratio, *labels)
    sheet.add_each(m.ENDED, figures.saved_by, *labels)
    _share(sheet, m.ANSWERED_IN_ALL, figures.answered_in_all, *labels)
    sheet.add_each(m.TRANSFERS, figures.transfers, *labels)
    sheet.add(m.CALLBACKS_REACHED, figures.callbacks.reached, *labels)
    if figures.callbacks.kept is not None:
        _share(sheet, m.CALLBACKS_KEPT, figures.callbacks.kept, *labels)
    sheet.add(m.TALKS, figures.talk.count if figures.talk else 0, *labels)
    if figures.talk:
        sheet.add(m.TALK_MEAN, figures.talk.mean, *labels)
    sheet.add_spread(_WAIT, figures.waits, *labels)
    sheet.add_percentiles(m.WAIT_OR_NEVER, figures.waits_or_never, *labels)
    for target, level in figures.service_levels.items():
        _level(sheet, level, *labels, target)


def _share(sheet: Sheet, metrics: m.Share, share: Share, *labels: str) -> None:
    sheet.add_share(metrics, share.ratio, share.interval, share.whole, *labels)


def _level(sheet: Sheet, level: ServiceLevel, *labels: str) -> None:
    _share(sheet, _LEVEL, Share(level.good, level.decided), *labels)
    sheet.add(m.GOOD, level.good, *labels)
    sheet.add_each(m.MISSED, level.misses, *labels)


def add_promises(sheet: Sheet, municipality: Municipality, now: int) -> None:
    """Add what is promised today."""
    for queue in municipality.queues.values():
        for target in targets_on(queue, day_of(now, municipality.zone)):
            labels = (municipality.id, queue.id, target.id)
            sheet.add(m.GOAL, target.goal, *labels)
            sheet.add(m.LIMIT, target.limit_seconds, *labels)
