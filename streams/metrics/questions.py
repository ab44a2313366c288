"""Metrics of questions by e-mail and e-service: by mailbox, and by promise over all mailboxes."""

from typing import Final

from streams.metrics.kinds import PROMISE, QUEUE, TARGET, WINDOW, gauge, share_of

_QUEUE_TARGET: Final = (*QUEUE, "target")
_PROMISE_WINDOW: Final = ("municipality", "window", "target")

QUESTIONS_OPEN = gauge("questions_open", (*QUEUE, "channel"), "Questions open now.")
QUESTIONS_OLDEST = gauge(
    "questions_oldest_seconds",
    QUEUE,
    "How long the oldest open one has waited; absent if none.",
)
MAILBOX_REPORTING = gauge(
    "mailbox_reporting",
    QUEUE,
    "1 if the mailbox has been heard of in the last 30 days, else 0.",
)
QUESTIONS_RECEIVED = gauge(
    "questions_received", (*WINDOW, "channel"), "Questions received in the window."
)
QUESTIONS_BY_STATE = gauge(
    "questions",
    (*WINDOW, "state"),
    "Questions received in the window, by what has become of them by now.",
)
QUESTIONS_WITH = gauge(
    "questions_with",
    (*WINDOW, "what"),
    "Questions received in the window that had or were what the label says.",
)
QUESTIONS_JUNK = gauge(
    "questions_junk",
    (*WINDOW, "reason"),
    "Spam and bounces received in the window: in no other figure.",
)
QUESTIONS_ANSWER_MEAN = gauge(
    "questions_answer_mean_seconds", WINDOW, "Mean time from received to answered, on the clock."
)
QUESTIONS_ANSWER_PERCENTILE = gauge(
    "questions_answer_percentile_seconds",
    (*WINDOW, "percentile"),
    "Exact percentile (p50, p90) of that.",
)
QUESTIONS_ANSWER_MAX = gauge(
    "questions_answer_max_seconds", WINDOW, "Longest time from received to answered."
)
QUESTIONS_PROMISED_OPEN = gauge(
    "questions_promised_open", _QUEUE_TARGET, "Open questions that the promise is about."
)
QUESTIONS_DUE_SOON = gauge(
    "questions_due_soon",
    _QUEUE_TARGET,
    "Open questions due by the midnight that ends today, and not overdue.",
)
QUESTIONS_OVERDUE = gauge(
    "questions_overdue", _QUEUE_TARGET, "Open questions whose due time has passed."
)
QUESTIONS_LONGEST_OVERDUE = gauge(
    "questions_longest_overdue_seconds",
    _QUEUE_TARGET,
    "How long the one due first is overdue; absent if none is.",
)
QUESTIONS_UNDATED_OPEN = gauge(
    "questions_undated_open", _QUEUE_TARGET, "Open questions whose due time can't be known."
)
QUESTIONS_BY_VERDICT = gauge(
    "questions_due",
    (*TARGET, "verdict"),
    "Questions whose due time in the window has passed, by verdict.",
)
QUESTIONS_IN_TIME = share_of(
    "questions_in_time",
    TARGET,
    "Share of the decided questions that were answered in time.",
    "Due questions that kept or broke the promise: all but no_answer_needed.",
    "questions_decided",
)
QUESTIONS_NO_ANSWER = gauge(
    "questions_no_answer_needed_ratio",
    TARGET,
    "Share of the due questions that needed no answer.",
)
QUESTIONS_LATE = gauge(
    "questions_late", TARGET, "Due questions that ended after their due time, or are overdue."
)
QUESTIONS_LATE_MEAN = gauge(
    "questions_late_mean_seconds", TARGET, "Mean of how late those are: to the end, or by now."
)
QUESTIONS_LATE_PERCENTILE = gauge(
    "questions_late_percentile_seconds",
    (*TARGET, "percentile"),
    "Exact percentile (p50, p90) of how late those are.",
)
QUESTIONS_LATE_MAX = gauge(
    "questions_late_max_seconds", TARGET, "How late the latest of those is."
)
QUESTIONS_UNDATED = gauge(
    "questions_undated", TARGET, "Questions received in the window whose due time can't be known."
)

# The same by promise, over all mailboxes that make it; and how many of them report.

