"""Every metric svarsgrad exports: name, kind, labels, meaning. One screen, and nowhere else.

Business numbers are gauges over a window, exact at the instant of the scrape; there are no
business counters, since one that is rebuilt from a log would jump at every restart. Counters are
about the process. Units are seconds and ratios in [0, 1]. No data is no sample, never 0 or 1.
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

PREFIX: Final = "svarsgrad_"

_QUEUE: Final = ("municipality", "queue")
_WINDOW: Final = (*_QUEUE, "window")
_TARGET: Final = (*_WINDOW, "target")
_CONTACTS: Final = ("municipality", "window")
_PARTITION: Final = ("topic", "partition")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family. ``name`` is without the prefix, and for counters without ``_total``."""

    name: str
    kind: Literal["gauge", "counter", "gaugehistogram"]
    labels: tuple[str, ...]
    help: str


@dataclass(frozen=True, slots=True)
class Former:
    """What a metric was called before, and is called as well for one minor version more."""

    metric: Metric
    name: str
    """Without the prefix, and for counters without ``_total``."""
    until: tuple[int, int]
    """The release, major and minor, in which the old name is gone."""


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, "gauge", labels, text)


def _counter(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, "counter", labels, text)


class Share(NamedTuple):
    """The four metrics of a ratio: itself, its 95 % Wilson interval, and of how many it is."""

    ratio: Metric
    low: Metric
    high: Metric
    of: Metric


def _share(name: str, labels: tuple[str, ...], text: str, of: str, of_name: str = "") -> Share:
    """Return the metrics of a ratio; of how many it is, in another metric if that has a name."""
    return Share(
        _gauge(f"{name}_ratio", labels, text),
        _gauge(f"{name}_wilson_low_ratio", labels, "Lower end of its 95 % Wilson interval."),
        _gauge(f"{name}_wilson_high_ratio", labels, "Upper end of its 95 % Wilson interval."),
        _gauge(of_name or f"{name}_of", labels, of),
    )


# The telephone.

