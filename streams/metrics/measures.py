"""Metrics of figures that others measured."""

from typing import Final

from streams.metrics.kinds import PROMISE, gauge

EXTERNAL = gauge(
    "external_value", PROMISE, "The latest value that others measured; shares in [0, 1]."
)
EXTERNAL_N = gauge("external_n", PROMISE, "How many were asked, where that is known.")
EXTERNAL_DAY = gauge(
    "external_day_seconds", PROMISE, "The day it is true of: its local midnight (Unix time)."
)
EXTERNAL_LOW = gauge(
    "external_wilson_low_ratio", PROMISE, "Lower end of its 95 % Wilson interval, of a share."
)
EXTERNAL_HIGH = gauge(
    "external_wilson_high_ratio", PROMISE, "Upper end of its 95 % Wilson interval, of a share."
)
EXTERNAL_GOAL = gauge(
    "external_goal_ratio", PROMISE, "What the promise wanted the value to be on that day."
)
EXTERNAL_KEPT = gauge("external_kept", PROMISE, "1 if the value reaches that goal, else 0.")
EXTERNAL_UNKNOWN = gauge(
    "external_unknown", ("municipality",), "Values of measures that the catalogue doesn't have."
)

MEASURES: Final = (
    EXTERNAL, EXTERNAL_N, EXTERNAL_DAY, EXTERNAL_LOW, EXTERNAL_HIGH, EXTERNAL_GOAL, EXTERNAL_KEPT,
    EXTERNAL_UNKNOWN,
)  # fmt: skip