PROMISE_QUESTIONS_OPEN = gauge(
    "promise_questions_open", PROMISE, "Open questions that the promise is about."
)
PROMISE_QUESTIONS_DUE_SOON = gauge(
    "promise_questions_due_soon",
    PROMISE,
    "Open questions due by the midnight that ends today, and not overdue.",
)
PROMISE_QUESTIONS_OVERDUE = gauge(
    "promise_questions_overdue", PROMISE, "Open questions whose due time has passed."
)
PROMISE_QUESTIONS_LONGEST_OVERDUE = gauge(
    "promise_questions_longest_overdue_seconds",
    PROMISE,
    "How long the one due first is overdue; absent if none is.",
)
PROMISE_QUESTIONS_UNDATED_OPEN = gauge(
    "promise_questions_undated_open", PROMISE, "Open questions whose due time can't be known."
)
PROMISE_QUESTIONS_BY_VERDICT = gauge(
    "promise_questions_due",
    (*_PROMISE_WINDOW, "verdict"),
    "Questions whose due time in the window has passed, by verdict.",
)
PROMISE_QUESTIONS_IN_TIME = share_of(
    "promise_questions_in_time",
    _PROMISE_WINDOW,
    "Share of the decided questions that were answered in time.",
    "Due questions that kept or broke the promise: all but no_answer_needed.",
    "promise_questions_decided",
)
PROMISE_QUESTIONS_NO_ANSWER = gauge(
    "promise_questions_no_answer_needed_ratio",
    _PROMISE_WINDOW,
    "Share of the due questions that needed no answer.",
)
PROMISE_QUESTIONS_LATE = gauge(
    "promise_questions_late",
    _PROMISE_WINDOW,
    "Due questions that ended after their due time, or are overdue.",
)
PROMISE_QUESTIONS_LATE_MEAN = gauge(
    "promise_questions_late_mean_seconds",
    _PROMISE_WINDOW,
    "Mean of how late those are: to the end, or by now.",
)
PROMISE_QUESTIONS_LATE_PERCENTILE = gauge(
    "promise_questions_late_percentile_seconds",
    (*_PROMISE_WINDOW, "percentile"),
    "Exact percentile (p50, p90) of how late those are.",
)
PROMISE_QUESTIONS_LATE_MAX = gauge(
    "promise_questions_late_max_seconds", _PROMISE_WINDOW, "How late the latest of those is."
)
PROMISE_QUESTIONS_UNDATED = gauge(
    "promise_questions_undated",
    _PROMISE_WINDOW,
    "Questions received in the window whose due time can't be known.",
)
PROMISE_MAILBOXES = gauge(
    "promise_mailboxes", PROMISE, "How many mailboxes the promise covers, measured or not."
)
PROMISE_REPORTING = gauge(
    "promise_mailboxes_reporting", PROMISE, "How many of them were heard of in the last 30 days."
)

QUESTIONS: Final = (
    QUESTIONS_OPEN, QUESTIONS_OLDEST, MAILBOX_REPORTING, QUESTIONS_RECEIVED, QUESTIONS_BY_STATE,
    QUESTIONS_WITH, QUESTIONS_JUNK, QUESTIONS_ANSWER_MEAN, QUESTIONS_ANSWER_PERCENTILE,
    QUESTIONS_ANSWER_MAX, QUESTIONS_PROMISED_OPEN, QUESTIONS_DUE_SOON, QUESTIONS_OVERDUE,
    QUESTIONS_LONGEST_OVERDUE, QUESTIONS_UNDATED_OPEN, QUESTIONS_BY_VERDICT, *QUESTIONS_IN_TIME,
    QUESTIONS_NO_ANSWER, QUESTIONS_LATE, QUESTIONS_LATE_MEAN, QUESTIONS_LATE_PERCENTILE,
    QUESTIONS_LATE_MAX, QUESTIONS_UNDATED, PROMISE_QUESTIONS_OPEN, PROMISE_QUESTIONS_DUE_SOON,
    PROMISE_QUESTIONS_OVERDUE, PROMISE_QUESTIONS_LONGEST_OVERDUE, PROMISE_QUESTIONS_UNDATED_OPEN,
    PROMISE_QUESTIONS_BY_VERDICT, *PROMISE_QUESTIONS_IN_TIME, PROMISE_QUESTIONS_NO_ANSWER,
    PROMISE_QUESTIONS_LATE, PROMISE_QUESTIONS_LATE_MEAN, PROMISE_QUESTIONS_LATE_PERCENTILE,
    PROMISE_QUESTIONS_LATE_MAX, PROMISE_QUESTIONS_UNDATED, PROMISE_MAILBOXES, PROMISE_REPORTING,
)  # fmt: skip
