"""What is exported of questions by e-mail and e-service."""

from dataclasses import dataclass
from typing import Final

from streams import metrics as m
from streams.domain.catalogue import Municipality
from streams.domain.kept import Kept, Promised
from streams.domain.questions.figures import MailboxReport, QuestionsReport, Received
from streams.exposition.sheet import Sheet, SpreadMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class _PromisedMetrics:
    open: m.Metric
    due_soon: m.Metric
    overdue: m.Metric
    longest: m.Metric
    undated_open: m.Metric
    verdicts: m.Metric
    in_time: m.Share
    no_answer_needed: m.Metric
    late: m.Metric
    lateness: SpreadMetrics
    undated: m.Metric


_ANSWER_TIME: Final = SpreadMetrics(
    m.QUESTIONS_ANSWER_MEAN, m.QUESTIONS_ANSWER_PERCENTILE, m.QUESTIONS_ANSWER_MAX
)
_OF_MAILBOX: Final = _PromisedMetrics(
    open=m.QUESTIONS_PROMISED_OPEN,
    due_soon=m.QUESTIONS_DUE_SOON,
    overdue=m.QUESTIONS_OVERDUE,
    longest=m.QUESTIONS_LONGEST_OVERDUE,
    undated_open=m.QUESTIONS_UNDATED_OPEN,
    verdicts=m.QUESTIONS_BY_VERDICT,
    in_time=m.QUESTIONS_IN_TIME,
    no_answer_needed=m.QUESTIONS_NO_ANSWER,
    late=m.QUESTIONS_LATE,
    lateness=SpreadMetrics(
        m.QUESTIONS_LATE_MEAN, m.QUESTIONS_LATE_PERCENTILE, m.QUESTIONS_LATE_MAX
    ),
    undated=m.QUESTIONS_UNDATED,
)
_OF_PROMISE: Final = _PromisedMetrics(
    open=m.PROMISE_QUESTIONS_OPEN,
    due_soon=m.PROMISE_QUESTIONS_DUE_SOON,
    overdue=m.PROMISE_QUESTIONS_OVERDUE,
    longest=m.PROMISE_QUESTIONS_LONGEST_OVERDUE,
    undated_open=m.PROMISE_QUESTIONS_UNDATED_OPEN,
    verdicts=m.PROMISE_QUESTIONS_BY_VERDICT,
    in_time=m.PROMISE_QUESTIONS_IN_TIME,
    no_answer_needed=m.PROMISE_QUESTIONS_NO_ANSWER,
    late=m.PROMISE_QUESTIONS_LATE,
    lateness=SpreadMetrics(
        m.PROMISE_QUESTIONS_LATE_MEAN,
        m.PROMISE_QUESTIONS_LATE_PERCENTILE,
        m.PROMISE_QUESTIONS_LATE_MAX,
    ),
    undated=m.PROMISE_QUESTIONS_UNDATED,
)


def add(sheet: Sheet, municipality: Municipality, report: QuestionsReport) -> None:
    """Add what there is to say of a municipality's questions."""
    for queue, of_queue in report.mailboxes.items():
        _add_mailbox(sheet, of_queue, municipality.id, queue)
        for promise, promised in of_queue.promises.items():
            _add_promised(sheet, _OF_MAILBOX, promised, (municipality.id, queue), promise)
    for promise, of_promise in report.promises.items():
        _add_promised(sheet, _OF_PROMISE, of_promise.promised, (municipality.id,), promise)
        if (coverage := of_promise.coverage) is not None:
            sheet.add(m.PROMISE_MAILBOXES, coverage.mailboxes, municipality.id, promise)
            sheet.add(m.PROMISE_REPORTING, coverage.reporting, municipality.id, promise)


def _add_mailbox(sheet: Sheet, report: MailboxReport, *labels: str) -> None:
    sheet.add_each(m.QUESTIONS_OPEN, report.open.channels, *labels)
    sheet.add(m.QUESTIONS_OLDEST, report.open.oldest_seconds, *labels)
    if report.is_reporting is not None:
        sheet.add(m.MAILBOX_REPORTING, float(report.is_reporting), *labels)
    for window, received in report.received.items():
        _add_received(sheet, received, *labels, window)


def _add_received(sheet: Sheet, received: Received, *labels: str) -> None:
    sheet.add_each(m.QUESTIONS_RECEIVED, received.channels, *labels)
    sheet.add_each(m.QUESTIONS_BY_STATE, received.states, *labels)
    for what, count in (
        ("auto_replied", received.auto_replied),
        ("forwarded", received.forwarded),
        ("reopened", received.reopened),
        ("followed_up", received.followed_up),
        ("begun_by_follow_up", received.begun_by_follow_up),
    ):
        sheet.add(m.QUESTIONS_WITH, count, *labels, what)
    sheet.add_each(m.QUESTIONS_JUNK, received.junk, *labels)
    sheet.add_spread(_ANSWER_TIME, received.answer_time, *labels)


def _add_promised(
    sheet: Sheet, to: _PromisedMetrics, promised: Promised, place: tuple[str, ...], promise: str
) -> None:
    pending = promised.pending
    for metric, value in (
        (to.open, pending.open),
        (to.due_soon, pending.due_soon),
        (to.overdue, pending.overdue),
        (to.longest, pending.longest_overdue_seconds),
        (to.undated_open, pending.undated),
    ):
        sheet.add(metric, value, *place, promise)
    for window, kept in promised.kept.items():
        _add_kept(sheet, to, kept, *place, window, promise)


def _add_kept(sheet: Sheet, to: _PromisedMetrics, kept: Kept, *labels: str) -> None:
    sheet.add_each(to.verdicts, kept.verdicts, *labels)
    sheet.add_share(to.in_time, kept.ratio, kept.interval, kept.decided, *labels)
    for metric, value in (
        (to.no_answer_needed, kept.not_judged_ratio),
        (to.late, kept.late.count if kept.late else 0),
        (to.undated, kept.undated),
    ):
        sheet.add(metric, value, *labels)
    sheet.add_spread(to.lateness, kept.late, *labels)
