"""Metrics of the last run of ``svarsgrad verify``."""

from typing import Final

from streams.metrics.kinds import gauge

VERIFY_DIFFERENCES = gauge(
    "verify_differences",
    ("of",),
    "What workers said otherwise than their topics: figures, and books of municipalities.",
)
VERIFY_COMPARED = gauge("verify_compared", ("of",), "How many of each were compared.")
VERIFY_MISSING = gauge(
    "verify_municipalities_missing",
    (),
    "Municipalities that could not be compared: not shown by one worker, in both its answers.",
)
VERIFY_UNANSWERED = gauge("verify_workers_missing", (), "Workers that could not be asked.")
VERIFY_LAST_RUN = gauge(
    "verify_last_run_timestamp_seconds",
    (),
    "When it last came to its end (Unix time). One that fails writes nothing: look at its age.",
)
VERIFY_DURATION = gauge("verify_duration_seconds", (), "How long that took.")

VERIFY: Final = (
    VERIFY_DIFFERENCES, VERIFY_COMPARED, VERIFY_MISSING, VERIFY_UNANSWERED, VERIFY_LAST_RUN,
    VERIFY_DURATION,
)  # fmt: skip
"""About the last run of ``svarsgrad verify``; in the file that it writes."""
