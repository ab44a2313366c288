"""Metrics of calls, of queues and of the municipality as a whole."""

from typing import Final

from streams.metrics.kinds import QUEUE, TARGET, WINDOW, Metric, gauge, share_of

_CONTACTS: Final = ("municipality", "window")

ARRIVED = gauge("arrived", WINDOW, "Calls that arrived in the window.")
OUTSIDE_HOURS = gauge(
    "arrived_while_closed", WINDOW, "Calls that arrived outside promised hours: in no other."
)
INTERNAL = gauge(
    "arrived_internal", WINDOW, "The municipality's own calls, at any hour: in no other."
)
CALLS = gauge("calls", (*WINDOW, "outcome"), "Of those, how many have had each outcome by now.")
WAITING = gauge("waiting", QUEUE, "Callers waiting now.")
LONGEST_WAIT = gauge(
    "longest_wait_seconds", QUEUE, "How long the first in line has waited; absent if nobody."
)
SERVICE_LEVEL, SERVICE_LEVEL_LOW, SERVICE_LEVEL_HIGH, DECIDED = share_of(
    "service_level",
    TARGET,
    "Share of decided calls answered within the target's limit.",
    "Calls that kept or broke the target.",
    "service_level_decided",
)
LATEST = gauge(
    "latest_ratio",
    (*QUEUE, "target"),
    "The service level of the 20 of today's calls that were decided last.",
)
LATEST_DECIDED = gauge(
    "latest_decided", (*QUEUE, "target"), "How many calls it is of: at most 20."
)
PUBLISHED = share_of(
    "service_level_published",
    TARGET,
    "The same over published instead of promised hours.",
    "Calls that kept or broke the target in them.",
    "service_level_published_decided",
)
GOOD = gauge(
    "service_level_good",
    TARGET,
    "Calls answered within the target's limit, and callers who were called back within it.",
)
MISSED = gauge("service_level_missed", (*TARGET, "reason"), "Calls that broke it, by reason.")
LOST = share_of(
    "lost", WINDOW, "Ended calls that nobody answered anywhere / ended calls.", "Ended calls."
)
LOST_HIGH = gauge(
    "lost_high_ratio", WINDOW, "The same of as many, with those of unknown outcome as lost."
)
WAIT_MEAN = gauge("wait_mean_seconds", WINDOW, "Mean wait of answered calls.")
WAIT_MAX = gauge("wait_max_seconds", WINDOW, "Longest wait of an answered call.")
WAIT_PERCENTILE = gauge(
    "wait_percentile_seconds", (*WINDOW, "percentile"), "Exact percentile (p50 to p99) of waits."
)
WAIT_OR_NEVER = gauge(
    "wait_or_never_percentile_seconds",
    (*WINDOW, "percentile"),
    "The same with those who hung up as never answered; absent if it is one of those.",
)
ENDED = gauge("ended", (*WINDOW, "by"), "Calls that ended, by who answered them in the end.")
ANSWERED_IN_ALL = share_of(
    "answered_in_all", WINDOW, "Ended calls that we or a partner answered.", "Ended calls."
)
TRANSFERS = gauge(
    "transfers", (*WINDOW, "outcome"), "Calls passed on after an answer, by what came of it."
)
CALLBACKS_REACHED = gauge(
    "callbacks_reached", WINDOW, "Callers who asked to be called back and were reached."
)
CALLBACKS_KEPT = share_of(
    "callbacks_kept",
    WINDOW,
    "Callbacks within the promised time; absent where none is promised.",
    "Callbacks that were made or whose time has passed.",
)
TALK_MEAN = gauge("talk_mean_seconds", WINDOW, "Mean talk of answered calls that have ended.")
TALKS = gauge("talks", WINDOW, "How many talks that is.")
FORMULA = gauge(
    "service_level_formula_ratio",
    (*QUEUE, "target", "formula"),
    "Today's service level by the other formulas in use: for comparison, never for judging.",
)
FORMULA_OF = gauge(
    "service_level_formula_of", (*QUEUE, "target", "formula"), "Of how many calls that is."
)
IF_OVERFLOW = gauge(
    "service_level_if_overflow_ratio",
    (*QUEUE, "target", "after"),
    "Share in time to be expected today had calls gone on after so many seconds. as_is is not the "
    "service level: today's calls by the same counting, the partner's own answers credited.",
)
IF_OVERFLOW_OF = gauge(
    "service_level_if_overflow_of",
    (*QUEUE, "target"),
    "Of how many decided calls that is, the same after any number of seconds.",
)
WITHOUT_CALLS = gauge(
    "without_incidents_calls",
    (*QUEUE, "outcome"),
    "Today's calls but for those that arrived in an incident; absent if there is none.",
)
WITHOUT_LOST = share_of(
    "without_incidents_lost", QUEUE, "Share of those that nobody answered.", "Ended ones."
)
WITHOUT_LEVEL = share_of(
    "without_incidents_service_level", (*QUEUE, "target"), "Their service level.", "Decided ones."
)
INCIDENT = gauge("incident", QUEUE, "1 while an incident goes on that touches the queue, else 0.")
ABANDONED_TODAY = Metric(
    "abandoned_today_seconds", "gaugehistogram", QUEUE, "Waits of those who hung up today."
)
WAIT_TODAY = Metric(
    "wait_today_seconds", "gaugehistogram", QUEUE, "Waits of today's answered calls."
)
GOAL = gauge("target_goal_ratio", (*QUEUE, "target"), "What the target promises today.")
LIMIT = gauge("target_limit_seconds", (*QUEUE, "target"), "Within how long it promises it.")
OPEN = gauge("open", QUEUE, "1 while the queue is open by its promised hours, else 0.")
CONTACTS = gauge(
    "contacts",
    (*_CONTACTS, "outcome"),
    "Callers by what became of them, however many queues they passed; by when they first called.",
)
CONTACTS_OUTSIDE = gauge(
    "contacts_while_closed", _CONTACTS, "Callers who came outside promised hours: in no other."
)
CONTACTS_INTERNAL = gauge(
    "contacts_internal", _CONTACTS, "The municipality's own callers: in no other."
)
CONTACTS_AT_CENTRE = gauge(
    "contacts_at_centre", _CONTACTS, "Callers who have reached a customer centre."
)
CONTACT_LEGS = gauge("contact_legs_mean", _CONTACTS, "Mean number of queues that they passed.")
CONTACT_LOST = share_of(
    "contacts_lost", _CONTACTS, "Share of ended contacts whose end nobody answered.", "Ended ones."
)
CONTACT_LOST_HIGH = gauge(
    "contacts_lost_high_ratio",
    _CONTACTS,
    "The same with unknown outcomes counted as lost, of as many: contacts_lost_of.",
)
CONTACTS_HELPED = gauge(
    "contacts_helped", _CONTACTS, "Contacts answered by somebody who did not pass them on."
)
CONTACT_WAIT_MEAN = gauge(
    "contact_wait_mean_seconds",
    _CONTACTS,
    "Mean wait of those, from their arrival to that answer.",
)
CONTACT_WAIT_MAX = gauge("contact_wait_max_seconds", _CONTACTS, "Longest of those waits.")
CONTACT_WAIT_PERCENTILE = gauge(
    "contact_wait_percentile_seconds",
    (*_CONTACTS, "percentile"),
    "Exact percentile (p50 to p99) of those waits.",
)
KKIK = share_of(
    "kkik_contacts",
    ("municipality", "answer"),
    "Today's contacts by how soon a person answered, as KKiK classes them.",
    "Decided contacts.",
)
KKIK_UNDECIDED = gauge(
    "kkik_contacts_undecided", ("municipality",), "Today's contacts that are in no class yet."
)
KKIK_TRANSFERS = gauge(
    "kkik_transfers",
    ("municipality", "outcome"),
    "Today's contacts that were passed on, by how the wait of at most 60 s after it ended.",
)
KKIK_AFTER_TRANSFER = share_of(
    "kkik_after_transfer",
    ("municipality",),
    "Of those a person answered within 60 s.",
    "Those that were answered or cut.",
)
CALLERS = gauge("callers", ("municipality",), "How many known callers today's contacts were.")
CALLERS_CONTACTS = gauge(
    "callers_contacts", ("municipality",), "Today's contacts whose caller is known."
)
CALLERS_WAITING = gauge(
    "callers_waiting", ("municipality",), "Callers never answered of whom one call waits now."
)
CALLS_UNTIL_ANSWER = gauge(
    "calls_until_answer_mean", ("municipality",), "Mean calls of a caller who got through."
)
GOT_THROUGH = share_of(
    "callers_got_through",
    ("municipality",),
    "Today's callers who were answered in the end.",
    "Callers who do not wait now.",
)
PROMISE_NUMBERS = gauge(
    "promise_numbers",
    ("municipality", "target"),
    "How many telephone numbers the promise covers, measured or not.",
)
PROMISE_NUMBERS_REPORTING = gauge(
    "promise_numbers_reporting",
    ("municipality", "target"),
    "How many of them a call has reached today, at any hour.",
)
EVALUATED_AT = gauge(
    "evaluated_at_seconds", ("municipality",), "Instant the figures are true of (Unix time)."
)

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
