"""The archive: what the log said, kept in SQL for as long as it may be.

Its rows are the facts that the ledgers hold, merged by the same rules, so that whatever is read
twice changes nothing. From them come the same books, and so the same figures, as from the log.
"""
