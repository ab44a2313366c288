"""Which probes look, at what, and what they saw: all beside each other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import URL

from doctor.at_once import Running
from doctor.probes.alertmanager import see_alertmanager
from doctor.probes.asking import Service, UnansweredError
from doctor.probes.copies import see_copies
from doctor.probes.database import folder_of, see_database
from doctor.probes.kafka import see_kafka
from doctor.probes.machine import see_machine
from doctor.probes.prometheus import see_prometheus
from doctor.probes.workers import see_worker
from doctor.seen import (
    AlertmanagerSeen,
    CopiesSeen,
    DatabaseSeen,
    Failed,
    KafkaSeen,
    MachineSeen,
    PrometheusSeen,
    WorkerSeen,
)
from streams import asking
from streams.archive import database
from streams.kafka.security import KafkaSecurity

PATIENCE_SECONDS: Final = 45.0
"""How long all probes together may take."""
On = TypeVar("On")
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is to be examined. What nobody named, and is not there, is no fault."""

    catalogue: Path
    kafka: str
    topics: str
    group: str
    archive_group: str
    workers: Sequence[str]
    are_workers_named: bool
    prometheus: str
    alertmanager: str | None
    database: str
    password_file: str | None
    is_database_named: bool
    folders: Sequence[Path]
    copies: Path | None
    """Where backups are kept; None where none are."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the probes saw."""

    machine: MachineSeen | Failed
    kafka: KafkaSeen | Failed
    workers: list[WorkerSeen | Failed]
    prometheus: PrometheusSeen | Failed
    alertmanager: AlertmanagerSeen | Failed | None
    database: DatabaseSeen | Failed | None
    copies: CopiesSeen | Failed | None


def observe(
    told: Told,
    environ: Mapping[str, str],
    security: KafkaSecurity | Failed,
    expressions: frozenset[str],
) -> Observed:
    """Return what all probes see; ``expressions`` are of the rules that there should be."""
    url = _url(told)
    inside = folder_of(url) if isinstance(url, URL) else None
    folders = dict.fromkeys([*told.folders, *([inside] if inside and inside.is_dir() else [])])
    machine = Running("maskinen", see_machine, folders)
    groups = (told.group, told.archive_group)
    kafka = _running(
        f"Kafka på {told.kafka}", security, see_kafka, told.kafka, told.topics, groups
    )
    workers = [
        _running(f"räknaren på {at}", _service("räknaren", at, environ), see_worker)
        for at in told.workers
    ]
    prometheus = _running(
        f"Prometheus på {told.prometheus}",
        _service("Prometheus", told.prometheus, environ),
        see_prometheus,
        expressions,
    )
    alertmanager = told.alertmanager and _running(
        f"Alertmanager på {told.alertmanager}",
        _service("Alertmanager", told.alertmanager, environ),
        see_alertmanager,
    )
    archive = url and _running("arkivet", url, see_database)
    copies = told.copies and Running("säkerhetskopiorna", see_copies, told.copies)
    deadline = time.monotonic() + PATIENCE_SECONDS
    return Observed(
        machine.seen(deadline),
        kafka.seen(deadline),
        [one.seen(deadline) for one in workers],
        prometheus.seen(deadline),
        alertmanager.seen(deadline) if alertmanager else None,
        archive.seen(deadline) if archive else None,
        copies.seen(deadline) if copies else None,
    )


def _running(
    name: str, on: On | Failed, probe: Callable[..., Seen | Failed], *more: object
) -> Running[Seen]:
    """Return a probe at work on something, or one that says why there is nothing to look at."""
    if isinstance(on, Failed):
        return Running(name, lambda: on)
    return Running(name, probe, on, *more)


def _url(told: Told) -> URL | Failed | None:
    """Return the archive's address; None of one that nobody named and that isn't there."""
    if not told.is_database_named and not Path(told.database).exists():
        return None
    try:
        return database.address(told.database, told.password_file)
    except database.DatabaseError as error:
        return Failed(str(error))


VARIABLES: Final = {
    "räknaren": asking.WORKER,
    "Prometheus": asking.PROMETHEUS,
    "Alertmanager": asking.ALERTMANAGER,
}
"""How the variables begin that say how each kind of service is asked."""


def _service(name: str, address: str, environ: Mapping[str, str]) -> Service | Failed:
    try:
        return Service.told(name, address, VARIABLES[name], environ)
    except UnansweredError as error:
        return Failed(str(error))