ARRIVED = _gauge("arrived", _WINDOW, "Calls that arrived in the window.")
OUTSIDE_HOURS = _gauge(
    "arrived_while_closed", _WINDOW, "Calls that arrived outside promised hours: in no other."
)
INTERNAL = _gauge(
    "arrived_internal", _WINDOW, "The municipality's own calls, at any hour: in no other."
)
CALLS = _gauge("calls", (*_WINDOW, "outcome"), "Of those, how many have had each outcome by now.")
WAITING = _gauge("waiting", _QUEUE, "Callers waiting now.")
LONGEST_WAIT = _gauge(
    "longest_wait_seconds", _QUEUE, "How long the first in line has waited; absent if nobody."
)
SERVICE_LEVEL, SERVICE_LEVEL_LOW, SERVICE_LEVEL_HIGH, DECIDED = _share(
    "service_level",
    _TARGET,
    "Share of decided calls answered within the target's limit.",
    "Calls that kept or broke the target.",
    "service_level_decided",
)
LATEST = _gauge(
    "latest_ratio",
    (*_QUEUE, "target"),
    "The service level of the 20 of today's calls that were decided last.",
)
LATEST_DECIDED = _gauge(
    "latest_decided", (*_QUEUE, "target"), "How many calls it is of: at most 20."
)
ALERT_LEVEL = _gauge(
    "alert_level_ratio",
    (*_QUEUE, "target"),
    "What alerts compare with: the goal, or what is usual of a queue that is chronically under.",
)
CHRONIC = _gauge(
    "chronic",
    (*_QUEUE, "target"),
    "1 if the queue was under the goal on most of the last ten days it was learnt from, else 0.",
)
CLUSTERING = _gauge(
    "alert_clustering_ratio",
    (*_QUEUE, "target"),
    "How much alike the calls of a half-hour are taken to end: 0 as by chance, 1 all alike.",
)
ALERT_HIGH = _gauge(
    "alert_high_ratio",
    _TARGET,
    "The largest service level that what happened may come of, since calls are late together.",
)
PUBLISHED = _share(
    "service_level_published",
    _TARGET,
    "The same over published instead of promised hours.",
    "Calls that kept or broke the target in them.",
    "service_level_published_decided",
)
GOOD = _gauge(
    "service_level_good",
    _TARGET,
    "Calls answered within the target's limit, and callers who were called back within it.",
)
MISSED = _gauge("service_level_missed", (*_TARGET, "reason"), "Calls that broke it, by reason.")
LOST = _share(
    "lost", _WINDOW, "Ended calls that nobody answered anywhere / ended calls.", "Ended calls."
)
LOST_HIGH = _gauge(
    "lost_high_ratio", _WINDOW, "The same of as many, with those of unknown outcome as lost."
)
WAIT_MEAN = _gauge("wait_mean_seconds", _WINDOW, "Mean wait of answered calls.")
WAIT_MAX = _gauge("wait_max_seconds", _WINDOW, "Longest wait of an answered call.")
WAIT_PERCENTILE = _gauge(
    "wait_percentile_seconds", (*_WINDOW, "percentile"), "Exact percentile (p50 to p99) of waits."
)
WAIT_OR_NEVER = _gauge(
    "wait_or_never_percentile_seconds",
    (*_WINDOW, "percentile"),
    "The same with those who hung up as never answered; absent if it is one of those.",
)
ENDED = _gauge("ended", (*_WINDOW, "by"), "Calls that ended, by who answered them in the end.")
ANSWERED_IN_ALL = _share(
    "answered_in_all", _WINDOW, "Ended calls that we or a partner answered.", "Ended calls."
)
TRANSFERS = _gauge(
    "transfers", (*_WINDOW, "outcome"), "Calls passed on after an answer, by what came of it."
)
CALLBACKS_REACHED = _gauge(
    "callbacks_reached", _WINDOW, "Callers who asked to be called back and were reached."
)
CALLBACKS_KEPT = _share(
    "callbacks_kept",
    _WINDOW,
    "Callbacks within the promised time; absent where none is promised.",
    "Callbacks that were made or whose time has passed.",
)
TALK_MEAN = _gauge("talk_mean_seconds", _WINDOW, "Mean talk of answered calls that have ended.")
TALKS = _gauge("talks", _WINDOW, "How many talks that is.")
FORMULA = _gauge(
    "service_level_formula_ratio",
    (*_QUEUE, "target", "formula"),
    "Today's service level by the other formulas in use: for comparison, never for judging.",
)
FORMULA_OF = _gauge(
    "service_level_formula_of", (*_QUEUE, "target", "formula"), "Of how many calls that is."
)
IF_OVERFLOW = _gauge(
    "service_level_if_overflow_ratio",
    (*_QUEUE, "target", "after"),
    "Share in time to be expected today had calls gone on after so many seconds. as_is is not the "
    "service level: today's calls by the same counting, the partner's own answers credited.",
)
IF_OVERFLOW_OF = _gauge(
    "service_level_if_overflow_of",
    (*_QUEUE, "target"),
    "Of how many decided calls that is, the same after any number of seconds.",
)
WITHOUT_CALLS = _gauge(
    "without_incidents_calls",
    (*_QUEUE, "outcome"),
    "Today's calls but for those that arrived in an incident; absent if there is none.",
)
WITHOUT_LOST = _share(
    "without_incidents_lost", _QUEUE, "Share of those that nobody answered.", "Ended ones."
)
WITHOUT_LEVEL = _share(
    "without_incidents_service_level", (*_QUEUE, "target"), "Their service level.", "Decided ones."
)
INCIDENT = _gauge(
    "incident", _QUEUE, "1 while an incident goes on that touches the queue, else 0."
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
CONTACTS = _gauge(
    "contacts",
    (*_CONTACTS, "outcome"),
    "Callers by what became of them, however many queues they passed; by when they first called.",
)
CONTACTS_OUTSIDE = _gauge(
    "contacts_while_closed", _CONTACTS, "Callers who came outside promised hours: in no other."
)
CONTACTS_INTERNAL = _gauge(
    "contacts_internal", _CONTACTS, "The municipality's own callers: in no other."
)
CONTACTS_AT_CENTRE = _gauge(
    "contacts_at_centre", _CONTACTS, "Callers who have reached a customer centre."
)
CONTACT_LEGS = _gauge("contact_legs_mean", _CONTACTS, "Mean number of queues that they passed.")
CONTACT_LOST = _share(
    "contacts_lost", _CONTACTS, "Share of ended contacts whose end nobody answered.", "Ended ones."
)
CONTACT_LOST_HIGH = _gauge(
    "contacts_lost_high_ratio",
    _CONTACTS,
    "The same with unknown outcomes counted as lost, of as many: contacts_lost_of.",
)
CONTACTS_HELPED = _gauge(
    "contacts_helped", _CONTACTS, "Contacts answered by somebody who did not pass them on."
)
CONTACT_WAIT_MEAN = _gauge(
    "contact_wait_mean_seconds",
    _CONTACTS,
    "Mean wait of those, from their arrival to that answer.",
)
CONTACT_WAIT_MAX = _gauge("contact_wait_max_seconds", _CONTACTS, "Longest of those waits.")
CONTACT_WAIT_PERCENTILE = _gauge(
    "contact_wait_percentile_seconds",
    (*_CONTACTS, "percentile"),
    "Exact percentile (p50 to p99) of those waits.",
)
KKIK = _share(
    "kkik_contacts",
    ("municipality", "answer"),
    "Today's contacts by how soon a person answered, as KKiK classes them.",
    "Decided contacts.",
)
KKIK_UNDECIDED = _gauge(
    "kkik_contacts_undecided", ("municipality",), "Today's contacts that are in no class yet."
)
KKIK_TRANSFERS = _gauge(
    "kkik_transfers",
    ("municipality", "outcome"),
    "Today's contacts that were passed on, by how the wait of at most 60 s after it ended.",
)
KKIK_AFTER_TRANSFER = _share(
    "kkik_after_transfer",
    ("municipality",),
    "Of those a person answered within 60 s.",
    "Those that were answered or cut.",
)
CALLERS = _gauge("callers", ("municipality",), "How many known callers today's contacts were.")
CALLERS_CONTACTS = _gauge(
    "callers_contacts", ("municipality",), "Today's contacts whose caller is known."
)
CALLERS_WAITING = _gauge(
    "callers_waiting", ("municipality",), "Callers never answered of whom one call waits now."
)
CALLS_UNTIL_ANSWER = _gauge(
    "calls_until_answer_mean", ("municipality",), "Mean calls of a caller who got through."
)
GOT_THROUGH = _share(
    "callers_got_through",
    ("municipality",),
    "Today's callers who were answered in the end.",
    "Callers who do not wait now.",
)
PROMISE_NUMBERS = _gauge(
    "promise_numbers",
    ("municipality", "target"),
    "How many telephone numbers the promise covers, measured or not.",
)
PROMISE_NUMBERS_REPORTING = _gauge(
    "promise_numbers_reporting",
    ("municipality", "target"),
    "How many of them a call has reached today, at any hour.",
)
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
QUESTIONS_IN_TIME = _share(
    "questions_in_time",
    _TARGET,
    "Share of the decided questions that were answered in time.",
    "Due questions that kept or broke the promise: all but no_answer_needed.",
    "questions_decided",
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
PROMISE_QUESTIONS_IN_TIME = _share(
    "promise_questions_in_time",
    _PROMISE_WINDOW,
    "Share of the decided questions that were answered in time.",
    "Due questions that kept or broke the promise: all but no_answer_needed.",
    "promise_questions_decided",
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

_STANDING: Final = ("municipality", "queue", "target")
_AT: Final = ("municipality", "administration", "window", "target")
_WHOLE: Final = ("municipality", "window", "target")
_CHANNEL: Final = ("municipality", "window", "channel")

CASES_OPEN = _gauge("cases_open", _QUEUE, "Cases that are not resolved now.")
CASES_PENDING = _gauge(
    "cases_pending",
    (*_STANDING, "state"),
    "Clocks that run: open (all), due_soon, overdue, undated.",
)
CASES_LONGEST_OVERDUE = _gauge(
    "cases_longest_overdue_seconds", _STANDING, "How long the first of the overdue has been so."
)
CASES_LAST_OVERDUE = _gauge(
    "cases_last_overdue_seconds", _STANDING, "How long ago the last of the overdue came so."
)
CASES_DUE = _gauge(
    "cases_due",
    (*_TARGET, "verdict"),
    "Cases due in the window: in_time, late, overdue, withdrawn.",
)
CASES_UNDATED = _gauge(
    "cases_undated", _TARGET, "Clocks started in the window whose due times can't be known."
)
CASES_IN_TIME = _share(
    "cases_in_time",
    _TARGET,
    "Share in time of the cases that were due in the window.",
    "Cases due in the window that kept or broke the target.",
    "cases_decided",
)
CASES_LATE_MEAN = _gauge(
    "cases_late_mean_seconds",
    _TARGET,
    "By how much those due in the window were late, in the mean: the overdue ones by now.",
)
CASES_LATE_MAX = _gauge(
    "cases_late_max_seconds",
    _TARGET,
    "The largest lateness, that of what is still overdue included (up to now).",
)
CASES_LATE_PERCENTILE = _gauge(
    "cases_late_percentile_seconds",
    (*_TARGET, "percentile"),
    "Exact percentile (p50, p90) of those.",
)
PROMISE_CASES_PENDING = _gauge(
    "promise_cases_pending",
    ("municipality", "target", "state"),
    "Clocks that run by a promise, over all inboxes that make it.",
)
PROMISE_CASES_IN_TIME = _share(
    "promise_cases_in_time",
    _WHOLE,
    "Share in time, over all inboxes that make it.",
    "Cases that the share is of.",
    "promise_cases_decided",
)
CASES_PENDING_AT = _gauge(
    "administration_cases_pending",
    ("municipality", "administration", "target", "state"),
    "Clocks that run, by the administration that has the case now.",
)
CASES_IN_TIME_AT = _share(
    "administration_cases_in_time",
    _AT,
    "Share in time, by the administration that had the case when it was decided.",
    "Cases that the share is of.",
    "administration_cases_decided",
)
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
CASES_AT_FIRST = _gauge(
    "cases_solved_at_first_contact",
    _WINDOW,
    "Of those, how many were never reopened, and nobody has got in touch about again.",
)
CASES_AT_FIRST_SHARE = _share(
    "cases_solved_at_first_contact",
    _WINDOW,
    "Those / the decided ones.",
    "Cases opened in the window that are solved in the centre, or have left it: the decided ones.",
    "cases_decided_by_now",
)
CASES_REOPENED = _gauge(
    "cases_reopened",
    _WINDOW,
    "Cases opened in the window that have been open again after a resolution.",
)
CONTACTS_PER_CASE = _gauge(
    "contacts_per_case",
    _WINDOW,
    "How often residents got in touch about each case opened in the window: mean.",
)
CONTACTS_REGISTERED = _gauge(
    "contacts_registered", _CHANNEL, "Contacts of the window that opened a case or are on one."
)
SOLVED = _share(
    "solved_in_centre",
    _WHOLE,
    "Share of cases, or of contacts, solved in the centre.",
    "How many cases, or contacts, it is a share of.",
)
SOLVED_CHANNEL = _share(
    "solved_in_centre_channel",
    _CHANNEL,
    "Share solved in the centre of the decided cases opened in the window, by channel.",
    "How many decided cases it is a share of.",
)
REGISTERED = _gauge(
    "contacts_registered_ratio",
    _WHOLE,
    "Registered contacts / answered ones, of the channels of the promise that report.",
)
REGISTERED_OF = _gauge(
    "contacts_registered_of", _WHOLE, "How many answered contacts it is a share of."
)
CHANNEL_REPORTS = _gauge(
    "channel_reports",
    _CHANNEL,
    "1 for each channel of the catalogue whose contacts are counted, 0 for its others.",
)
CHANNEL_CONTACTS = _gauge("channel_contacts", _CHANNEL, "Contacts by each channel that reports.")
CHANNEL_SHARE = _gauge("channel_share_ratio", _CHANNEL, "Share of all of those by one channel.")
CHANNEL_SHARE_LOW = _gauge(
    "channel_share_wilson_low_ratio", _CHANNEL, "Lower end of its 95 % Wilson interval."
)
CHANNEL_SHARE_HIGH = _gauge(
    "channel_share_wilson_high_ratio", _CHANNEL, "Upper end of its 95 % Wilson interval."
)
PROMISED_SHARE = _share(
    "channel_share_promised",
    _WHOLE,
    "Share of contacts by the channels of a promise.",
    "How many contacts it is a share of.",
)
EARLIER_SHARE = _gauge(
    "channel_share_earlier_ratio",
    _WHOLE,
    "The recorded share of an earlier year, which one without a goal is to rise above.",
)
SATISFIED = _share(
    "satisfied",
    _WHOLE,
    "Share of answers with grade 4 or 5; absent under 5 replies.",
    "How many answers it is a share of.",
    "satisfied_answers",
)
SATISFIED_REPLIES = _gauge("satisfied_replies", _WHOLE, "How many replies they are from.")
PROMISE_GOAL = _gauge(
    "promise_goal_ratio", ("municipality", "target"), "What it promises as a whole today."
)

# People at work, and figures that others measured.

_ADMINISTRATION: Final = ("municipality", "administration")

STAFFED = _gauge(
    "staffed_people", _QUEUE, "People who answer the queue now; absent if none stated it today."
)
OPENING_KEPT = _gauge(
    "opening_kept_ratio", _QUEUE, "Share of today's promised hours with at least one person."
)
OPENING_PROMISED = _gauge(
    "opening_promised_seconds", _QUEUE, "Promised hours so far today, that this is a share of."
)
STAFFED_TIME = _gauge(
    "staffed_person_seconds", _QUEUE, "Time of all who answered today, each one's added up."
)
CALLS_PER_HOUR = _gauge(
    "calls_per_staffed_hour",
    _QUEUE,
    "Today's calls in promised hours for each person's hour; absent of one person at a time.",
)
CALLS_PER_HOUR_POOLED = _gauge(
    "calls_per_staffed_hour_pooled",
    ("municipality",),
    "The same of all queues that report both, those of one person included.",
)
ADMINISTRATION_KEPT = _gauge(
    "administration_opening_kept_ratio",
    _ADMINISTRATION,
    "Share of the guideline's hours today with a person in any of its telephone queues.",
)
ADMINISTRATION_PROMISED = _gauge(
    "administration_guideline_seconds",
    _ADMINISTRATION,
    "The guideline's hours so far today, that this is a share of.",
)
ADMINISTRATION_STANDING = _gauge(
    "administration_standing",
    (*_ADMINISTRATION, "standing"),
    "1 for how it stands with them: kept, broken, unreported, not_yet or no_guideline; else 0.",
)
ADMINISTRATIONS = _gauge(
    "administrations", ("municipality", "standing"), "How many administrations stand so."
)
OPEN_AS_PROMISED = _share(
    "open_as_promised",
    ("municipality",),
    "Administrations that keep the guideline's hours / kept, broken and unreported ones.",
    "How many administrations it is a share of.",
)
OPEN_AS_PROMISED_GOAL = _gauge(
    "open_as_promised_goal_ratio", _PROMISE, "What the promise wants that ratio to be today."
)
OPEN_AS_PROMISED_KEPT = _gauge(
    "open_as_promised_kept", _PROMISE, "1 if the ratio is at least that, else 0."
)
HEARTBEAT_AGE = _gauge(
    "source_heartbeat_age_seconds",
    ("municipality", "source"),
    "Time since the source last said that it is alive; absent if it has not.",
)
SILENT = _gauge(
    "source_silent",
    _QUEUE,
    "1 if a source of the queue is silent, else 0; absent if none has been heard.",
)
EXTERNAL = _gauge(
    "external_value", _PROMISE, "The latest value that others measured; shares in [0, 1]."
)
EXTERNAL_N = _gauge("external_n", _PROMISE, "How many were asked, where that is known.")
EXTERNAL_DAY = _gauge(
    "external_day_seconds", _PROMISE, "The day it is true of: its local midnight (Unix time)."
)
EXTERNAL_LOW = _gauge(
    "external_wilson_low_ratio", _PROMISE, "Lower end of its 95 % Wilson interval, of a share."
)
EXTERNAL_HIGH = _gauge(
    "external_wilson_high_ratio", _PROMISE, "Upper end of its 95 % Wilson interval, of a share."
)
EXTERNAL_GOAL = _gauge(
    "external_goal_ratio", _PROMISE, "What the promise wanted the value to be on that day."
)
EXTERNAL_KEPT = _gauge("external_kept", _PROMISE, "1 if the value reaches that goal, else 0.")
EXTERNAL_UNKNOWN = _gauge(
    "external_unknown", ("municipality",), "Values of measures that the catalogue doesn't have."
)

# The rest of today.

_OUTLOOK: Final = (*_QUEUE, "target")

PROFILE_DAYS = _gauge(
    "outlook_learnt_from",
    _QUEUE,
    "Of how many days the queue's profile was learnt; 0 where a typical one is used.",
)
USUAL = _gauge(
    "outlook_usual_so_far", _QUEUE, "How many calls come by now on such a day; absent if unknown."
)
TO_COME = _gauge(
    "outlook_to_come", _QUEUE, "How many more calls are expected today; absent if unknown."
)
TO_COME_LOW = _gauge("outlook_to_come_low", _QUEUE, "Fewer than this come in one case of twenty.")
TO_COME_HIGH = _gauge("outlook_to_come_high", _QUEUE, "More than this come in one case of twenty.")
BEST = _gauge(
    "outlook_best_ratio", _OUTLOOK, "The service level of today if all still to come are in time."
)
BEST_OF_FEW = _gauge("outlook_best_low_ratio", _OUTLOOK, "The same if only the low number come.")
BEST_OF_MANY = _gauge("outlook_best_high_ratio", _OUTLOOK, "The same if the high number come.")
NEEDED = _gauge(
    "outlook_needed_ratio",
    _OUTLOOK,
    "Share of those still to come that must be in time: 0 when won, above 1 when lost.",
)
SPENT = _gauge(
    "outlook_budget_spent_ratio",
    _OUTLOOK,
    "Late so far / those that may be late of all of today's; above 1 when lost.",
)
EXPECTED = _gauge(
    "outlook_expected_ratio",
    _OUTLOOK,
    "Share in time to be expected this quarter of an hour, with those who answered lately.",
)
PROJECTED = _gauge(
    "outlook_projected_ratio",
    _OUTLOOK,
    "What today's service level comes to if it goes on as today, and with those who answer.",
)
ERLANGS = _gauge(
    "outlook_erlangs",
    _QUEUE,
    "How many people the calls of this quarter of an hour keep busy; with no more it runs full.",
)
PEOPLE_NEEDED = _gauge(
    "outlook_people_needed",
    _QUEUE,
    "How many people it takes to keep the promises in this quarter of an hour.",
)

# The worker.

READY = _gauge("ready", (), "1 when every ledger of this worker has reached the log's end.")
OWNED = _gauge("partition_owned", _PARTITION, "1 for each partition this worker owns.")
NEXT_OFFSET = _gauge(
    "ledger_next_offset", _PARTITION, "Offset of the next record to fold: state up to here."
)
LAG = _gauge("lag_records", _PARTITION, "Records in the log that are not folded yet.")
HELD = _gauge(
    "ledger_held",
    ("municipality", "book"),
    "What is held in memory since the horizon: legs of calls, questions, cases and so on.",
)
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
    ARRIVED, OUTSIDE_HOURS, INTERNAL, CALLS, WAITING, LONGEST_WAIT, SERVICE_LEVEL,
    SERVICE_LEVEL_LOW, SERVICE_LEVEL_HIGH, LATEST, LATEST_DECIDED, *PUBLISHED, GOOD, DECIDED,
    MISSED, *LOST, LOST_HIGH, WAIT_MEAN, WAIT_MAX, WAIT_PERCENTILE, WAIT_OR_NEVER, WAIT_TODAY,
    ENDED, *ANSWERED_IN_ALL, TRANSFERS, CALLBACKS_REACHED, *CALLBACKS_KEPT, TALK_MEAN, TALKS,
    FORMULA, FORMULA_OF, IF_OVERFLOW, IF_OVERFLOW_OF, WITHOUT_CALLS, *WITHOUT_LOST, *WITHOUT_LEVEL,
    INCIDENT, ABANDONED_TODAY, GOAL, LIMIT, OPEN, CONTACTS, CONTACTS_OUTSIDE, CONTACTS_INTERNAL,
    CONTACTS_AT_CENTRE, CONTACT_LEGS, *CONTACT_LOST, CONTACT_LOST_HIGH, CONTACTS_HELPED,
    CONTACT_WAIT_MEAN, CONTACT_WAIT_MAX, CONTACT_WAIT_PERCENTILE, *KKIK, KKIK_UNDECIDED,
    KKIK_TRANSFERS, *KKIK_AFTER_TRANSFER, CALLERS, CALLERS_CONTACTS, CALLERS_WAITING,
    CALLS_UNTIL_ANSWER, *GOT_THROUGH, PROMISE_NUMBERS, PROMISE_NUMBERS_REPORTING, EVALUATED_AT,
)  # fmt: skip
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
CASES: Final = (
    CASES_OPEN, CASES_PENDING, CASES_LONGEST_OVERDUE, CASES_LAST_OVERDUE, CASES_DUE, CASES_UNDATED,
    *CASES_IN_TIME, CASES_LATE_MEAN, CASES_LATE_MAX, CASES_LATE_PERCENTILE, PROMISE_CASES_PENDING,
    *PROMISE_CASES_IN_TIME, CASES_PENDING_AT, *CASES_IN_TIME_AT, CASES_OPENED, CASES_HANDED_OVER,
    CASES_RESOLVED, CASES_SOLVED, CASES_AT_FIRST, *CASES_AT_FIRST_SHARE, CASES_REOPENED,
    CONTACTS_PER_CASE, CONTACTS_REGISTERED, *SOLVED, *SOLVED_CHANNEL, REGISTERED, REGISTERED_OF,
    CHANNEL_REPORTS, CHANNEL_CONTACTS, CHANNEL_SHARE, CHANNEL_SHARE_LOW, CHANNEL_SHARE_HIGH,
    *PROMISED_SHARE, EARLIER_SHARE, *SATISFIED, SATISFIED_REPLIES, PROMISE_GOAL,
)  # fmt: skip
OTHERS: Final = (
    STAFFED, OPENING_KEPT, OPENING_PROMISED, STAFFED_TIME, CALLS_PER_HOUR, CALLS_PER_HOUR_POOLED,
    ADMINISTRATION_KEPT, ADMINISTRATION_PROMISED, ADMINISTRATION_STANDING, ADMINISTRATIONS,
    *OPEN_AS_PROMISED, OPEN_AS_PROMISED_GOAL, OPEN_AS_PROMISED_KEPT, HEARTBEAT_AGE, SILENT,
    EXTERNAL, EXTERNAL_N, EXTERNAL_DAY, EXTERNAL_LOW, EXTERNAL_HIGH, EXTERNAL_GOAL, EXTERNAL_KEPT,
    EXTERNAL_UNKNOWN,
)  # fmt: skip
OUTLOOK: Final = (
    PROFILE_DAYS, USUAL, TO_COME, TO_COME_LOW, TO_COME_HIGH, BEST, BEST_OF_FEW, BEST_OF_MANY,
    NEEDED, SPENT, EXPECTED, PROJECTED, ERLANGS, PEOPLE_NEEDED, ALERT_LEVEL, CHRONIC, CLUSTERING,
    ALERT_HIGH,
)  # fmt: skip

# What things are called.

_CALLED: Final = "by what it is called"
MUNICIPALITY_INFO = _gauge(
    "municipality_info", ("municipality", "name"), f"1 for each municipality, {_CALLED}."
)
ADMINISTRATION_INFO = _gauge(
    "administration_info",
    ("municipality", "administration", "name"),
    f"1 for each administration, {_CALLED}.",
)
QUEUE_INFO = _gauge(
    "queue_info",
    (*_QUEUE, "name", "kind", "team", "team_name", "administration"),
    f"1 for each queue, {_CALLED} and who answers it.",
)
TARGET_INFO = _gauge(
    "target_info",
    (*_QUEUE, "target", "name", "measure"),
    f"1 for each promise of a queue that holds today, {_CALLED} and what it is measured by.",
)
PROMISE_INFO = _gauge(
    "promise_info",
    ("municipality", "target", "name", "measure"),
    "The same of what the municipality promises as a whole.",
)
SOURCE_INFO = _gauge(
    "source_info", ("municipality", "source", "name"), f"1 for each source, {_CALLED}."
)
NAMES: Final = (
    MUNICIPALITY_INFO, ADMINISTRATION_INFO, QUEUE_INFO, TARGET_INFO, PROMISE_INFO, SOURCE_INFO,
)  # fmt: skip

# The last run of `svarsgrad verify`.

VERIFY_DIFFERENCES = _gauge(
    "verify_differences",
    ("of",),
    "What workers said otherwise than their topics: figures, and books of municipalities.",
)
VERIFY_COMPARED = _gauge("verify_compared", ("of",), "How many of each were compared.")
VERIFY_MISSING = _gauge(
    "verify_municipalities_missing",
    (),
    "Municipalities that could not be compared: not shown by one worker, in both its answers.",
)
VERIFY_UNANSWERED = _gauge("verify_workers_missing", (), "Workers that could not be asked.")
VERIFY_LAST_RUN = _gauge(
    "verify_last_run_timestamp_seconds",
    (),
    "When it last came to its end (Unix time). One that fails writes nothing: look at its age.",
)
VERIFY_DURATION = _gauge("verify_duration_seconds", (), "How long that took.")

# The archive.

ARCHIVE_READY = _gauge("archive_ready", (), "1 while the archive reads all that is its to read.")
ARCHIVE_LAG = _gauge(
    "archive_lag_records", _PARTITION, "Records in the log that the database does not have yet."
)
ARCHIVE_RECORDS = _counter("archive_records", (), "Records that have been written.")
ARCHIVE_TRANSACTIONS = _counter("archive_transactions", (), "Transactions they were written in.")
ARCHIVE_FAILURES = _counter(
    "archive_failures", (), "Times that the database could not be written, and was tried again."
)
ARCHIVE_WRITTEN = _gauge("archive_written_seconds", (), "When it last was written (Unix time).")

# A producer.

_SOURCE: Final = ("municipality", "source")
SOURCE_READ = _counter(
    "source_read", _SOURCE, "Lines, messages, rows or requests that have been read."
)
SOURCE_EVENTS = _counter(
    "source_events", _SOURCE, "Events of these that are safe: in Kafka, or on the disk."
)
SOURCE_UNUSABLE = _counter(
    "source_unusable", (*_SOURCE, "fault"), "What was read that can't be used, by kind of fault."
)
SOURCE_CHECKED = _gauge(
    "source_checked_seconds",
    _SOURCE,
    "When the source last could be read (Unix time), if only to find nothing new.",
)
SOURCE_LATEST = _gauge(
    "source_latest_event_seconds", _SOURCE, "The latest time of an event (Unix time)."
)
SOURCE_WAITING = _gauge(
    "source_waiting_for_kafka", _SOURCE, "1 while Kafka does not take events, else 0."
)
INTAKE_ANSWERS = _counter(
    "intake_answers", ("status",), "Requests that `svarsgrad intake` has answered, by status."
)
INTAKE_CONNECTIONS = _gauge("intake_connections", (), "Connections that it has now.")
INTAKE_HELD = _gauge(
    "intake_held_bytes", (), "Bodies that it reads and events that Kafka has not acknowledged."
)

BUILD = _gauge("build_info", ("version",), "1: which version of svarsgrad answers.")

BUSINESS: Final = (*PHONE, *OUTLOOK, *QUESTIONS, *CASES, *OTHERS, *NAMES)
"""About municipalities; only once their ledger is ready."""
PROCESS: Final = (
    BUILD, READY, OWNED, NEXT_OFFSET, LAG, HELD, LAST_APPEND, EVENTS, REJECTED, REJECTED_PENDING,
    SKEWED, RECOVERIES, RECOVERED, BATCHES, COMMIT_FAILURES,
)  # fmt: skip
"""About this worker; always."""
ARCHIVE: Final = (
    ARCHIVE_READY, ARCHIVE_LAG, ARCHIVE_RECORDS, ARCHIVE_TRANSACTIONS, ARCHIVE_FAILURES,
    ARCHIVE_WRITTEN,
)  # fmt: skip
"""About the archive's process."""
PRODUCER: Final = (
    SOURCE_READ, SOURCE_EVENTS, SOURCE_UNUSABLE, SOURCE_CHECKED, SOURCE_LATEST, SOURCE_WAITING,
)  # fmt: skip
"""About the process that reads a source."""
INTAKE: Final = (INTAKE_ANSWERS, INTAKE_CONNECTIONS, INTAKE_HELD)
"""About the process that sources push to, beside those."""
VERIFY: Final = (
    VERIFY_DIFFERENCES, VERIFY_COMPARED, VERIFY_MISSING, VERIFY_UNANSWERED, VERIFY_LAST_RUN,
    VERIFY_DURATION,
)  # fmt: skip
"""About the last run of ``svarsgrad verify``; in the file that it writes."""
FORMERLY: Final[tuple[Former, ...]] = ()
"""Metrics that have been renamed, and are shown under both names as yet (docs/upgrade.md)."""
