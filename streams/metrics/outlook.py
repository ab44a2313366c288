"""Metrics of the rest of today, and of what alerts compare with."""

from typing import Final

from streams.metrics.kinds import QUEUE, TARGET, gauge

_OUTLOOK: Final = (*QUEUE, "target")

ALERT_LEVEL = gauge(
    "alert_level_ratio",
    (*QUEUE, "target"),
    "What alerts compare with: the goal, or what is usual of a queue that is chronically under.",
)
CHRONIC = gauge(
    "chronic",
    (*QUEUE, "target"),
    "1 if the queue was under the goal on most of the last ten days it was learnt from, else 0.",
)
CLUSTERING = gauge(
    "alert_clustering_ratio",
    (*QUEUE, "target"),
    "How much alike the calls of a half-hour are taken to end: 0 as by chance, 1 all alike.",
)
ALERT_HIGH = gauge(
    "alert_high_ratio",
    TARGET,
    "The largest service level that what happened may come of, since calls are late together.",
)
PROFILE_DAYS = gauge(
    "outlook_learnt_from",
    QUEUE,
    "Of how many days the queue's profile was learnt; 0 where a typical one is used.",
)
USUAL = gauge(
    "outlook_usual_so_far", QUEUE, "How many calls come by now on such a day; absent if unknown."
)
TO_COME = gauge(
    "outlook_to_come", QUEUE, "How many more calls are expected today; absent if unknown."
)
TO_COME_LOW = gauge("outlook_to_come_low", QUEUE, "Fewer than this come in one case of twenty.")
TO_COME_HIGH = gauge("outlook_to_come_high", QUEUE, "More than this come in one case of twenty.")
BEST = gauge(
    "outlook_best_ratio", _OUTLOOK, "The service level of today if all still to come are in time."
)
BEST_OF_FEW = gauge("outlook_best_low_ratio", _OUTLOOK, "The same if only the low number come.")
BEST_OF_MANY = gauge("outlook_best_high_ratio", _OUTLOOK, "The same if the high number come.")
NEEDED = gauge(
    "outlook_needed_ratio",
    _OUTLOOK,
    "Share of those still to come that must be in time: 0 when won, above 1 when lost.",
)
SPENT = gauge(
    "outlook_budget_spent_ratio",
    _OUTLOOK,
    "Late so far / those that may be late of all of today's; above 1 when lost.",
)
EXPECTED = gauge(
    "outlook_expected_ratio",
    _OUTLOOK,
    "Share in time to be expected this quarter of an hour, with those who answered lately.",
)
PROJECTED = gauge(
    "outlook_projected_ratio",
    _OUTLOOK,
    "What today's service level comes to if it goes on as today, and with those who answer.",
)
ERLANGS = gauge(
    "outlook_erlangs",
    QUEUE,
    "How many people the calls of this quarter of an hour keep busy; with no more it runs full.",
)
PEOPLE_NEEDED = gauge(
    "outlook_people_needed",
    QUEUE,
    "How many people it takes to keep the promises in this quarter of an hour.",
)

OUTLOOK: Final = (
    PROFILE_DAYS, USUAL, TO_COME, TO_COME_LOW, TO_COME_HIGH, BEST, BEST_OF_FEW, BEST_OF_MANY,
    NEEDED, SPENT, EXPECTED, PROJECTED, ERLANGS, PEOPLE_NEEDED, ALERT_LEVEL, CHRONIC, CLUSTERING,
    ALERT_HIGH,
)  # fmt: skip
