"""Metrics of the process that counts."""

from typing import Final

from streams.metrics.kinds import PARTITION, counter, gauge

READY = gauge("ready", (), "1 when every ledger of this worker has reached the log's end.")
OWNED = gauge("partition_owned", PARTITION, "1 for each partition this worker owns.")
NEXT_OFFSET = gauge(
    "ledger_next_offset", PARTITION, "Offset of the next record to fold: state up to here."
)
LAG = gauge("lag_records", PARTITION, "Records in the log that are not folded yet.")
HELD = gauge(
    "ledger_held",
    ("municipality", "book"),
    "What is held in memory since the horizon: legs of calls, questions, cases and so on.",
)
LAST_APPEND = gauge(
    "last_append_seconds", PARTITION, "Append time of the last record folded (Unix time)."
)
EVENTS = counter("events", ("result",), "Events read: folded, skipped, expired, rejected.")
REJECTED = counter("rejected", ("reason",), "Events that can't be used, by reason.")
REJECTED_PENDING = gauge(
    "rejected_pending", (), "Rejections that have not reached the rejected topic yet."
)
SKEWED = counter("skewed", (), "Events folded whose time lies more than 60 s ahead.")
RECOVERIES = counter("recoveries", (), "Ledgers filled from the log.")
RECOVERED = counter("recovered_records", (), "Records read while filling ledgers.")
BATCHES = counter("batches", ("result",), "Batches in parts of 1 MiB: folded, stale, after a gap.")
COMMIT_FAILURES = counter("commit_failures", (), "Commits that failed (monitoring only).")
BUILD = gauge("build_info", ("version",), "1: which version of svarsgrad answers.")

PROCESS: Final = (
    BUILD, READY, OWNED, NEXT_OFFSET, LAG, HELD, LAST_APPEND, EVENTS, REJECTED, REJECTED_PENDING,
    SKEWED, RECOVERIES, RECOVERED, BATCHES, COMMIT_FAILURES,
)  # fmt: skip
"""About this worker; always."""
