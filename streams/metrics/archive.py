"""Metrics of the archive's process."""

from typing import Final

from streams.metrics.kinds import PARTITION, counter, gauge

ARCHIVE_READY = gauge("archive_ready", (), "1 while the archive reads all that is its to read.")
ARCHIVE_LAG = gauge(
    "archive_lag_records", PARTITION, "Records in the log that the database does not have yet."
)
ARCHIVE_RECORDS = counter("archive_records", (), "Records that have been written.")
ARCHIVE_TRANSACTIONS = counter("archive_transactions", (), "Transactions they were written in.")
ARCHIVE_FAILURES = counter(
    "archive_failures", (), "Times that the database could not be written, and was tried again."
)
ARCHIVE_WRITTEN = gauge("archive_written_seconds", (), "When it last was written (Unix time).")

ARCHIVE: Final = (
    ARCHIVE_READY, ARCHIVE_LAG, ARCHIVE_RECORDS, ARCHIVE_TRANSACTIONS, ARCHIVE_FAILURES,
    ARCHIVE_WRITTEN,
)  # fmt: skip
"""About the archive's process."""
