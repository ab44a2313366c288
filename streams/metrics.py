"""Every metric svarsgrad exports: name, kind, labels, meaning. One screen, and nowhere else.

Business numbers are gauges over a window, exact at the instant of the scrape; there are no
business counters, since one that is rebuilt from a log would jump at every restart. Counters are
about the process. Units are seconds and ratios in [0, 1]. No data is no sample, never 0 or 1.
"""

from dataclasses import dataclass
from typing import Final, Literal

PREFIX: Final = "svarsgrad_"

_QUEUE: Final = ("municipality", "queue")
_WINDOW: Final = (*_QUEUE, "window")
_TARGET: Final = (*_WINDOW, "target")
_PARTITION: Final = ("topic", "partition")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family. ``name`` is without the prefix, and for counters without ``_total``."""

    name: str
    kind: Literal["gauge", "counter", "gaugehistogram"]
    labels: tuple[str, ...]
    help: str


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, "gauge", labels, text)


def _counter(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, "counter", labels, text)


# The telephone.

ARRIVED = _gauge("arrived", _WINDOW, "Calls that arrived in the window.")
OUTSIDE_HOURS = _gauge(
    "arrived_outside_hours", _WINDOW, "Calls that arrived outside promised hours: in no other."
)
CALLS = _gauge("calls", (*_WINDOW, "outcome"), "Of those, how many have had each outcome by now.")
WAITING = _gauge("waiting", _QUEUE, "Callers waiting now.")
LONGEST_WAIT = _gauge(
    "longest_wait_seconds", _QUEUE, "How long the first in line has waited; absent if nobody."
)
SERVICE_LEVEL = _gauge(
    "service_level_ratio", _TARGET, "Share of decided calls answered within the target's limit."
)
SERVICE_LEVEL_LOW = _gauge(
    "service_level_wilson_low_ratio", _TARGET, "Lower end of its 95 % Wilson interval."
)
SERVICE_LEVEL_HIGH = _gauge(
    "service_level_wilson_high_ratio", _TARGET, "Upper end of its 95 % Wilson interval."
)
PUBLISHED_LEVEL = _gauge(
    "service_level_published_ratio", _TARGET, "The same over published instead of promised hours."
)
PUBLISHED_DECIDED = _gauge(
    "service_level_published_decided", _TARGET, "Calls that kept or broke the target in them."
)
GOOD = _gauge("service_level_good", _TARGET, "Calls answered within the target's limit.")
DECIDED = _gauge("service_level_decided", _TARGET, "Calls that kept or broke the target.")
MISSED = _gauge("service_level_missed", (*_TARGET, "reason"), "Calls that broke it, by reason.")
LOST = _gauge("lost_ratio", _WINDOW, "Ended calls that nobody answered anywhere / ended calls.")
LOST_HIGH = _gauge(
    "lost_high_ratio", _WINDOW, "The same with calls of unknown outcome counted as lost."
)
WAIT_MEAN = _gauge("wait_mean_seconds", _WINDOW, "Mean wait of answered calls.")
WAIT_MAX = _gauge("wait_max_seconds", _WINDOW, "Longest wait of an answered call.")
WAIT_PERCENTILE = _gauge(
    "wait_percentile_seconds", (*_WINDOW, "percentile"), "Exact percentile (p50 to p99) of waits."
)
TALK_MEAN = _gauge("talk_mean_seconds", _WINDOW, "Mean talk of answered calls that have ended.")
TALKS = _gauge("talks", _WINDOW, "How many talks that is.")
FORMULA = _gauge(
    "service_level_formula_ratio",
    (*_QUEUE, "target", "formula"),
    "Today's service level by the other formulas in use: for comparison, never for judging.",
)
ABANDONED_TODAY = Metric(
    "abandoned_today_seconds", "gaugehistogram", _QUEUE, "Waits of those who hung up today."
)
WAIT_TODAY = Metric(
    "wait_today_seconds", "gaugehistogram", _QUEUE, "Waits of today's answered calls."
)
GOAL = _gauge("target_goal_ratio", (*_QUEUE, "target"), "What the target promises today.")
LIMIT = _gauge("target_limit_seconds", (*_QUEUE, "target"), "Within how long it promises it.")
OPEN = _gauge("open", _QUEUE, "1 while the queue is open by its promised hours, else 0.")
EVALUATED_AT = _gauge(
    "evaluated_at_seconds", ("municipality",), "Instant the figures are true of (Unix time)."
)

# Questions by e-mail and e-service.

_QUEUE_TARGET: Final = (*_QUEUE, "target")
_PROMISE: Final = ("municipality", "target")
_PROMISE_WINDOW: Final = ("municipality", "window", "target")

QUESTIONS_OPEN = _gauge("questions_open", (*_QUEUE, "channel"), "Questions open now.")
QUESTIONS_OLDEST = _gauge(
    "questions_oldest_seconds",
    _QUEUE,
    "How long the oldest open one has waited; absent if none.",
)
MAILBOX_REPORTING = _gauge(
    "mailbox_reporting",
    _QUEUE,
    "1 if the mailbox has been heard of in the last 30 days, else 0.",
)
QUESTIONS_RECEIVED = _gauge(
    "questions_received", (*_WINDOW, "channel"), "Questions received in the window."
)
QUESTIONS_BY_STATE = _gauge(
    "questions",
    (*_WINDOW, "state"),
    "Questions received in the window, by what has become of them by now.",
)
QUESTIONS_WITH = _gauge(
    "questions_with",
    (*_WINDOW, "what"),
    "Questions received in the window that had or were what the label says.",
)
QUESTIONS_JUNK = _gauge(
    "questions_junk",
    (*_WINDOW, "reason"),
    "Spam and bounces received in the window: in no other figure.",
)
QUESTIONS_ANSWER_MEAN = _gauge(
    "questions_answer_mean_seconds", _WINDOW, "Mean time from received to answered, on the clock."
)
QUESTIONS_ANSWER_PERCENTILE = _gauge(
    "questions_answer_percentile_seconds",
    (*_WINDOW, "percentile"),
    "Exact percentile (p50, p90) of that.",
)
QUESTIONS_ANSWER_MAX = _gauge(
    "questions_answer_max_seconds", _WINDOW, "Longest time from received to answered."
)
QUESTIONS_PROMISED_OPEN = _gauge(
    "questions_promised_open", _QUEUE_TARGET, "Open questions that the promise is about."
)
QUESTIONS_DUE_SOON = _gauge(
    "questions_due_soon",
    _QUEUE_TARGET,
    "Open questions due by the midnight that ends today, and not overdue.",
)
QUESTIONS_OVERDUE = _gauge(
    "questions_overdue", _QUEUE_TARGET, "Open questions whose due time has passed."
)
QUESTIONS_LONGEST_OVERDUE = _gauge(
    "questions_longest_overdue_seconds",
    _QUEUE_TARGET,
    "How long the one due first is overdue; absent if none is.",
)
QUESTIONS_UNDATED_OPEN = _gauge(
    "questions_undated_open", _QUEUE_TARGET, "Open questions whose due time can't be known."
)
QUESTIONS_BY_VERDICT = _gauge(
    "questions_due",
    (*_TARGET, "verdict"),
    "Questions whose due time in the window has passed, by verdict.",
)
QUESTIONS_DECIDED = _gauge(
    "questions_decided",
    _TARGET,
    "Due questions that kept or broke the promise: all but no_answer_needed.",
)
QUESTIONS_IN_TIME = _gauge(
    "questions_in_time_ratio",
    _TARGET,
    "Share of the decided questions that were answered in time.",
)
QUESTIONS_IN_TIME_LOW = _gauge(
    "questions_in_time_wilson_low_ratio", _TARGET, "Lower end of its 95 % Wilson interval."
)
QUESTIONS_IN_TIME_HIGH = _gauge(
    "questions_in_time_wilson_high_ratio", _TARGET, "Upper end of its 95 % Wilson interval."
)
QUESTIONS_NO_ANSWER = _gauge(
    "questions_no_answer_needed_ratio",
    _TARGET,
    "Share of the due questions that needed no answer.",
)
QUESTIONS_LATE = _gauge(
    "questions_late", _TARGET, "Due questions that ended after their due time, or are overdue."
)
QUESTIONS_LATE_MEAN = _gauge(
    "questions_late_mean_seconds", _TARGET, "Mean of how late those are: to the end, or by now."
)
QUESTIONS_LATE_PERCENTILE = _gauge(
    "questions_late_percentile_seconds",
    (*_TARGET, "percentile"),
    "Exact percentile (p50, p90) of how late those are.",
)
QUESTIONS_LATE_MAX = _gauge(
    "questions_late_max_seconds", _TARGET, "How late the latest of those is."
)
QUESTIONS_UNDATED = _gauge(
    "questions_undated", _TARGET, "Questions received in the window whose due time can't be known."
)

# The same by promise, over all mailboxes that make it; and how many of them report.

PROMISE_QUESTIONS_OPEN = _gauge(
    "promise_questions_open", _PROMISE, "Open questions that the promise is about."
)
PROMISE_QUESTIONS_DUE_SOON = _gauge(
    "promise_questions_due_soon",
    _PROMISE,
    "Open questions due by the midnight that ends today, and not overdue.",
)
PROMISE_QUESTIONS_OVERDUE = _gauge(
    "promise_questions_overdue", _PROMISE, "Open questions whose due time has passed."
)
PROMISE_QUESTIONS_LONGEST_OVERDUE = _gauge(
    "promise_questions_longest_overdue_seconds",
    _PROMISE,
    "How long the one due first is overdue; absent if none is.",
)
PROMISE_QUESTIONS_UNDATED_OPEN = _gauge(
    "promise_questions_undated_open", _PROMISE, "Open questions whose due time can't be known."
)
PROMISE_QUESTIONS_BY_VERDICT = _gauge(
    "promise_questions_due",
    (*_PROMISE_WINDOW, "verdict"),
    "Questions whose due time in the window has passed, by verdict.",
)
PROMISE_QUESTIONS_DECIDED = _gauge(
    "promise_questions_decided",
    _PROMISE_WINDOW,
    "Due questions that kept or broke the promise: all but no_answer_needed.",
)
PROMISE_QUESTIONS_IN_TIME = _gauge(
    "promise_questions_in_time_ratio",
    _PROMISE_WINDOW,
    "Share of the decided questions that were answered in time.",
)
PROMISE_QUESTIONS_IN_TIME_LOW = _gauge(
    "promise_questions_in_time_wilson_low_ratio",
    _PROMISE_WINDOW,
    "Lower end of its 95 % Wilson interval.",
)
PROMISE_QUESTIONS_IN_TIME_HIGH = _gauge(
    "promise_questions_in_time_wilson_high_ratio",
    _PROMISE_WINDOW,
    "Upper end of its 95 % Wilson interval.",
)
PROMISE_QUESTIONS_NO_ANSWER = _gauge(
    "promise_questions_no_answer_needed_ratio",
    _PROMISE_WINDOW,
    "Share of the due questions that needed no answer.",
)
PROMISE_QUESTIONS_LATE = _gauge(
    "promise_questions_late",
    _PROMISE_WINDOW,
    "Due questions that ended after their due time, or are overdue.",
)
PROMISE_QUESTIONS_LATE_MEAN = _gauge(
    "promise_questions_late_mean_seconds",
    _PROMISE_WINDOW,
    "Mean of how late those are: to the end, or by now.",
)
PROMISE_QUESTIONS_LATE_PERCENTILE = _gauge(
    "promise_questions_late_percentile_seconds",
    (*_PROMISE_WINDOW, "percentile"),
    "Exact percentile (p50, p90) of how late those are.",
)
PROMISE_QUESTIONS_LATE_MAX = _gauge(
    "promise_questions_late_max_seconds", _PROMISE_WINDOW, "How late the latest of those is."
)
PROMISE_QUESTIONS_UNDATED = _gauge(
    "promise_questions_undated",
    _PROMISE_WINDOW,
    "Questions received in the window whose due time can't be known.",
)
PROMISE_MAILBOXES = _gauge(
    "promise_mailboxes", _PROMISE, "How many mailboxes the promise covers, measured or not."
)
PROMISE_REPORTING = _gauge(
    "promise_mailboxes_reporting", _PROMISE, "How many of them were heard of in the last 30 days."
)

# Cases, and the municipality's own survey.

# People at work, and figures that others measured.

# The worker.

READY = _gauge("ready", (), "1 when every ledger of this worker has reached the log's end.")
OWNED = _gauge("partition_owned", _PARTITION, "1 for each partition this worker owns.")
NEXT_OFFSET = _gauge(
    "ledger_next_offset", _PARTITION, "Offset of the next record to fold: state up to here."
)
LAG = _gauge("lag_records", _PARTITION, "Records in the log that are not folded yet.")
LEGS = _gauge("ledger_legs", ("municipality",), "Legs held in memory, since the horizon.")
LAST_APPEND = _gauge(
    "last_append_seconds", _PARTITION, "Append time of the last record folded (Unix time)."
)
EVENTS = _counter("events", ("result",), "Events read: folded, skipped, expired, rejected.")
REJECTED = _counter("rejected", ("reason",), "Events that can't be used, by reason.")
REJECTED_PENDING = _gauge(
    "rejected_pending", (), "Rejections that have not reached the rejected topic yet."
)
SKEWED = _counter("skewed", (), "Events folded whose time lies more than 60 s ahead.")
RECOVERIES = _counter("recoveries", (), "Ledgers filled from the log.")
RECOVERED = _counter("recovered_records", (), "Records read while filling ledgers.")
BATCHES = _counter(
    "batches", ("result",), "Batches in parts of 1 MiB: folded, stale, after a gap."
)
COMMIT_FAILURES = _counter("commit_failures", (), "Commits that failed (monitoring only).")

PHONE: Final = (
    ARRIVED, OUTSIDE_HOURS, CALLS, WAITING, LONGEST_WAIT, SERVICE_LEVEL, SERVICE_LEVEL_LOW,
    SERVICE_LEVEL_HIGH, PUBLISHED_LEVEL, PUBLISHED_DECIDED, GOOD, DECIDED, MISSED, LOST, LOST_HIGH,
    WAIT_MEAN, WAIT_MAX, WAIT_PERCENTILE, WAIT_TODAY, TALK_MEAN, TALKS, FORMULA, ABANDONED_TODAY,
    GOAL, LIMIT, OPEN, EVALUATED_AT,
)  # fmt: skip
QUESTIONS: Final = (
    QUESTIONS_OPEN, QUESTIONS_OLDEST, MAILBOX_REPORTING, QUESTIONS_RECEIVED,
    QUESTIONS_BY_STATE, QUESTIONS_WITH, QUESTIONS_JUNK, QUESTIONS_ANSWER_MEAN,
    QUESTIONS_ANSWER_PERCENTILE, QUESTIONS_ANSWER_MAX, QUESTIONS_PROMISED_OPEN,
    QUESTIONS_DUE_SOON, QUESTIONS_OVERDUE, QUESTIONS_LONGEST_OVERDUE, QUESTIONS_UNDATED_OPEN,
    QUESTIONS_BY_VERDICT, QUESTIONS_DECIDED, QUESTIONS_IN_TIME, QUESTIONS_IN_TIME_LOW,
    QUESTIONS_IN_TIME_HIGH, QUESTIONS_NO_ANSWER, QUESTIONS_LATE, QUESTIONS_LATE_MEAN,
    QUESTIONS_LATE_PERCENTILE, QUESTIONS_LATE_MAX, QUESTIONS_UNDATED, PROMISE_QUESTIONS_OPEN,
    PROMISE_QUESTIONS_DUE_SOON, PROMISE_QUESTIONS_OVERDUE, PROMISE_QUESTIONS_LONGEST_OVERDUE,
    PROMISE_QUESTIONS_UNDATED_OPEN, PROMISE_QUESTIONS_BY_VERDICT, PROMISE_QUESTIONS_DECIDED,
    PROMISE_QUESTIONS_IN_TIME, PROMISE_QUESTIONS_IN_TIME_LOW, PROMISE_QUESTIONS_IN_TIME_HIGH,
    PROMISE_QUESTIONS_NO_ANSWER, PROMISE_QUESTIONS_LATE, PROMISE_QUESTIONS_LATE_MEAN,
    PROMISE_QUESTIONS_LATE_PERCENTILE, PROMISE_QUESTIONS_LATE_MAX, PROMISE_QUESTIONS_UNDATED,
    PROMISE_MAILBOXES, PROMISE_REPORTING,
)  # fmt: skip
CASES: Final[tuple[Metric, ...]] = ()
OTHERS: Final[tuple[Metric, ...]] = ()

BUSINESS: Final = (*PHONE, *QUESTIONS, *CASES, *OTHERS)
"""About municipalities; only once their ledger is ready."""
PROCESS: Final = (
    READY, OWNED, NEXT_OFFSET, LAG, LEGS, LAST_APPEND, EVENTS, REJECTED, REJECTED_PENDING, SKEWED,
    RECOVERIES, RECOVERED, BATCHES, COMMIT_FAILURES,
)  # fmt: skip
"""About this worker; always."""
