"""What probes see, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.verify.scrape import Scrape

Place = tuple[str, int]
"""A topic, and the number of a partition."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing could be seen, and why: ``what is wrong: what to do``, in one line."""

    line: str


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """What another clock showed when ours showed something."""

    of: str
    """Whose it is, as in ``Prometheus``."""
    ahead_seconds: float
    """How far it is ahead of ours; negative if it is behind."""
    unsure_seconds: float
    """How far wrong that can be: how long it took to ask, and to what a clock is told."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Where something is kept, and what room there is."""

    path: str
    free_bytes: int
    total_bytes: int
    free_files: int
    """How many more files it takes; 0 of 0 where a file system has no such limit."""
    total_files: int


@dataclass(frozen=True, slots=True)
class MachineSeen:
    """The machine, and the Python, that we run on."""

    disks: Sequence[Disk | Failed]
    open_files: int
    """How many files a process that is started here may have open."""
    is_synced: bool | None
    """Whether something keeps the clock right; None if the system doesn't say."""
    python: str
    library_faults: Sequence[str]
    zone_data: str
    """Which data of time zones there are, as in ``2026a``."""


@dataclass(frozen=True, slots=True)
class TopicSeen:
    """A topic of ours."""

    partitions: int
    faults: Sequence[str]
    """What is otherwise than it must be, a line each."""
    headless: Sequence[int]
    """Partitions that no node leads: nothing can be read or written there."""
    behind: Sequence[int]
    """Partitions of which a copy has fallen behind."""
    copies: int
    ends: Mapping[int, int]
    """By partition."""
    newest_ms: int | None
    """When its newest record was appended (Unix time); None if there is none."""


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """A group of consumers, and what it has yet to read."""

    members: int
    lag: int
    """Records that were in the log when we came, and that it has not read some seconds later."""


@dataclass(frozen=True, slots=True)
class KafkaSeen:
    """A Kafka that takes us."""

    nodes: int
    topics: Mapping[str, TopicSeen | Failed]
    """By name."""
    groups: Mapping[str, GroupSeen | Failed]


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker, as it tells of itself."""

    address: str
    unwell: Mapping[str, str]
    """What ``/healthz`` says is wrong, by part."""
    unready: Mapping[str, str]
    """What ``/readyz`` says keeps it from being ready, by part."""
    figures: Scrape | Failed
    clock: ClockSeen | None


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """An archive that can be read."""

    told: str
    """Which, as it may be shown."""
    positions: Mapping[Place, int]
    """Where it reads on."""
    gaps: int
    """How often something had left its topic before it was archived."""
    written_at: float | None
    """When it was last written (Unix time); None where that is not known."""
    log_bytes: int
    """How much stands in SQLite's log beside the file."""


@dataclass(frozen=True, slots=True)
class CopiesSeen:
    """Where backups are kept, and when the newest whole one was begun (Unix time)."""

    folder: str
    newest: float | None


@dataclass(frozen=True, slots=True)
class TasksSeen:
    """What is done by the clock, as the alerts read it; names of units or CronJobs."""

    known: Sequence[str] = ()
    failed: Sequence[str] = ()
    late: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """A rule as Prometheus has it."""

    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    expression: str
    for_seconds: float
    keep_seconds: float
    error: str = ""
    """Why it can't be evaluated."""


@dataclass(frozen=True, slots=True)
class Down:
    """A target that can't be scraped, and why."""

    address: str
    why: str
    is_worker: bool


@dataclass(frozen=True, slots=True)
class PrometheusSeen:
    """A Prometheus that answers."""

    version: str
    clock: ClockSeen | None
    is_as_configured: bool
    """Whether its last reading of its configuration went well."""
    retention: str
    """For how long it keeps what it has scraped, in its own words: ``15d or 1GB``."""
    workers: int
    """How many workers it has figures of."""
    archives: int
    down: Sequence["Down"]
    """What it can't scrape, of what has been ours within a day."""
    alertmanagers: int
    groups: Mapping[str, Sequence[LoadedRule]]
    tasks: TasksSeen = TasksSeen()
    written: Mapping[str, str] = field(default_factory=dict)
    """An expression → the same as Prometheus writes it; of those that were asked for."""


@dataclass(frozen=True, slots=True)
class AlertmanagerSeen:
    """An Alertmanager that answers."""

    version: str
    clock: ClockSeen | None
    configuration: Mapping[str, Any]
    failed: int
    """Messages that could not be sent since it started."""
    sent: int
