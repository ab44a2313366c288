"""What is exported of telephone queues."""

from streams import metrics as m
from streams.domain.catalogue import Municipality, targets_on
from streams.domain.evaluation import QueueReport
from streams.domain.phone.figures import ABANDON_EDGES, WAIT_EDGES, Figures, ServiceLevel
from streams.domain.windows import TODAY, day_of
from streams.exposition.sheet import Sheet


def add_queue(sheet: Sheet, municipality: str, queue: str, report: QueueReport) -> None:
    """Add what there is to say of a queue."""
    labels = (municipality, queue)
    sheet.add(m.OPEN, float(report.now.is_open), *labels)
    sheet.add(m.WAITING, report.now.waiting, *labels)
    sheet.add(m.LONGEST_WAIT, report.now.longest_wait_seconds, *labels)
    for name, figures in report.figures.items():
        _window(sheet, figures, *labels, name)
    for name, levels in report.published.items():
        for target, level in levels.items():
            sheet.add(m.PUBLISHED_LEVEL, level.ratio, *labels, name, target)
            sheet.add(m.PUBLISHED_DECIDED, level.decided, *labels, name, target)
    if report.wait_histogram is not None:
        sheet.add_histogram(m.WAIT_TODAY, WAIT_EDGES, report.wait_histogram, *labels)
    if (today := report.figures.get(TODAY)) is not None:
        sheet.add_histogram(m.ABANDONED_TODAY, ABANDON_EDGES, today.abandoned_histogram, *labels)
        for target, level in today.service_levels.items():
            for formula, ratio in level.formulas.items():
                sheet.add(m.FORMULA, ratio, *labels, target, formula)


def _window(sheet: Sheet, figures: Figures, *labels: str) -> None:
    sheet.add(m.ARRIVED, figures.arrived, *labels)
    sheet.add(m.OUTSIDE_HOURS, figures.outside_hours, *labels)
    for outcome, count in figures.counts.items():
        sheet.add(m.CALLS, count, *labels, outcome)
    sheet.add(m.LOST, figures.lost_ratio, *labels)
    sheet.add(m.LOST_HIGH, figures.lost_ratio_high, *labels)
    sheet.add(m.TALKS, figures.talk.count if figures.talk else 0, *labels)
    if figures.talk:
        sheet.add(m.TALK_MEAN, figures.talk.mean, *labels)
    if figures.waits:
        sheet.add(m.WAIT_MEAN, figures.waits.mean, *labels)
        sheet.add(m.WAIT_MAX, figures.waits.maximum, *labels)
        for percent, seconds in figures.waits.percentiles.items():
            sheet.add(m.WAIT_PERCENTILE, seconds, *labels, f"p{percent}")
    for target, level in figures.service_levels.items():
        _level(sheet, level, *labels, target)


def _level(sheet: Sheet, level: ServiceLevel, *labels: str) -> None:
    sheet.add(m.SERVICE_LEVEL, level.ratio, *labels)
    low, high = level.interval or (None, None)
    sheet.add(m.SERVICE_LEVEL_LOW, low, *labels)
    sheet.add(m.SERVICE_LEVEL_HIGH, high, *labels)
    sheet.add(m.GOOD, level.good, *labels)
    sheet.add(m.DECIDED, level.decided, *labels)
    for reason, count in level.misses.items():
        sheet.add(m.MISSED, count, *labels, reason)


def add_promises(sheet: Sheet, municipality: Municipality, now: int) -> None:
    """Add what is promised today."""
    for queue in municipality.queues.values():
        for target in targets_on(queue, day_of(now, municipality.zone)):
            labels = (municipality.id, queue.id, target.id)
            sheet.add(m.GOAL, target.goal, *labels)
            sheet.add(m.LIMIT, target.limit_seconds, *labels)
