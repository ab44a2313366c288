"""Metrics of people at work, and of opening hours kept."""

from typing import Final

from streams.metrics.kinds import PROMISE, QUEUE, gauge, share_of

_ADMINISTRATION: Final = ("municipality", "administration")

STAFFED = gauge(
    "staffed_people", QUEUE, "People who answer the queue now; absent if none stated it today."
)
OPENING_KEPT = gauge(
    "opening_kept_ratio", QUEUE, "Share of today's promised hours with at least one person."
)
OPENING_PROMISED = gauge(
    "opening_promised_seconds", QUEUE, "Promised hours so far today, that this is a share of."
)
STAFFED_TIME = gauge(
    "staffed_person_seconds", QUEUE, "Time of all who answered today, each one's added up."
)
CALLS_PER_HOUR = gauge(
    "calls_per_staffed_hour",
    QUEUE,
    "Today's calls in promised hours for each person's hour; absent of one person at a time.",
)
CALLS_PER_HOUR_POOLED = gauge(
    "calls_per_staffed_hour_pooled",
    ("municipality",),
    "The same of all queues that report both, those of one person included.",
)
ADMINISTRATION_KEPT = gauge(
    "administration_opening_kept_ratio",
    _ADMINISTRATION,
    "Share of the guideline's hours today with a person in any of its telephone queues.",
)
ADMINISTRATION_PROMISED = gauge(
    "administration_guideline_seconds",
    _ADMINISTRATION,
    "The guideline's hours so far today, that this is a share of.",
)
ADMINISTRATION_STANDING = gauge(
    "administration_standing",
    (*_ADMINISTRATION, "standing"),
    "1 for how it stands with them: kept, broken, unreported, not_yet or no_guideline; else 0.",
)
ADMINISTRATIONS = gauge(
    "administrations", ("municipality", "standing"), "How many administrations stand so."
)
OPEN_AS_PROMISED = share_of(
    "open_as_promised",
    ("municipality",),
    "Administrations that keep the guideline's hours / kept, broken and unreported ones.",
    "How many administrations it is a share of.",
)
OPEN_AS_PROMISED_GOAL = gauge(
    "open_as_promised_goal_ratio", PROMISE, "What the promise wants that ratio to be today."
)
OPEN_AS_PROMISED_KEPT = gauge(
    "open_as_promised_kept", PROMISE, "1 if the ratio is at least that, else 0."
)
HEARTBEAT_AGE = gauge(
    "source_heartbeat_age_seconds",
    ("municipality", "source"),
    "Time since the source last said that it is alive; absent if it has not.",
)
SILENT = gauge(
    "source_silent",
    QUEUE,
    "1 if a source of the queue is silent, else 0; absent if none has been heard.",
)

PRESENCE: Final = (
    STAFFED, OPENING_KEPT, OPENING_PROMISED, STAFFED_TIME, CALLS_PER_HOUR, CALLS_PER_HOUR_POOLED,
    ADMINISTRATION_KEPT, ADMINISTRATION_PROMISED, ADMINISTRATION_STANDING, ADMINISTRATIONS,
    *OPEN_AS_PROMISED, OPEN_AS_PROMISED_GOAL, OPEN_AS_PROMISED_KEPT, HEARTBEAT_AGE, SILENT,
)  # fmt: skip
