"""Metrics that say what things are called."""

from typing import Final

from streams.metrics.kinds import QUEUE, gauge

_CALLED: Final = "by what it is called"

MUNICIPALITY_INFO = gauge(
    "municipality_info", ("municipality", "name"), f"1 for each municipality, {_CALLED}."
)
ADMINISTRATION_INFO = gauge(
    "administration_info",
    ("municipality", "administration", "name"),
    f"1 for each administration, {_CALLED}.",
)
QUEUE_INFO = gauge(
    "queue_info",
    (*QUEUE, "name", "kind", "team", "team_name", "administration"),
    f"1 for each queue, {_CALLED} and who answers it.",
)
TARGET_INFO = gauge(
    "target_info",
    (*QUEUE, "target", "name", "measure"),
    f"1 for each promise of a queue that holds today, {_CALLED} and what it is measured by.",
)
PROMISE_INFO = gauge(
    "promise_info",
    ("municipality", "target", "name", "measure"),
    "The same of what the municipality promises as a whole.",
)
SOURCE_INFO = gauge(
    "source_info", ("municipality", "source", "name"), f"1 for each source, {_CALLED}."
)

NAMES: Final = (
    MUNICIPALITY_INFO, ADMINISTRATION_INFO, QUEUE_INFO, TARGET_INFO, PROMISE_INFO, SOURCE_INFO,
)  # fmt: skip
