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

# Cases, and the municipality's own survey.

_STANDING: Final = ("municipality", "queue", "target")
_AT: Final = ("municipality", "administration", "window", "target")
_WHOLE: Final = ("municipality", "window", "target")
_CHANNEL: Final = ("municipality", "window", "channel")

CASES_PENDING = _gauge(
    "cases_pending",
    (*_STANDING, "state"),
    "Clocks that run: open (all), due_soon, overdue, undated.",
)
CASES_LONGEST_OVERDUE = _gauge(
    "cases_longest_overdue_seconds", _STANDING, "How long the first of the overdue has been so."
)
CASES_DUE = _gauge(
    "cases_due",
    (*_TARGET, "verdict"),
    "Cases due in the window: in_time, late, overdue, withdrawn.",
)
CASES_UNDATED = _gauge(
    "cases_undated", _TARGET, "Clocks started in the window whose due times can't be known."
)
CASES_IN_TIME = _gauge(
    "cases_in_time_ratio", _TARGET, "Share in time of the cases that were due in the window."
)
CASES_IN_TIME_LOW = _gauge(
    "cases_in_time_wilson_low_ratio", _TARGET, "Lower end of its 95 % Wilson interval."
)
CASES_IN_TIME_HIGH = _gauge(
    "cases_in_time_wilson_high_ratio", _TARGET, "Upper end of its 95 % Wilson interval."
)
CASES_DECIDED = _gauge(
    "cases_decided", _TARGET, "Cases due in the window that kept or broke the target."
)
CASES_LATE_MEAN = _gauge(
    "cases_late_mean_seconds", _TARGET, "By how much the late ones were late, in the mean."
)
CASES_LATE_MAX = _gauge("cases_late_max_seconds", _TARGET, "By how much the last one was late.")
CASES_LATE_PERCENTILE = _gauge(
    "cases_late_percentile_seconds", (*_TARGET, "percentile"), "Exact percentile (p50, p90) of it."
)
PROMISE_CASES_PENDING = _gauge(
    "promise_cases_pending",
    ("municipality", "target", "state"),
    "Clocks that run by a promise, over all inboxes that make it.",
)
PROMISE_CASES_IN_TIME = _gauge(
    "promise_cases_in_time_ratio", _WHOLE, "Share in time, over all inboxes that make it."
)
PROMISE_CASES_IN_TIME_LOW = _gauge(
    "promise_cases_in_time_wilson_low_ratio", _WHOLE, "Lower end of its 95 % Wilson interval."
)
PROMISE_CASES_IN_TIME_HIGH = _gauge(
    "promise_cases_in_time_wilson_high_ratio", _WHOLE, "Upper end of its 95 % Wilson interval."
)
PROMISE_CASES_DECIDED = _gauge("promise_cases_decided", _WHOLE, "Cases that the share is of.")
CASES_PENDING_AT = _gauge(
    "administration_cases_pending",
    ("municipality", "administration", "target", "state"),
    "Clocks that run, by the administration that has the case now.",
)
CASES_IN_TIME_AT = _gauge(
    "administration_cases_in_time_ratio",
    _AT,
    "Share in time, by the administration that had the case when it was decided.",
)
CASES_IN_TIME_LOW_AT = _gauge(
    "administration_cases_in_time_wilson_low_ratio",
    _AT,
    "Lower end of its 95 % Wilson interval.",
)
CASES_IN_TIME_HIGH_AT = _gauge(
    "administration_cases_in_time_wilson_high_ratio",
    _AT,
    "Upper end of its 95 % Wilson interval.",
)
CASES_DECIDED_AT = _gauge("administration_cases_decided", _AT, "Cases that the share is of.")
CASES_OPENED = _gauge(
    "cases_opened", (*_WINDOW, "channel"), "Cases opened in the window, by channel."
)
CASES_HANDED_OVER = _gauge(
    "cases_handed_over",
    (*_WINDOW, "administration"),
    "Of those, how many have been handed over, by administration; to two: counted at both.",
)
CASES_RESOLVED = _gauge(
    "cases_resolved", (*_WINDOW, "by"), "Of those, how many are resolved now, by whom."
)
CASES_SOLVED = _gauge(
    "cases_solved_in_centre", _WINDOW, "Of those, how many are solved in the customer centre."
)
CASES_REOPENED = _gauge(
    "cases_reopened", _WINDOW, "Of those, how many have been open again after a resolution."
)
CONTACTS_PER_CASE = _gauge(
    "contacts_per_case", _WINDOW, "How often residents got in touch about each of those: mean."
)
CONTACTS_REGISTERED = _gauge(
    "contacts_registered", _CHANNEL, "Contacts of the window that opened a case or are on one."
)
SOLVED = _gauge(
    "solved_in_centre_ratio", _WHOLE, "Share of cases, or of contacts, solved in the centre."
)
SOLVED_LOW = _gauge(
    "solved_in_centre_wilson_low_ratio", _WHOLE, "Lower end of its 95 % Wilson interval."
)
SOLVED_HIGH = _gauge(
    "solved_in_centre_wilson_high_ratio", _WHOLE, "Upper end of its 95 % Wilson interval."
)
SOLVED_OF = _gauge("solved_in_centre_of", _WHOLE, "How many cases, or contacts, it is a share of.")
REGISTERED = _gauge(
    "contacts_registered_ratio",
    _WHOLE,
    "Registered contacts / contacts that came in by the channels of the promise that report.",
)
CHANNEL_REPORTS = _gauge(
    "channel_reports",
    _CHANNEL,
    "1 for each channel of the catalogue whose contacts are counted, 0 for each other.",
)
CHANNEL_CONTACTS = _gauge("channel_contacts", _CHANNEL, "Contacts by each channel that reports.")
CHANNEL_SHARE = _gauge("channel_share_ratio", _CHANNEL, "Share of all of those by one channel.")
PROMISED_SHARE = _gauge(
    "channel_share_promised_ratio", _WHOLE, "Share of contacts by the channels of a promise."
)
PROMISED_SHARE_LOW = _gauge(
    "channel_share_promised_wilson_low_ratio", _WHOLE, "Lower end of its 95 % Wilson interval."
)
PROMISED_SHARE_HIGH = _gauge(
    "channel_share_promised_wilson_high_ratio", _WHOLE, "Upper end of its 95 % Wilson interval."
)
PROMISED_SHARE_OF = _gauge(
    "channel_share_promised_of", _WHOLE, "How many contacts it is a share of."
)
EARLIER_SHARE = _gauge(
    "channel_share_earlier_ratio",
    _WHOLE,
    "The recorded share of an earlier year, which one without a goal is to rise above.",
)
SATISFIED = _gauge(
    "satisfied_ratio", _WHOLE, "Share of answers with grade 4 or 5; absent under 5 replies."
)
SATISFIED_LOW = _gauge(
    "satisfied_wilson_low_ratio", _WHOLE, "Lower end of its 95 % Wilson interval."
)
SATISFIED_HIGH = _gauge(
    "satisfied_wilson_high_ratio", _WHOLE, "Upper end of its 95 % Wilson interval."
)
SATISFIED_ANSWERS = _gauge("satisfied_answers", _WHOLE, "How many answers it is a share of.")
SATISFIED_REPLIES = _gauge("satisfied_replies", _WHOLE, "How many replies they are from.")
PROMISE_GOAL = _gauge(
    "promise_goal_ratio", ("municipality", "target"), "What it promises as a whole today."
)

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
QUESTIONS: Final[tuple[Metric, ...]] = ()
CASES: Final = (
    CASES_PENDING, CASES_LONGEST_OVERDUE, CASES_DUE, CASES_UNDATED, CASES_IN_TIME,
    CASES_IN_TIME_LOW, CASES_IN_TIME_HIGH, CASES_DECIDED, CASES_LATE_MEAN, CASES_LATE_MAX,
    CASES_LATE_PERCENTILE, PROMISE_CASES_PENDING, PROMISE_CASES_IN_TIME, PROMISE_CASES_IN_TIME_LOW,
    PROMISE_CASES_IN_TIME_HIGH, PROMISE_CASES_DECIDED, CASES_PENDING_AT, CASES_IN_TIME_AT,
    CASES_IN_TIME_LOW_AT,
    CASES_IN_TIME_HIGH_AT, CASES_DECIDED_AT, CASES_OPENED, CASES_HANDED_OVER, CASES_RESOLVED,
    CASES_SOLVED, CASES_REOPENED, CONTACTS_PER_CASE, CONTACTS_REGISTERED, SOLVED, SOLVED_LOW,
    SOLVED_HIGH, SOLVED_OF, REGISTERED, CHANNEL_REPORTS, CHANNEL_CONTACTS, CHANNEL_SHARE,
    PROMISED_SHARE, PROMISED_SHARE_LOW, PROMISED_SHARE_HIGH, PROMISED_SHARE_OF, EARLIER_SHARE,
    SATISFIED, SATISFIED_LOW, SATISFIED_HIGH, SATISFIED_ANSWERS, SATISFIED_REPLIES, PROMISE_GOAL,
)  # fmt: skip
OTHERS: Final[tuple[Metric, ...]] = ()

BUSINESS: Final = (*PHONE, *QUESTIONS, *CASES, *OTHERS)
"""About municipalities; only once their ledger is ready."""
PROCESS: Final = (
    READY, OWNED, NEXT_OFFSET, LAG, LEGS, LAST_APPEND, EVENTS, REJECTED, REJECTED_PENDING, SKEWED,
    RECOVERIES, RECOVERED, BATCHES, COMMIT_FAILURES,
)  # fmt: skip
"""About this worker; always."""
