"""Metrics of cases, of the municipality's own survey, and of channels."""

from typing import Final

from streams.metrics.kinds import QUEUE, TARGET, WINDOW, gauge, share_of

_STANDING: Final = ("municipality", "queue", "target")
_AT: Final = ("municipality", "administration", "window", "target")
_WHOLE: Final = ("municipality", "window", "target")
_CHANNEL: Final = ("municipality", "window", "channel")

CASES_OPEN = gauge("cases_open", QUEUE, "Cases that are not resolved now.")
CASES_PENDING = gauge(
    "cases_pending",
    (*_STANDING, "state"),
    "Clocks that run: open (all), due_soon, overdue, undated.",
)
CASES_LONGEST_OVERDUE = gauge(
    "cases_longest_overdue_seconds", _STANDING, "How long the first of the overdue has been so."
)
CASES_LAST_OVERDUE = gauge(
    "cases_last_overdue_seconds", _STANDING, "How long ago the last of the overdue came so."
)
CASES_DUE = gauge(
    "cases_due",
    (*TARGET, "verdict"),
    "Cases due in the window: in_time, late, overdue, withdrawn.",
)
CASES_UNDATED = gauge(
    "cases_undated", TARGET, "Clocks started in the window whose due times can't be known."
)
CASES_IN_TIME = share_of(
    "cases_in_time",
    TARGET,
    "Share in time of the cases that were due in the window.",
    "Cases due in the window that kept or broke the target.",
    "cases_decided",
)
CASES_LATE_MEAN = gauge(
    "cases_late_mean_seconds",
    TARGET,
    "By how much those due in the window were late, in the mean: the overdue ones by now.",
)
CASES_LATE_MAX = gauge(
    "cases_late_max_seconds",
    TARGET,
    "The largest lateness, that of what is still overdue included (up to now).",
)
CASES_LATE_PERCENTILE = gauge(
    "cases_late_percentile_seconds",
    (*TARGET, "percentile"),
    "Exact percentile (p50, p90) of those.",
)
PROMISE_CASES_PENDING = gauge(
    "promise_cases_pending",
    ("municipality", "target", "state"),
    "Clocks that run by a promise, over all inboxes that make it.",
)
PROMISE_CASES_IN_TIME = share_of(
    "promise_cases_in_time",
    _WHOLE,
    "Share in time, over all inboxes that make it.",
    "Cases that the share is of.",
    "promise_cases_decided",
)
CASES_PENDING_AT = gauge(
    "administration_cases_pending",
    ("municipality", "administration", "target", "state"),
    "Clocks that run, by the administration that has the case now.",
)
CASES_IN_TIME_AT = share_of(
    "administration_cases_in_time",
    _AT,
    "Share in time, by the administration that had the case when it was decided.",
    "Cases that the share is of.",
    "administration_cases_decided",
)
CASES_OPENED = gauge(
    "cases_opened", (*WINDOW, "channel"), "Cases opened in the window, by channel."
)
CASES_HANDED_OVER = gauge(
    "cases_handed_over",
    (*WINDOW, "administration"),
    "Of those, how many have been handed over, by administration; to two: counted at both.",
)
CASES_RESOLVED = gauge(
    "cases_resolved", (*WINDOW, "by"), "Of those, how many are resolved now, by whom."
)
CASES_SOLVED = gauge(
    "cases_solved_in_centre", WINDOW, "Of those, how many are solved in the customer centre."
)
CASES_AT_FIRST = gauge(
    "cases_solved_at_first_contact",
    WINDOW,
    "Of those, how many were never reopened, and nobody has got in touch about again.",
)
CASES_AT_FIRST_SHARE = share_of(
    "cases_solved_at_first_contact",
    WINDOW,
    "Those / the decided ones.",
    "Cases opened in the window that are solved in the centre, or have left it: the decided ones.",
    "cases_decided_by_now",
)
CASES_REOPENED = gauge(
    "cases_reopened",
    WINDOW,
    "Cases opened in the window that have been open again after a resolution.",
)
CONTACTS_PER_CASE = gauge(
    "contacts_per_case",
    WINDOW,
    "How often residents got in touch about each case opened in the window: mean.",
)
CONTACTS_REGISTERED = gauge(
    "contacts_registered", _CHANNEL, "Contacts of the window that opened a case or are on one."
)
SOLVED = share_of(
    "solved_in_centre",
    _WHOLE,
    "Share of cases, or of contacts, solved in the centre.",
    "How many cases, or contacts, it is a share of.",
)
SOLVED_CHANNEL = share_of(
    "solved_in_centre_channel",
    _CHANNEL,
    "Share solved in the centre of the decided cases opened in the window, by channel.",
    "How many decided cases it is a share of.",
)
REGISTERED = gauge(
    "contacts_registered_ratio",
    _WHOLE,
    "Registered contacts / answered ones, of the channels of the promise that report.",
)
REGISTERED_OF = gauge(
    "contacts_registered_of", _WHOLE, "How many answered contacts it is a share of."
)
CHANNEL_REPORTS = gauge(
    "channel_reports",
    _CHANNEL,
    "1 for each channel of the catalogue whose contacts are counted, 0 for its others.",
)
CHANNEL_CONTACTS = gauge("channel_contacts", _CHANNEL, "Contacts by each channel that reports.")
CHANNEL_SHARE = gauge("channel_share_ratio", _CHANNEL, "Share of all of those by one channel.")
CHANNEL_SHARE_LOW = gauge(
    "channel_share_wilson_low_ratio", _CHANNEL, "Lower end of its 95 % Wilson interval."
)
CHANNEL_SHARE_HIGH = gauge(
    "channel_share_wilson_high_ratio", _CHANNEL, "Upper end of its 95 % Wilson interval."
)
PROMISED_SHARE = share_of(
    "channel_share_promised",
    _WHOLE,
    "Share of contacts by the channels of a promise.",
    "How many contacts it is a share of.",
)
EARLIER_SHARE = gauge(
    "channel_share_earlier_ratio",
    _WHOLE,
    "The recorded share of an earlier year, which one without a goal is to rise above.",
)
SATISFIED = share_of(
    "satisfied",
    _WHOLE,
    "Share of answers with grade 4 or 5; absent under 5 replies.",
    "How many answers it is a share of.",
    "satisfied_answers",
)
SATISFIED_REPLIES = gauge("satisfied_replies", _WHOLE, "How many replies they are from.")
PROMISE_GOAL = gauge(
    "promise_goal_ratio", ("municipality", "target"), "What it promises as a whole today."
)

CASES: Final = (
    CASES_OPEN, CASES_PENDING, CASES_LONGEST_OVERDUE, CASES_LAST_OVERDUE, CASES_DUE, CASES_UNDATED,
    *CASES_IN_TIME, CASES_LATE_MEAN, CASES_LATE_MAX, CASES_LATE_PERCENTILE, PROMISE_CASES_PENDING,
    *PROMISE_CASES_IN_TIME, CASES_PENDING_AT, *CASES_IN_TIME_AT, CASES_OPENED, CASES_HANDED_OVER,
    CASES_RESOLVED, CASES_SOLVED, CASES_AT_FIRST, *CASES_AT_FIRST_SHARE, CASES_REOPENED,
    CONTACTS_PER_CASE, CONTACTS_REGISTERED, *SOLVED, *SOLVED_CHANNEL, REGISTERED, REGISTERED_OF,
    CHANNEL_REPORTS, CHANNEL_CONTACTS, CHANNEL_SHARE, CHANNEL_SHARE_LOW, CHANNEL_SHARE_HIGH,
    *PROMISED_SHARE, EARLIER_SHARE, *SATISFIED, SATISFIED_REPLIES, PROMISE_GOAL,
)  # fmt: skip
