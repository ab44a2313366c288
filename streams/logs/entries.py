"""All that is logged, as data: each entry's name, level and fields, what it means, what to do.

A name never changes its meaning; docs/logs.md is made from this table, and a test holds the table
against the code.
"""

from dataclasses import dataclass
from logging import CRITICAL, ERROR, INFO, WARNING
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of line in the log."""

    name: str
    """What it is found by: ``event`` of a line of JSON."""
    level: int
    means: str
    do: str = ""
    """Empty: nothing."""
    fields: tuple[str, ...] = ()
    """Those that it may have, beside those of all lines."""
    is_spared: bool = False
    """Whether it is said at most every ten seconds, of each place in the code, with how many more
    there were: it would come again and again."""


STARTED: Final = Entry(
    "started", INFO,
    "The process has begun. The line has its version and the settings that matter; of the"
    " catalogue the first digits of the file's SHA-256 (`sha256sum`).",
    "Where several processes are to have the same catalogue, compare `catalogue_sha256`.",
    fields=(
        "command", "version", "catalogue", "catalogue_sha256", "municipality", "source", "file",
        "kafka", "kafka_protocol", "topics", "group", "partitions", "listen", "metrics",
        "database", "callers_days", "prometheus", "state", "to", "session_seconds",
        "stuck_seconds",
    ),
)  # fmt: skip
STOPPED: Final = Entry(
    "stopped", INFO, "The process has ended, as it was told to; all that was due has been done."
)
CANNOT_RUN: Final = Entry(
    "cannot_run", CRITICAL,
    "The process can't start, or can't go on, until somebody has acted, and has ended. The message"
    " says in Swedish what is wrong; where the log is text, and not the journal's, what is found"
    " before anything is read is the command line's own `Fel: …` instead.",
    "What the message says.",
)  # fmt: skip
CRASHED: Final = Entry(
    "crashed", CRITICAL,
    "The process has ended by an error that nobody foresaw. The line has where it was raised.",
    "Start it again, which loses nothing, and report the line.",
)  # fmt: skip
REMARK: Final = Entry(
    "remark", WARNING,
    "Something in the settings is unsafe, or leaves figures out: a secret that all on the machine"
    " can read, a right that is missing, no key for callers' pseudonyms, a wall without a key.",
    "What the message says, or nothing if it is meant so.",
)  # fmt: skip
LIBRARY: Final = Entry(
    "library", WARNING,
    "What a library says, or Python itself, from warnings up (the level is the library's):"
    " most often the client of Kafka, of brokers that it can't reach.",
    "Look at the broker that it names; read on if other lines say that it is back.",
    is_spared=True,
)  # fmt: skip
SERVING: Final = Entry(
    "serving", INFO, "The address is answered on from now on.", fields=("address",)
)
RELOADED: Final = Entry(
    "reloaded", INFO, "A file was changed, and is in force as it is now.", fields=("file",)
)
RELOAD_FAILED: Final = Entry(
    "reload_failed", ERROR,
    "A file was changed, and can't be used: what was in force before still is.",
    "Put right what the message says; the file is read again when it changes.",
    fields=("file",),
)  # fmt: skip
COMMON: Final = (
    STARTED, STOPPED, CANNOT_RUN, CRASHED, REMARK, LIBRARY, SERVING, RELOADED, RELOAD_FAILED,
)  # fmt: skip

ASSIGNED: Final = Entry(
    "assigned", INFO,
    "The group has given the process these partitions, and no others; it comes at each change of"
    " the group.",
    "If it comes again and again, look for a member that comes and goes.",
    fields=("partitions",),
)  # fmt: skip
FILLING: Final = Entry(
    "filling", INFO,
    "Partitions that are new to the worker are read from the log; until `ready` it shows no"
    " figures of them.",
    fields=("partitions",),
)  # fmt: skip
READY: Final = Entry(
    "ready", INFO, "What was new has been read; its figures are shown.", fields=("records",)
)
STOPPING: Final = Entry(
    "stopping", INFO, "It was told to stop, and leaves the group so that others take over at once."
)
NOT_LEFT: Final = Entry(
    "not_left", ERROR,
    "The process ended without leaving the group in good order: the broker is away, or a thread"
    " hangs. Others take over when the session has timed out; nothing is lost.",
    "See that the broker is up.",
)  # fmt: skip
STUCK: Final = Entry(
    "stuck", CRITICAL,
    "The watchdog has ended a process that lived but did not work (exit code 75). The line says"
    " why, and where each thread stood.",
    "It is to be started again by what started it. Report the line if it comes again.",
)  # fmt: skip
NO_LEADER: Final = Entry(
    "no_leader", WARNING,
    "Partitions have no leader among the brokers: they can't be read, and have no figures.",
    "Start the brokers that are away.",
    fields=("partitions",),
)  # fmt: skip
OTHER_LOG: Final = Entry(
    "other_log", ERROR,
    "A log is another than the one that was read before: its topic has been made anew, or its end"
    " or beginning was lost. It is read again from its beginning by itself.",
    "Find out who deleted the topic, or which broker lost its disk; what the log has lost must be"
    " sent again by its source.",
    fields=("topic", "partition"),
)  # fmt: skip
RECOVERY_FAILED: Final = Entry(
    "recovery_failed", ERROR,
    "Partitions could not be filled by an error that nobody foresaw; the worker ends.",
    "See the line that follows, `crashed` or `cannot_run`.",
)  # fmt: skip
RECOVERY_RETRIED: Final = Entry(
    "recovery_retried", WARNING,
    "Reading the log failed, and is tried again: a broker is away, or slow.",
    "See that the brokers are up, if it goes on for a minute.",
    fields=("reason",),
    is_spared=True,
)  # fmt: skip
GAP: Final = Entry(
    "gap", WARNING,
    "Records came that do not follow on those that were read: the partition is read again from"
    " where it stood. Nothing is lost or counted twice.",
    "Report it if it comes often.",
    fields=("topic", "partition"),
    is_spared=True,
)  # fmt: skip
COMMIT_FAILED: Final = Entry(
    "commit_failed", WARNING,
    "How far has been read could not be told to the group. That is for monitoring only: figures"
    " are right all the same.",
    "See that the brokers are up, if it goes on.",
    fields=("reason",),
    is_spared=True,
)  # fmt: skip
COMMITTED_UNKNOWN: Final = Entry(
    "committed_unknown", WARNING,
    "It can't be told what was rejected already: it is put into the rejected topic again, under"
    " the same key.",
    "See that the brokers are up, if it comes again.",
    fields=("reason",),
    is_spared=True,
)  # fmt: skip
CONSUMER_SILENT: Final = Entry(
    "consumer_silent", WARNING,
    "The thread that reads from Kafka does not answer; the watchdog ends the process if it goes"
    " on.",
    "See that the brokers are up, and that the machine has processor and memory to spare.",
    is_spared=True,
)  # fmt: skip
REJECTED: Final = Entry(
    "rejected", WARNING,
    "Events could not be used, so many for each reason; at most once a minute. They are in the"
    " rejected topic, masked.",
    "Read docs/bad-input.md, and tell whoever runs the source.",
    fields=("reasons",),
)  # fmt: skip
REJECTED_FULL: Final = Entry(
    "rejected_full", ERROR,
    "As many rejected events wait for their topic as may be: the worker waits, and shows no"
    " figures.",
    "Let the rejected topic be written (brokers, rights, disk), or stop the source that floods.",
    fields=("reason",),
)  # fmt: skip
REJECTED_UNWRITABLE: Final = Entry(
    "rejected_unwritable", WARNING,
    "The rejected topic can't be written; what is rejected waits in the worker meanwhile.",
    "Give the worker the right to write it (docs/kafka-security.md), or see that it has leaders.",
    fields=("reason",),
    is_spared=True,
)  # fmt: skip
ENDPOINT_FAILED: Final = Entry(
    "endpoint_failed", ERROR,
    "`/metrics` or another endpoint could not be answered by a mistake of ours.",
    "Report the line.",
    is_spared=True,
)  # fmt: skip
WORKER: Final = (
    ASSIGNED, FILLING, READY, STOPPING, NOT_LEFT, STUCK, NO_LEADER, OTHER_LOG, RECOVERY_FAILED,
    RECOVERY_RETRIED, GAP, COMMIT_FAILED, COMMITTED_UNKNOWN, CONSUMER_SILENT, REJECTED,
    REJECTED_FULL, REJECTED_UNWRITABLE, ENDPOINT_FAILED,
)  # fmt: skip
"""Of these the archive has some too."""

DATABASE_MIGRATES: Final = Entry(
    "database_migrates", INFO,
    "The archive's tables are being brought to the version that this one has; it may take a while,"
    " and until it is done nothing is archived.",
    "Let it be done: it is done whole or not at all.",
    fields=("database", "from_version", "to_version"),
)  # fmt: skip
DATABASE_MIGRATED: Final = Entry(
    "database_migrated", INFO,
    "The archive's tables were made, or brought to the version that this one has.",
    fields=("database", "from_version", "to_version"),
)  # fmt: skip
ARCHIVE_WAITS: Final = Entry(
    "archive_waits", WARNING,
    "The database or Kafka is away. Nothing is lost while the topics keep what is not archived.",
    "Get the database or the brokers up well before the topics' retention has passed.",
    fields=("work", "reason"),
)  # fmt: skip
ARCHIVE_GOES_ON: Final = Entry(
    "archive_goes_on", INFO, "What the archive waited for is back.", fields=("work",)
)
POSITION_LOST: Final = Entry(
    "position_lost", ERROR,
    "The log no longer has what the archive is to read next; another line says what came of it.",
    "See `archive_missed` and `other_log`.",
    fields=("topic", "partition"),
)  # fmt: skip
POSITIONS_FAILED: Final = Entry(
    "positions_failed", ERROR,
    "It can't be told where the archive is to read, by an error that nobody foresaw; it ends.",
    "See the line that follows, `crashed` or `cannot_run`.",
)  # fmt: skip
ARCHIVE_MISSED: Final = Entry(
    "archive_missed", ERROR,
    "Records had left the log before they were archived: retention has overtaken the archive."
    " Reports say that their days are not whole.",
    "Let the sources send these days again (docs/archive.md), and keep the topics for longer.",
    fields=("topic", "partition", "from_offset", "to_offset"),
)  # fmt: skip
OVERTAKEN: Final = Entry(
    "overtaken", WARNING,
    "Another archive has written further in the same database: this one reads on from there.",
    "Run one archive for a database and group; at a hand-over it passes by itself.",
)  # fmt: skip
CALLERS_FORGOTTEN: Final = Entry(
    "callers_forgotten", INFO,
    "Callers' pseudonyms that had been kept for long enough are no longer in the archive.",
    fields=("count",),
)  # fmt: skip
NOT_FLUSHED: Final = Entry(
    "not_flushed", WARNING,
    "The archive ended with something unwritten; it is read again at the next start.",
    "See that the database is up before it is started again.",
    fields=("reason",),
)  # fmt: skip
ARCHIVE: Final = (
    DATABASE_MIGRATES, DATABASE_MIGRATED, ARCHIVE_WAITS, ARCHIVE_GOES_ON, POSITION_LOST,
    POSITIONS_FAILED,
    ARCHIVE_MISSED, OVERTAKEN, CALLERS_FORGOTTEN, NOT_FLUSHED,
)  # fmt: skip

FOLLOWING: Final = Entry("following", INFO, "The source is read from now on, as it grows.")
SUMMARY: Final = Entry(
    "summary", INFO,
    "What came of all that was read since the start, when it ends.",
    "Look at what could not be used, if anything.",
    fields=("read", "events", "unusable"),
)  # fmt: skip
KAFKA_AWAY: Final = Entry(
    "kafka_away", WARNING,
    "Kafka does not take events. A follower waits, and loses nothing; whoever pushes to the intake"
    " is told to come again.",
    "See that the brokers are up, and that the producer may write (the message says so if not).",
)  # fmt: skip
KAFKA_BACK: Final = Entry("kafka_back", INFO, "Kafka takes events again.")
UNUSABLE_LINES: Final = Entry(
    "unusable_lines", WARNING,
    "Lines of a queue_log could not be used: how many, where the first is, and which queues the"
    " catalogue lacks. At most once a minute.",
    "Add the queues to the catalogue and read the log again; look at the line at that byte.",
    fields=("unusable",),
)  # fmt: skip
LOG_ROTATED: Final = Entry(
    "log_rotated", INFO, "The queue_log was rotated, and is read on.", fields=("file", "next_file")
)
LOG_COPIED: Final = Entry(
    "log_copied", INFO,
    "The queue_log was emptied after it was copied: the rest of the copy is read first.",
    fields=("file", "next_file"),
)  # fmt: skip
LOG_EMPTIED: Final = Entry(
    "log_emptied", WARNING,
    "The queue_log was emptied, and no copy of it is there: what came last in it is lost.",
    "Let logrotate rename the file, or keep the copy beside it.",
    fields=("file",),
)  # fmt: skip
LOG_LOST: Final = Entry(
    "log_lost", WARNING,
    "The file that was read before is gone: what it got after that is lost, unless it is found.",
    "Read the lost file with `--once` if there is a copy; keep rotated files for longer.",
    fields=("file",),
)  # fmt: skip
KEY_MADE: Final = Entry(
    "key_made", WARNING,
    "A key was made for what belongs together: without it all is counted anew.",
    "Keep a copy of the file, where only those who may read it can.",
    fields=("file",),
)  # fmt: skip
MAILBOX_AWAY: Final = Entry(
    "mailbox_away", WARNING,
    "The mail server, or a folder, can't be read; it is tried again, ever more seldom. Nothing is"
    " lost meanwhile.",
    "What the message says, if it does not come back by itself.",
)  # fmt: skip
MAILBOX_REFUSED: Final = Entry(
    "mailbox_refused", ERROR,
    "The mail server does not let us in. It is left alone for half an hour, so that the account is"
    " not locked, or until the file with the secret changes.",
    "Put the right secret into its file.",
)  # fmt: skip
MAILBOX_BACK: Final = Entry("mailbox_back", INFO, "All folders can be read again.")
REQUEST_FAILED: Final = Entry(
    "request_failed", ERROR,
    "A request could not be answered by a mistake of ours; its sender got 500.",
    "Report the line.",
    fields=("reason",),
    is_spared=True,
)  # fmt: skip
KEY_FILE_FAILED: Final = Entry(
    "key_file_failed", ERROR,
    "The file of keys for callers' pseudonyms can't be used: senders are told to come again, and"
    " nothing of theirs is taken.",
    "What the message says.",
)  # fmt: skip
PRODUCERS: Final = (
    FOLLOWING, SUMMARY, KAFKA_AWAY, KAFKA_BACK, UNUSABLE_LINES, LOG_ROTATED, LOG_COPIED,
    LOG_EMPTIED, LOG_LOST, KEY_MADE, MAILBOX_AWAY, MAILBOX_REFUSED, MAILBOX_BACK,
    REQUEST_FAILED, KEY_FILE_FAILED,
)  # fmt: skip

PROMETHEUS_AWAY: Final = Entry(
    "prometheus_away", WARNING,
    "A wall that somebody looks at gets no figures, and says so to those who look.",
    "See that Prometheus is up, and that its address is right.",
    fields=("municipality",),
)  # fmt: skip
PROMETHEUS_BACK: Final = Entry(
    "prometheus_back", INFO, "The wall gets figures again.", fields=("municipality",)
)
WALL_ENDED: Final = Entry(
    "wall_ended", ERROR,
    "A wall is no longer kept new, by a mistake of ours; its screens begin anew.",
    "Report the line.",
    is_spared=True,
)  # fmt: skip
WALL: Final = (PROMETHEUS_AWAY, PROMETHEUS_BACK, WALL_ENDED)

ALL: Final = (*COMMON, *WORKER, *ARCHIVE, *PRODUCERS, *WALL)
