"""What is exported of cases, of the municipality's own survey, and of channels."""

from typing import Final

from streams import metrics as m
from streams.domain.cases.figures import CasesReport, Opened, PromiseReport
from streams.domain.catalogue import Municipality
from streams.domain.channels import ChannelsReport
from streams.domain.kept import Pending, Promised
from streams.domain.surveys import SurveysReport
from streams.domain.windows import day_of
from streams.exposition.sheet import Sheet, SpreadMetrics

_LATE: Final = SpreadMetrics(m.CASES_LATE_MEAN, m.CASES_LATE_PERCENTILE, m.CASES_LATE_MAX)


def add(sheet: Sheet, municipality: str, report: CasesReport) -> None:
    """Add what there is to say of a municipality's cases. Overdue ones are counted, not named."""
    for queue, of_queue in report.queues.items():
        sheet.add(m.CASES_OPEN, of_queue.open, municipality, queue)
        for target, promised in of_queue.promises.items():
            _promised(sheet, promised, municipality, queue, target)
        for name, opened in of_queue.opened.items():
            _opened(sheet, opened, municipality, queue, name)
    for target, promise in report.promises.items():
        _in_all(sheet, promise, municipality, target)
    for name, channels in report.contacts.items():
        sheet.add_each(m.CONTACTS_REGISTERED, channels, municipality, name)
    for target, of_window in report.solved.items():
        for name, solved in of_window.items():
            labels = (municipality, name, target)
            sheet.add_share(m.SOLVED, solved.ratio, solved.interval, solved.whole, *labels)
            sheet.add(m.REGISTERED, solved.registered_ratio, *labels)
            sheet.add(m.REGISTERED_OF, solved.answered, *labels)
    for name, by_channel in report.solved_by_channel.items():
        for channel, its in by_channel.items():
            where = (municipality, name, channel)
            sheet.add_share(m.SOLVED_CHANNEL, its.ratio, its.interval, its.whole, *where)


def add_surveys(sheet: Sheet, municipality: str, report: SurveysReport) -> None:
    """Add what the survey says of a municipality."""
    for target, of_window in report.satisfied.items():
        for name, its in of_window.items():
            labels = (municipality, name, target)
            sheet.add_share(m.SATISFIED, its.ratio, its.interval, its.answers, *labels)
            sheet.add(m.SATISFIED_REPLIES, its.replies, *labels)


def add_channels(sheet: Sheet, municipality: str, name: str, report: ChannelsReport) -> None:
    """Add by which channels contacts came in the window of a name."""
    for channel, share in report.shares.items():
        where = (municipality, name, channel)
        sheet.add(m.CHANNEL_CONTACTS, share.contacts, *where)
        low, high = share.interval or (None, None)
        sheet.add(m.CHANNEL_SHARE, share.ratio, *where)
        sheet.add(m.CHANNEL_SHARE_LOW, low, *where)
        sheet.add(m.CHANNEL_SHARE_HIGH, high, *where)
    for reports, channels in enumerate((report.silent, report.reporting)):
        for channel in channels:
            sheet.add(m.CHANNEL_REPORTS, reports, municipality, name, channel)
    for target, its in report.promised.items():
        labels = (municipality, name, target)
        if (part := its.share) is not None:
            sheet.add_share(m.PROMISED_SHARE, part.ratio, part.interval, part.whole, *labels)
        if its.earlier is not None:
            sheet.add(m.EARLIER_SHARE, its.earlier.value, *labels)


def add_promises(sheet: Sheet, municipality: Municipality, now: int) -> None:
    """Add the goals of what a municipality promises as a whole today."""
    for target in municipality.promises:
        if target.is_valid_on(day_of(now, municipality.zone)):
            sheet.add(m.PROMISE_GOAL, target.goal, municipality.id, target.id)


def _promised(
    sheet: Sheet, promised: Promised, municipality: str, queue: str, target: str
) -> None:
    standing = (municipality, queue, target)
    sheet.add_each(m.CASES_PENDING, _states(promised.pending), *standing)
    sheet.add(m.CASES_LONGEST_OVERDUE, promised.pending.longest_overdue_seconds, *standing)
    sheet.add(m.CASES_LAST_OVERDUE, promised.pending.last_overdue_seconds, *standing)
    for name, kept in promised.kept.items():
        labels = (municipality, queue, name, target)
        sheet.add_each(m.CASES_DUE, kept.verdicts, *labels)
        sheet.add(m.CASES_UNDATED, kept.undated, *labels)
        sheet.add_share(m.CASES_IN_TIME, kept.ratio, kept.interval, kept.decided, *labels)
        sheet.add_spread(_LATE, kept.late, *labels)


def _in_all(sheet: Sheet, promise: PromiseReport, municipality: str, target: str) -> None:
    sheet.add_each(
        m.PROMISE_CASES_PENDING, _states(promise.promised.pending), municipality, target
    )
    for name, kept in promise.promised.kept.items():
        labels = (municipality, name, target)
        sheet.add_share(m.PROMISE_CASES_IN_TIME, kept.ratio, kept.interval, kept.decided, *labels)
    for administration, pending in promise.pending_at.items():
        sheet.add_each(m.CASES_PENDING_AT, _states(pending), municipality, administration, target)
    for name, kept_at in promise.kept_at.items():
        for administration, kept in kept_at.items():
            where = (municipality, administration, name, target)
            sheet.add_share(m.CASES_IN_TIME_AT, kept.ratio, kept.interval, kept.decided, *where)


def _states(pending: Pending) -> dict[str, int]:
    return {
        "open": pending.open,
        "due_soon": pending.due_soon,
        "overdue": pending.overdue,
        "undated": pending.undated,
    }


def _opened(sheet: Sheet, opened: Opened, *labels: str) -> None:
    sheet.add_each(m.CASES_OPENED, opened.by_channel, *labels)
    sheet.add_each(m.CASES_HANDED_OVER, opened.handed_over_to, *labels)
    sheet.add_each(m.CASES_RESOLVED, opened.resolved_by, *labels)
    sheet.add(m.CASES_SOLVED, opened.solved_in_centre, *labels)
    sheet.add(m.CASES_AT_FIRST, opened.solved_at_first_contact, *labels)
    ratio, interval = opened.first_contact_ratio, opened.first_contact_interval
    sheet.add_share(m.CASES_AT_FIRST_SHARE, ratio, interval, opened.decided, *labels)
    sheet.add(m.CASES_REOPENED, opened.reopened, *labels)
    sheet.add(m.CONTACTS_PER_CASE, opened.contacts_per_case, *labels)
