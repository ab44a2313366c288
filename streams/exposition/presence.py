"""What is exported of people at work, and of figures that others measured."""

from streams import metrics as m
from streams.domain.catalogue import Municipality
from streams.domain.instants import SECOND
from streams.domain.measures import MeasureReport
from streams.domain.presence.figures import PresenceReport, QueueStaffing, Standing
from streams.domain.windows import midnight
from streams.exposition.sheet import Sheet


def add(sheet: Sheet, municipality: str, report: PresenceReport) -> None:
    """Add what there is to say of a municipality's people and sources; the window is today."""
    for queue, staffing in report.queues.items():
        _queue(sheet, staffing, municipality, queue)
    sheet.add(m.CALLS_PER_HOUR_POOLED, report.calls_per_hour, municipality)
    for source, seconds in report.seconds_since_heartbeat.items():
        sheet.add(m.HEARTBEAT_AGE, seconds, municipality, source)
    for queue, silent in report.silent.items():
        sheet.add(m.SILENT, float(bool(silent)), municipality, queue)
    if report.administrations:
        _administrations(sheet, municipality, report)


def _queue(sheet: Sheet, staffing: QueueStaffing, *labels: str) -> None:
    sheet.add(m.STAFFED, staffing.people, *labels)
    if staffing.opening is not None:
        sheet.add(m.OPENING_KEPT, staffing.opening.ratio, *labels)
        sheet.add(m.OPENING_PROMISED, staffing.opening.promised / SECOND, *labels)
    if staffing.person_time is not None:
        sheet.add(m.STAFFED_TIME, staffing.person_time / SECOND, *labels)
    sheet.add(m.CALLS_PER_HOUR, staffing.calls_per_hour, *labels)


def _administrations(sheet: Sheet, municipality: str, report: PresenceReport) -> None:
    for administration, its in report.administrations.items():
        labels = (municipality, administration)
        if its.opening is not None:
            sheet.add(m.ADMINISTRATION_KEPT, its.opening.ratio, *labels)
            sheet.add(m.ADMINISTRATION_PROMISED, its.opening.promised / SECOND, *labels)
        for standing in Standing:
            is_so = its.standing is standing
            sheet.add(m.ADMINISTRATION_STANDING, float(is_so), *labels, standing)
    for standing in Standing:
        sheet.add(m.ADMINISTRATIONS, len(report.standing(standing)), municipality, standing)
    ratio, interval = report.kept_ratio, report.kept_interval
    sheet.add_share(m.OPEN_AS_PROMISED, ratio, interval, report.asked, municipality)
    for promise, goal in report.goals.items():
        sheet.add(m.OPEN_AS_PROMISED_GOAL, goal, municipality, promise)
        sheet.add(m.OPEN_AS_PROMISED_KEPT, report.keeps(promise), municipality, promise)


def add_measures(sheet: Sheet, municipality: Municipality, report: MeasureReport) -> None:
    """Add the latest values that others measured of what is promised today."""
    for promise, figures in report.figures.items():
        latest = figures.latest
        if latest is None or not figures.is_promised:
            continue
        labels = (municipality.id, promise)
        sheet.add(m.EXTERNAL, latest.value, *labels)
        sheet.add(m.EXTERNAL_N, latest.n, *labels)
        sheet.add(m.EXTERNAL_DAY, midnight(latest.on, municipality.zone) / SECOND, *labels)
        low, high = latest.interval or (None, None)
        sheet.add(m.EXTERNAL_LOW, low, *labels)
        sheet.add(m.EXTERNAL_HIGH, high, *labels)
        sheet.add(m.EXTERNAL_GOAL, latest.goal, *labels)
        sheet.add(m.EXTERNAL_KEPT, latest.kept, *labels)
    sheet.add(m.EXTERNAL_UNKNOWN, report.unknown, municipality.id)
